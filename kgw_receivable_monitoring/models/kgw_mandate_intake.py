from odoo import fields, models


class KgwMandateIntake(models.Model):
    """What a mandate says about the files that its creditor hands over."""

    _inherit = "kgw.mandate"

    stamp_code = fields.Char(
        help="Text by which an invoice shows that it bears the preventive stamp: in the footer, in"
        " the notes or in a column of the file.",
    )
