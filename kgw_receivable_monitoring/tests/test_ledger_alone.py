from datetime import timedelta

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE, KgwCommon

# Buttons of Odoo's invoice form that treat an invoice as one's own.
OFFERED = (
    "action_register_payment",
    "action_invoice_sent",
    "action_print_pdf",
    "action_reverse",
    "button_draft",
    "button_cancel",
    "preview_invoice",
)


@tagged("post_install", "-at_install", "kgw")
class TestLedgerAlone(KgwCommon):
    """The ledger's company shares nothing with another one, and its invoices offer nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.journal.company_id

    def test_buttons_of_own_invoices_are_hidden_on_ledger_moves(self):
        arch = etree.fromstring(self.env["account.move"].get_view(view_type="form")["arch"])
        buttons = arch.xpath("//header//button")
        shown = [b.get("name") for b in buttons if "kgw_is_ledger" not in b.get("invisible", "")]
        self.assertFalse([name for name in shown if not name.startswith("action_kgw_")])
        names = {button.get("name") for button in buttons}
        self.assertFalse(set(OFFERED) - names, "Odoo calls its buttons otherwise now")
        self.assertIn("kgw_is_ledger", [f.get("name") for f in arch.xpath("//field")])

    def test_lock_dates_of_the_agency_do_not_stop_the_ledger(self):
        for name in ("fiscalyear_lock_date", "tax_lock_date", "sale_lock_date"):
            self.company[name] = DUE + timedelta(days=60)
        receivable = self._watch(self._document())
        self.assertEqual(self.pay(receivable, 1230, DUE), 0)
        self.assertEqual(receivable.move_id.state, "posted")

    def test_ledger_is_no_branch_of_another_company(self):
        """A branch shares books, lock dates and taxes; Odoo itself lets nobody make it one later."""
        self.assertFalse(self.ledger.parent_id or self.ledger.child_ids)
        with self.assertRaises(UserError):
            self.ledger.parent_id = self.company
            self.env.flush_all()

    def test_ledger_does_not_join_ksef(self):
        with self.assertRaisesRegex(UserError, "KSeF"):
            self.ledger.write({"l10n_pl_edi_certificate": 1})
        self.assertFalse(self.ledger.vat, "no NIP by which it could be registered")

    def test_ledger_has_no_tax_defaults(self):
        self.assertFalse(self.ledger.account_sale_tax_id | self.ledger.account_purchase_tax_id)
        self.assertFalse(self.env["account.tax"].search([("company_id", "=", self.ledger.id)]))

    def test_receivable_account_of_anybody_in_the_ledger_is_the_memorandum_account(self):
        partner = self.env["res.partner"].create({"name": "Nowy"})
        account = partner.with_company(self.ledger).property_account_receivable_id
        self.assertEqual(account.with_company(self.ledger).code, "KGW.R")
        self.assertNotEqual(
            partner.with_company(self.company).property_account_receivable_id, account
        )

    def test_check_and_complete_puts_the_fences_of_the_journals_up_again(self):
        journals = self.env["account.journal"].search([("company_id", "=", self.ledger.id)])
        journals.show_on_dashboard = True
        self.env["res.config.settings"].action_kgw_set_up_ledger()
        self.assertFalse(any(journals.mapped("show_on_dashboard")))

    def test_set_up_needs_the_administrator_of_settings(self):
        """The one button stands in Odoo's settings, which only that right opens."""
        with self.assertRaises(UserError):
            self.env["res.config.settings"].with_user(self.manager).create({})
