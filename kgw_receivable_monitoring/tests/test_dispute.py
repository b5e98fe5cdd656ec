from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools import calendar
from .common import DUE, MODULE
from .engine_common import KgwEngineCommon

TOLD = DUE + timedelta(days=9)


@tagged("post_install", "-at_install", "kgw")
class TestDispute(KgwEngineCommon):
    def setUp(self):
        super().setUp()
        buyer = self._party()
        self.line, self.other = self._watch(
            self._document(amount="1230.00", buyer=buyer),
            self._document("FV 2/09/2026", amount="100.00", buyer=buyer),
        )
        self.case = self.line.kgw_case_id
        self.env["account.move.line"]._kgw_flush_stages(TOLD)
        self.reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")

    def open_dispute(self, lines=None, **kwargs):
        return self.env["kgw.dispute"]._open(
            self.line if lines is None else lines,
            self.reason,
            "Pęknięta płyta",
            self._at(TOLD),
            **kwargs,
        )

    def is_held(self, line, day):
        return bool(self.env["kgw.hold"]._get_held_moves(line.move_id, day))

    def mails(self):
        return self.env["mail.mail"].search([("email_to", "=", self.creditor.email)])

    def test_dispute_holds_one_receivable_and_the_rest_goes_on(self):
        self.open_dispute()
        self.run_day(TOLD + timedelta(days=1))
        live = self.reminders(self.line | self.other).line_ids.filtered(lambda x: not x.void)
        self.assertEqual(live.receivable_id, self.other)

    def test_creditor_is_asked_by_email_with_reason_deadline_and_documents(self):
        paper = self.env["ir.attachment"].create({"name": "zdjecie.jpg", "raw": b"jpg"})
        dispute = self.open_dispute(attachments=paper)
        self.assertEqual(dispute.deadline, calendar.add_working_days(TOLD, 5))
        [mail] = self.mails()
        self.assertIn("Pęknięta płyta", mail.body_html)
        self.assertIn("FV 1/09/2026", mail.body_html)
        self.assertNotIn("FV 2/09/2026", mail.body_html)
        self.assertEqual(mail.attachment_ids, paper)

    def test_rejected_goes_on_and_accepted_stays_out(self):
        now = self._at(TOLD + timedelta(days=2))
        first, second = self.open_dispute(self.line | self.other)
        first._answer("reject", "Towar był dobry", now)
        second._answer("accept", "", now)
        day = TOLD + timedelta(days=30)
        self.assertFalse(self.is_held(first.receivable_id, day))
        self.assertTrue(self.is_held(second.receivable_id, day))
        event = self.events("dispute_rejected", case_id=self.case.id)
        self.assertEqual(event.payload["note"], "Towar był dobry")
        with self.assertRaises(UserError):
            first._answer("accept", "", now)

    def test_silence_takes_the_agreed_default_the_day_after_the_deadline(self):
        dispute = self.open_dispute()
        self.env["kgw.dispute"]._lapse(dispute.deadline, self._at(dispute.deadline))
        self.assertEqual(dispute.state, "open")
        after = dispute.deadline + timedelta(days=1)
        self.env["kgw.dispute"]._lapse(after, self._at(after))
        self.assertEqual((dispute.state, dispute.is_by_default), ("rejected", True))
        self.assertFalse(self.is_held(self.line, after))

    def test_scenario_may_let_silence_stop_the_contact(self):
        self.scenario.dispute_default = "accept"
        dispute = self.open_dispute()
        after = dispute.deadline + timedelta(days=1)
        self.env["kgw.dispute"]._lapse(after, self._at(after))
        self.assertEqual(dispute.state, "accepted")
        self.assertTrue(self.is_held(self.line, after))

    def test_silence_about_what_waits_for_another_reason_does_not_promise_contact(self):
        dispute = self.open_dispute()
        self.assertIn("goes on", dispute._say_silence(TOLD))
        for until, said in ((dispute.deadline, "stays on hold"), (TOLD, "goes on")):
            with self.subTest(until=until):
                self.env["kgw.hold"].create(
                    {
                        "case_id": self.case.id,
                        "reason": "creditor",
                        "from_date": TOLD,
                        "until_date": until,
                    }
                )
                self.assertIn(said, dispute._say_silence(TOLD))
                self.env["kgw.hold"].search([("reason", "=", "creditor")])._lift(self._at(TOLD))

    def test_correction_is_waited_for_until_its_day_and_then_a_person_asks(self):
        dispute = self.open_dispute()
        dispute._answer("correction", "", self._at(TOLD), until=TOLD + timedelta(days=7))
        self.assertTrue(self.is_held(self.line, TOLD + timedelta(days=7)))
        after = TOLD + timedelta(days=8)
        self.env["kgw.dispute"]._lapse(after, self._at(after))
        self.assertEqual(dispute.state, "lapsed")
        self.assertFalse(self.is_held(self.line, after))
        self.assertEqual(self.case.activity_ids.user_id, self.agent)

    def test_correction_that_arrives_ends_the_dispute(self):
        dispute = self.open_dispute()
        dispute._answer("correction", "", self._at(TOLD))
        correction = self._document("KOR 1/09/2026", amount="-230.00")
        refund = self.env["kgw.ledger"]._book_invoices(
            self.mandate, [correction], self.line.partner_id
        )
        (
            self.line | refund.line_ids.filtered(lambda x: x.display_type == "payment_term")
        ).reconcile()
        self.assertEqual(dispute.state, "closed")
        self.assertFalse(dispute.hold_ids.filtered("is_open"))

    def test_same_receivable_is_not_disputed_twice(self):
        self.open_dispute()
        with self.assertRaises(UserError):
            self.open_dispute()
        self.assertEqual(self.open_dispute(self.line | self.other).receivable_id, self.other)

    def test_agent_opens_and_only_managers_answer_for_the_creditor(self):
        lines = self.line.with_user(self.agent)
        dispute = (
            self.env["kgw.dispute"]
            .with_user(self.agent)
            ._open(lines, self.reason, "", self._at(TOLD))
        )
        with self.assertRaises(AccessError):
            dispute.with_user(self.agent).action_accept()
        dispute.with_user(self.manager).action_accept()
        self.assertEqual((dispute.state, dispute.answered_by_id), ("accepted", self.manager))

    def test_insolvent_stops_all_contact_of_the_case_and_tells_the_creditor(self):
        self._draft(self.other, "p4_call", TOLD)
        self.case.with_user(self.agent)._mark_insolvent("GU 12/26", self._at(TOLD))
        self.assertFalse(self.reminders(self.other, "planned", "failed"))
        self.run_days(TOLD, TOLD + timedelta(days=5))
        self.assertFalse(self.reminders(self.line | self.other, "planned", "sent", "delivered"))
        [mail] = self.mails()
        self.assertIn("GU 12/26", mail.body_html)
        self.assertTrue(self.events("insolvent", case_id=self.case.id))
