from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_date

from ..const_calls import (
    CALL_DAYS,
    CALL_RETRY_HOURS,
    CALL_SHOWN_STATES,
    CALL_SNOOZE_HOURS,
    CALL_STATES,
)
from ..tools import calendar


class KgwReminderCall(models.Model):
    """Who makes a planned call, when, and how often it is tried."""

    _name = "kgw.reminder"
    _inherit = [
        "kgw.reminder",
        "kgw.board",
        "kgw.board.card",
        "kgw.contact.label",
        "kgw.audited",
    ]

    agent_id = fields.Many2one("res.users", readonly=True, index="btree_not_null")
    in_trial = fields.Boolean(related="mandate_id.is_trial")
    shown_state = fields.Selection(selection_add=CALL_SHOWN_STATES)
    tried_on = fields.Date(readonly=True, help="Day of the first attempt that reached nobody.")

    _board = models.Index(
        "(agent_id, call_column, call_points DESC) WHERE channel = 'phone'"
        " AND state IN ('planned', 'failed')"
    )

    @api.depends("channel")
    def _compute_shown_state(self):
        result = super()._compute_shown_state()
        for call in self.filtered(lambda r: r.channel == "phone"):
            call.shown_state = CALL_STATES.get(call.state, call.state)
        return result

    # === ATTEMPTS === #

    def _mark_unreached(self, now, is_last):
        """Record that a call reached nobody: tried again in another part of the day, within two
        working days, then given up.

        :param is_last: whether this was the last attempt in any case
        """
        today = calendar.local_date(now)
        for call in self:
            first = call.tried_on or today
            retry_at = call._get_next_slot(now + timedelta(hours=CALL_RETRY_HOURS))
            call.tried_on = first
            moved = call._set_state("claimed", now)._set_state("failed", now, retry_at=retry_at)
            last_day = calendar.add_working_days(first, CALL_DAYS - 1)
            if is_last or calendar.local_date(retry_at) > last_day:
                moved._mark_undelivered(now)

    def _mark_again(self, now, at):
        """Record that the conversation goes on at another moment, as the person asked: caps do not
        hold for it, and it is no attempt in vain.

        :param at: moment of the next call, naive UTC
        """
        day = calendar.local_date(at)
        moved = self._set_state("claimed", now)._set_state(
            "failed", now, retry_at=at, is_requested=True, tried_on=False, planned_on=day
        )
        for call in moved.filtered(lambda r: r.until and r.until < day):
            call.until = day
        moved.activity_ids.with_context(kgw_shadow=True).write({"date_deadline": day})

    def _mark_wanted(self, now):
        """Put calls first whose counterparty has called us and reached nobody."""
        self.write({"is_requested": True, "retry_at": now, "not_before": False})
        self._sort_calls(now, self.case_id)

    def _get_next_slot(self, moment):
        """Return the first moment from ``moment`` (naive UTC) on at which the call may be made."""
        self.ensure_one()
        case = self.case_id
        return case.kind_id._get_next_moment(moment, case.tz, self.step_id._get_hours(case.kind_id))

    @api.model
    def _get_overdue_tries(self, on_date):
        """Return the domain of calls whose days of trying are over on ``on_date``: who was not
        reached by then is contacted in another way."""
        return [
            ("channel", "=", "phone"),
            ("state", "=", "failed"),
            ("tried_on", "<", calendar.add_working_days(on_date, 1 - CALL_DAYS)),
        ]

    # === WHO AND WHEN === #

    def _get_holder(self):
        """Return whose activities show the call: its agent's; of a free call its team lead's."""
        self.ensure_one()
        mandate = self.mandate_id
        return self.agent_id or mandate.team_id.lead_id or mandate.controller_id

    def _get_agent(self):
        """Return who makes the call: whom it was given to, else the controller of the case, else
        those of the mandate; who has left is passed over."""
        self.ensure_one()
        mandate = self.mandate_id
        people = (self.agent_id, self.controller_id, mandate.controller_id, mandate.substitute_id)
        return next((user for user in people if user.active), mandate.controller_id)

    def _get_open_calls(self):
        """Return those that stand on the board, or will."""
        return self.filtered(lambda r: r.channel == "phone" and r.state in ("planned", "failed"))

    def _check_open_calls(self):
        """
        :raise UserError: one of them is no call that still has to be made
        """
        if self - self._get_open_calls():
            raise UserError(
                self.env._("Only calls that still have to be made are moved or passed on.")
            )

    def _reschedule(self, day, now):
        """Move calls to ``day``; their activities follow.

        :raise UserError: the day is past, or the step makes no sense on it any more
        """
        self._check_open_calls()
        today = calendar.local_date(now)
        if day < today:
            raise UserError(self.env._("A call can't be moved to a day that is past."))
        late = self.filtered(lambda r: r.until and r.until < day)
        if late:
            raise UserError(
                self.env._(
                    "The call to %(name)s makes sense until %(day)s only: after that day the next"
                    " step follows. Choose an earlier day, or cancel the call.",
                    name=late[0].counterparty_id.name,
                    day=format_date(self.env, late[0].until),
                )
            )
        pause = False if day == today else calendar.midnight(day)
        # A person decided that it waits: the days of trying begin anew.
        self._move(
            {"planned_on": day, "not_before": pause, "retry_at": pause, "tried_on": False}, now
        )
        self.activity_ids.with_context(kgw_shadow=True).write({"date_deadline": day})

    def _snooze(self, until, now):
        """Let calls rest until a moment (naive UTC) of the same day."""
        self._check_open_calls()
        self._move({"not_before": until}, now)

    def _assign(self, user, now):
        """Give calls to another agent; their activities follow."""
        self._check_open_calls()
        if user and not user.has_group("kgw_receivable_monitoring.group_kgw_agent"):
            raise UserError(self.env._("%s is no agent of monitoring.", user.name))
        self._move({"agent_id": user.id}, now)
        for call in self:
            holder = call._get_holder()
            call.activity_ids.with_context(kgw_shadow=True).write({"user_id": holder.id})

    def _move(self, vals, now):
        """Write who makes the calls or when, record it, and sort the board."""
        self.write(vals)
        told = {call.id: call._tell_move(vals) for call in self}
        self.env["kgw.event"]._record_contacts(self, "moved", now, told=told)
        self._sort_calls(now, self.case_id)

    def _tell_move(self, vals):
        """Return what of a move stands in the register."""
        told = {}
        if "agent_id" in vals:
            told["agent"] = self.agent_id.name
        if "planned_on" in vals:
            told["day"] = self.planned_on.isoformat()
        if vals.get("not_before"):
            told["not_before"] = vals["not_before"].isoformat()
        return told

    def _check_may_assign(self):
        """An agent passes on its own calls and takes free ones; a lead any.

        :raise AccessError: one of the calls is another's
        """
        if self.env["res.users"]._kgw_is_manager():
            return
        if self.filtered(lambda r: r.agent_id and r.agent_id != self.env.user):
            raise AccessError(
                self.env._(
                    "This call is somebody else's. A manager can pass it on, or take it over."
                )
            )

    # === ACTION METHODS === #

    def action_open_desk(self):
        """Open the call on the desk of the user, or say why it is not made any more."""
        self.ensure_one()
        self._check_open_calls()
        desk = self.env["kgw.desk"]._open_call(self, fields.Datetime.now())
        if desk:
            return desk._get_action()
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        return self.env["kgw.desk"]._get_board_action(reasons.get(self.reason, ""))

    def action_call_tomorrow(self):
        """Move the calls to the next working day."""
        now = fields.Datetime.now()
        day = calendar.add_working_days(calendar.local_date(now), 1)
        self._get_decidable()._reschedule(day, now)

    def action_call_next_week(self):
        """Move the calls to the first working day of the next week."""
        now = fields.Datetime.now()
        today = calendar.local_date(now)
        self._get_decidable()._reschedule(
            calendar.forward(today + timedelta(days=7 - today.weekday())), now
        )

    def action_snooze(self):
        """Let the calls rest for a while."""
        now = fields.Datetime.now()
        self._get_decidable()._snooze(now + timedelta(hours=CALL_SNOOZE_HOURS), now)

    def action_take_over(self):
        """Take the calls over: a free one, or as a lead anybody's."""
        self._check_may_assign()
        self._get_decidable()._assign(self.env.user, fields.Datetime.now())

    def action_open_move(self):
        """Open the dialogue that passes calls on or moves them, one or many."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "kgw.call.move",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Pass On or Move Calls"),
            "context": {"default_reminder_ids": self.ids},
        }
