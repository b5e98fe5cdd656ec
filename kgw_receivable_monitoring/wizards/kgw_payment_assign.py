from odoo import api, fields, models


class KgwPaymentAssign(models.TransientModel):
    """A person says which receivables a payment is for."""

    _name = "kgw.payment.assign"
    _description = "Assign Payment"

    payment_id = fields.Many2one("kgw.payment", required=True, readonly=True)
    mandate_id = fields.Many2one(related="payment_id.mandate_id")
    date = fields.Date(related="payment_id.date")
    payer = fields.Char(related="payment_id.payer")
    title = fields.Char(related="payment_id.title")
    currency_id = fields.Many2one(related="payment_id.currency_id")
    amount = fields.Monetary(related="payment_id.amount")
    receivable_ids = fields.Many2many("kgw.receivable", string="Is For")
    chosen_amount = fields.Monetary(string="Owed on Them", compute="_compute_chosen_amount")

    @api.depends("receivable_ids")
    def _compute_chosen_amount(self):
        for wizard in self:
            wizard.chosen_amount = sum(wizard.receivable_ids.mapped("residual"))

    def action_book(self):
        """Book the payment to the chosen receivables, the oldest due date first."""
        self.ensure_one()
        payment = self.payment_id._get_checked()
        # The payment checks that they are of its mandate; the user chose among what it may read.
        lines = self.env["account.move.line"].sudo().browse(self.receivable_ids.ids)
        payment._assign(lines, fields.Datetime.now())
        return {"type": "ir.actions.act_window_close"}
