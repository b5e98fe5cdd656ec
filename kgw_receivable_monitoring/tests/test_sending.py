import logging
from unittest.mock import patch

from odoo.tests.common import tagged

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon

DISPATCHER = f"odoo.addons.{MODULE}.models.kgw_dispatcher"


@tagged("post_install", "-at_install", "kgw")
class TestSending(KgwEngineCommon):
    """What is true at the moment of sending: balances, stops, and what the log may say."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue()
        self.now = self._at(self.day)

    def test_text_names_the_balance_at_the_moment_of_sending(self):
        email = self._draft(self.line, "p6_email", self.day)
        self.pay(self.line, 1000, DUE)
        self.dispatch("email", self.day)
        [mail] = self.gateways.sent
        self.assertIn("230,00", mail["body"])
        self.assertEqual(email.line_ids.amount, 230)

    def test_invoice_settled_after_planning_leaves_the_text_and_frees_its_step(self):
        second = self._watch(self._document("FV 2/09/2026", amount="77.00"))
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        email = self._draft(self.line | second, "p6_email", self.day)
        self.pay(second, 77, self.day)
        self.dispatch("email", self.day)
        [mail] = self.gateways.sent
        self.assertIn("FV 1/09/2026", mail["body"])
        self.assertNotIn("FV 2/09/2026", mail["body"])
        self.assertEqual(email.line_ids.filtered("void").receivable_id, second)

    def test_stop_for_everything_works_before_the_next_gateway_call(self):
        other = self._watch(self._document("2", buyer=self._party("Inny sp. z o.o.")))
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        first = self._draft(self.line, "p6_email", self.day)
        second = self._draft(other, "p6_email", self.day)

        def send(_model, reminders):
            self.hold(self.day, reason="stop")
            return self.gateways.send(reminders)

        with patch.object(type(self.env["kgw.channel.email"]), "_send", send):
            self.dispatch("email", self.day)
        self.assertEqual((first.state, second.state), ("sent", "planned"))
        self.assertEqual((second.waiting_reason, len(self.gateways.sent)), ("hold", 1))

    def test_log_of_an_unexpected_error_names_the_reminder_but_no_person(self):
        sms = self._draft(self.line, "p2_sms", self.day)
        error = ValueError("no such key: +48512000117, jan.kowalski@budmax.example")
        channel = type(self.env["kgw.channel.sms"])
        with (
            patch.object(channel, "_render", side_effect=error),
            self.assertLogs(DISPATCHER, "ERROR") as logs,
        ):
            self.dispatch("sms", self.day)
        written = "".join(logging.Formatter().format(record) for record in logs.records)
        self.assertIn(str(sms.id), written)
        self.assertIn("ValueError", written)
        self.assertNotIn("512000117", written)
        self.assertNotIn("kowalski", written)
