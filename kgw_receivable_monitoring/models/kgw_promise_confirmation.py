from datetime import timedelta

from odoo import Command, api, models

from ..const import OPEN_STATES
from ..tools import calendar

# Days for which a confirmation waits for contact hours or for another contact to end.
CONFIRM_DAYS = 3


class KgwPromiseConfirmation(models.AbstractModel):
    """A promise is confirmed in writing at once: a contact that the person asked for.

    It goes through gate and channel as every contact does. Caps, the gap and knowledge of
    payments do not hold for it, since it only repeats what was just said; contact hours do.
    """

    _name = "kgw.promise.confirmation"
    _description = "Confirmation of a Promise"

    @api.model
    def _plan(self, promises, now):
        """Plan the confirmation of each promise that can have one now.

        While another contact of the case is just being made, :meth:`_plan_late` tries again.
        """
        for promise in promises:
            channel = self._get_channel(promise.case_id)
            lines = self._get_lines(promise)
            if not channel or not lines:
                continue
            self._make_room(promise.case_id, now)
            if promise.case_id.reminder_ids.filtered(lambda r: r.state in OPEN_STATES):
                continue
            reminder = self.env["kgw.reminder"].create(
                self._prepare_vals(promise, lines, channel, now)
            )
            self.env["kgw.event"]._record([reminder._prepare_event_vals("planned", now)])
            self.env["kgw.dispatcher"]._wake()

    @api.model
    def _plan_late(self, now, cases=None):
        """Confirm the promises of the last days that could not be confirmed at once."""
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        late = self.env["kgw.promise"].search(
            [
                *chosen,
                ("state", "=", "open"),
                ("given_at", ">=", now - timedelta(days=CONFIRM_DAYS)),
                ("confirmation_ids", "=", False),
            ]
        )
        self._plan(late, now)

    def _get_channel(self, case):
        """Return the channel of a text that can be kept: e-mail, else SMS, else none."""
        usable = case._get_usable_channels().get(case.id, ())
        return next((channel for channel in ("email", "sms") if channel in usable), None)

    def _get_lines(self, promise):
        """Return the receivables to name: what is overdue and what is not due yet never stand in
        one text, and after the monitoring period nobody is written to."""
        lines = promise.receivable_ids
        overdue = lines.filtered(lambda line: line.kgw_stage == "overdue")
        return overdue or lines.filtered(lambda line: line.kgw_stage == "before_due")

    def _make_room(self, case, now):
        """Take back what is only planned: the planner plans it anew when it may."""
        case.reminder_ids.filtered(
            lambda r: r.state == "planned" and r.step_id and r.channel != "phone"
        )._set_state("cancelled", now, reason="replanned")

    def _prepare_vals(self, promise, lines, channel, now):
        today, mandate = calendar.local_date(now), promise.mandate_id
        side = "after" if lines[0].kgw_stage == "overdue" else "before"
        template = self.env.ref(f"kgw_receivable_monitoring.kgw_template_{channel}_promise")
        vals = {
            "case_id": promise.case_id.id,
            "mandate_id": mandate.id,
            "brand_id": mandate._get_brand(side).id,
            "promise_id": promise.id,
            "template_id": template.id,
            "channel": channel,
            "rung": "information",
            "side": side,
            "planned_on": today,
            "until": today + timedelta(days=CONFIRM_DAYS),
            "is_requested": True,
        }
        line_model = self.env["kgw.reminder.line"]
        rows = [line_model._prepare_stepless_vals(r, channel, "information") for r in lines]
        return {**vals, "line_ids": [Command.create(row) for row in rows]}
