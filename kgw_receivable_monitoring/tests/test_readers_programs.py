"""Invoices as Polish programs export them: JPK_FA, EDI++ of InsERT, Comarch Optima."""

import random
from datetime import date

from odoo.tests import tagged

from ..tools import readers
from ..tools.readers import PROBLEM_CODES, UnreadableFile
from .readers_common import ReaderCase
from .test_import import ImportCase

ACCOUNT = "PL61109010140000071219812874"
JPK_BUYER = (
    "<P_3A>Alfa S.A.</P_3A><P_3B>ul. Polna 1, 30-001 Kraków</P_3B><P_5B>526-587-76-35</P_5B>"
)


def make_jpk(*invoices, code="JPK_FA (4)", head=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        '<t:JPK xmlns:t="http://jpk.mf.gov.pl/wzor/2022/02/17/02171/" xmlns:e="urn:e"><t:Naglowek>'
        f'<t:KodFormularza kodSystemowy="{code}">JPK_FA</t:KodFormularza></t:Naglowek>'
        "<t:Podmiot1><t:IdentyfikatorPodmiotu><e:NIP>8567346215</e:NIP>"
        "<e:PelnaNazwa>Ogród sp. z o.o.</e:PelnaNazwa></t:IdentyfikatorPodmiotu></t:Podmiot1>\n"
        + "\n".join(f"<Faktura>{invoice}</Faktura>" for invoice in invoices)
        + "</t:JPK>"
    ).encode()


def make_jpk_invoice(number="FV 1/10/2026", gross="1230.00", buyer=JPK_BUYER, kind="VAT", more=""):
    return (
        f"<KodWaluty>PLN</KodWaluty><P_1>2026-10-01</P_1><P_2A>{number}</P_2A>{buyer}"
        f"<P_6>2026-09-30</P_6><P_13_1>1000.00</P_13_1><P_14_1>230.00</P_14_1>"
        f"<P_15>{gross}</P_15><RodzajFaktury>{kind}</RodzajFaktury>{more}"
    )


def make_epp(*headers, lists="", page="1250"):
    info = f'"1.11",0,{page},"Subiekt",1,"Ogród","Ogród sp. z o.o.","Łódź","90-001","x",8567346215'
    parts = "".join(f"[NAGLOWEK]\r\n{header}\r\n[ZAWARTOSC]\r\n23,1\r\n" for header in headers)
    return f"[INFO]\r\n{info}\r\n{parts}{lists}"


def make_epp_header(**cells):
    """The header of one FS by positions of the specification, ``p30="1.0000"`` and so on."""
    values = {
        1: '"FS"', 2: "1", 7: '"FS 1/10/2026"', 12: '"ALFA"', 14: '"Alfa ""Plus"" S.A."',
        15: '"Łódź"', 16: '"90-001"', 17: '"Polna 1"', 18: "5265877635", 22: "20261001000000",
        23: "20260930000000", 30: "1230.0000", 35: "20261015000000", 36: "230.0000",
        37: "1000.0000", 47: '"PLN"', 49: '"KSeF: 5265877635-20250826-0100001AF629-AF"', 61: '"PL"',
        **{int(name[1:]): text for name, text in cells.items()},
    }  # fmt: skip
    return ",".join(values.get(position, "") for position in range(1, 63))


def make_optima(*sales, parties=""):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<ROOT xmlns="http://www.comarch.pl/cdn/optima/offline">'
        f"<KONTRAHENCI>{parties}</KONTRAHENCI><REJESTRY_SPRZEDAZY_VAT>\n"
        + "\n".join(f"<REJESTR_SPRZEDAZY_VAT>{sale}</REJESTR_SPRZEDAZY_VAT>" for sale in sales)
        + "</REJESTRY_SPRZEDAZY_VAT></ROOT>"
    ).encode()


def make_sale(number="FS/1/2026", net="1000.00", payments="", more="", name="Śnieżka &amp; Syn"):
    payments = payments or make_term("2026-10-15", "1230.00")
    return (
        f"<DATA_WYSTAWIENIA><![CDATA[2026-10-01]]></DATA_WYSTAWIENIA><TERMIN>2026-10-10</TERMIN>"
        f"<NUMER>{number}</NUMER>{more}<PODMIOT>ALFA</PODMIOT><NAZWA1>{name}</NAZWA1>"
        f"<NIP>526-587-76-35</NIP><POZYCJE><POZYCJA><STAWKA_VAT>23.00</STAWKA_VAT>"
        f"<NETTO>{net}</NETTO><VAT>230.00</VAT></POZYCJA></POZYCJE><PLATNOSCI>{payments}</PLATNOSCI>"
    )


def make_term(day, amount, direction="przychód", currency=""):
    return (
        f"<PLATNOSC><TERMIN_PLAT>{day}</TERMIN_PLAT><WALUTA_PLAT>{currency}</WALUTA_PLAT>"
        f"<KWOTA_PLAT>{amount}</KWOTA_PLAT><KIERUNEK>{direction}</KIERUNEK>"
        "<PLATNOSC_PODMIOT_RACHUNEK_NR>61109010140000071219812874</PLATNOSC_PODMIOT_RACHUNEK_NR>"
        "</PLATNOSC>"
    )


class TestJpk(ReaderCase):
    def test_invoice_is_read_and_its_due_date_left_to_the_mandate(self):
        document = self._read_one(make_jpk(make_jpk_invoice()))
        self.assertEqual((document.number, f"{document.gross}"), ("FV 1/10/2026", "1230.00"))
        self.assertEqual(document.issue_date, date(2026, 10, 1))
        self.assertEqual((document.instalments, document.due_derived), ((), True))
        self.assertEqual((document.seller.nip, document.buyer.nip), ("8567346215", "5265877635"))
        self.assertEqual((document.buyer.street, document.buyer.zip), ("ul. Polna 1", "30-001"))
        self.assertEqual(document.tax_lines[0].rate, "23")
        self.assertEqual(self._get_codes(document.warnings), ["due_missing"])

    def test_correction_names_what_it_corrects(self):
        more = "<NrFaKorygowanej>FV 9/2026</NrFaKorygowanej>"
        document = self._read_one(
            make_jpk(make_jpk_invoice(gross="-12,30", kind="KOREKTA", more=more))
        )
        self.assertEqual((document.kind, f"{document.gross}"), ("correction", "-12.30"))
        self.assertEqual(document.corrected_numbers, ("FV 9/2026",))

    def test_correction_of_several_invoices_names_each(self):
        more = "<NrFaKorygowanej>FV 9/2026, FV 10/2026;\nFV 9/2026</NrFaKorygowanej>"
        document = self._read_one(
            make_jpk(make_jpk_invoice(gross="-12,30", kind="KOREKTA", more=more))
        )
        self.assertEqual(document.corrected_numbers, ("FV 9/2026", "FV 10/2026"))

    def test_invoice_without_buyer_or_repeated_costs_only_itself(self):
        result = readers.read(
            make_jpk(make_jpk_invoice(), make_jpk_invoice(buyer=""), make_jpk_invoice())
        )
        self.assertEqual(len(result.documents), 1)
        self.assertEqual(self._get_codes(result.problems), ["value_missing", "duplicate_row"])
        self.assertEqual([problem.line for problem in result.problems], [3, 4])

    def test_vat_register_is_refused_with_the_reason(self):
        for code in ("JPK_V7M (2)", "JPK_V7K (1)", "JPK_VAT (3)"):
            self._assert_unreadable(make_jpk(code=code), "tax_register", code)
        self._assert_unreadable(make_jpk(code="JPK_MAG (1)"), "not_an_invoice")


class TestEpp(ReaderCase):
    def _read(self, *headers, encoding="cp1250", **values):
        return readers.read(make_epp(*headers, **values).encode(encoding), "x.epp")

    def test_sale_is_read_by_the_positions_of_the_specification(self):
        lists = '[NAGLOWEK]\r\n"KONTRAHENCI"\r\n[ZAWARTOSC]\r\n2,"ALFA",,,,,,,,"512000117",,,"a@alfa.example"\r\n'
        document = self._read(make_epp_header(), lists=lists).documents[0]
        self.assertEqual((document.number, document.line), ("FS 1/10/2026", 4))
        self.assertEqual((f"{document.gross}", f"{document.residual}"), ("1230.00", "1000.00"))
        self.assertEqual(self._get_instalments(document), [("2026-10-15", "1000.00")])
        self.assertEqual(
            (document.issue_date, document.sale_date), (date(2026, 10, 1), date(2026, 9, 30))
        )
        self.assertEqual(
            (document.buyer.name, document.buyer.nip), ('Alfa "Plus" S.A.', "5265877635")
        )
        self.assertEqual(
            (document.buyer.phone, document.buyer.email), ("512000117", "a@alfa.example")
        )
        self.assertEqual(document.seller.nip, "8567346215")
        self.assertEqual(document.ksef_number, "5265877635-20250826-0100001AF629-AF")

    def test_correction_cancelled_and_other_documents(self):
        correction = make_epp_header(
            p1='"KFS"', p7='"KFS 1"', p8='"FS 9"', p30="-5.0000", p37="-5.0000"
        )
        cancelled, purchase = make_epp_header(p2="2"), make_epp_header(p1='"FZ"')
        result = self._read(correction, cancelled, purchase)
        self.assertEqual(
            [(d.kind, d.corrected_number) for d in result.documents], [("correction", "FS 9")]
        )
        self.assertEqual(self._get_codes(result.problems), ["line_skipped"])

    def test_truncated_header_is_read_and_a_shifted_one_refused(self):
        short = ",".join(make_epp_header().split(",")[:30])
        document = self._read(short).documents[0]
        self.assertEqual((f"{document.residual}", document.due_derived), ("1230.00", True))
        result = self._read(make_epp_header(p35="0.0000"))
        self.assertEqual(
            [(p.line, p.field, p.code) for p in result.problems], [(4, "due_date", "bad_date")]
        )

    def test_what_was_paid_by_cash_or_card_is_owed_no_more(self):
        # Some programs write what is left into "value to pay", others the whole total.
        for paid, card, to_pay, left in (
            ("1230.0000", "", "1230.0000", "0.00"),
            ("1230.0000", "0.0000", "0.0000", "0.00"),
            ("230.0000", "", "1230.0000", "1000.00"),
            ("230.0000", "", "", "1000.00"),
            ("230.0000", "500.0000", "1230.0000", "500.00"),
            ("0.0000", "1230.0000", "1230.0000", "0.00"),
            ("2000.0000", "", "1230.0000", "0.00"),
            ("0.0000", "", "1230.0000", "1230.00"),
        ):
            with self.subTest(paid=paid, card=card, to_pay=to_pay):
                header = make_epp_header(p36=paid, p57=card, p37=to_pay)
                document = self._read(header).documents[0]
                self.assertEqual(f"{document.residual:.2f}", left)
                self.assertFalse(document.warnings)
        doubtful = self._read(make_epp_header(p36="230.0000", p37="900.0000")).documents[0]
        self.assertEqual(f"{doubtful.residual}", "900.00")
        self.assertEqual(self._get_codes(doubtful.warnings), ["amounts_disagree"])
        refund = make_epp_header(
            p1='"KFS"', p8='"FS 9"', p30="-5.0000", p36="-2.0000", p37="-5.0000"
        )
        self.assertEqual(f"{self._read(refund).documents[0].residual}", "-3.00")

    def test_margin_invoice_is_a_sale(self):
        result = self._read(make_epp_header(p1='"FM"', p7='"FM 1"'))
        self.assertEqual([(d.kind, d.number) for d in result.documents], [("invoice", "FM 1")])

    def test_code_page_is_told_by_the_file_or_by_its_bytes(self):
        for page, encoding in (("1250", "cp1250"), ("852", "cp852"), ("1250", "utf-8")):
            with self.subTest(page=page, encoding=encoding):
                document = self._read(make_epp_header(), page=page, encoding=encoding).documents[0]
                self.assertEqual(document.buyer.city, "Łódź")


class TestOptima(ReaderCase):
    def test_sale_is_read_with_its_instalments_and_account(self):
        terms = make_term("2026-10-15", "1000.00") + make_term("2026-11-15", "230.00")
        document = self._read_one(make_optima(make_sale(payments=terms)))
        self.assertEqual(
            self._get_instalments(document), [("2026-10-15", "1000.00"), ("2026-11-15", "230.00")]
        )
        self.assertEqual((document.buyer.name, document.buyer.nip), ("Śnieżka & Syn", "5265877635"))
        self.assertEqual((document.account, f"{document.gross}"), (ACCOUNT, "1230.00"))

    def test_correction_takes_its_sign_from_the_direction(self):
        more = "<KOREKTA>Tak</KOREKTA><KOREKTA_NUMER>FS/1/2026</KOREKTA_NUMER>"
        payments = make_term("2026-10-15", "61.50", "rozchód")
        sale = make_sale("K/1", "-50.00", payments, more).replace("230.00", "-11.50")
        document = self._read_one(make_optima(sale))
        self.assertEqual((document.kind, f"{document.gross}"), ("correction", "-61.50"))
        self.assertEqual(f"{document.residual}", "-61.50")
        self.assertEqual(document.corrected_numbers, ("FS/1/2026",))

    def test_payment_that_is_not_to_be_settled_is_not_owed(self):
        paid = make_term("2026-10-01", "230.00").replace(
            "</PLATNOSC>", "<PODLEGA_ROZLICZENIU>Nie</PODLEGA_ROZLICZENIU></PLATNOSC>"
        )
        sale = make_sale(payments=paid + make_term("2026-10-15", "1000.00"))
        document = self._read_one(make_optima(sale))
        self.assertEqual((f"{document.gross}", f"{document.residual}"), ("1230.00", "1000.00"))
        self.assertEqual(self._get_instalments(document), [("2026-10-15", "1000.00")])

    def test_name_and_contact_are_taken_from_the_list_of_parties(self):
        address = "<NAZWA2>Alfa S.A.</NAZWA2><EMAIL>a@alfa.example</EMAIL>"
        for wrap in ("<ADRES>{}</ADRES>", "<ADRESY><ADRES>{}</ADRES></ADRESY>"):
            party = f"<KONTRAHENT><AKRONIM>ALFA</AKRONIM>{wrap.format(address)}</KONTRAHENT>"
            document = self._read_one(make_optima(make_sale(name=""), parties=party))
            self.assertEqual(
                (document.buyer.name, document.buyer.email), ("Alfa S.A.", "a@alfa.example")
            )

    def test_amounts_of_a_foreign_currency_are_those_to_be_paid(self):
        payments = make_term("2026-10-15", "280.00", currency="EUR")
        document = self._read_one(make_optima(make_sale(payments=payments)))
        self.assertEqual((document.currency, f"{document.gross}"), ("EUR", "280.00"))

    def test_bad_sale_costs_only_itself_and_names_its_line(self):
        result = readers.read(make_optima(make_sale(), make_sale("FS/2", net="x"), make_sale("")))
        self.assertEqual(len(result.documents), 1)
        self.assertEqual(
            [(p.line, p.code) for p in result.problems], [(3, "bad_amount"), (4, "value_missing")]
        )


class TestHostilePrograms(ReaderCase):
    def test_damaged_files_give_a_result_or_a_refusal_and_nothing_else(self):
        rng = random.Random(2026)
        seeds = [
            make_jpk(make_jpk_invoice(), make_jpk_invoice("2")),
            make_epp(make_epp_header(), make_epp_header(p7='"2"')).encode("cp1250"),
            make_optima(make_sale(), make_sale("2")),
        ]
        counts = {True: 0, False: 0}
        for number in range(120):
            data = bytearray(seeds[number % 3])
            del data[rng.randrange(len(data) // 2, len(data)) :]
            whole = rng.random() < 0.6
            data = bytearray(seeds[number % 3]) if whole else data
            for _flip in range(rng.randrange(1, 9)):
                data[rng.randrange(len(data))] = rng.choice(b"\x00\"';<>&,.\n\r\t\xff\x81-0a[]")
            counts[self._is_read(bytes(data))] += 1
        self.assertGreater(counts[True], 15)
        self.assertGreater(counts[False], 15)

    def _is_read(self, content):
        try:
            result = readers.read(content)
        except UnreadableFile as error:
            self.assertIn(error.code, PROBLEM_CODES)
            return False
        self._get_codes([*result.problems, *(w for d in result.documents for w in d.warnings)])
        self.assertTrue(all(problem.line for problem in result.problems))
        return True

    def test_entities_are_refused(self):
        head = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        self._assert_unreadable(make_jpk(make_jpk_invoice(), head=head), "xml_doctype")


@tagged("post_install", "-at_install", "kgw")
class TestImportOfPrograms(ImportCase):
    def test_invoices_of_each_program_are_booked_with_their_due_dates(self):
        self.creditor.vat = "8567346215"
        files = {
            "a.xml": make_jpk(make_jpk_invoice("JPK/1")),
            "b.epp": make_epp(make_epp_header(p7='"EPP/1"')).encode("cp1250"),
            "c.xml": make_optima(make_sale("OPT/1")),
        }
        for name, content in files.items():
            self._take(self._hand_over_bytes(content, filename=name), date(2026, 10, 2))
        found = {
            number: (line.date_maturity, line.amount_residual)
            for number in ("JPK/1", "EPP/1", "OPT/1")
            for line in self._get_receivables(number)
        }
        due = date(2026, 10, 15)
        self.assertEqual(found, {"JPK/1": (due, 1230), "EPP/1": (due, 1000), "OPT/1": (due, 1230)})
