"""A walk over the days of one receivable: the course asked again and again, each answer carried out."""

from collections import namedtuple
from datetime import date, timedelta

from ..const import APPROVAL_LEAD_DAYS
from . import calendar, course

Entry = namedtuple("Entry", "day act step rung")


def effective_day(step, day):
    """Return the day on which a contact made on ``day`` takes effect."""
    if "letter" in step.channels:
        return calendar.add_working_days(day, step.transit_days)
    return day if "phone" in step.channels else day + timedelta(days=1)


class Walk:
    """Goes through the days of one receivable as planner and channels would.

    :param outcome: function of a step that answers ``reached`` or ``unreached``
    :param answer: what the creditor says to a step that needs its approval, at its deadline
    :param gaps: days between two contacts, before and after the due date
    """

    def __init__(
        self, steps, facts, outcome=lambda _step: "reached", answer="approved", gaps=(1, 1)
    ):
        self.steps = {step.id: step for step in steps}
        self.facts = facts
        self.outcome = outcome
        self.answer = answer
        self.gaps = gaps
        self.trace = []
        self.passed = {}
        self.answers = {}

    def run(self, days=75):
        """Walk from the entry over ``days`` days, or until nothing is left, and return the walk."""
        day, last = self.facts.entered_on, self.facts.entered_on + timedelta(days=days)
        while day and day < last:
            day = self.spend(day)
        return self

    def spend(self, day):
        """Do what is next on ``day``, at most one contact; return the next day to look at."""
        for _attempt in range(3 * len(self.steps) + 1):
            following = self.ask(day)
            if following is None:
                return self.get_answer_day()
            if following.from_date > day:
                return min(following.from_date, self.get_answer_day() or following.from_date)
            if following.act == "contact" and not self.may_contact(following, day):
                return day + timedelta(days=1)
            self.take(following, day)
            if following.act == "contact":
                return day + timedelta(days=1)
        raise AssertionError(f"the course never comes to rest on {day}")

    def may_contact(self, following, day):
        """Tell whether ``day`` is a working day and the gap since the last contact has passed."""
        gap = self.gaps[self.steps[following.step_id].offset >= 0]
        last = self.contacts[-1].day if self.contacts else date.min
        return calendar.is_working_day(day) and (day - last).days >= gap

    def ask(self, day):
        """Return what is next as seen on ``day``; what was passed over is remembered as done."""
        self._hear_answers(day)
        answer = course.next_step(self.steps.values(), self.facts, day)
        self.passed |= dict(answer.passed)
        self.facts = self.facts._replace(
            done={**self.facts.done, **{n: "passed" for n, _why in answer.passed}},
        )
        return answer.next

    def take(self, following, day, channel=None):
        """Carry one answer of the course out.

        :param channel: the one that is used; by default any of the step
        """
        step = self.steps[following.step_id]
        self.trace.append(Entry(day, following.act, step.id, following.rung))
        if following.act == "approval":
            self.answers[step.id] = calendar.add_working_days(day, APPROVAL_LEAD_DAYS)
            self._know_approval(step.id, "open")
            return
        outcome = self.outcome(step) if following.act == "contact" else "passed"
        given = dict(self.facts.given)
        if outcome == "reached":
            given = {**self.get_given(step, day, channel), **given}
        self.facts = self.facts._replace(
            done={**self.facts.done, step.id: outcome},
            given=given,
        )

    def suppose_asked(self, step_id, answered_on):
        """Let the question for consent to a step, which is open, be answered on a day."""
        self.answers[step_id] = answered_on

    def get_answer_day(self):
        """Return the day on which the creditor next answers what it was asked, None for never."""
        return min(self.answers.values(), default=None)

    def _hear_answers(self, day):
        heard = [step_id for step_id, on_date in self.answers.items() if on_date <= day]
        for step_id in heard:
            del self.answers[step_id]
            self._know_approval(step_id, self.answer)

    def _know_approval(self, step_id, answer):
        approvals = {**self.facts.approvals, step_id: answer}
        self.facts = self.facts._replace(approvals=approvals)

    def get_given(self, step, day, channel=None):
        """Return ``{rung: course.Given}`` of a contact made on ``day``."""
        until = None
        if step.answer_days:
            until = course.answer_by(day, step.answer_days, step.transit_days)
        used = step._replace(channels=(channel,)) if channel else step
        return {step.rung: course.Given(effective_day(used, day), until)}

    @property
    def contacts(self):
        """The contacts made, in order."""
        return [entry for entry in self.trace if entry.act == "contact"]
