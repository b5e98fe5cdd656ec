from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    @api.model
    def default_get(self, fields):
        """Say at once that a creditor's invoice is not paid here, also from the list of items."""
        values = super().default_get(fields)
        for _command, _id, line_ids in values.get("line_ids", []):
            self.env["account.move.line"].browse(line_ids).move_id._kgw_refuse_on_ledger()
        return values

    def _create_payments(self):
        self.line_ids.move_id._kgw_refuse_on_ledger()
        return super()._create_payments()
