from odoo import api, models

from ..tools import calendar


class KgwMirror(models.AbstractModel):
    """Mirror entries: payments that creditors reported, in the ledger of monitored receivables.

    Each settles a part of one receivable at the invoice's own rate, or keeps what was paid above
    it on the counterparty's account. An entry is taken back by cancelling it, nothing is deleted.
    """

    _name = "kgw.mirror"
    _description = "Mirror Entries of Payments"

    @api.model
    def _share_out(self, receivables, amount):
        """Return ``(pairs of receivable and its part, what is left)`` of an amount paid for
        ``receivables``, in their one currency, the oldest due date first."""
        parts, left = [], amount
        for line in receivables.sorted(lambda r: (r.date_maturity, r.id)):
            part = min(left, line.amount_residual_currency)
            if line.currency_id.compare_amounts(part, 0) > 0:
                parts.append((line, part))
                left = line.currency_id.round(left - part)
        return parts, left

    @api.model
    def _book(self, line, part, on_date, now):
        """Settle ``part`` of one receivable and return the entry.

        :param part: at most what is owed, in the currency of the receivable
        """
        company = line.company_id
        journal = line.move_id.journal_id
        share = line.balance / line.amount_currency if line.amount_currency else 1.0
        balance = company.currency_id.round(part * share)
        if line.currency_id.is_zero(part - line.amount_residual_currency):
            balance = line.amount_residual
        entry_sudo = self._create_entry(
            journal,
            on_date,
            line.move_id.name,
            {
                "account_id": line.account_id.id,
                "partner_id": line.partner_id.id,
                "currency_id": line.currency_id.id,
                "amount_currency": part,
                "balance": balance,
            },
        )
        mirror = entry_sudo.line_ids.filtered(lambda r: r.account_id == line.account_id)
        (line.sudo() | mirror).with_context(kgw_now=now).reconcile()
        return entry_sudo

    @api.model
    def _book_surplus(self, case, amount, currency, on_date):
        """Keep what was paid above the receivables on the counterparty's account, unassigned."""
        # The ledger is no one's book to keep by hand; the caller's right was checked before.
        journal = case.sudo().mandate_id.journal_id
        company = journal.company_id
        rate = self.env["kgw.ledger"]._get_rate(currency, company, on_date)
        return self._create_entry(
            journal,
            on_date,
            case.sudo().counterparty_id.name,
            {
                "account_id": self.env["kgw.ledger"]._get_receivable_account(company).id,
                "partner_id": case.sudo().counterparty_id.id,
                "currency_id": currency.id,
                "amount_currency": amount,
                "balance": company.currency_id.round(amount * rate),
            },
        )

    def _create_entry(self, journal, on_date, name, values):
        """Post an entry: the counterparty's account in credit, the memorandum account in debit.

        :param journal: the sales journal of the ledger, which knows the memorandum account
        """
        common = {**values, "name": name}
        credit = {
            **common,
            "amount_currency": -values["amount_currency"],
            "balance": -values["balance"],
        }
        debit = {**common, "account_id": journal.sudo().default_account_id.id}
        # The ledger is no one's book to keep by hand; the caller's right was checked before.
        entry_sudo = (
            self.env["account.move"]
            .sudo()
            .with_company(journal.company_id)
            .with_context(kgw_ledger_entry=True, tracking_disable=True)
            .create(
                {
                    "move_type": "entry",
                    "date": on_date,
                    "ref": name,
                    "journal_id": self._get_journal(journal.company_id).id,
                    "line_ids": [(0, 0, credit), (0, 0, debit)],
                }
            )
        )
        entry_sudo._post(soft=False)
        return entry_sudo

    @api.model
    def _reverse(self, entries, now, why):
        """Cancel entries: what they settled is owed again, its course goes on from today.

        :param entries: entries of :meth:`_book` or :meth:`_book_surplus`
        :param why: as of :meth:`_record_back`
        """
        # As in _create_entry.
        entries_sudo = entries.sudo().filtered(lambda entry: entry.state == "posted")
        undone = [
            (partial.debit_move_id, partial.debit_amount_currency, partial.credit_move_id.date)
            for partial in entries_sudo.line_ids.matched_debit_ids
        ]
        change = self.env["kgw.ledger.change"]
        change._cancel(entries_sudo)
        lines = self.env["account.move.line"].union(*(line for line, _a, _d in undone))
        self._record_back(undone, now, why)
        change._reopen(lines, calendar.local_date(now), now)

    @api.model
    def _record_back(self, undone, now, why):
        """Write into the register what is owed again.

        :param undone: ``[(receivable, amount, day of the payment)]``
        :param why: a key of ``kgw.event._get_back_reasons``
        """
        self.env["kgw.event"]._record(
            [
                line._kgw_prepare_event_vals(
                    "payment_back",
                    now,
                    payload={
                        "invoice": line.move_id.kgw_display_number,
                        "amount": amount,
                        "currency": line.currency_id.name,
                        "paid_on": paid_on.isoformat(),
                        "left": line.amount_residual_currency,
                        "why": why,
                    },
                )
                for line, amount, paid_on in undone
            ]
        )

    def _get_journal(self, company):
        return (
            self.env["account.journal"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("type", "=", "general"),
                    ("code", "=", "KGWP"),
                ]
            )
        )
