from datetime import date

from odoo.tests import tagged
from odoo.tools import SQL

from .books_common import BooksCommon

COUNT = 1000


@tagged("post_install", "-at_install", "kgw")
class TestLedgerNeutral(BooksCommon):
    """The agency's own figures are equal before and after creditors' invoices came in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Klient {number}", "is_company": True} for number in range(3)]
        )
        cls.customers.with_company(cls.agency).property_account_receivable_id = cls.accounts["201"]
        cls.env = cls.env(
            user=cls.agency_user,
            context={
                **cls.env.context,
                "allowed_company_ids": cls.agency.ids,
            },
        )
        cls.customers = cls.customers.with_env(cls.env)
        cls.agency = cls.agency.with_env(cls.env)
        for number, customer in enumerate(cls.customers):
            cls._create_own_invoice(customer, 100.0 * (number + 1))

    def _get_figures(self):
        """Return the agency's figures, read from the books and as its people see them."""
        self.env.flush_all()
        self.env.invalidate_all()
        return {
            "accounts": self._sum_by(SQL("l.account_id")),
            "tags": self._sum_by(
                SQL("t.account_account_tag_id"),
                SQL(
                    "JOIN account_account_tag_account_move_line_rel t"
                    " ON t.account_move_line_id = l.id"
                ),
            ),
            "analysis": self.env["account.invoice.report"]._read_group(
                [], ["partner_id"], ["price_subtotal:sum", "price_total:sum", "__count"]
            ),
            "partners": [(p.credit, p.debit, p.total_invoiced) for p in self._get_partners()],
            "tiles": self.env["account.journal"]
            .search([("show_on_dashboard", "=", True)])
            .mapped("name"),
            "names": self.env["account.move"]
            .search([("company_id", "=", self.agency.id)])
            .mapped("name"),
        }

    def _get_partners(self):
        return self.customers | self.agency.partner_id

    def _sum_by(self, column, join=None):
        """Return sums and counts of the agency's entries per account or tag."""
        return self.env.execute_query(
            SQL(
                """
            SELECT %s, SUM(l.balance), SUM(l.amount_residual), SUM(l.tax_base_amount), COUNT(*)
              FROM account_move_line l %s WHERE l.company_id = %s GROUP BY 1 ORDER BY 1
        """,
                column,
                join or SQL(),
                self.agency.id,
            )
        )

    def _book_ledger(self, count):
        """Book creditors' invoices, some of them for the agency's own customers."""
        stranger = self.env["res.partner"].sudo().create({"name": "Obcy kontrahent"})
        partners = [*self.customers.sudo(), stranger]
        documents = [self._document(f"FV {number}/09/2026") for number in range(count)]
        moves = (
            self.env["kgw.ledger"]
            .sudo()
            ._book_invoices(
                self.mandate,
                documents,
                [partners[number % len(partners)] for number in range(count)],
            )
        )
        case_of = {
            partner: self.env["kgw.case"]
            .sudo()
            .create(
                {
                    "mandate_id": self.mandate.id,
                    "counterparty_id": partner.id,
                    "kind_id": self.env.ref("kgw_receivable_monitoring.kind_company").id,
                }
            )
            for partner in partners
        }
        lines = moves.line_ids.filtered(lambda r: r.display_type == "payment_term")
        lines._kgw_enrol({move: case_of[move.partner_id] for move in moves}, date(2026, 9, 1))
        return lines

    def test_figures_of_the_agency_are_equal_after_1000_ledger_invoices(self):
        before = self._get_figures()
        self.assertEqual(len(before["analysis"]), 3)
        self.assertEqual(len(before["tags"]), 2)
        self.assertEqual(self.customers.mapped("credit"), [123.0, 246.0, 369.0])
        lines = self._book_ledger(COUNT)
        for receivable in lines[:20]:
            self.env["kgw.ledger"].sudo()._book_payment(
                receivable, 1230, date(2026, 9, 2), self._at(date(2026, 9, 2))
            )
        self.assertEqual(len(lines.move_id), COUNT)
        self.assertEqual(sum(lines.mapped("amount_residual")), 1230.0 * (COUNT - 20))
        self.assertEqual(self._get_figures(), before)

    def test_ledger_takes_nothing_from_the_numbering_of_the_agency(self):
        self._book_ledger(3)
        name = self._create_own_invoice(self.customers[0], 10).name
        self.assertTrue(name.endswith("00004"), name)

    def test_new_figures_of_the_agency_still_count(self):
        before = self._get_figures()
        self._create_own_invoice(self.customers[0], 10)
        after = self._get_figures()
        for figure in ("accounts", "tags", "analysis", "partners"):
            self.assertNotEqual(after[figure], before[figure], figure)
