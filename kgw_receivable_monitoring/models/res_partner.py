from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    kgw_mandate_id = fields.Many2one(
        "kgw.mandate",
        string="Counterparty of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="A counterparty from a creditor's files belongs to that mandate alone.",
    )
