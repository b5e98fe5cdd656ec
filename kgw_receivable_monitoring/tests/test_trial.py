from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tests.common import freeze_time

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestTrial(KgwEngineCommon):
    """In a trial run nobody but the named address and number is contacted."""

    def setUp(self):
        super().setUp()
        self.mandate.write(
            {
                "is_trial": True,
                "trial_email": "proba@agencja.example",
                "trial_phone": "600 100 200",
            }
        )
        self.line = self._watch(self._document())

    def test_trial_starts_by_its_button(self):
        self.mandate.is_trial = False
        with Form(self.mandate.with_user(self.manager)) as form:
            form.trial_email = "inna@agencja.example"
        self.mandate.with_user(self.manager).action_start_trial()
        self.assertTrue(self.mandate.is_trial)

    def test_questions_to_the_creditor_go_to_the_trial_address(self):
        self.env["kgw.creditor.mail"]._ask_payments(self.mandate, self.line, DUE, DUE)
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertEqual(mail.email_to, "proba@agencja.example")
        self.assertTrue(mail.subject.startswith("TEST "))

    def test_everything_goes_to_the_trial_address_marked_test(self):
        self.live(DUE - timedelta(days=5), DUE + timedelta(days=12))
        sent = self.reminders(self.line, "sent", "delivered")
        self.assertEqual(set(sent.mapped("channel")), {"email", "sms", "phone", "letter"})
        recipients = {r["recipient"] for r in self.gateways.sent}
        self.assertEqual(recipients, {"proba@agencja.example", "+48600100200"})
        for reminder in sent.filtered(lambda r: r.channel != "phone"):
            with self.subTest(channel=reminder.channel):
                self.assertIn("TEST", reminder.body)
                self.assertTrue(reminder.is_trial)
                self.assertNotIn("Polna", reminder.recipient)

    def test_agent_sees_the_trial_number(self):
        self.live(DUE - timedelta(days=5), DUE - timedelta(days=4))
        day = DUE - timedelta(days=3)
        self.run_day(day)
        call = self.reminders(self.line).filtered(lambda r: r.channel == "phone")
        with freeze_time(self._at(day)):
            call.with_user(self.agent).action_open_desk()
            desk = self.env["kgw.desk"].search([("reminder_id", "=", call.id)])
            self.assertEqual(desk.phone, "+48600100200")
            self.assertIn("TEST", desk.script)

    def test_after_release_the_steps_are_taken_for_real(self):
        first = DUE - timedelta(days=5)
        self.run_day(first)
        trial = self.reminders(self.line)
        with freeze_time(self._at(first, 12)):
            self.mandate.with_user(self.manager).action_release_trial()
        self.run_day(first, 13)
        real = self.reminders(self.line) - trial
        self.assertEqual((real.step_id, real.recipient), (trial.step_id, "faktury@budmax.example"))
        self.assertFalse(real.is_trial or "TEST" in real.body)
        self.assertFalse(trial.contact_on)

    def test_trial_needs_an_address_and_a_number(self):
        for values in ({"trial_email": False}, {"trial_phone": "123"}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.mandate.write(values)
