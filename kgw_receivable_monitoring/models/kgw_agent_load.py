from odoo import fields, models
from odoo.tools import SQL

from ..const_calls import CALL_REACHED
from ..tools import calendar

# Calls that nobody has yet are a row of their own, behind all users.
NOBODY = 2**31 - 1

LOAD_QUERY = """
    WITH open AS (
         SELECT agent_id, count(*) FILTER (WHERE col <> 'later') AS open_count,
                count(*) FILTER (WHERE col = 'late') AS late_count,
                count(*) FILTER (WHERE col = 'later') AS later_count,
                sum(owed_amount) FILTER (WHERE col <> 'later') AS owed_amount,
                min(owed_currency_id) AS owed_currency_id
           FROM (
                SELECT r.agent_id, r.owed_amount, r.owed_currency_id, %(column)s AS col
                  FROM kgw_reminder r
                 WHERE r.channel = 'phone' AND r.state IN ('planned', 'failed')
                ) call
          GROUP BY agent_id
    ), made AS (
         SELECT user_id, count(*) AS made_count,
                count(*) FILTER (WHERE payload ->> 'outcome' = ANY(%(reached)s)) AS reached_count,
                count(*) FILTER (WHERE payload ->> 'outcome' IN ('will_pay', 'will_pay_parts')) AS promise_count
           FROM kgw_event
          WHERE kind = 'call' AND at >= %(midnight)s AND user_id IS NOT NULL
          GROUP BY user_id
    ), member AS (
         SELECT m.user_id, string_agg(t.name, ', ' ORDER BY t.name) AS team_names,
                CASE WHEN bool_or(COALESCE(m.daily_limit, 0) = 0) THEN 0 ELSE max(m.daily_limit) END AS daily_limit,
                bool_and(COALESCE(m.absent_from <= %(today)s, FALSE)
                         AND COALESCE(m.absent_until >= %(today)s, TRUE)) AS is_away
           FROM kgw_team_member m JOIN kgw_team t ON t.id = m.team_id AND t.active
          GROUP BY m.user_id
    ), agent AS (
         SELECT agent_id AS user_id FROM open
          UNION SELECT user_id FROM made UNION SELECT user_id FROM member
    )
    SELECT COALESCE(agent.user_id, %(nobody)s) AS id, agent.user_id, member.team_names,
           COALESCE(member.is_away, FALSE) AS is_away,
           COALESCE(open.open_count, 0) AS open_count, COALESCE(open.late_count, 0) AS late_count,
           COALESCE(open.later_count, 0) AS later_count,
           COALESCE(open.owed_amount, 0) AS owed_amount,
           COALESCE(open.owed_currency_id, %(currency)s) AS owed_currency_id,
           COALESCE(made.made_count, 0) AS made_count,
           COALESCE(made.reached_count, 0) AS reached_count,
           COALESCE(made.promise_count, 0) AS promise_count,
           COALESCE(member.daily_limit, 0) AS daily_limit,
           CASE WHEN member.is_away THEN 0
                WHEN member.daily_limit > 0 THEN GREATEST(0, member.daily_limit
                     - COALESCE(open.open_count, 0) - COALESCE(made.made_count, 0)) END AS free_count
      FROM agent
      LEFT JOIN open ON open.agent_id IS NOT DISTINCT FROM agent.user_id
      LEFT JOIN made ON made.user_id = agent.user_id
      LEFT JOIN member ON member.user_id = agent.user_id
"""


class KgwAgentLoad(models.Model):
    """What each agent has on its hands today: a row per agent, and one for nobody's calls."""

    _name = "kgw.agent.load"
    _description = "Load of an Agent"
    _auto = False
    _order = "open_count desc, id"
    _rec_name = "user_id"
    _depends = {
        "kgw.reminder": [
            "channel",
            "state",
            "agent_id",
            "planned_on",
            "not_before",
            "retry_at",
            "is_requested",
            "owed_amount",
        ],
        "kgw.event": ["kind", "at", "user_id", "payload"],
        "kgw.team": ["name", "active"],
        "kgw.team.member": ["user_id", "daily_limit", "absent_from", "absent_until"],
    }

    user_id = fields.Many2one("res.users", string="Agent", readonly=True)
    team_names = fields.Char(string="Teams", readonly=True)
    is_away = fields.Boolean(string="Away Today", readonly=True)
    open_count = fields.Integer(
        string="Open Calls", readonly=True, help="Still to be made today, as on the board."
    )
    late_count = fields.Integer(string="Of Them Left Over", readonly=True)
    later_count = fields.Integer(string="On Later Days", readonly=True)
    owed_amount = fields.Monetary(
        string="Owed in Open Calls", currency_field="owed_currency_id", readonly=True
    )
    owed_currency_id = fields.Many2one("res.currency", readonly=True)
    made_count = fields.Integer(string="Made Today", readonly=True)
    reached_count = fields.Integer(string="Reached Today", readonly=True)
    promise_count = fields.Integer(string="Promises Today", readonly=True)
    daily_limit = fields.Integer(
        string="Calls a Day", readonly=True, help="The limit of the team; 0: there is none."
    )
    free_count = fields.Integer(
        string="Still Free",
        readonly=True,
        help="How many calls more the agent takes today: its limit less what is made and open; 0"
        " while it is away, empty without a limit.",
    )
    free_label = fields.Char(string="Free Today", compute="_compute_free_label")

    @property
    def _table_query(self):
        now = fields.Datetime.now()
        today = calendar.local_date(now)
        return SQL(
            LOAD_QUERY,
            column=self.env["kgw.reminder"]._get_column_sql(now),
            today=today,
            midnight=calendar.midnight(today),
            reached=list(CALL_REACHED),
            nobody=NOBODY,
            # Who has no call owes its zero in the currency of the others: a sum is of one currency.
            currency=self.env.company.currency_id.id,
        )

    def _compute_display_name(self):
        for load in self:
            load.display_name = load.user_id.name or self.env._("Nobody's")

    def _compute_free_label(self):
        """A number where the team sets a limit; else say that there is none."""
        for load in self:
            limited = load.daily_limit or load.is_away
            load.free_label = str(load.free_count) if limited else self.env._("no limit")
            if not load.user_id:
                load.free_label = ""

    # === ACTION METHODS === #

    def action_open_calls(self):
        """Open the calls of this agent."""
        self.ensure_one()
        # Nobody writes reminders directly; what is stored for sorting is computed, not entered.
        self.env["kgw.reminder"].sudo()._sort_calls(fields.Datetime.now())
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kgw_receivable_monitoring.action_kgw_call"
        )
        domain = [
            ("channel", "=", "phone"),
            ("state", "in", ("planned", "failed")),
            ("agent_id", "=", self.user_id.id),
        ]
        return {
            **action,
            "name": self.display_name,
            "domain": domain,
            "context": {},
            "views": [(False, "list"), (False, "kanban")],
        }
