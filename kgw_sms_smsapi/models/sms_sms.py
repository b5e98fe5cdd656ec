from odoo import fields, models

from .. import const


class SmsSms(models.Model):
    _inherit = "sms.sms"

    # Whose account pays, where no message tells it: whoever queued the text message.
    kgw_smsapi_company_id = fields.Many2one(
        "res.company",
        "Sending Company",
        default=lambda self: self.env.company,
        ondelete="set null",
        readonly=True,
    )

    def _get_sms_company(self):
        return (
            self.mail_message_id.record_company_id
            or self.kgw_smsapi_company_id
            or super()._get_sms_company()
        )

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        """Send each company's messages through its own provider.

        Odoo's queue calls this with the messages of all companies at once and then asks them
        for their one company: with two companies in the queue nothing would go out at all.
        """
        if self.env.context.get("sms_api"):
            return super()._send(unlink_failed, unlink_sent, raise_exception)
        for sms_api, batch in self._split_by_api():
            super(SmsSms, batch.with_context(sms_api=sms_api))._send(
                unlink_failed, unlink_sent, raise_exception
            )
        return None

    def _split_by_api(self):
        others = self.browse()
        for company, batch in self.grouped(lambda sms: sms._get_sms_company()).items():
            # sudo: whoever sends may not read the settings, but they decide.
            if company.sudo().kgw_sms_provider in ("smsapi", "off"):
                sms_api = company._get_sms_api_class()(self.env)
                sms_api._set_company(company)
                yield sms_api, batch
            else:
                others |= batch
        if others:
            yield from super(SmsSms, others)._split_by_api()

    def _handle_call_result_hook(self, results):
        """Keep what SMSAPI told on the trackers, and the rows whose fate is not known."""
        by_uuid = self.grouped("uuid")
        for result in results:
            sms = by_uuid.get(result["uuid"])
            if sms and "kgw_outcome" in result:
                sms._kgw_keep_result(result)
        return super()._handle_call_result_hook(results)

    def _kgw_keep_result(self, result):
        """Note one result of ``tools/outcomes.py`` on this message's tracker.

        An *unknown* message is "Processing" and its row stays, so that somebody can see it;
        the delivery report removes it.
        """
        if result["kgw_outcome"] == const.UNKNOWN:
            self.to_delete = False
        self.sms_tracker_id.write(
            {
                "kgw_smsapi_company_id": self._get_sms_company().id,
                "kgw_smsapi_message_id": result["gateway_id"],
                "kgw_smsapi_parts": result["parts"],
            }
        )
