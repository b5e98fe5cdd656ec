from odoo import api, models
from odoo.exceptions import UserError

from ..const import OPEN_STATES
from ..tools.decision import SPECS
from .kgw_portal_base import KgwPortalBase
from .kgw_portal_effect_words import Effect

# What plans a contact: about the invoices of that contact only.
ASKING = ("ask_call", "ask_demand")
# What is about the counterparty, whatever it owes.
ABOUT_PEOPLE = ("contact", "no_channel")
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
        open_lines = possible._get_open_receivables()
        owed = {line: line.amount_residual_currency for line in open_lines}
        known, lifted = possible.reminder_ids, self._get_lifted(possible, open_lines, lines)
        before = self._picture(possible)
        with self._trying(kind, possible, values, now, lines) as taken:
            told = self._get_told(kind, taken, known, lifted)
            changes = self._compare(possible, before, self._picture(possible))
            left = self._format_sums(self._sum_residuals(told))
            said = self._say_effect(kind, Effect(values, taken, lifted, changes))
            parts = self._get_parts(taken)
        return {
            "kind": kind,
            "kind_label": self._get_code_label("kgw.decision", "kind", kind),
            "at_once": SPECS[kind].at_once,
            "count": self._count(len(possible), "counterparty"),
            "case_ids": possible.ids,
            "left_out": left_out,
            "amount": self._format_sums(self._add_up(told, owed)),
            "left": left,
            "words": said,
            "parts": parts,
            "changes": changes,
        }

    def _get_told(self, kind, taken, known, lifted):
        """Return the receivables whose amounts are told: what the decision touches.

        :param known: the contacts that were there before
        :param lifted: the holds that going on lifts
        """
        if kind in ABOUT_PEOPLE:
            return taken.receivable_ids.browse()
        if kind in ASKING:
            return self._get_planned_for(taken, known)
        if kind == "go_on":
            return taken.receivable_ids.filtered(
                lambda line: any(
                    hold.case_id == line.kgw_case_id and hold.move_id <= line.move_id
                    for hold in lifted
                )
            )
        return taken.receivable_ids

    def _get_lifted(self, cases, open_lines, lines):
        """Return the holds that going on would lift, as they are before."""
        today = self._get_today()
        grouped = (open_lines if lines is None else lines).grouped("kgw_case_id")
        grouped = {case: grouped.get(case, open_lines.browse()) for case in cases}
        holds = cases.env["kgw.hold"]._get_in_force_each(grouped, today)
        return cases.hold_ids.browse().union(*holds.values())._get_of_creditor()

    def _get_parts(self, taken):
        """Return the days and amounts of the instalments that were agreed to."""
        agreed = self.env["kgw.promise"].sudo()  # what was just decided about the creditor's cases
        agreed = agreed.search([("decision_id", "in", taken.ids)])
        return [
            {
                "day": self._format_date(part.due_on),
                "amount": self._format_money(part.amount, part.promise_id.currency_id.name),
            }
            for part in agreed.part_ids.sorted("due_on")
        ]

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
        """Return ``{case id: what is planned, what comes next and all that follows}``."""
        cases.invalidate_recordset()
        few = len(cases) <= TOLD_CASES
        return {
            case.id: {
                "planned": self._say_planned(case),
                **(self._foresee_next(case) if few else self._foresee_hold(case)),
            }
            for case in cases
        }

    def _say_planned(self, case):
        """Return ``{record: words}`` of the contacts that are planned and the questions asked."""
        planned = case.reminder_ids.filtered(lambda r: r.state in OPEN_STATES)
        told = {r: (self._format_upcoming(r.planned_on), *self._name_contact(r)) for r in planned}
        for asked in case.decision_ids.filtered(lambda d: d.state == "open"):
            label = self._get_label(asked, "kind")
            told[asked] = (self.env._("the question to you (%s)", label), asked.step_id.name)
        return {record: ", ".join(filter(None, said)) for record, said in told.items()}

    def _name_contact(self, reminder):
        """Return what is planned in words: the step and its channel; of what is no step, the texts
        are named for those who choose among them, so the channel is told, and the hours of calls."""
        if reminder.step_id:
            return reminder.step_id.name, self._name_channel(reminder.step_id, reminder.channel)
        kind, channel = reminder.case_id.kind_id, self._get_label(reminder, "channel")
        if reminder.channel != "phone":
            return (channel,)
        hours = (kind.hour_from, kind.hour_to)
        return "–".join(f"{int(h)}:{round(h % 1 * 60):02}" for h in hours), channel

    def _foresee_next(self, case):
        lines = case._get_open_receivables()
        holds = self._search_holds(case, lines)
        plan = self._get_plan(case, lines, holds)
        return {
            "next": self._say_coming(case, lines, plan, holds) or self._say_owed(lines, lines),
            "plan": [
                (stop["iso"], stop["step"], stop["channel"], stop["receivable_ids"])
                for stop in plan
            ],
        }

    def _foresee_hold(self, case):
        """As :meth:`_foresee_next`, one of many: whether contact is on hold, and until when."""
        lines = case._get_open_receivables()
        hold = self._search_holds(case, lines)._get_keeping(lines)
        return {"next": self._say_hold(hold) if hold else "", "plan": None}

    def _compare(self, cases, before, after):
        """Return what changes for each case, in words."""
        return [
            {
                "counterparty": case.counterparty_id.name,
                "cancelled": [t for r, t in old["planned"].items() if r not in new["planned"]],
                "planned": [t for r, t in new["planned"].items() if r not in old["planned"]],
                "before": old["next"],
                "after": new["next"],
                "is_same": new["plan"] is not None and old == new,
            }
            for case, old, new in ((case, before[case.id], after[case.id]) for case in cases)
        ]
