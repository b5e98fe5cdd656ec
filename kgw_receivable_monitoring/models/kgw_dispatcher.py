import logging
from datetime import timedelta
from traceback import extract_tb

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import CHANNELS
from ..tools import calendar
from ..tools.text import TextError

_logger = logging.getLogger(__name__)

# Collisions with another dispatcher after which this run leaves the rest to that one.
LOCK_ATTEMPTS = 5


class KgwDispatcher(models.AbstractModel):
    """Claim, commit, send, commit: what was planned goes out at most once.

    While a cron runs, Odoo keeps its ``ir_cron`` row locked; the row is free when the process is
    dead. So whatever this cron finds claimed by itself at its start is from a dead run: nobody can
    know what became of it, and a person decides.
    """

    _name = "kgw.dispatcher"
    _description = "Monitoring Dispatcher"

    @api.model
    def _cron_dispatch(self, channel):
        self._dispatch(channel, fields.Datetime.now())

    @api.model
    def _wake(self, at=None):
        """Wake the crons that send, now or ``at`` a moment: an event instead of polling."""
        for channel, _label in CHANNELS:
            cron = self.env.ref(f"kgw_receivable_monitoring.ir_cron_kgw_dispatch_{channel}")
            # Waking a scheduled action is nobody's own right; what it then does is checked there.
            cron.sudo()._trigger(at)

    @api.model
    def _release(self, reason, domain=()):
        """Let the reminders that wait for ``reason`` be tried at once."""
        # Nobody may write reminders directly; the gate asks everything again.
        waiting = (
            self.env["kgw.reminder"]
            .sudo()
            .search(
                [("state", "in", ("planned", "failed")), ("waiting_reason", "=", reason), *domain]
            )
        )
        if waiting:
            waiting.write({"not_before": False, "waiting_reason": False})
            self._wake()

    @api.model
    def _dispatch(self, channel, now):
        """Send what is planned for ``channel`` and may go out at ``now`` (naive UTC)."""
        progress = self.env["ir.cron"]._commit_progress
        self._recover(channel, now)
        if not progress(remaining=self._count(channel, now)):
            return
        model = self.env["kgw.reminder"]._get_channel_model(channel)
        while candidates := self._lock_candidates(channel, now, model._claim_size):
            claimed = self._claim(self.env["kgw.rate.limit"]._admit(candidates, now), now)
            left = progress(len(candidates - claimed))
            if claimed:  # what is claimed is sent, also when the time of this run is up
                if not model._at_desk:
                    self._send(model, claimed, now)
                left = progress(len(claimed))
            if not left:
                return

    def _send(self, model, claimed, now):
        """Hand over what was claimed, unless somebody has pressed Stop since."""
        stopped = self.env["kgw.hold"]._get_stopped(claimed, calendar.local_date(now))
        stopped._mark_failed(now, self.env._("Stopped before it was handed over"))
        if claimed - stopped:
            self._record(model._send(claimed - stopped), now)

    @api.model
    def _recover(self, channel, now):
        """Hand over to a person what a dead run of this cron had claimed."""
        cron_id = self.env.context.get("cron_id")
        if cron_id:
            self.env["kgw.reminder"].search(
                [
                    ("channel", "=", channel),
                    ("state", "=", "claimed"),
                    ("cron_id", "=", cron_id),
                    ("print_run_id", "=", False),
                ]
            )._set_state("unknown", now, detail=self.env._("The process that was sending it died"))

    # === CLAIM === #

    def _get_candidate_condition(self, channel, now):
        return SQL(
            """
            r.channel = %(channel)s AND r.planned_on <= %(today)s
            AND (r.state = 'planned' OR (r.state = 'failed' AND r.retry_at <= %(now)s))
            AND (r.not_before IS NULL OR r.not_before <= %(now)s)
            AND NOT EXISTS (SELECT 1 FROM mail_activity a WHERE a.kgw_reminder_id = r.id)
        """,
            channel=channel,
            today=calendar.local_date(now),
            now=now,
        )

    def _count(self, channel, now):
        condition = self._get_candidate_condition(channel, now)
        self.env["kgw.reminder"].flush_model()
        return self.env.execute_query(
            SQL("SELECT count(*) FROM kgw_reminder r WHERE %s", condition)
        )[0][0]

    def _lock_candidates(self, channel, now, limit=None, cases=None):
        """Return up to ``limit`` reminders to send, locked; other dispatchers skip them.

        Where another one has just moved what this transaction still sees as waiting, PostgreSQL
        refuses the lock: a new transaction looks again. What was done before is committed.

        :param cases: keep to these cases, as a simulation does; None means all
        """
        self.env["kgw.reminder"].flush_model()
        chosen = SQL("TRUE") if cases is None else SQL("r.case_id = ANY(%s)", cases.ids)
        query = SQL(
            "SELECT r.id FROM kgw_reminder r WHERE %s AND %s"
            " ORDER BY r.id LIMIT %s FOR UPDATE SKIP LOCKED",
            chosen,
            self._get_candidate_condition(channel, now),
            limit,
        )
        for _attempt in range(LOCK_ATTEMPTS):
            try:
                self.env.cr.execute(query, log_exceptions=False)
                break
            except SerializationFailure:
                if cases is not None:
                    raise
                self.env.cr.rollback()
        else:
            return self.env["kgw.reminder"]
        return self.env["kgw.reminder"].browse(row[0] for row in self.env.cr.fetchall())

    def _claim(self, candidates, now):
        """Return the reminders that pass the gate, their texts written, in state *claimed*."""
        locked = candidates.case_id.try_lock_for_update(allow_referencing=True)
        candidates.line_ids.receivable_id._kgw_load()
        ready = self.env["kgw.reminder"]
        for reminder in candidates:
            if reminder.case_id not in locked:  # somebody books a payment or a decision just now
                reminder.not_before = now + timedelta(minutes=1)
            elif self._prepare(reminder, now):
                ready |= reminder
        if not ready:
            return ready
        self.env["kgw.rate.limit"]._count(ready, now)
        channel = ready._get_channel()
        if not channel._at_desk:
            ready._set_state("claimed", now, cron_id=self.env.context.get("cron_id"))
            for attempts, batch in ready.grouped("attempts").items():
                batch.attempts = attempts + 1
        channel._prepare_rows(ready)
        return ready

    def _prepare(self, reminder, now):
        """Ask the gate and write the text of one reminder; one that fails never stops the others."""
        try:
            with self.env.cr.savepoint():
                if not self.env["kgw.gate"]._let_through(reminder, now):
                    return False
                reminder.line_ids._freeze(now)
                channel = reminder._get_channel()
                reminder.write(channel._prepare_content(reminder, now))
                if not channel._at_desk and not reminder.attempts:  # repeated: the same contact
                    # Nobody has rights on the counts across creditors.
                    self.env["kgw.person"].sudo()._count(reminder, now, is_contact=True)
                return True
        except SerializationFailure:  # another creditor's message to the same person goes out now
            reminder.invalidate_recordset()
            reminder.not_before = now + timedelta(minutes=1)
        except TextError as error:
            self._put_off(reminder, "text", str(error), now)
        except Exception as error:
            # Neither message nor values: they may hold personal data.
            place = " < ".join(
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
                for frame in reversed(extract_tb(error.__traceback__)[-4:])
            )
            _logger.error(
                "Reminder %s can't be prepared: %s at %s",
                reminder.id,
                type(error).__name__,
                place,
            )
            self._put_off(reminder, "error", type(error).__name__, now)
        return False

    def _put_off(self, reminder, reason, detail, now):
        reminder.invalidate_recordset()
        self.env["kgw.gate"]._put_off(reminder, reason, now + timedelta(hours=1), now)
        reminder.detail = detail[:200]

    # === OUTCOME === #

    def _record(self, outcomes, now):
        """Write what became of each message into its reminder, those that fared alike at once."""
        alike = {}
        for reminder, outcome in outcomes.items():
            if outcome.state == "sent" and outcome.ref:
                reminder.message_ref = outcome.ref
            fared = outcome.state, "" if outcome.state == "sent" else outcome.detail
            alike[fared] = alike.get(fared, reminder) | reminder
        for (state, detail), reminders in alike.items():
            self._mark(reminders, state, detail, now)

    def _mark(self, reminders, state, detail, now):
        if state == "sent":
            reminders._mark_sent(now)
        elif state == "failed":
            reminders._mark_failed(now, detail)
        elif state == "dead":
            reminders._mark_refused(now, detail)
        elif state == "unknown":
            reminders._set_state("unknown", now, detail=detail)
