"""Plain values for tests of the course: the standard scenario, and a walk over its days."""

from collections import namedtuple
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from ..const import LETTER_TRANSIT_DAYS, RUNG_LEVEL
from ..tools import calendar, course

# A Monday whose scenario days -5 ... +31 meet no statutory holiday.
MONDAY = date(2026, 9, 7)

Entry = namedtuple("Entry", "day act step rung")


def contact(number, offset, rung, *channels, **values):
    """Return a contact step; ``rung`` is its word."""
    return course.Step(number, offset, RUNG_LEVEL[rung], channels=channels, **values)


# The standard scenario for companies, as the issue words it; the number is the position.
STANDARD = (
    contact(1, -5, "information", "email", "sms"),
    contact(2, -3, "information", "phone", if_new=True, if_late=True, if_amount=Decimal(10000)),
    contact(3, -2, "information", "sms", only_unreached=True),
    contact(4, 2, "reminder", "sms", "email"),
    contact(5, 4, "reminder", "phone"),
    contact(6, 6, "monit", "email", "sms"),
    contact(7, 8, "demand", "letter", "email", answer_days=7),
    contact(8, 11, "monit", "phone"),
    contact(9, 15, "monit", "phone"),
    contact(10, 18, "monit", "phone"),
    contact(11, 21, "final", "letter", answer_days=3, needs_approval=True),
    course.Step(12, 22, kind="question"),
    contact(13, 24, "monit", "phone"),
    contact(14, 28, "monit", "phone"),
    course.Step(15, 31, kind="report"),
)


def facts_of(due, entered=None, **values):
    """Return the facts of a receivable printed as due on ``due``."""
    return course.Facts(
        due=due,
        effective_due=calendar.effective_due_date(due),
        entered_on=entered or due - timedelta(days=20),
        **values,
    )


def effective_day(step, day):
    """Return the day on which a contact made on ``day`` takes effect."""
    if "letter" in step.channels:
        return calendar.add_working_days(day, LETTER_TRANSIT_DAYS)
    return day if "phone" in step.channels else day + timedelta(days=1)


class Walk:
    """Goes through the days of one receivable as planner and channels would, one contact a day.

    :param outcome: function of a step that answers ``reached`` or ``unreached``
    :param answer: what the creditor says to a step that needs its approval
    """

    def __init__(self, steps, facts, outcome=lambda _step: "reached", answer="approved"):
        self.steps = {step.id: step for step in steps}
        self.facts = facts
        self.outcome = outcome
        self.answer = answer
        self.trace = []
        self.passed = {}

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
                return None
            if following.from_date > day:
                return following.from_date
            if following.act == "contact" and not calendar.is_working_day(day):
                return day + timedelta(days=1)
            self.take(following, day)
            if following.act == "contact":
                return day + timedelta(days=1)
        raise AssertionError(f"the course never comes to rest on {day}")

    def ask(self, day):
        """Return what is next as seen on ``day``; what was passed over is remembered as done."""
        answer = course.next_step(self.steps.values(), self.facts, day)
        self.passed |= dict(answer.passed)
        self.facts = replace(
            self.facts,
            done={**self.facts.done, **{n: "passed" for n, _why in answer.passed}},
        )
        return answer.next

    def take(self, following, day):
        """Carry one answer of the course out."""
        step = self.steps[following.step_id]
        self.trace.append(Entry(day, following.act, step.id, following.rung))
        if following.act == "approval":
            approvals = {**self.facts.approvals, step.id: self.answer}
            self.facts = replace(self.facts, approvals=approvals)
            return
        outcome = self.outcome(step) if following.act == "contact" else "passed"
        given = dict(self.facts.given)
        if outcome == "reached":
            until = (
                course.answer_by(day, step.answer_days, step.transit_days)
                if step.answer_days
                else None
            )
            given.setdefault(step.rung, course.Given(effective_day(step, day), until))
        self.facts = replace(
            self.facts,
            done={**self.facts.done, step.id: outcome},
            given=given,
        )

    @property
    def contacts(self):
        """The contacts made, in order."""
        return [entry for entry in self.trace if entry.act == "contact"]
