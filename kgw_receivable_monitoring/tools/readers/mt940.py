"""Statements in MT940 as Polish banks write them: mBank, ING, PKO BP and others of ZBP's style.

SWIFT gives the tags :20: to :86:; what :86: holds is each bank's own: sub-fields behind ``~``,
``<``, ``?``, ``^`` or ``+`` with a number of two digits, mBank's words (``Z RACH.:``, ``TYT.:``),
or plain text. A damaged entry costs itself only; MT942 is no statement and is refused.
"""

import re
from datetime import date
from decimal import Decimal

from .bank_text import decode_bank
from .base import MAX_VALUE, Problem, UnreadableFile, check_size
from .mt940_details import read_details
from .payments_base import Payment, Period, Statement, clean, clean_account, clean_reference

FORMAT = "mt940"
MAX_ENTRIES = 100_000
_HEAD = 8 * 1024
_TAG = re.compile(r":(\d{2}[A-Z]?):(.*)", re.ASCII)
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d{1,15}(?:,\d{0,2})?)\s*", re.ASCII)
_ENTRY = re.compile(
    r"(?P<value>\d{6})(?P<booked>\d{4})?(?P<sign>R?[CD])[A-Z]?(?P<amount>\d{1,15},\d{0,2})"
    r"(?:[A-Z][A-Z0-9]{3})?(?P<rest>.*)",
    re.ASCII,
)
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1}


def sniff_payments(content, filename=""):
    """Tell whether this is SWIFT text: tags :20: and :25: at line starts, whatever frames them."""
    head = content[:_HEAD]
    return bool(re.search(rb"(?m)^\s*:20:", head) and re.search(rb"(?m)^:25:", head))


def read_payments(content, filename=""):
    """Read all statements of the file.

    :raises UnreadableFile: an intraday report (MT942), or more than 100,000 entries
    """
    check_size(content)
    reader = _Mt940Reader()
    for line, tag, value in _iter_tags(decode_bank(content)):
        reader.take(line, tag, value)
    return reader.finish()


def _iter_tags(text):
    """Yield (line, tag, value); lines after a tag belong to it until the next tag or ``-``."""
    line, tag, parts = 0, "", []
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        row = raw.strip("\x01\x03\ufeff")
        found = _TAG.fullmatch(row.lstrip())
        if found or row.rstrip() in ("-", "-}"):
            if tag:
                yield line, tag, "\n".join(parts)
            line, tag, parts = number, *((found[1], [found[2]]) if found else ("", []))
        elif tag == "86" or not row.startswith("//"):
            parts.append(row)  # "//" begins a comment in some exports, text only within :86:
    if tag:
        yield line, tag, "\n".join(parts)


def _to_date(text):
    return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))


def _to_booked(value_date, text):
    """Return the day of booking, which has no year: the one nearest to the value date."""
    if not text:
        return value_date
    month, day = int(text[:2]), int(text[2:])
    years = (value_date.year - 1, value_date.year, value_date.year + 1)
    days = [date(year, month, day) for year in years if (month, day) != (2, 29) or _leap(year)]
    return min(days, key=lambda booked: abs(booked - value_date))


def _leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _to_decimal(text):
    return Decimal(text.replace(",", ".") + ("0" if text.endswith(",") else ""))


class _Mt940Reader:
    """Takes tag by tag; an entry is whole when the next one or a balance comes."""

    def __init__(self):
        self.payments, self.problems, self.periods = [], [], []
        self.entry = None
        self.start()

    def start(self, account=""):
        self.account, self.currency = account, ""
        self.opened_on = self.opening = None
        self.sum, self.is_whole = Decimal(0), True

    def take(self, line, tag, value):
        if tag == "86":
            self.take_details(value)
            return
        self.close_entry()
        if tag in ("34F", "13D", "90D", "90C"):
            raise UnreadableFile("intraday_report", "MT942", line)
        if tag == "25":
            self.start(clean_account(value.removeprefix("/")) or clean(value)[:MAX_VALUE])
        elif tag in ("60F", "60M", "62F", "62M"):
            self.take_balance(line, tag, value)
        elif tag == "61":
            self.take_entry(line, value)

    def take_balance(self, line, tag, value):
        found = _BALANCE.match(value)
        try:
            day = _to_date(found[2]) if found else None
        except ValueError:
            day = None
        if day is None:
            text = clean(value)[:MAX_VALUE]
            self.problems.append(Problem(line, "balance", "bad_balance", text))
            return
        amount = _SIGNS[found[1]] * _to_decimal(found[4])
        if tag.startswith("60"):
            self.currency, self.opened_on, self.opening = found[3], day, amount
            self.sum, self.is_whole = Decimal(0), True
        else:
            self.close_statement(line, amount, day if tag == "62F" else None)

    def close_statement(self, line, closing, day):
        """Keep the period; of a statement whose entries are not all there, no closing day."""
        if not self.is_whole:
            day = None  # what was refused says why
        elif self.opening is not None and self.opening + self.sum != closing:
            difference = abs(closing - self.opening - self.sum)
            self.problems.append(Problem(line, "balance", "balance_differs", f"{difference}"))
            day = None
        self.periods.append(Period(self.account, self.opened_on, day))
        self.opening = None

    def take_entry(self, line, value):
        if len(self.payments) >= MAX_ENTRIES:
            raise UnreadableFile("too_many_rows", str(MAX_ENTRIES))
        first, _break, extra = value.partition("\n")
        found = _ENTRY.fullmatch(first.strip())
        try:
            value_date = _to_date(found["value"]) if found else None
            booked = found and _to_booked(value_date, found["booked"])
        except ValueError:
            found = None
        if not found or not self.currency:
            code = "bad_entry" if not found else "currency_missing"
            self.problems.append(Problem(line, "entry", code, clean(first)[:MAX_VALUE]))
            self.is_whole = False
            return
        amount = _SIGNS[found["sign"]] * _to_decimal(found["amount"])
        self.sum += amount
        customer, _slashes, bank = found["rest"].partition("//")
        self.entry = {
            "line": line,
            "date": booked,
            "number": "",
            "amount": amount,
            "currency": self.currency,
            "title": clean(extra),
            "reference": clean_reference(bank) or clean_reference(customer),
            "own_account": self.account,
            "is_reversal": found["sign"] in ("RC", "RD"),
        }

    def take_details(self, value):
        """Details belong to the entry before them; those of the whole statement tell nothing.

        ING repeats the tag at the head of its own text.
        """
        if self.entry is None:
            return
        details = read_details(value.removeprefix(":86:"), incoming=self.entry["amount"] > 0)
        self.entry.update({name: text for name, text in details.items() if text})

    def close_entry(self):
        if self.entry is not None:
            self.payments.append(Payment(**self.entry))
            self.entry = None

    def finish(self):
        self.close_entry()
        if self.opening is not None or not self.periods:
            # the file ends before the closing balance: nothing says that the day is whole
            self.periods.append(Period(self.account, self.opened_on, None))
        return Statement(FORMAT, tuple(self.payments), tuple(self.problems), tuple(self.periods))
