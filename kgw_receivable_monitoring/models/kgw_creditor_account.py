from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..const_mandate import ACCOUNT_SOURCES
from ..tools import identifiers, words

ACCOUNTS = ("account_number", "foreign_account_number")
# What a confirmation leaves behind: nobody enters it.
CONFIRMATION = ("account_confirmed_at", "account_confirmed_by_id", "account_addresses")


class KgwCreditorAccount(models.AbstractModel):
    """The creditor's account, the field that a fraud would change first.

    In a draft it is typed in from the creditor's papers and confirmed; from then on only a
    ``kgw.account.change`` changes it.
    """

    _name = "kgw.creditor.account"
    _description = "Creditor's Account of a Mandate"
    _inherit = ["kgw.account"]

    account_number = fields.Char(string="Creditor's Account", tracking=True)
    foreign_account_number = fields.Char(
        string="Account for Other Currencies",
        tracking=True,
        help="Named in reminders of what is owed in another currency; empty: the same account.",
    )
    account_source = fields.Selection(
        ACCOUNT_SOURCES,
        string="Account Taken From",
        help="An e-mail or an uploaded file is no source: whoever writes it may be a fraud.",
    )
    account_confirmed_at = fields.Datetime(readonly=True, copy=False)
    account_confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    account_addresses = fields.Char(
        readonly=True,
        copy=False,
        help="The creditor's e-mail addresses when the account was confirmed: a change of it is"
        " announced there too.",
    )

    @api.constrains(*ACCOUNTS)
    def _check_accounts(self):
        for mandate in self:
            for number in filter(None, (mandate[name] for name in ACCOUNTS)):
                if identifiers.iban(number).reason:
                    raise ValidationError(
                        self.env._(
                            "%s is no bank account number: a digit is wrong, missing or too many."
                            " Compare it with the creditor's invoice.",
                            number,
                        )
                    )

    def write(self, vals):
        if not any(name in vals for name in ACCOUNTS):
            return super().write(vals)
        drafts = self.filtered(lambda m: m.state == "draft")
        if not self.env.su and self - drafts:
            raise UserError(
                self.env._(
                    "The creditor's account is confirmed. Ask for a change of it: a second person has"
                    " to agree, and it holds a day later."
                )
            )
        result = super().write(vals)
        # Another number: neither confirmed nor asked about yet.
        drafts.sudo().write(dict.fromkeys((*CONFIRMATION, *self._get_answer_fields()), False))
        return result

    def action_confirm_account(self):
        """Confirm that the accounts are the creditor's; what is confirmed changes only by a change
        that a second person agrees to."""
        now = fields.Datetime.now()
        for mandate in self:
            mandate.check_access("write")
            mandate._check_confirmable()
            # Only this button writes a confirmation.
            mandate.sudo().write(
                {"account_confirmed_at": now, "account_confirmed_by_id": self.env.uid}
            )
            mandate.sudo()._remember_addresses()  # as above

    def action_change_account(self):
        """Open the changes of this mandate's accounts: a new one needs the creditor's letter."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "kgw_receivable_monitoring.action_kgw_account_change"
            ),
            "domain": [("mandate_id", "=", self.id)],
            "context": {"default_mandate_id": self.id},
        }

    def _take_account(self, change, now):
        """Take over the number of a change whose day has passed."""
        self.ensure_one()
        self.write(
            {
                change.target: change.number,
                "account_confirmed_at": now,
                "account_confirmed_by_id": change.agreed_by_id.id,
                **{name: change[name] for name in self._get_answer_fields()},
            }
        )

    def _remember_addresses(self):
        """Keep the creditor's addresses of today for the alarms of later changes."""
        for mandate in self:
            mandate.account_addresses = ",".join(mandate._get_addresses())

    def _get_addresses(self):
        """Return the e-mail addresses of the creditor and of its people with a login."""
        self.ensure_one()
        people = self.creditor_id | self.creditor_id._kgw_get_logins().partner_id
        return sorted({email for email in people.mapped("email_normalized") if email})

    def _get_alarm_addresses(self):
        """Return the addresses of today and of the day of the confirmation, each once."""
        before = (self.account_addresses or "").split(",")
        return sorted({*filter(None, before), *self._get_addresses()})

    def _get_asked_numbers(self):
        return self, [self[name] for name in ACCOUNTS if self[name]]

    def _check_confirmable(self):
        """
        :raise UserError: the account or its source is not entered, or it is confirmed already
        """
        if not self.account_number or not self.account_source:
            raise UserError(
                self.env._(
                    "Enter the creditor's account and where it was taken from; then confirm it."
                )
            )
        if self.account_confirmed_at:
            raise UserError(
                self.env._("The account of mandate %s is confirmed already.", self.name)
            )

    def _check_confirmation_kept(self, vals):
        """Refuse a confirmation that no button gave.

        :raise AccessError: ``vals`` hold one
        """
        if not self.env.su and any(
            vals.get(name) for name in (*CONFIRMATION, *self._get_answer_fields())
        ):
            raise AccessError(self.env._("Press Confirm: it stands in the history who did it."))

    def _get_account(self, receivables):
        """Return the account, or both with their currencies, to which ``receivables`` are paid."""
        self.ensure_one()
        main = words.format_account(self.account_number or "")
        foreign = words.format_account(self.foreign_account_number or "")
        codes = set(receivables.currency_id.mapped("name"))
        others = sorted(codes - {self.company_id.currency_id.name})
        if not foreign or not others:
            return main
        if len(others) == len(codes):
            return foreign
        return f"{main} ({self.company_id.currency_id.name}), {foreign} ({', '.join(others)})"
