import logging
import time

from odoo.tests import HttpCase, tagged

from ..const import REPORT_PATH
from .common import SmsapiCommon, key


@tagged("post_install", "-at_install")
class TestReportRoute(SmsapiCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.tracker = self.env["sms.tracker"].create({"sms_uuid": key(1)})

    def _report(self, secret=None, **params):
        secret = secret or self.company.kgw_smsapi_secret
        query = {"MsgId": "a1", "status": "404", "idx": key(1), "to": "48600100201", **params}
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return self.url_open(f"{REPORT_PATH}{secret}?{text}")

    def test_delivery_report_is_answered_with_ok_and_nothing_else(self):
        response = self._report()
        self.assertEqual((response.status_code, response.content), (200, b"OK"))
        self.assertEqual(self.tracker.kgw_smsapi_code, 404)
        self.assertNotIn("session_id", response.cookies)

    def test_wrong_secret_finds_nothing(self):
        for secret in ("x", "False", self.company.kgw_smsapi_secret[:-1], "%C5%82"):
            with self.subTest(secret=secret):
                response = self._report(secret=secret)
                self.assertEqual(response.status_code, 404)
        self.assertFalse(self.tracker.kgw_smsapi_code)

    def test_malformed_report_is_refused_without_details(self):
        response = self._report(status="DELIVERED")
        self.assertEqual((response.status_code, response.content), (400, b""))

    def test_message_of_nobody_is_answered_with_ok(self):
        response = self._report(idx=key(99))
        self.assertEqual((response.status_code, response.content), (200, b"OK"))

    def test_access_log_hides_secret_and_number(self):
        with self.assertLogs("werkzeug", logging.INFO) as logs:
            self._report()
            deadline = time.monotonic() + 5  # the line comes after the answer
            while REPORT_PATH not in "".join(logs.output) and time.monotonic() < deadline:
                time.sleep(0.05)
        lines = "\n".join(logs.output)
        self.assertIn(f"{REPORT_PATH}***", lines)
        self.assertNotIn(self.company.kgw_smsapi_secret, lines)
        self.assertNotIn("48600100201", lines)
