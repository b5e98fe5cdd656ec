"""Elixir-O: payment orders (110) are known and refused, since nobody paid anything by them.

Some programs write statements the same way, with 111 for what came in and 222 for what went
out; such files tell neither a closing day nor a balance.
"""

import csv
import re
from decimal import Decimal

from .bank_text import decode_bank
from .base import MAX_VALUE, Problem, UnreadableFile, check_size
from .cells import parse_date
from .payments_base import CENT, Payment, Statement, clean, clean_account
from .table import MAX_CELL, MAX_ROWS, split_lines

FORMAT = "elixir"
_HEAD = re.compile(rb"\s*(110|111|222|210|120),\d{8},\d{1,18},")
_SIGNS = {"111": 1, "222": -1}
_COLUMNS = 12


def sniff_payments(content, filename=""):
    """Tell by the first row: a code, a day without signs, an amount in grosze."""
    return bool(_HEAD.match(content))


def read_payments(content, filename=""):
    """Read the rows of a statement.

    :raises UnreadableFile: payment orders, or too many rows
    """
    check_size(content)
    lines = split_lines(decode_bank(content))
    if len(lines) > MAX_ROWS:
        raise UnreadableFile("too_many_rows", str(MAX_ROWS))
    read = [_read_row(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    payments = tuple(row for row in read if isinstance(row, Payment))
    return Statement(FORMAT, payments, tuple(row for row in read if isinstance(row, Problem)))


def _read_row(number, line):
    if len(line) > MAX_CELL:
        return Problem(number, "", "field_too_long")
    cells = next(csv.reader([line]), [])
    if cells and cells[0].strip() not in _SIGNS:
        if re.fullmatch(r"\d{3}", cells[0].strip()):
            raise UnreadableFile("payment_orders", cells[0].strip(), number)
        return Problem(number, "entry", "bad_entry", line.strip()[:MAX_VALUE])
    try:
        day = parse_date(cells[1])
        amount = (Decimal(int(cells[2])) / 100).quantize(CENT)
        incoming = cells[0].strip() == "111"
        own, other = (6, 5) if incoming else (5, 6)
        names = cells[7] if incoming else cells[8]
        title = cells[11]
    except (ValueError, IndexError, ArithmeticError):
        return Problem(number, "entry", "bad_entry", line.strip()[:MAX_VALUE])
    return Payment(
        line=number,
        date=day,
        number="",
        amount=_SIGNS[cells[0].strip()] * amount,
        currency="PLN",
        title=clean(title.replace("|", "")),
        payer=clean(names.replace("|", " ")),
        account=clean_account(cells[other]),
        own_account=clean_account(cells[own]),
    )
