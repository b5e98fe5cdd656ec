from decimal import Decimal

from ..tools import readers
from .readers_common import ACCOUNT, FA2, FA3, KSEF_NAME, ReaderCase, make_xml


class TestKsef(ReaderCase):
    def test_ordinary_invoice_is_read(self):
        contact = (
            "<DaneKontaktowe><Telefon>512000117</Telefon></DaneKontaktowe>"
            "<DaneKontaktowe><Email>biuro@alfa.example</Email></DaneKontaktowe>"
            "<NrKlienta>K-7</NrKlienta>"
        )
        payment = (
            "<TerminPlatnosci><Termin>2026-10-15</Termin></TerminPlatnosci>"
            f"<RachunekBankowy><NrRB>{ACCOUNT[2:]}</NrRB></RachunekBankowy>"
        )
        content = make_xml(more_buyer=contact, payment=payment, mpp="1")
        result = readers.read(content, KSEF_NAME)
        found = result.documents[0]
        self.assertEqual(result.format, "ksef_fa3")
        self.assertEqual((found.number, found.kind), ("FV 1/10/2026", "invoice"))
        self.assertEqual((found.gross, found.residual), (Decimal("123.00"),) * 2)
        self.assertEqual(self._get_instalments(found), [("2026-10-15", "123.00")])
        self.assertEqual((found.buyer.name, found.buyer.nip), ("Alfa S.A.", "5265877635"))
        self.assertEqual(
            (found.buyer.email, found.buyer.phone), ("biuro@alfa.example", "512000117")
        )
        self.assertEqual(found.buyer.number, "K-7")
        self.assertEqual((found.buyer.street, found.buyer.zip), ("ul. Kwiatowa 1", "30-001"))
        self.assertEqual((found.buyer.city, found.seller.nip), ("Kraków", "8567346215"))
        self.assertEqual((found.account, found.factor_account), (ACCOUNT, False))
        self.assertEqual(found.ksef_number, KSEF_NAME[:35])
        self.assertTrue(found.split_payment)
        self.assertFalse(found.due_derived or found.warnings)

    def test_form_is_told_by_namespace_and_variant(self):
        cases = (
            (FA3, "3", "FA (3)", "ksef_fa3"),
            (FA2, "2", "FA (2)", "ksef_fa2"),
            (FA2, "3", "FA (3)", "ksef_fa3"),
            (FA2, "", "", "ksef_fa2"),
            ("urn:other", "3", "FA (3)", "ksef_fa3"),
        )
        for ns, variant, system, expected in cases:
            with self.subTest(ns=ns, variant=variant):
                content = make_xml(ns=ns, variant=variant, system=system)
                self.assertEqual(readers.read(content).format, expected)

    def test_prefixed_utf16_and_marked_files_are_read(self):
        plain = make_xml().decode()
        prefixed = plain.replace("<", "<a:").replace("<a:/", "</a:").replace("<a:?", "<?")
        prefixed = prefixed.replace("xmlns=", "xmlns:a=")
        for content in (
            prefixed.encode(),
            plain.replace("UTF-8", "UTF-16").encode("utf-16"),
            b"\xef\xbb\xbf" + plain.encode(),
            plain.replace("UTF-8", "windows-1250").encode("cp1250"),
            plain.replace("\n<Fak", "\n<!-- <x> --><?p?><Fak").encode(),
        ):
            self.assertEqual(self._read_one(content).seller.name, "Ogród sp. z o.o.")

    def test_other_documents_of_ksef_are_refused_by_name(self):
        rr = make_xml(
            ns="http://crd.gov.pl/wzor/2026/03/06/14189/", system="FA_RR (1)", variant="1"
        )
        self._assert_unreadable(rr, "not_an_invoice", "FA_RR (1)")
        self._assert_unreadable(b"<Faktura/>", "not_an_invoice", "Faktura")
        self._assert_unreadable(b"<Potwierdzenie/>", "unknown_format")
        self._assert_unreadable(b"<JPK><Faktura>1</Faktura></JPK>", "not_an_invoice", "JPK")

    def test_what_is_owed_follows_the_settlement_and_the_payments(self):
        part = (
            "<ZnacznikZaplatyCzesciowej>{}</ZnacznikZaplatyCzesciowej><ZaplataCzesciowa>"
            "<KwotaZaplatyCzesciowej>{}</KwotaZaplatyCzesciowej></ZaplataCzesciowa>"
        )
        due = "<Rozliczenie><DoZaplaty>{}</DoZaplaty></Rozliczenie>"
        over = "<Rozliczenie><DoRozliczenia>0</DoRozliczenia></Rozliczenie>"
        cases = (
            ("", "", "123.00", []),
            (due.format("100.00"), "", "100.00", []),
            (due.format("150.00"), "", "150.00", ["due_above_gross"]),
            (over, "", "0.00", []),
            ("", "<Zaplacono>1</Zaplacono>", "0.00", []),
            ("", part.format(1, "23.00"), "100.00", []),
            (due.format("100.00"), part.format(1, "30.00"), "70.00", []),
            ("", part.format(2, "23.00"), "0.00", []),
            ("", part.format(1, "600"), "0.00", ["paid_over_gross"]),
        )
        for settlement, paid, residual, codes in cases:
            with self.subTest(settlement=settlement, paid=paid):
                term = "<TerminPlatnosci><Termin>2026-10-15</Termin></TerminPlatnosci>"
                found = self._read_one(make_xml(settlement=settlement, payment=paid + term))
                self.assertEqual(found.residual, Decimal(residual))
                self.assertEqual(found.gross, Decimal("123.00"))
                self.assertEqual(found.claim, max(Decimal("123.00"), Decimal(residual)))
                self.assertEqual(self._get_instalments(found), [("2026-10-15", residual)])
                self.assertEqual(self._get_codes(found.warnings), codes)

    def test_several_terms_share_the_amount_and_the_last_takes_the_rest(self):
        term = "<TerminPlatnosci><Termin>2026-{}-15</Termin></TerminPlatnosci>"
        payment = "".join(term.format(month) for month in ("12", "10", "11"))
        found = self._read_one(make_xml(gross="100.00", payment=payment))
        self.assertEqual(
            self._get_instalments(found),
            [("2026-10-15", "33.33"), ("2026-11-15", "33.33"), ("2026-12-15", "33.34")],
        )
        self.assertEqual(self._get_codes(found.warnings), ["instalments_split"])

    def test_amounts_of_terms_are_kept_when_they_add_up(self):
        term = "<TerminPlatnosci><Termin>2026-{}-15</Termin><Kwota>{}</Kwota></TerminPlatnosci>"
        for second, expected in (("23.00", ["100.00", "23.00"]), ("24.00", ["61.50", "61.50"])):
            payment = term.format("10", "100.00") + term.format("11", second)
            found = self._read_one(make_xml(payment=payment))
            self.assertEqual([amount for _day, amount in self._get_instalments(found)], expected)

    def test_due_date_in_words_or_none_is_left_to_the_mandate(self):
        words = (
            "<TerminPlatnosci><TerminOpis><Ilosc>14</Ilosc> <Jednostka>dni</Jednostka> "
            "<ZdarzeniePoczatkowe>od dostawy</ZdarzeniePoczatkowe></TerminOpis></TerminPlatnosci>"
        )
        for payment, code, value in (
            (words, "due_in_words", "14 dni od dostawy"),
            ("", "due_missing", ""),
        ):
            with self.subTest(code=code):
                found = self._read_one(make_xml(payment=payment))
                self.assertTrue(found.due_derived)
                self.assertFalse(found.instalments)
                self.assertEqual([(n.code, n.value) for n in found.warnings], [(code, value)])

    def test_correction_is_a_difference_and_names_what_it_corrects(self):
        block = "<DaneFaKorygowanej><NrFaKorygowanej>{}</NrFaKorygowanej></DaneFaKorygowanej>"
        corrected = block.format("FV 7") + block.format("FV 8")
        content = make_xml(kind="KOR", gross="-200", corrected=corrected)
        found = self._read_one(content)
        self.assertEqual((found.kind, found.residual), ("correction", Decimal("-200.00")))
        self.assertEqual(found.corrected_number, "FV 7")
        self.assertEqual(self._get_codes(found.warnings), ["corrects_many"])

    def test_kinds_of_invoice_are_told_apart(self):
        kinds = {
            "VAT": "invoice",
            "UPR": "invoice",
            "ZAL": "advance",
            "ROZ": "settlement",
            "KOR": "correction",
            "KOR_ZAL": "correction",
            "KOR_ROZ": "correction",
        }
        for word, kind in kinds.items():
            with self.subTest(word=word):
                self.assertEqual(self._read_one(make_xml(kind=word)).kind, kind)

    def test_account_of_a_factor_is_flagged(self):
        block = f"<RachunekBankowyFaktora><NrRB>{ACCOUNT}</NrRB></RachunekBankowyFaktora>"
        found = self._read_one(make_xml(payment=block))
        self.assertEqual((found.account, found.factor_account), (ACCOUNT, True))
        self.assertIn("factor_account", self._get_codes(found.warnings))

    def test_buyers_numbers_of_every_kind_are_read(self):
        name = "<Nazwa>Kranz</Nazwa>"
        cases = (
            (f"<BrakID>1</BrakID>{name}", "", "", []),
            (f"<KodUE>DE</KodUE><NrVatUE>123456789</NrVatUE>{name}", "", "DE123456789", []),
            (f"<NrVatUE>PL5265877635</NrVatUE>{name}", "5265877635", "", ["nip_recovered"]),
            (f"<KodKraju>US</KodKraju><NrID>99-9</NrID>{name}", "", "US999", []),
            ("<NIP>5265877635</NIP>", "5265877635", "", ["buyer_name_missing"]),
            (f"<NIP>5265877636</NIP>{name}", "5265877636", "", ["nip_invalid"]),
            (f"<NIP>8567346215</NIP>{name}", "8567346215", "", ["seller_is_buyer"]),
        )
        for block, nip, foreign, codes in cases:
            with self.subTest(block=block):
                found = self._read_one(make_xml(buyer=block))
                self.assertEqual((found.buyer.nip, found.buyer.foreign_tax_id), (nip, foreign))
                self.assertEqual(self._get_codes(found.warnings), codes)

    def test_address_of_one_line_is_taken_apart(self):
        one_line = "<AdresL1>ul. Kwiatowa 1 m. 2, 30-001 Kraków</AdresL1>"
        buyer = self._read_one(make_xml(address=one_line)).buyer
        self.assertEqual(
            (buyer.street, buyer.zip, buyer.city), ("ul. Kwiatowa 1 m. 2", "30-001", "Kraków")
        )

    def test_tax_lines_keep_their_rates_and_leave_zeros_out(self):
        taxes = (
            "<P_13_1>100</P_13_1><P_14_1>23</P_14_1><P_14_1W>99</P_14_1W><P_13_2>50.00</P_13_2>"
            "<P_14_2>4.00</P_14_2><P_13_3>0</P_13_3><P_13_6_2>7</P_13_6_2><P_13_7>10</P_13_7>"
        )
        found = self._read_one(make_xml(taxes=taxes))
        lines = [(line.rate, f"{line.net}", f"{line.vat}") for line in found.tax_lines]
        self.assertEqual(
            lines,
            [
                ("23", "100.00", "23.00"),
                ("8", "50.00", "4.00"),
                ("0 WDT", "7.00", "0.00"),
                ("zw", "10.00", "0.00"),
            ],
        )

    def test_number_in_the_file_name_with_a_wrong_checksum_is_kept_and_warned_of(self):
        name = KSEF_NAME.replace("-AF", "-AE")
        found = self._read_one(make_xml(), f"faktura_{name}")
        self.assertEqual(found.ksef_number, name[:35])
        self.assertEqual(self._get_codes(found.warnings), ["ksef_number_invalid"])
        self.assertEqual(self._read_one(make_xml(), "faktura.xml").ksef_number, "")

    def test_document_that_lacks_what_is_needed_is_refused_with_line_and_field(self):
        cases = (
            ({"gross": ""}, "gross", "value_missing", 5),
            ({"gross": "12,50"}, "gross", "bad_amount", 5),
            ({"number": ""}, "number", "value_missing", 5),
            ({"issued": ""}, "issue_date", "value_missing", 5),
            ({"issued": "2026-02-30"}, "issue_date", "bad_date", 5),
            ({"issued": "1.10.2026"}, "issue_date", "bad_date", 5),
            ({"currency": "zł"}, "currency", "bad_currency", 5),
            ({"buyer": "<BrakID>1</BrakID>"}, "buyer_name", "value_missing", 4),
        )
        for parts, field, code, line in cases:
            with self.subTest(parts=parts):
                result = readers.read(make_xml(**parts))
                self.assertFalse(result.documents)
                found = [(p.field, p.code, p.line) for p in result.problems]
                self.assertEqual(found, [(field, code, line)])

    def test_damaged_xml_is_refused_with_its_line(self):
        error = self._assert_unreadable(
            make_xml().replace(b"</Podmiot1>", b"</Podmiot>"), "xml_malformed"
        )
        self.assertEqual(error.line, 3)
        self._assert_unreadable(make_xml(number="A & B"), "xml_malformed")
        self._assert_unreadable(make_xml() + b" " * 5 * 1024**2, "file_too_large", "5")
        self._assert_unreadable(make_xml(number="<a>" * 300 + "</a>" * 300), "xml_malformed")

    def test_any_doctype_is_refused_before_an_entity_is_looked_up(self):
        plain = make_xml(number="&x;").decode()
        for entity in ('SYSTEM "file:///etc/passwd"', 'SYSTEM "http://127.0.0.1:9/"', '"x"'):
            doctype = f"<!DOCTYPE Faktura [<!ENTITY x {entity}>]>\n<Faktura"
            hostile = plain.replace("<Faktura", doctype, 1)
            with self.subTest(entity=entity):
                self._assert_unreadable(hostile.encode(), "xml_doctype")
                in_utf16 = hostile.replace("UTF-8", "UTF-16").encode("utf-16")
                self._assert_unreadable(in_utf16, "xml_doctype")
        unfinished = plain.replace("<Faktura", "<!doctype Faktura [<!ENTITY x\n<Faktura", 1)
        self._assert_unreadable(unfinished.encode(), "xml_doctype")
