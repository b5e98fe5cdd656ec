from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kgw_is_ledger = fields.Boolean(
        string="Ledger of Monitored Receivables",
        readonly=True,
        groups="base.group_user",
    )
    kgw_brand_id = fields.Many2one(
        "kgw.brand",
        string="Brand for Creditors",
        groups="base.group_user",
        help="In whose name the company writes to its creditors.",
    )
