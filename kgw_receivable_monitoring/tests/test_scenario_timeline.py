from datetime import date, timedelta
from decimal import Decimal

from lxml import html

from odoo.tests import Form, new_test_user
from odoo.tests.common import BaseCase, TransactionCase, tagged

from ..tools import course, course_check
from .common import MODULE
from .course_common import MONDAY, STANDARD, contact, facts_of

SATURDAY = date(2026, 9, 12)


@tagged("kgw")
class TestCourseCheck(BaseCase):
    """What is odd about a scenario is found, and nothing in those that are not."""

    def codes(self, *steps, gaps=(1, 2), horizon=30):
        found = course_check.check(steps, facts_of(MONDAY, horizon=horizon), gaps)
        return [(finding.code, finding.step.id) for finding in found]

    def two_ways(self, number, offset, rung="reminder", **values):
        return contact(number, offset, rung, "sms", "email", **values)

    def test_standard_scenario_has_nothing_odd(self):
        self.assertEqual(self.codes(*STANDARD), [])

    def test_two_contacts_closer_than_the_gap_are_found(self):
        steps = self.two_ways(1, 2), self.two_ways(2, 3)
        self.assertEqual(self.codes(*steps), [("gap", 2)])
        self.assertEqual(self.codes(*steps, gaps=(1, 1)), [])

    def test_demand_whose_answer_comes_after_the_end_is_found(self):
        steps = self.two_ways(1, 2), contact(2, 21, "demand", "letter", "email", answer_days=7)
        self.assertEqual(self.codes(*steps), [("answer", 2)])
        later = course_check.check(steps, facts_of(MONDAY), (1, 2))
        self.assertEqual(next(later).other, date(2026, 10, 9))

    def test_final_demand_must_only_leave_its_own_days_within_the_monitoring(self):
        demand = contact(2, 8, "demand", "letter", "email", answer_days=7)
        for offset, expected in ((25, []), (28, [("answer", 3)])):
            final = contact(3, offset, "final", "letter", answer_days=3, transit_days=7)
            self.assertEqual(self.codes(self.two_ways(1, 2), demand, final), expected, offset)

    def test_step_that_never_comes_is_found_with_its_reason(self):
        final = contact(2, 9, "final", "letter", answer_days=3)
        self.assertEqual(self.codes(self.two_ways(1, 2), final), [("unreachable", 2)])
        alone = self.two_ways(1, 2, only_unreached=True)
        [finding] = course_check.check([alone], facts_of(MONDAY), (1, 2))
        self.assertEqual((finding.code, finding.other), ("unreachable", "condition"))

    def test_step_for_the_unreached_comes_when_the_one_before_reached_nobody(self):
        steps = self.two_ways(1, 2), self.two_ways(2, 5, only_unreached=True)
        self.assertEqual(self.codes(*steps), [])

    def test_rung_with_one_channel_only_is_found(self):
        steps = self.two_ways(1, 2), contact(2, 6, "monit", "email")
        self.assertEqual(self.codes(*steps), [("one_way", 2)])
        calls = contact(1, 2, "reminder", "phone"), contact(2, 12, "monit", "phone")
        self.assertEqual(self.codes(*calls), [("one_channel", 1)])

    def test_condition_on_the_amount_makes_no_step_unreachable(self):
        step = self.two_ways(1, 2, min_amount=Decimal(10**9), if_amount=Decimal(10**9))
        self.assertEqual(self.codes(step), [])


@tagged("post_install", "-at_install", "kgw")
class TestScenarioTimeline(TransactionCase):
    """The form shows a scenario as it will run, while it is being typed in."""

    def scenario(self, code="standard"):
        return self.env.ref(f"{MODULE}.scenario_{code}")

    def sketch(self, code, due):
        return self.env["kgw.scenario.timeline"]._sketch(self.scenario(code), due)

    def test_every_day_without_a_step_is_free_for_whoever_may_add_one(self):
        taken = set(self.scenario().step_ids.mapped("offset_days"))
        free = {day["offset"] for day in self.sketch("standard", MONDAY)["free"]}
        self.assertEqual(free | taken, set(range(-5, 31)) - {0} | taken)
        self.assertFalse(free & taken)
        agent = new_test_user(
            self.env, "kgw_reader", groups=f"base.group_user,{MODULE}.group_kgw_agent"
        )
        timeline = self.env["kgw.scenario.timeline"].with_user(agent)
        sketch = timeline._sketch(self.scenario().with_user(agent), MONDAY)
        self.assertTrue(sketch["cards"])
        self.assertEqual(sketch["free"], [])

    def test_ready_scenarios_have_no_warning_but_the_one_channel_of_calls(self):
        for code in ("standard", "consumer", "gentle"):
            for number in range(5):
                due = MONDAY + timedelta(days=number)
                self.assertEqual(self.sketch(code, due)["warnings"], [], (code, due))
        [warning] = self.sketch("calls", MONDAY)["warnings"]
        self.assertIn("Phone", warning)

    def test_second_try_that_days_off_move_onto_the_day_of_the_first_says_so(self):
        for number, expected in ((0, False), (1, True), (2, False)):
            # Four days before a Tuesday, and two, which is a Sunday, are one Friday.
            cards = self.sketch("calls", MONDAY + timedelta(days=number))["cards"]
            [again] = [card for card in cards if card["offset"] == -2]
            self.assertEqual("at the earliest a day later" in again["marks"], expected, number)

    def test_time_line_names_day_channel_rung_move_and_approval_in_words(self):
        cards = {card["offset"]: card for card in self.sketch("standard", MONDAY)["cards"]}
        self.assertEqual(
            (cards[2]["day"], cards[2]["date"], cards[2]["label"], cards[2]["rung_label"]),
            ("+2", "Wed 9 Sep", "SMS → E-mail", "Payment reminder"),
        )
        self.assertIn("moved from Sun 13 Sep", cards[6]["marks"])
        self.assertEqual(cards[21]["date"], "Wed 30 Sep")
        self.assertIn("creditor asked on Fri 25 Sep", cards[21]["marks"])
        self.assertEqual(cards[8]["date"], "Wed 16 Sep")
        self.assertIn("answer by Tue 29 Sep", cards[8]["marks"])
        self.assertIn("if new or late before or from PLN\u00a010,000.00", cards[-3]["marks"])

    def test_time_line_shows_the_day_on_which_the_step_is_really_taken(self):
        sketch = self.sketch("standard", SATURDAY)
        self.assertEqual(sketch["due"], "DUE DATE Sat 12 Sep (counts as Mon 14 Sep)")
        cards = {card["offset"]: card for card in sketch["cards"]}
        self.assertEqual(cards[2]["date"], "Wed 16 Sep")
        # +6 is a Sunday: Monday; +8 is Tuesday, and two days of gap make it Wednesday.
        self.assertEqual(
            (cards[6]["date"], cards[8]["date"]),
            ("Mon 21 Sep", "Wed 23 Sep"),
        )
        self.assertIn("waits for the gap", cards[8]["remarks"])
        # Printed on Wednesday, received four working days later, answered in seven days.
        self.assertIn("answer by Tue 6 Oct", cards[8]["marks"])
        self.assertNotIn("waits for the gap", cards[6]["remarks"])
        self.assertIn("not taken here: The due date has come", cards[-2]["remarks"])

    def test_no_two_cards_cover_each_other(self):
        taken = {}
        for card in self.sketch("standard", MONDAY)["cards"]:
            free_from = taken.get(card["lane"], -99)
            self.assertGreaterEqual(card["offset"], free_from)
            taken[card["lane"]] = card["offset"] + 6

    def test_form_draws_what_is_typed_in_before_it_is_saved(self):
        with Form(self.scenario()) as form:
            form.example_due = MONDAY
            with form.step_ids.edit(3) as step:
                step.offset_days = 1
            drawn = html.fromstring(form.timeline)
            days = [node.text_content().split()[0] for node in drawn.xpath("//ol/li")]
            self.assertEqual(days[:5], ["-5", "-3", "-2", "+1", "+4"])
            with form.step_ids.edit(4) as step:
                step.offset_days = 2
            [warning] = html.fromstring(form.timeline).xpath("//ul/li")
            self.assertIn("closer to each other than the gap", warning.text_content())

    def test_step_hours_outside_those_of_a_kind_are_told(self):
        scenario = self.scenario("gentle")
        scenario.step_ids[1].write({"hour_from": 17, "hour_to": 19})
        [warning] = self.sketch("gentle", MONDAY)["warnings"]
        self.assertIn("Company", warning)
        self.assertNotIn("Consumer", warning)

    def test_hours_of_a_step_narrow_those_of_the_kind_and_never_widen_them(self):
        kind = self.env.ref(f"{MODULE}.kind_company")
        step = self.scenario().step_ids[0]
        for hours, expected in (
            ((0, 0), (8, 17)),
            ((10, 12), (10, 12)),
            ((6, 12), (8, 12)),
            ((16, 22), (16, 17)),
            ((18, 20), (8, 17)),
        ):
            step.write({"hour_from": hours[0], "hour_to": hours[1]})
            self.assertEqual(step._get_hours(kind), expected, hours)

    def test_forward_rule_reaches_the_course(self):
        scenario = self.scenario()
        self.assertFalse(any(step.forward for step in scenario._get_course_steps()))
        scenario.day_rule = "forward"
        steps = {step.offset: step for step in scenario._get_course_steps()}
        day = course.planned_day(steps[-2], MONDAY)
        self.assertEqual(day, date(2026, 9, 4))
