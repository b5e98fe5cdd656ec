from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE
from .test_import import DAY, HEADER, ImportCase


@tagged("post_install", "-at_install", "kgw")
class TestImportBack(ImportCase):
    """An import is taken back as a whole; who was contacted is told to disregard it."""

    def _back(self, record, day=DAY):
        record._withdraw(day, self._at(day, 14))

    def test_taking_back_leaves_nothing_owed_and_nothing_planned(self):
        record = self._take(self._hand_over(self._row("F/1", paid="345,00"), self._row("F/2")))
        receivables = self._get_receivables("F/1") | self._get_receivables("F/2")
        self.env["kgw.planner"]._run_day(DUE - timedelta(days=4), self._at(DUE, 7))
        self._back(record)
        self.assertEqual(record.state, "withdrawn")
        self.assertEqual(record.line_ids.mapped("state"), ["withdrawn", "withdrawn"])
        self.assertEqual(set(self._get_moves().mapped("state")), {"cancel"})
        self.assertEqual(set(receivables.mapped("kgw_stage")), {"closed"})
        self.assertFalse(any(receivables.mapped("kgw_next_date")))
        planned = self.reminders(receivables)
        self.assertEqual(set(planned.mapped("state")) - {"cancelled"}, set())
        self.assertIn(
            "withdrawn",
            self.env["kgw.event"]
            .search([("move_id", "in", receivables.move_id.ids)])
            .mapped("kind"),
        )
        events = self.env["kgw.event"].search([("move_id", "in", receivables.move_id.ids)])
        paid = events.filtered(lambda e: e.kind in ("payment", "payment_back")).sorted("id")
        told = [(event.kind, event.payload["amount"]) for event in paid]
        self.assertEqual(told, [("payment", 345), ("payment_back", 345)], "off every figure")
        with self.assertRaisesRegex(UserError, "already"):
            self._back(record)

    def test_manager_reads_whom_the_import_had_reached(self):
        """Managers have no rights on the ledger's invoices."""
        record = self._take(self._hand_over(self._row("F/1"))).with_user(self.manager)
        self._back(record)
        record.invalidate_recordset()
        [read] = record.read(["contact_ids", "contact_count", "can_withdraw"])
        self.assertEqual((read["contact_ids"], read["can_withdraw"]), ([], False))

    def test_what_was_taken_back_can_be_handed_over_again(self):
        self._back(self._take(self._hand_over(self._row("F/1"))))
        self._take(self._hand_over(self._row("F/1")))
        posted = self._get_moves().filtered(lambda m: m.state == "posted")
        self.assertEqual((posted.kgw_number, posted.amount_residual), ("F/1", 1845))

    def test_invoice_with_a_later_payment_stays_and_is_named(self):
        record = self._take(self._hand_over(self._row("F/1"), self._row("F/2")))
        self.pay(self._get_receivables("F/1"), 100, DAY)
        self._back(record)
        states = {row.number: row.state for row in record.line_ids}
        self.assertEqual(states, {"F/1": "done", "F/2": "withdrawn"})
        self.assertIn("F/1", record.message)
        self.assertEqual(self._get_receivables("F/1").amount_residual, 1745)

    def test_what_stayed_is_taken_back_when_nothing_stands_on_it_any_more(self):
        record = self._take(self._hand_over(self._row("F/1"), self._row("F/2")))
        rows = self._hand_over_payments("01.09.2026;F/1;100,00;PLN")
        self._take(rows)
        self._back(record)
        self.assertTrue(record.message)
        self.assertTrue(record.can_withdraw)
        self._back(rows)
        self._back(record)
        self.assertFalse(record.can_withdraw)
        self.assertEqual(
            (set(record.line_ids.mapped("state")), record.message), ({"withdrawn"}, False)
        )
        self.assertEqual(self._get_receivables("F/1").move_id.state, "cancel")
        with self.assertRaises(UserError):
            self._back(record)

    def test_restated_and_corrected_invoices_are_put_back(self):
        self._take(self._hand_over(self._row("F/1"), self._row("F/2")))
        record = self._hand_over(
            f"{self._row('F/1', amount='1 000,00')};",
            f"{self._row('K/2', amount='-45,00')};F/2",
            header=f"{HEADER};Numer faktury korygowanej",
        )
        record.action_preview()
        record.line_ids.filtered("can_restate").action_take_new()
        self._take(record)
        owed = [self._get_receivables(n).amount_residual for n in ("F/1", "F/2")]
        self.assertEqual(owed, [1000, 1800])
        self._back(record)
        owed = [self._get_receivables(n).amount_residual for n in ("F/1", "F/2")]
        self.assertEqual(owed, [1845, 1845])
        self.assertEqual(self._get_receivables("F/2").kgw_stage, "before_due")
        self.assertTrue(self._get_receivables("F/2").kgw_next_date)

    def test_correction_goes_to_exactly_those_who_were_contacted(self):
        record = self._take(
            self._hand_over(
                self._row("F/1"),
                self._row("F/2", name="Inny sp. z o.o.", nip="9991020125", due="30.09.2026"),
            )
        )
        contacted = self._get_receivables("F/1")
        for back in (5, 4, 3):
            self.run_day(DUE + timedelta(days=1 - back), post=False)
        sent = self.reminders(contacted, "sent")
        self.assertTrue(sent)
        day = DUE
        self._back(record, day)
        self.assertEqual(record.contact_ids, sent)
        planned, busy = self.env["kgw.import.withdrawal"]._plan_corrections(
            record.sudo(), self._at(day, 15)
        )
        self.assertFalse(busy)
        self.assertEqual(planned.case_id, contacted.kgw_case_id)
        self.gateways.sent.clear()
        for channel in ("email", "sms"):
            self.env["kgw.dispatcher"]._dispatch(channel, self._at(day + timedelta(days=1), 10))
        self.assertEqual(planned.state, "sent", planned.mapped("reason"))
        self.assertEqual(len(self.gateways.sent), 1)
        self.assertIn("F/1", self.gateways.sent[0]["body"])
        self.assertRegex(self.gateways.sent[0]["body"], "pod uwag|disregard")
        with self.assertRaises(UserError):
            self.env["kgw.import.withdrawal"]._plan_corrections(record.sudo(), self._at(day, 16))

    def test_correction_waits_for_what_was_planned_about_something_else(self):
        record = self._take(self._hand_over(self._row("F/1")))
        contacted = self._get_receivables("F/1")
        for back in (5, 4, 3):
            self.run_day(DUE + timedelta(days=1 - back), post=False)
        self.assertTrue(self.reminders(contacted, "sent"))
        self._back(record, DUE)
        by_hand = self.env["kgw.reminder"].create(
            {
                "case_id": contacted.kgw_case_id.id,
                "mandate_id": self.mandate.id,
                "brand_id": self.brand.id,
                "template_id": self.env.ref(
                    "kgw_receivable_monitoring.kgw_template_call_information"
                ).id,
                "channel": "phone",
                "rung": "information",
                "side": "before",
                "planned_on": DUE,
                "is_requested": True,
            }
        )
        withdrawal = self.env["kgw.import.withdrawal"]
        planned, busy = withdrawal._plan_corrections(record.sudo(), self._at(DUE, 15))
        self.assertEqual((len(planned), busy), (0, contacted.kgw_case_id))
        self.assertEqual(by_hand.state, "planned")
        by_hand._set_state("cancelled", self._at(DUE, 15), reason="withdrawn")
        record.action_correct()
        self.assertIn(f"planned for {contacted.kgw_case_id.name}", record.message)
        self.assertEqual(self.reminders(contacted, "planned").correction_of_id, record)
