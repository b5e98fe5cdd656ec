from datetime import date, timedelta
from decimal import Decimal

from odoo.tests.common import BaseCase, tagged

from ..const import RUNG_LEVEL
from ..tools import calendar, course
from ..tools.course_walk import Walk
from .course_common import MONDAY, STANDARD, contact, facts_of

INFORMATION, REMINDER, MONIT, DEMAND, FINAL = RUNG_LEVEL.values()

# Printed due date -> day and step of everything done about a new counterparty that never pays,
# counted by hand with a calendar of Polish days off; a = approval, q = question, r = report.
GRID = {
    # Monday; +6 is a Sunday.
    "2026-09-07": "-5:1 -3:2 2:4 4:5 7:6 8:7 11:8 15:9 17:a11 18:10 22:q12 22:11 24:13 28:14 31:r15",
    # Thursday; -5 is a Saturday, +2 a Saturday, +3 a Sunday; -2 is not needed: reached at -3.
    "2026-09-10": "-6:1 -3:2 4:4 5:5 6:6 8:7 11:8 15:9 18:10 19:a11 22:q12 22:11 25:13 28:14 32:r15",
    # Saturday: paid in time until Monday, but informed before the printed day.
    "2026-10-03": "-3:1 -1:2 4:4 6:5 9:6 10:7 13:8 17:9 19:a11 20:10 24:q12 24:11 26:13 30:14 33:r15",
    # Christmas Eve: the effective day is Monday 28; New Year and Epiphany push what follows.
    "2026-12-24": "-1:1 6:4 11:6 12:7 15:8 19:9 22:a11 22:10 26:q12 27:11 28:13 32:14 35:r15",
}


def written(walk, due):
    """Return a walk in the form of the grid."""
    marks = {"contact": "", "approval": "a", "question": "q", "report": "r"}
    return " ".join(
        f"{(entry.day - due).days}:{marks[entry.act]}{entry.step}" for entry in walk.trace
    )


@tagged("kgw")
class TestCourse(BaseCase):
    """The course of one receivable, step by step, with plain values only."""

    def next_on(self, offset, steps=STANDARD, **values):
        """Return what is next ``offset`` days from a due date on a Monday."""
        return course.next_step(steps, facts_of(MONDAY, **values), MONDAY + timedelta(offset)).next

    def reasons(self, offset, steps=STANDARD, **values):
        """Return why steps were passed over ``offset`` days from a due date on a Monday."""
        answer = course.next_step(steps, facts_of(MONDAY, **values), MONDAY + timedelta(offset))
        return dict(answer.passed)

    # === THE STANDARD SCENARIO === #

    def test_standard_scenario_on_each_kind_of_due_day_follows_the_grid(self):
        for text, expected in GRID.items():
            with self.subTest(due=text):
                due = date.fromisoformat(text)
                walk = Walk(STANDARD, facts_of(due, is_new=True)).run()
                self.assertEqual(written(walk, due), expected)

    def test_every_due_day_of_a_year_meets_only_working_days_and_the_due_date(self):
        for number in range(366):
            due = date(2026, 1, 1) + timedelta(number)
            facts = facts_of(due, is_new=True)
            with self.subTest(due=due):
                for step in STANDARD:
                    if step.kind == "contact":
                        self.check_planned_day(step, facts)

    def check_planned_day(self, step, facts):
        day = course.planned_day(step, facts.effective_due)
        offset = (day - facts.effective_due).days
        self.assertTrue(calendar.is_working_day(day))
        if step.offset < 0:
            self.assertLessEqual(offset, step.offset)
        else:
            self.assertGreaterEqual(offset, step.offset)
        between = range(min(offset, step.offset), max(offset, step.offset) + 1)
        skipped = [d for d in between if d != offset]
        self.assertFalse(
            [d for d in skipped if calendar.is_working_day(facts.effective_due + timedelta(d))],
            "a nearer working day was passed over",
        )

    # === LATE ENTRY === #

    def test_entry_at_24_days_begins_with_the_mildest_and_never_demands(self):
        walk = Walk(STANDARD, facts_of(MONDAY, MONDAY + timedelta(24))).run()
        self.assertEqual(written(walk, MONDAY), "24:q12 24:4 25:6 28:14 31:r15")
        self.assertEqual(walk.passed[7], "horizon")
        self.assertEqual({walk.passed[n] for n in (1, 2, 3)}, {"due"})
        self.assertEqual({walk.passed[n] for n in (5, 8, 9, 10, 13)}, {"lapsed"})
        self.assertNotIn(11, {entry.step for entry in walk.trace})

    def test_entry_at_8_days_climbs_from_the_reminder_to_the_demand(self):
        walk = Walk(STANDARD, facts_of(MONDAY, MONDAY + timedelta(8))).run()
        self.assertEqual([entry.rung for entry in walk.contacts][:3], [REMINDER, MONIT, DEMAND])
        self.assertEqual([(entry.day - MONDAY).days for entry in walk.contacts][:3], [8, 9, 10])

    def test_entry_the_day_before_due_still_informs_once(self):
        walk = Walk(STANDARD, facts_of(date(2026, 9, 10), date(2026, 9, 9))).run(2)
        self.assertEqual([(entry.day, entry.step) for entry in walk.trace], [(date(2026, 9, 9), 1)])
        self.assertEqual(self.reasons(0, entered=MONDAY), {1: "due", 2: "due", 3: "due"})

    def test_entry_after_the_horizon_leaves_only_questions(self):
        walk = Walk(STANDARD, facts_of(MONDAY, MONDAY + timedelta(40))).run()
        self.assertEqual([entry.act for entry in walk.trace], ["question", "report"])

    def test_questions_before_entry_wait_for_the_entry(self):
        done = dict.fromkeys(range(1, 12), "reached")
        following = self.next_on(30, entered=MONDAY + timedelta(40), done=done)
        self.assertEqual((following.act, following.from_date), ("question", MONDAY + timedelta(40)))

    # === CONDITIONS AND ROUTES === #

    def test_call_before_due_is_made_when_any_of_its_conditions_holds(self):
        cases = (
            ({"is_new": True}, True),
            ({"was_late": True}, True),
            ({"amount": Decimal(10000)}, True),
            ({"amount": Decimal("9999.99")}, False),
            ({}, False),
        )
        for values, expected in cases:
            with self.subTest(values=values):
                walk = Walk(STANDARD, facts_of(MONDAY, **values)).run(20)
                self.assertEqual(2 in [entry.step for entry in walk.contacts], expected)

    def test_step_with_a_minimum_amount_is_passed_over_below_it(self):
        steps = (contact(1, 2, "reminder", "sms", min_amount=Decimal(200), if_new=True),)
        for amount, expected in (("199.99", "condition"), ("200", None)):
            reasons = self.reasons(2, steps, amount=Decimal(amount), is_new=True)
            self.assertEqual(reasons.get(1), expected, amount)

    def test_forward_rule_moves_a_step_before_due_forward_but_never_to_the_due_date(self):
        # Monday 7 September: -2 is a Saturday; Thursday 10: -4 is a Sunday, -5 a Saturday.
        for due, offset, expected in ((7, -2, 4), (10, -4, 7), (10, -5, 7), (10, -2, 8)):
            step = contact(1, offset, "information", "sms", forward=True)
            day = course.planned_day(step, date(2026, 9, due))
            self.assertEqual(day, date(2026, 9, expected), (due, offset))

    def test_condition_not_met_is_recorded_on_its_day_not_earlier(self):
        done = {1: "reached"}
        given = {INFORMATION: course.Given(MONDAY - timedelta(4))}
        self.assertEqual(self.reasons(-4, done=done, given=given), {})
        self.assertEqual(self.reasons(-3, done=done, given=given)[2], "condition")

    def test_sms_for_the_unreached_follows_only_a_call_that_reached_nobody(self):
        due = date(2026, 9, 10)  # a Thursday, so that -2 lies after -3
        for outcome, expected in (("unreached", True), ("reached", False)):
            with self.subTest(outcome=outcome):
                walk = Walk(
                    STANDARD,
                    facts_of(due, is_new=True),
                    lambda step, outcome=outcome: outcome if step.id == 2 else "reached",
                ).run(20)
                self.assertEqual(3 in [entry.step for entry in walk.trace], expected)

    def test_sms_for_the_unreached_waits_while_the_call_is_open(self):
        values = {"done": {1: "reached", 2: "open"}, "given": {INFORMATION: course.Given(MONDAY)}}
        self.assertEqual(self.next_on(-2, **values).step_id, 4)
        self.assertEqual(self.reasons(-2, **values), {})

    def test_step_without_any_contact_point_is_recorded_and_does_not_block(self):
        facts = {"usable": frozenset(["letter"]), "entered": MONDAY}
        walk = Walk(STANDARD, facts_of(MONDAY, **facts)).run()
        self.assertEqual({walk.passed[n] for n in (4, 5, 6, 8, 9, 10)}, {"no_route"})
        self.assertEqual([entry.step for entry in walk.contacts], [7, 11])

    def test_fallback_channel_keeps_the_route_open(self):
        walk = Walk(STANDARD, facts_of(MONDAY, usable=frozenset(["email"]))).run()
        self.assertEqual([entry.step for entry in walk.contacts], [1, 4, 6, 7])
        self.assertEqual(walk.passed[11], "no_route")

    # === THE LADDER === #

    def test_demand_waits_until_the_monit_took_effect(self):
        done = dict.fromkeys(range(1, 7), "reached")
        waiting = {REMINDER: course.Given(MONDAY), MONIT: course.Given()}
        self.assertNotEqual(self.next_on(8, done=done, given=waiting).step_id, 7)
        arrived = {**waiting, MONIT: course.Given(MONDAY + timedelta(9))}
        following = self.next_on(8, done=done, given=arrived)
        self.assertEqual((following.step_id, following.from_date), (7, MONDAY + timedelta(9)))

    def test_rung_without_route_leaves_the_one_below_it_to_wait_for(self):
        steps = (
            contact(1, 2, "reminder", "sms"),
            contact(2, 4, "monit", "email"),
            contact(3, 6, "demand", "letter", answer_days=7),
        )
        values = {"steps": steps, "usable": frozenset(["sms", "letter"]), "done": {1: "open"}}
        self.assertIsNone(self.next_on(7, **values), "the reminder is still on its way")
        arrived = {REMINDER: course.Given(MONDAY + timedelta(7))}
        following = self.next_on(7, **{**values, "done": {1: "reached"}, "given": arrived})
        self.assertEqual(following.step_id, 3)

    def test_withdrawn_contact_takes_the_demand_back(self):
        done = {**dict.fromkeys(range(1, 6), "reached"), 6: "unreached"}
        given = {REMINDER: course.Given(MONDAY)}
        self.assertEqual(self.next_on(9, done=done, given=given).step_id, 8)

    def test_final_demand_waits_for_the_answer_by_date_of_the_demand(self):
        done = dict.fromkeys((*range(1, 11), 12), "reached")
        answer_by = MONDAY + timedelta(23)
        given = {DEMAND: course.Given(MONDAY + timedelta(14), answer_by)}
        following = self.next_on(20, done=done, given=given, approvals={11: "approved"})
        self.assertEqual((following.step_id, following.from_date), (11, MONDAY + timedelta(24)))

    def test_final_demand_without_a_delivered_demand_never_comes(self):
        arrived = course.Given(MONDAY)
        for demand in ("unreached", "passed"):
            done = {**dict.fromkeys((*range(1, 11), 12), "reached"), 7: demand}
            with self.subTest(demand=demand):
                following = self.next_on(
                    22,
                    done=done,
                    given={REMINDER: arrived, MONIT: arrived},
                    approvals={11: "approved"},
                )
                self.assertEqual(following.step_id, 13)

    def test_final_demand_of_a_scenario_without_a_demand_never_comes(self):
        steps = (contact(1, 2, "reminder", "sms"), contact(2, 6, "final", "letter", answer_days=3))
        given = {REMINDER: course.Given(MONDAY + timedelta(3))}
        self.assertIsNone(self.next_on(9, steps, done={1: "reached"}, given=given))

    def test_answer_by_counts_from_the_expected_receipt_and_ends_on_a_working_day(self):
        # Posted on Tuesday, received on Monday, 7 days later it is Monday again.
        self.assertEqual(course.answer_by(date(2026, 9, 15), 7, 4), date(2026, 9, 28))
        # Received on Friday 23 October, 3 days later it is Monday.
        self.assertEqual(course.answer_by(date(2026, 10, 19), 3, 4), date(2026, 10, 26))
        # Received on Wednesday 4 November; Wednesday 11 is Independence Day.
        self.assertEqual(course.answer_by(date(2026, 10, 29), 7, 4), date(2026, 11, 12))

    def test_demand_on_time_goes_out_and_a_late_one_only_with_time_to_answer(self):
        step = (contact(1, 8, "demand", "letter", answer_days=7),)
        for entered, expected in ((0, True), (17, True), (18, False), (25, False)):
            facts = facts_of(MONDAY, MONDAY + timedelta(entered))
            with self.subTest(entered=entered):
                walk = Walk(step, facts).run()
                self.assertEqual(bool(walk.contacts), expected)

    def test_demand_made_late_by_a_hold_goes_out_only_with_time_to_answer(self):
        """Also where the rung below came as late: monitoring ends on day 30."""
        done = dict.fromkeys((*range(1, 7), 8, 9, 10, 12), "reached")
        for day, expected in ((17, True), (18, False), (23, False)):
            arrived = course.Given(MONDAY + timedelta(day - 1))
            values = {"done": done, "given": {REMINDER: arrived, MONIT: arrived}}
            with self.subTest(day=day):
                self.assertEqual(self.reasons(day, **values).get(7) != "horizon", expected)

    def test_last_day_of_a_demand_is_the_last_one_on_which_it_may_go_out(self):
        """The planner lets it lead before it is too late: its last day is a real one."""
        for offset, values in (
            (8, {}),
            (10, {}),
            (9, {"entered": MONDAY + timedelta(3), "done": dict.fromkeys(range(1, 7), "reached")}),
        ):
            with self.subTest(offset=offset, values=values):
                arrived = {"given": {REMINDER: course.Given(MONDAY), MONIT: course.Given(MONDAY)}}
                done = {"done": dict.fromkeys(range(1, 7), "reached")}
                known = {**done, **values, **arrived}
                until = self.next_on(offset, **known).until
                last, after = ((until - MONDAY).days + n for n in (0, 1))
                self.assertNotIn(7, self.reasons(last, **known))
                self.assertEqual(self.reasons(after, **known).get(7), "horizon")

    # === APPROVAL === #

    def test_approval_is_asked_three_working_days_before(self):
        done = dict.fromkeys((*range(1, 11), 12), "reached")
        given = {DEMAND: course.Given(MONDAY + timedelta(14), MONDAY + timedelta(21))}
        following = self.next_on(15, done=done, given=given)
        self.assertEqual(
            (following.act, following.from_date),
            ("approval", MONDAY + timedelta(17)),
        )

    def test_step_goes_out_only_when_the_creditor_agreed(self):
        done = dict.fromkeys((*range(1, 11), 12, 13, 14, 15), "reached")
        given = {DEMAND: course.Given(MONDAY + timedelta(14), MONDAY + timedelta(21))}
        values = {"done": done, "given": given}
        self.assertIsNone(self.next_on(23, **values, approvals={11: "open"}))
        self.assertEqual(self.next_on(23, **values, approvals={11: "approved"}).act, "contact")
        self.assertIsNone(self.next_on(23, **values, approvals={11: "refused"}))

    def test_refused_step_is_passed_over_whenever_the_creditor_says_so(self):
        walk = Walk(STANDARD, facts_of(MONDAY), answer="refused").run()
        self.assertEqual(walk.passed[11], "approval")
        self.assertEqual(walk.trace[-1].act, "report")

    # === WORDS === #

    def test_step_asked_for_late_goes_out_when_its_answer_is_due(self):
        step = (contact(1, 2, "reminder", "email", needs_approval=True),)
        walk = Walk(step, facts_of(MONDAY, MONDAY + timedelta(4))).run()
        told = [(entry.act, (entry.day - MONDAY).days) for entry in walk.trace]
        self.assertEqual(told, [("approval", 4), ("contact", 9)], "three working days after Friday")

    def test_answer_does_not_depend_on_the_order_of_the_steps(self):
        facts = facts_of(MONDAY, MONDAY + timedelta(9))
        for offset in range(9, 31):
            day = MONDAY + timedelta(offset)
            answers = [course.next_step(steps, facts, day) for steps in (STANDARD, STANDARD[::-1])]
            self.assertEqual(answers[0].next, answers[1].next)

    def test_entry_long_before_the_only_demand_asks_for_approval_in_time(self):
        demand = contact(1, 2, "demand", "letter", answer_days=7, needs_approval=True)
        following = self.next_on(-10, (demand,))
        asked = course.get_asking_day(MONDAY + timedelta(2))
        self.assertEqual((following.act, following.from_date), ("approval", asked))

    def test_entry_long_before_a_late_demand_is_on_time(self):
        demand = contact(1, 20, "demand", "letter", answer_days=14)
        self.assertEqual(self.next_on(21, (demand,)).step_id, 1)

    def test_horizon_ends_contacts_but_not_the_report(self):
        arrived = course.Given(MONDAY)
        facts = facts_of(
            MONDAY,
            done=dict.fromkeys(range(1, 14), "reached"),
            given={REMINDER: arrived, MONIT: arrived},
        )
        within = course.next_step(STANDARD, facts, MONDAY + timedelta(30)).next
        self.assertEqual(within.until, MONDAY + timedelta(30))
        beyond = course.next_step(STANDARD, facts._replace(horizon=20), MONDAY + timedelta(25))
        self.assertEqual((beyond.next.act, dict(beyond.passed)), ("report", {14: "horizon"}))
