from odoo import api, models

from ..tools import calendar


class KgwProofOfAuthority(models.AbstractModel):
    """The power of attorney of a mandate, sent to a counterparty that asks for it."""

    _name = "kgw.proof.of.authority"
    _inherit = ["kgw.follow.up"]
    _description = "Proof of Authority"

    @api.model
    def _send(self, case, now):
        """Plan the e-mail with the power of attorney of ``case``.

        :return: ``(whether it goes out, a sentence for who talks with the counterparty)``
        """
        case.check_access("write")
        # The file, the ledger's lines and the contact itself: the right asked for is on the case.
        case_sudo = case.sudo()
        address = case_sudo.contact_point_ids._get_usable("email").value
        obstacle = self._get_obstacle(case_sudo, address, now)
        if not obstacle and not self.sudo()._plan_copy(case_sudo, now):
            obstacle = self.env._(
                "nothing is owed that may be written about, or another contact is on its way"
            )
        if obstacle:
            return False, self.env._(
                "The power of attorney was not sent: %s. You have a task for it.", obstacle
            )
        return True, self.env._("The power of attorney goes by e-mail to %s.", address)

    def _get_obstacle(self, case, address, now):
        """Return why there is nothing to send or nowhere to send it, or ''."""
        mandate = case.mandate_id
        if not mandate.authority_file:
            return self.env._("its file is not in the mandate")
        if not mandate._is_authority_in_force(calendar.local_date(now)):
            return self.env._("it is not in force today")
        return "" if address else self.env._("the case has no usable e-mail address")

    def _plan_copy(self, case, now):
        """Plan the e-mail about all that is owed, and keep the file as it was sent."""
        template = self.env.ref("kgw_receivable_monitoring.kgw_template_email_authority")
        reminder = self._plan_contact(case, case._get_open_receivables(), template, now)
        if reminder:
            mandate = case.mandate_id
            reminder.attachment_id = self.env["ir.attachment"].create(
                {
                    "name": mandate.authority_filename or f"{mandate.code}.pdf",
                    "datas": mandate.authority_file,
                    "res_model": "kgw.reminder",
                    "res_id": reminder.id,
                }
            )
        return reminder
