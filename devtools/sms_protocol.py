"""SMSAPI's protocol as the keeping gateway speaks it: forms, answers, reports; no I/O.

Facts from SMSAPI's documentation and its public clients, compared 2026-11-21. It counts parts by
itself, so that the module's own count has something independent to agree with.
"""

import re
import time
import urllib.parse
from dataclasses import dataclass

POINTS_PER_PART = 0.16
DEFAULT_SENDER = "Test"
DELIVERED, UNDELIVERED = 404, 405

MESSAGES = {
    8: "Bad request",
    11: "Message is empty or too long",
    13: "No correct phone numbers",
    14: "Wrong sender name",
    20: "The number of idx does not match the number of recipients",
    53: "Idx was already used",
    101: "Authorization failed",
    103: "Not enough points",
}

# 3GPP TS 23.038, default alphabet; characters of the second string take two septets.
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = set("\f^{}\\[~]|€")


class Refusal(Exception):
    """An error answer: SMSAPI's code and, for bad numbers, which ones."""

    def __init__(self, code, invalid_numbers=()):
        super().__init__(MESSAGES[code])
        self.code = code
        self.invalid_numbers = invalid_numbers


@dataclass(frozen=True)
class Message:
    """One accepted message as it is kept."""

    id: str
    idx: str
    number: str
    sender: str
    text: str
    parts: int
    points: float
    notify_url: str
    accepted_at: int


def count_parts(text):
    """Return the number of parts of ``text``: septets for GSM-7, UTF-16 units otherwise."""
    if all(char in _GSM or char in _GSM_DOUBLE for char in text):
        return _pack(((1 + (char in _GSM_DOUBLE)) for char in text), 160, 153)
    return _pack(((1 + (ord(char) > 0xFFFF)) for char in text), 70, 67)


def _pack(widths, single, joined):
    """Fill parts of ``joined`` units without cutting a character of two units."""
    widths = list(widths)
    if sum(widths) <= single:
        return 1
    fills = [0]
    for width in widths:
        if fills[-1] + width > joined:
            fills.append(0)
        fills[-1] += width
    return len(fills)


def read_drafts(form):
    """Return the messages of one ``sms.do`` call or raise :class:`Refusal`."""
    text = form.get("message", "")
    sender = form.get("from") or DEFAULT_SENDER
    numbers = [_digits(number) for number in form.get("to", "").split(",")]
    keys = form["idx"].split("|") if form.get("idx") else [""] * len(numbers)
    if form.get("format") != "json" or form.get("encoding", "").lower() != "utf-8":
        raise Refusal(8)
    if not text.strip():
        raise Refusal(11)
    if not _is_sender(sender):
        raise Refusal(14)
    if len(keys) != len(numbers):
        raise Refusal(20)
    if invalid := [number for number in numbers if not _is_number(number)]:
        raise Refusal(13, invalid)
    parts = count_parts(text)
    common = {
        "sender": sender,
        "text": text,
        "parts": parts,
        "points": round(parts * POINTS_PER_PART, 2),
        "notify_url": form.get("notify_url", ""),
        "accepted_at": int(time.time()),
    }
    pairs = zip(keys, numbers, strict=True)
    return [{"idx": key, "number": _with_country(number), **common} for key, number in pairs]


def _digits(number):
    return re.sub(r"^(\+|00)|[\s-]", "", number.strip())


def _is_number(number):
    """Nine national digits or an international number; Polish ones have nine after the 48."""
    if number.startswith("48") and len(number) > 9:
        return bool(re.fullmatch(r"48[1-9][0-9]{8}", number))
    return bool(re.fullmatch(r"[1-9][0-9]{8}|[1-9][0-9]{10,14}", number))


def _with_country(number):
    return f"48{number}" if len(number) == 9 else number


def _is_sender(name):
    is_plain = re.fullmatch(r"[A-Za-z0-9. -]{1,11}", name) and re.search("[A-Za-z]", name)
    return bool(is_plain) and not re.search("[0-9]{4}", name)


def accepted(messages):
    """Return the answer for messages that were taken."""
    rows = [
        {
            "id": message.id,
            "points": message.points,
            "number": message.number,
            "date_sent": message.accepted_at,
            "submitted_number": message.number,
            "status": "QUEUE",
            "error": None,
            "idx": message.idx or None,
            "parts": message.parts,
        }
        for message in messages
    ]
    return {"count": len(rows), "parts": messages[0].parts, "list": rows}


def refused(refusal):
    """Return the answer for a :class:`Refusal`."""
    payload = {"error": refusal.code, "message": str(refusal)}
    if refusal.invalid_numbers:
        payload["invalid_numbers"] = [
            {"number": number, "submitted_number": number, "message": "Invalid phone number"}
            for number in refusal.invalid_numbers
        ]
    return payload


def report_url(messages):
    """Return the address to call with the delivery reports of ``messages``."""
    columns = {
        "MsgId": [message.id for message in messages],
        "status": [str(_status(message)) for message in messages],
        "donedate": [str(int(time.time()))] * len(messages),
        "username": ["keeper"] * len(messages),
        "idx": [message.idx for message in messages],
        "to": [message.number for message in messages],
    }
    query = urllib.parse.urlencode({name: ",".join(column) for name, column in columns.items()})
    base = messages[0].notify_url
    return f"{base}{'&' if '?' in base else '?'}{query}"


def _status(message):
    return UNDELIVERED if message.number.endswith("00") else DELIVERED
