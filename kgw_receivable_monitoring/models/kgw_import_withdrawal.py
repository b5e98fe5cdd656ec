from datetime import timedelta

from odoo import Command, api, models
from odoo.exceptions import UserError

from ..const import OPEN_STATES
from ..tools import calendar

# What went out, or may have: who got it is told when an import is taken back.
SENT_STATES = ("sent", "delivered", "unknown", "claimed")
# The correction goes the way of the contact; nobody is called for it.
CHANNEL_OF = {"email": "email", "letter": "letter", "sms": "sms", "phone": "sms"}
# Days for which a correction waits for contact hours.
CORRECTION_DAYS = 7


class KgwImportWithdrawal(models.AbstractModel):
    """Takes an import back as a whole, as far as nothing else stands on it."""

    _name = "kgw.import.withdrawal"
    _description = "Taking Back of Imports"

    @api.model
    def _withdraw(self, record, on_date, now):
        """Undo what an import booked, in the current transaction.

        Invoices on which something else stands by now (a payment, a correction) stay, and their
        rows say so.
        """
        moves = (
            self.env["account.move"]
            .search([("kgw_import_id", "=", record.id), ("state", "=", "posted")])
            .sorted("id", reverse=True)
        )
        lines = moves._kgw_get_receivable_lines()
        entries = moves.filtered(lambda m: m.move_type != "out_invoice")
        touched = lines | entries.line_ids.matched_debit_ids.debit_move_id
        change = self.env["kgw.ledger.change"]
        mirrors = entries.filtered(lambda m: m.move_type == "entry")
        self.env["kgw.mirror"]._reverse(mirrors, now, "file")
        change._cancel(entries - mirrors)
        # What is taken back in a second go was restored in the first one.
        for row in record.line_ids.filtered(lambda r: r.before and r.state == "done"):
            self._restore(row, on_date, now)
        invoices = moves - entries
        kept = invoices.filtered(lambda m: m.line_ids.matched_credit_ids)
        change._cancel(invoices - kept)
        change._reopen(touched, on_date, now)
        self._mark_rows(record, kept)
        self._record(touched, record, now)
        return kept

    def _restore(self, row, on_date, now):
        """Put an invoice back to what it was before the row changed it."""
        change = self.env["kgw.ledger.change"]
        if content := row.before.get("content"):
            change._restate(row.move_id, content, on_date, now)
        if raised := row.before.get("raised"):
            lines = row.move_id._kgw_get_receivable_lines()
            self.env["kgw.ledger"]._book_payment(lines, raised, on_date, now)

    def _mark_rows(self, record, kept):
        for row in record.line_ids.filtered(lambda r: r.state == "done"):
            if row.move_id in kept and row.move_id.kgw_import_id == record:
                row.message = self.env._(
                    "Not taken back: a payment or a correction was booked on it since. Take that"
                    " back first."
                )
            else:
                row.state = "withdrawn"

    def _record(self, receivables, record, now):
        self.env["kgw.event"]._record(
            [
                line._kgw_prepare_event_vals(
                    "withdrawn",
                    now,
                    payload={"invoice": line.move_id.kgw_display_number, "import": record.id},
                )
                for line in receivables.filtered("kgw_case_id")
            ]
        )

    # === WHO WAS CONTACTED === #

    @api.model
    def _get_contacts(self, record):
        """Return the reminders that went out about what the import brought and was taken back."""
        moves = record.line_ids.filtered(lambda r: r.state == "withdrawn").move_id
        moves = moves.filtered(lambda m: m.kgw_import_id == record and m.state == "cancel")
        lines = self.env["kgw.reminder.line"].search(
            [
                ("move_id", "in", moves.ids),
                ("reminder_id.state", "in", SENT_STATES),
                ("reminder_id.correction_of_id", "=", False),
                ("reminder_id.is_trial", "=", False),
                ("void", "=", False),
            ]
        )
        return lines.reminder_id

    @api.model
    def _plan_corrections(self, record, now):
        """Plan one correction for each case that was contacted, through gate and channel.

        :return: ``(planned reminders, cases where another contact is on its way)``
        :raise UserError: nobody was contacted, or the corrections are planned already
        """
        contacts = self._get_contacts(record)
        done = self.env["kgw.reminder"].search(
            [("correction_of_id", "=", record.id), ("state", "!=", "cancelled")]
        )
        cases = contacts.case_id - done.case_id
        if not cases:
            raise UserError(self.env._("Nobody is left to write to about this import."))
        moves = record.line_ids.move_id
        busy = self._free(cases, moves, now)
        values = [
            self._prepare_correction_vals(
                record, contacts.filtered(lambda r, c=case: r.case_id == c), moves, now
            )
            for case in cases - busy
        ]
        planned = self.env["kgw.reminder"].create(values)
        self.env["kgw.event"]._record_contacts(planned, "planned", now)
        return planned, busy

    def _free(self, cases, moves, now):
        """Cancel what is still planned about nothing but the invoices that were taken back; return
        the cases where another contact is planned or on its way: the correction waits for it."""
        reminders = self.env["kgw.reminder"].search(
            [("case_id", "in", cases.ids), ("state", "in", OPEN_STATES)]
        )
        planned = reminders.filtered(lambda r: r.state == "planned" and r.line_ids.move_id <= moves)
        planned.filtered("line_ids")._set_state("cancelled", now, reason="withdrawn")
        return reminders._get_open().case_id

    def _prepare_correction_vals(self, record, contacts, moves, now):
        """Return the values of the correction of one case, by the way it was contacted last."""
        last = contacts.sorted("id")[-1:]
        channel = CHANNEL_OF[last.channel]
        template = self.env.ref(f"kgw_receivable_monitoring.kgw_template_{channel}_withdrawal")
        today = calendar.local_date(now)
        lines = contacts.line_ids.filtered(lambda r: r.move_id in moves).grouped(
            lambda r: (r.move_id, r.instalment)
        )
        return {
            "case_id": last.case_id.id,
            "mandate_id": last.mandate_id.id,
            "brand_id": last.brand_id.id,
            "template_id": template.id,
            "channel": channel,
            "rung": "information",
            "side": last.side,
            "planned_on": today,
            "until": today + timedelta(days=CORRECTION_DAYS),
            "correction_of_id": record.id,
            "line_ids": [
                Command.create(self._prepare_line_vals(same[:1], channel))
                for same in lines.values()
            ],
        }

    def _prepare_line_vals(self, line, channel):
        return {
            **line._prepare_copy_vals(),
            "step_id": False,
            "role": "taken",
            "rung": "information",
            "channel": channel,
            "currency_id": line.currency_id.id,
        }
