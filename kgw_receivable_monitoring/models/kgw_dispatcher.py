import logging
from datetime import timedelta
from traceback import extract_tb

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import CHANNELS
from ..tools import calendar
from ..tools.text import TextError
from .kgw_gate_facts import Facts

_logger = logging.getLogger(__name__)

# Collisions with another dispatcher after which this run leaves the rest to that one.
LOCK_ATTEMPTS = 5
# Reminders claimed first in a run whose time is limited: how fast the gateway is shows by them.
FIRST_CLAIM = 100


class KgwDispatcher(models.AbstractModel):
    """Claim, commit, hand over: what was planned goes out at most once; see ``kgw.handover``."""

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
        model = self.env["kgw.reminder"]._get_channel_model(channel)
        with model._connected() as door:
            self.env["kgw.handover"]._recover(door, channel, now)
            left = self.env["ir.cron"]._commit_progress(remaining=self._count(channel, now))
            size, tried = self._get_claim_size(door, left), set()
            while left and (candidates := self._lock_candidates(channel, now, size)):
                # What came back in this run is tried once more; if it comes back again, it waits.
                came_back = candidates.filtered(lambda r: r.id in tried)
                came_back.not_before = now + timedelta(minutes=1)
                before, left = left, self._contact(door, candidates, now, tried)
                size = self._get_claim_size(door, left, len(candidates), before - left)

    def _get_claim_size(self, door, left, done=0, seconds=0):
        """Return how many to claim next: so many as go out before the time of this run is up, at the
        pace of the claim before. What is claimed and not handed over by then is work undone.

        :param left: seconds left of this run; without a limit infinite
        :param done: how many the claim before took, in ``seconds``
        """
        if left == float("inf"):
            return door._claim_size
        fits = int(done * left / seconds) if seconds else FIRST_CLAIM
        return max(1, min(fits, door._claim_size))

    def _contact(self, door, candidates, now, tried):
        """Claim and hand over what of ``candidates`` may go out; return the seconds left.

        :param tried: ids of what was claimed in this run; those claimed here are added
        """
        handover = self.env["kgw.handover"]
        claimed = self._claim(self.env["kgw.rate.limit"]._admit(candidates, now), now)
        tried.update(claimed.ids)
        waiting = len(candidates) - len(claimed)
        if not door._send_size:  # a person makes the contact
            return self.env["ir.cron"]._commit_progress(waiting + len(claimed))
        door._pack(claimed)
        versions = handover._get_versions(claimed)
        left = self.env["ir.cron"]._commit_progress(waiting)
        # What is claimed goes out or back, also when the time of this run is up.
        return handover._hand_over(door, claimed, versions, now) if claimed else left

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
        """Return the reminders that pass the gate, their texts written, in state *claimed*; one
        that fails never stops the others."""
        locked = candidates.case_id.try_lock_for_update(allow_referencing=True)
        candidates.line_ids.receivable_id._kgw_load()
        free = candidates.filtered(lambda r: r.case_id in locked)
        # Somebody books a payment or a decision just now.
        (candidates - free).not_before = now + timedelta(minutes=1)
        claimed = self._work_together(
            free,
            lambda batch: self._claim_together(batch, now),
            lambda reminder, error: self._put_off(reminder, error, now),
        )
        claimed = candidates.browse().union(*claimed)
        if claimed:
            self.env["kgw.rate.limit"]._count(claimed, now)
        return claimed

    def _claim_together(self, reminders, now):
        ready = self._prepare_together(reminders, now)
        if not ready:
            return ready
        channel = ready._get_channel()
        if not channel._at_desk:
            cron_id = self.env.context.get("cron_id")
            ready._set_state("claimed", now, cron_id=cron_id, handed_at=False, answer=False)
            for attempts, batch in ready.grouped("attempts").items():
                batch.attempts = attempts + 1
        channel._prepare_rows(ready)
        return ready

    def _prepare(self, reminders, now):
        """Ask the gate and write the texts, without a claim; return what passed."""
        passed = self._work_together(
            reminders,
            lambda batch: self._prepare_together(batch, now),
            lambda reminder, error: self._put_off(reminder, error, now),
        )
        return reminders.browse().union(*passed)

    def _prepare_together(self, reminders, now):
        facts = Facts(reminders, now)
        passed = self.env["kgw.gate"]._let_through(facts)
        if not passed:
            return passed
        passed.line_ids._freeze(facts)
        channel = passed._get_channel()
        self.env["kgw.text"]._load(passed)
        for reminder in passed:
            reminder.write(channel._prepare_content(reminder, now))
        return passed

    @api.model
    def _work_together(self, reminders, work, give_up):
        """Do ``work`` on all reminders at once; where that fails, on either half of them.

        So one that fails is found in few steps, and all that was done with it is undone.

        :param work: function of reminders
        :param give_up: function of one reminder and its error
        :return: what the calls of ``work`` that did not fail returned, in a list
        """
        if not reminders:
            return []
        try:
            with self.env.cr.savepoint():
                return [work(reminders)]
        except Exception as error:
            if len(reminders) == 1:
                reminders.invalidate_recordset(flush=False)
                self._log(reminders, error)
                give_up(reminders, error)
                return []
        middle = len(reminders) // 2
        halves = reminders[:middle], reminders[middle:]
        return [done for half in halves for done in self._work_together(half, work, give_up)]

    def _log(self, reminder, error):
        """Say where one reminder failed, but not what was said: that may hold personal data."""
        if isinstance(error, (SerializationFailure, TextError)):
            return  # another transaction was faster; an administrator finds it at the template
        place = " < ".join(
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
            for frame in reversed(extract_tb(error.__traceback__)[-4:])
        )
        _logger.error("Reminder %s failed: %s at %s", reminder.id, type(error).__name__, place)

    def _put_off(self, reminder, error, now):
        """Let a reminder wait that could not be prepared."""
        if isinstance(error, SerializationFailure):
            # Another creditor's message to the same person goes out now.
            reminder.not_before = now + timedelta(minutes=1)
            return
        is_text = isinstance(error, TextError)
        reason, detail = ("text", str(error)) if is_text else ("error", type(error).__name__)
        self.env["kgw.gate"]._put_off(reminder, reason, now + timedelta(hours=1), now)
        reminder.detail = detail[:200]
