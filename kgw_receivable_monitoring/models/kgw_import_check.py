from odoo import api, models

from ..tools import identifiers

# Above it the database no longer keeps every cent.
MAX_AMOUNT = 10**12


class KgwImportCheck(models.AbstractModel):
    """Why a document of a file can't be watched; one question after the other."""

    _name = "kgw.import.check"
    _description = "Checks of Handed-over Documents"

    @api.model
    def _get_refusal(self, mandate, document):
        """Return the sentence that refuses ``document`` for ``mandate``, or ''."""
        return (
            self._get_seller_refusal(mandate, document)
            or self._get_content_refusal(document)
            or self._get_correction_refusal(mandate, document)
            or self._get_books_refusal(mandate, document)
        )

    @api.model
    def _get_seller_refusal(self, mandate, document):
        """Debts of two creditors are never mixed."""
        seller = document.seller
        if not seller or self._is_creditor(seller, mandate.creditor_id):
            return ""
        return self.env._(
            "The file is from another seller (%(seller)s), not from the creditor of this mandate."
            " Choose the right mandate, or correct the name and NIP of the creditor.",
            seller=seller.name or seller.nip,
        )

    def _is_creditor(self, seller, creditor):
        """Whether a seller is the creditor: by NIP, where the file has none by name."""
        if seller.nip:
            return seller.nip == identifiers.without_country(creditor.vat)
        if not seller.name:
            return True
        names = [identifiers.fold(name) for name in (seller.name, creditor.name)]
        return names[0] in names[1] or names[1] in names[0]

    def _get_content_refusal(self, document):
        if not document.issue_date:
            return self.env._(
                "The date of issue is missing. Add it to the file and hand it over again.",
            )
        buyer = document.buyer
        if not (buyer.name or buyer.nip or buyer.foreign_tax_id or buyer.number):
            return self.env._("The buyer is missing. Add its name or NIP to the file.")
        if max(abs(document.gross), document.claim) >= MAX_AMOUNT:
            return self.env._(
                "The amount has more than 12 digits before the decimal sign. Correct it in the file."
            )
        if document.kind == "correction" and not document.gross:
            return self.env._(
                "The correction changes no amount: compare the buyer's data with the case by hand.",
            )
        if not document.residual or (document.residual < 0 <= document.gross):
            return self.env._("Nothing is owed any more, so there is nothing to watch.")
        return ""

    def _get_correction_refusal(self, mandate, document):
        """A correction needs the invoice that it corrects, in books that are kept from files."""
        if document.kind != "correction" and document.gross >= 0:
            return ""
        if mandate.is_own_sales:
            return self.env._("Corrections of own sales are registered in accounting.")
        if not document.corrected_numbers and document.gross < 0:
            return self.env._(
                "The file does not say which invoice is corrected. Add the number of the corrected"
                " invoice, or enter the difference as a payment.",
            )
        return ""

    @api.model
    def _get_unknown_refusal(self, moves, unknown, document):
        """Return why a correction of these invoices can't be booked, or ''.

        :param moves: the corrected invoices that are known
        :param unknown: the numbers that nobody knows
        """
        if unknown and document.gross < 0:
            return self.env._(
                "The corrected invoice %s is not known in this mandate. Hand it over too, or leave"
                " the correction out: then nothing of it is watched.",
                ", ".join(unknown),
            )
        if any(move.currency_id.name != document.currency for move in moves):
            return self.env._("The correction is in another currency than the invoice.")
        nips = {identifiers.without_country(move.partner_id.vat) for move in moves} - {""}
        if document.buyer.nip and nips - {document.buyer.nip}:
            return self.env._(
                "The corrected invoice is of another buyer (NIP %s). Ask the creditor.",
                ", ".join(sorted(nips - {document.buyer.nip})),
            )
        return ""

    def _get_books_refusal(self, mandate, document):
        if not self.env["kgw.ledger"]._find_currency(document.currency):
            return self.env._(
                "Currency %s is not known. Create it in the accounting settings.",
                document.currency,
            )
        if mandate.is_own_sales and not document.tax_lines:
            return self.env._(
                "Own sales are booked with their taxes: hand the invoice over as a KSeF file.",
            )
        return ""
