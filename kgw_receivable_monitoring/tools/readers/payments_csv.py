"""Payments that a creditor reports as a list: data_wplaty;numer_faktury;kwota;waluta.

Not an invoice format: it has no ``sniff``, the caller knows that payments are handed over.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .base import Problem, check_size
from .cells import parse_amount, parse_currency, parse_date
from .table import is_total, read_rows

ALIASES = {
    "date": ("datawplaty", "datazaplaty", "dataksiegowania", "data", "date"),
    "number": ("numerfaktury", "nrfaktury", "numerdokumentu", "dokument", "numer", "number"),
    "amount": ("kwota", "kwotawplaty", "wplata", "zaplacono", "amount"),
    "currency": ("waluta", "currency"),
}


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment reported by the creditor: on ``date``, for the document ``number``."""

    line: int
    date: date
    number: str
    amount: Decimal
    currency: str


def read_payments(content: bytes) -> tuple[tuple[Payment, ...], tuple[Problem, ...]]:
    """Return (payments, problems); a bad row becomes a Problem and costs only itself.

    :raises UnreadableFile: too large, no heading, or no column for date, number or amount
    """
    check_size(content)
    rows, problems = read_rows(content, ALIASES, (("date",), ("number",), ("amount",)))
    payments = []
    for row in rows:
        if row.cells["number"] or not is_total(row):
            found = _read_payment(row)
            (payments if isinstance(found, Payment) else problems).append(found)
    return tuple(payments), tuple(problems)


def _read_payment(row):
    cells = row.cells
    if not cells["number"]:
        return Problem(row.line, "number", "value_missing")
    field = "date"
    try:
        day = parse_date(cells["date"])
        field = "amount"
        amount, told = parse_amount(cells["amount"])
        field = "currency"
        currency = parse_currency(cells.get("currency", "")) or told or "PLN"
    except ValueError:
        code = f"bad_{field}" if cells[field] else "value_missing"
        return Problem(row.line, field, code, cells[field])
    if told and told != currency:
        return Problem(row.line, "currency", "currency_conflict", f"{told}, {currency}")
    return Payment(row.line, day, cells["number"], amount, currency)
