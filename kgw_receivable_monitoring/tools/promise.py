"""Whether a promise to pay was kept: decided from payments only. No ORM, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

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


def split(total: Decimal, count: int, first: date) -> list[tuple[date, Decimal]]:
    """Return ``count`` weekly payments of ``total``, the first one on ``first``: equal but for the
    grosze that the last one takes, none on a day off."""
    share = (total / count).quantize(Decimal("0.01"), ROUND_DOWN)
    amounts = [*[share] * (count - 1), total - share * (count - 1)]
    return [
        (calendar.forward(first + timedelta(weeks=number)), amount)
        for number, amount in enumerate(amounts)
    ]


def judge_parts(
    parts: Iterable[tuple[date, Decimal]],
    paid_by: Callable[[date], Decimal],
    known_through: date,
    grace_days: int,
) -> list[str]:
    """Return what became of each part, in the order of their days: what is paid counts for the
    earlier part first. The parameters are those of :func:`decide`."""
    states, promised = [], Decimal()
    for due, amount in sorted(parts, key=lambda part: part[0]):
        last = last_day(due, grace_days)
        paid, promised = paid_by(last) - promised, promised + amount
        if paid >= amount:
            states.append("kept")
        elif known_through < last:
            states.append("open")
        else:
            states.append("partly" if paid > 0 else "broken")
    return states


def decide(
    parts: Sequence[tuple[date, Decimal]],
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
    days = sorted(due for due, _amount in parts)
    states = judge_parts(parts, paid_by, known_through, grace_days)
    for due, state in zip(days, states, strict=True):
        last = last_day(due, grace_days)
        if state == "open":
            return Verdict("open", last + timedelta(days=1))
        if state != "kept":
            return Verdict("partly" if paid_by(last) > 0 else "broken")
    return Verdict("kept")
