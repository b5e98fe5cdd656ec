from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from odoo import api, models

from ..tools import identifiers, words

# Numbers begin anew with a year: the same one within so many days is likely the same invoice.
SAME_YEAR = timedelta(days=180)
LOADED = ["kgw_number", "name", "invoice_date", "amount_total", "currency_id", "partner_id"]


@dataclass
class Known:
    """The invoices that a hand-over may meet: those of the ledger, then its own earlier rows."""

    exact: dict = field(default_factory=dict)
    similar: dict = field(default_factory=dict)
    by_number: dict = field(default_factory=dict)


class KgwImportKnown(models.AbstractModel):
    """Which documents of a hand-over the mandate has already: the same, with other content, or
    under another spelling."""

    _name = "kgw.import.known"
    _description = "Documents Known Already"

    @api.model
    def _read(self, mandate, documents):
        """Return what is :class:`Known` of the days of ``documents`` and of what they correct."""
        known = Known()
        for move in self._search_known(mandate, documents):
            number = move.kgw_number or move.name
            is_credit = move.move_type == "out_refund"
            known.exact[number, move.invoice_date, is_credit] = move
            spelt = identifiers.spell(number), move.invoice_date, self._get_cents(move)
            known.similar[spelt] = number
            if not is_credit:
                known.by_number.setdefault(number, []).append(move)
        return known

    def _search_known(self, mandate, documents):
        number = "name" if mandate.is_own_sales else "kgw_number"
        fence = ("journal_id", "=", mandate.journal_id.id)
        if not mandate.is_own_sales:
            fence = ("kgw_mandate_id", "=", mandate.id)
        days = list({document.issue_date for document in documents if document.issue_date})
        numbers = {
            n for document in documents for n in (document.number, *document.corrected_numbers)
        }
        # Importers have no accounting rights: only whether an invoice is known is told.
        return (
            self.env["account.move"]
            .sudo()
            .search_fetch(
                [
                    fence,
                    ("state", "!=", "cancel"),
                    "|",
                    ("invoice_date", "in", days),
                    (number, "in", list(numbers)),
                ],
                [*LOADED, "move_type"],
                order="invoice_date, id",
            )
        )

    @api.model
    def _judge(self, mandate, known, document):
        """Return ``(state, message, move)`` of a document: ``new``, ``known``, ``changed`` or
        ``refused``; what is new is known from now on."""
        key = document.number, document.issue_date, document.gross < 0
        found = known.exact.get(key)
        if found is None:
            return self._judge_spelling(known, document, key)
        if isinstance(found, models.BaseModel):
            difference = self._get_difference(found, document)
            if difference and not mandate.is_own_sales:
                return "changed", difference, found
            return "known", difference, found
        if (found.gross, found.instalments) == (document.gross, document.instalments):
            return "known", self.env._("It stands in the hand-over twice."), None
        return "refused", self._tell_twice(found, document), None

    def _judge_spelling(self, known, document, key):
        cents = round(document.gross * 100)
        spelt = identifiers.spell(document.number), document.issue_date, cents
        similar = known.similar.get(spelt)
        if similar and similar != document.number:
            return "refused", self._tell_similar(similar), None
        known.exact[key] = document
        known.similar[spelt] = document.number
        return "new", self._tell_same_number(known, document), None

    def _tell_same_number(self, known, document):
        """Return a warning where an invoice of this number and another day is known, else ''."""
        days = [move.invoice_date for move in known.by_number.get(document.number, ())]
        near = [day for day in days if day and abs(day - document.issue_date) <= SAME_YEAR]
        if document.gross < 0 or not near:
            return ""
        return self.env._(
            "An invoice of this number, issued on %s, is known already. If it is the same one,"
            " take this row out of the file: it would be asked for twice.",
            words.format_date(near[-1], self.env.lang or "en_US"),
        )

    def _tell_twice(self, found, document):
        return self.env._(
            "The hand-over has this document twice with different content (%(first)s and"
            " %(second)s). The first one counts: leave the wrong one out.",
            first=found.gross,
            second=document.gross,
        )

    def _tell_similar(self, number):
        return self.env._(
            "This looks like invoice %s, known already: same day and amount, its number only"
            " written differently. Correct the number, or leave the row out.",
            number,
        )

    def _get_difference(self, move, document):
        """Return what the file says otherwise than the known invoice, or ''."""
        found = [
            self._compare_amount(move, document),
            self._compare_dates(move, document),
            self._compare_buyer(move, document),
        ]
        return " ".join(filter(None, found))

    def _compare_amount(self, move, document):
        same = self._get_cents(move) == round(document.claim * 100)
        if same and move.currency_id.name == document.currency:
            return ""
        return self.env._(
            "Known already, with another amount (%(known)s instead of %(new)s).",
            known=move.currency_id.format(move.amount_total),
            new=self._format_claim(document),
        )

    def _format_claim(self, document):
        """Return the amount as people write it; a currency nobody knows keeps its code."""
        currency = self.env["kgw.ledger"]._find_currency(document.currency)
        if not currency:
            return f"{document.claim} {document.currency}"
        return currency.format(float(document.claim))

    def _compare_dates(self, move, document):
        if document.due_derived or document.gross < 0:
            return ""
        known = {line.date_maturity for line in self._get_terms(move)}
        new = {instalment.due_date for instalment in document.instalments}
        if known == new:
            return ""
        return self.env._(
            "Known already, with another due date (%(known)s instead of %(new)s).",
            known=", ".join(
                words.format_date(day, self.env.lang or "en_US") for day in sorted(known)
            ),
            new=", ".join(words.format_date(day, self.env.lang or "en_US") for day in sorted(new)),
        )

    def _compare_buyer(self, move, document):
        known = identifiers.without_country(move.partner_id.vat)
        if not known or not document.buyer.nip or known == document.buyer.nip:
            return ""
        return self.env._(
            "Known already, with another buyer (NIP %(known)s instead of %(new)s).",
            known=known,
            new=document.buyer.nip,
        )

    @api.model
    def _can_restate(self, move, document):
        """Whether a known invoice can be made what the file says: amounts and dates only."""
        return (
            move.move_type == "out_invoice"
            and move.currency_id.name == document.currency
            and not self._compare_buyer(move, document)
            and len(self._get_terms(move)) == len(document.instalments)
        )

    @api.model
    def _get_terms(self, move):
        """Return the receivables of an invoice by their due dates."""
        terms = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        return terms.sorted(lambda line: (line.date_maturity, line.id))

    @api.model
    def _find_corrected(self, known, document):
        """Return the invoices of the mandate that a correction is about, the latest of a number.

        :return: ``(moves, numbers that are known by nobody)``; what the same hand-over brings is
            known as well, and has no move yet
        """
        moves, unknown = self.env["account.move"], []
        offered = {
            key[0] for key, found in known.exact.items() if not isinstance(found, models.BaseModel)
        }
        for number in document.corrected_numbers:
            same = known.by_number.get(number, [])
            if same:
                moves |= same[-1]
            elif number not in offered or number == document.number:
                unknown.append(number)
        return moves, unknown

    def _get_cents(self, move):
        sign = -1 if move.move_type == "out_refund" else 1
        return sign * round(Decimal(str(move.amount_total)) * 100)
