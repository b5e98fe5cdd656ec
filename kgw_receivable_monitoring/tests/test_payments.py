from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DUE
from .payments_common import (
    OWN,
    PAYER,
    make_camt,
    make_camt_entry,
    make_entry,
    make_mt940,
    make_transfer,
)
from .test_import import ImportCase

PAID = date(2026, 9, 5)


class PaymentCase(ImportCase):
    """Invoices of two counterparties, both due on DUE, and statements about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        world = cls()  # for the factories, which are no class methods
        cls.first, cls.second = world._watch(
            world._document("FV 1/09/2026", amount="1230.00"),
            world._document("FV 2/09/2026", amount="500.00"),
        ).with_env(cls.env)
        cls.alfa = world._watch(
            world._document(
                "FV 3/09/2026", amount="700.00", buyer=world._other_party("Alfa Jan Kowalski", 7)
            )
        ).with_env(cls.env)

    def _take_statement(self, *entries, day=PAID, filename="wyciag.sta", **values):
        return self._take_bytes(make_mt940(*entries, **values), day, filename)

    def _take_bytes(self, content, day=PAID, filename="wyciag.sta", mandate=None):
        record = self._hand_over_bytes(content, mandate, filename, content="payments")
        return self._take(record, day)

    def _get_payments(self, record=None):
        domain = [("import_id", "=", record.id)] if record else []
        return self.env["kgw.payment"].with_user(self.manager).search(domain, order="line, id")

    def _act(self, payments, action):
        """Press a button as the manager; the clock of buttons is frozen by the caller's day."""
        getattr(payments.with_user(self.manager), action)()
        self.env.invalidate_all()

    def _get_events(self, receivable, kind):
        return self.env["kgw.event"].search(
            [("move_id", "=", receivable.move_id.id), ("kind", "=", kind)]
        )


@tagged("post_install", "-at_install", "kgw")
class TestPaymentStatements(PaymentCase):
    def test_certain_is_booked_likely_is_proposed_and_the_rest_is_listed(self):
        record = self._take_statement(
            make_entry("1230,00", "FV 1/09/2026", ref="B1"),
            make_entry("100,00", "FV 2/09/2026", payer="KTOS INNY", ref="B2", account=OWN),
            make_entry("9,00", "PRZELEW", payer="NIKT", ref="B3", account=OWN),
            make_entry("5,00", "OPLATA", sign="D", ref="B4"),
        )
        payments = self._get_payments(record)
        self.assertEqual(payments.mapped("state"), ["booked", "proposed", "unmatched", "aside"])
        self.assertEqual(
            payments.mapped("reason"), ["number_amount", "number_only", "no_number", "debit"]
        )
        self.assertEqual((self.first.kgw_stage, self.second.amount_residual), ("closed", 500))
        self.assertEqual(record.line_ids.mapped("state"), ["done"] * 4)
        self.assertTrue(all(record.line_ids.mapped("message")))
        self.assertEqual(self.first.matched_credit_ids.credit_move_id.date, PAID)

    def test_preview_books_nothing(self):
        record = self._hand_over_bytes(
            make_mt940(make_entry()), filename="w.sta", content="payments"
        )
        before = self._count_all()
        record.action_preview()
        self.assertIn("FV 1/09/2026", record.line_ids.message)
        self.assertEqual((self._count_all(), len(self._get_payments())), (before, 0))

    def test_overlapping_statements_book_once(self):
        entries = [make_entry("100,00", ref="B1"), make_entry("100,00", ref="B2")]
        bare = [make_entry("50,00", ref="NONREF")] * 2
        self._take_statement(entries[0], bare[0])
        record = self._take_statement(*entries, *bare)
        states = record.line_ids.mapped("state")
        self.assertEqual(states, ["known", "done", "known", "done"])
        self.assertEqual(self.first.amount_residual, 1230 - 300)
        self._take_statement(*entries, *bare)
        self.assertEqual(self.first.amount_residual, 1230 - 300)

    def test_what_a_list_reported_before_the_bank_is_not_booked_twice(self):
        self._take(self._hand_over_payments("04.09.2026;FV 1/09/2026;1230,00;PLN"), PAID)
        self._take(self._hand_over_payments("04.09.2026;FV 2/09/2026;200,00;PLN"), PAID)
        record = self._take_statement(make_entry(), make_entry("200,00", "FV 2/09/2026", ref="B2"))
        payments = self._get_payments(record)
        self.assertEqual(payments.mapped("state"), ["aside", "proposed"])
        self.assertEqual(payments.mapped("reason"), ["reported", "maybe_known"])
        self.assertEqual(self.second.amount_residual, 300)
        self.assertTrue(all(payments.mapped("related_id")))

    def test_same_entry_from_another_format_without_reference_is_not_booked_twice(self):
        self._take_statement(make_entry("100,00", ref="NONREF"))
        for title, state, reasons in (
            ("FV 1/09/2026", "known", []),
            ("Przelew FV 1/09/2026", "done", ["maybe_known"]),
        ):
            entry = make_camt_entry("100.00", make_transfer(title)).replace("R1", "NOTPROVIDED")
            record = self._take_bytes(make_camt(entry), filename="w.xml")
            self.assertEqual(record.line_ids.state, state)
            self.assertEqual(self._get_payments(record).mapped("reason"), reasons)
        self.assertEqual(self.first.amount_residual, 1130)

    def test_surplus_stays_on_the_account_of_the_counterparty(self):
        payer = "ALFA JAN KOWALSKI"
        record = self._take_statement(make_entry("750,00", "FV 3/09/2026", payer=payer))
        payment = self._get_payments(record)
        self.assertEqual((payment.state, payment.surplus), ("booked", 50))
        self.assertIn("50", record.line_ids.message)
        entry = payment.sudo().surplus_entry_id
        credit = entry.line_ids.filtered(lambda r: r.account_type == "asset_receivable")
        self.assertEqual(credit.partner_id, self.alfa.partner_id)
        self.assertEqual(credit.amount_residual, -50)
        self.assertEqual((self.first | self.second).mapped("amount_residual"), [1230, 500])

    def test_account_that_paid_before_is_a_reason(self):
        self._take_statement(make_entry())
        record = self._take_statement(make_entry("500,00", "ZAPLATA", payer="X", ref="B2"))
        payment = self._get_payments(record)
        self.assertEqual((payment.state, payment.reason), ("proposed", "account_amount"))
        self._act(payment, "action_confirm")
        self.assertEqual((payment.state, self.second.kgw_stage), ("booked", "closed"))

    def test_payment_is_never_matched_across_mandates(self):
        other = self._create_mandate(
            "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
        )
        self._take_statement(make_entry())  # the account is known to the first mandate now
        record = self._take_bytes(make_mt940(make_entry("500,00", "FV 2/09/2026")), mandate=other)
        payment = self._get_payments(record)
        self.assertEqual((payment.state, payment.reason), ("unmatched", "no_number"))
        self.assertEqual(self.second.amount_residual, 500)
        with self.assertRaises(UserError):
            payment.sudo()._assign(self.second, self._at(PAID))

    def test_transfer_sent_back_is_proposed_and_reopens_the_invoice(self):
        self._take_statement(make_entry())
        record = self._take_statement(make_entry(title="ZWROT", sign="D", ref="B9"))
        payment = self._get_payments(record)
        self.assertEqual((payment.state, payment.reason), ("proposed", "returned"))
        self.assertIn("FV 1/09/2026", record.line_ids.message)
        payment.sudo()._confirm(self._at(PAID))
        self.assertEqual(self.first.amount_residual, 1230)
        self.assertEqual(payment.state, "aside")
        self.assertEqual(payment.related_id.state, "unmatched")

    def test_waiting_payment_is_matched_when_its_invoice_comes(self):
        self._take_statement(make_entry("90,00", "FV 9/09/2026"))
        waiting = self._get_payments()
        self.assertEqual(waiting.reason, "no_number")
        self._watch(self._document("FV 9/09/2026", amount="90.00", issued=PAID))
        self._act(waiting, "action_match")
        self.assertEqual((waiting.state, waiting.invoices), ("proposed", "FV 9/09/2026"))

    def test_euro_is_matched_to_euro_only(self):
        euro = self._watch(self._document("FV 1/09/2026", currency="EUR", issued=date(2026, 8, 1)))
        record = self._take_statement(make_entry(), opening="C260904EUR0,00")
        self.assertEqual(self._get_payments(record).state, "booked")
        self.assertEqual((euro.amount_residual_currency, self.first.amount_residual), (0, 1230))


@tagged("post_install", "-at_install", "kgw")
class TestPaymentCoverage(PaymentCase):
    """A statement's closing day, and nothing else, says through when payments are known."""

    def _cover(self, closing, account=OWN, known=date(2026, 9, 4), opening="C260904PLN0,00"):
        self.mandate.coverage_date = known
        amount = closing and f"{closing}PLN0,00"
        record = self._take_statement(
            closing=amount, opening=opening, account=account, day=date(2026, 9, 20)
        )
        return record, self.mandate.coverage_date

    def test_closing_day_of_the_creditors_account_is_taken(self):
        record, known = self._cover("C260907")
        self.assertEqual((known, record.known_through), (date(2026, 9, 7), date(2026, 9, 7)))
        self.assertFalse(record.message)

    def test_other_account_gap_or_missing_balance_moves_nothing_and_says_so(self):
        for facts, told in (
            ({"closing": "C260907", "account": PAYER}, "27 1140 2004 0000 3002 0135 5387"),
            ({"closing": ""}, "closing balance"),
            ({"closing": "C260915", "opening": "C260909PLN0,00"}, "begins on"),
        ):
            with self.subTest(**facts):
                record, known = self._cover(**facts)
                self.assertEqual((known, record.known_through), (date(2026, 9, 4), False))
                self.assertIn(told, record.message)

    def test_weekend_between_two_statements_is_no_gap(self):
        _record, known = self._cover("C260907", opening="C260907PLN0,00")
        self.assertEqual(known, date(2026, 9, 7))

    def test_taking_back_a_statement_forgets_its_day(self):
        record, _known = self._cover("C260907")
        record._withdraw(date(2026, 9, 21), self._at(date(2026, 9, 21)))
        self.assertEqual(self.mandate.coverage_date, date(2026, 9, 4))


@tagged("post_install", "-at_install", "kgw")
class TestPaymentDecisions(PaymentCase):
    def _propose(self):
        record = self._take_statement(make_entry("100,00", payer="KTOS", account=OWN))
        return self._get_payments(record)

    def test_proposal_waits_for_a_manager(self):
        payment = self._propose()
        self.assertEqual(self.first.amount_residual, 1230)
        with self.assertRaises(AccessError):
            payment.with_user(self.agent).action_confirm()
        self._act(payment, "action_confirm")
        self.assertEqual((payment.state, self.first.amount_residual), ("booked", 1130))
        self.assertEqual(self._get_events(self.first, "payment").user_id, self.manager)

    def test_rejected_proposal_is_not_booked_and_not_proposed_by_itself(self):
        payment = self._propose()
        self._act(payment, "action_reject")
        self._take_statement(make_entry("1,00", "INNE", ref="B7", account=OWN, payer="X"))
        self.assertEqual((payment.state, payment.reason), ("unmatched", "rejected"))
        self.assertEqual(self.first.amount_residual, 1230)
        self._act(payment, "action_set_aside")
        self.assertEqual(payment.state, "aside")

    def test_proposal_overtaken_by_another_payment_is_refused(self):
        payment = self._propose()
        self.pay(self.first, 1200, PAID)
        with self.assertRaisesRegex(UserError, "meanwhile"):
            payment.action_confirm()

    def test_person_assigns_to_chosen_invoices_oldest_first(self):
        record = self._take_statement(make_entry("1800,00", "X", payer="X", account=OWN))
        payment = self._get_payments(record)
        wizard = (
            self.env["kgw.payment.assign"]
            .with_user(self.manager)
            .create(
                {
                    "payment_id": payment.id,
                    "receivable_ids": [(6, 0, (self.first | self.second).ids)],
                }
            )
        )
        self.assertEqual(wizard.chosen_amount, 1730)
        wizard.action_book()
        self.assertEqual((payment.state, payment.reason, payment.surplus), ("booked", "hand", 70))
        self.assertEqual((self.first | self.second).mapped("kgw_stage"), ["closed", "closed"])

    def test_surplus_over_two_counterparties_is_refused(self):
        record = self._take_statement(make_entry("2000,00", "X", payer="X", account=OWN))
        with self.assertRaisesRegex(UserError, "several counterparties"):
            self._get_payments(record).sudo()._assign(self.first | self.alfa, self._at(PAID))

    def test_taking_back_brings_the_course_back_to_life(self):
        before = self.first.kgw_next_step_id, self.first.kgw_next_date
        self.assertTrue(before[0])
        payment = self._get_payments(self._take_statement(make_entry()))
        self.assertEqual((self.first.kgw_stage, self.first.kgw_next_date), ("closed", False))
        payment.sudo()._take_back(self._at(PAID), "person")
        self.assertEqual(self.first.amount_residual, 1230)
        self.assertEqual(self.first.kgw_stage, "before_due")
        self.assertTrue(self.first.kgw_next_step_id)
        self.assertEqual((payment.state, payment.reason), ("unmatched", "taken_back"))
        event = self._get_events(self.first, "payment_back")
        self.assertEqual((event.payload["amount"], event.payload["left"]), (1230, 1230))
        payment.sudo()._assign(self.first, self._at(PAID))
        self.assertEqual(self.first.kgw_stage, "closed")

    def test_taken_back_payment_is_reminded_of_again(self):
        self.run_day(DUE - timedelta(days=5), post=False)
        payment = self._get_payments(self._take_statement(make_entry()))
        payment.sudo()._take_back(self._at(PAID), "person")
        self.run_days(DUE, DUE + timedelta(days=6), post=False)
        self.assertTrue(self.reminders(self.first, "sent", "delivered"))

    def test_statement_is_taken_back_as_a_whole_and_may_come_again(self):
        record = self._take_statement(
            make_entry(), make_entry("750,00", "FV 3/09/2026", payer="ALFA JAN KOWALSKI", ref="B2")
        )
        record._withdraw(PAID, self._at(PAID))
        self.assertEqual(record.state, "withdrawn")
        self.assertEqual((self.first | self.alfa).mapped("amount_residual"), [1230, 700])
        self.assertEqual(set(self._get_payments(record).mapped("state")), {"withdrawn"})
        self._take_statement(make_entry())
        self.assertEqual(self.first.amount_residual, 0)

    def test_every_way_in_cancels_what_is_planned_with_the_reason(self):
        ways = {
            "statement": lambda: self._take_statement(make_entry()),
            "proposal": lambda: self._act(self._get_proposal(), "action_confirm"),
            "hand": lambda: self._get_unmatched().sudo()._assign(self.first, self._at(PAID)),
            "list": lambda: self._take(
                self._hand_over_payments("05.09.2026;FV 1/09/2026;1230,00;PLN"), PAID
            ),
            "portal": lambda: self.env["kgw.payment.list"]._mark_paid(
                self.creditor, self.first.ids, PAID, self._at(PAID)
            ),
        }
        self.pay(self.second, 500, PAID)
        for way, go in ways.items():
            with self.subTest(way=way), self.cr.savepoint() as savepoint:
                planned = self._plan_reminder()
                self.assertEqual(planned.mapped("state"), ["planned"])
                go()
                self.env.invalidate_all()
                self.assertEqual(planned.mapped("state"), ["cancelled"])
                cancelled = self.env["kgw.event"].search(
                    [("reminder_id", "=", planned.id), ("kind", "=", "cancelled")]
                )
                self.assertEqual(cancelled.mapped("reason"), ["paid"])
                savepoint.rollback()
                self.env.invalidate_all()

    def _plan_reminder(self):
        day = DUE + timedelta(days=4)
        self.env["kgw.planner"]._run_day(day, self._at(day, 7))
        return self.reminders(self.first, "planned")

    def _get_proposal(self):
        entry = make_entry(account=PAYER, title="ZAPLATA", payer="Budmax sp. z o.o.")
        payment = self._get_payments(self._take_statement(entry))
        self.assertEqual(payment.state, "proposed")
        return payment

    def _get_unmatched(self):
        entry = make_entry(account=OWN, title="X", payer="X")
        payment = self._get_payments(self._take_statement(entry))
        self.assertEqual(payment.state, "unmatched")
        return payment
