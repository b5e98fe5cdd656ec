from odoo import fields, models


class SmsTracker(models.Model):
    """Delivery reports of every SMS provider arrive here; the key of a reminder is the SMS's uuid."""

    _inherit = "sms.tracker"

    def _action_update_from_sms_state(self, sms_state, failure_type=False, failure_reason=False):
        result = super()._action_update_from_sms_state(sms_state, failure_type, failure_reason)
        if sms_state == "sent":  # Odoo's word for delivered to the handset
            self._kgw_get_reminders()._mark_delivered(fields.Datetime.now())
        return result

    def _action_update_from_provider_error(self, provider_error):
        result = super()._action_update_from_provider_error(provider_error)
        self._kgw_get_reminders()._mark_undelivered(
            fields.Datetime.now(), detail=self.env._("The operator could not deliver it")
        )
        return result

    def _kgw_get_reminders(self):
        """Return the reminders that these reports are about, all of them sent by now: a report may
        come before the dispatcher has recorded that the gateway took the message."""
        # Reports come from the gateway's public route, whose secret was checked there.
        reminders = self.env["kgw.reminder"].sudo().search([("key", "in", self.mapped("sms_uuid"))])
        handed_over = reminders.filtered(lambda r: r._is_handed_over())
        handed_over._mark_sent(fields.Datetime.now())
        return handed_over
