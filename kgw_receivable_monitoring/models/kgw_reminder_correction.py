from odoo import fields, models


class KgwReminderCorrection(models.Model):
    """A contact that asks to disregard earlier ones."""

    _inherit = "kgw.reminder"

    correction_of_id = fields.Many2one(
        "kgw.import",
        string="Corrects the Import",
        index="btree_not_null",
        readonly=True,
        help="Asks to disregard what was written about an import that was taken back.",
    )
