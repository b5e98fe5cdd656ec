from odoo import api, models

from ..tools import calendar


class KgwLedgerChange(models.AbstractModel):
    """Changes of what stands in the ledger: credit notes, restated invoices, corrected balances,
    and what is taken back. The invoice and its receivables stay the same records, so that a
    change never begins a course anew.
    """

    _name = "kgw.ledger.change"
    _description = "Changes in the Ledger"

    @api.model
    def _apply_credit(self, credit, invoices, on_date, now):
        """Set a posted credit note off against the invoices that it corrects, oldest due first.

        :return: what is left of it when they are settled, in its currency
        """
        terms = self.env["kgw.import.known"]._get_terms(credit)
        open_lines = invoices.line_ids.filtered(
            lambda r: r.display_type == "payment_term" and r.amount_residual_currency > 0
        )
        # The ledger is no one's book to keep by hand; the caller's right was checked before.
        for line in open_lines.sudo().sorted(lambda r: (r.date_maturity, r.id)):
            if terms.currency_id.is_zero(terms.amount_residual_currency):
                break
            (line | terms.sudo()).reconcile()
        invoices.line_ids._kgw_after_payment(now)
        return -terms.amount_residual_currency

    @api.model
    def _get_content(self, move):
        """Return ``[[due date, amount], …]`` of an invoice, as :meth:`_restate` takes it."""
        terms = self.env["kgw.import.known"]._get_terms(move)
        return [[line.date_maturity.isoformat(), line.amount_currency] for line in terms]

    @api.model
    def _restate(self, move, content, on_date, now):
        """Make a posted invoice what a later file says; payments stay on it.

        :param content: ``[[due date, amount], …]``, as many as the invoice has receivables
        """
        move_sudo = self._get_writable(move)
        terms = self.env["kgw.import.known"]._get_terms(move_sudo)
        settled = terms.matched_credit_ids.credit_move_id
        terms.remove_move_reconcile()
        move_sudo.write({"line_ids": self._prepare_restated_lines(move_sudo, terms, content)})
        for line in terms:
            for credit in settled.filtered(lambda r: r.amount_residual_currency):
                if line.amount_residual_currency > 0:
                    (line | credit).with_context(kgw_put_back=True).reconcile()
        move_sudo.flush_recordset()
        self.env["kgw.payment"].sudo()._follow_restated(settled.move_id)  # as _get_writable
        self._reopen(terms, on_date, now)

    def _prepare_restated_lines(self, move, terms, content):
        """Return the commands that set due dates and amounts, at the rate of the invoice."""
        rate = abs(terms[0].balance / terms[0].amount_currency) if terms[0].amount_currency else 1
        rounding = move.company_id.currency_id
        commands, total, balance = [], 0.0, 0.0
        for line, (due, amount) in zip(terms, content, strict=True):
            share = rounding.round(amount * rate)
            vals = {"date_maturity": due, "amount_currency": amount, "balance": share}
            commands.append((1, line.id, vals))
            total, balance = total + amount, balance + share
        product = move.line_ids.filtered(lambda line: line.display_type == "product")
        vals = {"price_unit": total, "amount_currency": -total, "balance": -rounding.round(balance)}
        return [*commands, (1, product.id, vals)]

    @api.model
    def _raise_residual(self, receivables, amount, on_date, now):
        """Take payments that a creditor reported back, the newest first, until ``amount`` more is
        owed.

        :return: what could not be raised: it was never paid
        """
        left, undone = amount, []
        partials = receivables.sudo().matched_credit_ids.sorted("id", reverse=True)
        for partial in partials:
            if left <= 0 or partial.credit_move_id.move_id.move_type != "entry":
                continue
            line, freed = partial.debit_move_id, partial.debit_amount_currency
            undone.append((line, min(freed, left), partial.credit_move_id.date))
            self._undo(partial, freed - left, now)
            left = receivables[:1].currency_id.round(left - freed)
        self._reopen(receivables, on_date, now)
        self.env["kgw.mirror"]._record_back(undone, now, "list")
        return max(left, 0.0)

    def _undo(self, partial, rest, now):
        """Cancel what an entry settled; ``rest`` of it, if above zero, stays settled."""
        entry, line = partial.credit_move_id.move_id, partial.debit_move_id
        partial.unlink()
        if line.currency_id.compare_amounts(rest, 0) > 0:
            smaller = self.env["kgw.mirror"]._book(line, rest, entry.date, now)
            smaller.kgw_import_id = entry.kgw_import_id
            parts = self.env["kgw.payment.part"].sudo().search([("entry_id", "=", entry.id)])
            parts.write({"entry_id": smaller.id, "amount": rest})
        if not entry.line_ids.matched_debit_ids:
            self._cancel(entry)

    @api.model
    def _cancel(self, moves):
        """Cancel moves of the ledger; what they settled is open again."""
        self._get_writable(moves).button_cancel()
        moves.flush_recordset()
        self.env["kgw.payment"].sudo()._follow_cancelled(moves)  # as _get_writable

    def _get_writable(self, moves):
        # Nobody has rights on the ledger: imports and their taking back are its only writers.
        return moves.sudo().with_context(
            kgw_ledger_entry=True,
            tracking_disable=True,
            skip_invoice_sync=True,
            skip_readonly_check=True,
        )

    @api.model
    def _follow_dates(self, lines):
        """Let the courses of posted ``lines`` follow due dates that are not those monitored."""
        # Whoever corrects an invoice need know nothing of monitoring.
        watched = lines.sudo().filtered(lambda r: r.kgw_case_id and r.parent_state == "posted")
        moved = watched.filtered(self._is_moved)
        if moved:
            now = self.env.context.get("kgw_now") or self.env.cr.now()
            self._reopen(moved, calendar.local_date(now), now)

    def _is_moved(self, line):
        """Whether the due date of a receivable is not the one that is monitored."""
        return line.kgw_effective_due != self._get_effective_due(line)

    def _get_effective_due(self, line):
        """Return the due date of a receivable as the company of its mandate counts it."""
        # Whoever works on a case need not see the company that carries the mandate out.
        company_sudo = line.kgw_case_id.mandate_id.company_id.sudo()
        return company_sudo._kgw_get_effective_due(line.date_maturity or line.move_id.invoice_date)

    @api.model
    def _reopen(self, receivables, on_date, now):
        """Let stages, courses and what is planned follow a changed balance or date."""
        lines = receivables.sudo().filtered("kgw_case_id")
        if not lines:
            return
        moved = lines.filtered(self._is_moved)
        for due, own in moved.grouped(self._get_effective_due).items():
            own.kgw_effective_due = due
        self._plan_anew(moved, now)
        self.env["account.move.line"].sudo()._kgw_flush_stages(on_date, lines=lines)
        closed = lines.filtered(lambda r: r.kgw_stage == "closed")
        (lines - closed)._kgw_refresh_course(on_date, now)
        lines.kgw_case_id._touch()
        self._drop(closed, "withdrawn", now)

    def _plan_anew(self, receivables, now):
        """Take steps back that are planned for the former due dates of ``receivables``."""
        waiting = self._get_waiting(receivables).filtered(
            lambda r: r.state == "planned" and r.step_id and not r.attempts
        )
        waiting._set_state("cancelled", now, reason="moved")

    @api.model
    def _drop(self, receivables, reason, now):
        """Cancel what is planned about receivables that are owed no more, with its reason."""
        waiting = self._get_waiting(receivables)
        empty = waiting.filtered(lambda r: not r._get_owed_lines()._get_main())
        empty._set_state("cancelled", now, reason=reason)

    def _get_waiting(self, receivables):
        """Return the reminders that are planned about ``receivables`` or will be tried again."""
        # Whoever corrects an invoice need not see what is planned about it.
        lines_sudo = self.env["kgw.reminder.line"].sudo()
        return lines_sudo.search(
            [
                ("receivable_id", "in", receivables.ids),
                ("void", "=", False),
                ("reminder_id.state", "in", ("planned", "failed")),
            ]
        ).reminder_id
