from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date, format_datetime

from ..const_calls import CALL_COLUMNS
from ..tools import calendar

# Days for which a promise stays on the card, and counts when it was not kept.
PROMISE_MEMORY_DAYS = 14

# Where open call ``r`` stands on the board: by what it waits for, else by the day it was planned for.
COLUMN = """
    CASE WHEN %(later)s THEN 'later'
         WHEN GREATEST(r.not_before, r.retry_at) > %(now)s THEN 'wait'
         WHEN r.is_requested AND r.retry_at IS NOT NULL THEN 'asked'
         WHEN r.planned_on < %(today)s THEN 'late'
         ELSE 'today' END
"""
# What is owed of each open call, its column and its points, with what they are for. The script leaves
# out what is on hold by itself, and so does the sum.
BOARD_QUERY = """
    SELECT r.id, o.amount, o.currency_id, p.parts,
           (SELECT COALESCE(sum(value::int), 0)::int FROM jsonb_each_text(p.parts)) AS points,
           %(column)s AS col
      FROM kgw_reminder r
      JOIN kgw_case c ON c.id = r.case_id
      LEFT JOIN LATERAL (
           SELECT sum(m.amount_residual) AS amount, min(m.company_currency_id) AS currency_id
             FROM kgw_reminder_line l JOIN account_move_line m ON m.id = l.receivable_id
            WHERE l.reminder_id = r.id AND l.void IS NOT TRUE
              AND m.kgw_stage = CASE r.side WHEN 'before' THEN 'before_due' ELSE 'overdue' END
              AND m.amount_residual_currency > 0
              AND NOT EXISTS (SELECT 1 FROM kgw_hold h WHERE h.move_id = l.move_id AND %(held)s
                                 AND (h.promise_id IS NULL OR h.promise_id IS DISTINCT FROM r.promise_id))
           ) o ON TRUE
      LEFT JOIN LATERAL (
           SELECT jsonb_strip_nulls(jsonb_build_object(
                  'money', NULLIF(LEAST(50, round(10 * log(1 + GREATEST(COALESCE(o.amount, 0), 0)))), 0)::int,
                  'last_day', CASE WHEN r.until < %(next_day)s THEN 20 WHEN r.until < %(day_after)s THEN 10 END,
                  'promise', CASE WHEN EXISTS (
                        SELECT 1 FROM kgw_promise g
                         WHERE g.case_id = r.case_id AND g.state IN ('broken', 'partly')
                           AND g.due_on >= %(promised_since)s) THEN 20 END,
                  'late', CASE WHEN c.was_late THEN 5 END,
                  'asked', CASE WHEN r.is_requested THEN 30 END,
                  'tries', NULLIF(-5 * COALESCE(r.attempts, 0), 0)
           )) AS parts) p ON TRUE
     WHERE r.channel = 'phone' AND r.state IN ('planned', 'failed') AND %(chosen)s
"""


class KgwBoard(models.AbstractModel):
    """What a planned call shows on the agents' board, and where it stands there.

    Sums, column and priority are stored, so that the board is sorted and added up by the database;
    one statement keeps them up (:meth:`_sort_calls`).
    """

    _name = "kgw.board"
    _description = "Board of Calls"

    call_column = fields.Selection(
        CALL_COLUMNS, string="Column", readonly=True, group_expand="_expand_call_columns"
    )
    call_points = fields.Integer(
        string="Priority",
        readonly=True,
        aggregator=None,
        help="Sum of points; the card says on hover what they are for.",
    )
    call_parts = fields.Json(readonly=True)
    owed_amount = fields.Monetary(
        string="Owed in Total",
        currency_field="owed_currency_id",
        readonly=True,
        help="In the currency of the books, as of the last change on the board.",
    )
    owed_currency_id = fields.Many2one("res.currency", readonly=True)
    call_why = fields.Char(string="Why This Priority", compute="_compute_call_why")
    phone = fields.Char(string="Number", compute="_compute_phone")
    can_dial = fields.Boolean(compute="_compute_phone")
    dial_note = fields.Char(compute="_compute_phone", help="Why the number is not dialled now.")
    last_contact = fields.Char(compute="_compute_last_contact")
    desk_user_id = fields.Many2one(
        "res.users", string="On the Desk Of", compute="_compute_desk_user_id"
    )
    promise_on = fields.Date(string="Promised For", compute="_compute_promise_on")

    @api.model
    def _expand_call_columns(self, _columns, _domain):
        """Show every column, also an empty one: the board looks the same all day."""
        return [code for code, _label in CALL_COLUMNS]

    # === THE CARD === #

    @api.depends("call_parts")
    def _compute_call_why(self):
        labels = {
            "money": self.env._("amount owed"),
            "last_day": self.env._("the step ends soon"),
            "promise": self.env._("promise not kept"),
            "late": self.env._("paid late before"),
            "asked": self.env._("asked to be called"),
            "tries": self.env._("tried in vain"),
        }
        for call in self:
            parts = (call.call_parts or {}).items()
            told = ", ".join(f"{labels[code]} {points:+d}" for code, points in parts)
            call.call_why = self.env._(
                "Priority %(points)s: %(parts)s", points=call.call_points, parts=told or "0"
            )

    @api.depends("case_id")
    def _compute_phone(self):
        now = fields.Datetime.now()
        for call in self:
            opens = call._get_next_slot(now)
            call.phone = call._get_channel_model("phone")._get_recipient(call)
            call.can_dial = bool(call.phone) and opens <= now
            call.dial_note = call._get_dial_note(opens, now)

    def _get_dial_note(self, opens, now):
        """Return why the number is not to be dialled at ``now``, or ''."""
        if not self.phone:
            return self.env._("No usable number")
        if opens <= now:
            return ""
        return self.env._(
            "Outside contact hours, which begin %s",
            format_datetime(self.env, opens, tz=self.case_id.tz, dt_format="short"),
        )

    def _compute_last_contact(self):
        """The last contact with the case that its register knows, with how a call ended."""
        self.env["kgw.event"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
            SELECT DISTINCT ON (case_id) case_id, at, kind, channel, payload ->> 'outcome'
              FROM kgw_event WHERE case_id = ANY(%s) AND kind IN ('call', 'sent', 'reply')
               AND (kind <> 'sent' OR channel <> 'phone')
             ORDER BY case_id, at DESC, id DESC
        """,
                self.case_id.ids,
            )
        )
        last = {case_id: self._describe_contact(*values) for case_id, *values in rows}
        for call in self:
            call.last_contact = last.get(call.case_id.id, "")

    def _describe_contact(self, at, kind, channel, outcome):
        """Return a contact in words: its day, and how the call ended or what was sent."""
        event = self.env["kgw.event"]
        day = format_date(self.env, calendar.local_date(at))
        name, code, records = ("kind", kind, event)
        if kind == "call":
            name, code, records = "outcome", outcome, self
        elif kind == "sent":
            name, code = "channel", channel
        labels = dict(records._fields[name]._description_selection(self.env))
        return f"{day}: {labels.get(code, code or '')}"

    def _compute_promise_on(self):
        """The day for which the counterparty last promised to pay, if it is not long past."""
        since = fields.Date.context_today(self) - timedelta(days=PROMISE_MEMORY_DAYS)
        promised = dict(
            self.env["kgw.promise"]._read_group(
                [
                    ("case_id", "in", self.case_id.ids),
                    ("state", "!=", "replaced"),
                    ("due_on", ">=", since),
                ],
                ["case_id"],
                ["due_on:max"],
            )
        )
        for call in self:
            call.promise_on = promised.get(call.case_id, False)

    def _compute_desk_user_id(self):
        """Whose desk the case lies on now: nobody else can open it."""
        # Agents see their own desks only; whom to ask about a case is no secret among them.
        desks = self.env["kgw.desk"].sudo().search([("case_id", "in", self.case_id.ids)])
        users = {desk.case_id.id: desk.user_id.id for desk in desks}
        for call in self:
            call.desk_user_id = users.get(call.case_id.id, False)

    # === ORDER OF THE BOARD === #

    @api.model
    def _get_column_sql(self, now):
        """Return the column of open call ``r`` as seen at ``now`` (naive UTC), for board and load."""
        today = calendar.local_date(now)
        return SQL(COLUMN, now=now, today=today, later=self._get_later_sql("r", today))

    @api.model
    def _get_later_sql(self, alias, on_date):
        """Return the condition that an open call is for a day after ``on_date``."""
        names = ("not_before", "retry_at", "planned_on")
        not_before, retry_at, planned_on = (self._field_to_sql(alias, name) for name in names)
        return SQL(
            "(GREATEST(%s, %s) >= %s OR %s > %s)",
            not_before,
            retry_at,
            calendar.noon(on_date) + timedelta(hours=12),
            planned_on,
            on_date,
        )

    @api.model
    def _get_day_domain(self, on_date):
        """Return the domain of the open calls that stand on the board for ``on_date``: in every
        column but that of another day."""
        is_open = Domain([("channel", "=", "phone"), ("state", "in", ("planned", "failed"))])
        return is_open & Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IS NOT TRUE", model._get_later_sql(alias, on_date)
            )
        )

    @api.model
    def _cron_sort_calls(self):
        self._sort_calls(fields.Datetime.now())

    @api.model
    def _sort_calls(self, now, cases=None):
        """Bring sums, columns and priorities of the open calls up to date, in one statement.

        Points, the higher the earlier: ten for every power of ten of the amount owed, up to 50
        (a call costs the same whatever it may bring); 20 on the last working day of the step, 10 on
        the one before; 20 after a promise that was not kept; 30 for who asked to be called; 5 for who has
        paid late before; five fewer for each attempt in vain.

        :param cases: keep to the calls of these cases; None means all
        """
        self.env.flush_all()
        today = calendar.local_date(now)
        fresh = SQL(
            BOARD_QUERY,
            column=self._get_column_sql(now),
            # A step that ends on a day off is made on the working day before.
            next_day=calendar.add_working_days(today, 1),
            day_after=calendar.add_working_days(today, 2),
            promised_since=today - timedelta(days=PROMISE_MEMORY_DAYS),
            held=self.env["kgw.planner"]._get_hold_condition(today),
            chosen=SQL("TRUE") if cases is None else SQL("r.case_id = ANY(%s)", cases.ids),
        )
        self.env.cr.execute(
            SQL(
                """
            UPDATE kgw_reminder r
               SET owed_amount = f.amount, owed_currency_id = f.currency_id,
                   call_column = f.col, call_points = f.points, call_parts = f.parts
              FROM (%s) f
             WHERE f.id = r.id
               AND (r.owed_amount, r.owed_currency_id, r.call_column, r.call_points, r.call_parts)
                   IS DISTINCT FROM (f.amount, f.currency_id, f.col, f.points, f.parts)
        """,
                fresh,
            )
        )
        self.env["kgw.reminder"].invalidate_model(
            ["owed_amount", "owed_currency_id", "call_column", "call_points", "call_parts"],
            flush=False,
        )

    # === ACTION METHODS === #

    @api.model
    def action_open_calls(self):
        """Open the board of calls, brought up to date."""
        # Nobody writes reminders directly; what is stored for sorting is computed, not entered.
        self.sudo()._sort_calls(fields.Datetime.now())
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kgw_receivable_monitoring.action_kgw_call"
        )
        return {**action, "target": "main"}  # a place to begin from, not one more step of a path
