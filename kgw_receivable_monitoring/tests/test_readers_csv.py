from datetime import date
from decimal import Decimal

from ..tools import readers
from ..tools.readers.base import MAX_BYTES
from .readers_common import ACCOUNT, HEAD, KSEF_NAME, ROW, ReaderCase, make_csv


class TestCsv(ReaderCase):
    def test_ordinary_row_becomes_a_document(self):
        found = self._read_one(make_csv(ROW))
        self.assertEqual(found.number, "FV 1/10/2026")
        self.assertEqual(found.kind, "invoice")
        self.assertEqual(found.issue_date, date(2026, 10, 1))
        self.assertEqual((found.gross, found.residual), (Decimal("1234.56"),) * 2)
        self.assertEqual(self._get_instalments(found), [("2026-10-15", "1234.56")])
        self.assertEqual((found.buyer.name, found.buyer.nip), ("Alfa sp. z o.o.", "8567346215"))
        self.assertEqual((found.currency, found.line), ("PLN", 2))
        self.assertFalse(found.warnings)

    def test_encodings_and_delimiters_give_the_same_document(self):
        head, row = f"{HEAD};Miasto", f"{ROW};Łódź"
        expected = self._read_one(make_csv(row, head=head))
        self.assertEqual(expected.buyer.city, "Łódź")
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1250"):
            for delimiter in (";", "\t", "|"):
                with self.subTest(encoding=encoding, delimiter=delimiter):
                    rows = (text.replace(";", delimiter) for text in (head, row))
                    content = "\n".join(rows).encode(encoding)
                    self.assertEqual(self._read_one(content), expected)

    def test_comma_file_with_quoted_decimal_comma_is_read(self):
        head = HEAD.replace(";", ",")
        row = 'FV 1,2026-10-01,2026-10-15,"1 234,56",8567346215,"Alfa ""A"", sp. z o.o."'
        found = self._read_one(make_csv(row, head=head))
        self.assertEqual(found.gross, Decimal("1234.56"))
        self.assertEqual(found.buyer.name, 'Alfa "A", sp. z o.o.')

    def test_lines_around_the_table_are_no_documents(self):
        content = "\r\n".join(
            (
                "Raport należności",
                "",
                HEAD,
                ROW,
                ";;;;;",
                "Razem;;;1 234,56;;",
                ";;;Suma: 1 234,56;;",
                "Wydrukowano w programie",
            )
        ).encode("cp1250")
        result = readers.read(content)
        self.assertEqual([document.line for document in result.documents], [4])
        self.assertEqual(self._get_codes(result.problems), ["line_skipped"])
        self.assertEqual((result.problems[0].line, result.problems[0].severity), (8, "warning"))

    def test_headings_of_other_programs_are_known(self):
        for head in (
            "numer;wystawiono;termin;kwota;nip_nabywcy;nazwa",
            "Dokument;Data dokumentu;Termin zapłaty;Do zapłaty;NIP kontrahenta;Kontrahent",
            "NUMER_FAKTURY;DATA_WYSTAWIENIA;TERMIN_PŁATNOŚCI;WARTOŚĆ BRUTTO;NIP;NABYWCA",
            "invoiceNumber;issueDate;dueDate;grossTotal;buyerNip;buyerName",
        ):
            with self.subTest(head=head):
                found = self._read_one(make_csv(ROW, head=head))
                self.assertEqual(found.residual, Decimal("1234.56"))
                self.assertEqual(found.buyer.nip, "8567346215")

    def test_missing_column_is_named(self):
        for name, field in (
            ("Nr faktury", "number"),
            ("Termin płatności", "due_date"),
            ("Kwota brutto", "gross"),
        ):
            with self.subTest(field=field):
                head = HEAD.replace(name, "x")
                if field == "due_date":
                    head = head.replace("Data wystawienia", "y")
                content = make_csv(ROW, head=head)
                error = self._assert_unreadable(content, "column_missing", field)
                self.assertEqual((error.line, error.problem.field), (1, field))

    def test_bad_row_costs_itself_and_names_line_and_field(self):
        bad = {
            "number": ROW.replace("FV 1/10/2026", ""),
            "issue_date": ROW.replace("01.10.2026", "1 paź"),
            "due_date": ROW.replace("15.10.2026", "30.02.2026"),
            "gross": ROW.replace("1 234,56", "sto"),
            "buyer_name": ROW.replace("Alfa sp. z o.o.", ""),
            "currency": ROW.replace("1 234,56", "1 234,56 zz"),
        }
        good = ROW.replace("FV 1/", "FV 2/")
        for field, row in bad.items():
            with self.subTest(field=field):
                result = readers.read(make_csv(good, row))
                self.assertEqual([found.number for found in result.documents], ["FV 2/10/2026"])
                problem = result.problems[0]
                expected = "gross" if field == "currency" else field
                self.assertEqual((problem.line, problem.field), (3, expected))
                self.assertEqual(problem.severity, "error")

    def test_due_date_in_words_or_left_out_is_left_to_the_mandate(self):
        for text, code in (
            ("14 dni od otrzymania", "due_in_words"),
            ("Natychmiast", "due_in_words"),
            ("przelew 30 dni", "due_in_words"),
            ("", "due_missing"),
        ):
            with self.subTest(text=text):
                found = self._read_one(make_csv(ROW.replace("15.10.2026", text)))
                self.assertEqual((found.instalments, found.due_derived), ((), True))
                self.assertIn(code, self._get_codes(found.warnings))
        for text in ("do dnia 12.11.2026", "12 listopada", "14", "#N/D", "7 dni (2026)"):
            with self.subTest(text=text):
                result = readers.read(make_csv(ROW.replace("15.10.2026", text)))
                self.assertEqual(self._get_codes(result.problems), ["bad_date"])
        rows = make_csv("FV 1;14 dni;100;Alfa", head="Nr faktury;Termin płatności;Kwota;Nabywca")
        self.assertEqual(self._get_codes(readers.read(rows).problems), ["bad_date"])

    def test_one_row_with_three_faults_names_all_three(self):
        result = readers.read(make_csv(";x;y;z;8567346215;Alfa"))
        fields = [(problem.field, problem.code) for problem in result.problems]
        self.assertEqual(
            fields,
            [
                ("number", "value_missing"),
                ("due_date", "bad_date"),
                ("issue_date", "bad_date"),
                ("gross", "bad_amount"),
            ],
        )

    def test_quote_never_closed_costs_one_line(self):
        broken = ROW.replace("Alfa", '"Alfa')
        last = ROW.replace("FV 1/", "FV 2/")
        result = readers.read(make_csv(broken, last))
        self.assertEqual([found.line for found in result.documents], [3])
        self.assertEqual(self._get_codes(result.problems), ["quote_unclosed"])
        self.assertEqual(result.problems[0].line, 2)

    def test_quoted_field_over_two_lines_is_one_field(self):
        over_two = ROW.replace("Alfa sp. z o.o.", '"Alfa\r\nsp. z o.o."')
        result = readers.read(make_csv(over_two, ROW.replace("FV 1/", "FV 2/")))
        found = [(document.line, document.buyer.name) for document in result.documents]
        self.assertEqual(found, [(2, "Alfa sp. z o.o."), (4, "Alfa sp. z o.o.")])

    def test_nul_that_the_database_refuses_is_left_out(self):
        found = self._read_one(make_csv(ROW.replace("Alfa", "Al\x00fa")))
        self.assertEqual(found.buyer.name, "Alfa sp. z o.o.")

    def test_paid_and_open_columns_give_what_is_left(self):
        head = f"{HEAD};Do zapłaty;Pozostało;Zapłacono"
        cases = {
            ";;": ("1234.56", []),
            ";;234,56": ("1000.00", []),
            ";1000;": ("1000.00", []),
            "1000;;": ("1000.00", []),
            "1234,56;;234,56": ("1000.00", []),
            ";1000;34,56": ("1000.00", ["amounts_disagree"]),
            ";;2000": ("0.00", ["paid_over_gross"]),
            ";2000;": ("2000.00", ["due_above_gross"]),
        }
        for cells, (residual, codes) in cases.items():
            with self.subTest(cells=cells):
                found = self._read_one(make_csv(f"{ROW};{cells}", head=head))
                self.assertEqual(found.residual, Decimal(residual))
                self.assertEqual(found.gross, Decimal("1234.56"))
                self.assertEqual(self._get_codes(found.warnings), codes)

    def test_balance_and_paid_without_a_total_add_up_to_it(self):
        head = HEAD.replace("Kwota brutto", "Saldo") + ";Zapłacono"
        found = self._read_one(make_csv(f"{ROW};100", head=head))
        self.assertEqual((found.gross, found.residual), (Decimal("1334.56"), Decimal("1234.56")))

    def test_rows_with_other_due_dates_are_instalments_of_one_document(self):
        later = ROW.replace("15.10.2026", "15.11.2026").replace("1 234,56", "100")
        other_buyer = later.replace("8567346215", "5265877635")
        result = readers.read(make_csv(later, ROW, other_buyer))
        self.assertEqual(len(result.documents), 2)
        found = result.documents[0]
        self.assertEqual(
            self._get_instalments(found), [("2026-10-15", "1234.56"), ("2026-11-15", "100.00")]
        )
        self.assertEqual((found.gross, found.residual), (Decimal("1334.56"),) * 2)

    def test_same_number_of_another_year_is_another_document(self):
        result = readers.read(make_csv(ROW, ROW.replace("01.10.2026", "01.10.2025")))
        self.assertEqual(len(result.documents), 2)
        self.assertFalse(result.problems)

    def test_same_row_twice_is_taken_once_and_said(self):
        result = readers.read(make_csv(ROW, ROW))
        self.assertEqual(len(result.documents), 1)
        self.assertEqual(self._get_codes(result.problems), ["duplicate_row"])
        self.assertEqual(result.problems[0].line, 3)

    def test_document_whose_other_row_was_refused_is_marked(self):
        bad = ROW.replace("15.10.2026", "kiedyś")
        result = readers.read(make_csv(ROW, bad))
        self.assertEqual(self._get_codes(result.documents[0].warnings), ["sibling_refused"])

    def test_instalments_in_two_currencies_are_not_summed(self):
        row = ROW.replace("15.10.2026", "15.11.2026").replace("1 234,56", "5 EUR")
        result = readers.read(make_csv(ROW, row))
        self.assertEqual(result.documents[0].gross, Decimal("1234.56"))
        self.assertEqual(self._get_codes(result.problems), ["instalment_conflict"])

    def test_optional_columns_reach_the_document(self):
        head = (
            f"{HEAD};Ulica;Kod;Miasto;E-mail;Telefon;Rachunek;Numer KSeF;Waluta;Data sprzedaży;"
            "Kod kontrahenta;MPP"
        )
        row = (
            f"{ROW};ul. Długa 1;30-001;Kraków;biuro@alfa.example;512 000 117;"
            f"61 1090 1014 0000 0712 1981 2874;{KSEF_NAME[:35]};eur;30.09.2026;K-7;tak"
        )
        found = self._read_one(make_csv(row, head=head))
        buyer = found.buyer
        self.assertEqual((buyer.street, buyer.zip, buyer.city), ("ul. Długa 1", "30-001", "Kraków"))
        self.assertEqual((buyer.email, buyer.phone), ("biuro@alfa.example", "512 000 117"))
        self.assertEqual((found.account, found.currency), (ACCOUNT, "EUR"))
        self.assertEqual((found.ksef_number, buyer.number), (KSEF_NAME[:35], "K-7"))
        self.assertEqual(found.sale_date, date(2026, 9, 30))
        self.assertTrue(found.split_payment)
        self.assertFalse(found.warnings)

    def test_wrong_identifiers_are_kept_and_warned_of(self):
        head = f"{HEAD};E-mail;Telefon;Rachunek;KSeF"
        row = ROW.replace("8567346215", "8567346216") + ";alfa@;12 34;6110;x"
        found = self._read_one(make_csv(row, head=head))
        self.assertEqual((found.buyer.nip, found.buyer.phone), ("8567346216", "12 34"))
        self.assertEqual(
            self._get_codes(found.warnings),
            [
                "nip_invalid",
                "phone_invalid",
                "email_invalid",
                "account_invalid",
                "ksef_number_invalid",
            ],
        )

    def test_foreign_tax_number_is_no_nip(self):
        found = self._read_one(make_csv(ROW.replace("8567346215", "DE 123456789")))
        self.assertEqual((found.buyer.nip, found.buyer.foreign_tax_id), ("", "DE123456789"))
        self.assertEqual(found.buyer.country, "DE")

    def test_negative_amount_is_a_correction(self):
        head = f"{HEAD};Faktura korygowana"
        found = self._read_one(make_csv(f"{ROW.replace('1 234', '-1 234')};FV 9", head=head))
        self.assertEqual((found.kind, found.residual), ("correction", Decimal("-1234.56")))
        self.assertEqual(found.corrected_number, "FV 9")

    def test_currency_in_cell_and_column_that_differ_are_refused(self):
        row = ROW.replace("1 234,56", "1 234,56 EUR") + ";PLN"
        result = readers.read(make_csv(row, head=f"{HEAD};Waluta"))
        self.assertFalse(result.documents)
        self.assertEqual(self._get_codes(result.problems), ["currency_conflict"])

    def test_due_date_before_issue_and_no_issue_date_are_warned_of(self):
        early = ROW.replace("15.10.2026", "15.09.2026")
        none = ROW.replace("01.10.2026", "")
        found = readers.read(make_csv(early, none)).documents
        self.assertEqual(
            [self._get_codes(document.warnings) for document in found],
            [["due_before_issue"], ["issue_date_missing"]],
        )

    def test_too_long_field_too_many_rows_and_too_large_file_are_refused(self):
        result = readers.read(make_csv(ROW.replace("Alfa", "A" * 10_001), ROW))
        self.assertEqual(self._get_codes(result.problems), ["field_too_long"])
        self.assertEqual(result.problems[0].field, "buyer_name")
        self.assertEqual(len(result.documents), 1)
        rows = make_csv(*([ROW] * 100_001))
        self._assert_unreadable(rows, "too_many_rows", "100000")
        self._assert_unreadable(make_csv(*[""] * 300_001), "too_many_rows", "100000")
        self._assert_unreadable(make_csv(ROW) + b" " * MAX_BYTES, "file_too_large", "20")

    def test_files_that_are_no_list_are_refused(self):
        self._assert_unreadable(b"", "file_empty")
        self._assert_unreadable(b"\xef\xbb\xbf \r\n", "file_empty")
        self._assert_unreadable(b"PK\x03\x04abc", "unknown_format", "a.xlsx", "a.xlsx")
        self._assert_unreadable(b"[INFO]\r\n" + make_csv(ROW), "unknown_format")
        self._assert_unreadable(b"Jan;Nowak\r\n1;2\r\n", "no_header", filename="list.CSV")
