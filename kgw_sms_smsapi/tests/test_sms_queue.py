from ..exceptions import OutcomeUnknown
from .common import NUMBER, SmsapiCommon, error


class TestSmsQueue(SmsapiCommon):
    """The way of stock Odoo: rows of sms.sms and their notifications."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["sms.sms"].search([]).unlink()
        cls.partner = cls.env["res.partner"].create({"name": "Jan", "phone": NUMBER})

    def _post(self, company=None, body="Faktura"):
        """Queue a message on a partner as Odoo's composer does; return row and notification."""
        env = self.env(context={"allowed_company_ids": (company or self.company).ids})
        partner = self.partner.with_env(env)
        message = partner._message_sms(body, sms_numbers=[NUMBER], put_in_queue=True)
        notification = message.notification_ids
        return self.env["sms.sms"].browse(notification.sms_id_int), notification

    def test_accepted_message_is_sent_and_its_tracker_knows_the_gateway_id(self):
        self._gateway()
        sms, notification = self._post()
        sms.send()
        self.assertEqual(notification.notification_status, "pending")
        self.assertEqual((sms.state, sms.to_delete), ("pending", True))
        tracker = notification.sms_tracker_ids
        self.assertEqual(tracker.kgw_smsapi_message_id, f"id-{sms.uuid[-4:]}")
        self.assertEqual(tracker.kgw_smsapi_parts, 1)
        self.assertEqual(tracker.kgw_smsapi_company_id, self.company)

    def test_lost_answer_shows_as_processing_and_no_resend_picks_it_up(self):
        gateway = self._gateway(OutcomeUnknown(""))
        sms, notification = self._post()
        sms.send()
        self.assertEqual((sms.state, sms.to_delete), ("process", False))
        self.assertEqual(notification.notification_status, "process")
        sms.resend_failed()
        sms.send()
        self.env["sms.sms"]._gc_device()
        self.assertTrue(sms.exists(), "stays, so that a person can see it")
        self.assertEqual(len(gateway.forms), 1)

    def test_refused_message_shows_the_reason(self):
        self._gateway(error(14))
        sms, notification = self._post()
        sms.send()
        self.assertEqual((sms.state, sms.failure_type), ("error", "sms_registration_needed"))
        self.assertEqual(notification.notification_status, "exception")
        self.assertIn("sender name", notification.failure_reason)

    def test_refusal_without_type_of_its_own_shows_the_reason(self):
        self._gateway(error(12))
        sms, notification = self._post()
        sms.send()
        self.assertEqual((sms.state, notification.failure_type), ("error", "unknown"))
        self.assertEqual(notification.failure_reason, "The message has too many parts.")

    def test_resent_message_keeps_its_key(self):
        gateway = self._gateway(error(201))
        sms, _notification = self._post()
        sms.send()
        self.assertEqual((sms.state, sms.failure_type), ("error", "sms_server"))
        sms.resend_failed()
        self.assertEqual(sms.state, "pending")
        self.assertEqual(gateway.forms[0]["idx"], gateway.forms[1]["idx"])

    def test_queue_with_two_companies_sends_each_through_its_own_account(self):
        other = self.env["res.company"].create({"name": "Other agency"})
        self._use_smsapi(other, kgw_smsapi_base_url="https://api2.smsapi.pl")
        gateway = self._gateway()
        mine, _notification = self._post()
        theirs, _notification = self._post(other)
        without_message = (
            self.env["sms.sms"]
            .with_company(other)
            .create({"number": "+48600100209", "body": "Faktura"})
        )
        everything = mine | theirs | without_message
        everything._send()
        self.assertEqual(set(everything.mapped("state")), {"pending"})
        sent = {form["idx"]: host for form, host in zip(gateway.forms, gateway.hosts, strict=True)}
        self.assertEqual(sent[mine.uuid], "api.smsapi.pl")
        (shared,) = [idx for idx in sent if idx != mine.uuid]
        self.assertEqual(set(shared.split("|")), {theirs.uuid, without_message.uuid})
        self.assertEqual(sent[shared], "api2.smsapi.pl")

    def test_failing_company_does_not_stop_the_other(self):
        other = self.env["res.company"].create({"name": "Other agency"})
        self._use_smsapi(other)
        self._gateway(error(101))
        mine, _notification = self._post()
        theirs, _notification = self._post(other)
        (mine | theirs)._send()
        self.assertEqual((mine.state, theirs.state), ("error", "pending"))

    def test_company_with_odoo_in_the_same_queue_uses_odoo(self):
        other = self.env["res.company"].create({"name": "Other agency"})
        self._gateway()
        mine, _notification = self._post()
        theirs, _notification = self._post(other)
        providers = {type(api).__name__: batch for api, batch in (mine | theirs)._split_by_api()}
        self.assertEqual(providers, {"SmsApiSmsapi": mine, "SmsApi": theirs})


class TestSmsQueueCron(SmsapiCommon):
    def test_cron_sends_the_messages_of_two_companies(self):
        self.env["sms.sms"].search([]).unlink()
        other = self.env["res.company"].create({"name": "Other agency"})
        self._use_smsapi(other)
        gateway = self._gateway()
        messages = self.env["sms.sms"]
        for company, number in ((self.company, NUMBER), (other, "+48600100202")):
            values = {"number": number, "body": "Faktura"}
            messages |= self.env["sms.sms"].with_company(company).create(values)
        cron = self.env.ref("sms.ir_cron_sms_scheduler_action")
        for _run in range(2):
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertEqual(messages.mapped("state"), ["pending", "pending"])
        self.assertEqual(len(gateway.forms), 2, "one call each; the second run sends nothing")
