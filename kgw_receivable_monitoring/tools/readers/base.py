"""What every reader of a creditor's file gives back, whatever the format.

Plain frozen dataclasses, no ORM: a reader knows the file, the import model knows
the ledger. Amounts are ``Decimal`` in the document's currency, dates are dates.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

MEGABYTE = 1024 * 1024
MAX_BYTES = 20 * MEGABYTE
MAX_VALUE = 80

Kind = Literal["invoice", "correction", "advance", "settlement"]
Severity = Literal["error", "warning"]


def _lt(sentence):
    """Mark a sentence for translation and return it; the model translates it for the reader.

    Odoo's extractor finds the calls by this name.
    """
    return sentence


# English templates by code. The model translates them by code; placeholders:
# {line} of the file (may be unknown), {field} of ours, {value} as the file has it.
PROBLEM_CODES = {
    # the file as a whole (raised as UnreadableFile)
    "unknown_format": _lt("The file is in no format that can be read here: {value}."),
    "file_empty": _lt("The file is empty."),
    "file_too_large": _lt("The file is larger than {value} MB. Please split it."),
    "too_many_rows": _lt("The file has more than {value} rows. Please split it."),
    "no_header": _lt(
        "No line with column names was found. The first rows must name the columns,"
        " for example: numer faktury; termin płatności; kwota; kontrahent.",
    ),
    "column_missing": _lt("The column for “{field}” is missing. Add it or rename its heading."),
    "xml_malformed": _lt(
        "The XML file is damaged or cut off: it can't be read from line {line} on. Export it anew"
        " from the program that made it, and hand that file over.",
    ),
    "xml_doctype": _lt("The XML declares a document type (DOCTYPE), which is refused for safety."),
    "xlsx_damaged": _lt("The workbook is damaged. Save it again as XLSX or CSV."),
    "zip_damaged": _lt("The ZIP file is damaged: {value}. Pack it again."),
    "zip_bomb": _lt(
        "The ZIP file unpacks to a multiple of its size ({value}), which is refused for safety.",
    ),
    "zip_too_many": _lt("The ZIP file has more than {value} files. Please split it."),
    "zip_too_large": _lt("The ZIP file unpacks to more than {value} MB. Please split it."),
    "zip_name": _lt(
        "The name {value} leads out of the ZIP file or can't be written, which is refused"
        " for safety. Rename the file and pack it again.",
    ),
    "zip_nested": _lt("{value} is a ZIP file within a ZIP file. Unpack it and hand it over."),
    "zip_encrypted": _lt("{value} is locked by a password. Pack it again without one."),
    "zip_link": _lt("{value} is a link, not a file. Pack the file itself."),
    "intraday_report": _lt(
        "This is no statement of account but a report or notice ({value}), which does not tell"
        " all that came in. Ask the bank for MT940 or camt.053."
    ),
    "no_statement": _lt("The file holds no statement of account. Export it again."),
    "payment_orders": _lt(
        "These are payment orders (code {value}), not payments received. Hand over the statement"
        " of account."
    ),
    "tax_register": _lt(
        "{value} is a VAT register: it has neither due dates nor amounts to pay, so nothing can be"
        " watched by it. Hand over JPK_FA, KSeF invoices or a list of open items."
    ),
    "not_an_invoice": _lt("The XML is not a KSeF invoice FA(2) or FA(3): {value}."),
    # one row or document is refused
    "value_missing": _lt("Line {line}: “{field}” is empty."),
    "bad_date": _lt("Line {line}: “{value}” in “{field}” is not a date, write it as 21.11.2026."),
    "bad_amount": _lt(
        "Line {line}: “{value}” in “{field}” is not an amount, write it as 1 234,56.",
    ),
    "bad_currency": _lt("Line {line}: “{value}” is not a currency code such as PLN or EUR."),
    "currency_conflict": _lt("Line {line}: the amount and the currency column differ: {value}."),
    "quote_unclosed": _lt("Line {line}: a quotation mark is opened and never closed."),
    "bad_entry": _lt("Line {line}: the entry can't be read: “{value}”."),
    "currency_missing": _lt(
        "Line {line}: no opening balance says in which currency the entry is: “{value}”.",
    ),
    "field_too_long": _lt("Line {line}: “{field}” is longer than 10,000 characters."),
    "duplicate_row": _lt(
        "Line {line}: document {value} stands in the file already with the same"
        " due date; this line was left out.",
    ),
    "instalment_conflict": _lt(
        "Line {line}: another instalment of {value} has a different currency.",
    ),
    # the document is taken, somebody should look
    "encoding_repaired": _lt("Some characters could not be read and were replaced."),
    "line_skipped": _lt("Line {line} is no document and was left out: “{value}”."),
    "sibling_refused": _lt(
        "Line {line}: another line of document {value} was refused, an instalment may be missing.",
    ),
    "bad_balance": _lt("Line {line}: the balance can't be read: “{value}”."),
    "balance_differs": _lt(
        "Line {line}: the entries do not add up to the closing balance (they differ by {value}), so"
        " the statement may not be whole.",
    ),
    "entry_pending": _lt("Line {line}: the entry is not booked yet ({value}) and was left out."),
    "batch_not_split": _lt(
        "Line {line}: the transfers of the batch do not add up to it, it is taken whole: {value}.",
    ),
    "amounts_disagree": _lt(
        "Line {line}: what is left to pay is not the amount less what was paid: {value}.",
    ),
    "paid_over_gross": _lt(
        "Line {line}: more was paid than the document amounts to: {value};"
        " nothing is taken as due.",
    ),
    "due_above_gross": _lt(
        "Line {line}: {value} is due, more than the document's total (charges or"
        " a deposit are added).",
    ),
    "due_before_issue": _lt("Line {line}: the due date {value} is before the date of issue."),
    "due_in_words": _lt("Line {line}: the due date is given in words only: “{value}”."),
    "due_missing": _lt("Line {line}: the document names no due date."),
    "issue_date_missing": _lt("Line {line}: the document gives no date of issue."),
    "nip_invalid": _lt(
        "Line {line}: NIP {value} in “{field}” is no valid one: check digit, length, or one digit"
        " throughout. Nobody is recognised by it."
    ),
    "nip_recovered": _lt("Line {line}: the NIP was taken from the field for EU numbers: {value}."),
    "account_invalid": _lt("Line {line}: bank account {value} has wrong check digits or length."),
    "phone_invalid": _lt("Line {line}: “{value}” is not a valid phone number."),
    "email_invalid": _lt("Line {line}: “{value}” is not a valid e-mail address."),
    "ksef_number_invalid": _lt("Line {line}: KSeF number {value} has a wrong form or checksum."),
    "buyer_name_missing": _lt("Line {line}: the buyer is named by tax number only: {value}."),
    "seller_missing": _lt("Line {line}: the seller's name or NIP is missing."),
    "seller_is_buyer": _lt("Line {line}: seller and buyer have the same NIP {value}."),
    "corrects_many": _lt("Line {line}: the correction concerns several invoices: {value}."),
    "factor_account": _lt(
        "Line {line}: the account belongs to a factor; the claim may have been assigned.",
    ),
    "instalments_split": _lt(
        "Line {line}: the file names {value} due dates without amounts; the"
        " amount was split equally.",
    ),
}

# English names of the fields that stand in {field}; other names are codes of the format.
FIELD_LABELS = {
    "number": _lt("document number"),
    "issue_date": _lt("date of issue"),
    "sale_date": _lt("date of sale"),
    "due_date": _lt("due date"),
    "date": _lt("date"),
    "amount": _lt("amount"),
    "gross": _lt("amount"),
    "to_pay": _lt("amount to pay"),
    "open": _lt("amount left to pay"),
    "paid": _lt("amount paid"),
    "instalment": _lt("amount of the instalment"),
    "currency": _lt("currency"),
    "buyer_name": _lt("buyer's name"),
    "buyer_nip": _lt("buyer's NIP"),
    "buyer_phone": _lt("phone"),
    "buyer_email": _lt("e-mail"),
    "seller_name": _lt("seller's name"),
    "seller_nip": _lt("seller's NIP"),
    "account": _lt("bank account"),
    "entry": _lt("entry"),
    "balance": _lt("balance"),
    "ksef_number": _lt("KSeF number"),
    "corrected_number": _lt("number of the corrected invoice"),
}


class UnreadableFile(Exception):
    """The file as a whole cannot be read; nothing of it was taken.

    :param code: key of PROBLEM_CODES
    :param detail: value for the sentence, or the missing column for ``column_missing``
    :param line: line of the file where known
    """

    def __init__(self, code, detail="", line=None):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.line = line

    @property
    def problem(self):
        """The same as a Problem, so that one place writes sentences."""
        return Problem(self.line, self.detail, self.code, self.detail)


def check_size(content, limit=MAX_BYTES):
    """Refuse content of more bytes than the limit.

    :raises UnreadableFile: ``file_too_large`` with the limit in MB
    """
    if len(content) > limit:
        raise UnreadableFile("file_too_large", str(limit // MEGABYTE))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a line or a field; ``error`` means that it was left out.

    ``value`` may hold personal data: it is for the person who imports, never for a log.
    """

    line: int | None
    field: str
    code: str
    value: str = ""
    severity: Severity = "error"


def warning(line, field_name, code, value=""):
    """Return a Problem that does not stop the document."""
    return Problem(line, field_name, code, str(value)[:MAX_VALUE], "warning")


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer as the file names them.

    ``nip`` is compact (ten digits when right; a wrong one is kept and warned of), a foreign
    tax number stands in ``foreign_tax_id`` with its country prefix. E-mail and phone are as
    written, also when wrong. ``number`` is the buyer's number in the creditor's books.
    """

    name: str
    nip: str = ""
    street: str = ""
    zip: str = ""
    city: str = ""
    country: str = "PL"
    email: str = ""
    phone: str = ""
    number: str = ""
    foreign_tax_id: str = ""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One due date and what is still owed on it."""

    due_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TaxLine:
    """Net and VAT of one rate; ``rate`` is a number or a word of the form ("zw", "oo", "np I").

    The rates that are zero for a reason keep it: "0", "0 WDT", "0 EX".
    """

    rate: str
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the creditor.

    ``gross`` is its printed total, of a correction the difference (usually negative).
    ``residual`` is what the file says is still owed; the instalments sum up to it.
    ``instalments`` is empty when the file gives no due date: then ``due_derived`` is set and
    the mandate's default term decides. ``account`` is compact, an IBAN where it is valid.
    ``line`` is the line of the file, None for one document per file. ``corrected_numbers`` are
    all invoices that a correction concerns, ``notes`` what the file says in its own words,
    ``original`` the content of a file that is this one document, to be kept with it.
    """

    line: int | None
    number: str
    kind: Kind
    issue_date: date | None
    sale_date: date | None
    currency: str
    gross: Decimal
    residual: Decimal
    instalments: tuple[Instalment, ...]
    seller: Party | None
    buyer: Party
    account: str = ""
    factor_account: bool = False
    ksef_number: str = ""
    corrected_number: str = ""
    corrected_numbers: tuple[str, ...] = ()
    notes: str = ""
    original: bytes = b""
    split_payment: bool = False
    tax_lines: tuple[TaxLine, ...] = ()
    due_derived: bool = False
    warnings: tuple[Problem, ...] = ()

    @property
    def claim(self):
        """What the creditor claimed in all: the total, or more where charges come on top."""
        return max(self.gross, self.residual)


@dataclass(frozen=True, slots=True)
class ReadResult:
    """All that one file gave: its format, the documents taken, the problems of the rest.

    Warnings about a document stand on the document, ``problems`` has those of no document.
    """

    format: str
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = field(default=())
