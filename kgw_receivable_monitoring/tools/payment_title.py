"""What the title of a transfer names: numbers of invoices, split payment's fields.

A number is compared by its runs of letters and digits (``FV 012/05/2026`` is fv, 12, 5, 2026),
whatever stands between them, and only as a whole: ``12/2026`` is not found in ``112/2026``,
``5/12/2026`` or ``12/2026/KR``.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_ATOM = re.compile(r"\d+|[a-z]+", re.ASCII)
_GAP = re.compile(r"[\s/\\._-]*")
_JOINING = frozenset("/\\._-")
_SPLIT_PAYMENT = re.compile(
    r"/VAT/(?P<vat>\d[\d ]*[.,]\d{2})/IDC/(?P<nip>[^/]*)/INV/(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
# Words that payers write before the number of an invoice, also where its number has none.
_WORDS = frozenset(
    "f fv fa fs fvs fvat fra fak fakt faktura faktury fakture faktur fz vat nr no numer num inv"
    " invoice rachunek rach r dokument dok".split()
)
# What may follow a number at once: "12/2026r", "12/2026zl".
_TAILS = frozenset(("r", "z", "zl", "pln", "eur"))
_MAX_ATOMS = 200
_LONGEST = 14


@dataclass(frozen=True, slots=True)
class Atom:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A number found in a title; ``strong`` when it can hardly be anything else."""

    key: tuple[str, ...]
    first: int
    last: int
    strong: bool


@dataclass(frozen=True, slots=True)
class SplitPayment:
    """Fields of a split payment (art. 108a of the VAT Act): VAT, supplier's NIP, invoice, text."""

    vat: Decimal
    nip: str
    number: str
    text: str


def read_split_payment(title):
    """Return the SplitPayment of the title, or None."""
    found = _SPLIT_PAYMENT.search(title)
    if not found:
        return None
    vat = Decimal(found["vat"].replace(" ", "").replace(",", "."))
    number, *texts = re.split("/TXT/", found["rest"], maxsplit=1, flags=re.IGNORECASE)
    return SplitPayment(vat, re.sub(r"\D", "", found["nip"]), number.strip(" /"), "".join(texts))


def get_atoms(text):
    """Return (text in lower case without diacritics, its runs of letters and of digits).

    Runs of digits are without leading zeros.
    """
    plain = unicodedata.normalize("NFKD", (text or "").lower().replace("ł", "l"))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return plain, [
        Atom(_strip_zeros(found[0]), found.start(), found.end()) for found in _ATOM.finditer(plain)
    ][:_MAX_ATOMS]


def _strip_zeros(run):
    return run.lstrip("0") or "0" if run[0].isdigit() else run


def get_key(number):
    """Return the runs by which a number is compared; () for one without digits."""
    key = tuple(atom.text for atom in get_atoms(number)[1])
    return key if any(run.isdigit() for run in key) and len(key) <= _LONGEST else ()


def get_keys(number):
    """Return the keys under which a number is found: whole, and without the word before it."""
    key = get_key(number)
    if len(key) > 2 and key[0] in _WORDS and sum(run.isdigit() for run in key) > 1:
        return (key, key[1:])
    return (key,) if key else ()


def find_numbers(title, known):
    """Return (hits, whether other numbers stand in the title).

    :param known: anything that tells by ``in`` whether a key is one of an invoice
    """
    plain, atoms = get_atoms(title)
    hits, position = [], 0
    while position < len(atoms):
        hit = _find_at(plain, atoms, position, known)
        if hit:
            hits.append(hit)
        position = hit.last + 1 if hit else position + 1
    return hits, _has_other_numbers(plain, atoms, hits)


def _find_at(plain, atoms, first, known):
    """Return the longest Hit that begins at this run, or None."""
    for last in range(min(first + _LONGEST, len(atoms)) - 1, first - 1, -1):
        key = tuple(atom.text for atom in atoms[first : last + 1])
        if key in known and _is_whole(plain, atoms, first, last):
            word = first and atoms[first - 1].text in _WORDS or key[0] in _WORDS
            strength = _get_strength(key, bool(word))
            return Hit(key, first, last, strength > 1) if strength else None
    return None


def _is_whole(plain, atoms, first, last):
    inner = zip(atoms[first:last], atoms[first + 1 : last + 1], strict=True)
    if not all(_GAP.fullmatch(plain, one.end, two.start) for one, two in inner):
        return False
    return _begins(plain, atoms, first) and _ends(plain, atoms, last)


def _begins(plain, atoms, first):
    if not first:
        return True
    before, atom = atoms[first - 1], atoms[first]
    gap = plain[before.end : atom.start]
    return before.text in _WORDS or bool(gap) and not set(gap) <= _JOINING


def _ends(plain, atoms, last):
    if last + 1 == len(atoms):
        return True
    atom, after = atoms[last], atoms[last + 1]
    gap = plain[atom.end : after.start]
    if not gap:
        return after.text in _TAILS
    return not set(gap) <= _JOINING


def _get_strength(key, word):
    """Return 2 for a number that is hardly anything else, 1 for one that may be, 0 for none.

    ``77`` is a house, ``5/2026`` a month, ``12.05.2026`` a day, unless a word says invoice.
    """
    runs = [run for run in key if run.isdigit()]
    digits = sum(map(len, runs))
    if word:
        return 2
    if len(runs) < len(key):
        return 2 if digits > 3 else 1
    if len(runs) == 1:
        return 1 if digits > 4 else 0
    return 2 if len(runs) > 2 and not is_day(runs) else 1


def is_day(runs):
    """Whether three runs of digits may be a day, as day-month-year or year-month-day."""
    if len(runs) != 3 or not all(run.isdigit() and len(run) < 5 for run in runs):
        return False
    numbers = [int(run) for run in runs]
    return any(
        1 <= day <= 31 and 1 <= month <= 12 and (year < 100 or 1990 <= year < 2100)
        for day, month, year in (numbers, numbers[::-1])
    )


def _has_other_numbers(plain, atoms, hits):
    """Whether numbers are left that may be of other invoices: three digits or more, no day."""
    used = {position for hit in hits for position in range(hit.first, hit.last + 1)}
    position = 0
    while position < len(atoms):
        runs = [atom.text for atom in atoms[position : position + 3]]
        if position in used or not atoms[position].text.isdigit():
            position += 1
        elif is_day(runs):
            position += 3
        elif len(atoms[position].text) > 2 or _begins_pair(plain, atoms, position, used):
            return True
        else:
            position += 1
    return False


def _begins_pair(plain, atoms, position, used):
    """Whether this run and the next are joined as in ``7/26``."""
    if position + 1 >= len(atoms) or position + 1 in used:
        return False
    gap = plain[atoms[position].end : atoms[position + 1].start]
    return gap == "/" and atoms[position + 1].text.isdigit()
