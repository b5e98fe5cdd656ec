from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _check_move_constraints(self, moves):
        """Every way of sending passes here: buttons, wizards for one and for many, Odoo's cron."""
        moves._kgw_refuse_on_ledger()
        return super()._check_move_constraints(moves)
