from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

from ..tools import calendar
from .kgw_follow_up import FOLLOW_UP_DAYS


class KgwPromiseConfirmation(models.AbstractModel):
    """A promise, or what the creditor agreed to, is confirmed in writing at once."""

    _name = "kgw.promise.confirmation"
    _inherit = ["kgw.follow.up"]
    _description = "Confirmation of a Promise"

    @api.model
    def _plan(self, promises, now):
        """Plan the confirmation of each promise that can have one now.

        While another contact of the case is just being made, or all of it is on hold,
        :meth:`_plan_late` tries again. What the creditor agreed to has words of its own: no talk
        with us came before it.
        """
        held = self._get_held_cases(promises.case_id, calendar.local_date(now))
        for promise in promises.filtered(lambda promise: promise.case_id not in held):
            case, text = promise.case_id, "instalments" if promise.decision_id else "promise"
            if channel := self._get_channel(case):
                template = self.env.ref(f"kgw_receivable_monitoring.kgw_template_{channel}_{text}")
                self._plan_contact(
                    case, promise.receivable_ids, template, now, promise_id=promise.id
                )

    @api.model
    def _plan_late(self, now, cases=None):
        """Confirm the promises of the last days that could not be confirmed at once, or whose
        confirmation a decision took back to be written anew."""
        taken_back = Domain("state", "=", "cancelled") & Domain("reason", "=", "reshaped")
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        late = self.env["kgw.promise"].search(
            [
                *chosen,
                ("state", "=", "open"),
                ("given_at", ">=", now - timedelta(days=FOLLOW_UP_DAYS)),
                ("confirmation_ids", "not any", ~taken_back),
            ]
        )
        self._plan(late, now)

    def _get_held_cases(self, cases, on_date):
        """Return those of ``cases`` that are wholly on hold with every channel."""
        holds = self.env["kgw.hold"]
        scope = [("case_id", "in", cases.ids), ("move_id", "=", False), ("channel", "=", False)]
        return holds.search(holds._in_force(on_date) & Domain(scope)).case_id

    def _get_channel(self, case):
        """Return the channel of a text that can be kept: e-mail, else SMS, else none."""
        usable = case._get_usable_channels().get(case.id, ())
        return next((channel for channel in ("email", "sms") if channel in usable), None)
