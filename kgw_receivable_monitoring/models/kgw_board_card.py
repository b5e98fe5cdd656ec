from odoo import api, fields, models
from odoo.tools.misc import format_datetime

from ..tools import calendar
from .kgw_gate_facts import Facts


class KgwBoardCard(models.AbstractModel):
    """What the card of a call says besides whom to call: what it waits for, until when it may be
    made, what the user may do with it."""

    _name = "kgw.board.card"
    _description = "Card of a Call"

    call_by = fields.Date(
        string="Call Until",
        compute="_compute_call_by",
        help="Last day of the step on which somebody of this kind may be called.",
    )
    can_take_over = fields.Boolean(compute="_compute_can_take_over")
    wait_note = fields.Char(string="Waits For", compute="_compute_wait_note")

    @api.depends("until", "case_id")
    def _compute_call_by(self):
        for call in self:
            saturdays = call.case_id.kind_id.on_saturday
            last = call.until and calendar.last_contact_day(call.until, saturdays)
            # A step of Saturday alone that nobody is called on: its own day is all there is to say.
            call.call_by = max(last, call.planned_on) if last else False

    @api.depends("agent_id")
    @api.depends_context("uid")
    def _compute_can_take_over(self):
        """Free calls are anybody's, those of others a manager's; one's own one has already."""
        is_manager = self.env["res.users"]._kgw_is_manager()
        for call in self:
            is_others = call.agent_id != self.env.user
            call.can_take_over = not call.agent_id or (is_manager and is_others)

    def _compute_wait_note(self):
        now = fields.Datetime.now()
        # Holds and payments of the creditor; the right of who looks is on the case.
        facts = Facts(self.sudo(), now)
        for call in self:
            call.wait_note = (
                call._tell_hindrance(facts)
                or call._tell_end(now)
                or call._tell_pause(now)
                or call.dial_note
            )

    def _tell_hindrance(self, facts):
        """Return what keeps anybody from making this call, in words, or ''."""
        call_sudo, gate = self.sudo(), self.env["kgw.gate"].sudo()  # as above
        questions = (gate._judge_debt, gate._judge_hold, gate._judge_coverage)
        reason = gate._ask(questions, call_sudo, facts).reason
        hold = facts.holds.filtered(lambda hold: hold._covers(call_sudo))[:1]
        why = self._tell_hold(hold) if reason == "hold" and hold else ""
        return ": ".join(filter(None, (self._get_word(self, "reason", reason), why)))

    def _tell_hold(self, hold):
        """Return the reason of a hold; of a stop also why and by whom: everybody asks."""
        if hold.reason == "stop":
            return hold._describe()
        return self._get_word(hold, "reason", hold.reason)

    def _get_word(self, records, name, code):
        labels = dict(records._fields[name]._description_selection(self.env))
        return labels.get(code, "")

    def _tell_end(self, now):
        """Return that the call can't be made any more when its step ends before the next hours."""
        opens = calendar.local_date(self._get_next_slot(now))
        return self._get_word(self, "reason", "lapsed") if self.until and opens > self.until else ""

    def _tell_pause(self, now):
        """Return until when the call rests, and why, or ''."""
        wake = max(filter(None, (self.not_before, self.retry_at)), default=now)
        if wake <= now:
            return ""
        time = format_datetime(self.env, wake, tz=self.case_id.tz, dt_format="short")
        if wake == self.not_before:
            why = self._get_word(self, "reason", self.waiting_reason)
            return f"{why} ({time})" if why else self.env._("Put off until %s", time)
        # Who asked and was not reached then waits for the next part of the day like anybody else.
        if self.is_requested and not self.tried_on:
            return self.env._("Asked to be called from %s", time)
        return self.env._("Tried in vain: again in another part of the day, from %s", time)
