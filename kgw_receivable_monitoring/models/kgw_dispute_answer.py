from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import calendar

STATE_OF_VALUE = {"accept": "accepted", "reject": "rejected", "correction": "correction"}
# Days for which an announced correction is waited for when the creditor names no day.
CORRECTION_DAYS = 14


class KgwDisputeAnswer(models.AbstractModel):
    """The answers to a dispute, and what happens without one."""

    _name = "kgw.dispute.answer"
    _description = "Dispute: Answer"

    # === ANSWERING === #

    def _get_offered_values(self):
        """Return ``(value, label)`` of the answers, in the user's language."""
        return self._fields["default_value"]._description_selection(self.env)

    def _say_silence(self, on_date):
        """Return what happens without an answer, to the creditor in the user's language; about what
        is no longer monitored nobody is contacted, whatever the default."""
        self.ensure_one()
        if self._is_over(on_date):
            return self.env._(
                "Without your answer nothing changes: nobody is contacted about this invoice any more."
            )
        if self.default_value == "reject" and self._is_kept_back_besides(on_date):
            return self.env._(
                "Without your answer the dispute counts as rejected; for another reason the contact"
                " about this invoice stays on hold all the same."
            )
        return {
            "accept": self.env._("Without your answer the contact about this invoice ends."),
            "reject": self.env._("Without your answer the contact goes on by the scenario."),
            "correction": self.env._("Without your answer we wait for a correction."),
        }[self.default_value]

    def _is_over(self, on_date):
        """Whether nobody is contacted about this receivable any more, whatever is answered."""
        line = self.receivable_id
        given = self.env["kgw.decision"]._get_given_away(line, on_date)
        return bool(given) or line.kgw_stage not in ("before_due", "overdue")

    def _is_kept_back_besides(self, on_date):
        """Whether another hold than its own keeps this receivable back beyond the deadline."""
        line = self.receivable_id
        holds = self.env["kgw.hold"]._get_in_force(self.case_id, line, on_date) - self.hold_ids
        lasting = holds.filtered(lambda hold: not hold._ends_before(self.deadline))
        return bool(lasting._get_keeping(line))

    def _answer(self, value, note, now, until=None, address=""):
        """Record what the creditor answered and let the course go on by it.

        :param value: ``accept``, ``reject`` or ``correction``
        :param note: the creditor's words; may be empty
        :param until: last day on which a correction is waited for; two weeks by default
        :param address: IP address from which it was answered
        :raise UserError: the value does not fit, or the dispute was answered already
        """
        if value not in STATE_OF_VALUE:
            raise UserError(
                self.env._("This answer does not fit the dispute. Choose one of the offered ones.")
            )
        for dispute in self.filtered(lambda dispute: dispute.state != "open"):
            raise UserError(
                self.env._(
                    "This dispute was already answered on %s.",
                    self.env["kgw.portal"]._format_moment(dispute.answered_at),
                )
            )
        vals = {"answer_note": note, "answered_at": now, "answered_by_id": self.env.uid}
        vals["address"] = address
        if value == "correction":
            vals["until_date"] = self._check_until(until, calendar.local_date(now))
        self._close(STATE_OF_VALUE[value], now, **vals)

    @api.model
    def _check_until(self, until, today):
        """Return the last day on which a correction is waited for.

        :param until: the creditor's word; None means two weeks
        :raise UserError: it lies in the past
        """
        if until and until < today:
            raise UserError(self.env._("The day lies in the past. Choose today or a later day."))
        return until or today + timedelta(days=CORRECTION_DAYS)

    @api.model
    def _lapse(self, on_date, now, cases=None):
        """Take the agreed default where the creditor was silent; end the wait for corrections.

        :param cases: keep to these cases; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        silent = self.search([*chosen, ("state", "=", "open"), ("deadline", "<", on_date)])
        for value, disputes in silent.grouped("default_value").items():
            disputes._close(STATE_OF_VALUE[value], now, is_by_default=True)
        late = [*chosen, ("state", "=", "correction"), ("until_date", "<", on_date)]
        missed = self.search(late)
        missed._close("lapsed", now)
        for dispute in missed:
            agent = dispute.case_id._get_controller()
            dispute.case_id._add_task(
                "dispute", agent, dispute.invoice, dispute.reason_id.name, now
            )

    @api.model
    def _follow_correction(self, partials, now):
        """End the disputes whose receivable a credit note has just corrected."""
        corrected = partials.filtered(
            lambda p: p.credit_move_id.move_id.move_type == "out_refund"
        ).debit_move_id
        if corrected:
            self._get_pending(corrected)._close("closed", now)

    def _close(self, state, now, **vals):
        """Move on: an accepted receivable stays held, and one that waits for its correction."""
        if not self:
            return
        self.write({"state": state, **vals})
        self.case_id._touch()
        if state not in ("accepted", "correction"):
            self.hold_ids._lift(now)
        self._record(f"dispute_{state}", now)
        self.receivable_id._kgw_refresh_course(calendar.local_date(now), now)

    # === TAKING AN ANSWER BACK === #

    def _get_reopenable(self, on_date):
        """Return those of these disputes whose answer can be taken back on ``on_date``: until its
        deadline, while nobody was contacted about the receivable because of it."""
        answered = self.filtered(lambda d: d.answered_by_id and d.deadline >= on_date)
        pending = self._get_pending(answered.receivable_id) - answered
        return answered.filtered(
            lambda d: d.receivable_id not in pending.receivable_id and not d._has_acted()
        )

    def _has_acted(self):
        """Whether a contact about the receivable was begun since the answer, or a correction came."""
        if self.state not in ("accepted", "rejected", "correction"):
            return True
        since = [
            ("case_id", "=", self.case_id.id),
            ("kind", "=", "sent"),
            ("at", ">", self.answered_at),
        ]
        made = self.env["kgw.event"].search(since).reminder_id
        made |= self.case_id.reminder_ids.filtered(lambda r: r.state == "claimed")
        return self.receivable_id in made._get_live_lines().receivable_id

    def _reopen(self, now, address=""):
        """Ask again what was answered; the entry of the register tells the answer taken back.

        :param address: IP address from which it was taken back
        :raise UserError: something has come of the answer already
        """
        if self - self._get_reopenable(calendar.local_date(now)):
            raise UserError(
                self.env._(
                    "This answer can't be taken back any more: its deadline is over, or it has acted."
                    " Write to your controller."
                )
            )
        self.address = address
        self._record("revoked", now)
        going_on = self.filtered(lambda dispute: dispute.state == "rejected")
        fresh = dict.fromkeys(("until_date", "answer_note", "answered_at", "answered_by_id"), False)
        self.write({"state": "open", **fresh})
        going_on._hold(now)
        self.case_id._touch()
        self.receivable_id._kgw_refresh_course(calendar.local_date(now), now)
