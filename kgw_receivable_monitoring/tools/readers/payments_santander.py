"""The history that Santander's page exports: no heading, the first line is period and account.

``2026-09-01,2026-09-30,'PL…',WYCIAG``, then ``booked,value,title,name,'account',amount,…``
with days as 30-09-2026 and amounts with a dot.
"""

import csv
import re

from .base import MAX_VALUE, Problem, UnreadableFile, check_size
from .cells import parse_amount, parse_date
from .payments_base import Payment, Period, Statement, clean, clean_account
from .table import MAX_CELL, MAX_ROWS, decode, split_lines

FORMAT = "payments_santander"
_FIRST = re.compile(
    r"\s*(\d{4}-\d{2}-\d{2}),(\d{4}-\d{2}-\d{2}),'?((?:[A-Z]{2})?[\d ]{26,32})'?(?:,.*)?"
)
_COLUMNS = 6


def sniff_payments(content, filename=""):
    """Tell by the first line, which no other history has."""
    return bool(_FIRST.fullmatch(_first_line(content)))


def _first_line(content):
    return split_lines(decode(content[:1024])[0].removeprefix("\ufeff"))[0]


def read_payments(content, filename=""):
    """Read the rows; a bad row becomes a Problem and costs only itself.

    :raises UnreadableFile: no heading line, or too many rows
    """
    check_size(content)
    found = _FIRST.fullmatch(_first_line(content))
    if not found:
        raise UnreadableFile("no_header")
    lines = split_lines(decode(content)[0])
    if len(lines) > MAX_ROWS:
        raise UnreadableFile("too_many_rows", str(MAX_ROWS))
    account = clean_account(found[3])
    read = [_read_row(number, line, account) for number, line in _get_rows(lines)]
    problems = tuple(row for row in read if isinstance(row, Problem))
    period = _read_period(found, account, not problems)
    payments = tuple(row for row in read if isinstance(row, Payment))
    return Statement(FORMAT, payments, problems, (period,))


def _get_rows(lines):
    return [(number, line) for number, line in enumerate(lines[1:], start=2) if line.strip()]


def _read_period(found, account, is_whole):
    try:
        return Period(account, parse_date(found[1]), parse_date(found[2]) if is_whole else None)
    except ValueError:
        return Period(account, None, None)


def _read_row(number, line, account):
    if len(line) > MAX_CELL:
        return Problem(number, "", "field_too_long")
    cells = next(csv.reader([line]), [])
    if len(cells) < _COLUMNS:
        return Problem(number, "entry", "bad_entry", line.strip()[:MAX_VALUE])
    field, value = "date", cells[0]
    try:
        day = parse_date(value)
        field, value = "amount", cells[5]
        amount, told = parse_amount(value)
    except ValueError:
        return Problem(number, field, f"bad_{field}", value[:MAX_VALUE])
    return Payment(
        line=number,
        date=day,
        number="",
        amount=amount,
        currency=told or "PLN",
        title=clean(cells[2]),
        payer=clean(cells[3]),
        account=clean_account(cells[4]),
        own_account=account,
    )
