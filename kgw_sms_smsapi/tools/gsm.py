"""Length of a text message as the network counts it (3GPP TS 23.038 and 23.040); no ORM.

>>> parts("Faktura 12/11/2026"), parts("Płatność"), parts("x" * 161)
(1, 1, 2)
>>> strip_diacritics("Zażółć gęślą jaźń")
'Zazolc gesla jazn'
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Sent as an escape and a second septet: they count twice.
EXTENSION = frozenset("\f^{}\\[~]|€")

SINGLE_GSM, JOINED_GSM = 160, 153
SINGLE_UCS2, JOINED_UCS2 = 70, 67

# What Unicode decomposition does not resolve, or not as a reader of a short message expects.
_REPLACEMENTS = {
    **dict.fromkeys("„”“«»‟", '"'),
    **dict.fromkeys("‚‘’‛`´", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\t\u00a0\u2007\u2009\u200a\u202f", " "),
    **dict.fromkeys("\u00ad\u200b\ufeff", ""),
    "…": "...",
    "•": "*",
    "×": "x",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
    "œ": "oe",
    "Œ": "OE",
}


def is_gsm7(text):
    """Tell whether every character of ``text`` is in the GSM 7-bit alphabet."""
    return all(char in BASIC or char in EXTENSION for char in text)


def parts(text):
    """Return how many parts the network needs for ``text``; 0 for an empty text.

    Neither an escaped character nor a surrogate pair is ever split between two parts, so
    this can be one more than a plain division says, never less.
    """
    if not text:
        return 0
    if is_gsm7(text):
        widths = [2 if char in EXTENSION else 1 for char in text]
        return _pack(widths, SINGLE_GSM, JOINED_GSM)
    widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return _pack(widths, SINGLE_UCS2, JOINED_UCS2)


def strip_diacritics(text):
    """Return ``text`` with what is outside GSM-7 replaced by its plain letter where there is one.

    Polish letters, typographic quotes, dashes and spaces are covered. What has no plain
    counterpart (Cyrillic, pictures) stays as it is and makes the message UCS-2.
    """
    plain = []
    for char in unicodedata.normalize("NFC", text):
        if unicodedata.combining(char) and is_gsm7("".join(plain[-1:])):
            continue  # an accent that has no letter of its own with what it stands on
        plain.append(_plain(char))
    return unicodedata.normalize("NFC", "".join(plain))


def _plain(char):
    if char in BASIC or char in EXTENSION:
        return char
    if char in _REPLACEMENTS:
        return _REPLACEMENTS[char]
    decomposed = unicodedata.normalize("NFKD", char)
    base = "".join(c for c in decomposed if not unicodedata.combining(c))
    return base if base and is_gsm7(base) else char


def _pack(widths, single, joined):
    if sum(widths) <= single:
        return 1
    count, room = 0, 0
    for width in widths:
        if width > room:
            count, room = count + 1, joined
        room -= width
    return count
