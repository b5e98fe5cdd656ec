"""JPK_FA(1) to (4): the invoices of a period as the tax office gets them.

The form has neither due dates nor accounts, so the mandate's payment term gives the due date.
JPK_V7M, JPK_V7K and JPK_VAT are registers of tax: there nothing tells what is to be paid when,
nor whether a row is an invoice, and they are refused.
"""

import re

from .base import MAX_VALUE, Document, Party, TaxLine, UnreadableFile
from .checks import check_nip, split_tax_number
from .documents_xml import DocumentReader, collect
from .xml_elements import children, find, get_root_name, parse, text

FORMAT = "jpk_fa"
_KINDS = {"KOREKTA": "correction", "KOR": "correction", "ZAL": "advance"}
_RATES = {"1": "23", "2": "8", "3": "5", "4": "4", "5": "oo", "6": "0", "7": "zw"}
_BETWEEN = re.compile(r"[;,\n]+")
_POSTAL = re.compile(r"(?:^|[, ]+)(\d{2}-\d{3})\s+([^,]+)")


def sniff(content, filename=""):
    """Tell whether this is any JPK."""
    return get_root_name(content) == "JPK"


def read(content, filename=""):
    """Read all invoices; one without number, amount, date or buyer costs only itself.

    :raises UnreadableFile: damaged XML, a DOCTYPE, a VAT register or another JPK
    """
    root = parse(content)
    form = find(root, "Naglowek/KodFormularza")
    code = "" if form is None else form.get("kodSystemowy") or (form.text or "").strip()
    if re.match(r"JPK_V", code):
        raise UnreadableFile("tax_register", code[:MAX_VALUE])
    if not code.startswith("JPK_FA") or code.startswith("JPK_FA_RR"):
        raise UnreadableFile("not_an_invoice", code[:MAX_VALUE] or "JPK")
    seller, currency = _read_seller(root), text(root, "Naglowek/DomyslnyKodWaluty")
    invoices = children(root, "Faktura")
    return collect(FORMAT, (_InvoiceReader(one, seller, currency) for one in invoices))


def _read_seller(root):
    block = find(root, "Podmiot1/IdentyfikatorPodmiotu")
    name, number = text(block, "PelnaNazwa"), text(block, "NIP")
    return Party(name=name, nip=split_tax_number(number)[0]) if name or number else None


class _InvoiceReader(DocumentReader):
    """Reads one ``Faktura``."""

    def __init__(self, element, seller, currency):
        super().__init__(element)
        self.seller = seller
        self.default_currency = currency

    def document(self):
        """Return the Document, or None when something needed is missing."""
        kind = _KINDS.get(self.text("RodzajFaktury"), "invoice")
        corrected = self.corrected()
        facts = {
            "number": self.text("P_2A") or self.required(self.element, "P_2", "number"),
            "kind": kind,
            "issue_date": self.date(self.element, "P_1", "issue_date", required=True),
            "sale_date": self.date(self.element, "P_6", "sale_date"),
            "currency": self.currency(self.text("KodWaluty"), self.default_currency),
            "gross": self.amount(self.element, "P_15", "gross", required=True),
            "buyer": self.check_buyer(self.buyer()),
            "tax_lines": self.tax_lines(),
        }
        if self.problems:
            return None
        if self.seller:
            self.warnings += check_nip(self.line, self.seller, "seller")
        if facts["gross"]:
            self.warn("due_date", "due_missing")
        return Document(
            line=self.line,
            residual=facts["gross"],
            instalments=(),
            due_derived=True,
            seller=self.seller,
            corrected_number=", ".join(corrected),
            corrected_numbers=corrected,
            split_payment=self.text("P_18A") in ("true", "1"),
            warnings=tuple(self.warnings),
            **facts,
        )

    def corrected(self):
        """Return the numbers of the corrected invoices: of a rebate for several they stand in one
        field."""
        numbers = (number.strip() for number in _BETWEEN.split(self.text("NrFaKorygowanej")))
        return tuple(dict.fromkeys(filter(None, numbers)))

    def buyer(self):
        number = self.text("P_5B")
        country = self.text("P_5A") or "PL"
        nip, foreign = split_tax_number(number if country == "PL" else f"{country}{number}")
        street, postal, city = self.address()
        return Party(
            name=self.text("P_3A"),
            nip=nip,
            street=street,
            zip=postal,
            city=city,
            country=country if len(country) == 2 else "PL",
            foreign_tax_id=foreign,
        )

    def address(self):
        """Return (street, zip, city) of a line as ``UL. POLNA 1, 30-001 KRAKÓW`` or turned round."""
        line = self.text("P_3B")
        found = _POSTAL.search(line)
        if not found:
            return line, "", ""
        street = f"{line[: found.start()]}{line[found.end() :]}".strip(" ,")
        return street, found[1], found[2].strip()

    def tax_lines(self):
        lines = []
        for field, rate in _RATES.items():
            net = self.amount(self.element, f"P_13_{field}", f"P_13_{field}")
            vat = self.amount(self.element, f"P_14_{field}", f"P_14_{field}")
            if net or vat:
                zero = (net or vat) * 0
                lines.append(TaxLine(rate, net or zero, vat or zero))
        return tuple(lines)
