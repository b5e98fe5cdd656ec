from odoo import fields, models


class AccountMoveLine(models.Model):
    """The day after which interest runs on a receivable."""

    _inherit = "account.move.line"

    kgw_interest_due = fields.Date(
        string="Interest Since the End Of",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The old due date, where the creditor gave a new one with interest meanwhile.",
    )

    def _kgw_get_interest_due(self):
        """Return the last day without interest."""
        self.ensure_one()
        return self.kgw_interest_due or self.kgw_effective_due
