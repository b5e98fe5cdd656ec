import secrets

from odoo import fields, models

from ..tools.notice import notice


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kgw_brand_id = fields.Many2one(related="company_id.kgw_brand_id", readonly=False)
    kgw_coverage_days = fields.Integer(related="company_id.kgw_coverage_days", readonly=False)
    kgw_vanish_rows = fields.Integer(related="company_id.kgw_vanish_rows", readonly=False)
    kgw_vanish_value = fields.Integer(related="company_id.kgw_vanish_value", readonly=False)
    kgw_moves_due_dates = fields.Boolean(related="company_id.kgw_moves_due_dates", readonly=False)
    kgw_holds_on_reply = fields.Boolean(related="company_id.kgw_holds_on_reply", readonly=False)
    kgw_team_only = fields.Boolean(related="company_id.kgw_team_only", readonly=False)
    kgw_missed_call_token = fields.Char(
        string="Token for Missed Calls",
        config_parameter="kgw_receivable_monitoring.missed_call_token",
    )
    kgw_has_ledger = fields.Boolean(string="Ledger Exists", compute="_compute_kgw_has_ledger")

    def _compute_kgw_has_ledger(self):
        has_ledger = bool(
            self.env["res.company"].sudo().search_count([("kgw_is_ledger", "=", True)])
        )
        for settings in self:
            settings.kgw_has_ledger = has_ledger

    def action_kgw_new_token(self):
        """Draw a new token for the telephone exchange; the one before is worth nothing then."""
        token = secrets.token_urlsafe(32)
        # Who may change settings may change this one: the button is on their page only.
        self.check_access("write")
        self.env["ir.config_parameter"].sudo().set_param(
            "kgw_receivable_monitoring.missed_call_token", token
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_kgw_set_up_ledger(self):
        """Create the company, accounts and journals of the ledger; safe to repeat."""
        self.env["kgw.ledger"]._ensure()
        return notice(
            self.env._("The ledger of monitored receivables is ready."),
            then={"type": "ir.actions.client", "tag": "soft_reload"},
        )
