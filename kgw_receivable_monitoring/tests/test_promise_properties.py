"""Whether a promise was kept, over random promises and payments."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase

from ..tools import calendar
from ..tools.promise import decide, judge_parts, last_day, split

FIRST = date(2026, 9, 1)
DAYS = st.integers(0, 60).map(lambda number: FIRST + timedelta(days=number))
AMOUNTS = st.integers(1, 500).map(lambda grosze: Decimal(grosze) / 100)
ROWS = st.tuples(DAYS, AMOUNTS)
PARTS = st.lists(ROWS, min_size=1, max_size=4)
PAYMENTS = st.lists(ROWS, max_size=6)
GRACE = st.integers(0, 5)
LATER = FIRST + timedelta(days=100)


def _paid(payments):
    return lambda day: sum((amount for on, amount in payments if on <= day), Decimal())


class TestPromiseProperties(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(PARTS, PAYMENTS, GRACE, DAYS)
    def test_same_as_an_accountant_would_count(self, parts, payments, grace, known):
        verdict = decide(parts, _paid(payments), known, grace)
        missed = []
        for due, _amount in parts:
            last = last_day(due, grace)
            promised = sum(amount for day, amount in parts if day <= due)
            if _paid(payments)(last) < promised:
                missed.append(last)
        if not missed:
            self.assertEqual(verdict.state, "kept")
        elif known < min(missed):
            self.assertEqual(verdict.state, "open")
            self.assertEqual(verdict.check_on, min(missed) + timedelta(days=1))
        else:
            paid = _paid(payments)(min(missed))
            self.assertEqual(verdict.state, "partly" if paid else "broken")

    @settings(max_examples=200, deadline=None)
    @given(PARTS, PAYMENTS, GRACE, DAYS)
    def test_what_is_decided_stays_decided_as_more_becomes_known(
        self, parts, payments, grace, known
    ):
        verdict = decide(parts, _paid(payments), known, grace)
        if verdict.state != "open":
            self.assertEqual(decide(parts, _paid(payments), LATER, grace), verdict)

    @settings(max_examples=200, deadline=None)
    @given(PARTS, GRACE)
    def test_paid_on_the_last_day_of_grace_is_kept_and_a_day_later_is_not(self, parts, grace):
        total, last = sum(a for _d, a in parts), min(last_day(d, grace) for d, _a in parts)
        self.assertEqual(decide(parts, _paid([(last, total)]), LATER, grace).state, "kept")
        late = [(last + timedelta(days=1), total)]
        self.assertEqual(decide(parts, _paid(late), LATER, grace).state, "broken")

    @settings(max_examples=200, deadline=None)
    @given(PARTS, PAYMENTS, GRACE, DAYS)
    def test_parts_add_up_to_the_verdict_on_the_whole(self, parts, payments, grace, known):
        states = judge_parts(parts, _paid(payments), known, grace)
        verdict = decide(parts, _paid(payments), known, grace)
        self.assertEqual(verdict.state == "kept", set(states) == {"kept"})
        first = next((state for state in states if state != "kept"), "kept")
        self.assertEqual(verdict.state == "open", first == "open")

    @settings(max_examples=200, deadline=None)
    @given(AMOUNTS, st.integers(1, 12), DAYS)
    def test_plan_gives_the_whole_in_weekly_parts_on_working_days(self, total, count, first):
        parts = split(total, count, first)
        self.assertEqual(sum(amount for _day, amount in parts), total)
        self.assertTrue(all(calendar.is_working_day(day) for day, _amount in parts))
        self.assertLess(parts[-1][1] - parts[0][1], Decimal(count) / 100)
        for number, (day, _amount) in enumerate(parts):
            self.assertEqual(day, calendar.forward(first + timedelta(weeks=number)))

    @settings(max_examples=100, deadline=None)
    @given(DAYS, GRACE)
    def test_grace_ends_on_a_working_day_and_counts_working_days(self, due, grace):
        last = last_day(due, grace)
        self.assertTrue(calendar.is_working_day(last))
        self.assertEqual(calendar.count_working_days(calendar.forward(due), last), grace)
