from odoo import api, models
from odoo.exceptions import UserError

from ..const import OPEN_STATES
from ..tools.decision import ASKING, SPECS
from .kgw_portal_base import KgwPortalBase
from .kgw_portal_effect_words import Effect

# What is about the counterparty, whatever it owes.
ABOUT_PEOPLE = ("contact", "no_channel")
# So many are listed at once, more in a fold.
SHOWN_CASES = 10


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

        def try_out(possible, problems):
            return self._try_out(kind, possible, values, now, lines, problems)

        return self._do_where_possible(try_out, kind, cases, values, now, lines)

    def _do_where_possible(self, act, kind, cases, values, now, lines):
        """Return what ``act`` returns for those of ``cases`` for which the decision can be taken.

        :param act: function of these cases, and of ``{case: why not}`` of the others
        :raise UserError: it can be taken for none; nothing stays
        """
        try:  # mostly it can be taken for all
            with self.env.cr.savepoint():
                return act(cases, {})
        except UserError:
            if len(cases) == 1:
                raise
        problems = self._find_problems(kind, cases, values, now, lines)
        possible = cases - cases.browse().union(*problems)
        if not possible:
            raise UserError("\n".join(sorted(set(problems.values()))))
        return act(possible, problems)

    def _try_out(self, kind, cases, values, now, lines, problems):
        """Return what a decision would change for ``cases``.

        :param problems: ``{case: why not}`` of those for which it can't be taken
        """
        open_lines = cases._get_open_receivables()
        owed = {line: line.amount_residual_currency for line in open_lines}
        known, lifted = cases.reminder_ids, self._get_lifted(cases, open_lines, lines)
        before = self._take_pictures(cases)
        scheduled = self._get_scheduled(cases)
        with self._trying(kind, cases, values, now, lines) as taken:
            told = self._get_told(kind, taken, known, lifted)
            touched, after = self._add_up(told, owed), self._take_pictures(cases)
            differs = {case: self._find_difference(before[case], after[case]) for case in cases}
            changes = self._compare(differs, before, after, touched)
            effect = Effect(values, taken, lifted.filtered("lifted_at"), changes, after)
            return {
                **self._prepare_head_of_effect(kind, cases, problems),
                "amount": self._format_sums(self._add_all(touched.values())),
                "left": self._format_sums(self._sum_residuals(told)),
                "words": self._say_effect(kind, effect)
                + self._say_untold(differs)
                + self._say_superseded(scheduled)
                + self._say_others(kind, taken, open_lines, lines),
                "parts": self._get_parts(taken),
                "in_all": self._sum_up(differs, after, touched),
                "changes": changes,
                "shown": SHOWN_CASES,
            }

    def _get_scheduled(self, cases):
        """Return ``{decision that waits for the next run: its receivables}``."""
        waiting = cases.decision_ids.filtered(lambda d: d.state == "scheduled")
        return {decision: decision.receivable_ids for decision in waiting}

    def _say_others(self, kind, taken, open_lines, lines):
        """Say that nothing is decided about the invoices that were not ticked.

        :param lines: those that were, None for all
        """
        # What is held is held with all due dates of its invoice.
        decided = taken.receivable_ids.move_id
        others = open_lines.filtered(lambda line: line.move_id not in decided)
        if lines is None or kind in (*ABOUT_PEOPLE, *ASKING, "scenario") or not others:
            return []
        said = self._name_invoices(others)
        if len(others.move_id) > SHOWN_CASES:
            said = self._count(len(others.move_id), "invoice")
        return [self.env._("Nothing is decided about the others, which go on as before: %s.", said)]

    def _prepare_head_of_effect(self, kind, cases, problems):
        return {
            "kind": kind,
            "kind_label": self._get_code_label("kgw.decision", "kind", kind),
            "at_once": SPECS[kind].at_once,
            "when": self._say_when(SPECS[kind].at_once),
            "count": self._count(len(cases), "counterparty"),
            "case_ids": cases.ids,
            "left_out": self._list_left_out(problems),
        }

    def _say_when(self, at_once):
        if at_once:
            return self.env._("It holds from the moment you confirm.")
        return self.env._(
            "It acts in the next run, within the hour, and can be taken back until then."
        )

    def _list_left_out(self, problems):
        """Return those for which a decision can't be taken, each with why.

        :param problems: ``{case: why not}``
        """
        return [
            {"case_id": case.id, "counterparty": case.counterparty_id.name, "problem": problem}
            for case, problem in problems.items()
        ]

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
            moves, cases = lifted.move_id, lifted.filtered(lambda hold: not hold.move_id).case_id
            held = {*moves, *cases}
            return taken.receivable_ids.filtered(
                lambda line: line.move_id in held or line.kgw_case_id in held
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
        """Return ``{case: {currency: amount}}`` of what was owed on ``lines`` before the decision."""
        sums = {}
        for line in lines:
            own, code = sums.setdefault(line.kgw_case_id, {}), line.currency_id.name
            own[code] = own.get(code, 0.0) + owed[line]
        return sums

    def _find_problems(self, kind, cases, values, now, lines):
        """Return ``{case: why not}`` of those for which it can't be taken; those of which it is known
        that it can't be for all are tried half by half."""
        half, problems = len(cases) // 2, {}
        for part in (cases[:half], cases[half:]):
            try:
                with self._trying(kind, part, values, now, lines):
                    pass
            except UserError as error:
                problems |= (
                    {part: str(error)}
                    if len(part) == 1
                    else self._find_problems(kind, part, values, now, lines)
                )
        return problems

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
