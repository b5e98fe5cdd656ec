"""The text of bank files: they never say their encoding, and Polish banks use four."""

_POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
_ENCODINGS = ("cp1250", "iso8859-2", "cp852")


def decode_bank(content) -> str:
    """Return the text of UTF-8, else of that encoding in which it has the most Polish letters."""
    try:
        return content.decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError:
        plain = content.replace(b"\xff", b" ").replace(b"\x00", b"")  # PKO BP fills with 0xFF
        texts = [plain.decode(encoding, "replace") for encoding in _ENCODINGS]
        return max(texts, key=_count_polish)


def _count_polish(text):
    """Return how Polish the letters beyond ASCII are; any other sign there counts against."""
    return sum(1 if char in _POLISH else -1 for char in text if char > "\x7f")
