from odoo import api, models

from ..const import OPEN_STATES
from ..tools import calendar


class KgwFallback(models.AbstractModel):
    """The second way of a step: planned when the first channel could not be used or failed."""

    _name = "kgw.fallback"
    _description = "Fallback of a Step"

    @api.model
    def _plan(self, reminders, now):
        """Plan the fallback channel of the steps of ``reminders``, which ended without a contact.

        Nothing is planned where a case has another reminder open already: its course goes on by
        that one.

        :param now: moment to write into the register, naive UTC
        """
        busy = self._get_busy_cases(reminders)
        for reminder in reminders.filtered(lambda r: self._is_wanted(r) and r.case_id not in busy):
            # Since a new due date began another course, the step is told in that one.
            lines = reminder._get_owed_lines().filtered(
                lambda line: line.course == line.receivable_id.kgw_course
            )
            if lines:
                self._create(reminder, lines, now)
        self.env["kgw.dispatcher"]._wake()

    def _get_busy_cases(self, reminders):
        return reminders.search(
            [
                ("case_id", "in", reminders.case_id.ids),
                ("state", "in", OPEN_STATES),
                ("id", "not in", reminders.ids),
            ]
        ).case_id

    @api.model
    def _is_wanted(self, reminder):
        """Whether the step has another channel than the one of ``reminder``: a fallback has none."""
        fallback = reminder.step_id.fallback_channel
        return bool(fallback and fallback != reminder.channel)

    def _create(self, reminder, lines, now):
        on_date = calendar.local_date(now)
        fallback = reminder.create(self._prepare_vals(reminder, on_date))
        self.env["kgw.reminder.line"].create(
            [
                {
                    **line._prepare_copy_vals(),
                    "reminder_id": fallback.id,
                    "channel": fallback.channel,
                }
                for line in lines
            ]
        )
        self.env["kgw.event"]._record([fallback._prepare_event_vals("planned", now)])
        fallback.line_ids.receivable_id._kgw_refresh_course(on_date, now)

    def _prepare_vals(self, reminder, on_date):
        step = reminder.step_id
        return {
            "case_id": reminder.case_id.id,
            "mandate_id": reminder.mandate_id.id,
            "brand_id": reminder.brand_id.id,
            "step_id": step.id,
            "rung": reminder.rung,
            "channel": step.fallback_channel,
            "template_id": step.fallback_template_id.id,
            "side": reminder.side,
            "planned_on": on_date,
            "until": reminder.until,
            "origin_id": reminder.id,
            "decision_id": reminder.decision_id.id,
        }
