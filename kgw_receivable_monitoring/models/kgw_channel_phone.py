from odoo import api, models

from ..const_calls import CALL_ATTEMPTS, CALL_TABLE
from .kgw_gate_facts import Facts


class KgwChannelPhone(models.AbstractModel):
    """Phone: the call stands on the agents' board until one of them makes it.

    The activity is the shadow of the reminder in Odoo's own activity views.
    """

    _name = "kgw.channel.phone"
    _inherit = "kgw.channel"
    _description = "Channel: Phone"

    _at_desk = True

    @api.model
    def _prepare_rows(self, reminders):
        """Put calls onto the board: one activity each, without Odoo's notice mail per activity."""
        activity_type = self.env.ref("kgw_receivable_monitoring.mail_activity_type_call")
        model_id = self.env["ir.model"]._get_id("kgw.case")
        day = max(reminders.mapped("planned_on"))
        self.env["kgw.distributor"]._distribute(reminders, day)
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": activity_type.id,
                    "res_model_id": model_id,
                    "res_id": reminder.case_id.id,
                    "kgw_reminder_id": reminder.id,
                    "summary": self._get_summary(reminder),
                    "date_deadline": reminder.planned_on,
                    "user_id": reminder._get_holder().id,
                }
                for reminder in reminders
            ]
        )
        reminders._sort_calls(self.env.cr.now(), reminders.case_id)

    def _get_summary(self, reminder):
        """Return the name of the step in the language of who calls."""
        lang = reminder._get_holder().lang
        return (reminder.step_id or reminder.template_id).with_context(lang=lang).name

    @api.model
    def _record_call(self, reminder, outcome, note, now, again_at=None, **told):
        """Record how a call ended, and what becomes of the call by it.

        :param outcome: a code of ``const_calls.CALL_TABLE``
        :param note: what was said, for the register; may be empty
        :param again_at: when to call again, naive UTC, where the outcome asks for it
        :param told: what else the register keeps of the call; ``incoming`` when we were called
        """
        group = CALL_TABLE[outcome].group
        # Who calls us is no trial: that is the counterparty itself.
        is_trial = reminder.mandate_id.is_trial and not told.get("incoming")
        reminder.line_ids._freeze(Facts(reminder, now))
        reminder.write(
            {"outcome": outcome, "attempts": reminder.attempts + 1, "is_trial": is_trial}
        )
        told = {reminder.id: {"note": note or "", **told}}
        self.env["kgw.event"]._record_contacts(reminder, "call", now, told=told)
        # Nobody has rights on the counts across creditors.
        self.env["kgw.person"].sudo()._count(reminder, now, is_contact=group == "reached")
        if group == "reached":
            reminder._set_state("claimed", now)
            reminder._mark_sent(now, effective_at=now)._mark_delivered(now)
        elif group == "again":
            reminder._mark_again(now, again_at or now)
        elif group == "number":
            reminder._mark_unreached(now, is_last=is_trial or not self._pass_over_number(reminder))
        else:
            reminder._mark_unreached(now, is_last=reminder.attempts >= CALL_ATTEMPTS)
        reminder._sort_calls(now, reminder.case_id)

    def _pass_over_number(self, reminder):
        """Mark the number that was called as wrong, and return the one to try next, if any."""
        points = reminder.case_id.contact_point_ids
        points._get_usable("phone").state = "wrong"
        return points._get_usable("phone")
