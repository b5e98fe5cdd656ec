"""Structured invoices of KSeF, FA(2) and FA(3).

Schemas: CIRFMF/ksef-docs, schemat_FA(2)_v1-0E.xsd and schemat_FA(3)_v1-0E.xsd, seen
2026-05-19. Exporters in the wild pair one form's namespace with the other's variant and add
elements of their own, so elements are found by their local names. The KSeF number is not in
the invoice; exporters put it into the file name.
"""

import re
from decimal import ROUND_DOWN, Decimal

from lxml import etree

from .. import identifiers
from .base import MAX_VALUE, Document, Instalment, ReadResult, TaxLine, UnreadableFile
from .ksef_parties import KsefPartyReader
from .xml_elements import children, find, get_root_name, parse, text

FORMATS = {"2": "ksef_fa2", "3": "ksef_fa3"}
_NAMESPACES = {
    "http://crd.gov.pl/wzor/2023/06/29/12648/": "2",
    "http://crd.gov.pl/wzor/2025/06/25/13775/": "3",
}
_KINDS = {
    "KOR": "correction",
    "KOR_ZAL": "correction",
    "KOR_ROZ": "correction",
    "ZAL": "advance",
    "ROZ": "settlement",
}
# Fields P_13_x / P_14_x of the form and the rate that they stand for.
_RATES = {
    "1": "23",
    "2": "8",
    "3": "5",
    "4": "4",
    "5": "OSS",
    "6_1": "0",
    "6_2": "0 WDT",
    "6_3": "0 EX",
    "7": "zw",
    "8": "np I",
    "9": "np II",
    "10": "oo",
    "11": "marża",
}
_FILE_NUMBER = re.compile(r"\d{10}-\d{8}-[0-9A-Fa-f]{12}-[0-9A-Fa-f]{2}")
MAX_NOTES = 4000
_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")


def sniff(content, filename=""):
    """Tell whether this is XML with the root ``Faktura``, damaged or not."""
    return get_root_name(content) == "Faktura"


def read(content, filename=""):
    """Read one invoice; a document without number, amount, issue date or buyer is a Problem.

    :raises UnreadableFile: damaged XML, a DOCTYPE, or not FA(2)/FA(3)
    """
    root = parse(content)
    name = FORMATS[_get_variant(root)]
    reader = _InvoiceReader(root, filename)
    document = reader.document()
    if document is None:
        return ReadResult(name, (), tuple(reader.problems))
    return ReadResult(name, (document,))


def _get_variant(root):
    namespace = etree.QName(root).namespace or ""
    variant = text(root, "Naglowek/WariantFormularza")
    header = find(root, "Naglowek/KodFormularza")
    system = "" if header is None else header.get("kodSystemowy", "")
    is_invoice = etree.QName(root).localname == "Faktura" and find(root, "Fa") is not None
    known = namespace in _NAMESPACES or re.fullmatch(r"FA ?\([23]\)", system)
    if not is_invoice or not known:
        raise UnreadableFile("not_an_invoice", (system or namespace or root.tag)[:MAX_VALUE])
    if variant not in FORMATS:
        variant = _NAMESPACES.get(namespace) or system[-2]
    return variant


def _split(amount, count):
    """Return equal shares in whole cents, the remainder in the last."""
    share = (amount / count).quantize(_CENT, ROUND_DOWN)
    return [share] * (count - 1) + [amount - share * (count - 1)]


class _InvoiceReader(KsefPartyReader):
    """Reads one ``Faktura``."""

    def __init__(self, root, filename):
        super().__init__(root)
        self.fa = find(root, "Fa")
        self.filename = filename

    def document(self):
        """Return the Document, or None when something needed is missing."""
        facts = {
            "number": self.required(self.fa, "P_2", "number"),
            "kind": _KINDS.get(text(self.fa, "RodzajFaktury"), "invoice"),
            "issue_date": self.date(self.fa, "P_1", "issue_date", required=True),
            "sale_date": self.date(self.fa, "P_6", "sale_date"),
            "currency": self.currency(),
            "gross": self.amount(self.fa, "P_15", "gross", required=True),
            "buyer": self.buyer(),
            "tax_lines": self.tax_lines(),
        }
        due = self.amount(self.fa, "Rozliczenie/DoZaplaty", "to_pay")
        paid, terms = self.paid(), self.terms()
        if self.problems:
            return None
        facts["residual"] = self.residual(facts["kind"], facts["gross"], due, paid)
        return self.build(facts, terms)

    def build(self, facts, terms):
        """Return the Document of right facts with all that may be missing."""
        seller = self.seller(facts["buyer"])
        account, factor_account = self.account()
        corrected = self.corrected_numbers()
        return Document(
            line=None,
            instalments=self.instalments(terms, facts["residual"]),
            due_derived=not terms,
            seller=seller,
            account=account,
            factor_account=factor_account,
            ksef_number=self.ksef_number(),
            corrected_number=corrected[0] if corrected else "",
            corrected_numbers=corrected,
            notes=self.notes(),
            split_payment=text(self.fa, "Adnotacje/P_18A") == "1",
            warnings=tuple(self.warnings),
            **facts,
        )

    # --- amounts ---

    def paid(self):
        """Return the sum of the part payments; None when all is paid or settled."""
        if self.is_all_paid():
            return None
        parts = children(self.payment, "ZaplataCzesciowa")
        amounts = [self.amount(part, "KwotaZaplatyCzesciowej", "paid", True) for part in parts]
        return sum((amount for amount in amounts if amount is not None), _ZERO)

    def is_all_paid(self):
        """Zaplacono=1; ZnacznikZaplatyCzesciowej=2 (paid in parts, all); an overpayment."""
        return (
            text(self.payment, "Zaplacono") == "1"
            or text(self.payment, "ZnacznikZaplatyCzesciowej") == "2"
            or find(self.fa, "Rozliczenie/DoRozliczenia") is not None
        )

    def residual(self, kind, gross, due, paid):
        """Return what is owed: DoZaplaty, else P_15, less the parts paid; never below zero.

        Only a correction may be negative, its P_15 is a difference.
        """
        if paid is None:
            return _ZERO
        total = gross if due is None else due
        if kind == "correction":
            return total - paid
        if paid > max(total, _ZERO):
            self.warn("paid", "paid_over_gross", f"{paid} > {total}")
            return _ZERO
        if total - paid > gross:
            self.warn("to_pay", "due_above_gross", total - paid)
        return max(total - paid, _ZERO)

    def tax_lines(self):
        """Return the tax lines that are not zero; P_14_xW repeat a tax in PLN: left out."""
        lines = []
        for field, rate in _RATES.items():
            net = self.amount(self.fa, f"P_13_{field}", f"P_13_{field}")
            vat = self.amount(self.fa, f"P_14_{field}", f"P_14_{field}")
            if net or vat:
                lines.append(TaxLine(rate, net or _ZERO, vat or _ZERO))
        return tuple(lines)

    # --- due dates ---

    def terms(self):
        """Return pairs (date, amount or None) of the terms that have a date."""
        terms = []
        for term in children(self.payment, "TerminPlatnosci"):
            day = self.date(term, "Termin", "due_date")
            if day is not None:
                terms.append((day, self.amount(term, "Kwota", "instalment")))
            elif text(term, "TerminOpis"):
                self.warn("due_date", "due_in_words", text(term, "TerminOpis"))
        return sorted(terms, key=lambda pair: pair[0])

    def instalments(self, terms, residual):
        """Spread the residual over the terms: as named if that fits, else equally.

        The rounding remainder is in the last one; several terms on one day are one.
        """
        if not terms:
            if residual and not any(note.code == "due_in_words" for note in self.warnings):
                self.warn("due_date", "due_missing")
            return ()
        days = dict.fromkeys((day for day, _amount in terms), _ZERO)
        for day, amount in terms:
            days[day] += amount or _ZERO
        if sum(days.values()) != residual:
            if len(days) > 1:
                self.warn("due_date", "instalments_split", len(days))
            days = dict(zip(days, _split(residual, len(days)), strict=True))
        return tuple(Instalment(day, amount) for day, amount in days.items())

    # --- numbers ---

    def ksef_number(self):
        match = _FILE_NUMBER.search(self.filename)
        if not match:
            return ""
        number = match[0].upper()
        if not identifiers.ksef_number(number).value:
            self.warn("ksef_number", "ksef_number_invalid", number)
        return number

    def corrected_numbers(self):
        """Return the numbers of the corrected invoices; more than one is warned of."""
        blocks = children(self.fa, "DaneFaKorygowanej")
        numbers = tuple(filter(None, (text(block, "NrFaKorygowanej") for block in blocks)))
        if len(numbers) > 1:
            self.warn("corrected_number", "corrects_many", ", ".join(numbers))
        return numbers

    def notes(self):
        """Return what the invoice says in its own words: footers and further descriptions."""
        footers = children(find(self.root, "Stopka"), "Informacje")
        words = [text(footer, "StopkaFaktury") for footer in footers]
        for block in children(self.fa, "DodatkowyOpis"):
            words += [text(block, "Klucz"), text(block, "Wartosc")]
        return " ".join(filter(None, words))[:MAX_NOTES]

    def currency(self):
        code = text(self.fa, "KodWaluty")
        if not re.fullmatch(r"[A-Z]{3}", code):
            self.refuse("currency", "bad_currency" if code else "value_missing", self.fa, code)
        return code
