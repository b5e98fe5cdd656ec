from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase

from ..tools import identifiers
from ..tools.readers import Party

QUICK = settings(max_examples=150, deadline=None, database=None, derandomize=True)


class TestIdentifiers(BaseCase):
    def _check(self, function, cases):
        for text, value, reason in cases:
            with self.subTest(function=function.__name__, text=text):
                self.assertEqual(function(text), (value, reason))

    def test_nip_is_normalised_or_says_why_not(self):
        self._check(
            identifiers.nip,
            (
                ("856-734-62-15", "8567346215", ""),
                ("PL 8567346215", "8567346215", ""),
                ("8567346216", "", "check_digit"),
                ("856734621", "", "length"),
                ("DE123456789", "", "characters"),
                ("000-000-00-00", "", "invalid"),
                ("1111111111", "", "invalid"),
                ("", "", "missing"),
                (None, "", "missing"),
            ),
        )

    def test_account_of_26_digits_becomes_an_iban(self):
        self._check(
            identifiers.iban,
            (
                ("61 1090 1014 0000 0712 1981 2874", "PL61109010140000071219812874", ""),
                ("PL61109010140000071219812874", "PL61109010140000071219812874", ""),
                ("'61109010140000071219812874", "PL61109010140000071219812874", ""),
                ("61109010140000071219812875", "", "check_digit"),
                ("DE89370400440532013000", "DE89370400440532013000", ""),
                ("", "", "missing"),
            ),
        )

    def test_phone_becomes_e164_or_says_why_not(self):
        self._check(
            identifiers.phone,
            (
                ("512 000 117", "+48512000117", ""),
                ("+48 512-000-117", "+48512000117", ""),
                ("(12) 422 33 44 wew. 5", "+48124223344", ""),
                ("512 000 117, 512 000 123", "+48512000117", ""),
                ("512 00 20", "", "invalid"),
                ("512", "", "length"),
                ("brak", "", "characters"),
                ("", "", "missing"),
            ),
        )
        self.assertEqual(identifiers.phone("030 901820", "DE").value, "+4930901820")

    def test_email_takes_one_plain_address_only(self):
        self._check(
            identifiers.email,
            (
                (" Jan.Nowak@Firma.EXAMPLE ", "Jan.Nowak@firma.example", ""),
                ("a@b", "", "characters"),
                ("a..b@firma.example", "", "characters"),
                (".a@firma.example", "", "characters"),
                ("a@firma.example, b@firma.example", "", "characters"),
                ("a@firma.example\nBcc: b@firma.example", "", "characters"),
                (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example", "", "length"),
                ("", "", "missing"),
            ),
        )

    def test_ksef_number_is_checked_by_its_crc(self):
        self._check(
            identifiers.ksef_number,
            (
                ("5265877635-20250826-0100001AF629-AF", "5265877635-20250826-0100001AF629-AF", ""),
                ("5265877635-20250826-0100001af629-af", "5265877635-20250826-0100001AF629-AF", ""),
                ("5265877635-20250826-0100001AF628-AF", "", "check_digit"),
                ("5265877635-20250826-0100001AF629", "", "characters"),
                ("", "", "missing"),
            ),
        )

    @QUICK
    @given(st.text(max_size=60))
    def test_any_text_gives_a_value_or_a_reason_and_never_both(self, text):
        for function in (
            identifiers.nip,
            identifiers.iban,
            identifiers.phone,
            identifiers.email,
            identifiers.ksef_number,
        ):
            found = function(text)
            self.assertNotEqual(bool(found.value), bool(found.reason))


class TestGuessKind(BaseCase):
    def _check(self, nip, expected):
        for kind, names in expected.items():
            for name in names:
                with self.subTest(name=name, nip=nip):
                    self.assertEqual(identifiers.guess_kind(Party(name, nip=nip)), kind)

    def test_name_with_a_nip_tells_the_kind(self):
        self._check(
            "9991010026",
            {
                "company": (
                    "Krakbud sp. z o.o.",
                    "KRAKBUD SP. Z O. O.",
                    "Alfa S.A.",
                    "Beta Spółka Akcyjna",
                    "Gamma spółka z ograniczoną odpowiedzialnością sp.k.",
                    "Spółdzielnia Mieszkaniowa Zorza",
                    "Szpital Medica sp. z o.o.",
                    "Szkoła Językowa Babel sp. z o.o.",
                    "Hurtownia Wapno",
                    "Apteka Anna",
                    "Export Company GmbH",
                    "Szkoła Językowa Babel",
                    "Akademia Urody",
                    "Sad Jabłoniowy Południe",
                    "Nowak i Wspólnicy sp.j.",
                    "Miejskie Przedsiębiorstwo Komunikacyjne S.A.",
                ),
                "sole_trader": (
                    "Jan Kowalski",
                    "F.H.U. Jan Kowalski",
                    "Zakład Stolarski Łukasz Żak",
                    "Szkoła Językowa Anna Nowak",
                    "Kowal i Syn s.c.",
                    "Kowalski Jan",
                    "DĄBROWSKA WIOLETTA",
                    "Marian Sąd",
                ),
                "organisation": (
                    "Wspólnota Mieszkaniowa ul. Lipowa 14",
                    "Fundacja Dobre Ziarno",
                    "Stowarzyszenie Miłośników Wieliczki",
                    "Koło Gospodyń Wiejskich w Łapanowie",
                    "Ochotnicza Straż Pożarna w Gdowie",
                    "Parafia Rzymskokatolicka pw. św. Józefa",
                    "Ludowy Klub Sportowy Raba",
                    "OSP Wola",
                ),
                "public": (
                    "Gmina Wieliczka",
                    "Urząd Miasta Krakowa",
                    "Szkoła Podstawowa nr 7 im. Jana Pawła II",
                    "Starostwo Powiatowe w Bochni",
                    "Ministerstwo Finansów",
                    "Sąd Rejonowy w Wieliczce",
                    "Miejskie Przedszkole nr 5",
                    "Zarząd Dróg Wojewódzkich w Krakowie",
                    "Zakład Ubezpieczeń Społecznych Oddział w Krakowie",
                    "Akademia Górniczo-Hutnicza",
                ),
                "public_medical": (
                    "SPZOZ Bochnia",
                    "SP ZOZ w Myślenicach",
                    "Szpital Miejski w Krakowie",
                    "Samodzielny Publiczny Zakład Opieki Zdrowotnej w Bochni",
                    "Krakowskie Pogotowie Ratunkowe",
                ),
            },
        )

    def test_without_a_nip_the_kind_with_most_protection_is_taken(self):
        self._check(
            "",
            {
                "consumer": ("Halina Dąbek", "Sara Agd", "Państwo Nowakowie", ""),
                "company": ("Krakbud sp. z o.o.",),
                "organisation": ("Wspólnota Mieszkaniowa ul. Lipowa 14",),
                "public": ("Gmina Wieliczka",),
            },
        )

    def test_one_digit_throughout_makes_no_entrepreneur(self):
        self._check("0000000000", {"consumer": ("Halina Dąbek",), "company": ("Alfa S.A.",)})

    def test_foreign_tax_number_makes_no_consumer(self):
        party = Party("Kranz Baustoffe", foreign_tax_id="DE123456789")
        self.assertEqual(identifiers.guess_kind(party), "company")
