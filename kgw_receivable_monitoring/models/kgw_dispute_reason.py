from odoo import fields, models


class KgwDisputeReason(models.Model):
    """Why a counterparty disputes a receivable: a list that the agency may edit."""

    _name = "kgw.dispute.reason"
    _description = "Reason of a Dispute"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
