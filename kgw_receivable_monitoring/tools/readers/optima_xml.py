"""Sales registers that Comarch ERP Optima exports ("praca rozproszona"), in both its namespaces.

``PLATNOSC`` has amounts without sign, ``KIERUNEK`` tells it: przychód comes in, rozchód goes out.
"""

from decimal import Decimal

from .base import Document, Instalment, Party, TaxLine
from .checks import check_account, split_tax_number
from .documents_xml import DocumentReader, collect
from .xml_elements import children, find, get_root_name, parse, text

FORMAT = "optima_xml"
_HEAD = 64 * 1024
_NAMES = ("NAZWA1", "NAZWA2", "NAZWA3")
_STREET = ("ULICA", "NR_DOMU", "NR_LOKALU")
_ZERO = Decimal("0.00")


def sniff(content, filename=""):
    """Tell by the root and the namespace that has ``optima/offline`` in it."""
    return get_root_name(content) == "ROOT" and b"optima/offline" in content[:_HEAD]


def read(content, filename=""):
    """Read all sales documents; one without number, amount, date or buyer costs only itself.

    :raises UnreadableFile: damaged XML or a DOCTYPE
    """
    root = parse(content)
    parties = {
        text(party, "AKRONIM"): _get_address(party)
        for party in children(find(root, "KONTRAHENCI"), "KONTRAHENT")
    }
    sales = children(find(root, "REJESTRY_SPRZEDAZY_VAT"), "REJESTR_SPRZEDAZY_VAT")
    return collect(FORMAT, (_SaleReader(sale, parties) for sale in sales))


def _get_address(party):
    """Return the address that is valid now, else the first; some exporters leave out the list."""
    found = children(find(party, "ADRESY"), "ADRES") or children(party, "ADRES")
    current = [address for address in found if text(address, "STATUS") == "aktualny"]
    return next(iter(current or found), None)


def _get_owed(payment, amount):
    """Return what a payment leaves to be settled; the direction tells the sign."""
    if text(payment, "PODLEGA_ROZLICZENIU").lower() == "nie":
        return _ZERO
    return -abs(amount) if text(payment, "KIERUNEK").lower().startswith("rozch") else amount


class _SaleReader(DocumentReader):
    """Reads one ``REJESTR_SPRZEDAZY_VAT``."""

    def __init__(self, element, parties):
        super().__init__(element)
        self.address = parties.get(self.text("PODMIOT"))

    def document(self):
        """Return the Document, or None when something needed is missing."""
        corrected = self.text("KOREKTA_NUMER")
        is_correction = self.text("KOREKTA").lower() == "tak" or bool(corrected)
        payments = children(find(self.element, "PLATNOSCI"), "PLATNOSC")
        number = self.required(self.element, "NUMER", "number")
        issued = self.date(self.element, "DATA_WYSTAWIENIA", "issue_date", required=True)
        sold = self.date(self.element, "DATA_SPRZEDAZY", "sale_date")
        currency = self.currency(*(text(payment, "WALUTA_PLAT") for payment in payments))
        buyer = self.check_buyer(self.buyer())
        terms, lines = self.terms(payments), self.tax_lines()
        if self.problems:
            return None
        taxed = sum((line.net + line.vat for line in lines), _ZERO)
        residual = sum((amount for _day, amount in terms), _ZERO) if terms else taxed
        instalments = self.instalments(terms, residual)
        if residual and not instalments:
            self.warn("due_date", "due_missing")
        return Document(
            line=self.line,
            number=number,
            kind="correction" if is_correction else "invoice",
            issue_date=issued,
            sale_date=sold,
            currency=currency,
            gross=taxed if lines and currency == "PLN" else residual,
            residual=residual,
            instalments=instalments,
            seller=None,
            buyer=buyer,
            account=self.account(payments),
            corrected_number=corrected,
            corrected_numbers=(corrected,) if corrected else (),
            tax_lines=lines if currency == "PLN" else (),
            due_derived=not instalments,
            warnings=tuple(self.warnings),
        )

    def buyer(self):
        nip, foreign = split_tax_number(self.get("NIP_KRAJ").removeprefix("PL") + self.get("NIP"))
        return Party(
            name=self.join(_NAMES),
            nip=nip,
            street=self.join(_STREET),
            zip=self.get("KOD_POCZTOWY"),
            city=self.get("MIASTO"),
            email=self.get("EMAIL"),
            phone=self.get("TELEFON1"),
            number=self.text("PODMIOT"),
            country=foreign[:2] or "PL",
            foreign_tax_id=foreign,
        )

    def get(self, name):
        """Return what the document says, else the list of parties."""
        return self.text(name) or text(self.address, name)

    def join(self, names):
        own = " ".join(filter(None, map(self.text, names)))
        return own or " ".join(filter(None, (text(self.address, name) for name in names)))

    def terms(self, payments):
        """Return pairs (day or None, amount) of what is to be paid."""
        terms = []
        for payment in payments:
            amount = self.amount(payment, "KWOTA_PLAT", "amount", required=True)
            day = self.date(payment, "TERMIN_PLAT", "due_date")
            if amount is not None:
                terms.append((day, _get_owed(payment, amount)))
        return terms

    def instalments(self, terms, residual):
        """Return what is owed by its days; without terms on the document's one day."""
        day = self.date(self.element, "TERMIN", "due_date")
        days = {}
        for term, amount in terms or [(day, residual)]:
            due = term or day
            if due is None:
                return ()
            days[due] = days.get(due, _ZERO) + amount
        return tuple(Instalment(due, days[due]) for due in sorted(days) if days[due])

    def tax_lines(self):
        lines = []
        for item in children(find(self.element, "POZYCJE"), "POZYCJA"):
            net = self.amount(item, "NETTO", "amount", required=True)
            vat = self.amount(item, "VAT", "amount")
            if net is not None:
                rate = text(item, "STAWKA_VAT").removesuffix(".00")
                lines.append(TaxLine(rate, net, vat or _ZERO))
        return tuple(lines)

    def account(self, payments):
        numbers = (text(payment, "PLATNOSC_PODMIOT_RACHUNEK_NR") for payment in payments)
        account, found = check_account(self.line, next(filter(None, numbers), ""))
        self.warnings += found
        return account
