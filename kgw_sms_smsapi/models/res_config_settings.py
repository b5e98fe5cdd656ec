from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kgw_sms_provider = fields.Selection(
        related="company_id.kgw_sms_provider", required=True, readonly=False
    )
    kgw_smsapi_token = fields.Char(related="company_id.kgw_smsapi_token", readonly=False)
    kgw_smsapi_base_url = fields.Char(related="company_id.kgw_smsapi_base_url", readonly=False)
    kgw_smsapi_sender = fields.Char(related="company_id.kgw_smsapi_sender", readonly=False)
    kgw_smsapi_normalize = fields.Boolean(related="company_id.kgw_smsapi_normalize", readonly=False)
    kgw_smsapi_low_points = fields.Float(related="company_id.kgw_smsapi_low_points", readonly=False)

    def action_kgw_check_smsapi(self):
        """Show how many points the SMSAPI account has left: token, address and way are right."""
        self.ensure_one()
        points = self.company_id._kgw_ask_smsapi_points(fields.Datetime.now())
        return self._kgw_notify(
            "success",
            self.env._("SMSAPI answers. Points left on the account: %s", points),
        )

    def action_kgw_renew_smsapi_secret(self):
        """Replace the secret in the address that SMSAPI reports deliveries to."""
        self.ensure_one()
        self.company_id._kgw_renew_smsapi_secret()
        return self._kgw_notify(
            "info",
            self.env._("Messages sent from now on are reported to a new address."),
        )

    def _kgw_notify(self, kind, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message},
        }
