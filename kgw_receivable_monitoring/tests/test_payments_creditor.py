from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .payments_common import make_entry
from .test_payments import PAID, PaymentCase


@tagged("post_install", "-at_install", "kgw")
class TestCreditorReports(PaymentCase):
    """What a creditor says in its portal; the creditor is passed in, it is the fence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_creditor("Wierzyciel B", "9991020013")

    def _mark(self, lines, paid_on=PAID, creditor=None, **amounts):
        portal_user = self.env.ref("base.public_user")
        return (
            self.env["kgw.payment.list"]
            .with_user(portal_user)
            ._mark_paid(creditor or self.creditor, lines.ids, paid_on, self._at(PAID), **amounts)
        )

    def test_ticked_receivables_are_paid_and_a_second_click_changes_nothing(self):
        both = self.first | self.alfa
        self.assertEqual(self._mark(both), {"booked": 2, "known": 0})
        self.assertEqual(both.mapped("kgw_stage"), ["closed", "closed"])
        self.assertEqual(self.first.matched_credit_ids.credit_move_id.date, PAID)
        self.assertEqual(self._mark(both), {"booked": 0, "known": 2})
        payments = self._get_payments()
        self.assertEqual((len(payments), set(payments.mapped("reason"))), (2, {"portal"}))

    def test_part_of_a_receivable_is_paid(self):
        self._mark(self.first, amounts={self.first.id: 230})
        self.assertEqual(self.first.amount_residual, 1000)
        self._mark(self.first, amounts={self.first.id: 230})
        self.assertEqual(self.first.amount_residual, 770)

    def test_what_can_not_be_is_refused_and_books_nothing(self):
        tomorrow = PAID + timedelta(days=1)
        for lines, facts, told in (
            (self.first, {"creditor": self.stranger}, "not found"),
            (self.first.browse(), {}, "not found"),
            (self.first.browse(10**9), {}, "not found"),
            (self.first, {"paid_on": tomorrow}, "future"),
            (self.first, {"paid_on": date(2026, 8, 1)}, "issued after"),
            (self.first, {"amounts": {self.first.id: 1230.01}}, "is owed"),
            (self.first, {"amounts": {self.first.id: -1}}, "is owed"),
        ):
            with self.subTest(told=told), self.assertRaisesRegex(UserError, told):
                self._mark(lines, **facts)
        self.assertEqual(self.first.amount_residual, 1230)

    def test_statement_that_repeats_the_creditors_word_books_nothing(self):
        self._mark(self.first, paid_on=PAID - timedelta(days=2))
        payment = self._get_payments(self._take_statement(make_entry()))
        self.assertEqual((payment.state, payment.reason), ("aside", "reported"))

    def test_reported_payment_is_taken_back(self):
        self._mark(self.first)
        self._get_payments().sudo()._take_back(self._at(PAID), "person")
        self.assertEqual(self.first.amount_residual, 1230)
        self.assertEqual(self._mark(self.first)["booked"], 1)

    def test_no_further_payments_through_a_day_move_the_coverage(self):
        reports = self.env["kgw.payment.list"].with_user(self.env.ref("base.public_user"))
        self.mandate.coverage_date = date(2026, 9, 1)

        def mark(day, creditor=self.creditor):
            return reports._mark_known_through(creditor, self.mandate.id, day, self._at(PAID))

        self.assertEqual(mark(date(2026, 9, 4)), date(2026, 9, 4))
        self.assertEqual(mark(date(2026, 9, 2)), date(2026, 9, 4), "what is known stays known")
        for day, creditor in ((PAID + timedelta(days=1), self.creditor), (PAID, self.stranger)):
            with self.assertRaises(UserError):
                mark(day, creditor)
        self.assertEqual(self.mandate.coverage_date, date(2026, 9, 4))
