"""What is owed to one creditor, and how an amount fits it: pure, no ORM."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# Payments are recorded until this day after the due date, for the figures.
PAYMENT_DAYS = 90
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Owed:
    """One due date of an invoice; ``amount`` is what is left, zero for one that is settled."""

    id: int
    invoice: int
    number: str
    ksef_number: str
    case: int
    issued: date
    due: date
    amount: Decimal
    currency: str


def get_obstacle(one, credit):
    """Return why a payment can't be for a receivable, whatever else fits; '' if it can."""
    if one.currency != credit.currency:
        return "other_currency"
    if one.issued > credit.date:
        return "early"
    return "late" if (credit.date - one.due).days > PAYMENT_DAYS else ""


class Balances:
    """Receivables of one mandate, each with what is left of it."""

    def __init__(self, owed):
        self.owed = {one.id: one for one in owed}
        self.left = {one.id: one.amount for one in owed}
        self.by_invoice, self.by_case = defaultdict(list), defaultdict(list)
        for one in sorted(owed, key=lambda one: (one.due, one.id)):
            self.by_invoice[one.invoice].append(one)
            self.by_case[one.case].append(one)

    def take(self, parts):
        """Count what was booked: it is owed no more."""
        for one, amount in parts:
            self.left[one] = max(self.left.get(one, _ZERO) - amount, _ZERO)

    def get_sum(self, invoices, credit):
        lines = (self.get_open(self.by_invoice[invoice], credit) for invoice in invoices)
        return sum((self.left[one.id] for found in lines for one in found), _ZERO)

    def get_open(self, lines, credit):
        """Return what a payment may be for: owed in its currency, issued by its day, and no more
        than 90 days past due."""
        return [one for one in lines if self.left[one.id] > 0 and not get_obstacle(one, credit)]

    def fit_named(self, invoices, credit):
        if len(invoices) == 1:
            return self.fit_invoice(invoices[0], credit)
        if self.get_sum(invoices, credit) == credit.amount:
            return self.spread(invoices, credit)
        return ()

    def fit_invoice(self, invoice, credit):
        """Return the parts if the amount is what is left of an invoice, of its first due dates,
        or of one of them; () otherwise."""
        lines = self.get_open(self.by_invoice[invoice], credit)
        total = _ZERO
        for number, one in enumerate(lines, start=1):
            total += self.left[one.id]
            if total == credit.amount:
                return self.spread_lines(lines[:number], credit.amount)
        single = [one for one in lines if self.left[one.id] == credit.amount]
        return ((single[0].id, credit.amount),) if single else ()

    def fit_lines(self, lines, credit):
        """Return every way in which the amount is one invoice's, or else all that is open."""
        invoices = dict.fromkeys(one.invoice for one in lines)
        fitting = [parts for parts in (self.fit_invoice(i, credit) for i in invoices) if parts]
        if not fitting and sum(self.left[one.id] for one in lines) == credit.amount:
            return [self.spread_lines(lines, credit.amount)]
        return fitting

    def has_more(self, invoices, credit):
        """Whether the counterparty owes more than the invoices named."""
        case = self.by_invoice[invoices[0]][0].case
        lines = self.get_open(self.by_case[case], credit)
        return any(one.invoice not in invoices for one in lines)

    def spread(self, invoices, credit):
        lines = [one for invoice in invoices for one in self.by_invoice[invoice]]
        lines = sorted(self.get_open(lines, credit), key=lambda one: (one.due, one.id))
        return self.spread_lines(lines, credit.amount)

    def spread_lines(self, lines, amount):
        """Return the parts, the oldest due date first (art. 451 par. 3 of the Civil Code)."""
        parts = []
        for one in lines:
            part = min(amount, self.left[one.id])
            if part > 0:
                parts.append((one.id, part))
                amount -= part
        return tuple(parts)
