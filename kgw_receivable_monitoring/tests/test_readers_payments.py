import builtins
import io
import random
import socket
import zipfile
from datetime import date, datetime
from unittest.mock import patch

from odoo.tests.common import BaseCase

from ..tools import readers
from ..tools.readers import PROBLEM_CODES, Statement, UnreadableFile, read_payments
from .payments_common import (
    OWN,
    PAYER,
    known_through,
    make_camt,
    make_camt_entry,
    make_entry,
    make_mt940,
    make_transfer,
    make_workbook,
)
from .readers_common import make_csv

DAY = date(2026, 9, 5)
MBANK = (
    ":86:911 TRANSAKCJA COLLECT; ID IPH: XX000000000001; Z RACH.: \n"
    "27114020040000300201355387; OD: ZAK£AD BUDOWLANY \nUL. POLNA 1; TYT.: ZAP£ATA; RATA NR \n"
    "110F02574; DATA STEMPLA: 05.09.2026; TNR: \n154961063737600.670001"
)
IPKO = (
    '"Data operacji","Data waluty","Typ transakcji","Kwota","Waluta","Saldo po transakcji",'
    '"Opis transakcji","","",""\r\n'
    '"2026-09-05","2026-09-05","Przelew na rachunek","+1230.00","PLN","+2887.50",'
    '"Rachunek nadawcy: 27 1140 2004 0000 3002 0135 5387","Nazwa nadawcy: BUDMAX ŁÓDŹ",'
    '"Tytuł: FV 1/09/2026",""\r\n'
)
MBANK_CSV = (
    "mBank S.A.;\r\n#Za okres:;\r\n01.09.2026;30.09.2026;\r\n\r\n"
    "#Data operacji;#Opis operacji;#Rachunek;#Kwota;#Saldo po operacji;\r\n"
    '2026-09-05;"FV 1/09/2026";"eKonto";1 230,00 PLN;1 954,10 PLN;\r\n'
    "#Saldo końcowe;;;1 954,10 PLN;\r\n"
)
SANTANDER = (
    f"2026-09-01,2026-09-30,'{OWN}',WYCIAG\r\n"
    f"05-09-2026,05-09-2026,FV 1/09/2026,Budmax,'{PAYER}',1230.00,2050.00,1\r\n"
    "06-09-2026,06-09-2026,ZAKUP,SKLEP,,-50.00,2000.00,2\r\n"
)
ELIXIR = (
    f'111,20260905,123000,11402004,0,"{PAYER}","{OWN}","BUDMAX|ŁÓDŹ","X",0,1,"FV|1/09","","","51"'
)


class PaymentsCase(BaseCase):
    def _read_one(self, content, filename=""):
        statement = read_payments(content, filename)
        self.assertFalse(statement.problems)
        self.assertEqual(len(statement.payments), 1)
        return statement.payments[0]

    def _get_codes(self, statement):
        codes = [problem.code for problem in statement.problems]
        self.assertLessEqual(set(codes), set(PROBLEM_CODES))
        return codes

    def _assert_refused(self, content, code, filename=""):
        with self.assertRaises(UnreadableFile) as caught:
            read_payments(content, filename)
        self.assertEqual(caught.exception.code, code)


class TestMt940(PaymentsCase):
    def test_entry_of_numbered_sub_fields_is_read_whole(self):
        title = "/VAT/230,00/IDC/9991010003/INV/FV 1/09/2026/TXT/SPLATA"
        content = make_mt940(make_entry(title=title), closing="C260905PLN1230,00")
        payment = self._read_one(content)
        self.assertEqual((payment.title, payment.payer), (title, "BUDMAX SP. Z O.O."))
        self.assertEqual((payment.account, payment.own_account), (PAYER, OWN))
        self.assertEqual((payment.date, f"{payment.amount}", payment.line), (DAY, "1230.00", 5))
        self.assertEqual((payment.currency, payment.reference), ("PLN", "B1"))
        statement = read_payments(content)
        self.assertEqual(
            (statement.periods[0].opened_on, known_through(statement)), (date(2026, 9, 4), DAY)
        )

    def test_words_of_mbank_are_read_and_its_encoding(self):
        entry = ":61:2609050905CN10,00NTRFNONREF//EL1\n911-TRANSAKCJA IPH\n" + MBANK
        content = b"\x01\n" + make_mt940(entry).decode().encode("latin-1") + b"\x03"
        payment = self._read_one(content)
        self.assertEqual(payment.title, "ZAPŁATA; RATA NR 110F02574")
        self.assertEqual(payment.payer, "ZAKŁAD BUDOWLANY UL. POLNA 1")
        self.assertEqual((payment.account, payment.reference), (PAYER, "154961063737600.670001"))

    def test_every_encoding_of_polish_banks_is_recognised(self):
        for encoding in ("utf-8", "cp1250", "iso8859-2", "cp852"):
            content = make_mt940(make_entry(title="ZAŻÓŁĆ GĘŚLĄ JAŹŃ ść")).decode()
            with self.subTest(encoding=encoding):
                payment = self._read_one(content.encode(encoding))
                self.assertEqual(payment.title, "ZAŻÓŁĆ GĘŚLĄ JAŹŃ ść")

    def test_tag_repeated_by_ing_and_text_without_sub_fields_are_read(self):
        ing = make_entry().replace(":86:020", ":86::86:020")
        plain = ":61:260906C42,5NTRF//X1\n:86:CZYNSZ LOKAL 2"
        bare = ":61:260906C1,00NTRFNONREF"
        statement = read_payments(make_mt940(ing, plain, bare))
        self.assertEqual(
            [(payment.title, f"{payment.amount}") for payment in statement.payments],
            [("FV 1/09/2026", "1230.00"), ("CZYNSZ LOKAL 2", "42.5"), ("", "1.00")],
        )

    def test_signs_of_debits_and_reversals_are_kept(self):
        signs = {"C": "1.00", "D": "-1.00", "RC": "-1.00", "RD": "1.00"}
        entries = [make_entry(amount="1,00", sign=sign) for sign in signs]
        payments = read_payments(make_mt940(*entries)).payments
        self.assertEqual([f"{payment.amount}" for payment in payments], list(signs.values()))
        self.assertEqual([p.is_reversal for p in payments], [False, False, True, True])

    def test_day_of_booking_takes_the_year_nearest_to_the_value_date(self):
        for day, booked, expected in (
            ("261231", "0102", date(2027, 1, 2)),
            ("270101", "1231", date(2026, 12, 31)),
            ("280228", "0229", date(2028, 2, 29)),
        ):
            with self.subTest(day=day, booked=booked):
                payment = self._read_one(make_mt940(make_entry(day=day, booked=booked)))
                self.assertEqual(payment.date, expected)

    def test_statement_that_is_not_whole_says_nothing_of_payments_known(self):
        whole = make_mt940(make_entry(), closing="C260905PLN1230,00")
        self.assertEqual(known_through(read_payments(whole)), DAY)
        differs = read_payments(make_mt940(make_entry(), closing="C260905PLN1330,00"))
        self.assertEqual(
            (known_through(differs), self._get_codes(differs)), (None, ["balance_differs"])
        )
        broken = read_payments(make_mt940(":61:2609x5", closing="C260905PLN0,00"))
        self.assertEqual((known_through(broken), self._get_codes(broken)), (None, ["bad_entry"]))
        self.assertIsNone(known_through(read_payments(make_mt940(make_entry()))))

    def test_two_accounts_are_known_through_the_earlier_day(self):
        first = make_mt940(closing="C260905PLN0,00")
        second = make_mt940(closing="C260904PLN0,00", account=PAYER)
        self.assertEqual(known_through(read_payments(first + b"\n" + second)), date(2026, 9, 4))
        self.assertEqual(known_through(read_payments(first + b"\n" + first)), DAY)

    def test_intraday_report_is_refused(self):
        content = make_mt940(make_entry()).replace(b":60F:C260904PLN0,00", b":34F:PLN0")
        self._assert_refused(content, "intraday_report")


class TestCamt(PaymentsCase):
    def test_entry_is_read_whole(self):
        for version in ("02", "08"):
            content = make_camt(make_camt_entry(details=make_transfer()), version=version)
            with self.subTest(version=version):
                payment = self._read_one(content)
                self.assertEqual(
                    (payment.title, payment.payer), ("FV 1/09/2026", "Budmax sp. z o.o.")
                )
                self.assertEqual((payment.account, payment.own_account), (PAYER, OWN))
                self.assertEqual((payment.date, f"{payment.amount}"), (DAY, "1230.00"))
                self.assertEqual(payment.reference, "R1")
                self.assertEqual(known_through(read_payments(content)), DAY)

    def test_batch_is_read_transfer_by_transfer_if_they_add_up(self):
        parts = make_transfer("FV 1", "1000.00") + make_transfer("FV 2", "230.00")
        payments = read_payments(make_camt(make_camt_entry(details=parts))).payments
        self.assertEqual(
            [(p.title, f"{p.amount}") for p in payments], [("FV 1", "1000.00"), ("FV 2", "230.00")]
        )
        other = read_payments(make_camt(make_camt_entry(amount="1231.00", details=parts)))
        self.assertEqual([f"{payment.amount}" for payment in other.payments], ["1231.00"])
        self.assertEqual(self._get_codes(other), ["batch_not_split"])

    def test_amounts_with_more_decimals_are_read_if_they_are_zero(self):
        self.assertEqual(f"{self._read_one(make_camt(make_camt_entry('8.85000'))).amount}", "8.85")
        wrong = read_payments(make_camt(make_camt_entry("8.85001")))
        self.assertEqual(self._get_codes(wrong), ["bad_amount"])

    def test_bad_entry_costs_itself_and_the_knowledge_of_payments(self):
        statement = read_payments(
            make_camt(
                make_camt_entry(),
                make_camt_entry(currency=""),
                make_camt_entry(day=""),
                make_camt_entry(side="X"),
                make_camt_entry(status="<Sts><Cd>PDNG</Cd></Sts>"),
            )
        )
        self.assertEqual(len(statement.payments), 1)
        self.assertEqual(
            self._get_codes(statement),
            ["value_missing", "value_missing", "bad_entry", "entry_pending"],
        )
        self.assertIsNone(known_through(statement))

    def test_debit_is_negative_and_reversal_is_marked(self):
        payment = self._read_one(
            make_camt(
                make_camt_entry(
                    side="DBIT",
                    day="<RvslInd>true</RvslInd><ValDt><DtTm>2026-09-05T10:00:00</DtTm></ValDt>",
                )
            )
        )
        self.assertEqual((f"{payment.amount}", payment.date), ("-1230.00", DAY))
        self.assertTrue(payment.is_reversal)

    def test_other_messages_are_refused(self):
        self._assert_refused(make_camt(message="BkToCstmrAcctRpt"), "intraday_report")
        empty = b"<Document><BkToCstmrStmt></BkToCstmrStmt></Document>"
        self._assert_refused(empty, "no_statement")


class TestHistories(PaymentsCase):
    """What banks' pages export as CSV, and the same in XLSX."""

    def test_details_of_ipko_are_read_from_columns_without_heading(self):
        payment = self._read_one(IPKO.encode("cp1250"))
        self.assertEqual((payment.title, payment.payer), ("FV 1/09/2026", "BUDMAX ŁÓDŹ"))
        self.assertEqual((payment.account, f"{payment.amount}"), (PAYER, "1230.00"))

    def test_history_of_mbank_tells_its_period_and_no_closing_row_as_payment(self):
        statement = read_payments(MBANK_CSV.encode("cp1250"))
        self.assertEqual([f"{payment.amount}" for payment in statement.payments], ["1230.00"])
        self.assertEqual(statement.payments[0].account, "")
        self.assertEqual(known_through(statement), date(2026, 9, 30))

    def test_history_of_santander_without_heading_is_read(self):
        statement = read_payments(SANTANDER.encode())
        self.assertEqual(
            [(p.line, f"{p.amount}", p.account) for p in statement.payments],
            [(2, "1230.00", PAYER), (3, "-50.00", "")],
        )
        self.assertEqual(
            (known_through(statement), statement.format), (date(2026, 9, 30), "payments_santander")
        )
        self.assertIsNone(known_through(read_payments((SANTANDER + "x\r\n").encode())))

    def test_columns_of_credits_and_debits_become_one_amount(self):
        rows = "05.09.2026;FV 1;100,00;;PLN", "06.09.2026;prowizja;;3,00;PLN", "07.09.2026;x;;;PLN"
        statement = read_payments(
            make_csv(*rows, head="Data księgowania;Tytuł;Uznania;Obciążenia;Waluta")
        )
        self.assertEqual([f"{p.amount}" for p in statement.payments], ["100.00", "-3.00"])
        self.assertEqual(self._get_codes(statement), ["value_missing"])

    def test_workbook_gives_what_the_same_list_in_csv_gives(self):
        head = ["Data wpłaty", "Numer faktury", "Kwota", "Waluta"]
        content = make_workbook(
            ["Wpłaty"],
            head,
            [datetime(2026, 9, 5), "12/11/2026", 1234.5, "PLN"],
            [date(2026, 9, 6), 77, 0.1 + 0.2, None],
            ["kiedyś", "78", 1, "PLN"],
        )
        statement = read_payments(content, "plik.xlsx")
        self.assertEqual(
            [(p.line, p.date, p.number, f"{p.amount}") for p in statement.payments],
            [(3, DAY, "12/11/2026", "1234.50"), (4, date(2026, 9, 6), "77", "0.30")],
        )
        self.assertEqual([(p.line, p.code) for p in statement.problems], [(5, "bad_date")])

    def test_elixir_orders_are_refused_and_its_statements_read(self):
        payment = self._read_one(ELIXIR.encode("cp852"))
        self.assertEqual((payment.title, payment.payer), ("FV1/09", "BUDMAX ŁÓDŹ"))
        self.assertEqual((payment.account, f"{payment.amount}"), (PAYER, "1230.00"))
        self._assert_refused(ELIXIR.replace("111,", "110,", 1).encode(), "payment_orders")


class TestHostilePayments(PaymentsCase):
    """Files made to break the readers: a result or a refusal that says why, and nothing else."""

    def _get_seeds(self):
        workbook = make_workbook(["Data", "Numer", "Kwota"], [DAY, "1", 2.5])
        texts = (IPKO, MBANK_CSV, SANTANDER, ELIXIR)
        return [
            make_mt940(make_entry(), make_entry(sign="D"), closing="C260905PLN0,00"),
            make_mt940(":61:2609050905CN10,00NTRFNONREF//EL1\n" + MBANK),
            make_camt(make_camt_entry(details=make_transfer()), make_camt_entry()),
            workbook,
            *(text.encode("cp1250") for text in texts),
        ]

    def test_damaged_files_give_a_result_or_a_refusal_and_read_nothing_else(self):
        rng = random.Random(2026)
        seeds = self._get_seeds()
        for seed in seeds:
            read_payments(seed)  # modules that a reader imports late are in memory now
        counts = {"read": 0, "refused": 0}
        with (
            patch.object(socket, "socket", side_effect=AssertionError),
            patch.object(builtins, "open", side_effect=AssertionError),
        ):
            for number in range(160):
                seed = seeds[number % len(seeds)]
                counts[self._try(self._damage(rng, seed))] += 1
        self.assertGreater(counts["read"], 40)
        self.assertGreater(counts["refused"], 10)

    def _damage(self, rng, content):
        data = bytearray(content[: rng.randrange(len(content))] if rng.random() < 0.3 else content)
        for _flip in range(rng.randrange(1, 12)):
            if data:
                data[rng.randrange(len(data))] = rng.choice(b"\x00\"';<>&,.~\n\r\t\xff\x81-0a:")
        return bytes(data) * rng.choice((1, 1, 1, 2))

    def _try(self, content):
        try:
            statement = read_payments(content, "a.csv")
        except UnreadableFile as error:
            self.assertIn(error.code, PROBLEM_CODES)
            return "refused"
        self.assertIsInstance(statement, Statement)
        self._get_codes(statement)
        for problem in statement.problems:
            self.assertTrue(problem.line or problem.severity == "warning")
        return "read"

    def test_entities_are_refused_in_camt_and_in_workbooks(self):
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        for head in (bomb, outside):
            self._assert_refused(make_camt(make_camt_entry(), head=head), "xml_doctype")
            self._assert_refused(self._poison_workbook(head), "xml_doctype")

    def _poison_workbook(self, head):
        stream = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(make_workbook(["Data"]))) as book,
            zipfile.ZipFile(stream, "w") as poisoned,
        ):
            for name in book.namelist():
                text = book.read(name).decode()
                poisoned.writestr(name, text.replace("<worksheet", f"{head}<worksheet", 1))
        return stream.getvalue()

    def test_workbook_that_unpacks_to_too_much_is_refused(self):
        stream = io.BytesIO(make_workbook(["Data"]))
        with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as book:
            book.writestr("xl/media/bomb.xml", b" " * (101 * 1024 * 1024))
        self._assert_refused(stream.getvalue(), "zip_bomb")

    def test_every_sample_is_claimed_by_one_reader_before_the_tables(self):
        for content in self._get_seeds():
            claimed = [r for r in readers.get_payment_readers() if r.sniff_payments(content)]
            self.assertLessEqual(len([r for r in claimed if r.__name__[-3:] != "csv"]), 1)
            self.assertTrue(claimed)
