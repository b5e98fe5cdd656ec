import random
from datetime import date
from decimal import Decimal
from pathlib import Path

from odoo.tests.common import BaseCase

from ..tools import readers
from ..tools.identifiers import guess_kind
from ..tools.readers import PROBLEM_CODES, UnreadableFile
from ..tools.readers.cells import parse_amount, parse_date
from ..tools.readers.payments_csv import read_payments
from .readers_common import ReaderCase, make_csv

DEMO = Path(__file__).parent.parent / "demo" / "files"


class TestCells(BaseCase):
    def test_dates_of_polish_files_are_read(self):
        for text in (
            "21.11.2026",
            "2026-11-21",
            "21-11-2026",
            "21/11/2026",
            "2026.11.21",
            "20261121",
            "21.11.2026 r.",
            "2026-11-21 00:00:00",
            "2026-11-21T12:30:00Z",
        ):
            with self.subTest(text=text):
                self.assertEqual(parse_date(text), date(2026, 11, 21))

    def test_what_is_no_sure_date_is_refused(self):
        for text in ("21.11.26", "11/21/2026", "31.02.2026", "46000", "14 dni", "1.1.0001", ""):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_date(text)

    def test_amounts_of_polish_files_are_read(self):
        cases = {
            "1 234,56": ("1234.56", ""),
            "1\u00a0234,56 zł": ("1234.56", "PLN"),
            "1\u202f234,56 PLN": ("1234.56", "PLN"),
            "EUR 1.234,56": ("1234.56", "EUR"),
            "€10": ("10.00", "EUR"),
            "1.234.567,8": ("1234567.80", ""),
            "1,234.56": ("1234.56", ""),
            "1,234,567": ("1234567.00", ""),
            "1.234": ("1234.00", ""),
            "1234.5": ("1234.50", ""),
            "12,4000": ("12.40", ""),
            "-100,00": ("-100.00", ""),
            "\u2212100,00 zł": ("-100.00", "PLN"),
            "100,00-": ("-100.00", ""),
            "(100,00)": ("-100.00", ""),
            "1'234,00": ("1234.00", ""),
            "0": ("0.00", ""),
        }
        for text, (amount, currency) in cases.items():
            with self.subTest(text=text):
                self.assertEqual(parse_amount(text), (Decimal(amount), currency))

    def test_what_may_be_two_amounts_or_none_is_refused(self):
        for text in (
            "1,234",
            "1 23,00",
            "1.23.456",
            "12,345",
            "--5",
            "-(5)",
            "PLN 5 zł",
            "5 5 5",
            "abc",
            "",
            "1e5",
            "9" * 17,
            "٣,00",
            "5 %",
        ):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_amount(text)


class TestHostile(ReaderCase):
    def test_damaged_files_give_a_result_or_a_refusal_and_nothing_else(self):
        rng = random.Random(2026)
        contents = [path.read_bytes() for path in sorted(DEMO.rglob("*.[cx][sm][vl]"))]
        self.assertEqual(len(contents), 10)
        read = refused = 0
        for _round in range(600):
            content = self._damage(rng, rng.choice(contents))
            for name in ("a.csv", ""):
                try:
                    result = readers.read(content, name)
                except UnreadableFile as error:
                    self.assertIn(error.code, PROBLEM_CODES)
                    refused += 1
                else:
                    read += 1
                    notes = [note for found in result.documents for note in found.warnings]
                    self._get_codes([*result.problems, *notes])
        self.assertGreater(read, 100)
        self.assertGreater(refused, 100)

    def _damage(self, rng, content):
        data = bytearray(content[: rng.randrange(len(content))] if rng.random() < 0.4 else content)
        for _flip in range(rng.randrange(12)):
            if data:
                data[rng.randrange(len(data))] = rng.choice(b"\x00\"';<>&,.\n\r\t\xff\x81-0a")
        return bytes(data)


class TestPayments(ReaderCase):
    def test_rows_are_payments_and_bad_ones_are_named(self):
        content = make_csv(
            "12.11.2026;FV 1;1 234,50;PLN",
            "2026-11-13;EX 2;10,00 EUR;",
            "x;FV 3;1;PLN",
            "12.11.2026;;1;PLN",
            "12.11.2026;FV 4;;PLN",
            "12.11.2026;FV 5;1 EUR;PLN",
            "Razem;;1 244,50;",
            head="data_wplaty;numer_faktury;kwota;waluta",
        )
        found = read_payments(content)
        payments, problems = found.payments, found.problems
        self.assertEqual(
            [(p.line, p.date, p.number, f"{p.amount}", p.currency) for p in payments],
            [
                (2, date(2026, 11, 12), "FV 1", "1234.50", "PLN"),
                (3, date(2026, 11, 13), "EX 2", "10.00", "EUR"),
            ],
        )
        self.assertEqual(
            [(p.line, p.field, p.code) for p in problems],
            [
                (4, "date", "bad_date"),
                (5, "number", "value_missing"),
                (6, "amount", "value_missing"),
                (7, "currency", "currency_conflict"),
            ],
        )

    def test_list_without_a_column_is_refused(self):
        with self.assertRaises(UnreadableFile) as caught:
            read_payments(make_csv("FV 1;1", head="numer_faktury;kwota"))
        self.assertEqual(
            (caught.exception.code, caught.exception.detail), ("column_missing", "date")
        )


class TestDemoFiles(ReaderCase):
    """The figures of demo/files/README.md."""

    def _read(self, pattern):
        found = []
        for path in sorted(DEMO.glob(pattern)):
            result = readers.read(path.read_bytes(), path.name)
            self.assertFalse(result.problems)
            found += result.documents
        return found

    def _sum(self, documents):
        sums = {}
        for document in documents:
            sums[document.currency] = sums.get(document.currency, 0) + document.residual
        return sums

    def test_counts_and_sums_are_those_of_the_readme(self):
        cases = (
            ("krakbud_2026-10.csv", 34, 36, 14, {"PLN": "138109.04", "EUR": "2480.50"}),
            ("krakbud_backlog.csv", 1, 1, 1, {"PLN": "3567.00"}),
            ("zielony_ogrod/*.xml", 4, 5, 4, {"PLN": "25925.28"}),
            ("wlasna_sprzedaz/*.xml", 3, 3, 3, {"PLN": "4284.00"}),
        )
        for pattern, documents, due_dates, buyers, sums in cases:
            with self.subTest(pattern=pattern):
                found = self._read(pattern)
                self.assertEqual(len(found), documents)
                self.assertEqual(sum(len(one.instalments) for one in found), due_dates)
                self.assertEqual(len({one.buyer.name for one in found}), buyers)
                self.assertEqual(self._sum(found), {k: Decimal(v) for k, v in sums.items()})

    def test_nasty_cases_are_there(self):
        found = self._read("krakbud_2026-10.csv")
        by_number = {one.number: one for one in found}
        self.assertEqual(
            sorted(one.issue_date.year for one in found if one.number == "77"), [2025, 2026]
        )
        self.assertEqual(sum(one.buyer.name.startswith("Budowa Plus") for one in found), 20)
        self.assertEqual(len(by_number["FV 104/2026"].instalments), 3)
        kinds = {guess_kind(one.buyer) for one in found}
        self.assertEqual(kinds, {"company", "sole_trader", "consumer", "organisation"})
        warned = {one.number: self._get_codes(one.warnings) for one in found if one.warnings}
        self.assertEqual(warned, {"FV 207/10/2026": ["phone_invalid"]})
        due = {part.due_date for one in found for part in one.instalments}
        self.assertEqual((min(due), max(due)), (date(2026, 10, 20), date(2026, 11, 28)))
        green = self._read("zielony_ogrod/*.xml")
        shared = {one.buyer.nip for one in found} & {one.buyer.nip for one in green} - {""}
        self.assertEqual(len(shared), 1)
        self.assertTrue(all(one.ksef_number for one in green))

    def test_payments_name_documents_that_are_there(self):
        listed = read_payments((DEMO / "krakbud_platnosci.csv").read_bytes())
        payments = listed.payments
        self.assertFalse(listed.problems)
        self.assertEqual(len(payments), 8)
        found = {(one.number, one.currency): one for one in self._read("krakbud_2026-10.csv")}
        for payment in payments:
            document = found[payment.number, payment.currency]
            self.assertLessEqual(payment.amount, document.residual)
