from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import CHANNELS
from ..const_reasons import PLANNED_ANEW

# What stands under “What Was Done”; the rest of the register is plans and reasons.
DONE_KINDS = (
    "enrolled",
    "sent",
    "delivered",
    "undelivered",
    "dead",
    "unknown",
    "call",
    "reply",
    "payment",
    "payment_back",
    "credit_note",
    "question",
    "decision",
    "report",
    "hold",
    "lifted",
    "promise",
    "promise_kept",
    "promise_partly",
    "promise_broken",
    "dispute",
    "dispute_accepted",
    "dispute_rejected",
    "dispute_correction",
    "insolvent",
    "description",
)
# How a call ended stands in the entry of the call itself.
DONE = [
    ("kind", "in", DONE_KINDS),
    "|",
    ("channel", "!=", "phone"),
    ("kind", "not in", ("sent", "delivered")),
]
SHOWN = 20


class KgwExplanation(models.TransientModel):
    """What was done about a case or an invoice, what comes next, and what stands in the way."""

    _name = "kgw.explanation"
    _inherit = ["kgw.contact.label"]
    _step_field = "step"
    _description = "Explanation"

    case_id = fields.Many2one("kgw.case", required=True, readonly=True)
    move_id = fields.Many2one("account.move", readonly=True)
    invoice = fields.Char(readonly=True)
    step = fields.Char(string="Next Contact", readonly=True)
    channel = fields.Selection(CHANNELS, readonly=True)
    day = fields.Date(string="On", readonly=True, help="Empty while it waits for a person.")
    next_ids = fields.One2many(
        "kgw.explanation.line",
        "explanation_id",
        string="What Comes Next",
        domain=[("section", "=", "next")],
    )
    obstacle_ids = fields.One2many(
        "kgw.explanation.line",
        "explanation_id",
        string="What Stands in the Way",
        domain=[("section", "=", "obstacle")],
    )
    done_ids = fields.Many2many("kgw.event", string="What Was Done", compute="_compute_events")
    passed_ids = fields.Many2many(
        "kgw.event", string="What Was Not Done, and Why", compute="_compute_events"
    )

    @api.depends("case_id", "move_id")
    def _compute_events(self):
        for explanation in self:
            scope = [("case_id", "=", explanation.case_id.id)]
            if explanation.move_id:
                scope += [
                    "|",
                    ("move_id", "in", (False, explanation.move_id.id)),
                    ("reminder_id.line_ids.move_id", "=", explanation.move_id.id),
                ]
            else:  # one invoice has its own row, whichever entry tells it
                scope += [("is_part", "=", False)]
            events = self.env["kgw.event"]
            explanation.done_ids = events.search([*scope, *DONE], limit=SHOWN)
            explanation.passed_ids = events.search(
                [
                    *scope,
                    ("kind", "in", ("passed", "cancelled")),
                    ("reason", "not in", (False, *PLANNED_ANEW)),
                    "|",
                    ("kind", "!=", "passed"),
                    ("reminder_id", "=", False),
                ],
                limit=SHOWN,
            )

    @api.model
    def _open(self, case, receivable=None, now=None):
        """Return the action that explains ``case``, or one receivable of it, as seen at ``now``.

        :raise AccessError: the user may not read the case
        :raise UserError: the case is being worked on
        """
        case.ensure_one().check_access("read")
        explanation = self.create(
            {
                "case_id": case.id,
                "move_id": receivable and receivable.move_id.id,
                "invoice": receivable and receivable.number,
            }
        )
        explanation._fill(now)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explanation"),
            "res_model": "kgw.explanation",
            "res_id": explanation.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _fill(self, now):
        """Write the lines; what was planned to find them out is gone afterwards."""
        try:
            with self.env["kgw.simulation"]._open(self.case_id) as case:
                if not case:
                    raise LockNotAvailable
                values = self._prepare_vals(case, now)
        except LockNotAvailable as error:
            raise UserError(
                self.env._(
                    "Something is being sent or entered for this case right now. Try again in a"
                    " moment."
                )
            ) from error
        self.write(values)
        self.obstacle_ids._forget_unreal_places()

    def _prepare_vals(self, case, now):
        """Return the values found in the simulation of ``case``: plain ones, which outlive it."""
        outlook = case.env["kgw.obstacle"]._look_ahead(case, now, self.move_id.id or None)
        upcoming = {
            line: found
            for line, found in outlook.upcoming.items()
            if not self.move_id or line.move_id.id == self.move_id.id
        }
        told = [self._prepare_next_vals(line, found) for line, found in upcoming.items()]
        obstacles = [self._prepare_obstacle_vals(found) for found in outlook.obstacles]
        return {
            **self._prepare_contact_vals(upcoming.values(), outlook),
            "next_ids": [(0, 0, values) for values in told],
            "obstacle_ids": [(0, 0, values) for values in obstacles],
        }

    def _prepare_contact_vals(self, upcoming, outlook):
        """Return the next contact of the plan; where it brings none, the one that waits."""
        first = next((found for found in upcoming if found.act == "contact"), None)
        if first:
            return {"step": first.step, "channel": first.channel, "day": first.day}
        asked = next((found for found in outlook.obstacles if found.reason == "question"), None)
        reminder = outlook.reminder
        if reminder and not asked:
            waits = reminder.step_id or reminder.template_id
            return {"step": waits.name, "channel": reminder.channel, "day": False}
        waits = asked.place.step_id if asked else outlook.step
        return {"step": waits.name, "channel": waits.channel, "day": False}

    def _prepare_next_vals(self, receivable, upcoming):
        return {
            "section": "next",
            "invoice": receivable.move_id.kgw_display_number,
            "due_date": receivable.date_maturity,
            **upcoming._asdict(),
        }

    def _prepare_obstacle_vals(self, obstacle):
        place = obstacle.place
        return {
            "section": "obstacle",
            "reason": obstacle.reason,
            "note": obstacle.note,
            "res_model": place and place._name,
            "res_id": place and place.id,
        }

    def action_preview(self):
        """Open the preview of the days to come."""
        self.ensure_one()
        values = {"case_ids": self.case_id.ids, "move_ids": self.move_id.ids}
        return self.env["kgw.preview"]._open(values)
