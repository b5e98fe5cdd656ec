from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools import calendar

ACTS = [
    ("assign", "Assign a controller"),
    ("hold", "Put on hold"),
    ("lift", "Lift holds"),
]
# Cases done in one request: a second or two, so that the bar moves and nothing runs into a limit.
CHUNK = 50
# What somebody else waits for is not lifted with a whole list.
LIFTABLE = ("creditor", "paid_claim", "other")


class KgwBulk(models.TransientModel):
    """One act on many cases: done piece by piece, with what was done and what was not, and why."""

    _name = "kgw.bulk"
    _inherit = ["kgw.creditor.words"]
    _description = "Act on Many Cases"

    act = fields.Selection(ACTS, required=True, default="assign")
    controller_id = fields.Many2one(
        "res.users",
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("kgw_receivable_monitoring.group_kgw_agent").ids)
        ],
    )
    until_date = fields.Date(string="Hold Until")
    note = fields.Char(string="Why")
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done")], default="draft"
    )
    line_ids = fields.One2many("kgw.bulk.line", "bulk_id", string="Result")
    case_count = fields.Integer(compute="_compute_progress")
    left_count = fields.Integer(string="To Do", compute="_compute_progress")
    refused_count = fields.Integer(string="Not Done", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress")

    @api.model_create_multi
    def create(self, vals_list):
        """Take the chosen cases over: the page itself never carries hundreds of lines."""
        chosen = self._get_chosen_ids()
        lines = [Command.create({"case_id": case_id}) for case_id in chosen]
        return super().create([{"line_ids": lines, **vals} for vals in vals_list])

    @api.model
    def _get_chosen_ids(self):
        """Return the ids of the cases that were ticked in the list."""
        context = self.env.context
        return context.get("active_ids") or [] if context.get("active_model") == "kgw.case" else []

    @api.depends("line_ids.state")
    def _compute_progress(self):
        for bulk in self:
            bulk.case_count = len(bulk.line_ids) or len(self._get_chosen_ids())
            bulk.left_count = len(bulk.line_ids.filtered(lambda line: line.state == "waiting"))
            bulk.refused_count = len(bulk.line_ids.filtered(lambda line: line.state == "refused"))
            done = bulk.case_count - bulk.left_count
            bulk.progress = 100 * done / bulk.case_count if bulk.case_count else 100

    def action_start(self):
        """Begin; the page goes on by itself, piece by piece.

        :raise UserError: something is missing
        """
        self.ensure_one()
        if self.act == "assign" and not self.controller_id:
            raise UserError(self.env._("Choose the controller who takes these cases over."))
        if self.act == "hold":
            self._check_words()
        self.state = "running"
        self.action_go_on()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Act on Many Cases"),
            "context": {"dialog_size": "extra-large"},
        }

    def action_go_on(self):
        """Do the next piece; returns whether more is left."""
        self.ensure_one()
        waiting = self.line_ids.filtered(lambda line: line.state == "waiting")
        now = fields.Datetime.now()
        for line in waiting[:CHUNK]:
            line.write(self._try(line.case_id, now))
        if not waiting[CHUNK:]:
            self.state = "done"
        return bool(waiting[CHUNK:])

    def _try(self, case, now):
        """Do it for one case and return the values of its line; one that fails stops no other."""
        try:
            with self.env.cr.savepoint():
                why_not = getattr(self, f"_do_{self.act}")(case, now)
        except (AccessError, UserError, ValidationError) as error:
            why_not = str(error)
        return {"state": "refused", "why": why_not} if why_not else {"state": "done"}

    # === ACTS: each returns why it was not done, or nothing === #

    def _do_assign(self, case, _now):
        if case.controller_id == self.controller_id:
            return self.env._("It is this controller's already.")
        case.controller_id = self.controller_id
        return ""

    def _do_hold(self, case, now):
        if case.stage == "closed":
            return self.env._("Nothing is owed any more.")
        self.env["kgw.hold"].create(
            {
                "case_id": case.id,
                "reason": "other",
                "note": self.note,
                "from_date": calendar.local_date(now),
                "until_date": self.until_date,
            }
        )
        self._record_words(case, now)
        return ""

    def _do_lift(self, case, _now):
        holds = case.hold_ids.filtered("is_open")
        liftable = holds.filtered(lambda hold: hold.reason in LIFTABLE and not hold.move_id)
        if not holds:
            return self.env._("Nothing is on hold.")
        if not liftable:
            return self.env._(
                "Held for another cause: %s. Lift it on the case.",
                ", ".join(hold._describe() for hold in holds),
            )
        liftable.action_lift()
        return ""
