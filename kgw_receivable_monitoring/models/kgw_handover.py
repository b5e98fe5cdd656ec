import json

from psycopg2.errors import SerializationFailure

from odoo import api, models
from odoo.tools import SQL, split_every

from ..tools import calendar
from .kgw_channel import Outcome

# Collisions with another transaction after which what was to be handed over goes back.
BEGIN_ATTEMPTS = 5


class KgwHandover(models.AbstractModel):
    """From the claim to the outcome: begin, commit, send, note; at the end the register.

    What a claim prepared is handed over in small batches. Each is *begun* in a transaction of its
    own: only what is as the gate saw it (nothing of its case, mandate or receivables was written
    since) and what nobody stopped. The same transaction notes what the gateway answered for the
    batch before. So a process that dies leaves three kinds of claimed reminders: not begun (they
    go back), answered (they are recorded), begun without an answer: nobody can know.
    """

    _name = "kgw.handover"
    _description = "Handing Over to a Gateway"

    @api.model
    def _hand_over(self, door, claimed, versions, now):
        """Hand over what was claimed; return the seconds left for this run.

        What is not begun when the time is up, or is not as the gate saw it any more, goes back.

        :param door: model of the channel, connected
        :param versions: of :meth:`_get_versions`, from the transaction of the claim
        """
        progress, outcomes, last = self.env["ir.cron"]._commit_progress, {}, {}
        for batch in split_every(door._send_size, claimed.ids, claimed.browse):
            begun = self._begin(batch, versions, last, now)
            left = progress(len(last))
            last = door._send(begun) if begun else {}
            outcomes |= last
            if not left:
                break
        self._begin(claimed.browse(), versions, last, now)
        progress(len(last))
        self._settle(outcomes, now)
        left_over = claimed.filtered(lambda r: r not in outcomes and r.state == "claimed")
        self._take_back(left_over, now)
        return progress()

    # === BEGIN === #

    @api.model
    def _get_versions(self, reminders):
        """Return ``{reminder id: version}`` of what the gate has just judged under lock."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT r.id, %s FROM kgw_reminder r JOIN kgw_case c ON c.id = r.case_id"
                " JOIN kgw_mandate m ON m.id = r.mandate_id WHERE r.id = ANY(%s)",
                self._get_version(),
                reminders.ids,
            )
        )
        return dict(rows)

    def _get_version(self):
        """Return the expression that changes with every write to what reminder ``r`` is about."""
        return SQL(
            """concat_ws(' ', c.xmin, m.xmin, (
                SELECT string_agg(l.xmin::text, ' ' ORDER BY l.id)
                  FROM kgw_reminder_line rl JOIN account_move_line l ON l.id = rl.receivable_id
                 WHERE rl.reminder_id = r.id))"""
        )

    def init(self):
        """Create the function of :meth:`_begin`: PostgreSQL plans its statements once a session,
        which costs more than they do."""
        self.env.cr.execute(
            SQL(
                """
            CREATE OR REPLACE FUNCTION kgw_handover_begin(
                answered int[], answers text[], chosen int[], versions text[], moment timestamp, today date
            ) RETURNS SETOF int AS $$
            BEGIN
                UPDATE kgw_reminder r
                   SET answer = known.answer::jsonb
                  FROM unnest(answered, answers) AS known(id, answer)
                 WHERE r.id = known.id;
                RETURN QUERY %s;
            END;
            $$ LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
            """,
                self._get_begin_query(),
            )
        )

    def _get_begin_query(self):
        """Return the statement that marks what is begun.

        The reminders are picked by their ids first: at rest hardly anything is claimed, so of the
        state PostgreSQL expects one row, and would read the whole claim for each of its messages.
        """
        return SQL(
            """
            WITH picked AS MATERIALIZED (
                SELECT r.id, r.case_id, r.mandate_id, r.state
                  FROM kgw_reminder r WHERE r.id = ANY(chosen)
            ), free AS MATERIALIZED (
                SELECT c.id, c.xmin
                  FROM kgw_case c WHERE c.id IN (SELECT case_id FROM picked)
                   FOR NO KEY UPDATE SKIP LOCKED
            )
            UPDATE kgw_reminder r
               SET handed_at = moment
              FROM unnest(chosen, versions) AS known(id, version), picked p, free c, kgw_mandate m
             WHERE r.id = known.id AND p.id = known.id AND p.state = 'claimed'
               AND c.id = p.case_id AND m.id = p.mandate_id AND %(version)s = known.version
               AND NOT EXISTS (
                   SELECT 1 FROM kgw_hold h
                    WHERE %(in_force)s
                      AND h.move_id IS NULL
                      AND (h.case_id IS NULL OR h.case_id = r.case_id)
                      AND (h.mandate_id IS NULL OR h.mandate_id = r.mandate_id)
                      AND (h.brand_id IS NULL OR h.brand_id = r.brand_id)
                      AND (h.channel IS NULL OR h.channel = r.channel))
         RETURNING r.id
            """,
            version=self._get_version(),
            in_force=self.env["kgw.planner"]._get_hold_condition(SQL("today")),
        )

    def _begin(self, batch, versions, last, now):
        """Note the outcomes of ``last`` and mark those of ``batch`` that may be handed over now.

        A case on which somebody works at this moment is left out, and so are all when others keep
        writing what this transaction reads.
        """
        for _attempt in range(BEGIN_ATTEMPTS):
            try:
                return self._mark_begun(batch, versions, last, now)
            except SerializationFailure:
                self.env.cr.rollback()
        return batch.browse()

    def _mark_begun(self, batch, versions, last, now):
        self.env.cr.execute(
            "SELECT kgw_handover_begin(%s, %s, %s, %s, %s, %s)",
            (
                [reminder.id for reminder in last],
                [json.dumps(outcome._asdict()) for outcome in last.values()],
                batch.ids,
                [versions[reminder_id] for reminder_id in batch.ids],
                now,
                calendar.local_date(now),
            ),
            log_exceptions=False,
        )
        begun = {row[0] for row in self.env.cr.fetchall()}
        batch.invalidate_model(["handed_at", "answer"], flush=False)
        return batch.browse(reminder_id for reminder_id in batch.ids if reminder_id in begun)

    # === OUTCOME === #

    @api.model
    def _settle(self, outcomes, now):
        """Record what became of each message; one that can't be recorded stays claimed, says so,
        and is tried again at the next start."""
        reminders = self.env["kgw.reminder"].union(*outcomes)
        self.env["kgw.dispatcher"]._work_together(
            reminders,
            lambda batch: self._record({r: outcomes[r] for r in batch}, now),
            lambda reminder, error: reminder.write(
                {"detail": self.env._("Its outcome can't be recorded (%s)", type(error).__name__)}
            ),
        )

    def _record(self, outcomes, now):
        """Write outcomes into reminders, course and register; those that fared alike at once."""
        alike = {}
        for reminder, outcome in outcomes.items():
            if outcome.state == "sent" and outcome.ref:
                reminder.message_ref = outcome.ref
            fared = outcome.state, "" if outcome.state == "sent" else outcome.detail
            alike.setdefault(fared, []).append(reminder.id)
        for (state, detail), ids in alike.items():
            self._mark(self.env["kgw.reminder"].browse(ids), state, detail, now)

    def _mark(self, reminders, state, detail, now):
        if state == "sent":
            reminders._mark_sent(now)
        elif state == "failed":
            reminders._mark_failed(now, detail)
        elif state == "dead":
            reminders._mark_refused(now, detail)
        elif state == "unknown":
            reminders._set_state("unknown", now, detail=detail)

    def _take_back(self, reminders, now):
        """Let what was claimed and never handed over be planned again, as if it had not been."""
        first = reminders.filtered(lambda r: r.attempts == 1)
        for claimed_at, batch in first.grouped("state_at").items():
            # Nobody has rights on the counts across creditors.
            self.env["kgw.person"].sudo()._uncount(batch, claimed_at)
        if first:
            first._get_channel()._drop_rows(first)
        for attempts, batch in reminders.grouped("attempts").items():
            batch.attempts = attempts - 1
        reminders._set_state("planned", now)

    # === RECOVERY === #

    @api.model
    def _recover(self, door, channel, now):
        """Bring to an end what a dead run of this cron had claimed.

        While a cron runs, Odoo keeps its ``ir_cron`` row locked: what is found claimed by this
        cron at its start is from a process that is dead.
        """
        cron_id = self.env.context.get("cron_id")
        if not cron_id:
            return
        dead = self.env["kgw.reminder"].search(
            [
                ("channel", "=", channel),
                ("state", "=", "claimed"),
                ("cron_id", "=", cron_id),
                ("print_run_id", "=", False),
            ]
        )
        if not dead:
            return
        begun = dead.filtered("handed_at")
        self._take_back(dead - begun, now)
        answered = begun.filtered("answer")
        again = self._get_repeatable(door, begun - answered, now)
        lost = Outcome("unknown", self.env._("The process that was sending it died"))
        self._settle(
            {
                **{reminder: Outcome(**reminder.answer) for reminder in answered},
                **dict.fromkeys(begun - answered - again, lost),
            },
            now,
        )
        self.env["ir.cron"]._commit_progress()
        if again:
            outcomes = door._send(again)
            self._begin(again.browse(), {}, outcomes, now)
            self.env["ir.cron"]._commit_progress()
            self._settle(outcomes, now)

    def _get_repeatable(self, door, uncertain, now):
        """Return those of ``uncertain`` that may be handed over once more, at once.

        The gateway must know their keys again, so that it takes none twice, and the gate must let
        the same words through as they were: then it does not matter which of the two arrives.
        """
        known = door._get_known_again(uncertain)
        gate = self.env["kgw.gate"]
        return known.filtered(
            lambda r: (
                not gate._judge(r, now).reason and door._prepare_content(r, now)["body"] == r.body
            )
        )
