"""EDI++ of InsERT (Subiekt and others): text in sections, each with a header and rows.

By InsERT's specification 1.05 to 1.11: ``[NAGLOWEK]`` holds a document or the name of a list,
``[ZAWARTOSC]`` its rows; positions below are those of the specification, counted from 1. Sales
are FS, FM (margin scheme) and RS, their corrections KFS and KRS; other documents are left out.
A header has one due date (35), and no list of the specification has several.
"""

import csv
import functools
import re
from decimal import ROUND_HALF_UP, Decimal

from .. import identifiers
from .bank_text import decode_bank
from .base import (
    MAX_VALUE,
    Document,
    Instalment,
    Party,
    Problem,
    UnreadableFile,
    warning,
)
from .cells import parse_date
from .checks import check_party, split_tax_number
from .documents_xml import collect
from .table import MAX_CELL, MAX_ROWS, split_lines

FORMAT = "epp"
_SALES = {
    "FS": "invoice",
    "FM": "invoice",
    "RS": "invoice",
    "KFS": "correction",
    "KRS": "correction",
}
_CANCELLED = "2"
_AMOUNT = re.compile(r"-?\d{1,14}(?:\.\d{1,4})?", re.ASCII)
_DAY = re.compile(r"(\d{8})(?:\d{6})?", re.ASCII)
_KSEF = re.compile(r"\d{10}-\d{8}-[0-9A-Fa-f]{12}-[0-9A-Fa-f]{2}")
_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")


def sniff(content, filename=""):
    """Tell by the first section."""
    return content[:16].removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(b"[INFO]")


def read(content, filename=""):
    """Read all sales documents; one without number, amount, date or buyer costs only itself.

    :raises UnreadableFile: more rows than we read, or not one document or list
    """
    sections = _Sections(_decode(content))
    if not sections.headers:
        raise UnreadableFile("unknown_format", filename)
    sales = (
        _SaleReader(line, cells, sections)
        for line, cells in sections.headers
        if cells[0] in _SALES and len(cells) > 20
    )
    return collect(FORMAT, sales, sections.problems)


def _decode(content):
    """The header names the code page, 1250 or 852; some programs write UTF-8 all the same."""
    info = content[:4096].decode("latin-1")
    if re.search(r"(?m)^[^,\r\n]*,[^,\r\n]*,\"?852\"?,", info):
        try:
            return content.decode("utf-8-sig").replace("\x00", "")
        except UnicodeDecodeError:
            return content.decode("cp852", "replace").replace("\x00", "")
    return decode_bank(content)


class _Sections:
    """Takes the file apart: its info row, headers of documents, rows of lists by their names."""

    def __init__(self, text):
        self.info, self.headers, self.lists, self.problems = [], [], {}, []
        lines = split_lines(text)
        if len(lines) > MAX_ROWS:
            raise UnreadableFile("too_many_rows", str(MAX_ROWS))
        section, name = "", ""
        for number, line in enumerate(lines, start=1):
            if line.startswith("[") and line.rstrip().endswith("]"):
                section = line.strip().upper()
            elif line.strip():
                name = self._take(section, name, number, line)

    def _take(self, section, name, number, line):
        """Put a row where it belongs; return the name of the list that is open."""
        if len(line) > MAX_CELL:
            self.problems.append(Problem(number, "", "field_too_long"))
            return name
        cells = [cell.strip() for cell in next(csv.reader([line]), [])]
        if section == "[INFO]":
            self.info = self.info or cells
        elif section == "[NAGLOWEK]":
            name = cells[0].upper() if len(cells) == 1 else ""
            if not name:
                self.headers.append((number, cells))
        elif name:
            self.lists.setdefault(name, []).append(cells)
        return name

    @functools.cached_property
    def seller(self):
        name, number = _cell(self.info, 7), _cell(self.info, 11)
        return Party(name=name, nip=split_tax_number(number)[0]) if number else None

    def contact(self, code):
        """Return (phone, e-mail) of a customer by its code."""
        for cells in self.lists.get("KONTRAHENCI", ()):
            if code and _cell(cells, 2) == code:
                return _cell(cells, 10), _cell(cells, 13)
        return "", ""

    def is_split_payment(self, number):
        rows = self.lists.get("WYMAGALNOSCMPP", ())
        return any(_cell(row, 1) == number and _cell(row, 2) == "1" for row in rows)


def _cell(cells, position):
    """Return the cell at a position of the specification, '' beyond the end."""
    return cells[position - 1] if len(cells) >= position else ""


class _SaleReader:
    """Reads the header of one document."""

    def __init__(self, line, cells, sections):
        self.line, self.cells, self.sections = line, cells, sections
        self.problems, self.warnings = [], []

    def document(self):
        """Return the Document, or None when it is cancelled or something needed is missing."""
        if self.cell(2) == _CANCELLED:
            number = self.cell(7)[:MAX_VALUE]
            self.problems.append(warning(self.line, "", "line_skipped", number))
            return None
        number = self.cell(7)
        if not number:
            self.refuse("number", "value_missing")
        issued = self.day(22, "issue_date", required=True)
        sold, due = self.day(23, "sale_date"), self.day(35, "due_date")
        gross, to_pay = self.amount(30, "gross", required=True), self.amount(37, "to_pay")
        paid = [self.amount(36, "paid") or _ZERO, self.amount(57, "paid") or _ZERO]
        buyer, currency = self.buyer(), self.currency()
        if self.problems:
            return None
        residual = self.residual(gross, sum(paid), to_pay)
        if due is None and residual:
            self.warnings.append(warning(self.line, "due_date", "due_missing"))
        corrected = self.cell(8)
        return Document(
            line=self.line,
            number=number,
            kind=_SALES[self.cells[0]],
            issue_date=issued,
            sale_date=sold,
            currency=currency,
            gross=gross,
            residual=residual,
            instalments=(Instalment(due, residual),) if due else (),
            due_derived=due is None,
            seller=self.sections.seller,
            buyer=buyer,
            ksef_number=self.ksef_number(),
            corrected_number=corrected,
            corrected_numbers=(corrected,) if corrected else (),
            split_payment=self.sections.is_split_payment(number),
            notes=self.cell(49),
            warnings=tuple(self.warnings),
        )

    def cell(self, position):
        return _cell(self.cells, position)

    def day(self, position, name, required=False):
        text = self.cell(position)
        found = _DAY.fullmatch(text)
        try:
            if found:
                return parse_date(found[1])
        except ValueError:
            found = None
        if text or required:
            self.refuse(name, "bad_date" if text else "value_missing", text)
        return None

    def amount(self, position, name, required=False):
        text = self.cell(position)
        if _AMOUNT.fullmatch(text):
            return Decimal(text).quantize(_CENT, ROUND_HALF_UP)
        if text or required:
            self.refuse(name, "bad_amount" if text else "value_missing", text)
        return None

    def residual(self, gross, paid, to_pay):
        """Return what is still owed.

        Some programs write into "value to pay" (37) what is left, others the whole total, paid or
        not: with something paid by cash (36) or card (57) the smaller of both readings counts.
        """
        if not paid:
            return gross if to_pay is None else to_pay
        left, sign = gross - paid, -1 if gross < 0 else 1
        if to_pay is None:
            to_pay = left
        elif to_pay not in (gross, left):
            note = f"{to_pay} ≠ {gross} - {paid}"
            self.warnings.append(warning(self.line, "to_pay", "amounts_disagree", note))
        return max(min(left * sign, to_pay * sign), _ZERO) * sign

    def currency(self):
        code = self.cell(47).upper() or "PLN"
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            self.refuse("currency", "bad_currency", code)
        return code

    def buyer(self):
        nip, foreign = split_tax_number(self.cell(18))
        phone, email = self.sections.contact(self.cell(12))
        country = self.cell(61).upper()
        party = Party(
            name=self.cell(14) or self.cell(13),
            nip=nip,
            street=self.cell(17),
            zip=self.cell(16),
            city=self.cell(15),
            country=country if len(country) == 2 and country.isalpha() else foreign[:2] or "PL",
            phone=phone,
            email=email,
            number=self.cell(12),
            foreign_tax_id=foreign,
        )
        if not party.name:
            self.refuse("buyer_name", "value_missing")
        self.warnings += check_party(self.line, party, "buyer")
        return party

    def ksef_number(self):
        """Return the KSeF number that some programs put into the notes."""
        found = _KSEF.search(self.cell(49))
        number = found[0].upper() if found else ""
        if number and not identifiers.ksef_number(number).value:
            self.warnings.append(warning(self.line, "ksef_number", "ksef_number_invalid", number))
        return number

    def refuse(self, name, code, value=""):
        self.problems.append(Problem(self.line, name, code, value[:MAX_VALUE]))
