from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase

from ..tools.interest import LAWS, accrue

RATES = [
    (date(2020, 1, 1), Decimal("1.50")),
    (date(2025, 5, 8), Decimal("5.25")),
    (date(2025, 7, 3), Decimal("5.00")),
    (date(2025, 9, 4), Decimal("4.75")),
    (date(2025, 10, 9), Decimal("4.50")),
    (date(2025, 11, 6), Decimal("4.25")),
    (date(2025, 12, 4), Decimal("4.00")),
    (date(2026, 3, 5), Decimal("3.75")),
]
DUES = st.dates(date(2025, 1, 1), date(2026, 6, 30))
DAYS = st.integers(0, 500)
AMOUNTS = st.decimals("0.01", "1000000", places=2)
KINDS = st.sampled_from(sorted(LAWS))
QUICK = settings(max_examples=150, deadline=None, database=None, derandomize=True)


def owe(amount, due, through, law):
    return accrue(Decimal(amount), date.fromisoformat(due), date.fromisoformat(through), law, RATES)


def owe_by_day(amount, due, days, law):
    """The same day by day, with every rate looked up by itself."""
    total = Decimal()
    for number in range(1, days + 1):
        day = due + timedelta(days=number)
        decides = date(day.year, 1 if day.month < 7 else 7, 1) if law.is_half_yearly else day
        reference = max((start, rate) for start, rate in RATES if start <= decides)[1]
        total += amount * (reference + law.margin)
    return total / 36500


class TestInterest(BaseCase):
    def test_commercial_debt_takes_the_rate_of_the_half_year(self):
        """16 days at 15.25 (the rate of 1 July, cut on 3 July), 20 days at 14.00."""
        trade = LAWS["trade"]
        self.assertEqual(owe("10000", "2025-12-15", "2026-01-20", trade), Decimal("143.56"))
        self.assertEqual(owe("12400", "2026-01-31", "2026-03-16", trade), Decimal("209.27"))
        self.assertEqual(owe("10000", "2026-06-30", "2026-07-01", LAWS["medical"]), Decimal("3.22"))

    def test_consumer_debt_takes_each_rate_from_its_day_on(self):
        """2 days at 10.00, 28 at 9.75, 7 at 9.50 (art. 481 par. 2 of the Civil Code)."""
        self.assertEqual(owe("1000", "2025-11-03", "2025-12-10", LAWS["civil"]), Decimal("9.85"))

    def test_paid_on_the_due_date_nothing_accrues(self):
        self.assertEqual(owe("1000", "2026-03-09", "2026-03-09", LAWS["civil"]), Decimal("0.00"))
        self.assertEqual(owe("1000", "2026-03-09", "2026-03-01", LAWS["trade"]), Decimal("0.00"))

    def test_leap_year_has_365_days(self):
        year = accrue(Decimal(1000), date(2023, 12, 31), date(2024, 12, 31), LAWS["civil"], RATES)
        self.assertEqual(year, Decimal("70.19"))  # 366 days at 7 per cent

    def test_rate_not_known_and_delay_before_2020_give_no_amount(self):
        self.assertIsNone(owe("1000", "2019-12-01", "2026-01-01", LAWS["civil"]))
        none = accrue(Decimal(1), date(2026, 1, 1), date(2026, 1, 2), LAWS["civil"], [])
        self.assertIsNone(none)

    @QUICK
    @given(amount=AMOUNTS, due=DUES, days=DAYS, law=KINDS)
    def test_periods_come_to_what_single_days_come_to(self, amount, due, days, law):
        whole = accrue(amount, due, due + timedelta(days=days), LAWS[law], RATES)
        by_day = owe_by_day(amount, due, days, LAWS[law])
        self.assertLessEqual(abs(whole - by_day), Decimal("0.005"))
