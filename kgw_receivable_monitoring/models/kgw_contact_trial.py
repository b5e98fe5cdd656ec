from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import calendar, identifiers


class KgwContactTrial(models.AbstractModel):
    """Trial run of a mandate: everything goes to a named address and number, marked TEST.

    Nobody is contacted by it, so it changes nothing of a case: no gap, no cap, no promise, and no
    step is taken by it and nobody was asked by it once it is released.
    """

    _name = "kgw.contact.trial"
    _description = "Trial Run"

    is_trial = fields.Boolean(
        string="Trial Run",
        tracking=True,
        help="Everything goes to the trial address and number, marked TEST, until it is released.",
    )
    trial_email = fields.Char(string="Trial E-mail")
    trial_phone = fields.Char(string="Trial Number")

    @api.constrains("is_trial", "trial_email", "trial_phone")
    def _check_trial(self):
        for mandate in self.filtered("is_trial"):
            phone = identifiers.phone(mandate.trial_phone).value
            if not phone or not identifiers.email(mandate.trial_email).value:
                raise ValidationError(
                    self.env._("A trial run needs an e-mail address and a phone number to go to.")
                )

    def write(self, vals):
        """Beginning and ending a trial takes back what was meant for the other recipient."""
        was_trial = self.filtered("is_trial")
        res = super().write(vals)
        if "is_trial" in vals:
            now, in_trial = fields.Datetime.now(), self.filtered("is_trial")
            (in_trial - was_trial)._take_back_printed(now)
            (was_trial - in_trial)._begin_anew(now)
        return res

    def action_start_trial(self):
        """From now on everything goes to the trial address and number, marked TEST."""
        self.write({"is_trial": True})

    def action_release_trial(self):
        """End the trial run: the steps that only the trial address got are free for the counterparties
        themselves; what was done by hand is not repeated."""
        self.write({"is_trial": False})

    def _take_back_printed(self, now):
        """Take back the letters that lie printed for the counterparties themselves."""
        printed = self._get_reminders_sudo([("state", "=", "claimed")]).filtered("print_run_id")
        printed._set_state("cancelled", now, reason="withdrawn")
        printed.print_run_id.document = False

    def _begin_anew(self, now):
        """Free the steps that only went to a trial address: they are taken for real now."""
        trials = self._get_reminders_sudo([("is_trial", "=", True)])
        # Whether a trial message went out needs nobody's decision any more.
        trials.filtered(lambda r: r.state == "unknown")._mark_sent(now)
        trials._set_state("cancelled", now, reason="withdrawn")
        trials.line_ids.write({"void": True})
        trials.write({"contact_on": False, "effective_at": False})
        self.env["kgw.decision"]._withdraw_of_trial(self, now)
        # Whoever ends a trial need not be an accountant.
        lines_sudo = self.sudo().case_ids._get_open_receivables()
        lines_sudo._kgw_refresh_course(calendar.local_date(now), now)

    def _get_reminders_sudo(self, domain):
        # Who may write the mandate may begin and end its trial; nobody writes reminders directly.
        reminders_sudo = self.env["kgw.reminder"].sudo()
        return reminders_sudo.search([("mandate_id", "in", self.ids), *domain])

    def _get_trial_recipient(self, kind):
        """Return where a trial run sends what would go to a contact point of ``kind``; letters
        bear the address of the brand."""
        self.ensure_one()
        return {
            "email": self.trial_email,
            "phone": identifiers.phone(self.trial_phone).value,
            "address": self.brand_after_id._get_address() or self.brand_after_id.name,
        }[kind]
