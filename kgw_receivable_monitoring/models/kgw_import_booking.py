from odoo import api, models

from ..tools import identifiers
from .kgw_ledger import BATCH


class KgwImportBooking(models.AbstractModel):
    """Books what an import brings: invoices first, then what corrects or changes them."""

    _name = "kgw.import.booking"
    _description = "Booking of Imports"

    @api.model
    def _book(self, record, rows, on_date, now):
        """Book the rows of an import in the current transaction.

        :param rows: ``[(row, document)]`` as the preview gave them
        """
        fresh = [(row, document) for row, document in rows if row.state == "new"]
        credits = [pair for pair in fresh if pair[1].gross < 0]
        invoices = [pair for pair in fresh if pair[1].gross >= 0]
        self._book_invoices(record, invoices, on_date, now)
        for row, document in credits:
            self._book_credit(record, row, document, on_date, now)
        if record.content == "open_items":
            self.env["kgw.import.open.items"]._book(record, rows, on_date, now)
            return
        for row, document in rows:
            if row.state == "changed" and row.decision == "take":
                self._restate(row, document, on_date, now)

    # === INVOICES === #

    def _book_invoices(self, record, pairs, on_date, now):
        if not pairs:
            return
        mandate, documents = record.mandate_id, [document for _row, document in pairs]
        moves = self._post(record, documents)
        record._tell("cases", len(moves), len(moves))
        parties = {move: document.buyer for move, document in zip(moves, documents, strict=True)}
        known = self.env["kgw.case"].search([("mandate_id", "=", mandate.id)])
        self.env["kgw.enrolment"]._enrol(mandate, moves, on_date, now, parties)
        (moves.line_ids.kgw_case_id - known)._hold_names(now)
        self.env["kgw.account.doubt"]._hold(mandate, moves, documents, now)
        self.env["kgw.invoice.page"]._keep(pairs, moves)
        if not mandate.is_own_sales:
            self._book_earlier_payments(record, documents, moves, on_date, now)
        for (row, _document), move in zip(pairs, moves, strict=True):
            row.write({"state": "done", "move_id": move.id})

    def _post(self, record, documents):
        """Return the posted moves of documents, in their order."""
        mandate = record.mandate_id
        partners = self.env["kgw.counterparty"]._match(mandate, [d.buyer for d in documents])
        books = self.env["kgw.own.sales" if mandate.is_own_sales else "kgw.ledger"]
        books = books.with_context(default_kgw_import_id=record.id)
        moves = self.env["account.move"]
        for start in range(0, len(documents), BATCH):
            part = slice(start, start + BATCH)
            moves |= books._book_invoices(mandate, documents[part], partners[part])
            record._tell("invoices", len(moves), len(documents))
        self._mark_stamped(mandate, moves, documents)
        return moves

    def _mark_stamped(self, mandate, moves, documents):
        """Mark the invoices that bear the text code of the mandate's stamp."""
        code = identifiers.fold(mandate.stamp_code or "")
        for move, document in zip(moves, documents, strict=True):
            if code and code in identifiers.fold(document.notes):
                move.sudo().kgw_stamp_code = mandate.stamp_code  # as it was booked

    def _book_earlier_payments(self, record, documents, moves, on_date, now):
        """Book what the file says was paid before the hand-over."""
        ledger = self.env["kgw.ledger"].with_context(default_kgw_import_id=record.id)
        for document, move in zip(documents, moves, strict=True):
            paid = document.claim - document.residual
            if paid > 0:
                lines = move._kgw_get_receivable_lines()
                ledger._book_payment(lines, float(paid), on_date, now)

    # === CORRECTIONS === #

    def _book_credit(self, record, row, document, on_date, now):
        """Book a credit note and set it off against the invoices that it corrects."""
        known = self.env["kgw.import.known"]._read(record.mandate_id, [document])
        corrected, _unknown = self.env["kgw.import.known"]._find_corrected(known, document)
        move = self._post(record, [document])
        move.kgw_corrected_ids = corrected
        left = self.env["kgw.ledger.change"]._apply_credit(move, corrected, on_date, now)
        named = [document] * len(corrected)
        self.env["kgw.account.doubt"]._hold(record.mandate_id, corrected, named, now)
        vals = {"state": "done", "move_id": move.id}
        if not move.currency_id.is_zero(left):
            vals["message"] = self.env._(
                "%s of the correction is left over, since the invoice is settled: ask the creditor"
                " where it goes.",
                move.currency_id.format(left),
            )
        row.write(vals)

    def _restate(self, row, document, on_date, now):
        """Make a known invoice what the file says, since a person decided so."""
        change = self.env["kgw.ledger.change"]
        before = change._get_content(row.move_id)
        content = [[i.due_date.isoformat(), float(i.amount)] for i in document.instalments]
        # What was paid before the hand-over stays a payment: the first due date bears it.
        content[0][1] += float(document.claim - document.residual)
        change._restate(row.move_id, content, on_date, now)
        row.write({"state": "done", "before": {"content": before}})
        mandate = row.import_id.mandate_id
        self.env["kgw.account.doubt"]._hold(mandate, row.move_id, [document], now)
        self._record_change(row, before, content, now)

    def _record_change(self, row, before, content, now):
        """Write into the register what an invoice was, and what it is now."""
        lines = row.move_id._kgw_get_receivable_lines()
        self.env["kgw.event"]._record(
            [
                line._kgw_prepare_event_vals(
                    "corrected",
                    now,
                    payload={
                        "invoice": row.move_id.kgw_display_number,
                        "before": before,
                        "after": content,
                        "import": row.import_id.id,
                    },
                )
                for line in lines[:1]
            ]
        )
