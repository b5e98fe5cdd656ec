"""Amounts, dates, accounts and phones as a Polish or an English reader expects them.

``lang`` is an Odoo language code; all but Polish get the English form.
"""

import functools
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import phonenumbers
from num2words import num2words

NBSP = "\u00a0"
MINUS = "\u2212"
_CENT = Decimal("0.01")
_POLISH = "pl"
# One, two to four, five and more; the word for one and two agrees with the gender.
_UNITS_PL = {
    "PLN": ("złoty", "złote", "złotych", "m"),
    "EUR": ("euro", "euro", "euro", "n"),
    "USD": ("dolar amerykański", "dolary amerykańskie", "dolarów amerykańskich", "m"),
    "GBP": ("funt szterling", "funty szterlingi", "funtów szterlingów", "m"),
    "CHF": ("frank szwajcarski", "franki szwajcarskie", "franków szwajcarskich", "m"),
    "CZK": ("korona czeska", "korony czeskie", "koron czeskich", "f"),
    "SEK": ("korona szwedzka", "korony szwedzkie", "koron szwedzkich", "f"),
    "NOK": ("korona norweska", "korony norweskie", "koron norweskich", "f"),
    "DKK": ("korona duńska", "korony duńskie", "koron duńskich", "f"),
}
_UNITS_EN = {
    "PLN": ("zloty", "zlotys"),
    "EUR": ("euro", "euros"),
    "USD": ("US dollar", "US dollars"),
    "GBP": ("pound sterling", "pounds sterling"),
    "CHF": ("Swiss franc", "Swiss francs"),
}
# The full stop of a name or date (“sp. z o.o.”, “2026 r.”) followed by that of its sentence, also
# where a tag ends between them; three are an ellipsis.
_TWO_STOPS = re.compile(r"(?<!\.)\.((?:</\w+>)*)\.(?!\.)")
_ONE_PL = {"f": "jedna", "n": "jedno"}
_MONTHS_PL = (
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października"
    " listopada grudnia"
).split()
_MONTHS_EN = (
    "January February March April May June July August September October November December"
).split()


def plural(n: int, one: str, few: str, many: str) -> str:
    """Return the Polish form for the count: 1 faktura, 2-4 but not 12-14 faktury, else faktur."""
    n = abs(n)
    if n == 1:
        return one
    if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14):
        return few
    return many


# Nominative for 1, 2-4 and more; genitive for 1 and more ("z 1 faktury", "z 5 faktur").
_COUNTED_PL = {
    "day": ("dzień", "dni", "dni", "dnia", "dni"),
    "invoice": ("faktura", "faktury", "faktur", "faktury", "faktur"),
    "counterparty": (
        "kontrahent",
        "kontrahenci",
        "kontrahentów",
        "kontrahenta",
        "kontrahentów",
    ),
    "contact": ("kontakt", "kontakty", "kontaktów", "kontaktu", "kontaktów"),
    "step": ("krok", "kroki", "kroków", "kroku", "kroków"),
    "decision": ("decyzja", "decyzje", "decyzji", "decyzji", "decyzji"),
}
_COUNTED_EN = {"counterparty": "counterparties"}


def one_stop(text: str) -> str:
    """Return the text with one full stop where an abbreviation ends a sentence."""
    return _TWO_STOPS.sub(r".\1", text)


def without_channel(step: str, channel: str) -> str:
    """Return the name of a step as it stands beside its channel: 'Telefon: monit' is 'Monit' there."""
    prefix, _colon, rest = step.partition(": ")
    if not rest or prefix != channel:
        return step
    return rest[0].upper() + rest[1:]


def count(n: int, noun: str, lang: str, genitive: bool = False) -> str:
    """Return a number with its noun: '22 faktury', genitive '22 faktur', English '22 invoices'.

    :param noun: a key of the table above
    """
    if not _is_polish(lang):
        return f"{n}{NBSP}{noun if abs(n) == 1 else _COUNTED_EN.get(noun, noun + 's')}"
    one, few, many, of_one, of_many = _COUNTED_PL[noun]
    word = plural(n, of_one, of_many, of_many) if genitive else plural(n, one, few, many)
    return f"{n}{NBSP}{word}"


def amount_in_words(amount: Decimal, currency: str, lang: str) -> str:
    """Return an amount in words, the hundredths as a fraction, as letters and forms have it.

    1234.56 PLN gives 'tysiąc dwieście trzydzieści cztery złote 56/100'. A currency without
    words here keeps its code.
    """
    whole, cents = divmod(_round(abs(amount)), 1)
    write = _write_pl if _is_polish(lang) else _write_en
    text = f"{write(int(whole), currency)} {int(cents * 100):02d}/100"
    return f"minus {text}" if _round(amount) < 0 else text


def _write_pl(whole, currency):
    number = num2words(whole, lang="pl")
    forms = _UNITS_PL.get(currency)
    if not forms:
        return f"{number} {currency}"
    gender = forms[3]
    if whole == 1:
        number = _ONE_PL.get(gender, number)
    elif gender == "f" and number.endswith("dwa"):
        number = f"{number[:-1]}ie"
    return f"{number} {plural(whole, *forms[:3])}"


def _write_en(whole, currency):
    number = num2words(whole, lang="en").replace(",", "")
    forms = _UNITS_EN.get(currency, (currency, currency))
    return f"{number} {forms[0] if whole == 1 else forms[1]}"


def format_money(amount: Decimal, currency: str, lang: str) -> str:
    """Return '12 400,00 zł' or '1 200,00 EUR' in Polish, 'PLN 12,400.00' in English.

    All spaces are U+00A0, also in four digits, and the minus is U+2212.
    """
    sign = MINUS if _round(amount) < 0 else ""
    digits = format_number(abs(amount), lang)
    if not _is_polish(lang):
        return f"{sign}{currency}{NBSP}{digits}"
    return f"{sign}{digits}{NBSP}{'zł' if currency == 'PLN' else currency}"


def format_number(amount: Decimal, lang: str) -> str:
    """Return an amount without its currency: '12 400,00' in Polish, '12,400.00' in English."""
    value = _round(amount)
    digits = f"{abs(value):,.2f}"
    if _is_polish(lang):
        digits = digits.replace(",", NBSP).replace(".", ",")
    return f"{MINUS if value < 0 else ''}{digits}"


def format_date(day: date, lang: str, long: bool = False) -> str:
    """Return '21.11.2026' or '21 listopada 2026 r.'; English '21 Nov 2026', '21 November 2026'."""
    if _is_polish(lang):
        if long:
            return f"{day.day} {_MONTHS_PL[day.month - 1]} {day.year} r."
        return f"{day:%d.%m.%Y}"
    month = _MONTHS_EN[day.month - 1]
    return f"{day.day} {month if long else month[:3]} {day.year}"


@functools.lru_cache(maxsize=1024)
def format_account(account: str) -> str:
    """Return a Polish account as '61 1090 1014 …' (2 + 6 × 4), another IBAN in fours."""
    number = "".join((account or "").split())
    if number.startswith("PL") and len(number) == 28:
        number = number[2:]
    if len(number) == 26 and number.isdigit():
        return " ".join([number[:2], *(number[i : i + 4] for i in range(2, 26, 4))])
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


@functools.lru_cache(maxsize=1024)
def format_phone(phone: str) -> str:
    """Return '+48512345678' as '+48 512 345 678'; what is no number comes back as it is."""
    try:
        number = phonenumbers.parse(phone, "PL")
    except phonenumbers.NumberParseException:
        return phone or ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _round(amount):
    return Decimal(amount).quantize(_CENT, ROUND_HALF_UP)


def _is_polish(lang):
    return (lang or "").split("_")[0] == _POLISH
