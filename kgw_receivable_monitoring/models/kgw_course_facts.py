from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..const import CHANNEL_POINT, RUNG_LEVEL
from ..tools import calendar, course

# What a reminder in each state means for its step; of several, the first named here counts.
STEP_OUTCOME = {
    "planned": "open",
    "claimed": "open",
    "failed": "open",
    "unknown": "open",
    "sent": "reached",
    "delivered": "reached",
    "undelivered": "unreached",
    "dead": "unreached",
}
OUTCOME_ORDER = ("open", "reached", "unreached", "passed")


class KgwCourseFacts(models.AbstractModel):
    """What the course is asked with, read in bulk: steps done, rungs given, ways, approvals; and what
    it answers, stored in bulk."""

    _name = "kgw.course.facts"
    _description = "Facts for the Course"

    @api.model
    def _find_stale(self, on_date, cases=None):
        """Return the receivables whose stored next step may be another one on ``on_date``.

        Time alone changes the answer of the course when the first day of a step comes, on which
        route, conditions and answer time are looked at; when a further step comes due beside one
        not taken yet; when a last day passes. So what falls due on this very day stands, if it
        has a route, no condition, and is no demand.

        :param cases: keep to these; None means all
        """
        rows = self.env.execute_query(
            SQL(
                """
            SELECT l.id
              FROM account_move_line l LEFT JOIN kgw_scenario_step s ON s.id = l.kgw_next_step_id
             WHERE %(chosen)s AND l.kgw_next_date <= %(on_date)s
               AND l.kgw_stage IN ('before_due', 'overdue', 'elapsed')
               AND (l.kgw_next_date = %(on_date)s AND (l.kgw_next_act <> 'contact' OR (
                        l.kgw_next_until >= %(on_date)s AND s.rung_level < %(demand)s
                        AND s.only_unreached IS NOT TRUE AND s.if_new IS NOT TRUE
                        AND s.if_late IS NOT TRUE
                        AND COALESCE(s.if_amount_from, 0) = 0 AND COALESCE(s.min_amount, 0) = 0
                        AND EXISTS (
                            SELECT 1
                              FROM kgw_contact_point p
                              JOIN unnest(%(channels)s, %(kinds)s) AS way(channel, kind)
                                ON way.kind = p.kind
                             WHERE p.case_id = l.kgw_case_id
                               AND p.state IN ('unverified', 'verified')
                               AND way.channel IN (s.channel, s.fallback_channel)
                               AND NOT EXISTS (
                                   SELECT 1 FROM kgw_hold h JOIN kgw_case c ON c.id = l.kgw_case_id
                                    WHERE h.channel = way.channel AND %(closing)s))))) IS NOT TRUE
        """,
                chosen=SQL("TRUE") if cases is None else SQL("l.kgw_case_id = ANY(%s)", cases.ids),
                on_date=on_date,
                demand=RUNG_LEVEL["demand"],
                channels=list(CHANNEL_POINT),
                kinds=list(CHANNEL_POINT.values()),
                closing=self.env["kgw.hold"]._get_closing_condition(),
            )
        )
        return self.env["account.move.line"].browse(line_id for (line_id,) in rows)

    @api.model
    def _read(self, receivables):
        """Return ``{receivable id: (steps, course.Facts)}``; the steps are those of its scenario."""
        if not receivables:
            return {}
        self.env.flush_all()
        scenarios = receivables.kgw_case_id._get_scenarios()
        steps = {s: s._get_course_steps() if s else [] for s in {*scenarios.values()}}
        done, given = self._read_taken_steps(receivables)
        for line_id, step_id in self._read_passed_steps(receivables):
            done.setdefault(line_id, {}).setdefault(step_id, "passed")
        approvals = self._read_approvals(receivables)
        closed = self.env["kgw.hold"]._get_closed_channels(receivables.kgw_case_id)
        usable = receivables.kgw_case_id._get_usable_channels(closed)
        known = self._get_known_cases(receivables)
        asked = {}
        for line in receivables:
            case = line.kgw_case_id
            facts = course.Facts(
                due=line.date_maturity,
                effective_due=line.kgw_effective_due,
                entered_on=line.kgw_entered_on,
                horizon=scenarios[case].horizon_days,
                done=done.get(line.id, {}),
                given=given.get(line.id, {}),
                usable=usable.get(case.id, frozenset()),
                closed=closed.get(case.id, {}),
                approvals=approvals.get(line.id, {}),
                is_new=case.id not in known,
                was_late=case.was_late,
                amount=Decimal(str(line.amount_residual)),
            )
            asked[line.id] = steps[scenarios[case]], facts
        return asked

    def _get_known_cases(self, receivables):
        """Return the ids of the cases in which an invoice was settled already: not new ones."""
        settled = [
            ("kgw_case_id", "in", receivables.kgw_case_id.ids),
            ("kgw_stage", "=", "closed"),
            ("parent_state", "=", "posted"),  # what was taken back was never owed
        ]
        groups = self.env["account.move.line"]._read_group(settled, ["kgw_case_id"])
        return {case.id for [case] in groups}

    def _read_taken_steps(self, receivables):
        """Return the steps done and rungs given, from the lines of reminders that are not void."""
        rows = self.env.execute_query(
            SQL(
                """
            SELECT l.id, rl.step_id, rl.rung, r.state, r.effective_at, r.answer_by
              FROM account_move_line l
              JOIN kgw_reminder_line rl ON rl.move_id = l.move_id
               AND rl.instalment = l.kgw_instalment AND rl.course = l.kgw_course
              JOIN kgw_reminder r ON r.id = rl.reminder_id
             WHERE l.id = ANY(%s) AND rl.step_id IS NOT NULL AND rl.void IS NOT TRUE
             ORDER BY r.id
        """,
                list(receivables.ids),
            )
        )
        done, given = {}, {}
        for line_id, step_id, rung, state, effective_at, answer_by in rows:
            outcome = STEP_OUTCOME[state]
            taken = done.setdefault(line_id, {})
            taken[step_id] = min(outcome, taken.get(step_id, outcome), key=OUTCOME_ORDER.index)
            if outcome == "reached":
                effective = calendar.local_date(effective_at) if effective_at else None
                given.setdefault(line_id, {}).setdefault(
                    RUNG_LEVEL[rung],
                    course.Given(effective, answer_by),
                )
        return done, given

    def _read_passed_steps(self, receivables):
        """Return ``(receivable id, step id)`` of what was passed over, asked or reported; what a
        trial run asked and reported counts in that alone.

        Of the conditions PostgreSQL expects so few entries that it would read the whole register
        first: ``OFFSET 0`` lets it look up those of each receivable.
        """
        return self.env.execute_query(
            SQL(
                """
            SELECT l.id, e.step_id
              FROM account_move_line l
             CROSS JOIN LATERAL (
                       SELECT kind, step_id, mandate_id, payload FROM kgw_event
                        WHERE move_id = l.move_id AND instalment = l.kgw_instalment
                          AND course = l.kgw_course AND kind IN ('passed', 'question', 'report')
                          AND step_id IS NOT NULL
                       OFFSET 0) e
             WHERE l.id = ANY(%s)
               AND (e.kind = 'passed'
                    OR e.step_id IN (SELECT id FROM kgw_scenario_step WHERE kind <> 'contact'))
               AND (e.payload->>'is_trial' IS NULL
                    OR e.mandate_id IN (SELECT id FROM kgw_mandate WHERE is_trial))
        """,
                list(receivables.ids),
            )
        )

    def _read_approvals(self, receivables):
        """Return ``{receivable id: {step id: open|approved|refused}}`` of their present course.

        What was asked before a new date began it, be it on the same day, belongs to the one before.
        """
        self.env["kgw.decision"].flush_model()
        receivables.flush_recordset(["kgw_entered_on"])
        words = {None: "open", "approve": "approved", "refuse": "refused"}
        rows = self.env.execute_query(
            SQL(
                """
            SELECT rel.account_move_line_id, d.step_id, d.value
              FROM account_move_line_kgw_decision_rel rel
              JOIN kgw_decision d ON d.id = rel.kgw_decision_id
              JOIN account_move_line l ON l.id = rel.account_move_line_id
             WHERE l.id = ANY(%s) AND d.kind = 'approval' AND d.state <> 'revoked'
               AND d.asked_on >= l.kgw_entered_on
               AND NOT EXISTS (
                   SELECT 1 FROM kgw_decision n
                     JOIN account_move_line_kgw_decision_rel x ON x.kgw_decision_id = n.id
                    WHERE x.account_move_line_id = l.id AND n.kind = 'new_date'
                      AND n.state = 'taken' AND n.id > d.id AND d.asked_on = l.kgw_entered_on)
             ORDER BY d.id
        """,
                list(receivables.ids),
            )
        )
        approvals = {}
        for line_id, step_id, value in rows:
            approvals.setdefault(line_id, {})[step_id] = words[value]
        return approvals

    @api.model
    def _store_answers(self, answers):
        """Write what comes next for receivables in one statement: their pointers.

        :param answers: ``{receivable: course.Course}``
        """
        nothing = course.Next(None, None, None, None, 0)
        upcoming = [answer.next or nothing for answer in answers.values()]
        self.env.cr.execute(
            SQL(
                """
            UPDATE account_move_line l
               SET kgw_next_step_id = v.step_id, kgw_next_act = v.act,
                   kgw_next_date = v.next_date, kgw_next_until = v.until
              FROM unnest(%s::int[], %s::int[], %s::varchar[], %s::date[], %s::date[])
                   AS v(id, step_id, act, next_date, until)
             WHERE l.id = v.id
        """,
                [line.id for line in answers],
                [following.step_id for following in upcoming],
                [following.act for following in upcoming],
                [following.from_date for following in upcoming],
                [following.until for following in upcoming],
            )
        )
        self.env["account.move.line"].invalidate_model(
            ["kgw_next_step_id", "kgw_next_act", "kgw_next_date", "kgw_next_until"],
        )
