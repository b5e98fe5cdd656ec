"""Numbers and addresses that identify a party: checked and normalised.

Thin wrappers on python-stdnum and phonenumbers. Each check returns ``Checked``: the
normalised value and an empty reason, or an empty value and the code of what is wrong
("missing", "length", "characters", "check_digit", "invalid").
"""

import functools
import re
import unicodedata
from typing import NamedTuple

import phonenumbers
from stdnum import exceptions as stdnum_exceptions
from stdnum.iso7064 import mod_97_10
from stdnum.pl import nip as stdnum_nip

# A list names the same parties again and again; phonenumbers takes 0.1 ms a number.
_CACHED = 32768
_NRB_DIGITS = 26
_IBAN = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}", re.ASCII)
_IBAN_PL = re.compile(r"PL\d{26}", re.ASCII)
_EMAIL_MAX = 254
_PHONE_EXTENSION = re.compile(r"\bwewn?\.?\s*(?=\d)", re.IGNORECASE)
_EMAIL = re.compile(
    r"[A-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.)+"
    r"[A-Z][A-Z0-9-]{0,61}[A-Z0-9]",
    re.IGNORECASE | re.ASCII,
)
_KSEF_NUMBER = re.compile(r"\d{10}-\d{8}-[0-9A-F]{12}-[0-9A-F]{2}", re.ASCII)


class Checked(NamedTuple):
    """A checked value: ``value`` is '' exactly when ``reason`` is not."""

    value: str
    reason: str = ""


def compact(value) -> str:
    """Return the value in upper case without anything but ASCII letters and digits."""
    return re.sub(r"[^0-9A-Z]", "", (value or "").upper())


def without_country(value) -> str:
    """Return a tax number or an account, compact and without the prefix of Poland."""
    return compact(value).removeprefix("PL")


@functools.lru_cache(maxsize=_CACHED)
def nip(value) -> Checked:
    """Check a Polish tax number; '856-734-62-15' and 'PL8567346215' give '8567346215'.

    One digit throughout, which programs write where there is none, has a right check digit, too.
    """
    number = without_country(value)
    if not number:
        return Checked("", "missing")
    if is_made_up(number):
        return Checked("", "invalid")
    try:
        return Checked(stdnum_nip.validate(number))
    except stdnum_exceptions.InvalidLength:
        return Checked("", "length")
    except stdnum_exceptions.InvalidFormat:
        return Checked("", "characters")
    except stdnum_exceptions.ValidationError:
        return Checked("", "check_digit")


def tax_identity(value, country="PL") -> str:
    """Return the compact tax number that tells one party from all others, '' for what may be
    anybody's: in Poland a wrong or made-up NIP, abroad one character throughout."""
    number = without_country(value)
    if country == "PL" and not number[:2].isalpha():
        return nip(number).value
    return "" if is_made_up(number) else number


def is_made_up(number) -> bool:
    """Whether a tax number is none: empty, or one character throughout."""
    return len(set(compact(number))) < 2


@functools.lru_cache(maxsize=_CACHED)
def iban(value) -> Checked:
    """Check a bank account; the 26 digits of an NRB become an IBAN with 'PL'.

    By ISO 13616: form, length of a Polish one, modulus 97. Not by ``stdnum.iban``: it reads a
    data file of its package, which fails behind Odoo's import hook (odoo/_monkeypatches).
    """
    number = compact(value)
    if not number:
        return Checked("", "missing")
    if len(number) == _NRB_DIGITS and number.isdigit():
        number = f"PL{number}"
    if not _IBAN.fullmatch(number):
        return Checked("", "characters" if len(number) > 14 else "length")
    if number.startswith("PL") and not _IBAN_PL.fullmatch(number):
        return Checked("", "length")
    if not mod_97_10.is_valid(number[4:] + number[:4]):
        return Checked("", "check_digit")
    return Checked(number)


@functools.lru_cache(maxsize=_CACHED)
def phone(value, country="PL") -> Checked:
    """Check a phone number and return it in E.164: '512 345 678' gives '+48512345678'.

    Of several numbers in one field the first is taken; an extension ("wew.") is left out.
    """
    text = _PHONE_EXTENSION.sub(" ext ", re.split(r"[,;/]", value or "")[0]).strip()
    if not text:
        return Checked("", "missing")
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return Checked("", "characters")
    if not phonenumbers.is_possible_number(number):
        return Checked("", "length")
    if not phonenumbers.is_valid_number(number):
        return Checked("", "invalid")
    return Checked(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email(value) -> Checked:
    """Check the form of one e-mail address; the domain comes back in lower case."""
    text = (value or "").strip()
    if not text:
        return Checked("", "missing")
    if len(text) > _EMAIL_MAX:
        return Checked("", "length")
    local, _at, domain = text.rpartition("@")
    if not _EMAIL.fullmatch(text) or ".." in local or local[0] == "." or local[-1] == ".":
        return Checked("", "characters")
    return Checked(f"{local}@{domain.lower()}")


def ksef_number(value) -> Checked:
    """Check a KSeF number: NIP-YYYYMMDD-12 hexadecimal digits-CRC-8 (polynomial 0x07, init 0).

    The checksum is over the first 32 characters (CIRFMF/ksef-docs, 2026-05-19).
    """
    number = (value or "").strip().upper()
    if not number:
        return Checked("", "missing")
    if not _KSEF_NUMBER.fullmatch(number):
        return Checked("", "characters")
    if _crc8(number[:32]) != int(number[33:], 16):
        return Checked("", "check_digit")
    return Checked(number)


def _crc8(text) -> int:
    crc = 0
    for byte in text.encode("ascii"):
        crc ^= byte
        for _bit in range(8):
            crc = (crc << 1) ^ 0x107 if crc & 0x80 else crc << 1
    return crc


# --- kind of counterparty -----------------------------------------------------------------

_COMPANY = re.compile(
    r"\b((sp z ?o ?o|spzoo|s a|p s a|psa|sp k|sp j|sp p|s k a|gmbh|ltd|llc|inc|ag|bv|nv|s r o|srl"
    r"|sarl|kft|plc|corp|oy|uab|sia)\b"
    r"|spolka (z ogranicz|akcyjn|komandytow|jawn|partnersk)|prosta spolka|spoldzielni)"
)
_CIVIL_PARTNERSHIP = re.compile(r"\b(s c|spolka cywilna)\b")
_MEDICAL = re.compile(
    r"\b(spzoz|sp ?zoz|szpital|samodzielny publiczny|zespol opieki zdrowotnej|uniwersyteckie centrum"
    r"|centrum onkologii|(stacja )?pogotowi[ea] ratunkowe)"
)
_ORGANISATION = re.compile(
    r"\b(wspolnot\w* mieszkaniow|fundacj|stowarzyszeni|parafi|diecezj|caritas|zwiazek (zawodowy|harcer"
    r"|pilki)|osp\b|(ludowy|uczniowski|miejski|gminny) klub|klub sportowy|ochotnicza straz|rodzinny ogrod"
    r"|kolo (lowieckie|gospodyn)|kolko rolnicze|rada rodzicow|towarzystwo (przyjaciol|milosnikow)"
    r"|spolka wodna|cech rzemios|partia)"
)
# A school, an academy or a nursery without a word of its owner is as often a business.
_PUBLIC = re.compile(
    r"\b(gmina|urzad|starostwo|powiat|wojewodztwo|wojewoda|ministerstwo|skarb panstwa"
    r"|miasto( i gmina)?|miejsk(i|a|ie)|gminn(y|a|e)|powiatow(y|a|e)|wojewodzk(i|a|ie)"
    r"|panstwow(y|a|e)|samorzadow(y|a|e)|publiczn(y|a|e)|komend[ay]|prokuratura|policja"
    r"|szkola (podstawowa|branzowa|zawodowa|muzyczna|glowna|specjalna)|zespol szkol(no)?"
    r"|przedszkole nr|zlobek nr|liceum ogolnoksztalcace|technikum|uniwersytet|politechnika"
    r"|akademia (gorniczo|wychowania|sztuk|muzyczna|ekonomiczna|medyczna|marynarki|wojsk)\w*"
    r"|biblioteka|(dom|osrodek|centrum) kultury|muzeum|sad (rejonowy|okregowy|apelacyjny|najwyzszy)"
    r"|dom pomocy spolecznej|osrodek pomocy|izba administracji|nadlesnictwo|lasy panstwowe"
    r"|zarzad (drog|zieleni|transportu|infrastruktury)|zaklad ubezpieczen spolecznych"
    r"|narodowy fundusz|kasa rolniczego|zaklad karny|areszt sledczy|regionalna izba)\b"
)
# Given names are enough to tell "Usługi Jan Kowalski" from "Usługi Budowlane Południe".
_GIVEN_NAMES = frozenset(
    """adam adrian agata agnieszka aleksander aleksandra alicja alina amelia andrzej aneta angelika
    anita anna antoni antonina arkadiusz artur barbara bartlomiej bartosz beata bernard bogdan
    bogumil bogumila boguslaw bozena bronislaw bronislawa celina cezary czeslaw czeslawa
    damian daniel danuta dariusz dawid diana dominik dominika dorota edmund edward edyta eliza
    elzbieta emil emilia eryk eugenia eugeniusz ewa ewelina feliks filip franciszek franciszka
    gabriela genowefa gertruda grazyna grzegorz halina hanna helena henryk henryka hieronim
    honorata hubert iga ignacy igor ilona irena ireneusz iwona izabela jacek jadwiga jagoda
    jakub jan janina janusz jaroslaw jedrzej jeremi jerzy joanna jolanta jozef julia justyna
    kacper kajetan kamil kamila karina karol karolina katarzyna kazimierz kinga klara klaudia
    konrad kornelia krystian krystyna krzysztof laura lech lena leon leszek lidia liliana
    lucjan lucyna ludmila ludwik lukasz maciej magdalena maksymilian malgorzata malwina marcel
    marcelina marcin marek maria marian marianna mariola mariusz marlena marta martyna marzena
    mateusz michal mieczyslaw mieczyslawa mikolaj milena miroslaw miroslawa monika nadia
    natalia nikola nina norbert oktawia olaf olga oliwia oskar patrycja patryk paulina pawel
    piotr przemyslaw radoslaw radoslawa rafal regina renata robert roman roza rozalia ryszard
    sabina sandra sara sebastian seweryn slawomir stanislaw stanislawa stefan sylwester sylwia
    szymon tadeusz teresa tomasz tymoteusz urszula violetta waclaw waldemar walentyna wanda
    weronika wieslaw wieslawa wiktor wiktoria wincenty wioletta witold wladyslaw wojciech
    zaneta zbigniew zdzislaw zdzislawa zenon zofia zuzanna zygmunt""".split()
)

_SURNAME = re.compile(r"([sc]k|dzk)[ia]$|wicz$|czyk$")


def fold(text) -> str:
    """Return the text in lower case, without diacritics, punctuation and double spaces."""
    plain = (text or "").lower().replace("ł", "l")
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", " ", plain).strip()


def spell(number) -> str:
    """Return the number of a document as those of other spellings have it: folded, unspaced."""
    return fold(number).replace(" ", "")


def _names_person(folded) -> bool:
    words = folded.split()
    if " im " in f" {folded} ":
        return False
    # "Kowalski Jan" is a person, "Apteka Anna" need not be one.
    surname_first = len(words) == 2 and words[1] in _GIVEN_NAMES and _SURNAME.search(words[0])
    return bool(surname_first) or any(word in _GIVEN_NAMES for word in words[:-1])


def guess_kind(party) -> str:
    """Guess the kind of counterparty from its name and tax number; people may correct it.

    One of company, sole_trader, consumer, public, public_medical, organisation. A civil
    partnership (s.c.) is its partners, natural persons, so it counts as a sole trader.
    Without a tax number and a telling name it is a consumer: the kind with most protection.

    :param party: anything with ``name``, ``nip`` and ``foreign_tax_id``
    """
    name = fold(party.name)
    person = _names_person(name)
    if _COMPANY.search(name):
        return "company"
    if _CIVIL_PARTNERSHIP.search(name):
        return "sole_trader"
    if _ORGANISATION.search(name):
        return "organisation"
    if not person and _MEDICAL.search(name):
        return "public_medical"
    if not person and _PUBLIC.search(name):
        return "public"
    if is_made_up(party.nip or party.foreign_tax_id):
        return "consumer"
    return "sole_trader" if person else "company"
