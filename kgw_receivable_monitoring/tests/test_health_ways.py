from datetime import date, datetime, timedelta
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from odoo.tests.common import freeze_time, tagged

from ..tools import calendar
from .test_health import HealthCase


class FakeSession:
    """An SMTP session; over TLS the server shows a certificate that ends in 2027."""

    def __init__(self, is_tls):
        self.sock = self if is_tls else None

    def getpeercert(self, binary_form):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "smtp.example")])
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
        builder = builder.not_valid_before(datetime(2026, 1, 1))
        builder = builder.not_valid_after(datetime(2027, 1, 1))
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def quit(self):
        self.sock = None


@tagged("post_install", "-at_install", "kgw")
class TestHealthWays(HealthCase):
    """The ways out, and what contact rests on."""

    def test_missing_mail_server_is_an_alarm(self):
        self.env["ir.mail_server"].search([]).active = False
        self.assertEqual(self.level("mail_servers"), "alarm")

    def test_mail_servers_are_asked_by_the_button_only(self):
        servers = self.env["ir.mail_server"]
        servers.search([]).active = False
        servers.create([{"name": n, "smtp_host": "127.0.0.1"} for n in ("Good", "Plain", "Bad")])
        asked = []

        def connect(server, **_kwargs):
            asked.append(server.name)
            if server.name == "Bad":
                raise ConnectionRefusedError("10.0.0.1 said something")
            return FakeSession(server.name == "Good")

        row = self.health.create({"code": "mail_servers", "level": "ok"})
        with patch.object(type(servers), "_connect__", connect):
            self.assertEqual(self.level("mail_servers"), "ok")
            self.assertEqual(asked, [])
            told = row.with_user(self.manager).action_cure()["params"]
        self.assertEqual(set(asked), {"Good", "Plain", "Bad"})
        self.assertEqual(told["type"], "danger")
        self.assertRegex(told["message"], "Good: answers, certificate valid through .*2027")
        self.assertIn("Plain: answers, without a certificate", told["message"])
        self.assertIn("Bad: does not answer (ConnectionRefusedError)", told["message"])
        self.assertNotIn("10.0.0.1", told["message"])

    def test_share_of_messages_that_do_not_arrive_is_judged_from_twenty_on(self):
        some = self.more(20)
        some.state = "delivered"
        some.state_at = self.now
        self.assertEqual(self.level("bounces"), "ok")
        for lost, level in ((1, "ok"), (2, "warning"), (3, "warning"), (4, "alarm")):
            some[:lost].state = "undelivered"
            self.assertEqual(self.level("bounces"), level, f"{lost} of 20")
        some[-1].state = "planned"  # nineteen say nothing
        self.assertEqual(self.level("bounces"), "ok")
        some[-1].state = "dead"
        self.assertEqual(self.level("bounces", self.now + timedelta(days=8)), "ok")

    def test_sender_without_approval_is_told_where_sms_are_sent(self):
        self.assertEqual(self.level("senders"), "ok")
        self.brand.sms_sender_approved = False
        self.assertEqual(self.level("senders"), "warning")
        self.mandate.action_suspend()
        self.assertEqual(self.level("senders"), "ok")

    def test_knowledge_of_payments_is_told_per_mandate(self):
        self.mandate.coverage_date = calendar.add_working_days(self.day, -3)
        self.assertEqual(self.level("coverage"), "ok")
        self.mandate.coverage_date = calendar.add_working_days(self.day, -4)
        self.draft(waiting_reason="coverage")
        check = self.check("coverage")
        self.assertEqual(check.level, "warning")
        self.assertRegex(check.sentence, r"A: known through .*working days old: 4; .*waiting: 1")
        self.mandate.coverage_date = False
        self.assertIn("not known", self.check("coverage").sentence)

    def test_power_of_attorney_that_ends_is_told_in_time(self):
        today = self.day
        for days, level in ((31, "ok"), (30, "warning"), (0, "warning"), (-1, "alarm")):
            self.mandate.authority_until = today + timedelta(days=days)
            self.assertEqual(self.level("authority"), level, f"{days} days")

    def test_holidays_not_known_are_an_alarm(self):
        self.assertEqual(self.level("holidays"), "ok")
        with patch.object(calendar, "_get_holidays", lambda year: {date(2026, 1, 1)}):
            check = self.check("holidays")
        self.assertEqual(check.level, "alarm")
        self.assertIn("2026", check.sentence)

    def test_reference_rate_not_looked_up_for_today_is_told(self):
        self.assertEqual(self.level("rates"), "ok")
        self.env["kgw.rate"].search([], limit=1).confirmed_until = self.day - timedelta(days=1)
        check = self.check("rates")
        self.assertEqual(check.level, "warning")
        self.assertIn("2026", check.sentence)
        self.env["kgw.rate"].search([]).unlink()
        self.assertIn("No rate is known", self.check("rates").sentence)

    def test_hold_of_everything_is_told_until_it_is_lifted(self):
        self.hold(self.day, case_id=self.line.kgw_case_id.id)
        self.assertEqual(self.level("stop"), "ok")
        hold = self.hold(self.day, note="Bramka choruje")
        self.assertEqual(self.level("stop"), "alarm")
        self.assertIn("Bramka choruje", self.check("stop").sentence)
        hold._lift(self.now)
        self.assertEqual(self.level("stop"), "ok")

    def test_stop_of_one_mandate_is_told_with_its_code(self):
        self.hold(self.day, mandate_id=self.mandate.id, reason="stop", note="zły wzór")
        self.assertEqual(self.level("stop"), "alarm")
        self.assertRegex(self.check("stop").sentence, r"· A · Stop, zły wzór")

    def test_mandate_stopped_by_a_brake_is_an_alarm_that_opens_its_hold(self):
        self.assertEqual(self.level("brakes"), "ok")
        for reason in ("volume", "engine"):
            hold = self.hold(self.day, mandate_id=self.mandate.id, reason=reason, note="51")
            with self.subTest(reason=reason):
                check = self.check("brakes")
                self.assertEqual((check.level, self.level("stop")), ("alarm", "ok"))
                self.assertIn("A · ", check.sentence)
                row = self.health.create({"code": "brakes", "level": "alarm"})
                with freeze_time(self.now):
                    domain = row.with_user(self.manager).action_cure()["domain"]
                self.assertEqual(self.env["kgw.hold"].search(domain), hold)
                hold._lift(self.now)

    def test_balance_is_judged_by_its_figure_and_its_age(self):
        if "kgw_smsapi_points" not in self.company._fields:
            self.assertEqual(self.level("sms_balance"), "unknown")
            return
        self.company.write({"kgw_sms_provider": "smsapi", "kgw_smsapi_token": "token"})
        self.assertEqual(self.level("sms_provider"), "ok")
        self.assertEqual(self.level("sms_balance"), "warning", "not asked yet")
        for points, age, level in ((500, 1, "ok"), (500, 49, "warning"), (99, 1, "alarm")):
            asked_at = self.now - timedelta(hours=age)
            self.company.write({"kgw_smsapi_points": points, "kgw_smsapi_points_at": asked_at})
            self.assertEqual(self.level("sms_balance"), level, f"{points}, {age} h")
        self.company.kgw_sms_provider = "off"
        self.assertEqual(self.level("sms_provider"), "alarm")
