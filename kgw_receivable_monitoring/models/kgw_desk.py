from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from ..const_calls import DESK_MINUTES
from ..tools import calendar
from ..tools.notice import notice
from .kgw_gate import Verdict
from .kgw_gate_facts import Facts

# Calls looked at for one that may be made now.
QUEUE = 50
# What is set when a case is put on the desk.
FIXED = {
    "user_id",
    "case_id",
    "reminder_id",
    "brand_id",
    "is_incoming",
    "opened_at",
    "was_allowed",
}


class KgwDesk(models.Model):
    """The desk of an agent: the one case that it speaks about now.

    An agent has one desk and a case lies on one: two agents never call the same counterparty, and
    nobody has the matters of two creditors before its eyes. A call is claimed by the desk, not by
    its state, so that it leaves the board at once when it is paid.
    """

    _name = "kgw.desk"
    _inherit = ["kgw.call.page", "kgw.call.offer", "kgw.call.record", "kgw.creditor.words"]
    _description = "Call Desk"
    _rec_name = "case_id"

    _one_per_agent = models.UniqueIndex("(user_id)", "You have another case on your desk.")
    _one_per_case = models.UniqueIndex(
        "(case_id)", "A colleague has just opened this case. Take the next one."
    )

    def write(self, vals):
        """Whose desk it is and what lies on it is set by opening it."""
        if not self.env.su and FIXED.intersection(vals):
            raise AccessError(self.env._("Open another case or call instead of changing this one."))
        return super().write(vals)

    # === CLAIM === #

    @api.model
    def _open(self, case, now, reminder=None, brand=None, is_incoming=False):
        """Put a case on the desk of the user and return the desk.

        Another case that lay there is put away, with what was typed kept as a note.

        :param reminder: the call to make, or that a caller makes needless
        :raise UserError: a colleague speaks about this case now
        """
        case.check_access("write")
        # Nobody writes desks of others; the right asked for is that on the case.
        desk = self.sudo().search([("case_id", "=", case.id)])
        if desk.user_id == self.env.user:
            return desk.sudo(False)
        desk._give_way(now)
        self._put_away(now)
        # Waits for nobody: whoever holds the row books a payment or opens the same case.
        if not case.sudo().try_lock_for_update(allow_referencing=True):
            raise UserError(self.env._("Somebody works on this case just now. Try again."))
        reminder = reminder or self.env["kgw.reminder"]
        # Desks are made by being opened only; the rights on the case were asked for.
        vals = self._prepare_vals(case, reminder, brand, is_incoming, now)
        return self.sudo().create(vals).sudo(False)

    def _prepare_vals(self, case, reminder, brand, is_incoming, now):
        # Amounts of ledger invoices; the agent's right is on the case.
        lines = reminder.sudo().line_ids._get_kept(now).receivable_id or self._get_open_lines(case)
        side = "before" if set(lines.mapped("kgw_stage")) == {"before_due"} else "after"
        return {
            "user_id": self.env.uid,
            "case_id": case.id,
            "reminder_id": reminder.id,
            "brand_id": (brand or reminder.brand_id or case.mandate_id._get_brand(side)).id,
            "is_incoming": is_incoming,
            "opened_at": now,
            "receivable_ids": [(6, 0, lines.ids)],
        }

    def _get_open_lines(self, case):
        """Return the receivables of ``case`` that something is owed of."""
        return (
            self.env["account.move.line"]
            .sudo()  # as above
            .search(
                [
                    ("kgw_case_id", "=", case.id),
                    ("kgw_stage", "in", ("before_due", "overdue", "elapsed")),
                    ("amount_residual_currency", ">", 0),
                ]
            )
        )

    def _give_way(self, now):
        """Let this desk of a colleague go if nobody has touched it for long.

        :raise UserError: the colleague speaks about the case now
        """
        for desk in self:
            if desk.write_date > now - timedelta(minutes=DESK_MINUTES):
                raise UserError(
                    self.env._(
                        "%(name)s speaks about this case since %(time)s. A manager can take it"
                        " over.",
                        name=desk.user_id.name,
                        time=format_datetime(
                            self.env, desk.opened_at, tz=desk.case_id.tz, dt_format="short"
                        ),
                    )
                )
        self._close(now)

    @api.model
    def _put_away(self, now):
        """Close the desk of the user, if there is one."""
        self.search([("user_id", "=", self.env.uid)])._close(now)

    def _close(self, now):
        """Put cases away without an outcome; what was typed stays as an internal note."""
        typed = self.filtered("note")
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "note",
                    "at": now,
                    "case_id": desk.case_id.id,
                    "mandate_id": desk.case_id.mandate_id.id,
                    "payload": {"note": desk.note},
                }
                for desk in typed
            ]
        )
        self.sudo().unlink()  # agents end desks by their buttons only

    @api.model
    def _open_call(self, call, now):
        """Claim ``call`` through the gate and return the desk; what the gate refuses for good
        leaves the board and gives an empty desk.

        What it puts off for a time is shown with its reason and without a number to dial.
        """
        desk, call_sudo = self._take_up(call, now), call._get_decidable()
        call_sudo.line_ids.receivable_id._kgw_load()
        verdict = self.env["kgw.gate"].sudo()._judge(call_sudo, now)
        if verdict.reason and not verdict.until:
            desk._close(now)
            self.env["kgw.gate"].sudo()._refuse(call_sudo, verdict, now)
            return self.browse()
        desk._note_verdict(verdict, now)
        return desk

    def _note_verdict(self, verdict, now):
        """Keep whether the call could be made when the desk was opened, at ``now`` or before."""
        if self.opened_at == now:
            self.sudo().was_allowed = not verdict.reason  # no agent says so of itself

    @api.model
    def _take_up(self, call, now):
        """Return the desk with ``call``, which is the user's from now on."""
        desk = self._open(call.case_id, now, reminder=call)
        if not call.agent_id:
            call._get_decidable()._assign(self.env.user, now)
        return desk

    @api.model
    def _open_next(self, now):
        """Return the desk with the next call of the user that may be made now, or none.

        Whoever changes what the gate has judged writes the case, which is locked afterwards.
        """
        for call in self._get_queue(now):
            if not self.env["kgw.gate"].sudo()._let_through(Facts(call._get_decidable(), now)):
                continue
            try:
                with self.env.cr.savepoint():
                    desk = self._take_up(call, now)
                    desk._note_verdict(Verdict(), now)
                    return desk
            except UserError:  # a colleague has it
                continue
        return self.browse()

    @api.model
    def _get_queue(self, now):
        """Return the calls that are to be made at ``now``, the first one first: the user's own,
        then those that its teams have no agent for."""
        free = Domain("agent_id", "=", False) & Domain(
            "mandate_id.team_id.member_ids.user_id", "=", self.env.uid
        )
        calls = self.env["kgw.reminder"].search(
            (Domain("agent_id", "=", self.env.uid) | free)
            & Domain("channel", "=", "phone")
            & Domain("state", "in", ("planned", "failed"))
            & Domain("planned_on", "<=", calendar.local_date(now))
            & (Domain("not_before", "=", False) | Domain("not_before", "<=", now))
            & (Domain("retry_at", "=", False) | Domain("retry_at", "<=", now)),
            order="call_points desc, planned_on, id",
            limit=QUEUE,
        )
        return calls.sorted(lambda call: not call.agent_id)

    # === OUTCOME === #

    def _save(self, now):
        """Record the outcome and put the case away; return what the agent has to be told, or None.

        :raise UserError: something is missing, or the call left the board meanwhile
        """
        self.ensure_one()
        self._check_complete(now)
        case, outcome, values = self.case_id, self.outcome, self._get_values()
        is_trial = self.is_trial
        case.check_access("write")
        self._record(self._get_moment(now))
        self._record_words(case, now)
        self.sudo().unlink()  # agents end desks by their buttons only
        if is_trial:
            return self.env._("Trial run: recorded as TEST. Nothing of the case was changed.")
        return self.env["kgw.call.effect"]._carry_out(case, outcome, values, now)

    def _get_values(self):
        # The lines themselves, to hold and promise; the agent's right is on the case.
        lines = self.env["account.move.line"].sudo().browse(self.receivable_ids.ids)
        return {
            "receivables": lines.filtered(lambda line: line.kgw_case_id == self.case_id),
            "note": self.note or "",
            "promise_on": self.promise_on,
            "promise_amount": self.promise_amount,
            "parts": [(part.due_on, part.amount) for part in self.part_ids],
            "dispute_reason": self.dispute_reason_id,
            "new_phone": self.new_phone,
        }

    # === LIVE === #

    @api.model
    def _tell(self, cases):
        """Tell open desks on ``cases`` that something changed: a payment, a stop, a decision.

        Only that, and no data: the page reads again with the rights of who looks at it.
        """
        # Whoever books the payment need not know who is on the phone.
        self.sudo().search([("case_id", "in", cases.ids)])._tell_users()

    @api.model
    def _tell_of_stop(self, holds):
        """Tell the open desks whose mandate or brand one of ``holds`` stops."""
        scopes = []
        for hold in holds:
            scope = Domain.TRUE
            if hold.mandate_id:
                scope &= Domain("case_id.mandate_id", "=", hold.mandate_id.id)
            if hold.brand_id:
                scope &= Domain("brand_id", "=", hold.brand_id.id)
            scopes.append(scope)
        self.sudo().search(Domain.OR(scopes))._tell_users()  # as above

    def _tell_users(self):
        for desk in self:
            desk.user_id._bus_send("kgw_desk", {"desk_id": desk.id})

    # === ACTION METHODS === #

    def _get_action(self):
        """Return the action that shows this desk."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "kgw.desk",
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
            "name": self.env._("Call Desk"),
        }

    @api.model
    def action_start(self):
        """Open the next call of the user, or say that all are made."""
        now = fields.Datetime.now()
        desk = self.search([("user_id", "=", self.env.uid)]) or self._open_next(now)
        return desk._get_action() if desk else self._get_board_action(self._say_no_call(now))

    def _get_board_action(self, message):
        """Return to the board with a word."""
        return notice(message, then="kgw_receivable_monitoring.action_kgw_open_calls")

    def action_save(self):
        """Record the outcome and open the next call."""
        now = fields.Datetime.now()
        said = self._save(now)
        desk = self._open_next(now)
        if not desk:
            recorded = self.env._("Recorded.")
            return self._get_board_action(said or f"{recorded} {self._say_no_call(now)}")
        # Eighty calls a day are no path that anybody goes back.
        action = {**desk._get_action(), "target": "main"}
        return notice(said, kind="info", sticky=True, then=action) if said else action

    def action_save_and_stop(self):
        """Record the outcome and return to the board."""
        said = self._save(fields.Datetime.now())
        return self._get_board_action(said or self.env._("Recorded."))

    def action_close(self):
        """Put the case away; nothing is recorded of the call."""
        self._close(fields.Datetime.now())
        return self.env["kgw.reminder"].action_open_calls()

    def action_take_desk(self):
        """As a lead, take the case from the desk of a colleague.

        :raise AccessError: the user is no manager of monitoring
        """
        self.ensure_one()
        if not self.env["res.users"]._kgw_is_manager():
            raise AccessError(self.env._("Only managers of monitoring take a case from a desk."))
        now, case, call = fields.Datetime.now(), self.case_id, self.reminder_id
        brand, is_incoming = self.brand_id, self.is_incoming
        self._close(now)
        desk = self._open(case, now, call, brand, is_incoming)
        if call:
            verdict = self.env["kgw.gate"].sudo()._judge(call._get_decidable(), now)
            desk._note_verdict(verdict, now)
        return desk._get_action()

    def action_open_case(self):
        self.ensure_one()
        return self.case_id.get_formview_action()
