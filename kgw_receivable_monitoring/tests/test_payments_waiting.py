from datetime import date, timedelta

from odoo.tests import tagged

from .payments_common import OWN, make_entry
from .test_import_open_items import LIST_HEADER
from .test_payments import PAID, PaymentCase


@tagged("post_install", "-at_install", "kgw")
class TestPaymentsWaiting(PaymentCase):
    """Payments follow what comes in after them, and what is undone of them elsewhere."""

    def _take_rows(self, *rows, **values):
        return self._take(self._hand_over(*rows, **values), PAID)

    def _list(self, first=""):
        """Take a list of open items as of the day after the payments.

        :param first: what it says is owed of the first invoice; '' leaves it out
        """
        owed = {"FV 1/09/2026": first, "FV 2/09/2026": "500,00", "FV 3/09/2026": "700,00"}
        rows = [
            f"{number};24.08.2026;07.09.2026;1 230,00;{left};;Budmax"
            for number, left in owed.items()
            if left
        ]
        day = PAID + timedelta(days=1)
        record = self._hand_over(*rows, header=LIST_HEADER, content="open_items", known_through=day)
        record.action_preview()
        record.action_confirm_vanish()
        return self._take(record, day)

    def test_certain_is_booked_and_likely_proposed_when_the_invoices_come(self):
        strange = {"payer": "KTOS INNY", "account": OWN}
        self._take_statement(
            make_entry("90,00", "FV 9/09/2026", ref="B1"),
            make_entry("40,00", "FV 10/09/2026", ref="B2", **strange),
            make_entry("100,00", "FV 2/09/2026", ref="B3", **strange),
            make_entry("7,00", "CZYNSZ", ref="B4", **strange),
        )
        payments = self._get_payments()
        self.assertEqual(
            payments.mapped("state"), ["unmatched", "unmatched", "proposed", "unmatched"]
        )
        self._act(payments[2], "action_reject")
        self._take_rows(
            self._row("FV 9/09/2026", amount="90,00"), self._row("FV 10/09/2026", amount="100,00")
        )
        self.assertEqual(payments.mapped("state"), ["booked", "proposed", "unmatched", "unmatched"])
        self.assertEqual(payments[2].reason, "rejected")
        self.assertEqual(self._get_receivables("FV 9/09/2026").kgw_stage, "closed")
        self.assertEqual(self._get_receivables("FV 10/09/2026").amount_residual, 100)

    def test_what_the_file_counted_already_is_not_booked_again(self):
        self._take_statement(make_entry("40,00", "FV 9/09/2026"))
        self._take_rows(self._row("FV 9/09/2026", amount="90,00", paid="40,00"))
        waiting = self._get_payments()
        self.assertEqual((waiting.state, waiting.reason), ("proposed", "maybe_known"))
        self.assertEqual(self._get_receivables("FV 9/09/2026").amount_residual, 50)

    def test_statement_after_a_list_of_open_items_repeats_what_the_list_settled(self):
        self._list()
        self.assertEqual(self.first.amount_residual, 0)
        record = self._take_statement(make_entry(), make_entry("30,00", "FV 2/09/2026", ref="B2"))
        payments = self._get_payments(record)
        self.assertEqual(payments.mapped("state"), ["aside", "booked"])
        self.assertEqual(payments[0].reason, "reported")
        later = make_entry("5,00", "FV 1/09/2026", ref="B3", day="260907", booked="0907")
        payment = self._get_payments(self._take_statement(later, day=date(2026, 9, 8)))
        self.assertEqual((payment.state, payment.reason), ("unmatched", "settled"))

    def test_payment_follows_what_a_list_says_is_owed_again(self):
        payment = self._get_payments(self._take_statement(make_entry()))
        self._list("1 000,00")
        self.assertEqual((payment.state, payment.part_ids.amount), ("booked", 230))
        [event] = self._get_events(self.first, "payment_back")
        self.assertEqual((event.payload["amount"], event.payload["left"]), (1000, 1000))
        self._list("1 230,00")
        self.assertEqual((payment.state, payment.reason), ("unmatched", "undone"))
        self.assertFalse(payment.part_ids)
        self.assertEqual(self.first.amount_residual, 1230)
        events = self._get_events(self.first, "payment_back")
        self.assertEqual(sorted(event.payload["amount"] for event in events), [230, 1000])
        payment.sudo()._assign(self.first, self._at(PAID))
        self.assertEqual(self.first.amount_residual, 0)

    def test_payment_of_an_invoice_that_is_lowered_keeps_the_rest_as_surplus(self):
        payment = self._get_payments(self._take_statement(make_entry()))
        record = self._hand_over(
            self._row("FV 1/09/2026", "24.08.2026", "07.09.2026", "1 000,00", nip="")
        )
        record.action_preview()
        record.line_ids.action_take_new()
        self._take(record, PAID)
        self.assertEqual(
            (payment.state, payment.part_ids.amount, payment.surplus), ("booked", 1000, 230)
        )
        record._withdraw(PAID, self._at(PAID))
        self.assertEqual((payment.part_ids.amount, payment.surplus), (1230, 0))
        payment.sudo()._take_back(self._at(PAID), "person")
        self.assertEqual(self.first.amount_residual, 1230)
