from odoo import api, models

from ..tools import sms
from .kgw_channel import Outcome

# Words of Odoo's SMS providers, and of the more exact `kgw_outcome` where a provider gives it.
OUTCOMES = {"accepted": "sent", "refused": "dead", "retry": "failed", "unknown": "unknown"}
STATES = {
    "success": "sent",
    "sent": "sent",
    "pending": "sent",
    "processing": "sent",
    "process": "sent",
    "duplicate_message": "sent",
    "server_error": "unknown",
    "insufficient_credit": "failed",
}
# Refusals that concern the account or the sender, not the number.
ACCOUNT_FAILURES = ("sms_acc", "sms_credit", "sms_registration_needed")


class KgwChannelSms(models.AbstractModel):
    """SMS through the company's provider; the key of the reminder is the message's key there."""

    _name = "kgw.channel.sms"
    _inherit = "kgw.channel"
    _description = "Channel: SMS"

    _send_size = 10

    @api.model
    def _get_obstacle(self, reminder):
        brand = reminder.brand_id
        return "" if brand.sms_sender and brand.sms_sender_approved else "sender"

    @api.model
    def _render(self, reminder, values):
        """Return the text in the GSM alphabet: what is kept is what goes out."""
        subject, body = super()._render(reminder, values)
        return subject, sms.to_gsm(body)

    @api.model
    def _prepare_rows(self, reminders):
        # The tracker is how every provider reports a delivery; only the system may create it.
        trackers_sudo = self.env["sms.tracker"].sudo()
        known = trackers_sudo.search([("sms_uuid", "in", reminders.mapped("key"))]).mapped(
            "sms_uuid"
        )
        trackers_sudo.create([{"sms_uuid": r.key} for r in reminders if r.key not in known])

    @api.model
    def _get_known_again(self, reminders):
        return reminders.filtered(
            lambda r: getattr(r.mandate_id.company_id._get_sms_api_class(), "kgw_knows_keys", False)
        )

    @api.model
    def _send(self, reminders):
        outcomes = {}
        for company, batch in reminders.grouped(lambda r: r.mandate_id.company_id).items():
            outcomes |= self._send_for(company, batch)
        return outcomes

    def _send_for(self, company, reminders):
        """Send through the provider of ``company``; one that fails as a whole leaves *unknown*."""
        api_class = company._get_sms_api_class()
        provider = api_class(self.env)
        provider._set_company(company)
        messages = [
            {
                "content": reminder.body,
                "sender": reminder.brand_id.sms_sender,
                "numbers": [{"uuid": reminder.key, "number": reminder.recipient}],
            }
            for reminder in reminders
        ]
        url = f"{company.get_base_url()}/sms/status"
        try:
            results = provider._send_sms_batch(messages, delivery_reports_url=url)
        # A provider may raise anything after it handed messages over: nobody can know, so nothing
        # is sent again by itself, and a person decides.
        except Exception as error:
            detail = f"The SMS provider failed ({type(error).__name__})"
            return dict.fromkeys(reminders, Outcome("unknown", detail))
        by_key = {result["uuid"]: self._read_result(result) for result in results}
        lost = Outcome("unknown", "The SMS provider did not say what became of the message")
        return {reminder: by_key.get(reminder.key, lost) for reminder in reminders}

    def _read_result(self, result):
        """Return the outcome of one message in our words."""
        state = OUTCOMES.get(result.get("kgw_outcome")) or STATES.get(result["state"], "dead")
        if state == "dead" and result.get("failure_type") in ACCOUNT_FAILURES:
            state = "failed"  # not the recipient's fault: another channel would not cure it
        detail = result.get("failure_reason") or ("" if state == "sent" else result["state"])
        return Outcome(state, detail or "", str(result.get("gateway_id") or ""))
