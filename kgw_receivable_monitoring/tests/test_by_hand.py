from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import freeze_time, tagged

from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestByHand(KgwEngineCommon):
    """A contact by hand passes the same gate, in the words agreed with the creditor."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue(3)
        self.case = self.line.kgw_case_id
        self.now = self._at(self.day)

    def open_dialogue(self, channel="email", template="email_reminder", user=None, **values):
        template = self.env["kgw.template"].search([("code", "=", template)])
        return (
            self.env["kgw.message"]
            .with_user(user or self.agent)
            .create(
                {
                    "case_id": self.case.id,
                    "channel": channel,
                    "template_id": template.id,
                    **values,
                }
            )
        )

    def send(self, **values):
        with freeze_time(self.now):
            self.open_dialogue(**values).action_send()
        self.dispatch(values.get("channel", "email"), self.day)
        return self.reminders(self.line)[-1:]

    def test_agent_writes_by_hand_and_the_register_has_the_text(self):
        with freeze_time(self.now):
            preview = self.open_dialogue().text
        reminder = self.send()
        self.assertEqual(reminder.state, "sent")
        self.assertIn("FV 1/09/2026", preview)
        self.assertIn("1\u00a0230,00\u00a0zł", preview)
        event = self.events("sent", reminder_id=reminder.id)
        self.assertEqual(event.payload["text"], self.gateways.sent[0]["body"])

    def hold_another_invoice(self):
        """Have a second invoice of 500 in the case, overdue and on hold by itself."""
        other = self._watch(self._document("FV 2/09/2026", amount="500.00"))
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        self.hold(self.day, move_id=other.move_id.id, reason="dispute")
        return other

    def test_shown_text_names_no_invoice_on_hold_and_is_what_goes_out(self):
        self.hold_another_invoice()
        with freeze_time(self.now):
            shown = self.open_dialogue("sms", "sms_reminder").text
        self.send(channel="sms", template="sms_reminder")
        self.assertEqual(shown, self.gateways.sent[0]["body"])
        self.assertNotIn("i innej", shown)

    def test_all_on_hold_shows_no_text_and_until_when_it_waits(self):
        until = self.day + timedelta(days=1)
        self.hold(self.day, move_id=self.line.move_id.id, reason="dispute", until_date=until)
        with freeze_time(self.now):
            dialogue = self.open_dialogue()
            self.assertNotIn("FV 1/09/2026", dialogue.text)
            self.assertIn("Contact is on hold", dialogue.outlook)
            told = dialogue.action_send()["params"]
        self.assertEqual(told["type"], "warning")
        self.assertIn("Contact is on hold", told["message"])

    def test_recipient_and_moment_are_shown_before_and_told_after(self):
        with freeze_time(self.now):
            dialogue = self.open_dialogue()
            self.assertEqual(dialogue.recipient, "faktury@budmax.example")
            told = dialogue.action_send()["params"]
        self.assertEqual(
            (told["type"], told["message"]), ("success", "To faktury@budmax.example: At once.")
        )

    def test_trial_address_is_shown_in_a_trial(self):
        trial = {"trial_email": "proba@agencja.example", "trial_phone": "600 100 200"}
        self.mandate.write({"is_trial": True, **trial})
        with freeze_time(self.now):
            dialogue = self.open_dialogue()
        self.assertEqual((dialogue.recipient, dialogue.is_trial), (trial["trial_email"], True))
        self.assertIn("TEST", dialogue.text)

    def test_contact_outside_contact_hours_tells_when_it_goes_out(self):
        with freeze_time(self._at(self.day, 23)):
            told = self.open_dialogue().action_send()["params"]["message"]
        self.assertIn("Not before", told)
        self.assertIn("contact hours", told)

    def test_contact_that_never_could_go_out_is_refused_at_once(self):
        self.case.contact_point_ids.filtered(lambda p: p.kind == "email").state = "wrong"
        with freeze_time(self.now):
            dialogue = self.open_dialogue()
            self.assertFalse(dialogue.recipient)
            with self.assertRaisesRegex(UserError, "No usable contact point"):
                dialogue.action_send()

    def test_contact_under_a_hold_without_an_end_is_refused_and_says_what_helps(self):
        for values, cure in (
            ({"case_id": self.case.id, "reason": "reply"}, "I Have Read the Reply"),
            ({"mandate_id": self.mandate.id, "reason": "stop"}, "another manager"),
            ({"move_id": self.line.move_id.id, "reason": "dispute"}, "on the dispute"),
        ):
            hold = self.hold(self.day, **values)
            with self.subTest(cure=cure), freeze_time(self.now):
                dialogue = self.open_dialogue()
                self.assertIn(cure, dialogue.refusal)
                with self.assertRaisesRegex(UserError, cure):
                    dialogue.action_send()
            hold._lift(self.now)

    def test_what_is_refused_is_said_when_the_dialogue_opens(self):
        with freeze_time(self.now):
            self.assertFalse(self.open_dialogue().refusal)
            self.case.contact_point_ids.filtered(lambda p: p.kind == "email").state = "wrong"
            self.assertIn("No usable contact point", self.open_dialogue().refusal)
            self._draft(self.line, "p2_sms", self.day)
            self.assertIn("Another contact", self.open_dialogue().refusal)

    def test_shown_email_has_no_marks_of_emphasis(self):
        with freeze_time(self.now):
            self.assertNotIn("*", self.open_dialogue().text)

    def test_broken_template_is_said_with_its_name_and_line(self):
        template = self.env["kgw.template"].search([("code", "=", "email_reminder")])
        for text in template.text_ids:
            self.env.cr.execute(
                "UPDATE kgw_template_text SET body = %s WHERE id = %s",
                ["<p>\n{{ items[7].number }}</p>", text.id],
            )
        self.env.invalidate_all()
        with freeze_time(self.now):
            told = self.open_dialogue().text
        self.assertIn(f"“{template.name}”", told)
        self.assertRegex(told, "line 2.*administrator")
        self.assertNotIn("object", told)

    def test_contact_by_hand_takes_no_step(self):
        self.line._kgw_refresh_course(self.day, self.now)
        before = (self.line.kgw_next_step_id, self.line.kgw_next_date)
        self.send()
        self.assertEqual((self.line.kgw_next_step_id, self.line.kgw_next_date), before)

    def test_contact_by_hand_counts_for_the_gap(self):
        self.send()
        self.assertEqual(self.plan(self.day), 0)

    def test_hold_or_unknown_payments_stop_it_too(self):
        self.mandate.coverage_date = False
        self.assertEqual(self.send().waiting_reason, "coverage")
        self.assertEqual(self.gateways.sent, [])

    def test_what_could_not_go_out_within_three_days_lapses(self):
        self.mandate.coverage_date = False
        reminder = self.send()
        self.mandate.coverage_date = self.day + timedelta(days=10)
        self.plan(self.day + timedelta(days=4))
        self.dispatch("email", self.day + timedelta(days=4))
        self.assertEqual((reminder.state, reminder.reason), ("cancelled", "lapsed"))

    def test_second_contact_beside_an_open_one_is_refused(self):
        self._draft(self.line, "p2_sms", self.day)
        with freeze_time(self.now), self.assertRaises(UserError):
            self.open_dialogue().action_send()

    def test_demand_or_a_foreign_text_is_refused(self):
        for template in ("email_demand", "email_creditor_question"):
            with self.subTest(template=template), freeze_time(self.now):
                with self.assertRaises(UserError):
                    self.open_dialogue(template=template).action_send()

    def test_text_before_the_due_date_is_refused_after_it(self):
        with freeze_time(self.now), self.assertRaises(UserError):
            self.open_dialogue(template="email_information").action_send()

    def test_stranger_contacts_nobody(self):
        stranger = self.env["res.users"].create({"login": "obcy", "name": "obcy"})
        with self.assertRaises(AccessError):
            self.open_dialogue(user=stranger).action_send()
