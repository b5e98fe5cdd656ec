from collections import Counter
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import CHANNELS

# Channels that go through a gateway; calls and letters are limited by the people who make them.
GATEWAY_CHANNELS = [(code, label) for code, label in CHANNELS if code in ("email", "sms")]
MINUTE, HOUR = 60, 3600
# Waves of waiting reminders that wake the dispatcher; later ones it meets on its own rounds.
WAVES_AWAKE = 60


class KgwRateLimit(models.Model):
    """How many messages the gateway of a company takes in any minute and in any hour.

    What was taken is counted in the row itself, which stays locked from the choice of what may go
    out to the commit of the claim: two dispatchers never exceed it together.
    """

    _name = "kgw.rate.limit"
    _description = "Rate Limit"
    _order = "channel, company_id"
    _rec_name = "channel"

    channel = fields.Selection(GATEWAY_CHANNELS, required=True, default="email")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
        help="The company whose mail servers or SMS gateway are used.",
    )
    per_minute = fields.Integer(help="Messages in any minute; 0: no limit.")
    per_hour = fields.Integer(help="Messages in any hour; 0: no limit.")
    taken = fields.Json(
        readonly=True, copy=False, help="Messages of the last hour, by the moment of their claim."
    )

    _once = models.UniqueIndex(
        "(channel, company_id)", "This channel of the company already has a limit."
    )
    _some_size = models.Constraint(
        "CHECK (per_minute >= 0 AND per_hour >= 0 AND per_minute + per_hour > 0)",
        "Enter how many messages may go out in a minute or in an hour.",
    )

    # === DISPATCH === #

    @api.model
    def _admit(self, candidates, now):
        """Return those of ``candidates``, all of one channel, that their gateways may take now.

        Their limits stay locked until the transaction ends. When no token is left, all that is
        due on the channel waits in waves. Where another dispatcher has just counted, nothing is
        admitted: it is asked again in a new transaction.
        """
        limits = self._get_limits(candidates)
        if not limits:
            return candidates
        try:
            with self.env.cr.savepoint():
                limits._lock()
                return limits._choose(candidates, now)
        except SerializationFailure:
            self.env["kgw.dispatcher"]._wake()
            return candidates.browse()

    @api.model
    def _count(self, claimed, now):
        """Count ``claimed`` reminders, which :meth:`_admit` let through in this transaction."""
        for limit, batch in self._get_limits(claimed)._split(claimed).items():
            if limit:
                limit._take(len(batch), now)

    def _get_limits(self, reminders):
        return self.search([("channel", "=", reminders[:1].channel)])

    def _split(self, reminders):
        """Return ``{limit: reminders}``; a company without a limit is under the empty one."""
        by_company = self.grouped("company_id")
        return reminders.grouped(lambda r: by_company.get(r.mandate_id.company_id, self.browse()))

    def _lock(self):
        """Lock these rows; waits for the dispatcher that has them.

        :raise SerializationFailure: that one has counted since this transaction began
        """
        self.env.cr.execute(
            SQL(
                "SELECT id FROM kgw_rate_limit WHERE id IN %s ORDER BY id FOR UPDATE",
                tuple(self.ids),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset(["taken"])

    def _choose(self, candidates, now):
        admitted = candidates.browse()
        for limit, batch in self._split(candidates).items():
            room = limit._get_room(now) if limit else len(batch)
            if not room:
                limit._put_off(now)
            admitted |= batch[:room]
        return admitted

    # === TOKENS === #

    def _take(self, count, now):
        """Count ``count`` messages that go out at ``now``; the row is locked."""
        self.taken = dict(
            Counter(self._get_taken(HOUR, now)) + Counter({fields.Datetime.to_string(now): count})
        )

    def _get_taken(self, seconds, now):
        """Return ``{moment: count}`` of what went out in the last ``seconds``."""
        since = fields.Datetime.to_string(now - timedelta(seconds=seconds))
        return {moment: count for moment, count in (self.taken or {}).items() if moment > since}

    def _get_room(self, now):
        """Return how many messages may go out at ``now``."""
        room = [
            size - sum(self._get_taken(seconds, now).values())
            for size, seconds in ((self.per_minute, MINUTE), (self.per_hour, HOUR))
            if size
        ]
        return max(min(room), 0)

    def _get_free_at(self, size, seconds, now):
        """Return the first moment from ``now`` on at which ``size`` leaves room."""
        moments = self._get_taken(seconds, now)
        total, free_at = sum(moments.values()), now
        for moment in sorted(moments):
            if total < size:
                break
            total -= moments[moment]
            free_at = fields.Datetime.to_datetime(moment) + timedelta(seconds=seconds)
        return free_at

    def _put_off(self, now):
        """Let all that is due on this channel wait for its tokens."""
        reminders = self.env["kgw.reminder"]
        reminders.flush_model()
        waves = self.env.execute_query(self._get_wait_query(now))
        reminders.invalidate_model(["not_before", "waiting_reason"])
        self.env["kgw.dispatcher"]._wake([wave[0] for wave in waves[:WAVES_AWAKE]])

    def _get_wait_query(self, now):
        """Return the statement that gives each waiting reminder its wave, and the register why."""
        dispatcher = self.env["kgw.dispatcher"]
        return SQL(
            """
            WITH rest AS MATERIALIZED (
                SELECT r.id, r.case_id, r.mandate_id, r.step_id, r.waiting_reason
                  FROM kgw_reminder r
                  JOIN kgw_mandate m ON m.id = r.mandate_id AND m.company_id = %(company)s
                 WHERE %(is_due)s
                 ORDER BY r.id
                   FOR UPDATE OF r SKIP LOCKED
            ), place AS (
                SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM rest
            ), moved AS (
                UPDATE kgw_reminder r
                   SET waiting_reason = 'rate', not_before = GREATEST(%(by_minute)s, %(by_hour)s)
                  FROM place WHERE place.id = r.id
             RETURNING r.not_before
            ), event AS (
                INSERT INTO kgw_event (kind, at, user_id, mandate_id, case_id, reminder_id, step_id,
                                       channel, reason)
                SELECT 'waiting', %(now)s, %(uid)s, mandate_id, case_id, id, step_id,
                       %(channel)s, 'rate'
                  FROM rest WHERE waiting_reason IS DISTINCT FROM 'rate'
            )
            SELECT DISTINCT not_before FROM moved ORDER BY not_before
        """,
            company=self.company_id.id,
            is_due=dispatcher._get_candidate_condition(self.channel, now),
            by_minute=self._get_wave_expression(self.per_minute, MINUTE, now),
            by_hour=self._get_wave_expression(self.per_hour, HOUR, now),
            now=now,
            uid=self.env.uid,
            channel=self.channel,
        )

    def _get_wave_expression(self, size, seconds, now):
        """Return when the wave of ``place.number`` may go, or NULL without such a limit."""
        if not size:
            return SQL("NULL::timestamp")
        return SQL(
            "%s::timestamp + (place.number / %s) * %s * interval '1 second'",
            self._get_free_at(size, seconds, now),
            size,
            seconds,
        )
