from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from ..const import CHANNEL_POINT, CHANNELS, OPEN_STATES
from .kgw_portal_base import KgwPortalBase

WEEK_CODES = (*(code for code, _label in CHANNELS), "question", "report")
WEEK_FIGURES = tuple(f"week_{code}" for code in WEEK_CODES)
WEEK = 7


class KgwPortalWeek(models.AbstractModel):
    """What the next seven days bring: counted on the overview, and listed behind each count."""

    _name = "kgw.portal.week"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: The Next Days"

    def _get_week_query(self):
        """Return ``case_id, code`` of what the next days bring: contacts that are planned, and next
        steps, those that no hold keeps back all the time, by the way that leads to the counterparty;
        where none does, the step will be passed over."""
        today = self._get_today()
        last = today + timedelta(days=WEEK - 1)
        holds = SQL(
            "h.channel IS NULL AND h.lifted_at IS NULL AND h.from_date <= %s"
            " AND (h.until_date IS NULL OR h.until_date >= %s)",
            today,
            last,
        )
        return SQL(
            """
            SELECT n.case_id,
                   CASE n.act WHEN 'contact' THEN way.channel WHEN 'report' THEN 'report'
                       ELSE 'question' END AS code
              FROM (SELECT DISTINCT l.kgw_case_id AS case_id, l.kgw_next_step_id AS step_id,
                           l.kgw_next_act AS act
                      FROM account_move_line l
                      JOIN kgw_case c ON c.id = l.kgw_case_id AND c.creditor_id = ANY(%(creditors)s)
                     WHERE l.kgw_next_date <= %(last)s AND l.kgw_stage IN ('before_due', 'overdue')
                       AND NOT EXISTS (
                           SELECT 1 FROM kgw_hold h WHERE h.move_id = l.move_id AND %(holds)s)) n
              JOIN kgw_scenario_step s ON s.id = n.step_id
              JOIN kgw_case k ON k.id = n.case_id
              LEFT JOIN LATERAL (%(way)s) way ON TRUE
             WHERE (n.act <> 'contact' OR way.channel IS NOT NULL) AND %(free)s
             UNION
            SELECT r.case_id, r.channel FROM kgw_reminder r
              JOIN kgw_case k ON k.id = r.case_id AND k.creditor_id = ANY(%(creditors)s)
             WHERE r.state = ANY(%(open)s) AND r.state <> 'unknown' AND r.planned_on <= %(last)s
               AND %(free)s
            """,
            last=last,
            holds=holds,
            way=self._get_way_query(),
            free=self._get_free_condition(holds),
            creditors=self._get_creditor_ids(),
            open=list(OPEN_STATES),
        )

    def _get_way_query(self):
        """Return the query for the ``channel`` by which step ``s`` reaches case ``k``, its own before
        the other one; no row where neither leads there."""
        return SQL(
            """
            SELECT w.channel
              FROM unnest(ARRAY[s.channel, s.fallback_channel]) WITH ORDINALITY AS w(channel, place)
              JOIN unnest(%(channels)s, %(kinds)s) AS leads(channel, kind) ON leads.channel = w.channel
             WHERE EXISTS (SELECT 1 FROM kgw_contact_point p
                            WHERE p.case_id = k.id AND p.kind = leads.kind
                              AND p.state IN ('unverified', 'verified'))
               AND NOT EXISTS (SELECT 1 FROM kgw_hold h JOIN kgw_case c ON c.id = k.id
                                WHERE h.channel = w.channel AND %(closing)s)
             ORDER BY w.place LIMIT 1
            """,
            channels=list(CHANNEL_POINT),
            kinds=list(CHANNEL_POINT.values()),
            closing=self.env["kgw.hold"]._get_closing_condition(),
        )

    def _get_free_condition(self, holds):
        """Return the condition that nothing holds the whole of case ``k``: no hold of its own, no
        stop of its mandate or of everything.

        :param holds: condition on hold ``h``
        """
        return SQL(
            """
            NOT EXISTS (SELECT 1 FROM kgw_hold h
                         WHERE h.case_id = k.id AND h.move_id IS NULL AND %(holds)s)
            AND NOT EXISTS (SELECT 1 FROM kgw_hold h
                             WHERE h.case_id IS NULL AND h.move_id IS NULL AND h.brand_id IS NULL
                               AND COALESCE(h.mandate_id, k.mandate_id) = k.mandate_id
                               AND %(holds)s)
            """,
            holds=holds,
        )

    def _get_upcoming(self):
        """Return how many counterparties have something coming within seven days, by channel."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT w.code, count(DISTINCT w.case_id) FROM (%s) w
                 GROUP BY 1 ORDER BY 2 DESC, 1
                """,
                self._get_week_query(),
            )
        )
        return [
            {"tab": f"week_{code}", "label": self._get_week_label(code), "number": number}
            for code, number in rows
        ]

    def _get_week_label(self, code):
        labels = {
            "question": self.env._("Questions to you"),
            "report": self.env._("Reports to you"),
        }
        return labels.get(code) or self._get_code_label("kgw.reminder", "channel", code)
