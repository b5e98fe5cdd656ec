import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import (
    CHANNELS,
    ELECTRONIC_EFFECT_HOURS,
    LETTER_TRANSIT_DAYS,
    OPEN_STATES,
    POSTING_DAYS,
    REGISTERED_TRANSIT_DAYS,
    REMINDER_SOURCES,
    REMINDER_STATES,
    RETRY_MINUTES,
    RUNGS,
    SHOWN_STATES,
)
from ..const_calls import CALL_OUTCOMES, CALL_STATES
from ..const_reasons import REASONS
from ..tools import calendar


class KgwReminder(models.Model):
    """One planned contact of one case through one channel: outbox and unit of billing.

    ``_set_state`` is the only writer of ``state``.
    """

    _name = "kgw.reminder"
    _description = "Reminder"
    _order = "planned_on desc, id desc"
    _log_access = False  # who and when stands in the register
    _allow_sudo_commands = False

    # identity and links
    key = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: uuid.uuid4().hex
    )
    case_id = fields.Many2one("kgw.case", required=True, index=True, ondelete="restrict")
    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True, ondelete="restrict")
    counterparty_id = fields.Many2one(related="case_id.counterparty_id")
    creditor_id = fields.Many2one(related="case_id.creditor_id")
    controller_id = fields.Many2one(related="case_id.controller_id", store=True, index=True)
    brand_id = fields.Many2one("kgw.brand", required=True)
    step_id = fields.Many2one("kgw.scenario.step", ondelete="restrict")
    template_id = fields.Many2one("kgw.template", required=True)
    line_ids = fields.One2many("kgw.reminder.line", "reminder_id", string="Receivables")
    promise_id = fields.Many2one("kgw.promise", string="Confirms", index="btree_not_null")
    origin_id = fields.Many2one("kgw.reminder", string="Replaces", index="btree_not_null")
    decision_id = fields.Many2one(
        "kgw.decision", string="By Decision", readonly=True, index="btree_not_null"
    )
    print_run_id = fields.Many2one("kgw.print.run", index="btree_not_null")
    activity_ids = fields.One2many("mail.activity", "kgw_reminder_id")
    event_ids = fields.One2many(
        "kgw.event", "reminder_id", string="History", domain=[("is_part", "=", False)]
    )
    # what
    channel = fields.Selection(CHANNELS, required=True)
    rung = fields.Selection(RUNGS, required=True)
    side = fields.Selection([("before", "Before due"), ("after", "After due")], required=True)
    is_registered = fields.Boolean(related="step_id.is_registered")
    recipient = fields.Char(readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Text(readonly=True, help="The exact text, as it was sent.")
    message_ref = fields.Char(
        readonly=True, index="btree_not_null", help="Message-ID, or the gateway's id."
    )
    attachment_id = fields.Many2one("ir.attachment", string="Document", readonly=True)
    # when
    planned_on = fields.Date(required=True)
    until = fields.Date(help="Last day on which this step still makes sense.")
    not_before = fields.Datetime()
    retry_at = fields.Datetime()
    contact_on = fields.Date(
        readonly=True,
        help="Day of the contact, for the gap to the next one; empty if nobody was reached.",
    )
    effective_at = fields.Datetime(readonly=True, help="When the contact counts for the course.")
    answer_by = fields.Date()
    # state
    state = fields.Selection(
        REMINDER_STATES, required=True, default="planned", readonly=True, index=True
    )
    shown_state = fields.Selection(SHOWN_STATES, string="Status", compute="_compute_shown_state")
    state_at = fields.Datetime(readonly=True)
    reason = fields.Selection(REASONS, readonly=True)
    waiting_reason = fields.Selection(REASONS, readonly=True)
    detail = fields.Char(readonly=True, help="What the gateway said, without personal data.")
    cron_id = fields.Many2one("ir.cron", readonly=True)
    handed_at = fields.Datetime(readonly=True, help="When it was handed over, while it is claimed.")
    answer = fields.Json(readonly=True, help="What the gateway answered, until it is recorded.")
    attempts = fields.Integer(readonly=True)
    is_trial = fields.Boolean(
        readonly=True, help="Went to the mandate's trial address: nobody was contacted."
    )
    is_requested = fields.Boolean(
        readonly=True, help="The counterparty asked for it: no caps, but contact hours."
    )
    outcome = fields.Selection(CALL_OUTCOMES, string="Call Outcome", readonly=True)
    amount_label = fields.Char(string="Owed", compute="_compute_owed")
    days_overdue = fields.Integer(
        compute="_compute_owed",
        help="Days since the oldest due date; negative before it.",
    )

    _unique_key = models.UniqueIndex("(key)")
    _one_open_per_case = models.UniqueIndex(
        "(case_id) WHERE state IN ('planned', 'claimed', 'failed', 'unknown')",
        "A case has at most one open reminder.",
    )
    _to_dispatch = models.Index("(channel, id) WHERE state IN ('planned', 'failed')")
    _recent = models.Index("(state_at) WHERE state IN ('sent', 'delivered', 'undelivered', 'dead')")
    _contacts = models.Index("(case_id, contact_on) WHERE contact_on IS NOT NULL")

    def init(self):
        """Leave room in each page: what is noted while a reminder is handed over then stays beside
        it, and no index is written."""
        self.env.cr.execute("ALTER TABLE kgw_reminder SET (fillfactor = 70)")

    @api.depends("case_id", "step_id")
    def _compute_display_name(self):
        for reminder in self:
            step = reminder.step_id.name or reminder.template_id.name or ""
            reminder.display_name = f"{reminder.case_id.display_name} · {step}"

    @api.depends("state", "print_run_id", "channel")
    def _compute_shown_state(self):
        for reminder in self:
            state = "printed" if reminder._is_printed() else reminder.state
            is_call = reminder.channel == "phone"
            reminder.shown_state = CALL_STATES.get(state, state) if is_call else state

    @api.depends("line_ids.receivable_id")
    def _compute_owed(self):
        today, lang = fields.Date.context_today(self), self.env.lang or "en_US"
        for reminder in self:
            # People of monitoring have no accounting rights; they see the balance of their case.
            owed = reminder.sudo()._get_owed_lines().receivable_id
            dates = owed.mapped("kgw_effective_due")
            reminder.days_overdue = (today - min(dates)).days if dates else 0
            reminder.amount_label = self.env["kgw.text"]._format_total(owed, lang)

    # === STATE === #

    def _set_state(self, target, now, **vals):
        """Move to ``target`` and return the reminders that moved; the only writer of ``state``.

        Writes the event, frees the lines of what is cancelled and lets the course of the
        receivables go on. Reminders in a state that ``target`` can't be entered from stay.

        :param now: moment of the change, naive UTC
        :param vals: further fields written with it (``reason``, ``detail``, …)
        """
        self.fetch(["state", "channel"])  # not the texts: after each commit all is read anew
        moved = self.filtered(lambda r: r.state in REMINDER_SOURCES[target])
        if not moved:
            return moved
        moved.write({"state": target, "state_at": now, **vals})
        if target != "claimed":
            moved.line_ids.receivable_id._kgw_load()
        if target == "cancelled":
            moved.line_ids.write({"void": True})
        if target in ("cancelled", "sent", "undelivered", "dead"):
            moved._clear_board()
        if target not in ("claimed", "planned"):  # no events of their own
            self.env["kgw.event"]._record_contacts(moved, target, now)
        if target != "claimed":
            moved.line_ids.receivable_id._kgw_refresh_course(calendar.local_date(now), now)
        return moved

    def _clear_board(self):
        """Take calls off the agents' board."""
        calls = self.filtered(lambda r: self._get_channel_model(r.channel)._at_desk)
        # The activity is only the shadow of the reminder: whoever may move the one moves the other.
        calls.sudo().activity_ids.unlink()

    # === OUTCOMES === #

    def _mark_sent(self, now, **vals):
        """Record that the gateway took these reminders at ``now``; returns those that moved."""
        today = calendar.local_date(now)
        effect = now + timedelta(hours=ELECTRONIC_EFFECT_HOURS)
        vals = {"contact_on": today, "effective_at": effect, **vals}
        return self._set_state("sent", now, retry_at=False, detail=False, **vals)

    def _mark_posted(self, now):
        """Record that these letters were posted at ``now``.

        An ordinary letter counts from 4 working days after posting, a registered one, while there
        is no proof of delivery, from 7.
        """
        today = calendar.local_date(now)
        for is_registered, letters in self.grouped("is_registered").items():
            days = REGISTERED_TRANSIT_DAYS if is_registered else LETTER_TRANSIT_DAYS
            effect = calendar.noon(calendar.add_working_days(today, days))
            letters._mark_sent(now, effective_at=effect)

    def _mark_delivered(self, now):
        """Record a proof of delivery: the contact counts from now if it did not yet."""
        for reminder in self:
            effect = min(reminder.effective_at or now, now)
            reminder._set_state("delivered", now, effective_at=effect)

    def _mark_undelivered(self, now, detail=False):
        """Record that nobody got it: it is no contact, and the fallback is planned."""
        moved = self._set_state(
            "undelivered",
            now,
            contact_on=False,
            effective_at=False,
            detail=detail,
        )
        self.env["kgw.fallback"]._plan(moved, now)

    def _mark_failed(self, now, detail):
        """Record that the gateway did not take it; tried again with growing pauses, then given up."""
        for reminder in self:
            attempt = reminder.attempts
            pause = RETRY_MINUTES[min(attempt, len(RETRY_MINUTES)) - 1]
            retry_at = now + timedelta(minutes=pause)
            moved = reminder._set_state("failed", now, detail=detail, retry_at=retry_at)
            if attempt > len(RETRY_MINUTES):
                self.env["kgw.fallback"]._plan(moved._set_state("dead", now), now)

    def _mark_refused(self, now, detail):
        """Record that the gateway will never take it, and plan the fallback."""
        failed = self._set_state("failed", now, detail=detail)
        self.env["kgw.fallback"]._plan(failed._set_state("dead", now), now)

    def _is_handed_over(self):
        """Whether a gateway has it, as far as is known, and no more was heard of it."""
        return self.state == "sent" or bool(self.state == "claimed" and self.handed_at)

    def _is_printed(self):
        """Whether this is a letter that lies in its print run and was not posted yet."""
        return self.state == "claimed" and bool(self.print_run_id)

    def _lay_too_long(self, on_date):
        """Whether this is a letter printed so long before ``on_date`` that it gives less time to
        answer than it says."""
        if self.state != "claimed" or not self.answer_by:
            return False
        return calendar.local_date(self.state_at) < self._get_last_printing(on_date)

    @api.model
    def _get_last_printing(self, on_date):
        """Return the first day on which what is posted on ``on_date`` may have been printed."""
        return calendar.add_working_days(on_date, -POSTING_DAYS)

    def _belongs_to_talk(self):
        """Whether this is what a conversation led to: it confirms a promise or instalments that the
        creditor agreed to, or brings a document that was asked for."""
        brings = self.is_requested and self.channel == "email" and self.attachment_id
        return bool(self.promise_id or brings)

    def _get_waiting_reason(self):
        """Return the code of what this open reminder waits for, or ''."""
        self.ensure_one()
        if self.state == "unknown":
            return "unknown"
        if self._is_printed():
            now = self.env.context.get("kgw_now") or fields.Datetime.now()
            return "late_letter" if self._lay_too_long(calendar.local_date(now)) else "posting"
        by_itself = "backoff" if self.state == "failed" and self.channel != "phone" else ""
        return self.waiting_reason or by_itself

    @api.model
    def _get_channel_model(self, channel):
        """Return the model of a channel; the only place that looks one up."""
        return self.env[f"kgw.channel.{channel}"]

    def _get_channel(self):
        """Return the model of the channel of these reminders, all of one channel."""
        return self._get_channel_model(self[0].channel)

    def _get_open(self):
        """Return those of these reminders that are planned or on their way."""
        return self.filtered(lambda r: r.state in OPEN_STATES)

    def _needs_coverage(self):
        """Whether payments must be known through the due date of what this reminder is about (the
        transfer may be on its way): what belongs to a talk or takes a message back asks for no
        money."""
        return self.side == "after" and not self._belongs_to_talk() and not self.correction_of_id

    def _get_owed_lines(self):
        """Return the lines about which something is still owed on the reminder's side of the due
        date: what is not due yet and what is overdue never stand in one text. Odoo's own
        “No Follow-Up” on an invoice keeps it out of them, and so does, on what does not lead, a
        payment that nobody can know of yet. A correction is about what is owed no more."""
        stages = {"before": "before_due", "after": "overdue"}
        told = {r.id: "" if r.correction_of_id else stages[r.side] for r in self}
        owed = self._get_live_lines().filtered(
            lambda line: (
                not (stage := told[line.reminder_id.id])
                or (receivable := line.receivable_id).kgw_stage == stage
                and receivable.amount_residual_currency > 0
                and not receivable.no_followup
            )
        )
        return owed - owed._get_uncovered()

    def _get_live_lines(self):
        """Return the lines that the reminders are about; of a cancelled one all, as it was planned."""
        whole = {reminder.id for reminder in self if reminder.state == "cancelled"}
        return self.line_ids.filtered(lambda r: not r.void or r.reminder_id.id in whole)

    # === ACTION METHODS === #

    def action_count_as_sent(self):
        """A person decides that an uncertain reminder went out."""
        self._get_decidable("unknown")._mark_sent(fields.Datetime.now())

    def action_send_again(self):
        """A person decides that an uncertain reminder did not go out."""
        now = fields.Datetime.now()
        uncertain = self._get_decidable("unknown")
        uncertain._set_state("planned", now, not_before=False, waiting_reason=False)
        self.env["kgw.dispatcher"]._wake()

    def action_cancel(self):
        """A person decides that this contact is not made."""
        printed = self.filtered(lambda r: r.print_run_id.state == "open")
        sending = (self - printed).filtered(lambda r: r.state == "claimed")
        if sending or any(r.state not in REMINDER_SOURCES["cancelled"] for r in self):
            raise UserError(self.env._("Only what has not gone out yet can be cancelled."))
        self._get_decidable()._set_state("cancelled", fields.Datetime.now(), reason="withdrawn")

    def _get_decidable(self, *states):
        """Return these reminders, or those in ``states``, with the rights to move them on.

        :raise AccessError: the user may not work on the cases
        """
        self.case_id.check_access("write")
        # Nobody may write reminders directly: their one writer moves lines, events and the course
        # with them. The right asked for is that on the case.
        return self.sudo().filtered(lambda r: not states or r.state in states)
