import io
import zipfile
from contextlib import closing
from datetime import date

from odoo.tests import tagged

from .payments_common import make_entry, make_mt940
from .test_import import ImportCase


@tagged("post_install", "-at_install", "kgw")
class TestImportPayments(ImportCase):
    def setUp(self):
        super().setUp()
        self.day = date(2026, 9, 7)
        self._take(self._hand_over(self._row(), self._row("13/11/2026", amount="100,00")))
        self.receivable = self._get_receivables("12/11/2026")

    def _take(self, record, day=None):
        return super()._take(record, day or self.day)

    def test_payments_are_booked_and_set_the_coverage(self):
        self.mandate.coverage_date = False
        record = self._hand_over_payments(
            "05.09.2026;12/11/2026;845,00;PLN", known_through=date(2026, 9, 6)
        )
        record.action_preview()
        self.assertEqual(self.receivable.amount_residual, 1845)
        self.assertFalse(self.mandate.coverage_date)
        self._take(record)
        self.assertEqual(self.receivable.amount_residual, 1000)
        self.assertEqual(self.mandate.coverage_date, date(2026, 9, 6))
        self.assertEqual(self.receivable.matched_credit_ids.credit_move_id.date, date(2026, 9, 5))

    def test_statement_that_does_not_add_up_says_by_how_much_as_people_write_it(self):
        statement = make_mt940(make_entry(), closing="D260905PLN798770,00")
        record = self._hand_over_bytes(statement, filename="wyciag.sta", content="payments")
        record.action_preview()
        said = " ".join(record.line_ids.mapped(lambda row: row.message or ""))
        self.assertIn("they differ by 800,000.00", said)

    def test_file_that_cant_be_read_costs_itself_and_what_is_known_of_payments(self):
        self.mandate.coverage_date = known = date(2026, 9, 1)
        head = "data_wplaty;numer_faktury;kwota;waluta\r\n"
        good = f"{head}05.09.2026;12/11/2026;845,00;PLN\r\n".encode()
        bad = f"{head}05.09.2026;13/11/2026;sto;PLN\r\n".encode()
        for name, other in (("raport.xml", b"<Document/>"), ("zla.csv", bad)):
            with self.subTest(name=name), closing(self.env.cr.savepoint()):
                data = io.BytesIO()
                with zipfile.ZipFile(data, "w") as archive:
                    archive.writestr("dobra.csv", good)
                    archive.writestr(name, other)
                record = self._hand_over_bytes(
                    data.getvalue(),
                    filename="wplaty.zip",
                    content="payments",
                    known_through=date(2026, 9, 6),
                )
                self._take(record)
                states = {row.file_name: row.state for row in record.line_ids}
                self.assertEqual(
                    states, {"wplaty.zip/dobra.csv": "done", f"wplaty.zip/{name}": "refused"}
                )
                self.assertEqual(self.receivable.amount_residual, 1000)
                self.assertEqual(self.mandate.coverage_date, known)
                self.assertIn(name, record.message)

    def test_coverage_goes_neither_back_nor_into_the_future(self):
        self.mandate.coverage_date = date(2026, 9, 6)
        for known_through, expected in (
            (date(2026, 9, 1), date(2026, 9, 6)),
            (date(2026, 12, 31), date(2026, 9, 7)),
        ):
            record = self._hand_over_payments(
                f"05.09.2026;12/11/2026;{known_through.month},00;PLN", known_through=known_through
            )
            self._take(record)
            self.assertEqual(self.mandate.coverage_date, expected)

    def test_same_list_again_is_known_and_books_nothing(self):
        rows = "05.09.2026;12/11/2026;845,00;PLN", "05.09.2026;13/11/2026;100,00;PLN"
        self._take(self._hand_over_payments(*rows))
        before = self._count_all()
        again = self._take(self._hand_over_payments(*rows))
        self.assertEqual(again.line_ids.mapped("state"), ["known", "known"])
        self.assertEqual(self.receivable.amount_residual, 1000)
        self.assertEqual(self._count_all(), before)

    def test_totals_tell_what_came_in_apart_from_what_went_out(self):
        data = make_mt940(
            make_entry("500,00", "12/11/2026"), make_entry("20,00", "Zwrot", sign="D", ref="B2")
        )
        record = self._hand_over_bytes(data, filename="wyciag.sta", content="payments")
        record._preview(self.day)
        totals = record.totals.replace("\N{NO-BREAK SPACE}", " ")
        self.assertRegex(totals, r"500\.00 received; .*20\.00 paid out or returned")

    def test_overlapping_list_books_what_is_new(self):
        self._take(self._hand_over_payments("05.09.2026;12/11/2026;500,00;PLN"))
        self._take(
            self._hand_over_payments(
                "05.09.2026;12/11/2026;500,00;PLN", "06.09.2026;12/11/2026;500,00;PLN"
            )
        )
        self.assertEqual(self.receivable.amount_residual, 845)

    def test_two_equal_payments_of_one_list_are_two(self):
        self._take(self._hand_over_payments(*["05.09.2026;12/11/2026;500,00;PLN"] * 2))
        self.assertEqual(self.receivable.amount_residual, 845)

    def test_over_payment_is_told_in_its_row(self):
        record = self._take(self._hand_over_payments("05.09.2026;12/11/2026;2 000,00;PLN"))
        self.assertEqual(self.receivable.kgw_stage, "closed")
        self.assertIn("155", record.line_ids.message)

    def test_rows_that_fit_no_invoice_wait_for_a_person_and_broken_ones_are_refused(self):
        record = self._hand_over_payments(
            "05.09.2026;99/2026;10,00;PLN",
            "05.09.2026;12/11/2026;10,00;EUR",
            "05.09.2026;12/11/2026;-10,00;PLN",
            "05.09.2026;13/11/2026;10,00;PLN",
            "kiedyś;12/11/2026;10;PLN",
        )
        record.action_preview()
        states = {row.line: row.state for row in record.line_ids}
        self.assertEqual(states, {2: "new", 3: "new", 4: "refused", 5: "new", 6: "refused"})
        self.assertTrue(all(record.line_ids.mapped("message")))
        self._take(record)
        payments = self.env["kgw.payment"].search([("import_id", "=", record.id)], order="line")
        self.assertEqual(payments.mapped("state"), ["unmatched", "unmatched", "booked"])
        self.assertEqual(self.receivable.amount_residual, 1845)

    def test_payment_of_one_creditor_never_settles_anothers_invoice(self):
        other = self._create_mandate(
            "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
        )
        record = self._hand_over_payments("05.09.2026;12/11/2026;845,00;PLN", mandate=other)
        record.action_preview()
        self.assertFalse(record.line_ids.counterparty)
        self._take(record)
        self.assertEqual(self.env["kgw.payment"].search([]).state, "unmatched")
        self.assertEqual(self.receivable.amount_residual, 1845)

    def test_payment_of_a_future_day_is_refused(self):
        record = self._hand_over_payments("08.09.2026;12/11/2026;845,00;PLN")
        record.action_preview()
        self._take(record)
        self.assertEqual(record.line_ids.state, "refused")
        self.assertIn("future", record.line_ids.message)
        self.assertEqual(self.receivable.amount_residual, 1845)

    def test_payment_between_two_invoices_of_one_number_goes_where_it_fits(self):
        """The number 77 twice: the payment of one of them is no payment of the other."""
        self._take(
            self._hand_over(
                self._row("77", issued="25.07.2026", due="08.08.2026", amount="500,00"),
                self._row("77", amount="800,00"),
                self._row("77", issued="06.09.2026", due="20.09.2026", amount="900,00"),
            )
        )
        self._take(self._hand_over_payments("05.09.2026;77;900,00;PLN"))
        late = self.env["kgw.payment"].search([])
        self.assertEqual((late.state, late.reason), ("unmatched", "ambiguous"))
        self._take(self._hand_over_payments("05.09.2026;77;800,00;PLN"))
        self.assertEqual(self._get_receivables("77").mapped("amount_residual"), [500, 0, 900])

    def test_payment_of_an_invoice_long_overdue_is_not_recorded(self):
        self._take(
            self._hand_over(self._row("7/2026", issued="20.05.2026", due="06.06.2026")), self.day
        )
        rows = "04.09.2026;7/2026;45,00;PLN", "05.09.2026;7/2026;100,00;PLN"
        self._take(self._hand_over_payments(*rows))
        self.assertEqual(self._get_receivables("7/2026").amount_residual, 1800)
        self.assertEqual(self.env["kgw.payment"].search([], limit=1).reason, "late")

    def test_listed_payment_that_can_not_be_the_invoices_says_why(self):
        for row, reason in (
            ("05.09.2026;12/11/2026;845,00;EUR", "other_currency"),
            ("01.08.2026;12/11/2026;845,00;PLN", "early"),
            ("05.09.2026;99/2026;845,00;PLN", "no_invoice"),
        ):
            self._take(self._hand_over_payments(row))
            payment = self.env["kgw.payment"].search([], order="id desc", limit=1)
            self.assertEqual((payment.state, payment.reason), ("unmatched", reason))

    def test_invoice_paid_between_preview_and_taking_leaves_the_payment_to_a_person(self):
        record = self._hand_over_payments("05.09.2026;12/11/2026;845,00;PLN")
        record.action_preview()
        self.pay(self.receivable, 1845, date(2026, 9, 6))
        self._take(record)
        payment = self.env["kgw.payment"].search([])
        self.assertEqual((payment.state, payment.reason), ("unmatched", "settled"))

    def test_payment_list_without_columns_is_refused(self):
        record = self._hand_over("x;y", header="a;b", content="payments")
        record.action_preview()
        self.assertEqual(record.state, "refused")
        self.assertTrue(record.message)
