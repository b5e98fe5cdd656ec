from odoo import api, models
from odoo.tools import consteq, plaintext2html

from ..tools import calendar, identifiers
from ..tools.rate import Window

TOKEN = "kgw_receivable_monitoring.missed_call_token"
# A telephone exchange misses fewer calls than this in a minute; more is a mistake or an attack.
PER_MINUTE = 60
_window = Window(PER_MINUTE, 60)


class KgwMissedCall(models.AbstractModel):
    """Missed calls that a telephone exchange reports: each becomes a task."""

    _name = "kgw.missed.call"
    _description = "Missed Calls"

    @api.model
    def _admit(self, token, moment):
        """Return the HTTP status for a report with ``token``: 200, 403 or 429.

        Wrong tokens count as well, so that nobody can try many.

        :param moment: seconds of a clock that only runs forward
        """
        if not _window.admit(moment):
            return 429
        # The caller is nobody; the token replaces the access rights.
        known = self.env["ir.config_parameter"].sudo().get_param(TOKEN)
        return 200 if known and consteq(known, token or "") else 403

    @api.model
    def _take(self, number, called, now):
        """Make a task of a missed call.

        A call that stands on the board moves into the column of those who asked to be called. Of
        several creditors' matters none is named.

        :param number: who called, in any form
        :param called: the number that was called, in any form; may be empty
        """
        caller = identifiers.phone(number).value or (number or "")[:32]
        cases = self._find_cases(caller, called)
        if len(cases) != 1:
            title = self.env._("Missed call")
            self._add_free_task(title, caller, now)
            return
        calls = cases.reminder_ids._get_open_calls()
        calls.filtered("activity_ids")._mark_wanted(now)
        agent = calls.agent_id[:1] or cases._get_controller()
        cases._add_task("missed_call", agent, caller, "", now)

    def _find_cases(self, caller, called):
        """Return the cases of ``caller`` for which the called number speaks."""
        cases = self.env["kgw.case"].search(
            [("contact_point_ids", "any", [("kind", "=", "phone"), ("value", "=", caller)])]
        )
        number = identifiers.phone(called or "").value
        brands = (
            self.env["kgw.brand"]
            .search([("phone", "!=", False)])
            .filtered(lambda brand: number and identifiers.phone(brand.phone).value == number)
        )
        if not brands:
            return cases
        return cases.filtered(
            lambda case: brands & (case.mandate_id.brand_before_id | case.mandate_id.brand_after_id)
        )

    @api.model
    def _add_free_task(self, title, told, now):
        """Give a manager a task that belongs to no case."""
        manager = self.env["res.users"]._kgw_get_managers()[:1] or self.env.user
        # Tasks of others are made for what the user itself may do: answer the phone.
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            {
                "activity_type_id": self.env.ref(
                    "kgw_receivable_monitoring.mail_activity_type_missed_call"
                ).id,
                "summary": title,
                "note": plaintext2html(told),
                "date_deadline": calendar.local_date(now),
                "user_id": manager.id,
            }
        )
