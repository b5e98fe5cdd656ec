from odoo import api, models
from odoo.exceptions import UserError

from ..const import OPEN_STATES
from ..tools.decision import SPECS
from .kgw_portal_base import KgwPortalBase

# What plans a contact: about the invoices of that contact only.
ASKING = ("ask_call", "ask_demand")
# Of so many it is told one by one what comes next.
TOLD_CASES = 10


class KgwPortalEffect(models.AbstractModel):
    """What a decision would change, told before it is confirmed."""

    _name = "kgw.portal.effect"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: What a Decision Changes"

    @api.model
    def _foresee(self, kind, values, now, case_ids, receivable_ids=None):
        """Return what a decision would change, as a dictionary; nothing stays.

        The decision itself is taken and carried out, and taken back. Of many counterparties, those
        for which it can't be taken are left out and named.

        :raise UserError: as taking it would; of many, where it can be taken for none
        """
        self = self.with_context(kgw_now=now)
        cases, lines, values = self._read_request(kind, values, case_ids, receivable_ids)
        possible, left_out = self._sort_out(kind, cases, values, now, lines)
        owed = possible._get_open_receivables()
        owed = {line: line.amount_residual_currency for line in owed}
        known = possible.reminder_ids
        before = self._picture(possible)
        with self._trying(kind, possible, values, now, lines) as taken:
            told = taken.receivable_ids
            if kind in ASKING:
                told = self._get_planned_for(taken, known)
            changes = self._compare(possible, before, self._picture(possible))
            left = self._format_sums(self._sum_residuals(told))
        return {
            "kind": kind,
            "kind_label": self._get_code_label("kgw.decision", "kind", kind),
            "at_once": SPECS[kind].at_once,
            "count": self._count(len(possible), "counterparty"),
            "case_ids": possible.ids,
            "left_out": left_out,
            "amount": self._format_sums(self._add_up(told, owed)),
            "left": left,
            "words": self._say_effect(kind, values, possible) + self._say_given_up(kind, told),
            "changes": changes,
        }

    def _add_up(self, lines, owed):
        """Return ``{currency: amount}`` of what was owed on ``lines`` before the decision."""
        sums = {}
        for line in lines:
            code = line.currency_id.name
            sums[code] = sums.get(code, 0.0) + owed[line]
        return sums

    def _sort_out(self, kind, cases, values, now, lines):
        """Return ``(cases for which it can be taken, [those for which it can't, and why])``.

        :raise UserError: it can be taken for none
        """
        if len(cases) == 1:
            return cases, []
        try:  # mostly it can be taken for all, and need not be tried for each
            with self._trying(kind, cases, values, now, lines):
                return cases, []
        except UserError:
            return self._sort_out_each(kind, cases, values, now, lines)

    def _sort_out_each(self, kind, cases, values, now, lines):
        """As :meth:`_sort_out`, each counterparty by itself."""
        possible, problems = cases.browse(), {}
        for case in cases:
            try:
                with self._trying(kind, case, values, now, lines):
                    possible |= case
            except UserError as error:
                problems[case] = str(error)
        if not possible:
            raise UserError("\n".join(sorted(set(problems.values()))))
        return possible, [
            {"counterparty": case.counterparty_id.name, "problem": problem}
            for case, problem in problems.items()
        ]

    def _get_planned_for(self, taken, known):
        """Return what the contacts speak about that were planned because they were asked for.

        :param known: the contacts that were there before
        """
        reminders = (
            self.env["kgw.reminder"]
            .sudo()
            .search(  # the cases are those of the fence
                [
                    ("case_id", "in", taken.case_id.ids),
                    ("state", "in", OPEN_STATES),
                    ("id", "not in", known.ids),
                ]
            )
        )
        return reminders._get_live_lines()._get_own().receivable_id

    # === IN THE PLAN === #

    def _picture(self, cases):
        """Return ``{case id: (planned contacts, what comes next)}`` in words."""
        cases.invalidate_recordset()
        few = len(cases) <= TOLD_CASES
        return {
            case.id: (
                self._say_planned(case),
                self._foresee_next(case) if few else "",
            )
            for case in cases
        }

    def _say_planned(self, case):
        planned = case.reminder_ids.filtered(lambda r: r.state in OPEN_STATES)
        return [
            ", ".join(
                (
                    self._format_date(r.planned_on),
                    (r.step_id or r.template_id).name,
                    self._get_label(r, "channel"),
                )
            )
            for r in planned
        ]

    def _foresee_next(self, case):
        lines = case._get_open_receivables()
        return self._say_coming(case, lines, self._get_plan(case, lines))

    def _compare(self, cases, before, after):
        """Return what changes for each case, in words."""
        return [
            {
                "counterparty": case.counterparty_id.name,
                "cancelled": [t for t in before[case.id][0] if t not in after[case.id][0]],
                "planned": [t for t in after[case.id][0] if t not in before[case.id][0]],
                "before": before[case.id][1],
                "after": after[case.id][1],
            }
            for case in cases
        ]

    # === IN WORDS === #

    def _say_effect(self, kind, values, cases):
        """Return in sentences what no plan shows."""
        say = getattr(self, f"_say_{kind}", None)
        return say(values, cases) if say else []

    def _say_no_channel(self, values, cases):
        return [
            self.env._(
                "From now on steps of this channel take the other channel agreed for them, or are"
                " left out."
            )
        ]

    def _say_new_date(self, values, cases):
        return [
            self.env._(
                "The course begins anew: the counterparty is told of the new date before it comes,"
                " and after it the steps go from the mildest on again."
            )
        ]

    def _say_ask_demand(self, values, cases):
        return [
            self.env._(
                "The demand goes out in your name in contact hours, once payments are known through"
                " the due date. Until then you can stop or pause it."
            )
        ]

    def _say_ask_call(self, values, cases):
        return [
            self.env._("Where no call can be planned just now, your controller is asked to call.")
        ]

    def _say_go_on(self, values, cases):
        closed = cases.hold_ids.filtered(lambda hold: hold.reason == "creditor" and hold.is_open)
        channels = sorted(set(closed.filtered("channel").mapped("channel")))
        labels = [self._get_code_label("kgw.reminder", "channel", code) for code in channels]
        if not labels:
            return []
        return [self.env._("Closed channels are used again: %s.", ", ".join(labels))]

    def _say_waive(self, values, cases):
        said = [
            self.env._(
                "E-mails, letters and calls about these invoices no longer speak of interest. You"
                " can take it back on the counterparty's page."
            )
        ]
        if values.get("until_date"):
            said.append(
                self.env._(
                    "They say that you ask for no interest if the payment arrives by %(day)s. From"
                    " the day after, they speak of interest again.",
                    day=self._format_date(values["until_date"]),
                )
            )
        return said

    def _say_given_up(self, kind, lines):
        """Say what the interest comes to that the creditor waives; nothing before the due date."""
        if kind != "waive":
            return []
        # Creditors have no rights on the rates, which are public; the invoices are their own.
        rates_sudo = self.env["kgw.rate"].sudo()
        interest = rates_sudo._format_sum(lines, self._get_today(), self.env.lang or "en_US")
        if not interest:
            return []
        return [self.env._("Statutory interest on these invoices through today: %s.", interest)]

    def _say_warning(self, values, cases):
        said = [
            self.env._(
                "A warning of an entry in a debt register may go out about these invoices. Without"
                " your consent none goes out. You can take it back on the counterparty's page."
            )
        ]
        steps = cases.env["kgw.scenario.step"].union(*(c._get_scenario().step_ids for c in cases))
        if "warn" not in steps.template_id.mapped("scope"):
            said.append(
                self.env._(
                    "The agreed scenario has no such warning: because of your consent alone nothing"
                    " is sent."
                )
            )
        return said

    def _say_collection(self, values, cases):
        return [
            self.env._("We contact nobody about it any more; your controller prepares the rest.")
        ]

    def _say_contact(self, values, cases):
        return [self.env._("It is used first; what was known so far stays as the second choice.")]
