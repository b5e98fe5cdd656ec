"""Rules for the sender name of a text message in Poland; no ORM.

Source: SMSAPI and the Polish operators (names of at most 11 characters, registered before use),
act of 28 July 2023 on fighting abuse in electronic communication (Dz.U. 2023 poz. 1703).
"""

import re

MAX_LENGTH = 11
# Operators drop messages under these names.
GENERIC_NAMES = frozenset({"INFO", "SMS", "NOTICE"})

_ALLOWED = re.compile(r"[A-Za-z0-9. -]+")
_RULES = {
    "too_long": lambda name: len(name) > MAX_LENGTH,
    "characters": lambda name: not _ALLOWED.fullmatch(name),
    "spaces": lambda name: name != name.strip(),
    "no_letter": lambda name: not re.search("[A-Za-z]", name),
    "digits": lambda name: re.search("[0-9]{4}", name),
    "generic": lambda name: name.upper() in GENERIC_NAMES,
}


def sender_problem(name):
    """Return the code of the rule that the sender ``name`` breaks, ``""`` if it is right.

    Codes: too_long, characters, spaces, no_letter, digits, generic. An empty name is right:
    the gateway then uses the default name of the account.
    """
    if not name:
        return ""
    return next((code for code, is_broken in _RULES.items() if is_broken(name)), "")
