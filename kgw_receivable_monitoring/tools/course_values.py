"""What the course is asked with, and what it answers: plain values that never change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from ..const import LETTER_TRANSIT_DAYS
from . import calendar

NOTHING = MappingProxyType({})


class Step(NamedTuple):
    """One step of a scenario.

    :param offset: days from the effective due date, negative before it
    :param rung: 1 (information) to 5 (final demand); 0 for a step without channel
    :param kind: ``contact``, ``question`` or ``report``
    :param channels: the channel and its fallback; empty for a step without channel
    :param answer_days: days that a demand gives for an answer, else 0
    :param transit_days: working days from posting to the expected receipt
    :param only_unreached: taken only when the step before was tried and reached nobody
    :param if_new, if_late, if_amount: taken when any of those set holds; all unset means always
    :param min_amount: smaller receivables pass the step over, whatever else holds
    :param forward: a day off moves the step forward also before the due date
    """

    id: int
    offset: int
    rung: int = 0
    kind: str = "contact"
    channels: tuple[str, ...] = ()
    answer_days: int = 0
    transit_days: int = LETTER_TRANSIT_DAYS
    needs_approval: bool = False
    only_unreached: bool = False
    if_new: bool = False
    if_late: bool = False
    if_amount: Decimal | None = None
    min_amount: Decimal | None = None
    forward: bool = False

    def __hash__(self):
        """Answers are kept by the steps as well: their ids tell them apart fast."""
        return hash(self.id)


class Given(NamedTuple):
    """A rung that was given: the day it took effect (None: not yet) and its answer-by date."""

    effective_on: date | None = None
    answer_by: date | None = None


class Facts(NamedTuple):
    """What is known of one receivable in its present course.

    :param due: the printed due date; ``effective_due`` is the one moved by art. 115 kc
    :param entered_on: the day from which it is monitored
    :param horizon: days after the effective due date at which monitoring ends
    :param done: step id -> ``open``, ``reached``, ``unreached`` or ``passed``
    :param given: rung -> :class:`Given`
    :param usable: channels that are open and for which the case has a usable contact point
    :param closed: channel -> why it is not used: ``given_up`` by the creditor, or ``closed``
    :param approvals: step id -> ``open``, ``approved`` or ``refused``
    """

    due: date
    effective_due: date
    entered_on: date
    horizon: int = 30
    done: Mapping[int, str] = NOTHING
    given: Mapping[int, Given] = NOTHING
    usable: frozenset[str] = frozenset(("email", "sms", "phone", "letter"))
    closed: Mapping[str, str] = NOTHING
    approvals: Mapping[int, str] = NOTHING
    is_new: bool = False
    was_late: bool = False
    amount: Decimal = Decimal()

    def __hash__(self):
        """Facts are frozen, and so must be what they are made of: answers are kept by them."""
        taken = (self.done, self.given, self.closed, self.approvals)
        return hash((self.due, self.entered_on, *(frozenset(part.items()) for part in taken)))

    @property
    def last_day(self) -> date:
        """Last day of monitoring."""
        return self.effective_due + timedelta(days=self.horizon)

    @property
    def last_day_before(self) -> date:
        """Last working day before the printed due date."""
        return calendar.back(min(self.due, self.effective_due) - timedelta(days=1))


class Next(NamedTuple):
    """The next thing to do.

    :param act: ``contact``, ``approval`` (ask the creditor first), ``question`` or ``report``
    :param until: last day on which it still makes sense; None for acts that do not lapse
    """

    step_id: int
    act: str
    from_date: date
    until: date | None
    rung: int


class Course(NamedTuple):
    """Answer of :func:`next_step`: what is next, and the steps passed over with their reasons."""

    next: Next | None
    passed: tuple[tuple[int, str], ...] = ()
