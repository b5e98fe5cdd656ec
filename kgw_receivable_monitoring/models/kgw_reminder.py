import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import (
    CALL_OUTCOMES,
    CALL_RETRY_HOURS,
    CHANNELS,
    ELECTRONIC_EFFECT_HOURS,
    REASONS,
    REMINDER_SOURCES,
    REMINDER_STATES,
    RETRY_MINUTES,
    RUNGS,
)
from ..tools import calendar


class KgwReminder(models.Model):
    """One planned contact of one case through one channel: outbox and unit of billing.

    ``_set_state`` is the only writer of ``state``.
    """

    _name = "kgw.reminder"
    _description = "Reminder"
    _order = "planned_on desc, id desc"
    _rec_name = "display_name"
    _allow_sudo_commands = False

    # identity and links
    key = fields.Char(required=True, readonly=True, copy=False, default=lambda self: uuid.uuid4().hex)
    case_id = fields.Many2one("kgw.case", required=True, index=True, ondelete="restrict")
    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True, ondelete="restrict")
    counterparty_id = fields.Many2one(related="case_id.counterparty_id")
    creditor_id = fields.Many2one(related="case_id.creditor_id")
    controller_id = fields.Many2one(related="case_id.controller_id", store=True, index=True)
    brand_id = fields.Many2one("kgw.brand", required=True)
    step_id = fields.Many2one("kgw.scenario.step", ondelete="restrict")
    template_id = fields.Many2one("kgw.template", required=True)
    line_ids = fields.One2many("kgw.reminder.line", "reminder_id", string="Receivables")
    origin_id = fields.Many2one("kgw.reminder", string="Replaces", index="btree_not_null")
    print_run_id = fields.Many2one("kgw.print.run", index="btree_not_null")
    activity_ids = fields.One2many("mail.activity", "kgw_reminder_id")
    event_ids = fields.One2many("kgw.event", "reminder_id", string="History")
    # what
    channel = fields.Selection(CHANNELS, required=True)
    rung = fields.Selection(RUNGS, required=True)
    side = fields.Selection([("before", "Before due"), ("after", "After due")], required=True)
    is_registered = fields.Boolean(related="step_id.is_registered")
    recipient = fields.Char(readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Text(readonly=True, help="The exact text, as it was sent.")
    message_ref = fields.Char(readonly=True, index="btree_not_null", help="Message-ID, or the gateway's id.")
    attachment_id = fields.Many2one("ir.attachment", string="Letter", readonly=True)
    # when
    planned_on = fields.Date(required=True)
    until = fields.Date(help="Last day on which this step still makes sense.")
    not_before = fields.Datetime()
    retry_at = fields.Datetime()
    contact_on = fields.Date(
        readonly=True, help="Day of the contact, for the gap to the next one; empty if nobody was reached.",
    )
    effective_at = fields.Datetime(readonly=True, help="When the contact counts for the course.")
    answer_by = fields.Date()
    # state
    state = fields.Selection(REMINDER_STATES, required=True, default="planned", readonly=True, index=True)
    state_at = fields.Datetime(readonly=True)
    reason = fields.Selection(REASONS, readonly=True)
    waiting_reason = fields.Selection(REASONS, readonly=True)
    detail = fields.Char(readonly=True, help="What the gateway said, without personal data.")
    cron_id = fields.Many2one("ir.cron", readonly=True)
    attempts = fields.Integer(readonly=True)
    outcome = fields.Selection(CALL_OUTCOMES, string="Call Outcome", readonly=True)
    amount_label = fields.Char(string="Owed", compute="_compute_amount_label")
    days_overdue = fields.Integer(
        compute="_compute_days_overdue", help="Days since the oldest due date; negative before it.",
    )

    _unique_key = models.UniqueIndex("(key)")
    _one_open_per_case = models.UniqueIndex(
        "(case_id) WHERE state IN ('planned', 'claimed', 'failed', 'unknown')",
        "A case has at most one open reminder.",
    )
    _to_dispatch = models.Index("(channel, id) WHERE state IN ('planned', 'failed')")
    _contacts = models.Index("(case_id, contact_on) WHERE contact_on IS NOT NULL")

    @api.depends("case_id", "step_id")
    def _compute_display_name(self):
        for reminder in self:
            step = reminder.step_id.name or reminder.template_id.name or ""
            reminder.display_name = f"{reminder.case_id.display_name} · {step}"

    @api.depends("line_ids.receivable_id")
    def _compute_days_overdue(self):
        today = fields.Date.context_today(self)
        for reminder in self:
            # As for the balance: the due dates are those of their own case.
            dates = reminder.sudo()._get_owed_lines().receivable_id.mapped("date_maturity")
            reminder.days_overdue = (today - min(dates)).days if dates else 0

    @api.depends("line_ids.receivable_id")
    def _compute_amount_label(self):
        for reminder in self:
            # People of monitoring have no accounting rights; they see the balance of their case.
            owed = reminder.sudo()._get_owed_lines()
            reminder.amount_label = self.env["kgw.text"]._format_total(
                owed.receivable_id, self.env.lang or "en_US",
            )

    # === STATE === #

    def _set_state(self, target, now, **vals):
        """Move to ``target`` and return the reminders that moved; the only writer of ``state``.

        Writes the event, frees the lines of what is cancelled and lets the course of the
        receivables go on. Reminders in a state that ``target`` can't be entered from stay.

        :param now: moment of the change, naive UTC
        :param vals: further fields written with it (``reason``, ``detail``, …)
        """
        moved = self.filtered(lambda r: r.state in REMINDER_SOURCES[target])
        if not moved:
            return moved
        moved.write({"state": target, "state_at": now, **vals})
        if target == "cancelled":
            moved.line_ids.write({"void": True})
        if target in ("cancelled", "sent", "undelivered", "dead"):
            moved._clear_board()
        moved._record_state(target, now)
        if target != "claimed":
            moved.line_ids.receivable_id._kgw_refresh_course(calendar.local_date(now), now)
        return moved

    def _record_state(self, target, now):
        """Write the event of a change; claiming and re-planning are not events of their own."""
        if target in ("claimed", "planned"):
            return
        self.env["kgw.event"]._record([reminder._prepare_event_vals(target, now) for reminder in self])

    def _prepare_event_vals(self, kind, now, **payload):
        """Return the values of an event about this reminder."""
        self.ensure_one()
        lines = self.line_ids
        content = {"invoices": lines.filtered("step_id").move_id.mapped("kgw_display_number")}
        if kind == "sent":
            content |= {"recipient": self.recipient or "", "subject": self.subject or "",
                        "text": self.body or "", "brand": self.brand_id.name}
        if self.outcome:
            content["outcome"] = self.outcome
        return {
            "kind": kind, "at": now, "case_id": self.case_id.id, "mandate_id": self.mandate_id.id,
            "reminder_id": self.id, "step_id": self.step_id.id, "channel": self.channel,
            "reason": self.reason if kind == "cancelled" else False,
            "payload": {**content, **({"detail": self.detail} if self.detail else {}), **payload},
        }

    def _wait(self, reason, until, now):
        """Put off planned reminders for ``reason`` until the moment ``until`` (naive UTC)."""
        fresh = self.filtered(lambda r: r.waiting_reason != reason)
        self.write({"not_before": until, "waiting_reason": reason})
        self._trigger_dispatch(until)
        self.env["kgw.event"]._record([
            {**r._prepare_event_vals("waiting", now), "reason": reason} for r in fresh
        ])

    def _clear_board(self):
        """Take calls off the agents' board."""
        # The activity is only the shadow of the reminder: whoever may move the one moves the other.
        self.sudo().activity_ids.unlink()

    # === OUTCOMES === #

    def _mark_sent(self, now, **vals):
        """Record that the gateway took these reminders at ``now``; returns those that moved."""
        today = calendar.local_date(now)
        effect = now + timedelta(hours=ELECTRONIC_EFFECT_HOURS)
        return self._set_state("sent", now, **{
            "contact_on": today, "effective_at": effect, "retry_at": False, "detail": False, **vals,
        })

    def _mark_delivered(self, now):
        """Record a proof of delivery: the contact counts from now if it did not yet."""
        for reminder in self:
            effect = min(reminder.effective_at or now, now)
            reminder._set_state("delivered", now, effective_at=effect)

    def _mark_undelivered(self, now, detail=False):
        """Record that nobody got it: it is no contact, and the fallback is planned."""
        moved = self._set_state(
            "undelivered", now, contact_on=False, effective_at=False, detail=detail,
        )
        moved._plan_fallback(now)

    def _mark_failed(self, now, detail):
        """Record that the gateway did not take it; tried again with growing pauses, then given up."""
        for reminder in self:
            attempt = reminder.attempts
            pause = RETRY_MINUTES[min(attempt, len(RETRY_MINUTES)) - 1]
            moved = reminder._set_state(
                "failed", now, detail=detail, retry_at=now + timedelta(minutes=pause),
            )
            if attempt > len(RETRY_MINUTES):
                moved._set_state("dead", now)._plan_fallback(now)

    def _mark_refused(self, now, detail):
        """Record that the gateway will never take it, and plan the fallback."""
        failed = self._set_state("failed", now, detail=detail)
        failed._set_state("dead", now)._plan_fallback(now)

    def _mark_unreached(self, now, is_last):
        """Record that a call reached nobody: tried again in another part of the day, then given up."""
        moved = self._set_state("claimed", now)._set_state(
            "failed", now, retry_at=now + timedelta(hours=CALL_RETRY_HOURS),
        )
        if is_last:
            moved._mark_undelivered(now)

    def _plan_fallback(self, now):
        """Plan the fallback channel of the step as a second reminder, once."""
        on_date = calendar.local_date(now)
        for reminder in self.filtered(lambda r: r._wants_fallback()):
            lines = reminder._get_owed_lines()
            if lines:
                fallback = self.create(reminder._prepare_fallback_vals(on_date))
                self.env["kgw.reminder.line"].create([
                    {**line._prepare_copy_vals(), "reminder_id": fallback.id,
                     "channel": fallback.channel} for line in lines
                ])
                self.env["kgw.event"]._record([fallback._prepare_event_vals("planned", now)])
                fallback.line_ids.receivable_id._kgw_refresh_course(on_date, now)
        self._trigger_dispatch()

    def _wants_fallback(self):
        step = self.step_id
        return bool(step.fallback_channel and step.fallback_channel != self.channel and not self.origin_id)

    def _prepare_fallback_vals(self, on_date):
        step = self.step_id
        return {
            "case_id": self.case_id.id, "mandate_id": self.mandate_id.id, "brand_id": self.brand_id.id,
            "step_id": step.id, "channel": step.fallback_channel, "rung": self.rung,
            "template_id": step.fallback_template_id.id, "side": self.side, "planned_on": on_date,
            "until": self.until, "origin_id": self.id,
        }

    def _freeze_amounts(self):
        """Keep what is owed at the moment of the claim; settled receivables leave the reminder."""
        owed = self._get_owed_lines()
        (self.line_ids - owed).write({"void": True, "step_id": False})
        for line in owed:
            line.amount = line.receivable_id.amount_residual_currency

    def _get_agent(self):
        """Return who makes the call: the controller of the case, else of the mandate."""
        self.ensure_one()
        return self.controller_id or self.mandate_id.controller_id

    @api.model
    def _get_channel_model(self, channel):
        """Return the model of a channel; the only place that looks one up."""
        return self.env[f"kgw.channel.{channel}"]

    def _get_channel(self):
        """Return the model of the channel of these reminders, all of one channel."""
        return self._get_channel_model(self[0].channel)

    def _get_owed_lines(self):
        """Return the lines about which something is still owed."""
        return self.line_ids.filtered(
            lambda line: line.receivable_id.kgw_stage in ("before_due", "overdue")
            and line.receivable_id.amount_residual > 0
        )

    # === ACTION METHODS === #

    def action_count_as_sent(self):
        """A person decides that an uncertain reminder went out."""
        now = fields.Datetime.now()
        self._mark_sent(now)

    def action_send_again(self):
        """A person decides that an uncertain reminder did not go out."""
        self._set_state("planned", fields.Datetime.now(), not_before=False, waiting_reason=False)
        self._trigger_dispatch()

    def action_cancel(self):
        now = fields.Datetime.now()
        if any(r.state not in REMINDER_SOURCES["cancelled"] for r in self):
            raise UserError(self.env._("Only what has not gone out yet can be cancelled."))
        self._set_state("cancelled", now, reason="withdrawn")

    def action_record_outcome(self):
        """Open the dialogue for the outcome of a call."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "kgw.call.outcome", "view_mode": "form",
            "target": "new", "name": self.env._("Outcome of the Call"),
            "context": {"default_reminder_id": self.id, "dialog_size": "extra-large"},
        }

    # === HELPERS === #

    @api.model
    def _trigger_dispatch(self, at=None):
        """Wake the crons that send, now or ``at`` a moment: an event instead of polling."""
        for channel, _label in CHANNELS:
            cron = self.env.ref(f"kgw_receivable_monitoring.ir_cron_kgw_dispatch_{channel}")
            # Waking a scheduled action is nobody's own right; what it then does is checked there.
            cron.sudo()._trigger(at)

    @api.model
    def _drop_settled(self, lines, now):
        """Take settled receivables out of what is still planned; empty reminders are cancelled."""
        reminders = self.env["kgw.reminder.line"].search([
            ("receivable_id", "in", lines.ids), ("void", "=", False),
            ("reminder_id.state", "in", ("planned", "failed")),
        ]).reminder_id
        for reminder in reminders:
            if not reminder._get_owed_lines().filtered("step_id"):
                reminder._set_state("cancelled", now, reason="paid")
