from decimal import Decimal

from odoo import api, models

from ..tools import identifiers


class KgwImportKnown(models.AbstractModel):
    """Which documents of a file the mandate has already, exactly or under another spelling."""

    _name = "kgw.import.known"
    _description = "Documents Known Already"

    @api.model
    def _read(self, mandate, documents):
        """Return the invoices of the mandate issued on the days of ``documents``: by number and
        day, and by spelling, day and amount."""
        number = "name" if mandate.is_own_sales else "kgw_number"
        fence = ("journal_id", "=", mandate.journal_id.id)
        if not mandate.is_own_sales:
            fence = ("kgw_mandate_id", "=", mandate.id)
        days = list({document.issue_date for document in documents if document.issue_date})
        # Importers have no accounting rights: only whether an invoice is known is told.
        moves = self.env["account.move"].sudo().search([fence, ("invoice_date", "in", days)])
        return {
            "exact": {(move[number], move.invoice_date): move for move in moves},
            "similar": {
                (self._spell(move[number]), move.invoice_date, self._get_cents(move)): move
                for move in moves
            },
        }

    @api.model
    def _judge(self, known, document):
        """Return ``(state, message)`` of a row: ``new``, ``known`` or ``refused``."""
        move = known["exact"].get((document.number, document.issue_date))
        if move:
            return "known", self._get_difference(move, document)
        cents = round(document.gross * 100)
        similar = known["similar"].get((self._spell(document.number), document.issue_date, cents))
        if not similar:
            return "new", ""
        return "refused", self.env._(
            "This looks like invoice %s, known already: same day and amount, its number only"
            " written differently. Correct the number, or leave the row out.",
            similar.kgw_number or similar.name,
        )

    def _get_difference(self, move, document):
        """Return what a known invoice has otherwise than the file, or ''."""
        if self._get_cents(move) == round(document.gross * 100):
            return ""
        return self.env._(
            "Known already, with another amount (%(known)s instead of %(new)s). Nothing is changed:"
            " ask the creditor which one is right.",
            known=move.currency_id.format(move.amount_total),
            new=move.currency_id.format(float(document.gross)),
        )

    def _spell(self, number):
        return identifiers.fold(number).replace(" ", "")

    def _get_cents(self, move):
        return round(Decimal(str(move.amount_total)) * 100)
