"""Whether a promise to pay was kept: decided from payments only. No ORM, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from . import calendar


@dataclass(frozen=True)
class Verdict:
    """``state`` is open, kept, partly or broken; ``check_on`` the day to look again while open."""

    state: str
    check_on: date | None = None


def last_day(due: date, grace_days: int) -> date:
    """Return the last day on which a payment promised for ``due`` still counts as in time.

    :param grace_days: working days for the transfer; a day off moves the day itself forward
    """
    return calendar.add_working_days(calendar.forward(due), grace_days)


def decide(
    parts: Iterable[tuple[date, Decimal]],
    paid_by: Callable[[date], Decimal],
    known_through: date,
    grace_days: int,
) -> Verdict:
    """Return what became of a promise in parts.

    The first part that is missing when its grace days are over decides the whole promise; nothing
    is decided against the person before payments are known through that day.

    :param parts: ``(day, amount)`` in any order
    :param paid_by: what was paid from the promise on through a day; never falls with the day
    :param known_through: last day through which all payments are known
    """
    promised = Decimal()
    for due, amount in sorted(parts):
        promised += amount
        last = last_day(due, grace_days)
        if paid_by(last) >= promised:
            continue
        if known_through < last:
            return Verdict("open", last + timedelta(days=1))
        return Verdict("partly" if paid_by(last) > 0 else "broken")
    return Verdict("kept")
