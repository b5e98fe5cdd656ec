"""Counterparties as nobody sees them: their year of invoices, and what a call does to them.

No ORM and no database. See ``bench/year.py`` for what is assumed and why.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from odoo.addons.kgw_receivable_monitoring.tools import calendar

HORIZON = 30
MEDIAN = 3000
BOOST_DAYS = 6
CALLBACK = 0.08
ATTEMPTS = 24  # draws kept ready for one invoice; more are never used


class Temper(NamedTuple):
    """How somebody pays, hidden from the agency."""

    share: float
    in_time: float
    chance: float  # of paying on one day, uncalled
    boost: float  # how many times that is for some days after a call
    promises: float  # when reached
    keeps: float


TEMPERS = (
    Temper(0.35, 0.80, 0.100, 2.0, 0.35, 0.95),  # prompt
    Temper(0.30, 0.50, 0.040, 3.0, 0.45, 0.85),  # forgetful
    Temper(0.23, 0.30, 0.020, 2.0, 0.45, 0.55),  # strained
    Temper(0.12, 0.15, 0.006, 1.2, 0.30, 0.15),  # unwilling
)


@dataclass
class Invoice:
    """One invoice that was not paid in time; chance was drawn beforehand, so that both orders of
    calling meet the same people on the same days."""

    debtor: int
    due: date
    amount: float
    pays: list
    answers: list
    talks: list
    delays: list
    keeps: list
    # what happened in the run
    paid_on: date | None = None
    boosted_until: date | None = None
    promised: date | None = None
    broken: bool = False
    dials: int = 0
    steps_done: set = field(default_factory=set)
    last_contact: date | None = None


@dataclass
class Debtor:
    """One counterparty."""

    temper: Temper
    reach: float
    invoices: list
    promise_broken_on: date | None = None
    was_late: bool = False


def draw(seed, count, first, days):
    """Return the debtors of a year: about six invoices each, one at a time."""
    dice = random.Random(seed)
    return [_draw_debtor(dice, number, first, days) for number in range(count)]


def _draw_debtor(dice, number, first, days):
    temper = dice.choices(TEMPERS, [temper.share for temper in TEMPERS])[0]
    size = MEDIAN * dice.lognormvariate(0, 1.1)
    invoices, day = [], dice.randrange(60)
    while day < days:
        amount = round(size * dice.lognormvariate(0, 0.5), 2)
        if dice.random() >= temper.in_time:
            due = calendar.effective_due_date(first + timedelta(days=day))
            invoices.append(_draw_invoice(dice, number, due, amount))
        day += HORIZON + 10 + dice.randrange(40)
    return Debtor(temper, dice.betavariate(3, 4), invoices)


def _draw_invoice(dice, number, due, amount):
    chances = [[dice.random() for _n in range(ATTEMPTS)] for _list in range(4)]
    pays = [dice.random() for _day in range(HORIZON + 1)]
    return Invoice(number, due, amount, pays, *chances)


class Life:
    """What becomes of one invoice day by day and call by call.

    :param leaning: how much less a call does the more is owed: 0 not at all, 1 in proportion
    """

    def __init__(self, leaning):
        self.leaning = leaning

    def pass_day(self, debtor, invoice, today):
        """Let a day pass: it is paid, a promise is broken, or nothing happens."""
        if invoice.promised and today >= invoice.promised:
            if invoice.keeps[invoice.dials] < debtor.temper.keeps:
                invoice.paid_on = today
            else:
                invoice.broken, debtor.promise_broken_on = True, today
            invoice.promised = None
        elif invoice.pays[(today - invoice.due).days] < self._get_chance(debtor, invoice, today):
            invoice.paid_on = today

    def _get_chance(self, debtor, invoice, today):
        """Return the chance of paying today; large invoices wait longer for whoever signs."""
        size = invoice.amount / MEDIAN
        chance = debtor.temper.chance * size**-0.1
        if invoice.boosted_until and today <= invoice.boosted_until:
            chance *= 1 + (debtor.temper.boost - 1) * min(size**-self.leaning, 2)
        return chance

    def dial(self, debtor, invoice, today):
        """Call once; return ``nobody``, ``again`` or ``reached``."""
        number = invoice.dials
        invoice.dials += 1
        if invoice.answers[number] >= debtor.reach:
            return "nobody"
        size = invoice.amount / MEDIAN
        promises = debtor.temper.promises * min(size**-self.leaning, 1)
        if invoice.talks[number] < CALLBACK:
            return "again"
        invoice.last_contact = today
        if invoice.talks[number] < CALLBACK + promises:
            day = today + timedelta(days=2 + int(invoice.delays[number] * 6))
            invoice.promised = calendar.forward(day)
        else:
            invoice.boosted_until = today + timedelta(days=BOOST_DAYS)
        return "reached"
