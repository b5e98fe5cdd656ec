"""The course of one receivable: which step comes next, from when, until when, and why.

A pure function of plain values: the planner, the preview, the explain button and the portal all
ask :func:`next_step`, and a preview is this function applied again and again. Nothing here knows
the ORM, the clock, gaps between contacts or holds: those belong to the case.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from ..const import APPROVAL_LEAD_DAYS, RUNG_LEVEL
from . import calendar
from .course_values import Course, Facts, Given, Next, Step

__all__ = [
    "Course",
    "Facts",
    "Given",
    "Next",
    "Step",
    "answer_by",
    "expected_answer",
    "first_day",
    "get_asking_day",
    "next_step",
    "planned_day",
]

# Answers that are kept: many receivables of a day, and all days of a preview, ask the same.
KEPT_ANSWERS = 4096
# A demand that goes out within so many days of its day is on time.
ON_TIME_DAYS = 7

REMINDER, DEMAND, FINAL = (RUNG_LEVEL[code] for code in ("reminder", "demand", "final"))


def planned_day(step: Step, effective_due: date) -> date:
    """Return the working day of a step: the nearest one back before the due date, forward after it.

    A step that moves forward also before the due date still keeps to the last working day before.
    """
    day = effective_due + timedelta(days=step.offset)
    if step.offset >= 0:
        return calendar.forward(day)
    if step.forward:
        return min(calendar.forward(day), calendar.back(effective_due - timedelta(days=1)))
    return calendar.back(day)


def answer_by(given_on: date, answer_days: int, transit_days: int) -> date:
    """Return the last day to answer a demand given on ``given_on``, on a working day.

    The days count from the expected receipt, ``transit_days`` working days after posting.
    """
    return calendar.forward(expected_answer(given_on, answer_days, transit_days))


def get_asking_day(day: date) -> date:
    """Return the day on which the creditor is asked for approval of a step of ``day``."""
    return calendar.add_working_days(day, -APPROVAL_LEAD_DAYS)


def next_step(steps, facts: Facts, on_date: date) -> Course:
    """Return what comes next for one receivable as seen on ``on_date``.

    :param steps: the :class:`Step` of its scenario, in any order
    :return: :class:`Course`; ``next`` is None when nothing is left or everything waits for the
        outcome of an earlier step. ``passed`` names the steps whose time is over by ``on_date``.
    """
    steps = tuple(sorted(steps, key=lambda s: (s.offset, s.id)))
    return _answer(steps, _leave_out_what_changes_nothing(steps, facts), on_date)


def first_day(steps, facts: Facts, step_id: int) -> date | None:
    """Return the first day on which a step may be taken, whatever it waits for: consent, a gap.

    None: it is no step of the scenario, or waits for the outcome of the rung below.
    """
    step = next((step for step in steps if step.id == step_id), None)
    return step and _Walk(tuple(steps), facts, facts.entered_on)._earliest(step)


def _leave_out_what_changes_nothing(steps, facts: Facts) -> Facts:
    """Return facts that lead to the same answer and are those of as many receivables as possible.

    Of the amount it matters which limits it reaches; of the entry, only one later than the first
    day on which anything could be asked.
    """
    limits = {limit for s in steps for limit in (s.min_amount, s.if_amount) if limit}
    lowest = min(facts.amount, Decimal())
    amount = max((limit for limit in limits if limit <= facts.amount), default=lowest)
    first = _first_asked(steps[0].offset if steps else 0, facts.effective_due)
    return facts._replace(amount=amount, entered_on=max(facts.entered_on, first))


@lru_cache(maxsize=KEPT_ANSWERS)
def _first_asked(offset: int, effective_due: date) -> date:
    """Return the first day on which anything could be asked about a step of ``offset``."""
    day = calendar.back(effective_due + timedelta(days=offset))
    return min(get_asking_day(day), effective_due)


@lru_cache(maxsize=KEPT_ANSWERS)
def _answer(steps, facts: Facts, on_date: date) -> Course:
    return _Walk(steps, facts, on_date).course()


def expected_answer(given_on: date, answer_days: int, transit_days: int) -> date:
    """Return the day on which the answer time of a demand ends, working day or not."""
    return calendar.add_working_days(given_on, transit_days) + timedelta(days=answer_days)


def latest_start(arrives_by: date, transit_days: int) -> date:
    """Return the last day on which what needs so many working days still arrives by a day."""
    if not transit_days:
        return calendar.back(arrives_by)
    return calendar.add_working_days(arrives_by + timedelta(days=1), -transit_days) - timedelta(
        days=1
    )


class _Walk:
    """One reading of the steps against the facts."""

    def __init__(self, steps, facts: Facts, on_date: date):
        self.steps = steps
        self.facts = facts
        self.today = max(on_date, facts.entered_on)
        self.on_date = on_date
        self.passed: dict[int, str] = {}
        self.rank = {step.id: position for position, step in enumerate(self.steps)}

    def course(self) -> Course:
        candidates = []
        for position, step in enumerate(self.steps):
            if step.id in self.facts.done:
                continue
            candidate = self._candidate(position, step)
            if candidate:
                candidates.append(candidate)
        best = min(candidates, key=self._order, default=None)
        return Course(best, tuple(self.passed.items()))

    def _order(self, candidate: Next):
        """Earliest first; of those possible today the mildest rung not yet given, then the rest."""
        start = max(candidate.from_date, self.today)
        return (
            start,
            candidate.rung in self.facts.given,
            candidate.rung,
            self.rank[candidate.step_id],
        )

    def _candidate(self, position: int, step: Step) -> Next | None:
        if step.kind != "contact":
            day = max(planned_day(step, self.facts.effective_due), self.facts.entered_on)
            return Next(step.id, step.kind, day, None, 0)
        earliest = self._earliest(step)
        if earliest is None or not self._previous_known(position, step):
            return None
        until = self._until(position, step)
        in_time = self._last_day_in_time(step, earliest, until)
        reason = self._passing_reason(position, step, earliest, until, in_time)
        if reason:
            self.passed[step.id] = reason
            return None
        return self._with_approval(step, earliest, max(earliest, in_time))

    def _with_approval(self, step: Step, earliest: date, until: date) -> Next | None:
        approval = self.facts.approvals.get(step.id)
        if step.needs_approval and approval != "approved":
            if approval:  # asked, not answered yet
                return None
            asked = max(get_asking_day(earliest), self.facts.entered_on)
            return Next(step.id, "approval", asked, until, step.rung)
        return Next(step.id, "contact", earliest, until, step.rung)

    # --- when ---------------------------------------------------------------------------------

    def _earliest(self, step: Step) -> date | None:
        """First day for the step; None while it waits for the rung below."""
        earliest = max(planned_day(step, self.facts.effective_due), self.facts.entered_on)
        if step.offset < 0 or step.rung <= REMINDER:
            return earliest
        below = self._rung_below(step)
        if not below:
            return earliest
        given = self.facts.given.get(below)
        if given is None or given.effective_on is None:
            return None
        earliest = max(earliest, given.effective_on)
        if step.rung == FINAL and given.answer_by:
            earliest = max(earliest, given.answer_by + timedelta(days=1))
        return calendar.forward(earliest)

    def _rung_below(self, step: Step) -> int:
        """The next lower rung after the due date that was or still can be given, 0 for none.

        A final demand always stands on a demand.
        """
        if step.rung == FINAL:
            return DEMAND
        lower = {s.rung for s in self._after_due() if s.rung < step.rung}
        return max(
            (r for r in lower if r in self.facts.given or not self._is_exhausted(r)), default=0
        )

    def _is_exhausted(self, rung: int) -> bool:
        """A rung below demand that can't be given any more does not block the harsher ones."""
        if rung >= DEMAND:
            return False
        return all(
            self.facts.done.get(s.id) in ("passed", "unreached") or not self._has_route(s)
            for s in self._after_due()
            if s.rung == rung
        )

    def _after_due(self):
        return (s for s in self.steps if s.kind == "contact" and s.offset >= 0)

    def _until(self, position: int, step: Step) -> date:
        """Last day for the step: up to the next one, or to the end while its rung is not given."""
        before = step.offset < 0
        end = self.facts.last_day_before if before else self.facts.last_day
        if step.rung not in self.facts.given and not step.only_unreached:
            return end
        following = self._following_day(position, before)
        if following is None:
            return end
        own = planned_day(step, self.facts.effective_due)
        return min(end, max(own, following - timedelta(days=1)))

    def _following_day(self, position: int, before: bool) -> date | None:
        for step in self.steps[position + 1 :]:
            if step.kind == "contact" and (step.offset < 0) == before:
                return planned_day(step, self.facts.effective_due)
        return None

    # --- whether it is over ------------------------------------------------------------------

    def _previous_known(self, position: int, step: Step) -> bool:
        """A step that depends on the one before waits until that one ended."""
        if not step.only_unreached:
            return True
        previous = self._previous(position)
        if previous is None or previous.id in self.passed:
            return True
        return self.facts.done.get(previous.id, "open") != "open"

    def _previous(self, position: int) -> Step | None:
        contacts = [s for s in self.steps[:position] if s.kind == "contact"]
        return contacts[-1] if contacts else None

    def _passing_reason(self, position, step, earliest, until, in_time) -> str:
        """Why the step is over by now, or '' while it may still come."""
        start = max(earliest, self.today)
        if start > until:
            return self._lapse_reason(step, earliest, until)
        if earliest > self.on_date:
            return self._get_reason_not_to_ask(step, earliest)
        if not self._has_route(step):
            return self._get_route_reason(step)
        if not self._meets_condition(position, step):
            return "condition"
        if self.facts.approvals.get(step.id) == "refused":
            return "approval"
        return "horizon" if start > in_time else ""

    def _lapse_reason(self, step: Step, earliest: date, until: date) -> str:
        if step.offset < 0:
            return "due" if until == self.facts.last_day_before else "lapsed"
        return "horizon" if until == self.facts.last_day else "lapsed"

    def _has_route(self, step: Step) -> bool:
        return any(channel in self.facts.usable for channel in step.channels)

    def _get_reason_not_to_ask(self, step: Step, earliest: date) -> str:
        """Why nobody is asked for approval of a step of a later day: its channels are closed."""
        is_asked = step.needs_approval and get_asking_day(earliest) <= self.on_date
        is_closed = all(channel in self.facts.closed for channel in step.channels)
        return self._get_route_reason(step) if is_asked and is_closed else ""

    def _get_route_reason(self, step: Step) -> str:
        """Why no channel leads there: one of them is closed, else nothing is known to use."""
        closed = (self.facts.closed.get(channel) for channel in step.channels)
        return next(filter(None, closed), "no_route")

    def _meets_condition(self, position: int, step: Step) -> bool:
        if step.only_unreached:
            previous = self._previous(position)
            if previous is None or self.facts.done.get(previous.id) != "unreached":
                return False
        if step.min_amount and self.facts.amount < step.min_amount:
            return False
        wanted = [
            holds
            for asked, holds in (
                (step.if_new, self.facts.is_new),
                (step.if_late, self.facts.was_late),
                (step.if_amount is not None, self.facts.amount >= (step.if_amount or 0)),
            )
            if asked
        ]
        return any(wanted) if wanted else True

    def _last_day_in_time(self, step: Step, earliest: date, until: date) -> date:
        """Last day on which a demand still leaves its answer time within the horizon; of the others
        their last day.

        On time is also one that goes out within a week of its day, a final one within a week of the
        day on which the demand allowed it: weekends, days off and the gap to other contacts move
        it. A hold, an outage or payments that nobody knew do more: they make it late.
        """
        if step.rung < DEMAND:
            return until
        answer_in_time = self.facts.last_day - timedelta(days=step.answer_days)
        last = latest_start(answer_in_time, step.transit_days)
        if self.facts.entered_on <= self.facts.effective_due:
            own = planned_day(step, self.facts.effective_due)
            usual = earliest if step.rung == FINAL else own
            last = max(last, usual + timedelta(days=ON_TIME_DAYS))
        return min(until, last)
