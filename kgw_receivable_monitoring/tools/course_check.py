"""What is odd about a scenario, found without any receivable: pure, no ORM, no words."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ..const import RUNG_LEVEL
from . import course
from .course_walk import Walk

DEMAND, FINAL = RUNG_LEVEL["demand"], RUNG_LEVEL["final"]
# A week of due dates whose days -7 ... +31 meet no statutory holiday.
PLAIN_WEEK = tuple(date(2026, 9, day) for day in range(7, 12))


@dataclass(frozen=True)
class Finding:
    """Something odd: its code, the step, and what the sentence about it names.

    :param code: ``gap``, ``answer``, ``unreachable``, ``one_way`` or ``one_channel``
    """

    code: str
    step: course.Step
    other: object = None


def walk(steps, due: date, effective_due: date, horizon: int, gaps, unreached=()) -> Walk:
    """Walk through a receivable that never pays and meets every condition; all else succeeds.

    :param unreached: ids of steps that reach nobody
    """
    facts = course.Facts(
        due=due,
        effective_due=effective_due,
        entered_on=due - timedelta(days=60),
        horizon=horizon,
        is_new=True,
        was_late=True,
        amount=Decimal("Infinity"),
    )
    return Walk(
        steps, facts, lambda step: "unreached" if step.id in unreached else "reached", gaps=gaps
    ).run(150)


def check(steps, facts: course.Facts, gaps):
    """Yield the :class:`Finding` of a scenario, in the order of its steps.

    :param facts: due date, effective due date and horizon of an example
    :param gaps: days between two contacts, before and after the due date
    """
    contacts = sorted((s for s in steps if s.kind == "contact"), key=lambda s: (s.offset, s.id))
    yield from _check_gaps(contacts, gaps)
    yield from _check_answers(contacts, facts)
    yield from _check_reach(steps, contacts, facts.horizon, gaps)
    yield from _check_ways(contacts)


def _check_gaps(contacts, gaps):
    for earlier, later in zip(contacts, contacts[1:], strict=False):
        if later.offset - earlier.offset < gaps[later.offset >= 0] and not later.only_unreached:
            yield Finding("gap", later, earlier)


def _check_answers(contacts, facts):
    """The time to answer a demand ends within the monitoring.

    No step follows a final demand: for it the days on the way do not count.
    """
    for step in contacts:
        if step.rung >= DEMAND:
            given_on = course.planned_day(step, facts.effective_due)
            transit = 0 if step.rung == FINAL else step.transit_days
            if course.expected_answer(given_on, step.answer_days, transit) > facts.last_day:
                by = course.answer_by(given_on, step.answer_days, step.transit_days)
                yield Finding("answer", step, by)


def _check_reach(steps, contacts, horizon, gaps):
    """A step that comes for no due date of a plain week never comes; ``other`` says why."""
    usual = [walk(steps, due, due, horizon, gaps) for due in PLAIN_WEEK]
    for position, step in enumerate(contacts):
        walks = usual
        if step.only_unreached and position:
            missed = (contacts[position - 1].id,)
            walks = [walk(steps, due, due, horizon, gaps, missed) for due in PLAIN_WEEK]
        if not any(step.id == entry.step for one in walks for entry in one.contacts):
            yield Finding("unreachable", step, walks[-1].passed.get(step.id))


def _check_ways(contacts):
    """Whoever lacks the only channel of a rung gets no contact of it.

    A final demand is a letter by its nature.
    """
    if contacts and len({channel for step in contacts for channel in step.channels}) == 1:
        yield Finding("one_channel", contacts[0])
        return
    for rung in sorted({step.rung for step in contacts} - {FINAL}):
        given = [step for step in contacts if step.rung == rung]
        if len({channel for step in given for channel in step.channels}) == 1:
            yield Finding("one_way", given[0])
