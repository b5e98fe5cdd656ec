from collections import Counter

from odoo import api, models

from ..tools import calendar


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
        if len(receivables.move_id) > 1:
            return self.env._(
                "Several open invoices have this number, and the amount fits none of them alone:"
                " ask the creditor which one was paid.",
            )
        return ""

    def _find_receivables(self, mandate, payment):
        """Return the open receivables that ``payment`` is for.

        Of several invoices with its number those issued by its day, and of these the one whose
        balance it settles; of more than one invoice where even that does not tell.
        """
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
                    ("invoice_date", "<=", payment.date),
                ]
            )
        )
        lines = moves.line_ids.filtered(lambda r: r.kgw_case_id and r.amount_residual > 0)
        by_move = lines.grouped("move_id")
        exact = [found for found in by_move.values() if self._is_settled_by(found, payment)]
        return exact[0] if len(exact) == 1 else lines

    def _is_settled_by(self, receivables, payment):
        """Whether ``payment`` is the whole balance of an invoice, or of one of its due dates."""
        amounts = receivables.mapped("amount_residual_currency")
        return any(
            receivables.currency_id.is_zero(float(payment.amount) - amount)
            for amount in (sum(amounts), *amounts)
        )

    @api.model
    def _take(self, mandate, payment, now):
        """Book one payment.

        :return: ``(state, message)`` of its row: ``done``, or ``refused`` when what was paid or
            booked meanwhile leaves no invoice for it
        """
        receivables = self._find_receivables(mandate, payment)
        refusal = self._get_refusal(mandate, payment, receivables)
        if payment.date > calendar.local_date(now):
            refusal = self.env._("The day of the payment lies in the future. Correct the date.")
        if refusal:
            return "refused", refusal
        left = self.env["kgw.ledger"]._book_payment(
            receivables,
            float(payment.amount),
            payment.date,
            now,
        )
        if left <= 0:
            return "done", ""
        currency = self.env["kgw.ledger"]._find_currency(payment.currency)
        return "done", self.env._(
            "%s is more than was owed and was not booked: ask the creditor.",
            currency.format(left),
        )
