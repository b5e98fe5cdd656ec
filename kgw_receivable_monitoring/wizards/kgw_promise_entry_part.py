from odoo import fields, models


class KgwPromiseEntryPart(models.TransientModel):
    """One payment of a promise being taken down."""

    _name = "kgw.promise.entry.part"
    _description = "Entry of a Part of a Promise"

    entry_id = fields.Many2one("kgw.promise.entry", required=True, ondelete="cascade")
    due_on = fields.Date(
        string="Promised For", required=True, default=lambda self: fields.Date.context_today(self)
    )
    amount = fields.Float(required=True, digits="Account")
