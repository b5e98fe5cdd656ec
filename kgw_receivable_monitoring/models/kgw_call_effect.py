from odoo import api, models

from ..const_calls import CALL_TABLE
from ..tools import calendar


class KgwCallEffect(models.AbstractModel):
    """What the outcome of a conversation does to the case: one method per effect of the table.

    Each takes the outcome, what was entered at the desk (``values``) and the moment. The call
    itself is ended by ``kgw.channel.phone``.
    """

    _name = "kgw.call.effect"
    _description = "Effect of a Call"

    @api.model
    def _carry_out(self, case, outcome, values, now):
        """Let ``outcome`` have its effect on ``case``.

        :param values: what was entered: ``receivables`` (account.move.line), ``note`` and the
            fields that the outcome needs
        :param now: moment of the call, naive UTC
        :return: what the agent has to be told of it, or None
        """
        effect = CALL_TABLE[outcome].effect
        return getattr(self, f"_do_{effect}")(case, outcome, values, now) if effect else None

    def _do_promise(self, case, outcome, values, now):
        parts = values["parts"]
        if outcome == "will_pay":
            parts = [(values["promise_on"], values["promise_amount"])]
        self.env["kgw.promise"]._give(case, values["receivables"], parts, now, values["note"])

    def _do_dispute(self, case, outcome, values, now):
        reason = values["dispute_reason"]
        if code := CALL_TABLE[outcome].value:
            reason = self.env.ref(f"kgw_receivable_monitoring.dispute_reason_{code}")
        self.env["kgw.dispute"]._open(values["receivables"], reason, values["note"], now)

    def _do_pause(self, case, outcome, values, now):
        """Wait for a payment that is said to be on its way, for these invoices only."""
        today = calendar.local_date(now)
        self._hold(
            [{"case_id": case.id, "move_id": move.id} for move in values["receivables"].move_id],
            now,
            reason="paid_claim",
            note=values["note"],
            until_date=calendar.add_working_days(today, CALL_TABLE[outcome].value),
        )

    def _do_task(self, case, outcome, values, now):
        """Give the agent the task that the outcome names."""
        self._add_task(case, self.env.user, outcome, values, now)

    def _do_authority(self, case, outcome, values, now):
        """Send the power of attorney; where that can't be done, the agent gets the task."""
        is_sent, said = self.env["kgw.proof.of.authority"]._send(case, now)
        if not is_sent:
            self._add_task(case, self.env.user, outcome, {"note": said}, now)
        return said

    def _do_ask_manager(self, case, outcome, values, now):
        self._add_task(case, case.mandate_id._get_manager(), outcome, values, now)

    def _do_complaint(self, case, outcome, values, now):
        """Nobody contacts who complains about us before somebody else has looked at it."""
        self._hold([{"case_id": case.id}], now, reason="other", note=values["note"])
        self._add_task(case, case.mandate_id._get_manager(), outcome, values, now)

    def _do_death(self, case, outcome, values, now):
        note = self._get_label(outcome, self.env.lang)
        self._hold([{"case_id": case.id}], now, reason="other", note=values["note"] or note)
        self._add_task(case, case.mandate_id._get_manager(), outcome, values, now)

    def _do_insolvency(self, case, outcome, values, now):
        case._mark_insolvent(values["note"], now)

    def _do_objection(self, case, outcome, values, now):
        """RODO art. 21: the number is not called again; it stays to be recognised."""
        case.contact_point_ids._get_usable("phone").state = "objected"

    def _do_new_number(self, case, outcome, values, now):
        """A number that was given on the phone is tried first."""
        number = values["new_phone"]
        if number:
            points = case.contact_point_ids.filtered(lambda p: p.kind == "phone")
            first = min(points.mapped("sequence"), default=10) - 1
            points.create(
                {
                    "case_id": case.id,
                    "kind": "phone",
                    "value": number,
                    "state": "verified",
                    "sequence": first,
                    "source": self.env._("on the phone"),
                }
            )

    # === HELPERS === #

    def _hold(self, scopes, now, **vals):
        today = calendar.local_date(now)
        self.env["kgw.hold"].with_context(kgw_now=now).create(
            [{"from_date": today, **scope, **vals} for scope in scopes]
        )

    def _add_task(self, case, user, outcome, values, now):
        case._add_task("outcome", user, self._get_label(outcome, user.lang), values["note"], now)

    def _get_label(self, outcome, lang):
        field = self.env["kgw.reminder"]._fields["outcome"]
        return dict(field._description_selection(self.with_context(lang=lang).env))[outcome]
