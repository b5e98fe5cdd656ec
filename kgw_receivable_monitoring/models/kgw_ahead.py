from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain

from ..const import OPEN_STATES
from ..tools import calendar


class KgwAhead(models.AbstractModel):
    """What comes next for a case: on its own page as its plan says, in lists of many cases from
    what is stored.

    A part of ``kgw.case``, in a room of its own.
    """

    _name = "kgw.ahead"
    _description = "What Lies Ahead of a Case"

    next_date = fields.Date(string="Next Step On", compute="_compute_next")
    next_step_id = fields.Many2one("kgw.scenario.step", compute="_compute_next")
    next_label = fields.Char(string="What Comes Next", compute="_compute_next")
    coming_on = fields.Date(string="Planned For", compute="_compute_coming")
    coming = fields.Char(string="Next in the Plan", compute="_compute_coming")

    def _compute_next(self):
        """What is planned already, else the earliest step of what does not wait by itself, else why
        everything waits."""
        owed = self.env["kgw.receivable"].search(
            [("case_id", "in", self.ids), ("stage", "in", ("before_due", "overdue"))],
            order="next_date, id",
        )
        planned = self.env["kgw.reminder"].search(
            [("case_id", "in", self.ids), ("state", "in", OPEN_STATES)]
        )
        today = fields.Date.context_today(self)
        own = self._get_own_holds(owed.move_id | planned.line_ids.move_id, today)
        held = own.move_id
        planned = planned.filtered(lambda r: self._goes_on(r, held)).grouped("case_id")
        holds, lines = self._get_whole_holds(today), owed.grouped("case_id")
        for case in self:
            mine = lines.get(case, self.env["kgw.receivable"])
            first = mine.filtered(lambda r: r.next_date and r.move_id not in held)[:1]
            reminder = planned.get(case, self.env["kgw.reminder"])
            hold = holds.get(case, self.env["kgw.hold"])
            if not hold and not reminder and not first:
                hold = own.filtered(lambda h, moves=mine.move_id: h.move_id in moves)
            day = reminder.planned_on or first.next_date
            case.next_date = day and not hold and calendar.forward(max(day, today))
            case.next_step_id = reminder.step_id or first.next_step_id
            named = reminder.step_id.name or reminder.template_id.name or first.next_label
            case.next_label = self.env["kgw.upcoming"]._say_held(hold) if hold else named

    def _get_own_holds(self, moves, today):
        """Return the holds in force of single invoices."""
        holds = self.env["kgw.hold"]
        return holds.search(holds._in_force(today) & Domain("move_id", "in", moves.ids))

    def _goes_on(self, reminder, held):
        """Whether a reminder is about more than the invoices ``held``; what confirms a promise is not
        kept back by it."""
        own = reminder._get_live_lines()._get_own()
        return bool(reminder.promise_id or own.move_id - held)

    def _get_whole_holds(self, today):
        """Return ``{case: hold}`` of those of which everything waits, the one that ends last."""
        holds = self.env["kgw.hold"]
        found = holds.search(
            holds._in_force(today)
            & Domain(
                [
                    ("move_id", "=", False),
                    ("channel", "=", False),
                    ("case_id", "in", (False, *self.ids)),
                    ("mandate_id", "in", (False, *self.mandate_id.ids)),
                    ("brand_id", "in", (False, *self.mandate_id.brand_after_id.ids)),
                ]
            )
        )
        found = found.sorted(lambda hold: hold.until_date or date.max)
        return {case: hold for hold in found for case in self if case._is_kept_by(hold)}

    def _is_kept_by(self, hold):
        """Whether a hold of no single invoice or channel keeps everything of this case back."""
        mandate = self.mandate_id
        own = {"case_id": self, "mandate_id": mandate, "brand_id": mandate.brand_after_id}
        return all(not hold[name] or hold[name] == record for name, record in own.items())

    @api.depends("receivable_ids")
    def _compute_coming(self):
        for case in self:
            # Each receivable names what comes for it; the soonest of them is the case's.
            told = case.receivable_ids.filtered("coming")
            first = told.sorted(lambda r: r.coming_on or date.max)[:1]
            case.coming_on, case.coming = first.coming_on, first.coming
