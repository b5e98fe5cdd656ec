"""What stands in field :86: of a Polish MT940: title, payer, account, the bank's own reference."""

import re

from .payments_base import clean, clean_account, clean_reference

# after the code of the operation (020, 073, N24 …) or at once
_SEPARATOR = re.compile(r"\s*\w{0,3}([~<?^+])(?=\d\d)")
_TITLE = ("20", "21", "22", "23", "24", "25")
# after "?" comes the German layout, whose title goes on
_TITLES = {"?": (*_TITLE, "26", "27", "28", "29")}
# A sub-field that is full was cut by the bank, within a word or not; another one ends a word.
_FULL = (27, 35)
_WORDS = re.compile(
    r";\s*(?=(?:ID IPH|Z RACH\.|NA RACH\.|OD|DLA|TYT\.|DATA STEMPLA|TNR)\s*:)",
)
_WORD = re.compile(r"(ID IPH|Z RACH\.|NA RACH\.|OD|DLA|TYT\.|TNR)\s*:\s*(.*)", re.DOTALL)


def read_details(text, incoming):
    """Return ``title``, ``payer``, ``account`` and ``reference``, each '' where there is none.

    :param incoming: whether money came in: then the other side is the payer
    """
    separator = _SEPARATOR.match(text)
    if separator:
        return _read_numbered(text, separator[1])
    if _WORDS.search(text):
        return _read_words(text, incoming)
    return {"title": clean(text)}


def _read_numbered(text, sign):
    pieces = re.split(re.escape(sign) + r"(\d\d)", text.replace("\n", ""))
    fields = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    payer = _join(fields, ("32", "33"))
    if not payer and sign not in _TITLES:
        payer = _join(fields, ("27", "28"))
    candidates = (fields.get(code, "") for code in ("38", "31", "26", "29"))
    return {
        "title": _join(fields, _TITLES.get(sign, _TITLE)),
        "payer": payer,
        "account": next(filter(None, map(clean_account, candidates)), ""),
    }


def _join(fields, codes):
    joined = ""
    for code in codes:
        part = fields.get(code, "")
        joined += part if len(part) in _FULL else f"{part} "
    return clean(joined)


def _read_words(text, incoming):
    """mBank: ``911 …; Z RACH.: …; OD: …; TYT.: …; TNR: …``, broken into lines of 65 signs."""
    parts = _WORDS.split(re.sub(r" ?\n", " ", text))
    words = {found[1]: found[2] for found in map(_WORD.match, parts) if found}
    return {
        "title": clean(words.get("TYT.", parts[0]).rstrip("; ")),
        "payer": clean(words.get("OD" if incoming else "DLA", "")),
        "account": clean_account(words.get("Z RACH." if incoming else "NA RACH.", "")),
        "reference": clean_reference(words.get("TNR", "").replace(" ", "")),
    }
