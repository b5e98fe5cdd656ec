from odoo import api, models
from odoo.exceptions import UserError


class KgwOwnSales(models.AbstractModel):
    """A company's own sales, handed over as KSeF files: ordinary invoices with their taxes."""

    _name = "kgw.own.sales"
    _description = "Own Sales from Files"

    @api.model
    def _book_invoices(self, mandate, documents, partners):
        """Create and post ordinary invoices in the mandate's sales journal.

        :raise UserError: a VAT rate of a file has no sales tax in the company
        """
        journal = mandate.journal_id
        # Own sales are booked by whoever may import for the mandate, without accounting rights.
        moves_sudo = (
            self.env["account.move"]
            .sudo()
            .with_company(journal.company_id)
            .create(
                [
                    self._prepare_invoice_vals(mandate, document, partner)
                    for document, partner in zip(documents, partners, strict=True)
                ]
            )
        )
        moves_sudo._post(soft=False)
        return moves_sudo

    def _prepare_invoice_vals(self, mandate, document, partner):
        journal = mandate.journal_id
        return {
            "move_type": "out_invoice",
            "journal_id": journal.id,
            "partner_id": partner.id,
            "invoice_date": document.issue_date,
            "date": document.issue_date,
            "name": document.number,
            "invoice_date_due": max(i.due_date for i in document.instalments),
            "invoice_payment_term_id": False,
            "kgw_ksef_number": document.ksef_number or False,
            "currency_id": self.env["kgw.ledger"]._get_currency(document.currency).id,
            "invoice_line_ids": [
                (
                    0,
                    0,
                    {
                        "name": document.number,
                        "quantity": 1,
                        "price_unit": float(tax.net),
                        "tax_ids": [(6, 0, self._get_tax(journal.company_id, tax.rate).ids)],
                    },
                )
                for tax in document.tax_lines
            ],
        }

    def _get_tax(self, company, rate):
        """Return the sales tax of a rate of the KSeF form, such as ``23`` or ``8``."""
        taxes = self.env["account.tax"].search(
            [
                *self.env["account.tax"]._check_company_domain(company),
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "percent"),
                ("amount", "=", float(rate) if rate.isdigit() else 0.0),
            ],
            order="sequence, id",
            limit=1,
        )
        if not taxes:
            raise UserError(
                self.env._(
                    "The company has no sales tax of %(rate)s %%. Create it in the accounting settings"
                    " and hand the file over again.",
                    rate=rate,
                )
            )
        return taxes
