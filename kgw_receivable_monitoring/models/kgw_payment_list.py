from collections import Counter

from odoo import api, models


class KgwPaymentList(models.AbstractModel):
    """Payments that a creditor reports as a list: what each row would do, and does."""

    _name = "kgw.payment.list"
    _description = "List of Payments"

    @api.model
    def _prepare_lines(self, mandate, payments):
        """Return the values of the rows of an import, in the order of ``payments``."""
        known = self._count_known(mandate)
        return [self._prepare_line(mandate, payment, known) for payment in payments]

    def _count_known(self, mandate):
        """Return how many payments of each date, number, amount and currency were taken before.

        Lists overlap: what a list repeats is booked once; two equal payments of one list
        are two.
        """
        rows = self.env["kgw.import.line"].search(
            [
                ("import_id.mandate_id", "=", mandate.id),
                ("import_id.content", "=", "payments"),
                ("state", "=", "done"),
            ]
        )
        return Counter((row.due_date, row.number, row.amount, row.currency_id.name) for row in rows)

    def _prepare_line(self, mandate, payment, known):
        """Return the values of a row; ``known`` is counted down by what the list repeats."""
        key = payment.date, payment.number, float(payment.amount), payment.currency
        receivables = self._find_receivables(mandate, payment)
        message, state = "", "known"
        if known[key]:
            known[key] -= 1
        else:
            message = self._get_refusal(mandate, payment, receivables)
            state = "refused" if message else "new"
        return {
            "line": payment.line,
            "state": state,
            "number": payment.number,
            "due_date": payment.date,
            "amount": float(payment.amount),
            "message": message,
            "counterparty": receivables.move_id.partner_id.name,
            "currency_id": self.env["kgw.ledger"]._find_currency(payment.currency).id,
        }

    def _get_refusal(self, mandate, payment, receivables):
        """Return why a payment can't be booked, or ''."""
        if mandate.is_own_sales:
            return self.env._("Payments of own sales are registered in accounting, not by a list.")
        if payment.amount <= 0:
            return self.env._(
                "Only amounts above zero are payments. Correct the amount or leave the row out.",
            )
        if not receivables:
            return self.env._("No open invoice of this mandate has this number and currency.")
        return ""

    def _find_receivables(self, mandate, payment):
        """Return the open receivables of the newest invoice with the number of ``payment``."""
        # Importers have no accounting rights; mandate and number are the fence.
        moves = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("kgw_mandate_id", "=", mandate.id),
                    ("kgw_number", "=", payment.number),
                    ("state", "=", "posted"),
                    ("currency_id.name", "=", payment.currency),
                ],
                order="invoice_date desc, id desc",
            )
        )
        lines = moves.line_ids.filtered(lambda r: r.kgw_case_id and r.amount_residual > 0)
        return lines.filtered(lambda r: r.move_id == lines[:1].move_id)

    @api.model
    def _take(self, mandate, payment, now):
        """Book one payment and return what is worth telling about it, or ''."""
        receivables = self._find_receivables(mandate, payment)
        left = self.env["kgw.ledger"]._book_payment(
            receivables,
            float(payment.amount),
            payment.date,
            now,
        )
        if left <= 0:
            return ""
        currency = self.env["kgw.ledger"]._find_currency(payment.currency)
        return self.env._(
            "%s is more than was owed and was not booked: ask the creditor.",
            currency.format(left),
        )
