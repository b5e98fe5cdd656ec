"""Lists of open invoices as Polish programs and spreadsheets export them.

Semicolon, comma or tab; UTF-8 or cp1250; decimal comma; a heading in Polish or English,
lines before it and totals after it. One row is one document; rows with the same number,
issue date and buyer and different due dates are instalments of one, each row carrying the
amount of its own instalment.
"""

import re
from dataclasses import replace
from decimal import Decimal

from .. import identifiers
from .base import MAX_VALUE, Document, Instalment, Party, Problem, ReadResult, warning
from .cells import is_in_words, parse_amount, parse_currency, parse_date
from .checks import check_account, check_party, split_tax_number
from .table import (
    MAX_HEADER_LINE,
    decode,
    find_heading,
    guess_columns,
    is_total,
    read_rows,
    split_lines,
    split_table,
    with_columns,
)

FORMAT = "csv_polish"

# Field -> headings, best first; lower case, without diacritics, spaces and signs.
ALIASES = {
    "number": "numerfaktury nrfaktury numerdokumentu nrdokumentu fakturanr fakturanumer dokument"
    " numer nr faktura invoicenumber number",
    "issue_date": "datawystawienia wystawiono datafaktury datadokumentu wystawienie data"
    " issuedate invoicedate",
    "sale_date": "datasprzedazy datadostawy sprzedaz saledate",
    "due_date": "terminplatnosci terminzaplaty dataplatnosci platnosc termin wymagalnosc"
    " datawymagalnosci platnedo duedate",
    "gross": "cenabruttofakturylacznie wartoscbruttofaktury kwotabruttofaktury kwotabrutto"
    " brutto wartoscbrutto kwotadokumentu kwotafaktury kwota wartosc"
    " naleznosc razembrutto grosstotal gross amount total",
    "to_pay": "dozaplaty kwotadozaplaty amountdue",
    "open": "pozostalo pozostalodozaplaty pozostaje saldo zostalo niezaplacono residual balance",
    "paid": "zaplacono wplacono zaplata wplata kwotazaplacona paid amountpaid",
    "currency": "waluta kodwaluty currency",
    "buyer_name": "nazwanabywcy nabywca nazwakontrahenta nazwaodbiorcy nazwafirmy nazwaklienta"
    " nazwa kontrahent odbiorca dluznik klient buyername customer customername buyer",
    "buyer_nip": "nipnabywcy nipkontrahenta nipodbiorcy nipklienta nip buyernip vatid",
    "buyer_number": "kodkontrahenta numerkontrahenta nrkontrahenta kodklienta nrklienta"
    " numerklienta symbolkontrahenta akronim customernumber",
    "street": "ulica adresulica adres adresnabywcy adreskontrahenta adresodbiorcy street",
    "zip": "kodpocztowy kod zip postcode",
    "city": "miasto miejscowosc poczta city",
    "country": "kraj kodkraju country",
    "email": "email adresemail mail emailnabywcy emailkontrahenta",
    "phone": "telefon tel nrtelefonu numertelefonu telefonnabywcy telefonkontrahenta"
    " telefonkomorkowy komorka phone",
    "account": "rachunek rachunekbankowy nrrachunku numerrachunku numerkonta nrkonta nrb konto"
    " iban account",
    "ksef_number": "numerksef nrksef ksef idksef ksefnumber",
    "corrected_number": "fakturakorygowana numerfakturykorygowanej nrfakturykorygowanej"
    " korygowana correctednumber",
    "split_payment": "mpp splitpayment podzielonaplatnosc mechanizmpodzielonejplatnosci",
    "notes": "uwagi opis notatki notatka komentarz adnotacje pieczec kodpieczeci stopka notes",
    "item": "tytulpozycji nazwatowaru nazwatowarulubuslugi towar usluga pozycja itemname",
    "seller_name": "sprzedawca nazwasprzedawcy wierzyciel sellername",
    "seller_nip": "nipsprzedawcy nipwierzyciela sellernip",
}
ALIASES = {name: tuple(accepted.split()) for name, accepted in ALIASES.items()}
# A list without due dates has the mandate's term, one without buyers can say what is still owed
# of what is known: each row is judged for itself.
REQUIRED = (("number",), ("due_date", "issue_date"), ("gross", "to_pay", "open"))
_POSTAL = re.compile(r"(?:^|,)\s*(\d{2}-\d{3})\s+([^,]+)$")
_ZERO = Decimal("0.00")
_YES = ("tak", "t", "1", "x", "true", "yes")
# Other formats of plain text that are not ours: EPP, MT940 (also framed by mBank), XML, PDF.
_FOREIGN = ("<", "[INFO]", ":20:", "{1:", "\x01", "%PDF", "PK\x03")


def sniff(content, filename=""):
    """Tell whether this is delimited text: it has a heading that we know, or says it is CSV."""
    text, _mended = decode(content[: 64 * 1024])
    if text.lstrip().startswith(_FOREIGN):
        return False
    if find_heading(split_lines(text)[:MAX_HEADER_LINE], ALIASES, REQUIRED):
        return True
    return filename.lower().endswith((".csv", ".tsv", ".txt"))


def read(content, filename="", columns=None):
    """Read the rows into documents; a bad row becomes problems and costs only itself.

    :param columns: ``{heading: field}`` of headings that somebody has mapped by hand
    :raises UnreadableFile: no heading, or no column for number, a date or an amount
    """
    rows, problems = read_rows(content, with_columns(ALIASES, columns or {}), REQUIRED)
    return read_documents(FORMAT, rows, problems)


def describe(content):
    """Return ``[(heading, sample value)]`` of a list of unknown headings."""
    return guess_columns(split_table(content))


def read_documents(name, rows, problems):
    """Return the ReadResult of the rows of a table, whatever file it stood in."""
    documents, refused = {}, set()
    for row in rows:
        reader = _RowReader(row)
        if reader.is_noise():
            problems.extend(reader.problems)
            continue
        document = reader.document()
        if document is not None:
            problem = _add(documents, document, bool(row.cells.get("item")))
            reader.problems += [problem] if problem else []
        if reader.problems:
            refused.add(row.cells["number"])
            problems.extend(reader.problems)
    taken = tuple(_mark_sibling(document, refused) for document in documents.values())
    return ReadResult(name, taken, tuple(problems))


def _add(documents, document, is_item):
    """Put the document, or its instalment, into the dict; return a Problem if refused.

    :param is_item: the row is about goods: lists of goods repeat the invoice on every row
    """
    buyer = document.buyer
    who = buyer.nip or buyer.foreign_tax_id or identifiers.fold(buyer.name)
    key = (document.number, document.issue_date, who)
    known = documents.get(key)
    if known is None:
        documents[key] = document
        return None
    days = {instalment.due_date for instalment in known.instalments}
    if not days or days.intersection(i.due_date for i in document.instalments):
        if is_item and document.gross == known.gross:
            return None
        return Problem(document.line, "number", "duplicate_row", document.number[:MAX_VALUE])
    if known.currency != document.currency:
        number = document.number[:MAX_VALUE]
        return Problem(document.line, "currency", "instalment_conflict", number)
    documents[key] = _join(known, document)
    return None


def _join(known, document):
    instalments = sorted(known.instalments + document.instalments, key=lambda i: i.due_date)
    return replace(
        known,
        gross=known.gross + document.gross,
        residual=known.residual + document.residual,
        instalments=tuple(instalments),
        warnings=known.warnings + document.warnings,
    )


def _mark_sibling(document, refused):
    if document.number not in refused:
        return document
    note = warning(document.line, "number", "sibling_refused", document.number)
    return replace(document, warnings=(*document.warnings, note))


class _RowReader:
    """Reads one row field by field; collects problems (refuse) and warnings (keep)."""

    def __init__(self, row):
        self.row = row
        self.problems = []
        self.warnings = []

    def is_noise(self):
        """Tell whether the row is a total or a note; a note leaves a warning."""
        told = [group for group in REQUIRED if any(self.text(name) for name in group)]
        if not self.text("due_date") and is_total(self.row):
            return True
        if len(told) > 1 or self.text("due_date") or self.text("issue_date"):
            return False
        note = " ".join(filter(None, self.row.cells.values()))
        self.problems.append(warning(self.row.line, "", "line_skipped", note))
        return True

    def document(self):
        """Return the Document, or None when the row has problems."""
        number = self.text("number", required=True)
        due_date = self.due_date()
        issue_date = self.date("issue_date")
        sale_date = self.date("sale_date")
        buyer = self.buyer()
        gross, residual, currency = self.amounts()
        if self.problems:
            return None
        self.warn_dates(issue_date, due_date)
        account, found = check_account(self.row.line, self.text("account"))
        self.warnings += found
        corrected = self.text("corrected_number")
        return Document(
            line=self.row.line,
            number=number,
            kind="correction" if corrected or gross < 0 else "invoice",
            issue_date=issue_date,
            sale_date=sale_date,
            currency=currency,
            gross=gross,
            residual=residual,
            instalments=(Instalment(due_date, residual),) if due_date else (),
            due_derived=not due_date,
            seller=self.seller(),
            buyer=buyer,
            account=account,
            ksef_number=self.ksef_number(),
            corrected_number=corrected,
            corrected_numbers=(corrected,) if corrected else (),
            notes=self.text("notes"),
            split_payment=self.text("split_payment").lower() in _YES,
            warnings=tuple(self.warnings),
        )

    def text(self, name, required=False):
        value = self.row.cells.get(name, "")
        if required and not value:
            self.refuse(name, "value_missing")
        return value

    def date(self, name, required=False):
        text = self.text(name, required)
        try:
            return parse_date(text) if text else None
        except ValueError:
            return self.refuse(name, "bad_date", text)

    def due_date(self):
        """Return the day; None where it is told in words, or not at all beside a date of issue:
        then the mandate's term counts."""
        text = self.text("due_date")
        if not self.text("issue_date") or (text and not is_in_words(text)):
            return self.date("due_date", required=True)
        if "due_date" in self.row.cells:
            self.warn("due_date", "due_in_words" if text else "due_missing", text)
        return None

    def amount(self, name):
        """Return (amount or None, currency in the cell or '')."""
        text = self.text(name)
        try:
            return parse_amount(text) if text else (None, "")
        except ValueError:
            return self.refuse(name, "bad_amount", text), ""

    def amounts(self):
        """Return (gross, residual, currency) from the amount columns that are there."""
        names = ("gross", "to_pay", "open", "paid")
        values, told = zip(*(self.amount(name) for name in names), strict=True)
        gross, to_pay, left, paid = values
        total = next((value for value in (gross, to_pay, left) if value is not None), None)
        currency = self.currency({code for code in told if code})
        if total is None:
            if not any(self.text(name) for name in names[:3]):
                self.refuse("gross", "value_missing")
            return None, None, currency
        if gross is None and to_pay is None and paid is not None:
            total = left + paid
        return total, self.residual(total, to_pay, left, paid), currency

    def residual(self, total, to_pay, left, paid):
        if left is None:
            left = total - paid if paid is not None else to_pay if to_pay is not None else total
        elif paid is not None and left != total - paid:
            self.warn("open", "amounts_disagree", f"{left} ≠ {total} - {paid}")
        if total >= 0 > left:
            self.warn("paid", "paid_over_gross", f"{total - left} > {total}")
            return _ZERO
        if left > total:
            self.warn("open", "due_above_gross", left)
        return left

    def currency(self, told):
        text = self.text("currency")
        try:
            told |= {parse_currency(text)} if text else set()
        except ValueError:
            return self.refuse("currency", "bad_currency", text)
        if len(told) > 1:
            return self.refuse("currency", "currency_conflict", ", ".join(sorted(told)))
        return told.pop() if told else "PLN"

    def buyer(self):
        nip, foreign = split_tax_number(self.text("buyer_nip"))
        street, postcode, city = self.address()
        party = Party(
            name=self.text("buyer_name", required="buyer_name" in self.row.cells),
            nip=nip,
            street=street,
            zip=postcode,
            city=city,
            country=self.country(foreign),
            email=self.text("email"),
            phone=self.text("phone"),
            number=self.text("buyer_number"),
            foreign_tax_id=foreign,
        )
        self.warnings += check_party(self.row.line, party, "buyer")
        return party

    def address(self):
        """Return (street, zip, city), taken apart where one column has all of it."""
        street, postcode, city = (self.text(name) for name in ("street", "zip", "city"))
        match = _POSTAL.search(street)
        if match and not postcode and not city:
            return street[: match.start()].strip(" ,"), match[1], match[2].strip()
        return street, postcode, city

    def country(self, foreign):
        code = self.text("country").upper()
        if len(code) == 2 and code.isascii() and code.isalpha():
            return code
        return foreign[:2] or "PL"

    def seller(self):
        name, number = self.text("seller_name"), self.text("seller_nip")
        if not name and not number:
            return None
        nip, foreign = split_tax_number(number)
        return Party(name=name, nip=nip, foreign_tax_id=foreign)

    def ksef_number(self):
        number = self.text("ksef_number").upper()
        if number and not identifiers.ksef_number(number).value:
            self.warn("ksef_number", "ksef_number_invalid", number)
        return number

    def warn_dates(self, issue_date, due_date):
        if issue_date is None:
            self.warn("issue_date", "issue_date_missing")
        elif due_date and due_date < issue_date:
            self.warn("due_date", "due_before_issue", due_date)

    def refuse(self, name, code, value=""):
        self.problems.append(Problem(self.row.line, name, code, value[:MAX_VALUE]))

    def warn(self, name, code, value=""):
        self.warnings.append(warning(self.row.line, name, code, value))
