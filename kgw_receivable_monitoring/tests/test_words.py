from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase

from ..tools import text as text_tools
from ..tools import words
from ..tools.text import SAMPLE_VALUES

PL, EN = "pl_PL", "en_US"
NBSP = "\u00a0"
QUICK = settings(max_examples=150, deadline=None, database=None, derandomize=True)


class TestWords(BaseCase):
    def test_step_beside_its_channel_names_it_once(self):
        for step, channel, expected in (
            ("Telefon: monit", "Telefon", "Monit"),
            ("List polecony: wezwanie ostateczne", "List", "List polecony: wezwanie ostateczne"),
            ("SMS: przypomnienie", "E-mail", "SMS: przypomnienie"),
            ("SMS reminder", "SMS", "SMS reminder"),
            ("", "", ""),
        ):
            with self.subTest(step=step, channel=channel):
                self.assertEqual(words.without_channel(step, channel), expected)

    def test_amount_in_polish_agrees_with_the_number(self):
        cases = (
            ("1234.56", "PLN", "tysiąc dwieście trzydzieści cztery złote 56/100"),
            ("0", "PLN", "zero złotych 00/100"),
            ("1", "PLN", "jeden złoty 00/100"),
            ("12.30", "PLN", "dwanaście złotych 30/100"),
            ("21.21", "PLN", "dwadzieścia jeden złotych 21/100"),
            ("22", "PLN", "dwadzieścia dwa złote 00/100"),
            ("112.05", "PLN", "sto dwanaście złotych 05/100"),
            ("0.995", "PLN", "jeden złoty 00/100"),
            ("-5.50", "PLN", "minus pięć złotych 50/100"),
            ("1", "EUR", "jedno euro 00/100"),
            ("2480.50", "EUR", "dwa tysiące czterysta osiemdziesiąt euro 50/100"),
            ("3", "USD", "trzy dolary amerykańskie 00/100"),
            ("1", "CZK", "jedna korona czeska 00/100"),
            ("22", "CZK", "dwadzieścia dwie korony czeskie 00/100"),
            ("12", "CZK", "dwanaście koron czeskich 00/100"),
            ("7.25", "HUF", "siedem HUF 25/100"),
        )
        for amount, currency, expected in cases:
            with self.subTest(amount=amount, currency=currency):
                found = words.amount_in_words(Decimal(amount), currency, PL)
                self.assertEqual(found, expected)

    def test_amount_in_english_has_singular_and_plural(self):
        cases = (
            ("1", "PLN", "one zloty 00/100"),
            ("1234.56", "PLN", "one thousand two hundred and thirty-four zlotys 56/100"),
            ("2", "EUR", "two euros 00/100"),
            ("7.25", "HUF", "seven HUF 25/100"),
        )
        for amount, currency, expected in cases:
            with self.subTest(amount=amount, currency=currency):
                found = words.amount_in_words(Decimal(amount), currency, EN)
                self.assertEqual(found, expected)

    def test_plural_follows_the_polish_rule(self):
        one, few, many = "faktura", "faktury", "faktur"
        expected = {one: (1,), few: (2, 4, 22, 34, 104, 1002), many: (0, 5, 11, 12, 14, 21, 112)}
        for form, numbers in expected.items():
            for number in numbers:
                with self.subTest(number=number):
                    self.assertEqual(words.plural(number, one, few, many), form)

    def test_money_has_no_break_where_a_line_could_end(self):
        cases = (
            ("12400", "PLN", PL, f"12{NBSP}400,00{NBSP}zł"),
            ("1234.5", "PLN", PL, f"1{NBSP}234,50{NBSP}zł"),
            ("1200", "EUR", PL, f"1{NBSP}200,00{NBSP}EUR"),
            ("-0.5", "PLN", PL, f"\u22120,50{NBSP}zł"),
            ("-0.001", "PLN", PL, f"0,00{NBSP}zł"),
            ("1234567.891", "PLN", PL, f"1{NBSP}234{NBSP}567,89{NBSP}zł"),
            ("12400", "PLN", EN, f"PLN{NBSP}12,400.00"),
            ("-3", "EUR", EN, f"\u2212EUR{NBSP}3.00"),
        )
        for amount, currency, lang, expected in cases:
            with self.subTest(amount=amount, currency=currency, lang=lang):
                self.assertEqual(words.format_money(Decimal(amount), currency, lang), expected)

    def test_abbreviation_that_ends_a_sentence_brings_its_stop(self):
        for text, expected in {
            "działa Firma sp. z o.o.. Dalej": "działa Firma sp. z o.o. Dalej",
            "<b>Firma S.A.</b>.": "<b>Firma S.A.</b>",
            "do 21 listopada 2026 r..": "do 21 listopada 2026 r.",
            "Czekamy... Zwykłe. Zdania.": "Czekamy... Zwykłe. Zdania.",
        }.items():
            with self.subTest(text=text):
                self.assertEqual(words.one_stop(text), expected)
        written = text_tools.render_plain("{{ creditor.name }}.", SAMPLE_VALUES)
        self.assertEqual(written, SAMPLE_VALUES["creditor"]["name"])

    def test_dates_short_and_long(self):
        day = date(2026, 11, 21)
        self.assertEqual(words.format_date(day, PL), "21.11.2026")
        self.assertEqual(words.format_date(day, PL, long=True), "21 listopada 2026 r.")
        self.assertEqual(words.format_date(date(2026, 2, 3), PL, True), "3 lutego 2026 r.")
        self.assertEqual(words.format_date(day, EN), "21 Nov 2026")
        self.assertEqual(words.format_date(day, EN, long=True), "21 November 2026")

    def test_polish_account_is_printed_as_two_and_six_fours(self):
        expected = "61 1090 1014 0000 0712 1981 2874"
        for text in ("PL61109010140000071219812874", "61109010140000071219812874", expected):
            self.assertEqual(words.format_account(text), expected)
        self.assertEqual(
            words.format_account("DE89370400440532013000"), "DE89 3704 0044 0532 0130 00"
        )
        self.assertEqual(words.format_account(""), "")

    def test_phone_is_grouped_and_what_is_none_stays(self):
        self.assertEqual(words.format_phone("+48512000117"), "+48 512 000 117")
        self.assertEqual(words.format_phone("brak"), "brak")
        self.assertEqual(words.format_phone(""), "")

    @QUICK
    @given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(("PLN", "EUR", "CZK", "HUF")))
    def test_any_amount_can_be_read_back_from_its_digits_and_its_fraction(self, amount, currency):
        money = words.format_money(amount, currency, PL)
        digits = money.rsplit(NBSP, 1)[0].replace(NBSP, "").replace(",", ".")
        self.assertEqual(Decimal(digits.replace(words.MINUS, "-")), amount)
        for lang in (PL, EN):
            spoken = words.amount_in_words(amount, currency, lang)
            self.assertTrue(spoken.endswith(f" {abs(amount) % 1 * 100:02.0f}/100"), spoken)
