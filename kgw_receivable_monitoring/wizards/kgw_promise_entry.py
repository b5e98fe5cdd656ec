from odoo import Command, api, fields, models


class KgwPromiseEntry(models.TransientModel):
    """A promise to pay as somebody takes it down: by phone, from a letter or an e-mail."""

    _name = "kgw.promise.entry"
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

    @api.depends("receivable_ids")
    def _compute_part_ids(self):
        """One payment of everything, unless parts were typed in already."""
        for entry in self:
            if len(entry.part_ids) <= 1:
                total = sum(entry.receivable_ids.mapped("residual"))
                day = entry.part_ids[:1].due_on or fields.Date.context_today(self)
                entry.part_ids = [
                    Command.clear(),
                    Command.create({"due_on": day, "amount": total}),
                ]

    def action_save(self):
        """Take down the promise: hold its invoices and confirm it in writing."""
        self.ensure_one()
        self.case_id.check_access("write")
        parts = [(part.due_on, part.amount) for part in self.part_ids]
        lines = self.env["account.move.line"].browse(self.receivable_ids.ids)
        self.env["kgw.promise"]._give(
            self.case_id, lines, parts, fields.Datetime.now(), self.note or ""
        )
        return {"type": "ir.actions.act_window_close"}
