"""Warnings about identifiers that every format has: the value is kept, somebody looks."""

from .. import identifiers
from .base import warning


def check_party(line, party, role):
    """Return warnings for the NIP, phone and e-mail of a party.

    :param role: "buyer" or "seller", the front part of the field's name
    """
    found = check_nip(line, party, role)
    if party.phone and not identifiers.phone(party.phone, party.country or "PL").value:
        found.append(warning(line, f"{role}_phone", "phone_invalid", party.phone))
    if party.email and not identifiers.email(party.email).value:
        found.append(warning(line, f"{role}_email", "email_invalid", party.email))
    return found


def check_nip(line, party, role):
    """Return the warning for a wrong NIP; of the seller nothing else matters here."""
    if not party.nip or identifiers.nip(party.nip).value:
        return []
    return [warning(line, f"{role}_nip", "nip_invalid", party.nip)]


def check_account(line, text):
    """Return the account, as an IBAN where it is one, and the warnings about it."""
    checked = identifiers.iban(text)
    if checked.value or checked.reason == "missing":
        return checked.value, []
    return identifiers.compact(text), [warning(line, "account", "account_invalid", text)]


def split_tax_number(text):
    """Return (Polish NIP, foreign tax number), one of them '' at least."""
    number = identifiers.compact(text)
    if number[:2].isalpha() and not number.startswith("PL"):
        return "", number
    return number.removeprefix("PL"), ""
