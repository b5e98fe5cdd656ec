from odoo import api, models

from ..tools import calendar, identifiers, words

TEMPLATE = "email_account_doubt"
# The number of an account, written in groups of four, is longer than its 28 characters.
ACCOUNT_LENGTH = 40


class KgwAccountDoubt(models.AbstractModel):
    """An invoice that names another account than the confirmed one, or a factor's.

    Reminders name the account of the mandate: the counterparty would read two, or pay a claim that
    was assigned. So the invoice is taken, waits under a hold, and the creditor is asked; a manager
    lifts the hold when the answer is there. The account of the mandate stays as it is.
    """

    _name = "kgw.account.doubt"
    _description = "Invoices with Another Account"

    @api.model
    def _get_note(self, mandate, document):
        """Return why ``document`` is held for its account, or ''."""
        account = self._get_doubtful(mandate, document)
        return "" if account is None else self._say(account)

    def _get_doubtful(self, mandate, document):
        """Return the account for which ``document`` is held, '' for that of a factor, None for none."""
        if mandate.is_own_sales:
            return None
        if document.factor_account:
            return ""
        if not document.account or self._is_known(mandate, document.account):
            return None
        return self._format(document)

    @api.model
    def _say(self, account):
        """Return why an invoice is held for ``account``, '' meaning that of a factor."""
        if not account:
            return self.env._(
                "The account belongs to a factor: the invoice is held until it is known whether the"
                " claim was assigned."
            )
        return self.env._(
            "The invoice names the account %s, which is not the one in the mandate: it is held until"
            " it is known which one is right.",
            account,
        )

    def _format(self, document):
        return words.format_account(document.account[:ACCOUNT_LENGTH])

    def _is_known(self, mandate, account):
        numbers = (mandate.account_number, mandate.foreign_account_number, account)
        *known, named = (identifiers.without_country(n) for n in numbers)
        return named in known

    @api.model
    def _hold(self, mandate, moves, documents, now):
        """Hold those of ``moves`` whose document names another account.

        :param moves: invoices freshly booked, changed or corrected; what is held for its account
            already, or owed no more, is left alone
        :param documents: of the same order as ``moves``: the invoice, or what changes it
        """
        doubts = [
            (move, document, account)
            for move, document in zip(moves, documents, strict=True)
            if (account := self._get_doubtful(mandate, document)) is not None
        ]
        held = self._get_held([move.id for move, _document, _account in doubts])
        doubts = [doubt for doubt in doubts if doubt[0] not in held and self._is_owed(doubt[0])]
        if not doubts:
            return
        # Whoever may take a file over may have its invoices held; it harms nobody.
        self.env["kgw.hold"].sudo().with_context(kgw_now=now).create(
            [
                {
                    "move_id": move.id,
                    "reason": "account",
                    "account": account,
                    "from_date": calendar.local_date(now),
                }
                for move, _document, account in doubts
            ]
        )
        self._ask(mandate, [(move, document) for move, document, _account in doubts], now)

    def _get_held(self, move_ids):
        """Return the invoices whose account the creditor is asked about already."""
        domain = [("move_id", "in", move_ids), ("reason", "=", "account"), ("is_open", "=", True)]
        # As in _hold.
        return self.env["kgw.hold"].sudo().search(domain).move_id if move_ids else []

    def _is_owed(self, move):
        lines = move._kgw_get_receivable_lines()
        return any(line.amount_residual_currency > 0 for line in lines)

    def _ask(self, mandate, pairs, now):
        """Ask the creditor, in one e-mail, about the accounts that its invoices name."""
        writer, lang = self.env["kgw.text"], mandate.creditor_id.lang or "pl_PL"
        brand = mandate._get_own_brand()
        values = {
            "brand": writer._get_brand(brand),
            "creditor": {
                "name": mandate.creditor_id.name or "",
                "account": words.format_account(mandate.account_number or ""),
            },
            "link": self.env["kgw.creditor.mail"]._get_link(mandate, "/account"),
            "items": [
                {
                    "number": document.number,
                    "title": "" if document.factor_account else self._format(document),
                    "amount": writer._get_item(line, lang, calendar.local_date(now))["amount"],
                }
                for move, document in pairs
                for line in move._kgw_get_receivable_lines()[:1]
            ],
        }
        self.env["kgw.creditor.mail"]._post(mandate, TEMPLATE, values)
