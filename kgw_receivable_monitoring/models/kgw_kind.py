from odoo import fields, models


class KgwKind(models.Model):
    """What a counterparty is in law: decides contact hours and which words may be used."""

    _name = "kgw.kind"
    _description = "Kind of Counterparty"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Used by the imports that derive the kind from a file.")
    sequence = fields.Integer(default=10)
    is_natural_person = fields.Boolean(
        help="The identity is checked before the matter is named on the phone.",
    )
    is_consumer = fields.Boolean(
        help="No recovery costs are claimed, and an SMS names no amount.",
    )
    hour_from = fields.Float(
        string="Contact From",
        required=True,
        default=8.0,
        help="Local hour from which SMS, e-mails and calls may go out.",
    )
    hour_to = fields.Float(
        string="Contact To",
        required=True,
        default=17.0,
        help="Local hour until which SMS, e-mails and calls may go out.",
    )
    on_saturday = fields.Boolean(
        string="Saturdays Too",
        help="Contact on Saturdays as well; never on Sundays and statutory holidays.",
    )

    _unique_code = models.UniqueIndex("(code)", "There is already a kind with this code.")
    _hours = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The contact hours must begin before they end, between 0 and 24.",
    )
