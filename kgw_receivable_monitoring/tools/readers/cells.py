"""Dates, amounts and currencies as people in Poland write them in a cell.

Each function returns the value or raises ``ValueError``; it never guesses between two
readings that are both likely.
"""

import re
from datetime import date
from decimal import Decimal

from .. import identifiers

_CENT = Decimal("0.01")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})(?:([./-])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))")
_TIME_SUFFIX = re.compile(r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?| ?r\.?)$")
# Words of a payment term, without diacritics; what looks like a date beside them is one.
_TERM = re.compile(
    r"\b(?:dni|dnia|dzien|days?|tydzien|tygodni\w*|miesiac\w*|months?|natychmiast\w*|niezwlocznie"
    r"|otrzymani\w*|doreczeni\w*|receipt|przelew\w*|umow\w*)\b"
)
_ANY_DATE = re.compile(r"\d{4}|\d[./-]\d")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’]")
_CURRENCY_WORDS = {"zł": "PLN", "zl": "PLN", "pln": "PLN", "€": "EUR", "$": "USD", "£": "GBP"}
_CURRENCY_CELL = re.compile(r"^(zł|zl|€|\$|£|[a-z]{3})?\.?(.*?)(zł|zl|€|\$|£|[a-z]{3})?\.?$", re.I)
# plain digits, or groups of three by one separator, then at most two decimals that count
_PLAIN = re.compile(r"\d{1,16}(?:[.,]\d{1,2}0{0,4})?")
_GROUPED = re.compile(r"\d{1,3}(?:(?P<dots>(?:\.\d{3})+)(?:,\d{1,2})?|(?:,\d{3})+\.\d{1,2})")
_GROUPED_COMMAS = re.compile(r"\d{1,3}(?:,\d{3}){2,}")
_SPACED = re.compile(r"\d{1,3}(?:_\d{3})+(?:[.,]\d{1,2})?")


def parse_date(text) -> date:
    """Read 21.11.2026, 21-11-2026, 21/11/2026, 2026-11-21 or 20261121, a time after it allowed.

    The month never comes before the day; years of two digits are refused.
    """
    plain = _TIME_SUFFIX.sub("", text.strip())
    match = _DAY_FIRST.fullmatch(plain)
    if match:
        day, month, year = (int(part) for part in match.groups())
    else:
        match = _YEAR_FIRST.fullmatch(plain)
        if not match:
            raise ValueError(text)
        year, month, day = (int(match[1]), int(match[3] or match[5]), int(match[4] or match[6]))
    if not 1990 <= year <= 2099:
        raise ValueError(text)
    return date(year, month, day)


def is_in_words(text) -> bool:
    """Whether a due date is told as '14 dni od otrzymania' or 'natychmiast', and names no day."""
    return bool(_TERM.search(identifiers.fold(text))) and not _ANY_DATE.search(text)


def parse_currency(text) -> str:
    """Read 'PLN', 'zł' or 'eur' as a code of three letters; '' stays ''."""
    word = text.strip().rstrip(".").lower()
    if not word or word in _CURRENCY_WORDS:
        return _CURRENCY_WORDS.get(word, "")
    if not re.fullmatch(r"[a-z]{3}", word):
        raise ValueError(text)
    return word.upper()


def parse_amount(text) -> tuple[Decimal, str]:
    """Read '1 234,56 zł', '1.234,56', '-1234.5', '100,00-' or '(100,00)' with its currency.

    One dot before exactly three last digits parts thousands; one comma there is refused,
    since it may be either. The currency is '' when the cell names none.
    """
    bare, negative = _split_sign(text.strip())
    before, number, after = _CURRENCY_CELL.fullmatch(bare).groups()
    number, inner = _split_sign(number.strip())
    if before and after or negative and inner:
        raise ValueError(text)
    value = _parse_digits(re.sub(_SPACES, "_", number.strip())).quantize(_CENT)
    return (-value if negative or inner else value), parse_currency(before or after or "")


def _split_sign(text):
    text = text.replace("\u2212", "-").replace("–", "-")
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text.startswith("-"):
        return text[1:].strip(), True
    if text.endswith("-"):
        return text[:-1].strip(), True
    return text.removeprefix("+"), False


def _parse_digits(number) -> Decimal:
    if not number.isascii():
        raise ValueError(number)
    grouped = _GROUPED.fullmatch(number)
    if grouped and grouped["dots"]:
        number = number.replace(".", "")
    elif grouped or _GROUPED_COMMAS.fullmatch(number):
        number = number.replace(",", "")
    elif _SPACED.fullmatch(number):
        number = number.replace("_", "")
    elif not _PLAIN.fullmatch(number):
        raise ValueError(number)
    return Decimal(number.replace(",", "."))
