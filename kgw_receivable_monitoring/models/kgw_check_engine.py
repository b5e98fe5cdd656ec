from datetime import timedelta

from dateutil.relativedelta import relativedelta
from psycopg2.errors import SerializationFailure

from odoo import fields, models
from odoo.tools import SQL

from ..const import CHANNELS
from ..tools import calendar
from ..tools.health import Check, listed, when
from ..tools.notice import notice

CRONS = "base.ir_cron_act"
REMINDERS = "kgw_receivable_monitoring.action_kgw_reminder"
PRINT_RUNS = "kgw_receivable_monitoring.action_kgw_print_run"
# A scheduled action is late when it did not run for its period and this much more.
GRACE = timedelta(minutes=15)
DEAD_DAYS = 7
# Working days that printed letters may lie.
POSTING_DAYS = 2
SEAL_WARNING, SEAL_ALARM = timedelta(hours=3), timedelta(days=1)


class KgwCheckEngine(models.AbstractModel):
    """Checks of the engine: is it running, and is nothing stuck in it?

    A check takes the moment (naive UTC), reads by sets and writes nothing.
    """

    _name = "kgw.check.engine"
    _description = "Checks: Engine"

    # === SCHEDULED ACTIONS === #

    def _get_crons_sudo(self):
        """Return our scheduled actions, also those switched off."""
        names = self.env["ir.model.data"].sudo()
        rows = names.search([("module", "=like", "kgw\\_%"), ("model", "=", "ir.cron")])
        # Only the system may read scheduled actions; what is shown of them is when they ran.
        crons_sudo = self.env["ir.cron"].sudo().with_context(active_test=False)
        return crons_sudo.search([("id", "in", rows.mapped("res_id"))])

    def _get_period(self, cron_sudo):
        """Return the pause between two runs."""
        start = fields.Datetime.from_string("2026-01-01 00:00:00")
        pause = relativedelta(**{cron_sudo.interval_type: cron_sudo.interval_number})
        return start + pause - start

    def _is_late(self, cron_sudo, now):
        last = cron_sudo.lastcall or cron_sudo.create_date
        return last + self._get_period(cron_sudo) + GRACE < now

    def _describe_cron(self, cron_sudo, now):
        values = {
            "name": cron_sudo.name,
            "last": when(self.env, cron_sudo.lastcall) if cron_sudo.lastcall else "—",
            "failures": cron_sudo.failure_count,
        }
        if not cron_sudo.active:
            return self.env._("%(name)s: SWITCHED OFF, last run %(last)s", **values)
        if self._is_late(cron_sudo, now):
            return self.env._("%(name)s: LATE, last run %(last)s", **values)
        if not cron_sudo.lastcall:
            return self.env._("%(name)s: not run yet", **values)
        if cron_sudo.failure_count:
            return self.env._("%(name)s: FAILED %(failures)s×, last run %(last)s", **values)
        return self.env._("%(name)s: last run %(last)s", **values)

    def _check_crons(self, now):
        crons_sudo = self._get_crons_sudo()
        bad = crons_sudo.filtered(lambda c: not c.active or self._is_late(c, now))
        failed = crons_sudo.filtered("failure_count") - bad
        level = "alarm" if bad else "warning" if failed else "ok"
        ordered = bad + failed + (crons_sudo - bad - failed)
        domain = [("id", "in", crons_sudo.ids)]
        return Check(
            "crons",
            level,
            "\n".join(self._describe_cron(cron_sudo, now) for cron_sudo in ordered),
            self.env._(
                "Switch on what is switched off. If several are late, Odoo's cron workers do not run:"
                " check the service and max_cron_threads. Why one failed stands in Odoo's log."
            ),
            self.env._("Scheduled Actions"),
            (CRONS, domain),
        )

    # === REMINDERS === #

    def _check_due(self, now):
        domain = [
            ("state", "in", ("planned", "failed")),
            ("planned_on", "<=", calendar.local_date(now)),
            ("activity_ids", "=", False),
        ]
        rows = self.env.execute_query(self._get_due_query(now))
        labels = dict(self.env["kgw.reminder"]._fields["channel"]._description_selection(self.env))
        lines = [
            self.env._(
                "%(channel)s: %(count)s, the oldest due since %(since)s",
                channel=labels[channel],
                count=count,
                since=when(self.env, since),
            )
            for channel, count, since in rows
        ]
        return Check(
            "due",
            "alarm" if rows else "ok",
            "\n".join(lines) or self.env._("Nothing is due for longer than one round of sending."),
            self.env._(
                "See whether the scheduled actions that dispatch are running; if they are, Odoo's log"
                " says what keeps them."
            ),
            self.env._("Due Reminders"),
            (REMINDERS, domain),
        )

    def _get_due_query(self, now):
        """Return ``(channel, count, due since)`` of what was due longer ago than one period of the
        dispatcher, in contact hours, and is not handled."""
        self.env["kgw.reminder"].flush_model()
        codes = [code for code, _label in CHANNELS]
        today = calendar.local_date(now)
        return SQL(
            """
            SELECT r.channel, count(*), min(due.at)
              FROM kgw_reminder r
              JOIN kgw_case c ON c.id = r.case_id
              JOIN kgw_kind k ON k.id = c.kind_id
              JOIN unnest(%(channels)s, %(periods)s) AS round(channel, period)
                ON round.channel = r.channel
              CROSS JOIN LATERAL (
                SELECT GREATEST(r.planned_on::timestamp, r.state_at, r.not_before,
                                CASE r.state WHEN 'failed' THEN r.retry_at END) AS at) due
              CROSS JOIN LATERAL (
                SELECT %(now)s::timestamp AT TIME ZONE 'UTC' AT TIME ZONE c.tz AS at) wall
             WHERE r.state IN ('planned', 'failed') AND r.planned_on <= %(today)s
               AND due.at < %(now)s::timestamp - round.period
               AND (r.channel = 'letter'
                    OR (%(works)s OR (%(saturday)s AND k.on_saturday))
                   AND extract(epoch FROM wall.at::time) / 3600 BETWEEN k.hour_from AND k.hour_to)
               AND NOT EXISTS (SELECT 1 FROM mail_activity a WHERE a.kgw_reminder_id = r.id)
             GROUP BY r.channel ORDER BY min(due.at)
        """,
            channels=codes,
            periods=[self._get_period(self._get_dispatcher_sudo(code)) for code in codes],
            now=now,
            today=today,
            works=calendar.is_working_day(today),
            saturday=today.weekday() == 5 and not calendar.is_day_off(today),
        )

    def _get_dispatcher_sudo(self, channel):
        # As above: only how often it runs is read.
        return self.env.ref(f"kgw_receivable_monitoring.ir_cron_kgw_dispatch_{channel}").sudo()

    def _check_claimed(self, now):
        claimed = self.env["kgw.reminder"].search(
            [
                ("state", "=", "claimed"),
                ("print_run_id", "=", False),
                ("state_at", "<", now - GRACE),
            ]
        )
        running = self._get_running(claimed)
        stuck = claimed.filtered(lambda r: r.cron_id.id not in running)
        return Check(
            "claimed",
            "alarm" if stuck else "ok",
            self.env._("Claimed by a run that is no more: %s", len(stuck)),
            self.env._(
                "The process that was sending them died. The next run of the same scheduled action"
                " hands them to a person, who decides: start it."
            ),
            self.env._("Start the Dispatchers"),
            does="_wake_dispatchers",
        )

    def _get_running(self, claimed):
        """Return the ids of the scheduled actions of ``claimed`` that are running: Odoo keeps the
        row of one locked while it runs."""
        # Asked for by whoever looks at the page; only the id is read.
        ids = set(claimed.sudo().cron_id.ids)
        if not ids:
            return ids
        try:
            with self.env.cr.savepoint(flush=False) as point:
                query = SQL("SELECT id FROM ir_cron WHERE id IN %s FOR SHARE SKIP LOCKED", (*ids,))
                self.env.cr.execute(query, log_exceptions=False)
                idle = {row[0] for row in self.env.cr.fetchall()}
                point.rollback()  # the lock would keep them from starting
            return ids - idle
        except SerializationFailure:  # one has ended since this transaction began
            return ids

    def _wake_dispatchers(self):
        self.env["kgw.dispatcher"]._wake()
        return notice(self.env._("The dispatchers run within a minute."), sticky=True)

    def _check_uncertain(self, now):
        domain = [("state", "=", "unknown")]
        [(count, oldest)] = self.env["kgw.reminder"]._read_group(
            domain, [], ["__count", "state_at:min"]
        )
        today = calendar.local_date(now)
        late = oldest and calendar.add_working_days(calendar.local_date(oldest), 1) < today
        sentence = self.env._("Waiting for a person's decision: %s", count)
        if oldest:
            since = self.env._("the oldest since %s", when(self.env, oldest))
            sentence = f"{sentence}, {since}"
        return Check(
            "uncertain",
            "alarm" if late else "warning" if count else "ok",
            sentence,
            self.env._(
                "Ask the gateway or the counterparty, then press Count as Sent or Send Again. Until"
                " then nobody else contacts these counterparties."
            ),
            self.env._("Decide"),
            (REMINDERS, domain),
        )

    def _check_dead(self, now):
        domain = [("state", "=", "dead"), ("state_at", ">=", now - timedelta(days=DEAD_DAYS))]
        count = self.env["kgw.reminder"].search_count(domain)
        return Check(
            "dead",
            "warning" if count else "ok",
            self.env._("Given up in the last 7 days: %s", count),
            self.env._(
                "What the gateway said stands on each. Where the step has another channel, it was"
                " planned by itself; correct the contact data or the gateway."
            ),
            self.env._("Given Up"),
            (REMINDERS, domain),
        )

    def _check_texts(self, now):
        domain = [
            ("state", "in", ("planned", "failed")),
            ("waiting_reason", "in", ("text", "error")),
        ]
        rows = self.env["kgw.reminder"]._read_group(domain, ["template_id"], ["__count"])
        lines = [f"{template.display_name}: {count}" for template, count in rows]
        return Check(
            "texts",
            "alarm" if rows else "ok",
            listed(lines) or self.env._("Every text can be written."),
            self.env._(
                "The detail on the reminder names the place. Correct the template: the reminders are"
                " tried again every hour."
            ),
            self.env._("Waiting Reminders"),
            (REMINDERS, domain),
        )

    def _check_letters(self, now):
        oldest = calendar.add_working_days(calendar.local_date(now), -POSTING_DAYS)
        rows = self.env["kgw.reminder"]._read_group(
            [
                ("state", "=", "claimed"),
                ("print_run_id.state", "=", "open"),
                ("print_run_id.date", "<=", oldest),
            ],
            ["print_run_id"],
            ["__count"],
        )
        runs = self.env["kgw.print.run"].union(*(run for run, _count in rows))
        lines = [f"{run._describe()}: {count}" for run, count in rows]
        domain = [("id", "in", runs.ids)]
        return Check(
            "letters",
            "warning" if rows else "ok",
            listed(lines) or self.env._("No letter has waited for two working days."),
            self.env._(
                "Post them and press Mark as Posted; take out what must not go out any more."
            ),
            self.env._("Print Runs"),
            (PRINT_RUNS, domain),
        )

    # === REGISTER === #

    def _check_register(self, now):
        [(count, oldest)] = self.env["kgw.event"]._read_group(
            [("hash", "=", False)], [], ["__count", "at:min"]
        )
        if oldest:
            # A call may be recorded days later: nothing unsealed was written before what is sealed.
            sealed = self.env["kgw.event"].search([("hash", "!=", False)], order="id desc", limit=1)
            oldest = max(filter(None, (oldest, sealed.at)))
        age = now - oldest if oldest else timedelta()
        sentence = self.env._("Events not sealed yet: %s", count)
        if oldest:
            since = self.env._("the oldest since %s", when(self.env, oldest))
            sentence = f"{sentence}, {since}"
        return Check(
            "register",
            "alarm" if age > SEAL_ALARM else "warning" if age > SEAL_WARNING else "ok",
            sentence,
            self.env._(
                "The scheduled action that seals must run every hour. The button walks the whole"
                " chain and says whether every event is as it was written."
            ),
            self.env._("Verify the Chain"),
            does="_verify_register",
        )

    def _verify_register(self):
        broken = self.env["kgw.event"]._find_broken_link()
        if broken is None:
            return notice(self.env._("The register is whole: every seal fits."), sticky=True)
        return notice(
            self.env._(
                "Event number %s of the register does not fit its seal. Keep a copy of the database"
                " and call the administrator: somebody changed the register past Odoo.",
                broken,
            ),
            kind="danger",
            sticky=True,
        )
