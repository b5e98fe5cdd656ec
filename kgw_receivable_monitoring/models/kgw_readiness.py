from datetime import timedelta
from typing import NamedTuple

from odoo import api, models

from ..tools import words
from ..tools.health import day

# Days before its end at which a power of attorney is to be renewed.
AUTHORITY_DAYS = 30
BRAND, SETTINGS, PARTNER = "kgw.brand", "res.config.settings", "res.partner"


class ReadyLine(NamedTuple):
    """One line of the panel: ``level`` is ``ok``, ``warning`` or ``missing``.

    ``sentence`` says who has to do what; ``model`` and ``res_id`` are the place, where it is not
    the form of the mandate itself.
    """

    level: str
    title: str
    sentence: str
    model: str = ""
    res_id: int = 0


class KgwReadiness(models.AbstractModel):
    """What a mandate needs before it may be active, and whether it still has it; writes nothing."""

    _name = "kgw.readiness"
    _description = "Readiness of a Mandate"

    @api.model
    def _get_lines(self, mandate, on_date):
        """Return every :class:`ReadyLine` of ``mandate`` on ``on_date``, in the user's language."""
        mandate = mandate.with_context(bin_size=True)  # that a file is there is enough
        return [question(mandate, on_date) for question in self._get_questions(mandate)]

    @api.model
    def _get_missing(self, mandate, on_date):
        """Return the red lines: with one of them a mandate is not activated."""
        return [line for line in self._get_lines(mandate, on_date) if line.level == "missing"]

    def _get_questions(self, mandate):
        """Return the questions in the order of the panel; own sales need no papers."""
        papers = (
            self._ask_agreement,
            self._ask_authority,
            self._ask_scope,
            self._ask_information,
            self._ask_coverage,
            self._ask_acceptance,
        )
        return (
            self._ask_journal,
            *(() if mandate.is_own_sales else papers),
            self._ask_account,
            self._ask_people,
            self._ask_scenarios,
            self._ask_sender,
            self._ask_domain,
            self._ask_creditor,
            self._ask_fees,
        )

    # === PAPERS === #

    def _ask_agreement(self, mandate, on_date):
        title = self.env._("Processing agreement (RODO, art. 28)")
        if mandate.agreement_date and mandate.agreement_file:
            return ReadyLine("ok", title, self._say_since(mandate.agreement_date))
        return ReadyLine(
            "missing",
            title,
            self.env._(
                "A manager signs it with the creditor, enters its date and attaches the file below."
            ),
        )

    def _ask_authority(self, mandate, on_date):
        title = self.env._("Power of attorney")
        if not mandate.authority_date or not mandate.authority_file:
            sentence = self.env._(
                "The creditor signs it; a manager enters its first day and attaches the file below."
            )
            return ReadyLine("missing", title, sentence)
        if not mandate._is_authority_in_force(on_date):
            sentence = self.env._(
                "Not in force today: the creditor signs a new one; a manager enters its days and"
                " attaches the file below. Until then no demands go out."
            )
            return ReadyLine("missing", title, sentence)
        until = mandate.authority_until
        if until and until <= on_date + timedelta(days=AUTHORITY_DAYS):
            sentence = self.env._(
                "Ends on %s: a manager asks the creditor for a new one.", day(self.env, until)
            )
            return ReadyLine("warning", title, sentence)
        return ReadyLine("ok", title, self._say_since(mandate.authority_date))

    def _ask_scope(self, mandate, on_date):
        title = self.env._("What the power of attorney covers")
        if not mandate.may_remind:
            sentence = self.env._(
                "Not even reminders: a manager agrees the scope with the creditor and ticks it below."
            )
            return ReadyLine("missing", title, sentence)
        scopes = {
            step.template_id._get_scope(step.rung)
            for step in mandate.scenario_ids.scenario_id.step_ids
            if step.kind == "contact"
        }
        if lacking := [scope for scope in sorted(scopes) if not mandate[f"may_{scope}"]]:
            labels = ", ".join(
                mandate._fields[f"may_{s}"]._description_string(self.env) for s in lacking
            )
            sentence = self.env._(
                "Not ticked: %s. Such steps of the scenario are passed over until the creditor"
                " widens it.",
                labels,
            )
            return ReadyLine("warning", title, sentence)
        return ReadyLine("ok", title, self.env._("Every step of the scenarios."))

    def _ask_information(self, mandate, on_date):
        title = self.env._("Information duty (RODO, art. 14)")
        if mandate.informs:
            labels = dict(mandate._fields["informs"]._description_selection(self.env))
            return ReadyLine("ok", title, labels[mandate.informs])
        return ReadyLine(
            "missing",
            title,
            self.env._("A manager agrees with the creditor who fulfils it and chooses it below."),
        )

    def _ask_coverage(self, mandate, on_date):
        title = self.env._("Knowledge of payments")
        if mandate.coverage_date:
            sentence = self.env._("Through %s.", day(self.env, mandate.coverage_date))
            return ReadyLine("ok", title, sentence)
        return ReadyLine(
            "missing",
            title,
            self.env._(
                "The creditor says through which day its payments are known; a manager enters that"
                " day below."
            ),
        )

    def _ask_acceptance(self, mandate, on_date):
        title = self.env._("Terms accepted by the creditor")
        last, is_current = self.env["kgw.acceptance"]._get_last(mandate)
        if is_current:
            return ReadyLine(
                "ok",
                title,
                self.env._(
                    "By %(who)s on %(day)s.", who=last.signed_by, day=day(self.env, last.signed_at)
                ),
                last._name,
                last.id,
            )
        if last:
            sentence = self.env._(
                "Scenario or papers have changed since: the creditor reads and signs them once more"
                " in its portal."
            )
        else:
            sentence = self.env._(
                "The creditor reads scenario and papers in its portal and signs them there."
            )
        return ReadyLine("warning", title, sentence)

    # === PEOPLE, MONEY, PLAN === #

    def _ask_journal(self, mandate, on_date):
        title = self.env._("Journal of the invoices")
        if mandate.journal_id:
            return ReadyLine("ok", title, self.env._("It is there."))
        return ReadyLine(
            "missing", title, self.env._("An administrator sets up the ledger."), SETTINGS
        )

    def _ask_account(self, mandate, on_date):
        title = self.env._("Creditor's account")
        if mandate.account_number and mandate.account_confirmed_at:
            return self._describe_account(mandate, title)
        return ReadyLine(
            "missing",
            title,
            self.env._(
                "A manager enters it below from the creditor's invoices or the creditor's own list"
                " of accounts, never from an e-mail, and confirms it."
            ),
        )

    def _describe_account(self, mandate, title):
        """Return the line of a confirmed account: amber while it changes or is not on the list."""
        change = self.env["kgw.account.change"]._search_open(mandate)[:1]
        if change:
            sentence = self.env._("A change is open: who did not expect it cancels it.")
            return ReadyLine("warning", title, sentence, change._name, change.id)
        if mandate.white_list_state == "not_listed":
            sentence = self.env._(
                "Not on the list of VAT payers: a manager asks the creditor, on a number known"
                " before, whether it is right."
            )
            return ReadyLine("warning", title, sentence)
        confirmed = day(self.env, mandate.account_confirmed_at)
        return ReadyLine("ok", title, self.env._("Confirmed on %s.", confirmed))

    def _ask_people(self, mandate, on_date):
        title = self.env._("Controller and substitute")
        people = mandate.controller_id | mandate.substitute_id
        if len(people.filtered("active")) == 2:
            return ReadyLine("ok", title, ", ".join(people.mapped("name")))
        return ReadyLine(
            "missing",
            title,
            self.env._("A manager chooses two different people who work here, below."),
        )

    def _ask_scenarios(self, mandate, on_date):
        title = self.env._("Scenario for every kind of counterparty")
        if not mandate.scenario_ids:
            sentence = self.env._("A manager agrees one with the creditor and chooses it below.")
            return ReadyLine("missing", title, sentence)
        groups = self.env["kgw.case"]._read_group([("mandate_id", "=", mandate.id)], ["kind_id"])
        lacking = [kind.name for (kind,) in groups if not mandate._get_scenario(kind)]
        if lacking:
            sentence = self.env._(
                "A manager chooses one below for: %s, or one for all others.", ", ".join(lacking)
            )
            return ReadyLine("missing", title, sentence)
        return ReadyLine("ok", title, ", ".join(mandate.scenario_ids.scenario_id.mapped("name")))

    # === WHO SPEAKS === #

    def _ask_sender(self, mandate, on_date):
        title = self.env._("SMS sender name")
        steps = mandate.scenario_ids.scenario_id.step_ids
        if "sms" not in {*steps.mapped("channel"), *steps.mapped("fallback_channel")}:
            return ReadyLine("ok", title, self.env._("The scenarios send no SMS."))
        brands = mandate.brand_before_id | mandate.brand_after_id
        lacking = brands.filtered(lambda b: not b.sms_sender or not b.sms_sender_approved)
        if not lacking:
            return ReadyLine("ok", title, ", ".join(brands.mapped("sms_sender")))
        sentence = words.one_stop(
            self.env._(
                "An administrator has the name approved by the SMS operator, on the word of its"
                " owner, and ticks it on the brand %s.",
                lacking[0].name,
            )
        )
        return ReadyLine("missing", title, sentence, BRAND, lacking[0].id)

    def _ask_domain(self, mandate, on_date):
        title = self.env._("Mail domain of the brand")
        brands = mandate.brand_before_id | mandate.brand_after_id
        lacking = brands.filtered(lambda b: not b._has_own_domain())
        if not lacking:
            return ReadyLine("ok", title, ", ".join(brands.alias_domain_id.mapped("name")))
        sentence = self.env._(
            "An administrator gives the brand %s an alias domain that is the domain of its e-mail,"
            " so that replies and returns come back.",
            lacking[0].name,
        )
        return ReadyLine("missing", title, sentence, BRAND, lacking[0].id)

    def _ask_creditor(self, mandate, on_date):
        title, creditor = self.env._("The creditor can be asked"), mandate.creditor_id
        if not creditor.email:
            sentence = self.env._("A manager enters the creditor's e-mail: questions go to it.")
            return ReadyLine("missing", title, sentence, PARTNER, creditor.id)
        if mandate.is_own_sales or creditor._kgw_get_logins():
            return ReadyLine("ok", title, creditor.email)
        sentence = self.env._(
            "Nobody of the creditor has a login: an administrator grants one, else a manager enters"
            " every answer."
        )
        return ReadyLine("warning", title, sentence, PARTNER, creditor.id)

    def _ask_fees(self, mandate, on_date):
        return ReadyLine(
            "warning",
            self.env._("Fee terms"),
            self.env._("None are entered: the service is billed by hand."),
        )

    def _say_since(self, date):
        return self.env._("Of %s.", day(self.env, date))
