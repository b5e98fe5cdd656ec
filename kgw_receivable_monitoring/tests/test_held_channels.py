from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests.common import tagged

from .common import DUE
from .engine_common import KgwEngineCommon

FIRST = DUE - timedelta(days=5)


@tagged("post_install", "-at_install", "kgw")
class TestHeldChannels(KgwEngineCommon):
    """Whoever wants no e-mails is reached otherwise: only the channel is closed, not the course."""

    def setUp(self):
        super().setUp()
        self.line = self._watch(self._document())
        self.case = self.line.kgw_case_id

    def channels(self):
        return self.reminders(self.line, "sent", "delivered").mapped("channel")

    def test_closed_channel_gives_way_to_the_fallback_and_the_course_goes_on(self):
        self.hold(FIRST - timedelta(days=1), case_id=self.case.id, channel="email")
        self.live(FIRST, DUE + timedelta(days=9))
        self.assertEqual(self.channels(), ["sms", "phone", "sms", "phone", "sms", "letter"])

    def test_channel_closed_for_the_mandate_is_closed_for_its_cases(self):
        self.hold(FIRST - timedelta(days=1), mandate_id=self.mandate.id, channel="email")
        self.live(FIRST, FIRST)
        self.assertEqual(self.channels(), ["sms"])

    def test_step_without_another_way_is_passed_over(self):
        self.hold(FIRST, case_id=self.case.id, channel="phone")
        self.live(FIRST, DUE - timedelta(days=1))
        self.assertEqual(self.channels(), ["email"])
        passed = self.events("passed", step_id=self._step("m3_call").id)
        self.assertEqual(passed.reason, "closed", "contact data are known")

    def test_channel_open_again_is_used_again(self):
        hold = self.hold(FIRST - timedelta(days=2), case_id=self.case.id, channel="email")
        hold._lift(self._at(FIRST - timedelta(days=1)))
        self.live(FIRST, FIRST)
        self.assertEqual(self.channels(), ["email"])

    def test_pause_with_an_end_and_a_stop_close_nothing_for_good(self):
        for values in (
            {"until_date": FIRST + timedelta(days=1)},
            {"reason": "stop"},
        ):
            with self.subTest(**values):
                hold = self.hold(FIRST, case_id=self.case.id, channel="email", **values)
                self.run_day(FIRST)
                self.assertFalse(self.channels())
                hold._lift(self._at(FIRST, 11))

    def test_scope_and_days_of_a_hold_are_not_changed_afterwards(self):
        hold = self.hold(FIRST, mandate_id=self.mandate.id, reason="volume")
        for values in (
            {"from_date": "2099-01-01"},
            {"until_date": FIRST},
            {"mandate_id": False},
        ):
            with self.subTest(**values), self.assertRaises(UserError):
                hold.with_user(self.manager).write(values)
        hold.with_user(self.manager).note = "noted"


@tagged("post_install", "-at_install", "kgw")
class TestGapOfFallbacks(KgwEngineCommon):
    """The second way of a step keeps the gap to the last contact, as the first one does."""

    def test_fallback_waits_until_the_gap_has_passed(self):
        line, day = self._overdue(days=3)
        self._draft(line, "p4_call", day, state="sent", contact_on=day - timedelta(days=1))
        failed = self._draft(line, "p2_sms", day, state="sent", state_at=self._at(day))
        failed._mark_undelivered(self._at(day, 9))
        fallback = self.reminders(line).filtered("origin_id")
        self.dispatch("email", day)
        self.assertEqual((fallback.state, fallback.waiting_reason), ("planned", "gap"))
        self.dispatch("email", day + timedelta(days=1), 13)
        self.assertEqual(fallback.state, "sent")
