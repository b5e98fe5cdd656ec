"""The days to come of one case: its receivables walk together, at most one contact a day.

The rules are those of the planner (``kgw.planner._get_plan_query``): one contact per case, led by
what would lapse before the next slot, else by the hardest rung; what is due on the same side of the
due date goes along. ``tests/test_portal_plan.py`` compares it with the planner itself.
"""

from collections import namedtuple
from datetime import date, timedelta

from ..const import RUNG_LEVEL
from . import calendar

DEMAND = RUNG_LEVEL["demand"]
# What happens on a day: the step that leads, its channel, and which receivables take a step: their
# places in the order of the walks. Of a demand ``named`` are those that it does not demand: they go
# along on a lower rung.
Stop = namedtuple("Stop", "day act step channel lines named", defaults=((),))


class CaseWalk:
    """Goes through the days of one case as the planner would.

    :param walks: a :class:`tools.course_walk.Walk` for each receivable, in the order of their ids
    :param gaps: days between two contacts, before and after the due date
    :param last_contact: day of the last contact, None for none
    :param may_go: function of a day, a step and a channel that tells whether it may go out then;
        by default on working days
    :param may_take: function of a walk, a day and a step that tells whether its receivable may be
        spoken of then; by default always
    """

    def __init__(self, walks, gaps, last_contact=None, may_go=None, may_take=None):
        self.walks = walks
        self.gaps = gaps
        self.last_contact = last_contact or date.min
        self.may_go = may_go or (lambda day, *_way: calendar.is_working_day(day))
        self.may_take = may_take or (lambda *_asked: True)
        self.following = {}
        self.trace = []

    def run(self, first, last, most=None):
        """Walk from ``first`` to the day before ``last`` and return the :class:`Stop` list.

        :param most: no day after the one on which there are so many; None means all days
        """
        day = first
        while day and day < last and (most is None or len(self.trace) < most):
            self.spend(day)
            days = [n.from_date for n in self.following.values() if n]
            days += filter(None, (walk.get_answer_day() for walk in self.walks))
            day = max(day + timedelta(days=1), min(days)) if days else None
        return self.trace

    def spend(self, day):
        """Do what is next on ``day``: every question and report, at most one contact."""
        due = [walk for walk in self.walks if self._settle(walk, day)]
        due = [walk for walk in due if self._may_contact(walk, day)]
        if due:
            self._contact(due, day)

    def _settle(self, walk, day):
        """Do what needs no contact; tell whether a contact is due."""
        number, answered_on = id(walk), walk.get_answer_day()
        if answered_on and answered_on <= day:
            self.following.pop(number, None)
        following = self.following.get(number)
        if not following or following.from_date <= day:
            following = walk.ask(day)  # what waited may be over by now
        while following and following.from_date <= day and following.act != "contact":
            walk.take(following, day)
            self._note(day, following.act, following.step_id, "", [walk])
            following = walk.ask(day)
        self.following[number] = following
        return bool(following and following.from_date <= day and following.act == "contact")

    def _get_step(self, walk):
        return walk.steps[self.following[id(walk)].step_id]

    def _get_gap(self, step):
        return timedelta(days=self.gaps[step.offset >= 0])

    def _may_contact(self, walk, day):
        step = self._get_step(walk)
        if day - self._get_gap(step) < self.last_contact or not self.may_take(walk, day, step):
            return False
        return self.may_go(day, step, self._get_channel(walk, step))

    def _get_channel(self, walk, step):
        return next((c for c in step.channels if c in walk.facts.usable), step.channels[0])

    def _contact(self, due, day):
        leader = min(due, key=lambda walk: self._get_order(walk, day))
        step = self._get_step(leader)
        channel = self._get_channel(leader, step)
        own = [w for w in due if (self._get_step(w).offset < 0) == (step.offset < 0)]
        named = [w for w in own if is_only_named(self._get_step(w).rung, step.rung)]
        for walk in own:
            walk.take(self.following[id(walk)], day, channel)
            self.following[id(walk)] = walk.ask(day)
        self.last_contact = day
        self._note(day, "contact", step.id, channel, own, named)

    def _get_order(self, walk, day):
        """The leader is what would lapse before the next slot, a demand or the first announcement,
        else the hardest rung."""
        following, step = self.following[id(walk)], self._get_step(walk)
        slot = calendar.forward(day + self._get_gap(step))
        is_last = step.rung >= DEMAND if step.offset >= 0 else not walk.facts.given
        lapses = is_last and following.until < slot
        return not lapses, -step.rung, step.offset, self.walks.index(walk)

    def _note(self, day, act, step_id, channel, walks, named=()):
        """Remember what happened; a question about several receivables is one question."""
        lines = tuple(self.walks.index(walk) for walk in walks)
        same = next((s for s in self.trace if s[:3] == (day, act, step_id)), None)
        if same and act != "contact":
            self.trace[self.trace.index(same)] = same._replace(lines=same.lines + lines)
            return
        places = tuple(self.walks.index(walk) for walk in named)
        self.trace.append(Stop(day, act, step_id, channel, lines, places))


def is_only_named(rung, leading):
    """Whether a contact that is led by a step of level ``leading`` only names who takes a step of
    level ``rung``: a demand demands no one who has not had the rung below."""
    return leading >= DEMAND and rung < leading


def suppose_not_planned(walk, step_id):
    """Let a step be open again whose contact will be cancelled and planned anew."""
    done = {number: how for number, how in walk.facts.done.items() if number != step_id}
    walk.facts = walk.facts._replace(done=done)


def suppose_taken(walk, step_id, day, channel):
    """Let a contact that is planned for ``day`` have gone out, for what the walk asks after it."""
    step = walk.steps.get(step_id)
    if step:
        walk.facts = walk.facts._replace(
            done={**walk.facts.done, step_id: "reached"},
            given={**walk.get_given(step, day, channel), **walk.facts.given},
        )
