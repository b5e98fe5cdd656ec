"""The letters of an SMS: what the GSM alphabet lacks is replaced, so that one part holds 160.

A single letter outside the alphabet (every one of ą ć ę ł ń ó ś ź ż, a no-break space, a typographic
quotation mark) turns the whole message into UCS-2 with 70 letters a part (3GPP TS 23.038).
"""

import unicodedata

_REPLACED = str.maketrans(
    {
        "ł": "l",
        "Ł": "L",
        "–": "-",
        "—": "-",
        "−": "-",
        "„": '"',
        "”": '"',
        "“": '"',
        "’": "'",
        "…": "...",
    }
)


def to_gsm(text: str) -> str:
    """Return the text on one line without diacritics and typographic marks."""
    plain = unicodedata.normalize("NFKD", text.translate(_REPLACED))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
