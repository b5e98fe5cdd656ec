from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_datetime

from ..const import CALL_OUTCOMES


class KgwCallOutcome(models.TransientModel):
    """How a call ended; opening it passes the gate, so that nobody calls who need not."""

    _name = "kgw.call.outcome"
    _description = "Outcome of a Call"

    reminder_id = fields.Many2one("kgw.reminder", required=True, readonly=True)
    case_id = fields.Many2one(related="reminder_id.case_id")
    script = fields.Text(compute="_compute_script")
    phone = fields.Char(compute="_compute_phone")
    warning = fields.Char(compute="_compute_warning")
    outcome = fields.Selection(CALL_OUTCOMES, required=True, default="no_answer")
    note = fields.Text()
    attempts = fields.Integer(
        compute="_compute_attempts",
        store=True,
        readonly=False,
        help="How often the call had been tried when the dialogue was opened.",
    )

    @api.depends("reminder_id")
    def _compute_attempts(self):
        """Remember the attempt that this dialogue is about: it is recorded once."""
        for wizard in self:
            wizard.attempts = wizard.reminder_id.attempts

    @api.depends("reminder_id")
    def _compute_script(self):
        now = fields.Datetime.now()
        for wizard in self:
            reminder = wizard.reminder_id
            # The script names amounts of ledger invoices; the agent's right is on the case.
            values = self.env["kgw.text"].sudo()._get_values(reminder.sudo(), now)
            _subject, wizard.script = reminder._get_channel()._render(reminder, values)

    @api.depends("reminder_id")
    def _compute_phone(self):
        for wizard in self:
            reminder = wizard.reminder_id
            wizard.phone = reminder._get_channel()._get_recipient(reminder) if reminder else False

    @api.depends("reminder_id")
    def _compute_warning(self):
        """Say what the gate says: paid meanwhile, on hold, outside contact hours."""
        now = fields.Datetime.now()
        reasons = dict(self.env["kgw.reminder"]._fields["reason"]._description_selection(self.env))
        for wizard in self:
            verdict = self.env["kgw.gate"].sudo()._judge(wizard.reminder_id.sudo(), now)
            wizard.warning = reasons.get(verdict.reason, "")

    def _check_pause(self, now):
        """Attempts in vain are made in different parts of the day; a call back counts at once.

        :raise UserError: the last attempt was a moment ago
        """
        retry_at = self.reminder_id.retry_at
        if self.outcome in ("no_answer", "voicemail") and retry_at and now < retry_at:
            raise UserError(
                self.env._(
                    "The last attempt was a moment ago. Try again after %s, in another part of"
                    " the day.",
                    format_datetime(self.env, retry_at, dt_format="short"),
                )
            )

    def action_save(self):
        """Record the outcome and close the dialogue."""
        self.ensure_one()
        now = fields.Datetime.now()
        reminder = self.reminder_id
        reminder.case_id.check_access("write")
        if reminder.state not in ("planned", "failed") or reminder.attempts != self.attempts:
            raise UserError(
                self.env._(
                    "This call is not on the board any more: it was recorded or cancelled"
                    " meanwhile."
                )
            )
        self._check_pause(now)
        # The course and the ledger's lines move with it; the right on the case was checked.
        self.env["kgw.channel.phone"].sudo()._record_call(
            reminder.sudo(), self.outcome, self.note, now
        )
        return {"type": "ir.actions.act_window_close"}
