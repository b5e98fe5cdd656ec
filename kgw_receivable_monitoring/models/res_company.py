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
    kgw_coverage_days = fields.Integer(
        string="Payments Known At Most",
        default=3,
        groups="base.group_user",
        help="Working days. After the due date nobody is contacted on older knowledge of payments.",
    )
