from datetime import timedelta

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests.common import freeze_time, tagged

from .engine_common import KgwEngineCommon


class BoardCase(KgwEngineCommon):
    """One call that stands on the board of its agent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user("kgw_colleague", "agent")

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue(4)
        self.case = self.line.kgw_case_id
        self.now = self._at(self.day)
        self.call = self._draft(self.line, "p4_call", self.day)
        self.dispatch("phone", self.day)
        self.sort()
        self.activity = self.call.activity_ids

    def sort(self, hour=10, day=None):
        self.env["kgw.reminder"]._sort_calls(self._at(day or self.day, hour))


@tagged("post_install", "-at_install", "kgw")
class TestBoard(BoardCase):
    """What a card shows, and in which order and column it stands."""

    def test_card_shows_who_is_called_for_whom_about_how_much(self):
        with freeze_time(self.now):
            card = self.call.with_user(self.agent)
            self.assertIn("1,230.00", card.amount_label)
            self.assertEqual(card.phone, "+48512000117")
            self.assertEqual((card.can_dial, card.dial_note), (True, ""))
            self.assertEqual((card.owed_amount, card.days_overdue), (1230, 4))
            self.assertEqual(card.owed_currency_id, self.env.ref("base.PLN"))

    def test_number_is_not_dialled_outside_contact_hours(self):
        with freeze_time(self._at(self.day, 21)):
            self.assertFalse(self.call.can_dial)
            self.assertIn("contact hours", self.call.dial_note)

    def test_last_contact_tells_how_the_last_call_ended(self):
        self.env["kgw.channel.phone"]._record_call(self.call, "voicemail", "", self.now)
        self.assertIn("Voicemail", self.call.last_contact)
        # What was reached is also noted as sent, at the same moment.
        later = self._at(self.day, 14)
        self.env["kgw.channel.phone"]._record_call(self.call, "refuses", "nie", later)
        self.call.invalidate_recordset(["last_contact"])
        self.assertIn("Refuses to pay", self.call.last_contact)

    def test_promise_stands_on_the_card(self):
        promise = self.promise(calendar_next(self.day))
        with freeze_time(self.now):
            self.assertEqual(self.call.promise_on, promise.due_on)

    def promise(self, day):
        return self.env["kgw.promise"]._give(self.case, self.line, [(day, 1230)], self.now)

    def test_priority_adds_up_what_it_says(self):
        self.assertEqual(self.call.call_parts, {"money": 31, "late": 5})
        self.assertEqual(self.call.call_points, 36)
        self.call.until = self.day
        self.env["kgw.channel.phone"]._record_call(self.call, "no_answer", "", self.now)
        self.assertEqual(
            self.call.call_parts, {"money": 31, "last_day": 20, "late": 5, "tries": -5}
        )
        self.assertEqual(self.call.call_points, 51)
        self.assertIn("amount owed +31", self.call.call_why)

    def test_friday_is_the_last_day_of_a_step_that_ends_on_sunday(self):
        for days, points in ((2, 20), (3, 10), (4, None)):
            self.call.until = self.day + timedelta(days=days)
            self.sort()
            self.assertEqual(self.call.call_parts.get("last_day"), points)
        self.call.until = sunday = self.day + timedelta(days=2)
        with freeze_time(self._at(sunday)):
            self.assertIn("time for this step has passed", self.call.wait_note)

    def test_broken_promise_counts_and_a_running_one_does_not(self):
        promise = self.promise(self.day)
        self.sort()
        self.assertNotIn("promise", self.call.call_parts)
        promise._close("broken", self.now)
        self.sort()
        self.assertEqual(self.call.call_parts["promise"], 20)

    def test_part_payment_lowers_the_sum_at_once(self):
        self.pay(self.line, 1000, self.day)
        self.assertEqual(self.call.owed_amount, 230)

    def test_columns_follow_the_day_and_the_hour(self):
        tomorrow = calendar_next(self.day)
        self.assertEqual(self.call.call_column, "today")
        self.sort(day=tomorrow)
        self.assertEqual(self.call.call_column, "late")
        self.call.not_before = self._at(self.day, 14)
        self.sort()
        self.assertEqual(self.call.call_column, "wait")
        self.sort(hour=15)
        self.assertEqual(self.call.call_column, "today")
        self.call.not_before = self._at(tomorrow, 9)
        self.sort()
        self.assertEqual(self.call.call_column, "later")

    def test_who_asked_and_was_not_reached_did_not_ask_for_the_next_attempt(self):
        later = self._at(self.day, 11)
        self.call._mark_again(self.now, later)
        with freeze_time(self.now):
            self.assertIn("Asked to be called from", self.call.wait_note)
        self.env["kgw.channel.phone"]._record_call(self.call, "no_answer", "", later)
        self.call.invalidate_recordset(["wait_note"])
        with freeze_time(later):
            self.assertIn("Tried in vain", self.call.wait_note)

    def test_card_says_in_words_what_the_call_waits_for(self):
        def told(hour=10, day=self.day):
            with freeze_time(self._at(day, hour)):
                self.call.invalidate_recordset(["wait_note", "dial_note"])
                return self.call.with_user(self.agent).wait_note

        self.assertFalse(told())
        self.assertIn("contact hours", told(20))
        self.call.with_user(self.agent).sudo()._snooze(self._at(self.day, 14), self.now)
        self.assertIn("Put off until", told())
        self.call.write({"not_before": False, "waiting_reason": False})
        self.env["kgw.channel.phone"]._record_call(self.call, "no_answer", "", self.now)
        self.assertIn("another part of the day", told())
        self.mandate.sudo().coverage_date = self.line.date_maturity - timedelta(days=1)
        self.assertIn("Payments are not known", told(15))
        self.hold(self.day, case_id=self.case.id, reason="other")
        self.assertRegex(told(15), "on hold: .+")
        self.case.hold_ids._lift(self.now)
        self.hold(self.day, reason="stop", note="wrong texts")
        self.assertIn("wrong texts", told(15))

    def test_last_day_on_the_card_is_one_on_which_people_are_called(self):
        sunday = self.day + timedelta(days=6 - self.day.weekday())
        self.call.until = sunday
        self.assertEqual(self.call.call_by, sunday - timedelta(days=2))
        self.case.kind_id.on_saturday = True
        self.call.invalidate_recordset(["call_by"])
        self.assertEqual(self.call.call_by, sunday - timedelta(days=1))

    def test_take_over_is_offered_for_free_calls_and_to_leads_for_others(self):
        self.assertFalse(self.call.with_user(self.agent).can_take_over)
        self.assertFalse(self.call.with_user(self.colleague).can_take_over)
        self.assertTrue(self.call.with_user(self.manager).can_take_over)
        self.call.agent_id = False
        self.assertTrue(self.call.with_user(self.colleague).can_take_over)

    def test_opening_the_board_brings_it_up_to_date(self):
        with freeze_time(self._at(calendar_next(self.day))):
            self.env["kgw.reminder"].with_user(self.agent).action_open_calls()
        self.assertEqual(self.call.call_column, "late")

    def test_attempt_in_the_evening_is_repeated_in_the_next_contact_hours(self):
        self.env["kgw.channel.phone"]._record_call(
            self.call, "no_answer", "", self._at(self.day, 16)
        )
        self.assertEqual(self.call.retry_at, self._at(calendar_next(self.day), 8))

    def test_not_reached_within_two_working_days_is_given_up(self):
        self.env["kgw.channel.phone"]._record_call(self.call, "no_answer", "", self.now)
        self.plan(calendar_next(self.day))
        self.assertEqual(self.call.state, "failed")
        self.plan(calendar_next(calendar_next(self.day)))
        self.assertEqual(self.call.state, "undelivered")


@tagged("post_install", "-at_install", "kgw")
class TestShadow(BoardCase):
    """The activity and the call are one thing, whichever of Odoo's views somebody works in."""

    def setUp(self):
        super().setUp()
        frozen = freeze_time(self.now)
        frozen.start()
        self.addCleanup(frozen.stop)
        self.mine = self.activity.with_user(self.agent)
        self.next_day = calendar_next(self.day)

    def check_refused(self, method, *args):
        with self.assertRaises(RedirectWarning) as caught:
            method(*args)
        _message, action_id, _button, context = caught.exception.args
        self.assertEqual(context, {"kgw_call_id": self.call.id})
        self.assertEqual(self.env["ir.actions.server"].browse(action_id).state, "code")
        self.assertTrue(self.activity.exists() and self.activity.active)
        self.assertEqual(self.call.state, "planned")

    def test_marking_done_in_the_activity_view_leads_to_the_outcome(self):
        self.check_refused(self.mine.action_done)

    def test_marking_done_with_feedback_in_the_chatter_leads_to_the_outcome(self):
        self.check_refused(self.mine.action_feedback, "zrobione")

    def test_done_and_schedule_next_leads_to_the_outcome(self):
        self.check_refused(self.mine.action_done_schedule_next)
        self.check_refused(self.mine.action_feedback_schedule_next, "zrobione")

    def test_done_from_the_systray_leads_to_the_outcome(self):
        self.check_refused(self.mine.action_done_redirect_to_other)

    def test_cancelling_in_the_chatter_leads_to_the_outcome(self):
        self.check_refused(self.mine.action_cancel)

    def test_deleting_in_the_list_leads_to_the_outcome(self):
        self.check_refused(self.mine.unlink)

    def test_unlinking_by_the_case_leads_to_the_outcome(self):
        self.check_refused(
            lambda: self.case.with_user(self.agent).activity_unlink(
                ["kgw_receivable_monitoring.mail_activity_type_call"], only_automated=False
            )
        )

    def test_feedback_by_the_case_leads_to_the_outcome(self):
        self.check_refused(
            lambda: self.case.with_user(self.agent).activity_feedback(
                ["kgw_receivable_monitoring.mail_activity_type_call"], only_automated=False
            )
        )

    def test_archiving_or_tying_elsewhere_is_refused(self):
        for vals in ({"active": False}, {"kgw_reminder_id": False}, {"res_id": 1}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.mine.write(vals)

    def test_rescheduling_the_activity_moves_the_call(self):
        self.mine.date_deadline = self.next_day
        self.assertEqual(self.call.planned_on, self.next_day)
        self.assertEqual(self.call.call_column, "later")

    def test_reschedule_button_of_the_activity_list_moves_the_call(self):
        with freeze_time(self.now):
            self.mine.action_reschedule_tomorrow()
        self.assertEqual(self.call.planned_on, self.activity.date_deadline)
        self.assertGreater(self.call.planned_on, self.day)

    def test_reschedule_buttons_of_the_case_list_move_the_call(self):
        case = self.case.with_user(self.agent)
        for move in ("action_reschedule_my_next_tomorrow", "action_reschedule_my_next_today"):
            getattr(case, move)()
            self.assertEqual(self.call.planned_on, self.activity.date_deadline)
        self.call.until = self.day
        with self.assertRaises(UserError):
            case.action_reschedule_my_next_nextweek()

    def test_rescheduling_by_the_case_moves_the_call(self):
        self.case.with_user(self.agent).activity_reschedule(
            ["kgw_receivable_monitoring.mail_activity_type_call"],
            date_deadline=self.next_day,
            only_automated=False,
        )
        self.assertEqual(self.call.planned_on, self.next_day)

    def test_moving_the_call_moves_the_activity(self):
        self.call.with_user(self.agent).action_call_tomorrow()
        self.assertEqual(self.activity.date_deadline, self.next_day)
        self.assertEqual(self.events("moved", reminder_id=self.call.id).user_id, self.agent)

    def test_next_week_is_its_first_working_day(self):
        self.call.with_user(self.agent).action_call_next_week()
        self.assertEqual(self.call.planned_on.weekday(), 0)
        self.assertGreater(self.call.planned_on, self.day)

    def test_call_is_not_moved_beyond_its_step_or_into_the_past(self):
        self.call.until = self.day
        with self.assertRaises(UserError):
            self.mine.date_deadline = self.next_day
        with self.assertRaises(UserError):
            self.mine.date_deadline = self.day - timedelta(days=1)
        self.assertEqual((self.call.planned_on, self.activity.date_deadline), (self.day, self.day))

    def test_passing_on_the_activity_passes_on_the_call(self):
        self.mine.user_id = self.colleague
        self.assertEqual(self.call.agent_id, self.colleague)

    def test_passing_on_the_call_passes_on_the_activity(self):
        self.call.with_user(self.manager).action_take_over()
        self.assertEqual((self.call.agent_id, self.activity.user_id), (self.manager, self.manager))

    def test_colleague_does_not_take_anothers_call_and_a_lead_does(self):
        with self.assertRaises(AccessError):
            self.call.with_user(self.colleague).action_take_over()
        with self.assertRaises(AccessError):
            self.activity.with_user(self.colleague).user_id = self.colleague
        self.call.with_user(self.manager)._check_may_assign()

    def test_snoozed_call_comes_back_after_two_hours(self):
        self.call.with_user(self.agent).action_snooze()
        self.assertEqual(self.call.not_before, self._at(self.day, 12))
        self.assertEqual(self.call.call_column, "wait")

    def test_call_of_an_agent_who_left_comes_back_to_the_board(self):
        self.agent.action_archive()
        self.assertFalse(self.call.activity_ids)
        self.mandate.controller_id = self.colleague
        self.dispatch("phone", self.day)
        self.assertEqual(self.call.activity_ids.user_id, self.colleague)

    def test_many_calls_are_passed_on_at_once_and_what_can_not_is_told(self):
        other = self._draft(
            self._watch(self._document("2", buyer=self._other_party("Nowy", 2))),
            "p4_call",
            self.day,
            agent_id=self.colleague.id,
        )
        wizard = (
            self.env["kgw.call.move"]
            .with_user(self.agent)
            .create(
                {
                    "reminder_ids": [(6, 0, (self.call | other).ids)],
                    "agent_id": self.colleague.id,
                    "day": self.next_day,
                }
            )
        )
        notice = wizard.action_move()["params"]
        self.assertEqual(notice["type"], "warning")
        self.assertEqual(
            (self.call.agent_id, self.call.planned_on), (self.colleague, self.next_day)
        )
        self.assertEqual(other.planned_on, self.day)


def calendar_next(day):
    """Return the next working day."""
    day += timedelta(days=1)
    return day if day.weekday() < 5 else calendar_next(day)
