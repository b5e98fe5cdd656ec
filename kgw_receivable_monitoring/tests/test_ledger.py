from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE, KgwCommon


@tagged("post_install", "-at_install", "kgw")
class TestLedgerSetUp(KgwCommon):
    """The ledger is set up once and stands outside the agency's books."""

    def _get_set_up(self):
        company = self.journal.company_id
        return {
            "companies": self.env["res.company"].search([("kgw_is_ledger", "=", True)]).ids,
            "journals": self.env["account.journal"].search([("company_id", "=", company.id)]).ids,
            "accounts": self.env["account.account"]
            .with_company(company)
            .search([("company_ids", "in", company.ids)])
            .ids,
        }

    def test_set_up_twice_finds_what_is_there(self):
        before = self._get_set_up()
        self.assertEqual(self.env["kgw.ledger"]._ensure(), self.journal)
        self.assertEqual(self._get_set_up(), before)

    def test_set_up_repairs_a_missing_payment_journal(self):
        company = self.journal.company_id
        self.env["kgw.mirror"]._get_journal(company).sudo().unlink()
        self.env["kgw.ledger"]._ensure()
        self.assertEqual(len(self.env["kgw.mirror"]._get_journal(company)), 1)

    def test_journals_have_no_tile_on_the_dashboard_and_no_alias(self):
        journals = self.env["account.journal"].search(
            [("company_id", "=", self.journal.company_id.id)]
        )
        self.assertEqual(len(journals), 2)
        self.assertFalse(any(journals.mapped("show_on_dashboard")))
        self.assertFalse(any(journals.mapped("alias_name")))

    def test_invoice_is_receivable_against_memorandum_without_tax(self):
        move = self._watch(self._document()).move_id
        self.assertEqual(
            sorted(move.line_ids.mapped("account_id.account_type")),
            ["asset_receivable", "liability_current"],
        )
        self.assertEqual(sum(move.line_ids.mapped("balance")), 0)
        self.assertFalse(move.line_ids.tax_ids | move.line_ids.tax_line_id)
        self.assertEqual((move.amount_total, move.amount_tax), (1230, 0))
        self.assertEqual(move.company_id, self.journal.company_id)

    def test_invoice_has_no_follower_to_be_mailed(self):
        move = self._watch(self._document()).move_id
        self.assertFalse(move.message_partner_ids & move.partner_id)

    def test_same_document_again_finds_its_case(self):
        first = self._watch(self._document("1/2026"))
        second = self._watch(self._document("2/2026"))
        self.assertEqual(first.kgw_case_id, second.kgw_case_id)
        self.assertEqual(len(first.kgw_case_id.contact_point_ids), 3)


@tagged("post_install", "-at_install", "kgw")
class TestLedgerPayments(KgwCommon):
    """Payments reported by the creditor settle receivables at the invoice's own rate."""

    def _events(self, receivables, kind):
        return self.env["kgw.event"].search(
            [("move_id", "in", receivables.move_id.ids), ("kind", "=", kind)]
        )

    def _set_rate(self, day, rate):
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.EUR").id,
                "company_id": False,
                "name": day,
                "inverse_company_rate": rate,
            }
        )

    def _watch_euro(self, amount="1000.00", due=DUE):
        self.env.ref("base.EUR").active = True
        self._set_rate(DUE - timedelta(days=30), 4.25)
        self._set_rate(DUE, 4.40)
        self._set_rate(DUE + timedelta(days=5), 4.07)
        return self._watch(self._document(amount=amount, due=due, currency="EUR"))

    def test_part_payment_leaves_the_rest_and_goes_on(self):
        receivable = self._watch(self._document())
        left = self.pay(receivable, 230, DUE)
        self.assertEqual((left, receivable.amount_residual_currency), (0, 1000))
        self.assertEqual(receivable.kgw_stage, "before_due")
        event = self._events(receivable, "payment")
        self.assertEqual(
            event.payload,
            {
                "invoice": "FV 1/09/2026",
                "amount": 230,
                "currency": "PLN",
                "left": 1000,
                "paid_on": "2026-09-07",
            },
        )

    def test_full_payment_closes_at_once_and_the_planned_call_leaves_the_board(self):
        receivable = self._watch(self._document(), on=DUE - timedelta(days=7))
        self.run_days(DUE - timedelta(days=5), DUE - timedelta(days=3))
        call = self.reminders(receivable, "planned", "failed").filtered(
            lambda r: r.channel == "phone"
        )
        self.assertTrue(call.activity_ids)
        self.assertEqual(self.pay(receivable, 1230, DUE - timedelta(days=3)), 0)
        self.assertEqual((receivable.kgw_stage, receivable.kgw_next_date), ("closed", False))
        self.assertEqual((call.state, call.reason), ("cancelled", "paid"))
        self.assertFalse(call.activity_ids)
        self.assertFalse(self.env["mail.activity"].search([("kgw_reminder_id", "=", call.id)]))
        self.assertEqual(receivable.kgw_case_id.stage, "closed")

    def test_over_payment_gives_back_the_rest(self):
        receivable = self._watch(self._document())
        self.assertEqual(self.pay(receivable, 1300.55, DUE), 70.55)
        self.assertEqual(receivable.amount_residual_currency, 0)
        self.assertEqual(
            self.pay(receivable, 10, DUE), 10, "a settled receivable takes nothing more"
        )
        self.assertEqual(len(self._events(receivable, "payment")), 1)

    def test_payment_of_instalments_settles_the_oldest_first(self):
        dates = [DUE, DUE + timedelta(days=30), DUE + timedelta(days=60)]
        receivables = self._watch(self._document(due=dates, amount="900.00"))
        self.assertEqual(receivables.mapped("kgw_instalment"), [1, 2, 3])
        self.assertEqual(self.pay(receivables, 450, DUE), 0)
        self.assertEqual(receivables.mapped("amount_residual_currency"), [0, 150, 300])
        self.assertEqual(receivables.mapped("kgw_stage"), ["closed", "before_due", "before_due"])
        self.assertEqual(self.pay(receivables, 500, DUE), 50)
        self.assertEqual(receivables.mapped("kgw_stage"), ["closed"] * 3)

    def test_euro_paid_on_the_day_of_another_rate_leaves_nothing_in_both_currencies(self):
        receivable = self._watch_euro()
        self.assertEqual(receivable.balance, 4250)
        self.assertEqual(self.pay(receivable, 1000, DUE + timedelta(days=6)), 0)
        self.assertEqual((receivable.amount_residual, receivable.amount_residual_currency), (0, 0))
        self.assertEqual(receivable.kgw_stage, "closed")
        self.assertFalse(receivable.matched_credit_ids.exchange_move_id)

    def test_euro_paid_in_odd_parts_leaves_nothing_in_both_currencies(self):
        receivable = self._watch_euro("100.01")
        for number, amount in enumerate((33.33, 0.01, 33.34, 33.33)):
            self.assertEqual(self.pay(receivable, amount, DUE + timedelta(days=number * 2)), 0)
        self.assertEqual((receivable.amount_residual, receivable.amount_residual_currency), (0, 0))
        self.assertFalse(receivable.matched_credit_ids.exchange_move_id)

    def test_euro_instalments_keep_the_invoices_rate(self):
        receivables = self._watch_euro("333.34", due=[DUE, DUE + timedelta(days=30)])
        self.assertEqual(self.pay(receivables, 333.34, DUE + timedelta(days=6)), 0)
        self.assertEqual(receivables.mapped("amount_residual"), [0, 0])
        self.assertEqual(receivables.mapped("kgw_stage"), ["closed", "closed"])

    def test_creditors_payments_stay_out_of_each_others_invoices(self):
        other = self._create_mandate(
            "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
        )
        mine, theirs = self._watch(self._document()), self._watch(self._document(), mandate=other)
        self.pay(mine, 1230, DUE)
        self.assertEqual((mine.kgw_stage, theirs.kgw_stage), ("closed", "before_due"))
        self.assertEqual(theirs.amount_residual, 1230)

    def test_what_was_paid_before_the_hand_over_is_borne_by_the_first_date(self):
        document = self._document(
            due=[DUE, DUE + timedelta(days=30)],
            amount="600.00",
            gross=Decimal("1000.00"),
        )
        receivables = self._watch(document)
        self.assertEqual(receivables.mapped("amount_currency"), [700, 300])


@tagged("post_install", "-at_install", "kgw")
class TestLedgerFences(KgwCommon):
    """What Odoo offers for own invoices is refused on creditors' invoices, whoever asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_user(
            "kgw_accountant",
            "administrator",
            company_ids=[(6, 0, [cls.company.id, cls.journal.company_id.id])],
        )
        cls.accountant.group_ids |= cls.env.ref("account.group_account_manager")

    def setUp(self):
        super().setUp()
        self.move = (
            self._watch(self._document())
            .move_id.with_user(self.accountant)
            .with_context(
                allowed_company_ids=[self.journal.company_id.id],
                kgw_ledger_entry=True,
            )
        )

    def _refuse(self, action, *args):
        with self.assertRaisesRegex(UserError, "in the ledger of monitored receivables"):
            action(*args)

    def _wizard(self, model, **values):
        context = {"active_model": "account.move", "active_ids": self.move.ids}
        return (
            self.env[model]
            .with_user(self.accountant)
            .with_context(
                **context,
                allowed_company_ids=[self.journal.company_id.id],
            )
            .create(values)
        )

    def test_link_for_sharing_or_preview_is_refused(self):
        self._refuse(self.move.preview_invoice)
        self._refuse(self.move._portal_ensure_token)
        self.assertFalse(self.move.sudo().access_token)

    def test_buttons_of_the_invoice_are_refused(self):
        for button in (
            "action_register_payment",
            "action_invoice_sent",
            "action_send_and_print",
            "action_print_pdf",
            "action_reverse",
            "button_draft",
            "button_cancel",
        ):
            with self.subTest(button=button):
                self._refuse(getattr(self.move, button))

    def test_payment_dialogue_of_the_invoice_and_of_its_items_is_refused(self):
        self._refuse(self._wizard, "account.payment.register")
        with self.assertRaisesRegex(UserError, "in the ledger of monitored receivables"):
            self.env["account.payment.register"].with_user(self.accountant).with_context(
                active_model="account.move.line",
                active_ids=self.move.line_ids.ids,
                allowed_company_ids=[self.journal.company_id.id],
            ).default_get(["line_ids"])

    def test_payment_dialogue_filled_from_outside_is_refused(self):
        cash = self.env["account.journal"].create(
            {
                "name": "Kasa",
                "code": "KGWX",
                "type": "cash",
                "company_id": self.journal.company_id.id,
            }
        )
        lines = self.move.line_ids.filtered(lambda r: r.account_type == "asset_receivable")
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.accountant)
            .with_context(
                allowed_company_ids=[self.journal.company_id.id],
            )
            .create({"line_ids": [(6, 0, lines.ids)], "journal_id": cash.id})
        )
        self._refuse(wizard.action_create_payments)

    def test_sending_dialogues_are_refused(self):
        self._refuse(self._wizard, "account.move.send.wizard")
        other = self._watch(self._document("2/2026")).move_id
        self._refuse(self.env["account.move.send"]._generate_and_send_invoices, self.move | other)

    def test_reversal_dialogue_is_refused(self):
        wizard = self._wizard("account.move.reversal", journal_id=self.journal.id)
        self._refuse(wizard.refund_moves)
        self._refuse(wizard.modify_moves)

    def test_print_menu_is_refused(self):
        reports = self.env["ir.actions.report"].with_user(self.accountant).sudo()
        for report in ("account.account_invoices", "account.account_invoices_without_payment"):
            with self.subTest(report=report):
                self._refuse(reports._render_qweb_pdf, report, self.move.ids)

    def test_invoice_entered_by_hand_is_refused(self):
        self._refuse(
            self.move.create,
            {
                "move_type": "out_invoice",
                "journal_id": self.journal.id,
                "partner_id": self.creditor.id,
                "invoice_date": DUE,
                "company_id": self.journal.company_id.id,
            },
        )
        self._refuse(self.move.copy)

    def test_invoice_changed_by_hand_is_refused(self):
        for values in ({"state": "draft"}, {"ref": "x"}, {"kgw_number": "x"}):
            with self.subTest(values=values):
                self._refuse(self.move.write, values)

    def test_invoice_deleted_by_hand_is_refused(self):
        self._refuse(self.move.with_context(force_delete=True).unlink)
        with self.assertRaises(UserError):  # posted entries are kept by Odoo itself
            self.move.unlink()

    def test_ordinary_invoice_of_the_agency_is_not_concerned(self):
        account = self.env["account.account"].create(
            {
                "name": "Przychody",
                "code": "KGW9999",
                "account_type": "income",
            }
        )
        journal = self.env["account.journal"].create(
            {
                "name": "Sprzedaż",
                "code": "KGWS",
                "type": "sale",
                "default_account_id": account.id,
            }
        )
        move = (
            self.env["account.move"]
            .with_user(self.accountant)
            .create(
                {
                    "move_type": "out_invoice",
                    "journal_id": journal.id,
                    "partner_id": self.creditor.id,
                    "invoice_date": date(2026, 9, 1),
                    "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 10})],
                }
            )
        )
        move.action_post()
        move.button_draft()
        move.ref = "poprawka"
        move.unlink()
        self.assertFalse(move.exists())
