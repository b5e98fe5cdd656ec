from odoo import models

from ..tools import calendar


class KgwCaseStrike(models.Model):
    """Before a new mandate's first contact the creditor may strike names off the list.

    The methods are for the portal as well as for managers: the caller gives the cases, and answers
    for whose they are.
    """

    _inherit = "kgw.case"

    def _hold_names(self, now):
        """Let these new cases wait for the creditor for as long as the mandate gives it."""
        today = calendar.local_date(now)
        for mandate, cases in self.grouped("mandate_id").items():
            if mandate._has_names_to_show():
                until = mandate._get_names_until(now)
                self.env["kgw.hold"].with_context(kgw_now=now).create(
                    [
                        {
                            "case_id": case.id,
                            "reason": "names",
                            "from_date": today,
                            "release_at": until,
                        }
                        for case in cases
                    ]
                )

    def _confirm_names(self, now):
        """The creditor has looked and agrees: these cases need not wait any longer."""
        self.hold_ids.filtered(lambda hold: hold.reason == "names")._lift(now)

    def _strike(self, now):
        """The creditor strikes these names: they are never contacted until a manager lifts it."""
        self._confirm_names(now)
        self.env["kgw.hold"].with_context(kgw_now=now).create(
            [
                {"case_id": case.id, "reason": "struck", "from_date": calendar.local_date(now)}
                for case in self
            ]
        )
        # Whoever may strike a name may have what is planned for it cancelled.
        planned = self.sudo().reminder_ids.filtered(lambda r: r.state in ("planned", "failed"))
        planned._set_state("cancelled", now, reason="withdrawn")
