"""Seller, buyer and bank account of a KSeF invoice."""

import re

from .. import identifiers
from .base import Party
from .checks import check_account, check_nip, check_party, split_tax_number
from .xml_elements import ElementReader, children, find, text

_POSTAL = re.compile(r"(?:^|,)\s*(\d{2}-\d{3})\s+([^,]+)$")


class KsefPartyReader(ElementReader):
    """Reads Podmiot1, Podmiot2 and the accounts of Platnosc."""

    def __init__(self, root):
        super().__init__()
        self.root = root
        self.payment = find(root, "Fa/Platnosc")

    def buyer(self):
        block = find(self.root, "Podmiot2")
        party = self.party(block, *self.buyer_numbers(block))
        if not party.name:
            number = party.nip or party.foreign_tax_id
            if number:
                self.warn("buyer_name", "buyer_name_missing", number)
            else:
                self.refuse("buyer_name", "value_missing", block)
        self.warnings += check_party(None, party, "buyer")
        return party

    def buyer_numbers(self, block):
        """Return (NIP, foreign number); a NIP in the field for EU numbers is recovered."""
        nip = identifiers.without_country(text(block, "DaneIdentyfikacyjne/NIP"))
        european = text(block, "DaneIdentyfikacyjne/NrVatUE")
        other = text(block, "DaneIdentyfikacyjne/NrID")
        if nip or not (european or other):
            return nip, ""
        if european:
            code = text(block, "DaneIdentyfikacyjne/KodUE")
            nip, foreign = split_tax_number(code + european.upper().removeprefix(code))
            if nip:
                self.warn("buyer_nip", "nip_recovered", nip)
            return nip, foreign
        return "", text(block, "DaneIdentyfikacyjne/KodKraju") + identifiers.compact(other)

    def seller(self, buyer):
        block = find(self.root, "Podmiot1")
        nip = identifiers.without_country(text(block, "DaneIdentyfikacyjne/NIP"))
        party = self.party(block, nip, "")
        if not party.nip or not party.name:
            self.warn("seller_name", "seller_missing")
        self.warnings += check_nip(None, party, "seller")
        if nip and nip == buyer.nip:
            self.warn("buyer_nip", "seller_is_buyer", nip)
        return party if party.nip or party.name else None

    def party(self, block, nip, foreign):
        street, postal, city = self.address(block)
        contacts = children(block, "DaneKontaktowe")
        return Party(
            name=text(block, "DaneIdentyfikacyjne/Nazwa"),
            nip=nip,
            street=street,
            zip=postal,
            city=city,
            country=text(block, "Adres/KodKraju") or foreign[:2] or "PL",
            email=next(filter(None, (text(part, "Email") for part in contacts)), ""),
            phone=next(filter(None, (text(part, "Telefon") for part in contacts)), ""),
            number=text(block, "NrKlienta"),
            foreign_tax_id=foreign,
        )

    def address(self, block):
        """Return (street, zip, city): the Polish postal code ends the second line or the first."""
        first, second = text(block, "Adres/AdresL1"), text(block, "Adres/AdresL2")
        match = _POSTAL.search(second)
        if match:
            before = second[: match.start()].strip(" ,")
            return ", ".join(filter(None, (first, before))), match[1], match[2].strip()
        match = _POSTAL.search(first)
        if match and not second:
            return first[: match.start()].strip(" ,"), match[1], match[2].strip()
        return first, "", second

    def account(self):
        """Return (account, whether it is a factor's)."""
        own = text(self.payment, "RachunekBankowy/NrRB")
        factors = text(self.payment, "RachunekBankowyFaktora/NrRB")
        if factors:
            self.warn("account", "factor_account")
        account, found = check_account(None, factors or own)
        self.warnings += found
        return account, bool(factors)
