from odoo import api, fields, models

from ..tools import calendar


class KgwPromiseEntry(models.TransientModel):
    """A promise to pay as somebody takes it down: by phone, from a letter or an e-mail."""

    _name = "kgw.promise.entry"
    _inherit = ["kgw.creditor.words"]
    _description = "Entry of a Promise"

    case_id = fields.Many2one("kgw.case", required=True, readonly=True)
    receivable_ids = fields.Many2many(
        "kgw.receivable",
        string="Invoices",
        compute="_compute_receivable_ids",
        store=True,
        readonly=False,
        domain="[('case_id', '=', case_id), ('stage', '!=', 'closed')]",
    )
    first_on = fields.Date(
        string="First Payment On",
        default=lambda self: calendar.add_working_days(fields.Date.context_today(self), 1),
    )
    part_count = fields.Integer(string="Payments in All", default=1)
    promise_offer = fields.Json(compute="_compute_promise_offer")
    part_ids = fields.One2many(
        "kgw.promise.entry.part",
        "entry_id",
        string="Payments",
        compute="_compute_part_ids",
        store=True,
        readonly=False,
    )
    note = fields.Char(help="Who promised it, and how it was said.")

    @api.depends("case_id")
    def _compute_receivable_ids(self):
        """What is overdue is offered, else what falls due next."""
        for entry in self:
            owed = self.env["kgw.receivable"].search(
                [("case_id", "=", entry.case_id.id), ("stage", "!=", "closed")]
            )
            entry.receivable_ids = owed.filtered("is_overdue") or owed[:1]

    def _compute_promise_offer(self):
        offer = self.env["kgw.promise.plan"]._get_offer(fields.Date.context_today(self))
        self.promise_offer = offer

    @api.depends("receivable_ids", "first_on", "part_count")
    def _compute_part_ids(self):
        """So many payments of everything, the first one on the day chosen."""
        for entry in self:
            if entry.first_on and entry.part_count > 0:
                total = sum(entry.receivable_ids.mapped("residual"))
                plan = self.env["kgw.promise.plan"]
                entry.part_ids = plan._plan_parts(total, entry.part_count, entry.first_on)

    def action_save(self):
        """Take down the promise: hold its invoices and confirm it in writing."""
        self.ensure_one()
        self.case_id.check_access("write")
        self._check_words()
        now = fields.Datetime.now()
        parts = [(part.due_on, part.amount) for part in self.part_ids]
        lines = self.env["account.move.line"].browse(self.receivable_ids.ids)
        self.env["kgw.promise"]._give(self.case_id, lines, parts, now, self.note or "")
        self._record_words(self.case_id, now)
        if self.env.context.get("kgw_reply_read"):
            self.case_id.action_reply_read()
        return {"type": "ir.actions.act_window_close"}
