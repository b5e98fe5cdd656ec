from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .kgw_summary import EVERY

RIGHTS = ("may_decide", "may_hand_over", "may_bill")
NOTICES = ("gets_questions", "gets_disputes", "gets_promises", "gets_reports")
# Which notice an e-mail to the creditor is.
NOTICE_OF_TEMPLATE = {
    "email_approval": "gets_questions",
    "email_creditor_question": "gets_questions",
    "email_creditor_payments": "gets_questions",
    "email_dispute": "gets_disputes",
    "email_insolvency": "gets_disputes",
    "email_promise_broken": "gets_promises",
    "email_creditor_report": "gets_reports",
}
# What only reaches who may do what it asks for.
RIGHT_OF_TEMPLATE = {
    "email_approval": "may_decide",
    "email_creditor_question": "may_decide",
    "email_dispute": "may_decide",
    "email_creditor_payments": "may_hand_over",
}
# Nothing is asked: where people are known and none of them wants it, it goes to nobody.
NEWS = ("gets_promises", "gets_reports")


class KgwPortalAccess(models.Model):
    """What one person of a creditor may do in the portal; without a row it only looks.

    Our managers grant it, and the creditor's lead to its own people.
    """

    _name = "kgw.portal.access"
    _description = "Rights of a Creditor's Person"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", required=True, ondelete="cascade", domain="[('share', '=', True)]"
    )
    creditor_id = fields.Many2one(related="user_id.partner_id.commercial_partner_id")
    may_decide = fields.Boolean(default=True, help="Answers questions, pauses, stops, goes on.")
    may_hand_over = fields.Boolean(
        default=True, help="Hands over invoices and payments, withdraws, hands over to collection."
    )
    may_bill = fields.Boolean(string="May See Bills", help="Reads what the service costs.")
    is_lead = fields.Boolean(string="Lead", help="Sets the rights of its colleagues.")
    gets_questions = fields.Boolean(
        default=True, help="E-mails that ask for a decision or for payments."
    )
    gets_disputes = fields.Boolean(
        default=True, help="E-mails about disputes and insolvency of counterparties."
    )
    gets_promises = fields.Boolean(default=True, help="E-mails about promises that were not kept.")
    gets_reports = fields.Boolean(default=True, help="E-mails about what monitoring has ended for.")
    summary = fields.Selection(
        EVERY, required=True, default="weekly", help="E-mail with the figures of the period as PDF."
    )

    _once = models.UniqueIndex("(user_id)", "This person already has its rights.")

    @api.constrains("user_id")
    def _check_user(self):
        if any(not access.user_id.share for access in self):
            raise ValidationError(
                self.env._("Only people with a portal login are a creditor's people.")
            )

    @api.model
    def _get_rights(self, user):
        """Return ``{right: bool}`` of ``user``, with ``is_lead``."""
        access = self.search([("user_id", "=", user.id)])
        return {name: bool(access[name]) for name in (*RIGHTS, "is_lead")}

    @api.model
    def _get_recipients(self, creditor, template_code):
        """Return the e-mail addresses for one kind of notice, with commas, '' for nobody.

        They are of the people who want it and may do what it asks for. A question never goes to
        nobody: else it goes to the creditor's own address.
        """
        people = self.search(
            [("user_id.partner_id", "child_of", creditor.commercial_partner_id.id)]
        )
        people = people.filtered("user_id.active")
        needed = [NOTICE_OF_TEMPLATE.get(template_code), RIGHT_OF_TEMPLATE.get(template_code)]
        wanted = people.filtered(lambda a: all(a[name] for name in needed if name))
        emails = {email for email in wanted.user_id.mapped("email") if email}
        if people and not emails and needed[0] in NEWS:
            return ""
        return ", ".join(sorted(emails)) or creditor.email
