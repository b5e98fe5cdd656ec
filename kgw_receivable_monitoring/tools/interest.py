"""Statutory interest for late payment: pure arithmetic over the dated rates of the NBP.

Interest runs from the day after the due date through the day of payment, a year has 365 days, and
what the days come to is rounded once, half up, to hundredths.
"""

from bisect import bisect_right
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

DAYS_OF_YEAR = 365
# The margins below stand in the law since that day; earlier delays are not ours.
SINCE = date(2020, 1, 1)


class Law(NamedTuple):
    """Percentage points above the reference rate, and whether its value of 1 January and 1 July
    counts for the half-year that begins (art. 11b of the act of 8 March 2013)."""

    margin: Decimal
    is_half_yearly: bool


LAWS = {
    # art. 481 par. 2 of the Civil Code
    "civil": Law(Decimal("5.5"), False),
    # art. 4 pt 3 of the act of 8 March 2013 on counteracting excessive delays in commercial
    # transactions: letter b, and letter a for a public entity that is a medical one
    "trade": Law(Decimal(10), True),
    "medical": Law(Decimal(8), True),
}


def get_deciding_day(day, law):
    """Return the day whose reference rate decides on the interest of ``day``."""
    return date(day.year, 1 if day.month < 7 else 7, 1) if law.is_half_yearly else day


def accrue(amount, due, through, law, rates):
    """Return the interest on ``amount`` for the days after ``due`` through ``through``.

    :param amount: what is owed all that time, Decimal
    :param due: the last day to pay, moved from a day off (art. 115 of the Civil Code)
    :param rates: ``[(first day, reference rate in per cent)]``, the oldest first
    :return: Decimal with two places; None where a rate is not known, or the delay began before 2020
    """
    first = due + timedelta(days=1)
    if through < first:
        return Decimal("0.00")
    if first < SINCE:
        return None
    starts = [start for start, _rate in rates]
    total = Decimal()
    while first <= through:
        known = bisect_right(starts, get_deciding_day(first, law))
        if not known:
            return None
        last = min(through, _get_last_day(first, law, starts[known:]))
        total += amount * (rates[known - 1][1] + law.margin) * ((last - first).days + 1)
        first = last + timedelta(days=1)
    return (total / (100 * DAYS_OF_YEAR)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _get_last_day(day, law, later_starts):
    """Return the last day on which the rate of ``day`` holds."""
    if law.is_half_yearly:
        return date(day.year, 6, 30) if day.month < 7 else date(day.year, 12, 31)
    return later_starts[0] - timedelta(days=1) if later_starts else date.max
