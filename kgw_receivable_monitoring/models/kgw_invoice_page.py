from odoo import api, models
from odoo.tools import SQL

from ..tools import words
from ..tools.readers import read


class KgwInvoicePage(models.AbstractModel):
    """The creditor's own file of an invoice: kept with the case, and shown so that people can read
    it."""

    _name = "kgw.invoice.page"
    _description = "Original Invoices"

    @api.model
    def _keep(self, pairs, moves):
        """Keep the files that are one invoice each with its case, where agents see them.

        :param pairs: ``[(row, document)]`` in the order of ``moves``
        """
        kept = [
            (move, row, document)
            for (row, document), move in zip(pairs, moves, strict=True)
            if document.original
        ]
        # Booked for whoever may import; agents read the files of the cases that they may read.
        files = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": row.file_name.rpartition("/")[2],
                        "raw": document.original,
                        "res_model": "kgw.case",
                        "res_id": move.line_ids.kgw_case_id[:1].id,
                    }
                    for move, row, document in kept
                ]
            )
        )
        self._link([move.id for move, _row, _document in kept], files.ids, moves)

    def _link(self, move_ids, file_ids, moves):
        """Note the files in one statement: a write of every posted move asks all that Odoo asks
        when an accountant changes one."""
        moves.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move m SET kgw_source_id = kept.file_id"
                " FROM unnest(%s::int[], %s::int[]) AS kept(move_id, file_id)"
                " WHERE m.id = kept.move_id",
                move_ids,
                file_ids,
            )
        )
        moves.invalidate_recordset(["kgw_source_id"])

    @api.model
    def _get_page(self, move, lang):
        """Return an invoice as HTML that a person can read: nothing of the file runs or loads.

        :raise UnreadableFile: the file is not to be read any more
        """
        file = move.kgw_source_id
        document = read(file.raw, file.name).documents[0]
        return self.env["ir.qweb"]._render(
            "kgw_receivable_monitoring.invoice_page",
            {"invoice": self._get_values(move, document, lang), "title": document.number},
            lang=lang,
        )

    def _get_values(self, move, document, lang):
        """Return the facts of an invoice as strings and lists of strings."""

        def money(amount):
            return words.format_money(amount, document.currency, lang)

        return {
            "number": document.number,
            "ksef_number": document.ksef_number or move.kgw_ksef_number or "",
            "issued": str(document.issue_date or ""),
            "sold": str(document.sale_date or ""),
            "seller": self._get_party(document.seller),
            "buyer": self._get_party(document.buyer),
            "taxes": [(tax.rate, money(tax.net), money(tax.vat)) for tax in document.tax_lines],
            "gross": money(document.gross),
            "residual": money(document.residual),
            "terms": [(str(i.due_date), money(i.amount)) for i in document.instalments],
            "account": words.format_account(document.account or ""),
            "corrected": ", ".join(document.corrected_numbers),
            "stamp": move.kgw_stamp_code or "",
            "notes": document.notes,
        }

    def _get_party(self, party):
        if not party:
            return []
        town = " ".join(filter(None, (party.zip, party.city)))
        number = party.nip or party.foreign_tax_id
        lines = (party.name, party.street, town, number and f"NIP {number}")
        return [line for line in lines if line]
