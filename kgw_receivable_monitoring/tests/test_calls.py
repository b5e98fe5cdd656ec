from datetime import timedelta

from odoo.tests.common import tagged

from ..const_calls import CALL_ATTEMPTS, CALL_TABLE
from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestCalls(KgwEngineCommon):
    """Calls stand on the agents' board until one of them says how they ended."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue(4)
        self.case = self.line.kgw_case_id
        self.now = self._at(self.day)
        self.call = self._draft(self.line, "p4_call", self.day)

    def put_on_board(self):
        self.dispatch("phone", self.day)
        return self.call.activity_ids

    def end(self, outcome, hour=11, day=None):
        """Record how the call ended."""
        self.env["kgw.channel.phone"]._record_call(
            self.call, outcome, "notatka", self._at(day or self.day, hour)
        )

    # === THE BOARD === #

    def test_dispatched_call_stands_on_the_board_of_its_controller(self):
        activity = self.put_on_board()
        self.assertEqual(
            (activity.user_id, activity.res_id, activity.date_deadline),
            (self.agent, self.case.id, self.day),
        )
        self.assertEqual((self.call.state, self.call.attempts), ("planned", 0))
        self.assertIn("FV 1/09/2026", self.call.body)

    def test_dispatching_again_puts_no_second_activity(self):
        activity = self.put_on_board()
        self.dispatch("phone", self.day, 12)
        self.assertEqual(self.call.activity_ids, activity)

    def test_paid_meanwhile_leaves_the_board(self):
        self.put_on_board()
        self.pay(self.line, 1230, self.day)
        self.assertFalse(self.call.activity_ids)
        self.assertEqual((self.call.state, self.call.reason), ("cancelled", "paid"))

    def test_call_past_its_last_day_leaves_the_board(self):
        self.put_on_board()
        self.call.until = self.day
        self.plan(self.day + timedelta(days=1))
        self.assertFalse(self.call.activity_ids)
        self.assertEqual((self.call.state, self.call.reason), ("cancelled", "lapsed"))

    def test_tried_call_past_its_last_day_is_undelivered_not_forgotten(self):
        self.put_on_board()
        self.end("no_answer")
        self.call.until = self.day
        self.plan(self.day + timedelta(days=1))
        self.assertEqual(self.call.state, "undelivered")
        self.assertFalse(self.call.activity_ids)

    def test_unmade_call_stays_on_the_board_the_next_day(self):
        activity = self.put_on_board()
        self.plan(self.day + timedelta(days=1))
        self.assertEqual((self.call.state, self.call.activity_ids), ("planned", activity))

    # === OUTCOMES === #

    def test_every_outcome_ends_the_call_as_reached_or_tries_again(self):
        self.put_on_board()
        for outcome, (_label, group, *_rest) in CALL_TABLE.items():
            with self.subTest(outcome=outcome), self.cr.savepoint() as point:
                self.end(outcome)
                reached = group == "reached"
                over = reached or group == "number"
                expected = "delivered" if reached else "undelivered" if over else "failed"
                self.assertEqual(self.call.state, expected)
                self.assertEqual(self.call.contact_on, self.day if reached else False)
                self.assertEqual(bool(self.call.activity_ids), not over)
                point.rollback()
                self.env.invalidate_all()

    def test_reached_call_takes_effect_when_the_person_was_reached(self):
        self.put_on_board()
        self.end("will_pay", 13)
        self.assertEqual(self.call.effective_at, self._at(self.day, 13))
        event = self.events("call", reminder_id=self.call.id)
        self.assertEqual((event.payload["outcome"], event.payload["note"]), ("will_pay", "notatka"))

    def test_three_attempts_then_the_call_is_undelivered(self):
        self.put_on_board()
        for attempt in range(1, CALL_ATTEMPTS + 1):
            self.assertTrue(self.call.activity_ids)
            self.end("no_answer", 9 + 2 * attempt)
            self.assertEqual(self.call.attempts, attempt)
        self.assertEqual((self.call.state, CALL_ATTEMPTS), ("undelivered", 3))
        self.assertFalse(self.call.contact_on or self.call.activity_ids)
        self.assertEqual(len(self.events("call", reminder_id=self.call.id)), 3)

    def test_unreached_call_waits_for_another_part_of_the_day(self):
        self.put_on_board()
        self.end("voicemail", 10)
        self.assertEqual(self.call.retry_at, self._at(self.day, 13))

    def test_attempts_that_reached_nobody_leave_the_day_free_for_another_contact(self):
        self.put_on_board()
        self.end("no_answer", 10)
        self.end("wrong_number", 13)
        email = self._draft(self.line, "p6_email", self.day)
        self.assertEqual(self.env["kgw.gate"]._judge(email, self.now).reason, "")

    def test_wrong_number_marks_the_contact_point_and_ends_the_call(self):
        phone = self.case.contact_point_ids.filtered(lambda p: p.kind == "phone")
        self.put_on_board()
        self.end("wrong_number")
        self.assertEqual((phone.state, self.call.state), ("wrong", "undelivered"))
        self.assertNotIn("phone", self.case._get_usable_channels()[self.case.id])

    def test_wrong_number_with_another_one_known_is_tried_again(self):
        self.env["kgw.contact.point"].create(
            {"case_id": self.case.id, "kind": "phone", "value": "600 100 200"}
        )
        self.put_on_board()
        first = self.case.contact_point_ids._get_usable("phone")
        self.end("wrong_number")
        self.assertEqual((first.state, self.call.state), ("wrong", "failed"))
        self.assertTrue(self.call.activity_ids)
        self.assertNotEqual(self.call.phone, first.value)

    def test_unreached_call_before_due_is_followed_by_the_sms(self):
        due = DUE + timedelta(days=3)  # a Thursday, so that -2 is another day than -3
        line = self._watch(self._document("2", due=due, buyer=self._party("Nowy sp. z o.o.")))
        self.run_days(due - timedelta(days=6), due - timedelta(days=4))
        self.run_day(due - timedelta(days=3))
        self.reach_calls(due - timedelta(days=3), "no_answer")
        self.reach_calls(due - timedelta(days=3), "no_answer")
        self.reach_calls(due - timedelta(days=3), "no_answer")
        self.run_day(due - timedelta(days=2))
        self.assertEqual(
            [(r.channel, r.state) for r in self.reminders(line)],
            [("email", "sent"), ("phone", "undelivered"), ("sms", "sent")],
        )

    def test_call_leaves_the_board_when_its_mandate_is_suspended(self):
        self.put_on_board()
        self.mandate.with_user(self.manager).action_suspend()
        self.assertEqual((self.call.state, self.call.reason), ("cancelled", "mandate"))
        self.assertFalse(self.call.activity_ids)
