"""Payments in delimited text: a creditor's list, or the history that a bank's page exports.

A list names the document (``data_wplaty;numer_faktury;kwota;waluta``), a history has titles,
payers and accounts instead. iPKO puts the details as "Key: value" into columns without heading;
mBank tells the period in lines above the heading.
"""

import re
from datetime import date
from decimal import Decimal

from ..identifiers import fold
from .base import MAX_VALUE, Problem, check_size
from .cells import parse_amount, parse_currency, parse_date
from .payments_base import Payment, Period, Statement, clean, clean_account, clean_reference
from .table import MAX_HEADER_LINE, decode, find_heading, is_total, read_rows, split_lines

FORMAT = "payments_csv"

ALIASES = {
    "date": "datawplaty datazaplaty dataksiegowania datatransakcji dataoperacji datawaluty data date",
    "number": "numerfaktury nrfaktury numerdokumentu dokument numer number",
    "amount": "kwota kwotawplaty kwotaoperacji kwotatransakcji kwotatransakcjiwalutarachunku"
    " wplata zaplacono amount",
    "credit": "uznania uznanie wplywy kwotauznania ma credit",
    "debit": "obciazenia obciazenie wydatki kwotaobciazenia wn debit",
    "currency": "waluta walutaoperacji currency",
    "title": "tytul tytulem tytuloperacji tytulprzelewu tytultransakcji opis opistransakcji"
    " opisoperacji szczegoly title description",
    "payer": "nadawca nadawcaodbiorca kontrahent danekontrahenta nazwakontrahenta nazwanadawcy"
    " zleceniodawca platnik payer name",
    "account": "numerrachunku nrrachunku numerkonta nrkonta rachuneknadawcy rachunekkontrahenta"
    " numerrachunkukontrahenta nrrachunkukontrahenta kontonadawcy rachunekzrodlowy iban account",
    "reference": "referencja numerreferencyjny nrreferencyjny numertransakcji nrtransakcji"
    " idtransakcji reference",
}
ALIASES = {name: tuple(accepted.split()) for name, accepted in ALIASES.items()}
REQUIRED = (("date",), ("amount", "credit"), ("number", "title", "payer"))
# iPKO's words for what stands in columns without heading
_DETAILS = {"tytul": "title", "nazwa nadawcy": "payer", "rachunek nadawcy": "account"}
_DAY = re.compile(r"\b(?:\d{4}-\d{2}-\d{2}|\d{2}[.-]\d{2}[.-]\d{4})\b", re.ASCII)
_NRB = re.compile(r"(?:PL)?\d{2}(?: ?\d{4}){6}", re.ASCII)


def sniff_payments(content, filename=""):
    """Tell whether this is delimited text with a heading of payments, or says that it is CSV."""
    text, _mended = decode(content[: 64 * 1024])
    if text.lstrip().startswith(("<", "%PDF", "PK\x03")):
        return False
    if find_heading(split_lines(text)[:MAX_HEADER_LINE], ALIASES, REQUIRED):
        return True
    return filename.lower().endswith((".csv", ".tsv", ".txt"))


def read_payments(content, filename=""):
    """Read the rows; a bad row becomes a Problem and costs only itself.

    :raises UnreadableFile: too large, no heading, or no column for date, amount or document
    """
    check_size(content)
    rows, problems = read_rows(content, ALIASES, REQUIRED)
    own_account, period = _read_preamble(content)
    payments, refused = read_rows_of(rows, own_account)
    periods = (period,) if period else ()
    return Statement(FORMAT, payments, (*problems, *refused), periods)


def read_rows_of(rows, own_account):
    """Return (payments, problems) of the rows of a table, totals left out."""
    read = [_RowReader(row, own_account).entry() for row in rows if not _is_noise(row)]
    payments = tuple(one for one in read if isinstance(one, Payment))
    return payments, tuple(one for one in read if isinstance(one, Problem))


def _is_noise(row):
    """Totals, and the balances that histories end with."""
    if row.cells.get("number"):
        return False
    return is_total(row) or fold(row.cells["date"]).startswith("saldo")


def _read_preamble(content):
    """Return the account and the Period told above the heading; '' and None without them."""
    lines = split_lines(decode(content)[0])
    above = lines[: find_heading(lines, ALIASES, REQUIRED).line - 1]
    numbers = [found[0] for line in above for found in [_NRB.search(line)] if found]
    account = clean_account(numbers[0]) if numbers else ""
    for number, line in enumerate(above):
        if "okres" in fold(line):
            days = _find_days(" ".join(above[number : number + 2]))
            if len(days) == 2 and days[0] <= days[1]:
                return account, Period(account, *days)
    return account, None


def _find_days(text) -> list[date]:
    days = []
    for found in _DAY.findall(text):
        try:
            days.append(parse_date(found))
        except ValueError:
            return []
    return days


class _RowReader:
    """Reads one row into a Payment or a Problem."""

    def __init__(self, row, own_account):
        self.row, self.own_account = row, own_account
        self.cells = {**row.cells, **self.details()}

    def details(self):
        """Return what iPKO says as "Key: value", by our names."""
        found = {}
        for cell in (self.row.cells.get("title", ""), *self.row.extra):
            key, colon, value = cell.partition(":")
            if colon and fold(key) in _DETAILS:
                found[_DETAILS[fold(key)]] = value.strip()
        return found

    def get(self, name):
        return self.cells.get(name, "")

    def entry(self):
        if not any(self.get(name) for name in REQUIRED[2]):
            return self.refuse("number", "value_missing")
        field = "date"
        try:
            day = parse_date(self.get("date"))
            field = "amount"
            amount, told = self.amount()
            field = "currency"
            currency = parse_currency(self.get("currency")) or told or "PLN"
        except ValueError:
            return self.refuse(field, f"bad_{field}" if self.get(field) else "value_missing")
        if told and told != currency:
            return self.refuse("currency", "currency_conflict", f"{told}, {currency}")
        return self.payment(day, amount, currency)

    def amount(self):
        """Return (amount, currency told with it); of two columns the one that is filled."""
        if self.get("amount"):
            return parse_amount(self.get("amount"))
        for name, sign in (("credit", 1), ("debit", -1)):
            if self.get(name):
                value, told = parse_amount(self.get(name))
                if value:
                    return (abs(value) * sign, told)
        raise ValueError

    def payment(self, day, amount: Decimal, currency):
        return Payment(
            line=self.row.line,
            date=day,
            number=self.get("number"),
            amount=amount,
            currency=currency,
            title=clean(self.get("title")),
            payer=clean(self.get("payer")),
            account=clean_account(self.get("account")),
            reference=clean_reference(self.get("reference")),
            own_account=self.own_account,
        )

    def refuse(self, name, code, value=""):
        return Problem(self.row.line, name, code, (value or self.get(name))[:MAX_VALUE])
