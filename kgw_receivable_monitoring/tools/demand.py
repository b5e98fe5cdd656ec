"""Which demand may follow when the creditor asks for one: pure, of plain values."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ..const import RUNG_LEVEL
from .course_values import Facts, Step

DEMAND, FINAL = RUNG_LEVEL["demand"], RUNG_LEVEL["final"]


class Answer(NamedTuple):
    """The step that may be taken now, or why there is none.

    :param why: ``""``, ``none`` (the scenario has no such step), ``open`` (one is on its way),
        ``undelivered``, ``waits`` (until ``day`` inclusive, None while not known), ``given`` (the
        hardest one went out)
    """

    step_id: int = 0
    why: str = ""
    day: date | None = None


def next_demand(steps, facts: Facts, on_date: date) -> Answer:
    """Return the next demand for one receivable on ``on_date``, whatever the day of the step.

    A final demand follows only a demand that took effect and whose time to answer is over.

    :param steps: the :class:`Step` of its scenario
    """
    demands, finals = (_of_rung(steps, rung) for rung in (DEMAND, FINAL))
    if any(facts.done.get(step.id) == "open" for step in (*demands, *finals)):
        return Answer(why="open")
    given = facts.given.get(DEMAND)
    if given is None:
        return _first_free(demands, facts)
    if FINAL in facts.given:
        return Answer(why="given")
    if given.effective_on is None or given.effective_on > on_date:
        return Answer(why="waits", day=given.answer_by)
    if given.answer_by and given.answer_by >= on_date:
        return Answer(why="waits", day=given.answer_by)
    return _first_free(finals, facts)


def _of_rung(steps, rung) -> list[Step]:
    fitting = (s for s in steps if s.kind == "contact" and s.rung == rung)
    return sorted(fitting, key=lambda s: (s.offset, s.id))


def _first_free(steps, facts: Facts) -> Answer:
    """The first step that was not taken; one that was passed over may be taken after all."""
    if not steps:
        return Answer(why="none")
    step_id = next((s.id for s in steps if facts.done.get(s.id) in (None, "passed")), 0)
    return Answer(step_id, "" if step_id else "undelivered")
