from odoo import fields, models


class KgwDeskPart(models.Model):
    """One payment of a promise that is being taken down at a desk."""

    _name = "kgw.desk.part"
    _description = "Payment Entered at a Desk"
    _order = "due_on, id"
    _rec_name = "due_on"

    desk_id = fields.Many2one("kgw.desk", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="desk_id.currency_id")
    due_on = fields.Date(string="Pays On", required=True)
    amount = fields.Monetary(required=True)
