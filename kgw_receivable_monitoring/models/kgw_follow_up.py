from datetime import timedelta

from odoo import Command, api, models

from ..tools import calendar

# Days for which it waits for contact hours or for another contact to end.
FOLLOW_UP_DAYS = 3


class KgwFollowUp(models.AbstractModel):
    """What a conversation leads to at once in writing: a contact that the person asked for.

    It goes through gate and channel as every contact does. Caps, the gap and knowledge of
    payments do not hold for it (``kgw.reminder._belongs_to_talk``); contact hours do.
    """

    _name = "kgw.follow.up"
    _description = "Message after a Conversation"

    @api.model
    def _plan_contact(self, case, receivables, template, now, **vals):
        """Plan the message about ``receivables`` and return its reminder; empty where nothing may
        be written about them, or another contact of the case is on its way.

        :param vals: further values of the reminder
        """
        lines = self._get_lines(receivables)
        if not lines or not self._make_room(case, now):
            return self.env["kgw.reminder"]
        reminder = self.env["kgw.reminder"].create(
            {**self._prepare_reminder_vals(case, lines, template, now), **vals}
        )
        self.env["kgw.event"]._record_contacts(reminder, "planned", now)
        self.env["kgw.dispatcher"]._wake()
        return reminder

    def _get_lines(self, receivables):
        """Return the receivables to name: what is overdue and what is not due yet never stand in
        one text, and after the monitoring period nobody is written to."""
        overdue = receivables.filtered(lambda line: line.kgw_stage == "overdue")
        return overdue or receivables.filtered(lambda line: line.kgw_stage == "before_due")

    def _make_room(self, case, now):
        """Take back what is only planned: the planner plans it anew when it may. Return whether
        there is room now."""
        case.reminder_ids.filtered(
            lambda r: r.state == "planned" and r.step_id and r.channel != "phone"
        )._set_state("cancelled", now, reason="yielded")
        return not case.reminder_ids._get_open()

    def _prepare_reminder_vals(self, case, lines, template, now):
        today, mandate = calendar.local_date(now), case.mandate_id
        side = "after" if lines[0].kgw_stage == "overdue" else "before"
        prepare = self.env["kgw.reminder.line"]._prepare_stepless_vals
        rows = [prepare(line, template.channel, "information") for line in lines]
        return {
            "case_id": case.id,
            "mandate_id": mandate.id,
            "brand_id": mandate._get_brand(side).id,
            "template_id": template.id,
            "channel": template.channel,
            "rung": "information",
            "side": side,
            "planned_on": today,
            "until": today + timedelta(days=FOLLOW_UP_DAYS),
            "is_requested": True,
            "line_ids": [Command.create(row) for row in rows],
        }
