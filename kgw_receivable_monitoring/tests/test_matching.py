from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase

from ..tools.balances import Owed
from ..tools.matching import Credit, Matcher
from ..tools.payment_title import find_numbers, get_key, read_split_payment

DAY = date(2026, 9, 5)
DEBTORS = {
    1: ("KGW/2026/00001", "Budmax sp. z o.o."),
    2: ("KGW/2026/00002", "Zakład Alfa Jan Kowalski"),
    3: ("KGW/2026/00003", "Budmax Bis sp. z o.o."),
}
NIP = "9991010003"
KSEF = "5265877635-20250826-0100001AF629-AF"


def make_owed(number, amount, case=1, one=None, **values):
    facts = {
        "ksef_number": "",
        "issued": date(2026, 8, 1),
        "due": date(2026, 9, 1),
        "currency": "PLN",
        **values,
    }
    one = one or abs(hash((number, facts["due"]))) % 10**9
    facts.setdefault("invoice", one)
    return Owed(id=one, number=number, case=case, amount=Decimal(amount), **facts)


def match(owed, title, amount, payer="", account="", accounts=None):
    matcher = Matcher(owed, DEBTORS, accounts, NIP)
    return matcher.match(Credit(DAY, Decimal(amount), "PLN", title, payer, account))


class TestTitles(BaseCase):
    def _is_found(self, number, title):
        return bool(find_numbers(title, {get_key(number)})[0])

    def test_number_is_found_however_it_is_written(self):
        for number, title in (
            ("FV 12/05/2026", "zaplata fv12/05/2026 dziekuje"),
            ("FV 12/05/2026", "FV-012.05.2026"),
            ("FV 12/05/2026", "Fv 12 05 2026, czynsz"),
            ("210F1033", "ZAPL.FV-210F1033,210F0995 MINUS"),
            ("210F0995", "ZAPL.FV-210F1033,210F0995 MINUS"),
            ("110F02781", "F.110F02781"),
            ("110F02305", "F110F02305"),
            ("210F0997", "210/F0997"),
            ("12/2026", "FV nr 12/2026r."),
            ("FS-ŁÓDŹ/7/26", "fs lodz 7/26"),
        ):
            with self.subTest(number=number, title=title):
                self.assertTrue(self._is_found(number, title))

    def test_number_within_another_number_is_not_found(self):
        for number, title in (
            ("12/2026", "FV 112/2026"),
            ("12/2026", "FV 12/20261"),
            ("12/2026", "FV 5/12/2026"),
            ("12/2026", "12/2026/KR"),
            ("12/2026", "A12/2026"),
            ("110F023", "110F0231"),
            ("77", "ul. Polna 77"),
            ("77", "FV 77/2026"),
            ("1234", "tel. 1234"),
        ):
            with self.subTest(number=number, title=title):
                self.assertFalse(self._is_found(number, title))

    def test_split_payment_is_read_field_by_field(self):
        split = read_split_payment("/VAT/1 230,00/IDC/999-101-00-03/INV/FV 12/05/2026/TXT/za maj")
        self.assertEqual((split.vat, split.nip), (Decimal("1230.00"), NIP))
        self.assertEqual((split.number, split.text), ("FV 12/05/2026", "za maj"))
        self.assertEqual(read_split_payment("/VAT/1,00/IDC/1/INV/FV 1").number, "FV 1")
        self.assertIsNone(read_split_payment("VAT 07/2026"))


class TestMatching(BaseCase):
    OWED = (
        make_owed("FV 12/05/2026", 1000, one=1, ksef_number=KSEF),
        make_owed("210F1033", 500, one=2),
        make_owed("210F0995", 200, one=3),
        make_owed("112/2026", 300, case=2, one=4),
        make_owed("12/2026", 400, case=2, one=5),
    )

    def _assert(self, found, level, reason, parts=(), surplus=0):
        self.assertEqual((found.level, found.reason), (level, reason))
        self.assertEqual([(one, int(amount)) for one, amount in found.parts], list(parts))
        self.assertEqual(found.surplus, surplus)

    def test_named_invoice_and_its_amount_are_certain(self):
        for title in (
            "FV 12/05/2026",
            f"ksef {KSEF}",
            f"{KSEF[:20]} {KSEF[20:]}",
            "/VAT/187,00/IDC/9991010003/INV/12/05/2026/TXT/maj 2026",
        ):
            with self.subTest(title=title):
                found = match(self.OWED, title, 1000)
                self._assert(found, "certain", "number_amount", [(1, 1000)])

    def test_one_payment_of_many_invoices_is_certain_when_they_add_up(self):
        title = "ZAPL.FV-210F1033,210F0995"
        found = match(self.OWED, title, 700)
        self._assert(found, "certain", "number_amount", [(2, 500), (3, 200)])
        found = match(self.OWED, title + " MINUS KOR", 600, payer="BUDMAX")
        self._assert(found, "likely", "several_part", [(2, 500), (3, 100)])

    def test_part_payment_is_certain_only_of_a_known_payer(self):
        title = "FV 12/05/2026"
        self._assert(match(self.OWED, title, 300), "likely", "number_only", [(1, 300)])
        for facts in (
            {"payer": "BUDMAX SP.Z O.O. UL.POLNA 1"},
            {"account": "PL1", "accounts": {"PL1": {1}}},
        ):
            with self.subTest(**facts):
                found = match(self.OWED, title, 300, **facts)
                self._assert(found, "certain", "number_payer", [(1, 300)])
        found = match(self.OWED, f"{title} i 777/26", 300, payer="BUDMAX")
        self._assert(found, "likely", "number_only", [(1, 300)])

    def test_surplus_stays_with_the_counterparty_and_pays_no_other_invoice(self):
        alone = [make_owed("FV 12/05/2026", 1000, one=1)]
        found = match(alone, "FV 12/05/2026", 1200, payer="Budmax")
        self._assert(found, "certain", "number_payer", [(1, 1000)], 200)
        self.assertEqual(found.case, 1)
        found = match(self.OWED, "FV 12/05/2026", 1200, payer="Budmax")
        self._assert(found, "likely", "overpaid", [(1, 1000)], 200)

    def test_ambiguity_is_never_certain(self):
        same = [make_owed("FV 77", 500, one=1), make_owed("FV 77", 800, one=2)]
        self._assert(match(same, "FV 77", 800), "likely", "ambiguous", [(2, 800)])
        self._assert(match(same, "FV 77", 100), "none", "ambiguous")
        settled = [make_owed("FV 77", 0, one=1), make_owed("FV 77", 800, one=2)]
        self._assert(match(settled, "FV 77", 800), "likely", "ambiguous", [(2, 800)])
        equal = [make_owed("FV 1/26", 500, one=1), make_owed("FV 2/26", 500, one=2)]
        for facts in ({"account": "PL1", "accounts": {"PL1": {1}}}, {"title": "KGW/2026/00001"}):
            found = match(equal, **{"title": "zaplata", "amount": 500, **facts})
            self._assert(found, "likely", "equal_amounts", [(1, 500)])
        weeks = [make_owed("5/2026", 400, case=2, one=5)]
        self._assert(match(weeks, "czynsz 5/2026", 400), "likely", "number_amount", [(5, 400)])

    def test_what_speaks_against_makes_it_likely(self):
        for title, facts, reason in (
            ("FV 12/05/2026", {"account": "P", "accounts": {"P": {2}}}, "other_payer"),
            ("/VAT/187,00/IDC/1111111111/INV/12/05/2026", {}, "other_creditor"),
            ("/VAT/1000,00/IDC/9991010003/INV/12/05/2026", {}, "vat_only"),
        ):
            with self.subTest(reason=reason):
                self._assert(match(self.OWED, title, 1000, **facts), "likely", reason, [(1, 1000)])
        found = match(self.OWED, "FV 12/05/2026 FV 12/2026", 1400)
        self._assert(found, "likely", "two_parties", [(1, 1000), (5, 400)])
        self._assert(match(self.OWED, "FV 12/05/2026 FV 12/2026", 1500), "none", "two_parties")

    def test_case_number_and_amount_are_certain_account_and_amount_likely(self):
        found = match(self.OWED, "sprawa KGW/2026/00001", 500)
        self._assert(found, "certain", "case_amount", [(2, 500)])
        found = match(self.OWED, "x", 500, account="P", accounts={"P": {1}})
        self._assert(found, "likely", "account_amount", [(2, 500)])
        found = match(self.OWED, "x", 1100, account="P", accounts={"P": {1}})
        self._assert(found, "likely", "account_only", [(1, 1000), (2, 100)])
        self._assert(
            match(self.OWED, "x", 500, account="P", accounts={"P": {1, 2}}), "none", "no_number"
        )

    def test_name_and_amount_are_likely_for_the_right_name_only(self):
        found = match(self.OWED, "zaplata", 400, payer="KOWALSKI JAN ALFA 30-001 KRAKOW")
        self._assert(found, "likely", "name_amount", [(5, 400)])
        self._assert(match(self.OWED, "zaplata", 400, payer="BUDMAX"), "none", "no_number")

    def test_number_broken_by_the_bank_is_likely(self):
        found = match(self.OWED, "ZAPLATA ZA 2 10F1033", 500)
        self._assert(found, "likely", "number_gaps", [(2, 500)])

    def test_settled_late_and_later_invoices_are_not_paid(self):
        self._assert(match([make_owed("FV 8/26", 0, one=8)], "FV 8/26", 5), "none", "settled")
        old = make_owed("FV 9/26", 5, one=9, due=DAY - timedelta(days=91))
        self._assert(match([old], "FV 9/26", 5), "none", "late")
        self._assert(
            match([make_owed("FV 9/26", 5, issued=DAY + timedelta(1))], "FV 9/26", 5),
            "none",
            "early",
        )
        self._assert(
            match([make_owed("FV 9/26", 5, currency="EUR")], "FV 9/26", 5), "none", "other_currency"
        )

    def test_amount_of_one_instalment_goes_to_it(self):
        terms = [
            make_owed("FV 1/26", amount, one=number, invoice=7, due=DAY + timedelta(days=number))
            for number, amount in ((1, 100), (2, 200), (3, 300))
        ]
        for amount, parts in ((100, [(1, 100)]), (200, [(2, 200)]), (300, [(1, 100), (2, 200)])):
            found = match(terms, "FV 1/26", amount)
            self._assert(found, "certain", "number_amount", parts)

    def test_same_number_twice_in_one_title_is_paid_once(self):
        found = match(self.OWED, "FV 12/05/2026 faktura 12/05/2026", 1000)
        self._assert(found, "certain", "number_amount", [(1, 1000)])


NUMBERS = ("FV 1/09/2026", "1/09/2026", "FV 11/09/2026", "12/2026", "112/2026", "77", "210F1033")
AMOUNTS = st.sampled_from(("100", "100.01", "200.01", "250", "1230"))


@st.composite
def make_world(draw):
    owed = [
        make_owed(
            draw(st.sampled_from(NUMBERS)),
            draw(AMOUNTS | st.just("0")),
            case=draw(st.integers(1, 3)),
            one=one,
            issued=date(2026, draw(st.integers(1, 9)), 1),
            due=date(2026, draw(st.integers(4, 10)), 1),
            currency=draw(st.sampled_from(("PLN", "PLN", "EUR"))),
        )
        for one in range(1, draw(st.integers(1, 8)) + 1)
    ]
    titles = st.lists(st.sampled_from((*NUMBERS, "KGW/2026/00002", "maj")), max_size=3)
    credits = [
        Credit(
            DAY,
            Decimal(draw(AMOUNTS)),
            "PLN",
            " ".join(draw(titles)),
            draw(st.sampled_from(("", "Budmax", "Alfa Jan Kowalski"))),
            draw(st.sampled_from(("", "P", "Q"))),
        )
        for _number in range(draw(st.integers(1, 6)))
    ]
    return owed, credits


class TestMatchingProperties(BaseCase):
    @settings(max_examples=200, deadline=None)
    @given(make_world())
    def test_sums_are_kept_and_nothing_is_paid_twice(self, world):
        owed, credits = world
        matcher = Matcher(owed, DEBTORS, {"P": {1}, "Q": {1, 2}}, NIP)
        facts = {one.id: one for one in owed}
        paid = Counter()
        for credit in credits:
            found = matcher.match(credit)
            total = sum((amount for _one, amount in found.parts), Decimal(0))
            self.assertTrue(all(amount > 0 for _one, amount in found.parts))
            self.assertEqual(len({one for one, _amount in found.parts}), len(found.parts))
            if found.level == "none":
                self.assertFalse(found.parts)
                continue
            self.assertEqual(total + found.surplus, credit.amount)
            self.assertGreaterEqual(found.surplus, 0)
            for one, _amount in found.parts:
                self.assertEqual(facts[one].currency, credit.currency)
                self.assertLessEqual(facts[one].issued, credit.date)
            if found.level == "certain":
                self._check_certain(found, credit, owed, facts, matcher)
                matcher.book.take(found.parts)
                paid.update(dict(found.parts))
        for one, amount in paid.items():
            self.assertLessEqual(amount, facts[one].amount)

    def _check_certain(self, found, credit, owed, facts, matcher):
        """One counterparty, and no other invoice with one of the numbers unless its account tells."""
        self.assertEqual(len({facts[one].case for one, _amount in found.parts}), 1)
        if found.reason == "case_amount" or credit.account == "P":
            return
        for one, _amount in found.parts:
            key = get_key(facts[one].number)
            same = {
                o.invoice
                for o in owed
                if get_key(o.number) == key and o.currency == "PLN" and o.issued <= DAY
            }
            self.assertEqual(len(same), 1)
