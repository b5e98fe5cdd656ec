import re
from contextlib import closing, contextmanager
from datetime import date, timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..const import CHANNELS
from ..tools import calendar
from ..tools.decision import FOR_FUTURE, SPECS
from ..tools.text import TextError
from .kgw_portal_base import KgwPortalBase

# So many counterparties are decided on at once: that takes a second or two.
MAX_CASES = 400
AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?")
# Digits of the largest id.
LONGEST_ID = 10
# Days of a pause that are offered with one click.
PAUSES = (3, 7, 14)


class KgwPortalDecision(models.AbstractModel):
    """What the creditor decides, and what each decision would change."""

    _name = "kgw.portal.decision"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Decisions"

    @api.model
    def _take(self, kind, values, now, case_ids, receivable_ids=None, address=""):
        """Take a decision for counterparties of the creditor: of many, for those for which it can
        be taken.

        :param values: text values as a form or a foreign system sends them
        :param receivable_ids: keep to these of one counterparty; None means everything open
        :return: ``case_ids`` of those it was taken for, ``left_out`` as :meth:`_foresee`
        :raise UserError: something is missing, or it can be taken for none
        """
        cases, lines, values = self._read_request(kind, values, case_ids, receivable_ids)

        def take(possible, problems):
            if not SPECS[kind].at_once:
                with self._trying(kind, possible, values, now, lines):
                    pass  # what the next run could not carry out is refused now, with its reason
            decisions = possible.env["kgw.decision"]
            self._check_done(decisions._take(kind, possible, values, now, lines, address))
            return {"case_ids": possible.ids, "left_out": self._list_left_out(problems)}

        return self._do_where_possible(take, kind, cases, values, now, lines)

    @contextmanager
    def _trying(self, kind, cases, values, now, lines):
        """Let a decision be taken and carried out within the block, which gets what was taken; at
        its end nothing stays.

        :raise UserError: it can't be
        """
        with closing(self.env.cr.savepoint()):
            decisions = cases.env["kgw.decision"].with_context(kgw_simulation=True)
            taken = decisions._take(kind, cases, values, now, lines)
            self._check_done(taken)
            if not SPECS[kind].at_once:
                taken._carry_out(now)
                self._check_done(taken)
            cases.env.flush_all()
            yield taken

    def _check_done(self, decisions):
        """
        :raise UserError: it could not be carried out
        """
        for decision in decisions.filtered("problem")[:1]:
            if len(decisions) == 1:
                raise UserError(decision.problem)
            raise UserError(
                self.env._(
                    "%(counterparty)s: %(problem)s",
                    counterparty=decision.case_id.counterparty_id.name,
                    problem=decision.problem,
                )
            )

    @api.model
    def _revoke(self, decision_id, now, address=""):
        """Take back what has not acted yet; returns the case id.

        :raise UserError: it has acted already, or it is a question or its answer
        """
        decision = self._get_one("kgw.decision", decision_id)
        spec = SPECS.get(decision.kind)
        self._check_right(f"may_{spec.right if spec else 'decide'}")
        decision._revoke(now, address)
        return decision.case_id.id

    def _read_request(self, kind, values, case_ids, receivable_ids):
        """Return cases, receivables and clean values of a decision.

        :raise UserError: the kind is unknown, or the counterparties are too many for it
        """
        if kind not in SPECS:
            raise UserError(self.env._("Choose what is to happen."))
        self._check_right(f"may_{SPECS[kind].right}")
        cases = self._search_cases([("id", "in", [int(number) for number in case_ids])])
        if not cases or len(cases) != len(set(case_ids)):
            raise AccessError(self.env._("This is not there any more."))
        if len(cases) > (MAX_CASES if SPECS[kind].many else 1):
            raise UserError(self.env._("Choose fewer counterparties for this decision."))
        lines = None
        if receivable_ids is not None:
            lines = cases.env["account.move.line"].search(
                [("id", "in", receivable_ids), ("kgw_case_id", "in", cases.ids)]
            )
            if len(lines) != len(set(receivable_ids)):
                raise AccessError(self.env._("This is not there any more."))
        return cases, lines, self._read_values(kind, values, cases)

    def _read_values(self, kind, values, cases):
        """Return the values of the fields of the kind, read from text.

        :raise UserError: one can't be read
        """
        readers = {
            "until_date": self._read_day,
            "amount": self._read_amount,
            "is_lasting": self._read_flag,
            "number": lambda text: self._read_count("number", text),
            "scenario_id": lambda text: self._read_count("scenario_id", text),
            "channel": lambda text: self._want_choice("channel", text, dict(CHANNELS)),
            "note": lambda text: str(text).strip()[:500],
            "point_kind": str,
        }
        spec = SPECS[kind]
        return {
            name: readers[name](values[name])
            for name in (*spec.wants, *spec.takes)
            if values.get(name)
        }

    def _read_flag(self, text):
        """Return whether a box is ticked, or what a foreign system says with the words of JSON."""
        flags = {"1": True, "true": True, "0": False, "false": False}
        if (flag := flags.get(str(text).lower())) is None:
            self._refuse("is_lasting", "true, false")
        return flag

    def _read_count(self, name, text):
        plain = str(text)
        is_number = plain.isdecimal() and len(plain) <= LONGEST_ID
        return self._want_number(name, int(plain) if is_number else text)

    def _read_day(self, text):
        try:
            return date.fromisoformat(str(text))
        except ValueError:
            raise UserError(self.env._("“%s” is no date. Choose a day.", text)) from None

    def _read_amount(self, text):
        plain = str(text).replace("\u00a0", "").replace(" ", "").replace(",", ".")
        if not AMOUNT.fullmatch(plain):
            raise UserError(self.env._("“%s” is no amount. Write 1234.56.", text))
        return round(float(plain), 2)

    # === FORMS === #

    @api.model
    def _get_offers(self, case=None):
        """Return the kinds of decisions that the user may take.

        :param case: for this counterparty; None means for many at once
        """
        rights, is_owing = self._get_rights(), not case or bool(case._get_open_receivables())
        labels = dict(self.env["kgw.decision"]._fields["kind"]._description_selection(self.env))
        offered = [
            {
                "kind": kind,
                "label": labels[kind],
                "at_once": spec.at_once,
                "of_invoices": bool(spec.about) or kind == "go_on",
            }
            for kind, spec in SPECS.items()
            if rights[f"may_{spec.right}"]
            and (spec.many or case)
            # Where all is settled, a stop or a withdrawal still means the invoices to come.
            and (is_owing or not spec.about or kind in FOR_FUTURE)
        ]
        if not self._get_scenarios(case):
            offered = [offer for offer in offered if offer["kind"] != "scenario"]
        return offered

    def _get_scenarios(self, cases):
        """Return the scenarios that at least one of ``cases`` may have in place of its own.

        :param cases: None means any of the creditor's
        """
        if not cases:
            return self._get_alternatives(self._get_mandates())
        decisions = cases.env["kgw.decision"]
        return cases.scenario_id.browse().union(
            *(decisions._get_offered_scenarios(case) - case._get_scenario() for case in cases)
        )

    def _get_alternatives(self, mandates):
        """Return the scenarios of ``mandates`` that were agreed beside another for the same people."""
        agreed = [
            mandates.env["kgw.decision"]._get_agreed_scenarios(mandate, is_consumer)
            for mandate in mandates
            for is_consumer in (True, False)
        ]
        found = mandates.scenario_ids.scenario_id.browse()
        return found.union(*(scenarios for scenarios in agreed if len(scenarios) > 1))

    def _get_presets(self, offers):
        """Return the days up to which a pause is offered with one click, where it is offered."""
        if not any(offer["kind"] == "pause" for offer in offers):
            return []
        today = self._get_today()
        return [
            {
                "day": (today + timedelta(days=days)).isoformat(),
                "label": self.env._("Pause for %s", self._count(days, "day")),
            }
            for days in PAUSES
        ]

    @api.model
    def _get_form(self, kind, case_ids, receivable_ids=None):
        """Return what the form of a decision shows.

        :raise AccessError: a counterparty is not the creditor's, or the right is missing
        """
        cases, lines, _values = self._read_request(kind, {}, case_ids, receivable_ids)
        spec, scenarios = SPECS[kind], self._get_scenarios(cases) if kind == "scenario" else ()
        return {
            "kind": kind,
            "kind_label": self._get_code_label("kgw.decision", "kind", kind),
            "case_ids": cases.ids,
            "case_numbers": ",".join(map(str, cases.ids)),
            "receivable_numbers": ",".join(map(str, lines.ids if lines else ())),
            "invoices": self._name_invoices(lines) if lines else "",
            "title": cases.counterparty_id.name
            if len(cases) == 1
            else self._count(len(cases), "counterparty"),
            "wants": list(spec.wants),
            "takes": list(spec.takes),
            "at_once": spec.at_once,
            "scenarios": [{"id": s.id, "name": s.name} for s in scenarios],
            "today": self._get_today().isoformat(),
        }

    # === PREVIEW OF WHAT WOULD BE SENT === #

    @api.model
    def _get_preview(self, decision_id, now):
        """Return ``(kind, content)`` of what the creditor is asked to agree to: ``pdf`` and bytes,
        ``html`` or ``text`` and a string.

        :raise AccessError: there is no such question among the creditor's own
        """
        decision = self._get_one(
            "kgw.decision", decision_id, domain=[("kind", "=", "approval"), ("state", "=", "open")]
        )
        day = decision._get_first_days(calendar.local_date(now))[decision]
        reminder = decision.env["kgw.reminder"].new(self._prepare_preview_vals(decision, day))
        channel = reminder._get_channel()
        try:
            values = decision.env["kgw.text"]._get_coming_values(reminder, now)
            subject, body = channel._render(reminder, values)
        except TextError:
            return "text", self.env._(
                "The text can't be shown now: it is corrected before it goes out."
            )
        if reminder.channel != "letter":
            return ("html", body) if reminder.channel == "email" else ("text", body)
        content = {
            "recipient": channel._get_recipient(reminder) or "",
            "subject": subject,
            "body": body,
        }
        return "pdf", channel._draw(reminder, content, values)

    def _prepare_preview_vals(self, decision, day):
        step, case = decision.step_id, decision.case_id
        return {
            "case_id": case.id,
            "mandate_id": case.mandate_id.id,
            "brand_id": case.mandate_id._get_brand("after").id,
            "step_id": step.id,
            "template_id": step.template_id.id,
            "channel": step.channel,
            "rung": step.rung,
            "side": "after",
            "planned_on": day,
            "line_ids": [
                (0, 0, self._prepare_preview_line(line, step)) for line in decision.receivable_ids
            ],
        }

    def _prepare_preview_line(self, line, step):
        vals = line.env["kgw.reminder.line"]._prepare_stepless_vals(line, step.channel, step.rung)
        return {**vals, "role": "lead", "step_id": step.id}
