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
        that one. A message that has no other way left becomes a task; a call that nobody answered
        is none.

        :param now: moment to write into the register, naive UTC
        """
        busy, lost = self._get_busy_cases(reminders), reminders.browse()
        for reminder in reminders.filtered(lambda r: r.case_id not in busy):
            # Since a new due date began another course, the step is told in that one.
            lines = reminder._get_owed_lines().filtered(
                lambda line: line.course == line.receivable_id.kgw_course
            )
            if lines and self._is_wanted(reminder):
                self._create(reminder, lines, now)
            elif lines and reminder.channel != "phone":
                lost |= reminder
        self._add_tasks(lost.case_id, now)
        self.env["kgw.dispatcher"]._wake()

    @api.model
    def _tell_unreachable(self, passed, now):
        """Tell the controllers of cases to which no channel leads at all, at the first step that was
        passed over for it.

        :param passed: as of ``kgw.event._record_passed``, not written yet
        :param now: naive UTC
        """
        lines = [line.id for line, _step_id, reason in passed if reason == "no_route"]
        cases = self.env["account.move.line"].browse(lines).kgw_case_id
        if not cases:
            return
        # Whoever lets the course go on, a portal user as well, need not read the register.
        events = self.env["kgw.event"].sudo()
        told = events.search([("case_id", "in", cases.ids), ("reason", "=", "no_route")]).case_id
        usable = cases._get_usable_channels()
        self._add_tasks((cases - told).filtered(lambda case: not usable.get(case.id)), now)

    @api.model
    def _add_tasks(self, cases, now):
        """Give the controllers of ``cases`` that nothing reached the task to find contact data, one
        for each case as long as it is open."""
        kind = self.env.ref("kgw_receivable_monitoring.mail_activity_type_contact_data")
        # As above: the task is not of whoever acts.
        for case in cases.sudo().filtered(lambda c: kind not in c.activity_ids.activity_type_id):
            agent = case._get_controller()
            note = self.with_context(lang=agent.lang).env._(
                "By no channel of the step could the counterparty be reached. Find other contact"
                " data; the steps that follow go on."
            )
            case._add_task("contact_data", agent, case.counterparty_id.name or "", note, now)

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
        self.env["kgw.event"]._record_contacts(fallback, "planned", now)
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
