"""Statements in camt.053 (ISO 20022), all versions; also the loose ones of small programs.

Elements are found by their local names. Only booked entries count. camt.052 (intraday) and
camt.054 (notices) are no statements: they say nothing about what else came in, and are refused.
"""

import re
from decimal import Decimal

from .base import MAX_VALUE, UnreadableFile, warning
from .payments_base import CENT, Payment, Period, Statement, clean, clean_account, clean_reference
from .xml_elements import ElementReader, children, find, get_root_name, parse, text

FORMAT = "camt053"
_HEAD = 64 * 1024
_MESSAGE = re.compile(rb"<(?:[\w.-]+:)?(BkToCstmr\w+)")
_AMOUNT = re.compile(r"\d{1,16}(?:\.\d{1,2}0{0,8})?", re.ASCII)
_DAYS = ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
_REFERENCES = ("Refs/AcctSvcrRef", "AcctSvcrRef", "NtryRef", "Refs/TxId", "Refs/EndToEndId")
_STRUCTURED = ("Strd/RfrdDocInf/Nb", "Strd/CdtrRefInf/Ref")


def sniff_payments(content, filename=""):
    """Tell whether this is a bank-to-customer message, statement or not."""
    return get_root_name(content) == "Document" and bool(_MESSAGE.search(content[:_HEAD]))


def read_payments(content, filename=""):
    """Read all statements of the file; a bad entry becomes a Problem and costs only itself.

    :raises UnreadableFile: damaged XML, a DOCTYPE, another message, no statement in it
    """
    root = parse(content)
    message = find(root, "BkToCstmrStmt")
    if message is None:
        name = _MESSAGE.search(content[:_HEAD])[1].decode()
        raise UnreadableFile("intraday_report", name[:MAX_VALUE])
    statements = children(message, "Stmt")
    if not statements:
        raise UnreadableFile("no_statement")
    reader = _CamtReader()
    for statement in statements:
        reader.take(statement)
    problems = (*reader.problems, *reader.notes)
    return Statement(FORMAT, tuple(reader.payments), problems, tuple(reader.periods))


class _CamtReader(ElementReader):
    """Reads statement by statement."""

    def __init__(self):
        super().__init__()
        self.payments, self.periods, self.notes = [], [], []

    def take(self, statement):
        account = self.get_account(statement, "Acct/Id")
        wrong = len(self.problems)
        for entry in children(statement, "Ntry"):
            self.take_entry(entry, account)
        opened, closed = self.balance(statement, "OPBD"), self.balance(statement, "CLBD")
        opened_on = opened or self.day(statement, "FrToDt/FrDtTm")
        closed_on = closed or self.day(statement, "FrToDt/ToDtTm")
        is_whole = len(self.problems) == wrong
        self.periods.append(Period(account, opened_on, closed_on if is_whole else None))

    def balance(self, statement, code):
        """Return the day of the balance of that code, or None."""
        for balance in children(statement, "Bal"):
            if text(balance, "Tp/CdOrPrtry/Cd") == code:
                return self.day(balance, "Dt/Dt") or self.day(balance, "Dt/DtTm")
        return None

    def day(self, element, path):
        """Return the date at the path, of a moment its day as written."""
        stamp = find(element, path)
        if stamp is None or not (stamp.text or "").strip():
            return None
        moment = stamp.text.strip()
        stamp.text = moment.partition("T")[0]
        return self.date(element, path, "date")

    def get_account(self, element, path):
        for tail in ("IBAN", "Othr/Id"):
            number = clean_account(text(element, f"{path}/{tail}"))
            if number:
                return number
        return ""

    def take_entry(self, entry, account):
        status = text(entry, "Sts/Cd") or text(entry, "Sts")
        if status not in ("", "BOOK"):
            self.note(entry, "entry_pending", status)
            return
        facts = self.read_entry(entry)
        if facts is None:
            return
        parts = children(find(entry, "NtryDtls"), "TxDtls")
        for part, amount in self.split(entry, parts, abs(facts["amount"])):
            sign = 1 if facts["amount"] > 0 else -1
            details = self.read_part(part, entry, incoming=sign > 0)
            values = {**facts, "amount": sign * amount, "own_account": account, **details}
            self.payments.append(Payment(**values))

    def note(self, entry, code, value):
        self.notes.append(warning(entry.sourceline, "entry", code, value))

    def read_entry(self, entry):
        """Return what every part of the entry shares, or None when something is missing."""
        before = len(self.problems)
        amount, currency = self.money(entry)
        days = (self.day(entry, path) for path in _DAYS)
        day = next(filter(None, days), None)
        if day is None and len(self.problems) == before:
            self.refuse("date", "value_missing", entry)
        side = text(entry, "CdtDbtInd")
        if side not in ("CRDT", "DBIT"):
            self.refuse("entry", "bad_entry", entry, side or "CdtDbtInd")
        if len(self.problems) > before:
            return None
        return {
            "line": entry.sourceline,
            "date": day,
            "number": "",
            "amount": amount if side == "CRDT" else -amount,
            "currency": currency,
            "is_reversal": text(entry, "RvslInd") in ("true", "1"),
        }

    def money(self, entry):
        element = find(entry, "Amt")
        value = text(entry, "Amt")
        currency = "" if element is None else element.get("Ccy", "")
        if not _AMOUNT.fullmatch(value):
            self.refuse("amount", "bad_amount" if value else "value_missing", entry, value)
            return None, ""
        if not re.fullmatch(r"[A-Z]{3}", currency):
            self.refuse(
                "currency", "bad_currency" if currency else "value_missing", entry, currency
            )
        return Decimal(value).quantize(CENT), currency

    def split(self, entry, parts, total):
        """Return pairs (part, amount): of a batch its transfers if they add up, else the entry."""
        if len(parts) > 1:
            amounts = [self.part_amount(part) for part in parts]
            if None not in amounts and sum(amounts) == total:
                return list(zip(parts, amounts, strict=True))
            self.note(entry, "batch_not_split", total)
            return [(None, total)]
        return [(parts[0] if parts else None, total)]

    def part_amount(self, part):
        value = text(part, "Amt") or text(part, "AmtDtls/TxAmt/Amt")
        return Decimal(value).quantize(CENT) if _AMOUNT.fullmatch(value) else None

    def read_part(self, part, entry, incoming):
        """Return title, payer, account and reference; of an entry without parts, its own."""
        side = "Dbtr" if incoming else "Cdtr"
        sources = [source for source in (part, entry) if source is not None]
        titles = [clean(title) for source in sources for title in self.titles(source)]
        return {
            "title": next(filter(None, titles), ""),
            "payer": self.first(sources, f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm"),
            "account": next(
                filter(None, (self.get_account(s, f"RltdPties/{side}Acct/Id") for s in sources)), ""
            ),
            "reference": clean_reference(self.first(sources, *_REFERENCES)),
        }

    def titles(self, source):
        """Yield the free text, the references, then what the bank adds."""
        for information in children(source, "RmtInf"):
            yield " ".join("".join(e.itertext()) for e in children(information, "Ustrd"))
            yield from (text(information, path) for path in _STRUCTURED)
        yield text(source, "AddtlTxInf")
        yield text(source, "AddtlNtryInf")

    def first(self, sources, *paths):
        found = (clean(text(source, path)) for source in sources for path in paths)
        return next(filter(None, found), "")
