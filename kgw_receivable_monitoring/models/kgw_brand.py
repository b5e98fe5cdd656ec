import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Sender names of Polish SMS operators: at most 11 characters, one letter at least, no four digits
# in a row (operators' rules, see docs/security.md).
SMS_SENDER = re.compile(r"(?=.*[A-Za-z])(?!.*\d{4})[A-Za-z0-9.\- ]{1,11}")


class KgwBrand(models.Model):
    """Who speaks to the counterparty: the agency, or a creditor (white label)."""

    _name = "kgw.brand"
    _description = "Brand"
    _inherit = ["image.mixin"]
    _order = "name"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    short_name = fields.Char(
        required=True,
        size=30,
        help="Name in an SMS, at most 30 characters without Polish letters.",
    )
    creditor_id = fields.Many2one(
        "res.partner",
        string="White Label of",
        help="Set when this brand is a creditor's own: what is sent names the creditor only.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    vat = fields.Char(string="NIP")
    street = fields.Char()
    zip = fields.Char()
    city = fields.Char()
    phone = fields.Char(required=True, help="Number that the counterparty can call.")
    email = fields.Char(required=True, help="Sender of the e-mails of this brand.")
    website = fields.Char()
    alias_domain_id = fields.Many2one(
        "mail.alias.domain",
        help="Domain whose catch-all receives replies and whose bounce address receives returns.",
    )
    sms_sender = fields.Char(
        string="SMS Sender",
        help="At most 11 characters: letters, digits, dot, hyphen, space.",
    )
    sms_sender_approved = fields.Boolean(
        string="SMS Sender Approved",
        help="The SMS operator approved this sender name. Without it no SMS goes out.",
    )

    @api.constrains("sms_sender")
    def _check_sms_sender(self):
        for brand in self.filtered("sms_sender"):
            if not SMS_SENDER.fullmatch(brand.sms_sender):
                raise ValidationError(
                    self.env._(
                        "“%s” can't be an SMS sender: use at most 11 letters, digits, dots, hyphens or"
                        " spaces, with a letter and without four digits in a row.",
                        brand.sms_sender,
                    )
                )

    def _get_greeting(self):
        """Return what is said first to whoever calls this brand; without one, the company."""
        return self.env._(
            "“%(brand)s, %(me)s speaking, good morning. How can I help you?”",
            brand=self.name or self.env.company.name,
            me=self.env.user.name,
        )

    def _get_address(self):
        """Return the postal address in one line."""
        self.ensure_one()
        town = " ".join(filter(None, (self.zip, self.city)))
        return ", ".join(filter(None, (self.street, town)))

    def _has_own_domain(self):
        """Whether replies and returns come back to the brand: the domain of its e-mail is that of
        its alias domain, or lies below it; a white label's is not the agency's."""
        self.ensure_one()
        if self.creditor_id and self.alias_domain_id == self.company_id.alias_domain_id:
            return False
        domain = (self.email or "").rpartition("@")[2].lower()
        own = (self.alias_domain_id.name or "").lower()
        return bool(own) and (domain == own or domain.endswith(f".{own}"))
