"""What every reader of payments gives back: statements of banks, lists of creditors.

Plain frozen dataclasses, no ORM. A statement also says through which day its account is known:
the day of its closing balance, never the day of the upload.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .. import identifiers
from .base import Problem

CENT = Decimal("0.01")
_ACCOUNT = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{4,30}|\d{26}", re.ASCII)
# What banks write where there is no reference.
_NO_REFERENCE = {"NONREF", "NOTPROVIDED", "NOREF", "BRAK"}


@dataclass(frozen=True, slots=True)
class Payment:
    """One entry of an account, or one payment of a creditor's list.

    ``amount`` is positive for what came in. ``number`` is the document that a list names, in a
    statement the ``title`` may name it. ``account`` is the payer's, ``own_account`` the creditor's,
    both as IBAN where they can be one. ``reference`` is the bank's, unique at that bank or ''.
    ``is_reversal`` marks an entry that takes back an earlier one.
    """

    line: int | None
    date: date
    number: str
    amount: Decimal
    currency: str
    title: str = ""
    payer: str = ""
    account: str = ""
    reference: str = ""
    own_account: str = ""
    is_reversal: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """The days of one account that a file tells whole; a day is None where the file has none."""

    account: str
    opened_on: date | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Statement:
    """All that one file of payments gave."""

    format: str
    payments: tuple[Payment, ...]
    problems: tuple[Problem, ...] = ()
    periods: tuple[Period, ...] = ()


def clean(text):
    """Return the text with single spaces and without the fillers of some banks."""
    return " ".join(re.sub(r"[\x00-\x1f\xff\u02d9]", " ", text).split())


def clean_account(text):
    """Return the account in ``text`` as an IBAN where it can be one, or ''."""
    number = identifiers.compact(text)
    if not _ACCOUNT.fullmatch(number):
        return ""
    return f"PL{number}" if number.isdigit() else number


def clean_reference(text):
    """Return the bank's reference, '' for the words that stand for none."""
    reference = clean(text)
    return "" if reference.upper().rstrip(".") in _NO_REFERENCE else reference
