from datetime import timedelta

from odoo.tests import tagged

from .common import DUE
from .test_portal_decisions import DecisionCase

DAY = DUE + timedelta(days=3)


@tagged("post_install", "-at_install", "kgw")
class TestMoney(DecisionCase):
    """The creditor reads what came in as money, what a credit note took off, and what was taken
    back: each by its own name."""

    @property
    def portal(self):
        return super().portal.with_context(kgw_now=self._at(DAY, 18))

    def credit(self, number="KOR A/1", amount="-300.00"):
        """Set a credit note off against the first invoice."""
        document = self._document(
            number,
            amount=amount,
            issued=DUE + timedelta(days=1),
            buyer=self._other_party("Budmax sp. z o.o.", 1),
        )
        credit = self.env["kgw.ledger"]._book_invoices(
            self.mandate, [document], self.case.counterparty_id
        )
        change = self.env["kgw.ledger.change"].with_context(kgw_now=self._at(DAY))
        change._apply_credit(credit, self.first.move_id, DAY, self._at(DAY))

    def tell(self, kind, show=""):
        events, _more = self.portal._get_events(self.case.with_user(self.user_a).sudo(), show)
        [told] = [event for event in events if event["kind"] == kind]
        return told

    # === CREDIT NOTES === #

    def test_credit_note_is_told_by_its_name_number_day_and_amount(self):
        self.credit()
        told = self.tell("credit_note", "payments")
        self.assertEqual(told["kind_label"], "Credit note")
        self.assertEqual(told["note"], "No. KOR A/1 of 8 Sep 2026")
        self.assertEqual(told["amount"], self.portal._format_money(300, "PLN"))
        self.assertEqual(told["invoices"], "FV A/1")
        event = self.env["kgw.event"].browse(told["id"])
        self.assertEqual(event.headline, "Credit note")
        for words in ("KOR A/1", "300.00", "09/08/2026"):
            self.assertIn(words, event.told)

    def test_credit_note_is_no_money_that_came_in(self):
        self.credit()
        self.assertEqual(self.first.amount_residual, 930)
        overview = self.portal._get_overview()
        self.assertEqual(overview["paid"], "")
        self.assertFalse(self.portal._get_cases(tab="paid"))
        self.assertFalse(self.events_of("payment"))
        self.assertEqual(overview["latest"][0]["kind"], "credit_note")

    def events_of(self, kind):
        return self.env["kgw.event"].search([("case_id", "=", self.case.id), ("kind", "=", kind)])

    # === TAKEN BACK === #

    def take_back(self, why):
        self.pay(self.first, 400, DAY)
        entry = self.first.matched_credit_ids.credit_move_id.move_id
        self.env["kgw.mirror"]._reverse(entry, self._at(DAY, 11), why)

    def test_hand_over_taken_back_stands_among_payments(self):
        told = {"invoice": "FV A/1"}
        vals = self.first._kgw_prepare_event_vals("withdrawn", self._at(DAY), payload=told)
        self.env["kgw.event"]._record([vals])
        told = self.tell("withdrawn", "payments")
        self.assertEqual((told["kind_label"], told["invoices"]), ("Hand-over taken back", "FV A/1"))

    def test_payment_taken_back_stands_among_payments_with_its_day_and_reason(self):
        self.take_back("returned")
        told = self.tell("payment_back", "payments")
        self.assertEqual(told["amount"], self.portal._format_money(400, "PLN"))
        self.assertEqual(told["note"], "Paid on 10 Sep 2026. The transfer was returned.")
        self.assertNotEqual(told["icon"], "fa-circle-o")
        latest = [event["kind"] for event in self.portal._get_overview()["latest"]]
        self.assertEqual(latest[:2], ["payment_back", "payment"])

    def test_agents_read_when_a_payment_was_made_and_why_it_was_taken_back(self):
        self.take_back("file")
        [event] = self.events_of("payment_back")
        for words in ("400.00", "09/10/2026", "The file that it came with was taken back."):
            self.assertIn(words, event.told)

    # === ERASURE === #

    def test_erasure_is_told_in_the_entry_and_changes_no_figure(self):
        self.pay(self.first, 400, DAY)
        self.run_day(DUE - timedelta(days=5))
        before = self.portal._get_overview()["paid"]
        events = self.env["kgw.event"].search([("case_id", "=", self.case.id)])
        events._erase("request", self._at(DAY, 15))
        self.assertEqual(self.portal._get_overview()["paid"], before)
        self.assertTrue(before)
        sent, note = self.tell("sent"), self.tell("erased")
        self.assertEqual((sent["text"], sent["recipient"]), ("", ""))
        why = "A person asked for the erasure of its data."
        self.assertEqual(sent["note"], f"The content was erased on 10 Sep 2026. {why}")
        self.assertEqual((note["kind_label"], note["note"]), ("Content erased", why))
        self.assertEqual(self.tell("payment")["note"], "Paid on 10 Sep 2026")
        self.assertIn(f"erased on 09/10/2026. {why}", self.events_of("sent").told)
