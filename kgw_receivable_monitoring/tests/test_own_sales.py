import base64
from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.misc import file_open

from ..tools.readers import TaxLine
from .books_common import BooksCommon
from .common import DUE, MODULE

DAY = date(2026, 10, 13)
FILE = f"{MODULE}/demo/files/wlasna_sprzedaz/FS_2026_10_0002.xml"


@tagged("post_install", "-at_install", "kgw")
class TestOwnSales(BooksCommon):
    """A company watches its own sales: ordinary invoices with taxes, in its own books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._create_own_mandate()

    def _hand_over(self, data=None, **values):
        if data is None:
            with file_open(FILE, "rb") as handle:
                data = handle.read()
        return (
            self.env["kgw.import"]
            .with_user(self.manager)
            .create(
                {
                    "mandate_id": self.own.id,
                    "filename": "fa.xml",
                    "file": base64.b64encode(data),
                    **values,
                }
            )
        )

    def _take(self, record, day=DAY):
        record._take(day, self._at(day, 6))
        return record

    def _get_moves(self):
        return self.env["account.move"].search([("journal_id", "=", self.sales.id)])

    def _get_receivable(self, move):
        return move.line_ids.filtered(lambda r: r.display_type == "payment_term")

    def _pay_as_accountant(self, move, amount):
        """Register a payment as an accountant does who knows nothing of monitoring."""
        bank = (
            self.env["account.account"]
            .with_company(self.agency)
            .create(
                {
                    "code": "130",
                    "name": "Bank",
                    "account_type": "asset_cash",
                    "company_ids": self.agency.ids,
                }
            )
        )
        journal = self.env["account.journal"].create(
            {
                "name": "Bank",
                "code": "BNK9",
                "type": "bank",
                "company_id": self.agency.id,
                "default_account_id": bank.id,
            }
        )
        journal.inbound_payment_method_line_ids.payment_account_id = bank
        user = (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": "kgw_ksiegowa",
                    "name": "Księgowa",
                    "company_id": self.agency.id,
                    "company_ids": [(6, 0, self.agency.ids)],
                    "group_ids": [
                        (
                            6,
                            0,
                            [
                                self.env.ref("base.group_user").id,
                                self.env.ref("account.group_account_invoice").id,
                            ],
                        )
                    ],
                }
            )
        )
        self.env["account.payment.register"].with_user(user).with_context(
            active_model="account.move",
            active_ids=move.ids,
            allowed_company_ids=self.agency.ids,
        ).create(
            {"amount": amount, "journal_id": journal.id, "payment_date": DAY}
        )._create_payments()

    def test_file_becomes_an_ordinary_invoice_with_its_tax(self):
        record = self._take(self._hand_over())
        move = self._get_moves()
        self.assertEqual(
            (move.name, move.state, move.company_id), ("FS/2026/10/0002", "posted", self.agency)
        )
        self.assertEqual(
            (move.amount_untaxed, move.amount_tax, move.amount_total), (490, 112.7, 602.7)
        )
        self.assertEqual(move.line_ids.tax_line_id, self.tax)
        self.assertFalse(move.kgw_mandate_id)
        self.assertFalse(move.kgw_is_ledger)
        self.assertEqual(record.sudo().line_ids.move_id, move)
        receivable = self._get_receivable(move)
        self.assertEqual(
            (receivable.kgw_case_id.mandate_id, receivable.kgw_stage), (self.own, "before_due")
        )
        self.assertEqual(receivable.date_maturity, date(2026, 11, 3))

    def test_next_invoice_of_the_journal_goes_on_with_the_number(self):
        self._take(self._hand_over())
        move = self._create_own_invoice(
            self.env["res.partner"].create({"name": "K"}), 10, date(2026, 10, 14)
        )
        self.assertEqual(move.name, "FS/2026/10/0003")

    def test_same_file_again_is_known(self):
        self._take(self._hand_over())
        again = self._take(self._hand_over())
        self.assertEqual(again.line_ids.state, "known")
        self.assertEqual(len(self._get_moves()), 1)

    def test_receivables_are_enrolled_once(self):
        self._take(self._hand_over())
        receivable = self._get_receivable(self._get_moves())
        for number in range(3):
            self.run_day(DAY + timedelta(days=number))
        events = self.env["kgw.event"].search(
            [("move_id", "=", receivable.move_id.id), ("kind", "=", "enrolled")]
        )
        self.assertEqual(
            (len(events), receivable.kgw_entered_on, receivable.kgw_course), (1, DAY, 1)
        )

    def test_invoice_posted_by_hand_is_watched_from_the_next_plan(self):
        customer = self.env["res.partner"].create(
            {"name": "Klient", "email": "k@klient.example", "phone": "512000117"}
        )
        move = self._create_own_invoice(customer, 100, DAY, due=DAY + timedelta(days=14))
        receivable = self._get_receivable(move)
        self.assertFalse(receivable.kgw_case_id)
        self.run_day(DAY + timedelta(days=1))
        self.assertEqual(receivable.kgw_case_id.counterparty_id, customer)
        self.assertEqual(
            (receivable.kgw_stage, receivable.kgw_entered_on),
            ("before_due", DAY + timedelta(days=1)),
        )
        self.assertEqual(
            set(receivable.kgw_case_id.contact_point_ids.mapped("kind")), {"email", "phone"}
        )
        self.assertEqual(move.kgw_display_number, move.name)

    def test_stages_of_others_stand_in_the_register_though_own_sales_are_enrolled_first(self):
        line = self._watch(self._document("FV 1"))
        day = DUE + timedelta(days=1)
        self.env["kgw.planner"]._run_day(day, self._at(day, 7))
        told = line.kgw_case_id.event_ids.filtered(lambda event: event.kind == "stage")
        self.assertEqual([event.payload for event in told], [{"stage": "overdue"}])

    def test_paid_and_draft_invoices_are_not_watched(self):
        customer = self.env["res.partner"].create({"name": "Klient"})
        paid = self._create_own_invoice(customer, 100, DAY)
        self._pay_as_accountant(paid, 123)
        draft = self._create_own_invoice(customer, 100, DAY)
        draft.button_draft()
        self.run_day(DAY + timedelta(days=1))
        self.assertFalse((paid | draft).line_ids.kgw_case_id)

    def test_payment_by_an_accountant_closes_the_receivable_at_once(self):
        self._take(self._hand_over())
        receivable = self._get_receivable(self._get_moves())
        self._pay_as_accountant(receivable.move_id, 602.7)
        self.assertEqual(receivable.kgw_stage, "closed")
        event = self.env["kgw.event"].search(
            [("move_id", "=", receivable.move_id.id), ("kind", "=", "payment")]
        )
        self.assertEqual((event.payload["amount"], event.payload["left"]), (602.7, 0))
        self.assertEqual(event.case_id, receivable.kgw_case_id)

    def test_part_payment_by_an_accountant_goes_into_the_history(self):
        self._take(self._hand_over())
        receivable = self._get_receivable(self._get_moves())
        self._pay_as_accountant(receivable.move_id, 100)
        event = self.env["kgw.event"].search(
            [("move_id", "=", receivable.move_id.id), ("kind", "=", "payment")]
        )
        self.assertEqual((event.payload["left"], receivable.kgw_stage), (502.7, "before_due"))

    def test_list_of_payments_books_nothing_into_the_own_books(self):
        self._take(self._hand_over())
        record = self._hand_over(
            "data_wplaty;numer_faktury;kwota\r\n14.10.2026;FS/2026/10/0002;602,70\r\n".encode(
                "cp1250"
            ),
            content="payments",
        )
        self._take(record)
        self.assertEqual(record.line_ids.state, "refused")
        self.assertEqual(self._get_receivable(self._get_moves()).amount_residual, 602.7)

    def test_what_a_file_says_is_paid_is_left_to_accounting(self):
        record = self._hand_over()
        document = self._document(gross=200, amount="100.00", tax_lines=(TaxLine("23", 100, 23),))
        unpaid = self._document(tax_lines=(TaxLine("23", 100, 23),))
        reading = self.env["kgw.import.reading"]
        self.assertTrue(reading._get_notes(record.mandate_id, document, document.issue_date))
        self.assertFalse(reading._get_notes(record.mandate_id, unpaid, unpaid.issue_date))

    def test_file_without_taxes_is_refused(self):
        record = self._hand_over(
            (
                "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Nazwa kontrahenta\r\n"
                "FS/2026/10/0009;01.10.2026;15.10.2026;100,00;Klient\r\n"
            ).encode("cp1250"),
            filename="x.csv",
        )
        record.action_preview()
        self.assertEqual(record.line_ids.state, "refused")
        self.assertTrue(record.line_ids.message)

    def test_rate_without_a_tax_stops_before_anything_is_written(self):
        self.tax.active = False
        record = self._hand_over()
        with self.assertRaisesRegex(UserError, "23"):
            self._take(record)
        self.assertFalse(self._get_moves())

    def test_ordinary_buttons_work_on_own_sales(self):
        self._take(self._hand_over())
        move = self._get_moves()
        move.button_draft()
        self.assertEqual(move.state, "draft")
        move.action_post()
        self.assertEqual(move.state, "posted")

    def _credit(self, move, amount, **values):
        """Post a credit note of ``amount`` net as the button of an invoice does."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "date": DAY})
        )
        wizard.refund_moves()
        credit = wizard.new_move_ids
        credit.invoice_line_ids.price_unit = amount
        credit.write(values)
        credit.with_context(kgw_now=self._at(DAY)).action_post()
        return credit

    def _get_holds(self, case):
        return self.env["kgw.hold"].search([("case_id", "=", case.id), ("is_open", "=", True)])

    def test_credit_note_lowers_what_is_owed_at_once(self):
        self._take(self._hand_over())
        receivable = self._get_receivable(self._get_moves())
        self._credit(receivable.move_id, 100)
        self.assertEqual(receivable.amount_residual, 479.7)
        self.assertFalse(self._get_holds(receivable.kgw_case_id))

    def test_payment_undone_in_the_books_is_off_what_came_in(self):
        self._take(self._hand_over())
        receivable = self._get_receivable(self._get_moves()).with_context(kgw_now=self._at(DAY))
        owed = receivable.amount_residual
        self._pay_as_accountant(receivable.move_id, 100)
        receivable.remove_move_reconcile()
        events = self.env["kgw.event"].search(
            [("move_id", "=", receivable.move_id.id), ("kind", "like", "payment")], order="id"
        )
        told = [(event.kind, event.payload["amount"], event.payload["left"]) for event in events]
        self.assertEqual(
            told, [("payment", 100, round(owed - 100, 2)), ("payment_back", 100, owed)]
        )
        self.assertIn("undone in the books", events[1].told)

    def test_credit_note_taken_off_its_invoice_holds_it(self):
        self._take(self._hand_over())
        receivable = self._get_receivable(self._get_moves())
        credit = self._credit(receivable.move_id, 100)
        self._get_receivable(credit).remove_move_reconcile()
        hold = self._get_holds(receivable.kgw_case_id)
        self.assertEqual(
            (hold.reason, hold.note, hold.move_id), ("credit_note", credit.name, receivable.move_id)
        )
        credit.button_draft()
        self.assertFalse(self._get_holds(receivable.kgw_case_id))

    def test_credit_note_without_invoice_holds_the_case_until_it_is_set_off(self):
        self._take(self._hand_over())
        receivable = self._get_receivable(self._get_moves())
        case = receivable.kgw_case_id
        credit = self._credit(receivable.move_id, 100, reversed_entry_id=False)
        self.assertFalse(self._get_holds(case).move_id)
        for days in range(25):
            self.run_day(DAY + timedelta(days=days))
        self.assertFalse(self.env["kgw.reminder"].search([("case_id", "=", case.id)]))
        (receivable | self._get_receivable(credit)).reconcile()
        self.assertFalse(self._get_holds(case))

    def test_credit_note_older_than_monitoring_holds_from_the_start(self):
        customer = self.env["res.partner"].create({"name": "Klient", "phone": "512000117"})
        move = self._create_own_invoice(customer, 100, DAY, due=DAY + timedelta(days=14))
        self._credit(move, 40, reversed_entry_id=False)
        self.run_day(DAY + timedelta(days=1))
        case = self._get_receivable(move).kgw_case_id
        self.assertEqual(self._get_holds(case).reason, "credit_note")
