from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..const import OPEN_STATES, REMINDER_SOURCES, REMINDER_STATES
from .common import DUE
from .engine_common import KgwEngineCommon

STATES = [code for code, _label in REMINDER_STATES]
# DESIGN, section 4, written down a second time: source -> the states that follow it.
ALLOWED = {
    "planned": {"claimed", "cancelled"},
    "failed": {"claimed", "cancelled", "dead", "undelivered"},
    "claimed": {"sent", "failed", "unknown", "cancelled", "planned"},
    "unknown": {"sent", "planned"},
    "sent": {"delivered", "undelivered"},
    "delivered": set(),
    "undelivered": set(),
    "dead": set(),
    "cancelled": set(),
}
SILENT = ("claimed", "planned")


@tagged("post_install", "-at_install", "kgw")
class TestReminderStates(KgwEngineCommon):
    """The one writer of a reminder's state."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue()
        self.now = self._at(self.day)
        self.reminder = self._draft(self.line, "p2_sms", self.day)

    def test_message_that_is_being_sent_can_not_be_cancelled(self):
        self.reminder._set_state("claimed", self.now)
        with self.assertRaisesRegex(UserError, "not gone out yet"):
            self.reminder.action_cancel()
        self.assertEqual(self.reminder.state, "claimed")

    # === THE MATRIX === #

    def test_every_state_and_target_moves_exactly_where_it_may(self):
        self.assertEqual(set(REMINDER_SOURCES), set(STATES))
        for source in STATES:
            for target in STATES:
                with self.subTest(source=source, target=target), self.cr.savepoint() as point:
                    self.reminder.write({"state": source})
                    moved = self.reminder._set_state(target, self.now)
                    self.check_move(source, target, moved)
                    point.rollback()
                    self.env.invalidate_all()

    def check_move(self, source, target, moved):
        """A permitted move is written and recorded once; any other leaves everything as it was."""
        permitted = target in ALLOWED[source]
        self.assertEqual(moved, self.reminder if permitted else self.reminder.browse())
        self.assertEqual(self.reminder.state, target if permitted else source)
        self.assertEqual(self.reminder.state_at, self.now if permitted else False)
        expected = 1 if permitted and target not in SILENT else 0
        self.assertEqual(len(self.events(target, reminder_id=self.reminder.id)), expected)
        self.assertEqual(self.reminder.line_ids.void, permitted and target == "cancelled")

    def test_refused_moves_of_a_mixed_set_do_not_stop_the_others(self):
        buyer = self._party("Inny sp. z o.o.")
        other = self._draft(self._watch(self._document("2", buyer=buyer)), "p2_sms", self.day)
        self.reminder.state = "sent"
        moved = (self.reminder | other)._set_state("claimed", self.now)
        self.assertEqual(moved, other)
        self.assertEqual(self.reminder.state, "sent")

    # === EVENTS === #

    def test_sent_event_holds_the_exact_text_and_recipient(self):
        self.reminder.write({"state": "claimed", "recipient": "+48512000117", "body": "Treść"})
        self.reminder._mark_sent(self.now)
        payload = self.events("sent", reminder_id=self.reminder.id).payload
        self.assertEqual(payload["text"], "Treść")
        self.assertEqual(payload["recipient"], "+48512000117")
        self.assertEqual(payload["invoices"], ["FV 1/09/2026"])

    def test_cancelled_event_holds_the_reason(self):
        self.reminder._set_state("cancelled", self.now, reason="withdrawn")
        event = self.events("cancelled", reminder_id=self.reminder.id)
        self.assertEqual(
            (event.reason, event.at, event.case_id), ("withdrawn", self.now, self.line.kgw_case_id)
        )

    def test_waiting_for_the_same_reason_is_recorded_once(self):
        for hours in (1, 2, 3):
            self.env["kgw.gate"]._put_off(
                self.reminder,
                "hold",
                self.now + timedelta(hours=hours),
                self.now,
            )
        self.env["kgw.gate"]._put_off(
            self.reminder,
            "hours",
            self.now + timedelta(hours=4),
            self.now,
        )
        waited = self.events("waiting", reminder_id=self.reminder.id)
        self.assertEqual(waited.mapped("reason"), ["hold", "hours"])

    # === VOID LINES AND UNIQUE INDEXES === #

    def test_cancelled_reminder_frees_its_steps(self):
        self.reminder._set_state("cancelled", self.now, reason="withdrawn")
        again = self._draft(self.line, "p2_sms", self.day)
        self.assertFalse(again.line_ids.void)
        self.assertEqual(self.line.kgw_case_id.reminder_ids, again | self.reminder)

    def test_same_step_and_channel_twice_is_refused_by_the_database(self):
        self.reminder.state = "sent"
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self._draft(self.line, "p2_sms", self.day)

    def test_same_step_through_another_channel_or_course_is_another_contact(self):
        self.reminder.state = "undelivered"
        fallback = self._draft(self.line, "p2_sms", self.day, channel="email")
        fallback.state = "undelivered"
        self.line.kgw_course = 2
        self.assertTrue(self._draft(self.line, "p2_sms", self.day).line_ids)

    def test_second_open_reminder_of_a_case_is_refused_by_the_database(self):
        for state in OPEN_STATES:
            self.reminder.state = state
            self.env.flush_all()
            with (
                self.subTest(state=state),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self._draft(self.line, "p6_email", self.day)

    def test_ended_reminder_leaves_its_case_free(self):
        for state, code in zip(
            sorted(set(STATES) - set(OPEN_STATES)),
            ("p4_call", "p6_email", "p8_letter", "p11_call", "p15_call"),
            strict=True,
        ):
            self.reminder.state = state
            self.reminder = self._draft(self.line, code, self.day)
        self.assertEqual(self.reminder.state, "planned")

    # === WHEN A CONTACT COUNTS === #

    def test_accepted_message_counts_a_day_later_and_a_delivered_one_at_once(self):
        self.reminder.state = "claimed"
        self.reminder._mark_sent(self.now)
        self.assertEqual(self.reminder.effective_at, self.now + timedelta(hours=24))
        self.assertEqual(self.reminder.contact_on, self.day)
        delivered = self.now + timedelta(minutes=3)
        self.reminder._mark_delivered(delivered)
        self.assertEqual(self.reminder.effective_at, delivered)

    def test_late_proof_of_delivery_does_not_move_the_effect_back(self):
        self.reminder.state = "claimed"
        self.reminder._mark_sent(self.now)
        self.reminder._mark_delivered(self.now + timedelta(days=3))
        self.assertEqual(self.reminder.effective_at, self.now + timedelta(hours=24))

    def test_undelivered_message_is_no_contact_any_more(self):
        self.reminder.state = "claimed"
        self.reminder._mark_sent(self.now)
        self.reminder._mark_undelivered(self.now + timedelta(hours=1))
        self.assertFalse(self.reminder.contact_on or self.reminder.effective_at)
        fallback = self.reminders(self.line, "planned")
        self.assertEqual((fallback.origin_id, fallback.channel), (self.reminder, "email"))
        self.assertEqual(fallback.line_ids.step_id, self.reminder.step_id)

    def test_undelivered_while_the_next_contact_is_planned_does_not_fail(self):
        self.reminder.state = "claimed"
        self.reminder._mark_sent(self.now)
        call = self._draft(self.line, "p4_call", self.day + timedelta(days=2))
        self.reminder._mark_undelivered(self.now + timedelta(days=2))
        self.env.flush_all()
        self.assertEqual(self.reminder.state, "undelivered")
        self.assertEqual(self.reminders(self.line, *OPEN_STATES), call)

    def test_fallback_is_planned_once_and_has_no_fallback_of_its_own(self):
        self.reminder.state = "claimed"
        self.reminder._mark_sent(self.now)
        self.reminder._mark_undelivered(self.now)
        fallback = self.reminders(self.line, "planned")
        fallback.state = "claimed"
        fallback._mark_refused(self.now, "mailbox unknown")
        self.assertEqual(self.reminders(self.line), self.reminder | fallback)
        self.assertEqual(fallback.state, "dead")

    def test_bounce_after_a_new_due_date_plans_nothing_of_the_course_before(self):
        self.reminder.state = "claimed"
        self.reminder._mark_sent(self.now)
        self.line.kgw_course += 1
        self.reminder._mark_undelivered(self.now + timedelta(hours=1))
        self.assertFalse(self.reminders(self.line, *OPEN_STATES))

    def test_message_that_has_no_way_left_is_one_task_of_the_controller(self):
        def get_tasks():
            kind = self.env.ref("kgw_receivable_monitoring.mail_activity_type_contact_data")
            return self.line.kgw_case_id.activity_ids.filtered(
                lambda task: task.activity_type_id == kind
            )

        self.reminder.state = "claimed"
        self.reminder._mark_sent(self.now)
        self.reminder._mark_undelivered(self.now)
        self.assertFalse(get_tasks())  # the e-mail is planned
        fallback = self.reminders(self.line, "planned")
        fallback.state = "claimed"
        fallback._mark_refused(self.now, "mailbox unknown")
        self.assertEqual(get_tasks().user_id, self.agent)
        call = self._draft(self.line, "p4_call", self.day)
        call.state = "failed"
        call._mark_undelivered(self.now)
        self.assertEqual(len(get_tasks()), 1)

    # === A PERSON === #

    def test_person_cancels_only_what_has_not_gone_out(self):
        self.reminder.action_cancel()
        self.assertEqual((self.reminder.state, self.reminder.reason), ("cancelled", "withdrawn"))
        with self.assertRaises(UserError):
            self.reminder.action_cancel()

    def test_settled_receivables_take_a_planned_reminder_back(self):
        self.pay(self.line, 1230, DUE)
        self.assertEqual((self.reminder.state, self.reminder.reason), ("cancelled", "paid"))
        self.assertTrue(self.reminder.line_ids.void)
