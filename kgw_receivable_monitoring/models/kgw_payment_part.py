from odoo import fields, models


class KgwPaymentPart(models.Model):
    """What a payment settles, or is proposed to settle, of one receivable."""

    _name = "kgw.payment.part"
    _description = "Part of a Payment"
    _order = "payment_id, id"
    _rec_name = "move_id"

    payment_id = fields.Many2one("kgw.payment", required=True, index=True, ondelete="cascade")
    receivable_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        ondelete="set null",
        help="Odoo may recreate payment-term lines; the invoice remains.",
    )
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, index=True, ondelete="restrict"
    )
    invoice = fields.Char(related="move_id.kgw_display_number", string="Invoice Number")
    amount = fields.Monetary(required=True)
    currency_id = fields.Many2one(related="payment_id.currency_id")
    entry_id = fields.Many2one("account.move", ondelete="restrict")
