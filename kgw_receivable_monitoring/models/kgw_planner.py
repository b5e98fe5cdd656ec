from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import calendar


class KgwPlanner(models.AbstractModel):
    """Decides *when*: turns what is due on a day into planned reminders, set by set.

    Everything takes the day as an argument; running the same day again plans nothing new.
    """

    _name = "kgw.planner"
    _description = "Monitoring Planner"

    @api.model
    def _cron_run_day(self):
        now = fields.Datetime.now()
        self._run_day(calendar.local_date(now), now)

    @api.model
    def _run_day(self, on_date, now=None, cases=None):
        """Do everything that is due on ``on_date`` short of contacting anybody.

        :param on_date: the day, in Poland
        :param now: moment to write into the register, naive UTC; noon of the day by default
        :param cases: keep to these, as a preview does, and leave out what concerns whole mandates
        """
        now = now or calendar.noon(on_date)
        if cases is None:
            self.env["kgw.brake"]._hold_beside_other_engines(on_date, now)
            self.env["kgw.enrolment"]._enrol_own_sales(on_date, now)
            self.env["kgw.hold"]._release_due(now)
        self._close_stages(on_date, now, cases)
        self._close_past_days(on_date, now, cases)
        self.env["kgw.decision"]._carry_out_scheduled(now, cases)
        self.env["kgw.decision"]._withdraw_kept_back(now, cases)
        for waiting in ("kgw.decision", "kgw.dispute"):
            self.env[waiting]._lapse(on_date, now, cases)
        self.env["kgw.promise"]._decide_due(on_date, now, cases)
        self._refresh_stale_pointers(on_date, now, cases)
        while self._ask_and_report(on_date, now, cases):
            self.env["account.move.line"].flush_model()
        self.env["kgw.promise.confirmation"]._plan_late(now, cases)
        planned = self._plan(on_date, now, cases)
        if cases is None:
            self.env["kgw.brake"]._hold_unusual_volume(on_date, now)
            self.env["kgw.creditor.mail"]._ask_for_payments(on_date)
            if planned:
                self.env["kgw.dispatcher"]._wake()
        return planned

    # === WHAT THE DAY BEGINS WITH === #

    @api.model
    def _close_stages(self, on_date, now, cases=None):
        """Bring stages up to date and take settled receivables out of what is planned."""
        # Who looks at a case ahead of time need have no rights in accounting.
        lines = self.env["account.move.line"].sudo()
        chosen = None if cases is None else lines.search([("kgw_case_id", "in", cases.ids)])
        changed = self.env["account.move.line"]._kgw_flush_stages(on_date, chosen)
        self.env["kgw.event"]._record(
            [
                line._kgw_prepare_event_vals("stage", now, payload={"stage": line.kgw_stage})
                for line in changed
            ]
        )
        closed = changed.filtered(lambda r: r.kgw_stage == "closed")
        self._drop_settled(closed, now)
        # What was settled and is owed again (a payment taken back) lost its next step by closing.
        (changed - closed).filtered(lambda r: not r.kgw_next_step_id)._kgw_refresh_course(
            on_date, now
        )

    @api.model
    def _close_past_days(self, on_date, now, cases=None):
        """What was planned for a past day is planned anew; calls past their window are over."""
        chosen = self._get_chosen("case_id", cases)
        past = [
            ("planned_on", "<", on_date),
            ("state", "=", "planned"),
            ("channel", "!=", "phone"),
            ("step_id", "!=", False),
            "|",
            "&",
            ("origin_id", "=", False),
            ("decision_id", "=", False),
            ("until", "<", on_date),
        ]
        self.env["kgw.reminder"].search(chosen + past)._set_state(
            "cancelled", now, reason="replanned"
        )
        calls = self.env["kgw.reminder"].search(
            [
                *chosen,
                ("channel", "=", "phone"),
                ("state", "in", ("planned", "failed")),
                ("until", "<", on_date),
            ]
        )
        tried = calls.filtered("attempts")
        overdue = self.env["kgw.reminder"]._get_overdue_tries(on_date)
        tried |= self.env["kgw.reminder"].search([*chosen, *overdue])
        tried.filtered(lambda r: r.state == "failed")._mark_undelivered(now)
        (calls - tried)._set_state("cancelled", now, reason="lapsed")

    @api.model
    def _refresh_stale_pointers(self, on_date, now, cases=None):
        """Ask the course again where its last answer may be out of date."""
        self.env.flush_all()
        stale = self.env["kgw.course.facts"]._find_stale(on_date, cases)
        stale._kgw_refresh_course(on_date, now)

    def _get_chosen(self, field, cases):
        """Return the domain that keeps to ``cases``; nothing for None, which means all."""
        return [] if cases is None else [(field, "in", cases.ids)]

    @api.model
    def _drop_settled(self, lines, now):
        """Take settled receivables out of what is still planned and asked; empty reminders are
        cancelled."""
        about = [("receivable_id", "in", lines.ids), ("void", "=", False)]
        # A printed letter lies in a pile: it is named when the pile is posted.
        planned = [("reminder_id.state", "in", ("planned", "failed"))]
        reminders = self.env["kgw.reminder.line"].search([*about, *planned]).reminder_id
        for reminder in reminders:
            if not reminder._get_owed_lines()._get_main():
                reminder._set_state("cancelled", now, reason="paid")
        self.env["kgw.decision"]._withdraw_settled(lines, now)

    # === STEPS WITHOUT CHANNEL === #

    @api.model
    def _ask_and_report(self, on_date, now, cases=None):
        """Ask creditors and report to them what is due; returns whether anything was done."""
        due = self.env["account.move.line"].search(
            [
                *self._get_chosen("kgw_case_id", cases),
                ("kgw_next_date", "<=", on_date),
                ("kgw_next_act", "in", ("approval", "question", "report")),
                ("kgw_case_id.mandate_id.state", "=", "active"),
            ]
        )
        stopped = self.env["kgw.hold"]._get_stopped(due.kgw_case_id.mandate_id, on_date)
        due = due.filtered(lambda r: r.kgw_case_id.mandate_id not in stopped)
        consents = due.filtered(lambda r: r.kgw_next_act == "approval")
        due -= due.browse().union(*self.env["kgw.decision"]._get_kept_back(consents, on_date))
        # What is paid in instalments, as agreed, is asked about and reported once these have ended.
        agreed = self.env["kgw.promise"]._get_open(due - consents).filtered("decision_id")
        due -= (due - consents) & agreed.receivable_ids
        given = self.env["kgw.decision"]._pass_given_away(due - consents, on_date, now)
        for (_case, step), lines in (
            (due - given).grouped(lambda r: (r.kgw_case_id, r.kgw_next_step_id)).items()
        ):
            if lines[0].kgw_next_act != "report":
                kind = "approval" if lines[0].kgw_next_act == "approval" else "horizon"
                decision = self.env["kgw.decision"]._ask(kind, step, lines, on_date, now)
                self.env["kgw.creditor.mail"]._ask(decision)
        reports = (due - given).filtered(lambda r: r.kgw_next_act == "report")
        for mandate, lines in reports.grouped(lambda r: r.kgw_case_id.mandate_id).items():
            self.env["kgw.creditor.mail"]._report(mandate, lines, on_date, now)
        due._kgw_refresh_course(on_date, now)
        return bool(due)

    # === PLAN === #

    @api.model
    def _plan(self, on_date, now, cases=None):
        """Plan the contacts due on ``on_date`` and return how many; one statement.

        One reminder per case: led by what does not wait for payments to be known, of that by what
        would lapse before the next slot, a demand before the first announcement of an invoice, else
        by the highest rung due. Receivables of the same side whose own step is due, and no
        harsher than the leader's, are taken along; all others of that side are only named.
        """
        self.env.flush_all()
        self.env.cr.execute(self._get_plan_query(on_date, now, cases))
        planned = self.env.cr.fetchone()[0]
        self.env.invalidate_all(flush=False)
        return planned

    def _get_plan_query(self, on_date, now, cases=None):
        """Return the statement that writes reminders, their lines, pointers and events.

        From so many conditions PostgreSQL expects one row, and would compare each due receivable
        with all others. A function that gives one row, and of which it expects a hundred, lets it
        join by hash: the cost follows the number of rows, not its square.
        """
        return SQL(
            """
            WITH near AS MATERIALIZED (
                SELECT id, kgw_case_id, kgw_next_step_id, kgw_next_until, kgw_stage, move_id,
                       kgw_effective_due, kgw_course
                  FROM account_move_line
                 WHERE %(chosen)s
                   AND kgw_next_date <= %(on_date)s AND kgw_next_until >= %(on_date)s
                   AND kgw_next_act = 'contact' AND no_followup IS NOT TRUE
            ),
            due AS (
                SELECT chosen.* FROM (%(due)s OFFSET 0) AS chosen, %(many)s
            ),
            leader AS (
                SELECT DISTINCT ON (case_id) * FROM due
                 ORDER BY case_id, is_known DESC, lapses DESC, rung_level DESC, offset_days, receivable_id
            ),
            reminder AS (
                INSERT INTO kgw_reminder (
                    key, case_id, mandate_id, brand_id, controller_id, step_id, template_id, channel,
                    rung, side, planned_on, until, state, state_at, attempts)
                SELECT replace(gen_random_uuid()::text, '-', ''), case_id, mandate_id,
                       CASE side WHEN 'before' THEN brand_before_id ELSE brand_after_id END,
                       controller_id, step_id, template_id, channel,
                       rung, side, %(on_date)s, until, 'planned', %(now)s, 0
                  FROM leader
                ON CONFLICT (case_id) WHERE state IN ('planned', 'claimed', 'failed', 'unknown')
                DO NOTHING
             RETURNING id, case_id, step_id, channel, side, mandate_id
            ),
            line AS (
                INSERT INTO kgw_reminder_line (
                    reminder_id, receivable_id, move_id, instalment, course, role, step_id, rung, channel)
                SELECT side.reminder_id, side.id, side.move_id, side.kgw_instalment, side.kgw_course,
                       CASE WHEN side.id = leader.receivable_id THEN 'lead'
                            WHEN due.receivable_id IS NULL THEN 'carried' ELSE 'taken' END,
                       due.step_id, due.rung, side.channel
                  FROM (SELECT r.id AS reminder_id, r.case_id, r.channel, l.id, l.move_id,
                               l.kgw_instalment, l.kgw_course
                          FROM reminder r
                          JOIN account_move_line l ON l.kgw_case_id = r.case_id
                           AND l.kgw_stage = CASE r.side WHEN 'before' THEN 'before_due' ELSE 'overdue' END
                         CROSS JOIN %(many)s
                         WHERE l.no_followup IS NOT TRUE
                           AND NOT EXISTS (SELECT 1 FROM kgw_hold h WHERE h.move_id = l.move_id
                                              AND %(move_hold)s)
                        OFFSET 0) AS side
                  JOIN leader ON leader.case_id = side.case_id
                  LEFT JOIN due ON due.receivable_id = side.id AND due.rung_level <= leader.rung_level
             RETURNING reminder_id, receivable_id, step_id
            ),
            pointer AS (
                UPDATE account_move_line l SET kgw_next_date = NULL
                  FROM line WHERE l.id = line.receivable_id AND line.step_id IS NOT NULL
            ),
            event AS (
                INSERT INTO kgw_event (kind, at, user_id, mandate_id, case_id, reminder_id, step_id, channel)
                SELECT 'planned', %(now)s, %(uid)s, mandate_id, case_id, id, step_id, channel FROM reminder
            )
            SELECT count(*) FROM reminder
        """,
            due=self._get_due_query(on_date),
            chosen=SQL("TRUE") if cases is None else SQL("kgw_case_id = ANY(%s)", cases.ids),
            on_date=on_date,
            now=now,
            uid=self.env.uid,
            move_hold=self._get_hold_condition(on_date),
            many=SQL("json_array_elements('[1]') AS many"),
        )

    def _get_due_query(self, on_date):
        """Return the query of those of ``near`` whose own contact step may be planned."""
        return SQL(
            """
            SELECT l.id AS receivable_id, l.kgw_case_id AS case_id, l.kgw_next_until AS until,
                   c.mandate_id, c.controller_id, m.brand_before_id, m.brand_after_id,
                   s.id AS step_id, way.template_id, way.channel, s.rung, s.rung_level, s.offset_days, side.side,
                   (l.kgw_next_until < slot.day AND CASE side.side WHEN 'before' THEN NOT EXISTS (
                        SELECT 1 FROM kgw_reminder_line told
                          JOIN kgw_reminder r ON r.id = told.reminder_id
                           AND r.state IN ('sent', 'delivered')
                         WHERE told.receivable_id = l.id AND told.course = l.kgw_course
                           AND told.step_id IS NOT NULL AND told.void IS NOT TRUE)
                        ELSE s.rung IN ('demand', 'final') END) AS lapses,
                   (side.side = 'before' OR m.is_own_sales IS TRUE
                    OR COALESCE(m.coverage_date >= l.kgw_effective_due, FALSE)) AS is_known
              FROM near l
              JOIN kgw_case c ON c.id = l.kgw_case_id
              JOIN kgw_mandate m ON m.id = c.mandate_id AND m.state = 'active'
              JOIN kgw_scenario_step s ON s.id = l.kgw_next_step_id AND s.kind = 'contact'
              JOIN kgw_scenario sc ON sc.id = s.scenario_id
              JOIN kgw_kind k ON k.id = c.kind_id
              JOIN LATERAL (%(way)s) way ON TRUE
              JOIN LATERAL (SELECT CASE WHEN s.offset_days < 0 THEN 'before' ELSE 'after' END AS side,
                                   CASE WHEN s.offset_days < 0 THEN sc.gap_before_days
                                        ELSE sc.gap_after_days END AS gap) side ON TRUE
              JOIN %(slots)s AS slot(gap, day) ON slot.gap = side.gap
             WHERE (%(is_working_day)s OR (%(is_saturday)s AND k.on_saturday AND way.channel <> 'letter'))
               AND l.kgw_stage = CASE side.side WHEN 'before' THEN 'before_due' ELSE 'overdue' END
               AND NOT EXISTS (SELECT 1 FROM kgw_reminder o WHERE o.case_id = c.id
                                  AND o.state IN ('planned', 'claimed', 'failed', 'unknown'))
               AND NOT EXISTS (SELECT 1 FROM kgw_reminder o WHERE o.case_id = c.id
                                  AND o.contact_on > %(on_date)s - side.gap)
               AND NOT EXISTS (SELECT 1 FROM kgw_hold h
                                WHERE (h.case_id IS NULL OR h.case_id = c.id)
                                  AND (h.mandate_id IS NULL OR h.mandate_id = m.id)
                                  AND (h.move_id IS NULL OR h.move_id = l.move_id)
                                  AND (h.channel IS NULL OR h.channel = way.channel)
                                  AND (h.brand_id IS NULL OR h.brand_id = CASE side.side
                                       WHEN 'before' THEN m.brand_before_id ELSE m.brand_after_id END)
                                  AND %(hold)s)
        """,
            on_date=on_date,
            hold=self._get_hold_condition(on_date),
            slots=self._get_slots(on_date),
            way=self._get_way_query(),
            is_working_day=calendar.is_working_day(on_date),
            is_saturday=on_date.weekday() == 5 and not calendar.is_day_off(on_date),
        )

    def _get_slots(self, on_date):
        """Return ``(gap, day)`` rows: the next working day after each gap used in scenarios."""
        scenarios = self.env["kgw.scenario"].with_context(active_test=False)
        pairs = scenarios._read_group([], ["gap_before_days", "gap_after_days"])
        gaps = sorted({gap for pair in pairs for gap in pair})
        days = [calendar.forward(on_date + timedelta(days=gap)) for gap in gaps]
        return SQL("unnest(%s::int[], %s::date[])", gaps, days)

    def _get_way_query(self):
        """Return the query for the channel of step ``s`` in case ``c``: its own where there is a
        usable contact point and it is not closed, else the fallback."""
        return SQL(
            """
            SELECT way.channel, way.template_id
              FROM (VALUES (1, s.channel, s.template_id), (2, s.fallback_channel, s.fallback_template_id))
                   AS way(rank, channel, template_id)
             WHERE way.channel IS NOT NULL
             ORDER BY EXISTS (SELECT 1 FROM kgw_contact_point p
                               WHERE p.case_id = c.id AND p.state IN ('unverified', 'verified')
                                 AND p.kind = CASE way.channel WHEN 'email' THEN 'email'
                                                  WHEN 'letter' THEN 'address' ELSE 'phone' END)
                      AND NOT EXISTS (SELECT 1 FROM kgw_hold h WHERE h.channel = way.channel
                                         AND %(closing)s) DESC,
                      way.rank
             LIMIT 1
        """,
            closing=self.env["kgw.hold"]._get_closing_condition(),
        )

    def _get_hold_condition(self, on_date):
        """Return the condition that hold ``h`` is in force on ``on_date``."""
        return SQL(
            "h.lifted_at IS NULL AND h.from_date <= %(day)s"
            " AND (h.until_date IS NULL OR h.until_date >= %(day)s)",
            day=on_date,
        )
