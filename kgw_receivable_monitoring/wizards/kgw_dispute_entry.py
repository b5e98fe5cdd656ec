from odoo import fields, models


class KgwDisputeEntry(models.TransientModel):
    """A dispute as somebody takes it down: which invoices, why, with which documents."""

    _name = "kgw.dispute.entry"
    _inherit = ["kgw.creditor.words"]
    _description = "Entry of a Dispute"

    case_id = fields.Many2one("kgw.case", required=True, readonly=True)
    receivable_ids = fields.Many2many(
        "kgw.receivable",
        string="Invoices",
        domain="[('case_id', '=', case_id), ('stage', '!=', 'closed')]",
    )
    reason_id = fields.Many2one("kgw.dispute.reason", required=True)
    note = fields.Text(string="What Was Said", help="The creditor reads it.")
    attachment_ids = fields.Many2many("ir.attachment", string="Documents")

    def action_save(self):
        """Open the dispute: hold the invoices and ask the creditor."""
        self.ensure_one()
        self.case_id.check_access("write")
        self._check_words()
        now = fields.Datetime.now()
        lines = self.env["account.move.line"].browse(self.receivable_ids.ids)
        self.env["kgw.dispute"]._open(
            lines, self.reason_id, self.note or "", now, self.attachment_ids
        )
        self._record_words(self.case_id, now)
        if self.env.context.get("kgw_reply_read"):
            self.case_id.action_reply_read()
        return {"type": "ir.actions.act_window_close"}
