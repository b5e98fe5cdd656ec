from datetime import datetime
from itertools import permutations
from unittest.mock import patch

from odoo.tests import BaseCase
from odoo.tools import mute_logger

from .. import const
from ..exceptions import MalformedReport
from ..tools.reports import Report, parse_reports
from .common import NUMBER, SmsapiCommon, key

NOW = datetime(2026, 11, 20, 12, 0)


def report(code, number=1, done_at=NOW):
    return Report(key(number), "id-1", code, done_at)


class TestParseReports(BaseCase):
    def test_several_reports_in_one_call_are_told_apart(self):
        reports = parse_reports(
            {
                "MsgId": "a1,a2",
                "status": "404,405",
                "donedate": "1700000000,",
                "username": "x,x",
                "idx": f"{key(1)},{key(2)}",
                "to": "48600100201,48600100202",
            },
            NOW,
        )
        self.assertEqual(
            reports,
            [
                Report(key(1), "a1", 404, datetime(2023, 11, 14, 22, 13, 20)),
                Report(key(2), "a2", 405, NOW),
            ],
        )

    def test_message_without_our_key_is_left_out(self):
        params = {"MsgId": "a1,a2", "status": "404,404", "idx": f",{key(2)}"}
        self.assertEqual([r.gateway_id for r in parse_reports(params, NOW)], ["a2"])
        self.assertEqual(parse_reports({"MsgId": "a1", "status": "404"}, NOW), [])

    def test_time_in_the_future_counts_as_now(self):
        params = {"MsgId": "a", "status": "404", "idx": key(1), "donedate": "9999999999"}
        self.assertEqual(parse_reports(params, NOW)[0].done_at, NOW)

    def test_other_forms_are_malformed(self):
        good = {"MsgId": "a", "status": "404", "idx": key(1), "donedate": "1700000000"}
        many = ",".join(["1"] * (const.MAX_REPORTS + 1))
        for bad in (
            {"status": "DELIVERED"},
            {"status": "404,404"},
            {"status": ""},
            {"status": "٤٠٤"},
            {"MsgId": "a b"},
            {"idx": "' OR 1=1"},
            {"idx": "a,b"},
            {"donedate": "1,2"},
            {"MsgId": many, "status": many, "idx": many, "donedate": many},
        ):
            with self.subTest(bad=bad), self.assertRaises(MalformedReport):
                parse_reports({**good, **bad}, NOW)
        self.assertRaises(MalformedReport, parse_reports, {}, NOW)


class TestReports(SmsapiCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Jan", "phone": NUMBER})
        cls.Tracker = cls.env["sms.tracker"]

    def _tracker(self, number=1, **values):
        """A message that was handed over: notification *Sent*, tracker of the company."""
        message = self.partner.message_post(body="Faktura", message_type="sms")
        notification = self.env["mail.notification"].create(
            {
                "mail_message_id": message.id,
                "res_partner_id": self.partner.id,
                "notification_type": "sms",
                "notification_status": "pending",
            }
        )
        return self.Tracker.create(
            {
                "sms_uuid": key(number),
                "mail_notification_id": notification.id,
                "kgw_smsapi_company_id": self.company.id,
                **values,
            }
        )

    def _receive(self, *reports, company=None):
        return self.Tracker._kgw_receive_reports(list(reports), company or self.company)

    def test_each_status_shows_as_odoo_shows_it(self):
        expected = {
            401: ("pending", False),
            402: ("exception", "sms_expired"),
            403: ("pending", False),
            404: ("sent", False),
            405: ("exception", "sms_not_delivered"),
            406: ("exception", "sms_not_delivered"),
            407: ("bounce", "sms_rejected"),
            408: ("pending", False),
            409: ("pending", False),
            410: ("pending", False),
        }
        self.assertEqual(set(expected), set(const.REPORT_CODES))
        for number, (code, (status, failure_type)) in enumerate(expected.items(), start=1):
            with self.subTest(code=code):
                tracker = self._tracker(number)
                self.assertTrue(self._receive(report(code, number)))
                notification = tracker.mail_notification_id
                self.assertEqual(notification.notification_status, status)
                self.assertEqual(notification.failure_type, failure_type)

    def test_every_order_and_every_repetition_ends_the_same(self):
        number = 0
        for codes in ((403, 405, 404), (409, 403, 402, 407), (408, 406, 405), (404, 403, 404)):
            ends = set()
            for order in permutations(codes):
                number += 1
                tracker = self._tracker(number)
                for code in (*order, *order):
                    self._receive(report(code, number))
                notification = tracker.mail_notification_id
                ends.add(
                    (
                        tracker.kgw_smsapi_code,
                        notification.notification_status,
                        notification.failure_type,
                    )
                )
            with self.subTest(codes=codes):
                self.assertEqual(len(ends), 1)

    def test_ranks_are_a_strict_order_with_delivered_on_top(self):
        ranks = sorted(const.REPORT_CODES.values())
        self.assertEqual(len({status.rank for status in ranks}), len(ranks))
        self.assertEqual(ranks[-1].kind, const.DELIVERED)

    def test_late_sent_does_not_undo_delivered(self):
        tracker = self._tracker()
        self._receive(report(404))
        self._receive(report(403, done_at=datetime(2026, 11, 21)))
        self.assertEqual(tracker.mail_notification_id.notification_status, "sent")
        self.assertEqual(tracker.kgw_smsapi_reported_at, NOW)

    def test_hook_is_called_once_per_final_status(self):
        cases = {
            (403, 404, 404, 403): ["delivered"],
            (405, 405, 406, 407): ["undelivered"],
            (405, 404, 405): ["undelivered", "delivered"],
            (409, 403, 408, 401): [],
        }
        for number, (codes, expected) in enumerate(cases.items(), start=1):
            self._tracker(number, mail_notification_id=False)
            with (
                self.subTest(codes=codes),
                patch.object(type(self.Tracker), "_kgw_hook_after_report") as hook,
            ):
                for code in codes:
                    self._receive(report(code, number))
                self.assertEqual(
                    [call.args for call in hook.call_args_list],
                    [(status, NOW) for status in expected],
                )

    def test_unknown_message_and_unknown_status_are_passed_over(self):
        tracker = self._tracker()
        self.assertTrue(self._receive(report(404, 99), report(499)))
        self.assertFalse(tracker.kgw_smsapi_code)

    def test_secret_of_one_company_does_not_move_messages_of_another(self):
        tracker = self._tracker()
        other = self.env["res.company"].create({"name": "Other agency"})
        self.assertTrue(self._receive(report(404), company=other))
        self.assertFalse(tracker.kgw_smsapi_code)
        self.assertTrue(self._receive(report(404)))
        self.assertEqual(tracker.kgw_smsapi_code, 404)

    @mute_logger("odoo.addons.kgw_sms_smsapi.models.sms_tracker")
    def test_report_that_fails_does_not_stop_the_others_and_asks_for_repetition(self):
        first, second = self._tracker(1), self._tracker(2)

        def explode(tracker, *args):
            if tracker == first:
                raise ValueError("poison")

        with patch.object(type(self.Tracker), "_kgw_hook_after_report", explode):
            self.assertFalse(self._receive(report(404, 1), report(404, 2)))
        self.assertFalse(first.kgw_smsapi_code)
        self.assertEqual(second.kgw_smsapi_code, 404)
        self.assertTrue(self._receive(report(404, 1), report(404, 2)))
        self.assertEqual(first.kgw_smsapi_code, 404)

    def test_report_settles_the_row_of_a_lost_answer(self):
        tracker = self._tracker()
        sms = self.env["sms.sms"].create({"uuid": key(1), "number": NUMBER, "body": "x"})
        sms.state = "process"
        self._receive(report(401))
        self.assertFalse(sms.to_delete)
        self._receive(report(404))
        self.assertTrue(sms.to_delete)
        self.assertEqual(tracker.mail_notification_id.notification_status, "sent")
