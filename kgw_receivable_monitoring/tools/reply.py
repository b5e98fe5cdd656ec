"""What an incoming e-mail is and says, as far as its headers and words tell. No ORM."""

import re

# Where the text of an earlier message begins that a reply quotes below its own words.
_QUOTED = re.compile(
    r"^\s*(>|-{2,} ?(original|pierwotna|oryginalna|wiadomość|forwarded)|_{10,}"
    r"|(from|od|von): .+@|(on|w dniu|dnia) .+(wrote|napisał|pisze).*:?\s*$)",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"\b(już )?(zap[łl]acon|op[łl]acon|uregulowan|zap[łl]aci[łl](em|am|i|a)?\b|zap[łl]acili[śs]my"
    r"|op[łl]acili[śs]my|uregulowali[śs]my|przela(li[śs]my|[łl]em|[łl]am|ne|no)\b"
    r"|przelew (zosta[łl]|wyszed[łl]|poszed[łl]|zlecon|wykonan|wys[łl]an)"
    r"|(has|have|been|already) paid|paid (it|this|on|yesterday|today)|transferred)",
    re.IGNORECASE,
)


def is_automatic(headers):
    """Tell whether a machine answered: an absence notice, a receipt, a mailing list.

    RFC 3834, 5: any ``Auto-Submitted`` but *no*; 2: an empty return path or a ``Precedence`` of
    mass mail; the older ``X-Auto…`` headers say the same.

    :param headers: the message, or anything with ``get``
    """
    submitted = (headers.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    precedence = (headers.get("Precedence") or "").strip().lower()
    return (
        submitted != "no"
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or (headers.get("Return-Path") or "").strip() == "<>"
        or any(headers.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
    )


def own_words(text):
    """Return what the sender wrote, without what the reply quotes below it."""
    lines = []
    for line in text.splitlines():
        if _QUOTED.match(line):
            break
        lines.append(line)
    return "\n".join(lines).strip()


def says_paid(text):
    """Tell whether the words may mean that it is paid already: a hint for a person, no more."""
    return bool(_PAID.search(text))
