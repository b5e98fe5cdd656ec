"""Which receivables a payment is for: pure, no ORM.

*Certain* is what two independent facts agree on (a number that is named whole, the amount, the
payer) and nothing speaks against. *Likely* waits for a person. What is ambiguous is never
certain: one number of two invoices, equal amounts, a payer known from another case. The sums are
always kept: what is paid is parts plus surplus, and no part is more than what is owed.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .balances import Balances, get_obstacle
from .identifiers import fold, spell
from .payment_title import find_numbers, get_key, get_keys, read_split_payment

_ZERO = Decimal(0)
_KSEF = re.compile(r"\d{10}-\d{8}-[0-9A-F]{12}-[0-9A-F]{2}", re.ASCII)
# Words of a firm's name that tell nothing about whose it is.
_FORMS = frozenset(
    "sp z o o oo zoo spzoo s a sa sk spolka spolki ograniczona odpowiedzialnoscia akcyjna jawna"
    " komandytowa cywilna k j c firma fhu phu fhup ppuh przedsiebiorstwo handlowo uslugowe"
    " uslugowo handlowe zaklad uslug uslugi i oraz w ul al os".split()
)


@dataclass(frozen=True, slots=True)
class Credit:
    """What came in, as the statement tells it."""

    date: date
    amount: Decimal
    currency: str
    title: str = ""
    payer: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What a payment is for; ``level`` is certain, likely or none, ``reason`` a code.

    ``surplus`` is what is paid above the parts, it stays with the counterparty of ``case``.
    ``settled`` are invoices that the title names and nothing is owed of any more.
    """

    level: str
    reason: str
    parts: tuple[tuple[int, Decimal], ...] = ()
    surplus: Decimal = _ZERO
    case: int | None = None
    settled: tuple[int, ...] = ()


@dataclass(slots=True)
class Evidence:
    """What the title and the payer tell about one payment."""

    invoices: list[int] = field(default_factory=list)
    strong: bool = True
    ambiguous: set[int] = field(default_factory=set)
    settled: list[int] = field(default_factory=list)
    obstacle: str = ""
    other_numbers: bool = False
    contradiction: str = ""
    case: int | None = None
    case_named: bool = False
    by_account: bool = False


class Matcher:
    """Matches the payments of one mandate, each against what those before it have left.

    :param owed: open and settled receivables of the mandate
    :param debtors: case -> (number of the case, name of the counterparty)
    :param accounts: account -> cases that were paid for from it
    :param creditor_nip: NIP of the creditor, for split payments
    """

    def __init__(self, owed, debtors, accounts=None, creditor_nip=""):
        self.book = Balances(owed)
        self.accounts = accounts or {}
        self.creditor_nip = creditor_nip
        self.by_key, self.by_ksef = defaultdict(set), {}
        self.case_keys, self.names = {}, {}
        self.by_number, self.signs = defaultdict(list), {}
        for invoice, (one, *_others) in self.book.by_invoice.items():
            self.by_number[one.number].append(invoice)
            if sign := _get_sign(one.number):
                self.signs[invoice] = sign
        for one in owed:
            for key in get_keys(one.number):
                self.by_key[key].add(one.invoice)
            if one.ksef_number:
                self.by_ksef[one.ksef_number.upper()] = one.invoice
        for case, (number, name) in debtors.items():
            if key := get_key(number):
                self.case_keys[key] = case
            self.names[case] = _get_words(name)
        self.by_word = defaultdict(set)
        for case, words in self.names.items():
            if words:
                self.by_word[max(words, key=len)].add(case)

    def match(self, credit):
        """Return the Match of a Credit above zero."""
        evidence = self._read(credit)
        if evidence.ambiguous:
            return self._match_ambiguous(credit, evidence)
        if evidence.invoices:
            return self._match_named(credit, evidence)
        if evidence.settled:
            return self._match_settled(evidence)
        if evidence.obstacle:
            return Match("none", evidence.obstacle, case=evidence.case)
        if evidence.case:
            return self._match_case(credit, evidence)
        return self._match_name(credit)

    # --- what the payment tells ---

    def _read(self, credit):
        evidence = Evidence()
        split = read_split_payment(credit.title)
        title = f"fv {split.number}" if split else credit.title
        title, found = self._find_ksef(title, credit, evidence)
        hits, evidence.other_numbers = find_numbers(title, self)
        self._read_payer(credit, evidence)
        for hit in hits:
            if hit.key not in self.case_keys:
                found += self._resolve(hit, credit, evidence)
        evidence.invoices = list(dict.fromkeys(found))
        self._contradict(credit, evidence, split)
        return evidence

    def __contains__(self, key):
        return key in self.by_key or key in self.case_keys

    def _find_ksef(self, title, credit, evidence):
        """Return (title without KSeF numbers, the open invoices that they name).

        Banks break titles: where the spaces are taken out a number may stand whole.
        """
        joined = "".join(title.upper().split())
        numbers = _KSEF.findall(joined)
        if not numbers:
            return title, []
        named = [self.by_ksef[number] for number in numbers if number in self.by_ksef]
        rest = _KSEF.sub(" ", title.upper())
        found = [i for i in named if self._is_open(i, credit, evidence)]
        return ("" if _KSEF.search("".join(rest.split())) else rest), found

    def _read_payer(self, credit, evidence):
        """A case is known by its number in the title, else by an account that paid for it alone."""
        hits = find_numbers(credit.title, self.case_keys)[0]
        cases = {self.case_keys[hit.key] for hit in hits}
        paid_for = self.accounts.get(credit.account, ()) if credit.account else ()
        if len(cases) == 1:
            evidence.case, evidence.case_named = cases.pop(), True
        elif len(paid_for) == 1:
            evidence.case, evidence.by_account = next(iter(paid_for)), True

    def _resolve(self, hit, credit, evidence):
        """Return the invoice of a number; none, with a mark, for settled and ambiguous ones."""
        named = {i: self.book.by_invoice[i][0] for i in self.by_key.get(hit.key, ())}
        obstacles = {i: get_obstacle(one, credit) for i, one in named.items()}
        invoices = {i for i, obstacle in obstacles.items() if obstacle in ("", "late")}
        if hit.strong and named and not invoices:
            evidence.obstacle = next(iter(obstacles.values()))
        if len(invoices) > 1 and evidence.by_account:
            own = {i for i in invoices if self.book.by_invoice[i][0].case == evidence.case}
            invoices = own if len(own) == 1 else invoices
        if not hit.strong:
            evidence.strong = False
        if len(invoices) > 1:
            evidence.ambiguous |= invoices
            return []
        return [i for i in invoices if self._is_open(i, credit, evidence)]

    def _is_open(self, invoice, credit, evidence):
        if self.book.get_open(self.book.by_invoice[invoice], credit):
            return True
        one = next((o for o in self.book.by_invoice[invoice] if self.book.left[o.id]), None)
        if one is None:
            evidence.settled.append(invoice)
        else:
            evidence.obstacle = get_obstacle(one, credit)
        return False

    def _contradict(self, credit, evidence, split):
        cases = {self.book.by_invoice[invoice][0].case for invoice in evidence.invoices}
        if split and self.creditor_nip and split.nip and split.nip != self.creditor_nip:
            evidence.contradiction = "other_creditor"
        elif split and split.vat == credit.amount:
            evidence.contradiction = "vat_only"
        elif len(cases) > 1:
            evidence.contradiction = "two_parties"
        elif cases and evidence.case and evidence.case not in cases:
            evidence.contradiction = "other_payer"
        elif cases and evidence.settled:
            evidence.contradiction = "some_settled"

    # --- decisions ---

    def _match_ambiguous(self, credit, evidence):
        """One number, several invoices: the one whose balance it settles is proposed, no more."""
        fitting = [i for i in sorted(evidence.ambiguous) if self.book.fit_invoice(i, credit)]
        if len(fitting) == 1 and not evidence.invoices:
            return self._build(
                "likely", "ambiguous", credit, self.book.fit_invoice(fitting[0], credit)
            )
        return Match("none", "ambiguous", case=evidence.case)

    def _match_settled(self, evidence):
        cases = {self.book.by_invoice[invoice][0].case for invoice in evidence.settled}
        case = cases.pop() if len(cases) == 1 else None
        return Match("none", "settled", case=case, settled=tuple(evidence.settled))

    def match_listed(self, number, credit):
        """Return the Match of a payment whose document the creditor names, word for word.

        Of several invoices with that number it is for the one whose balance it settles.
        """
        invoices = self.by_number.get(number, ())
        evidence = Evidence()
        opened = [i for i in invoices if self._is_open(i, credit, evidence)]
        fitting = [i for i in opened if self.book.fit_invoice(i, credit)]
        chosen = fitting if len(fitting) == 1 else opened
        if len(chosen) == 1:
            parts = self.book.fit_invoice(chosen[0], credit) or self.book.spread(chosen, credit)
            return self._build("certain", "listed", credit, parts)
        if opened:
            return Match("none", "ambiguous")
        if evidence.settled and not evidence.obstacle:
            return self._match_settled(evidence)
        return Match("none", evidence.obstacle or "no_invoice")

    def _match_named(self, credit, evidence):
        total = self.book.get_sum(evidence.invoices, credit)
        exact = self.book.fit_named(evidence.invoices, credit)
        payer = self._is_payer(credit, evidence)
        if evidence.contradiction:
            return self._propose(evidence.contradiction, credit, evidence.invoices, exact)
        if exact:
            level = "certain" if evidence.strong or payer else "likely"
            return self._build(level, "number_amount", credit, exact)
        if len(evidence.invoices) > 1 and credit.amount < total:
            return self._propose("several_part", credit, evidence.invoices)
        if not (payer and evidence.strong) or evidence.other_numbers:
            return self._propose("number_only", credit, evidence.invoices)
        if credit.amount > total and self.book.has_more(evidence.invoices, credit):
            return self._propose("overpaid", credit, evidence.invoices)
        return self._build(
            "certain", "number_payer", credit, self.book.spread(evidence.invoices, credit)
        )

    def _propose(self, reason, credit, invoices, exact=None):
        """Return a likely Match; what is paid for two parties must leave no surplus."""
        parts = exact or self.book.spread(invoices, credit)
        cases = {self.book.owed[one].case for one, _amount in parts}
        if len(cases) > 1 and sum(amount for _one, amount in parts) != credit.amount:
            return Match("none", reason)
        return self._build("likely", reason, credit, parts)

    def _match_case(self, credit, evidence):
        """The payer is known, no invoice is named."""
        lines = self.book.get_open(self.book.by_case[evidence.case], credit)
        named = "case" if evidence.case_named else "account"
        if not lines:
            return Match("none", "nothing_open", case=evidence.case)
        fitting = self.book.fit_lines(lines, credit)
        if len(fitting) == 1:
            certain = evidence.case_named and not evidence.other_numbers
            level = "certain" if certain else "likely"
            return self._build(level, f"{named}_amount", credit, fitting[0])
        reason = "equal_amounts" if fitting else f"{named}_only"
        parts = fitting[0] if fitting else self.book.spread_lines(lines, credit.amount)
        return self._build("likely", reason, credit, parts)

    def _match_name(self, credit):
        """Only the payer's name may tell: proposed where one balance of one case fits."""
        words = set(_get_words(credit.payer))
        cases = {case for word in words for case in self.by_word.get(word, ())}
        cases = {case for case in cases if set(self.names[case]) <= words}
        fitting = [
            parts
            for case in sorted(cases)
            for parts in self.book.fit_lines(
                self.book.get_open(self.book.by_case[case], credit), credit
            )
        ]
        if len(fitting) == 1:
            return self._build("likely", "name_amount", credit, fitting[0])
        return self._match_gaps(credit)

    def _match_gaps(self, credit):
        """A bank that breaks titles into lines puts spaces into numbers: looked for without."""
        text = spell(credit.title)
        found = {
            invoice
            for invoice, sign in self.signs.items()
            if _is_within(sign, text) and self.book.get_open(self.book.by_invoice[invoice], credit)
        }
        if len(found) == 1:
            return self._propose("number_gaps", credit, list(found))
        return Match("none", "no_number")

    def _build(self, level, reason, credit, parts):
        surplus = credit.amount - sum(amount for _one, amount in parts)
        cases = {self.book.owed[one].case for one, _amount in parts}
        return Match(level, reason, tuple(parts), surplus, cases.pop() if len(cases) == 1 else None)

    def _is_payer(self, credit, evidence):
        """Whether the payer is the counterparty of the named invoices, by account or name."""
        case = self.book.by_invoice[evidence.invoices[0]][0].case
        if evidence.case == case:
            return True
        words = self.names.get(case)
        return bool(words) and set(words) <= set(_get_words(credit.payer))


def _get_words(name):
    """Return the words of a name that tell whose it is; none where too little is left."""
    words = [word for word in fold(name).split() if word not in _FORMS]
    return words if len(words) > 1 or len("".join(words)) > 4 else []


def _get_sign(number):
    """Return a number without spaces and signs if it is long enough to be found so, or ''."""
    sign = spell(number)
    long_enough = len(sign) >= 7 and sum(char.isdigit() for char in sign) >= 5
    return sign if long_enough else ""


def _is_within(sign, text):
    """Whether a number stands in a text without spaces, and is no part of a longer one."""
    start = text.find(sign)
    if start < 0:
        return False
    before, after = text[:start][-1:], text[start + len(sign) :][:1]
    return not (before.isdigit() and sign[0].isdigit()) and not (
        after.isdigit() and sign[-1].isdigit()
    )
