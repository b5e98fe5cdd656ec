from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..const import ACCOUNT_SOURCES
from ..tools import identifiers, words

ACCOUNTS = ("account_number", "foreign_account_number")
# What a confirmation leaves behind: nobody enters it.
CONFIRMATION = ("account_confirmed_at", "account_confirmed_by_id")


class KgwCreditorAccount(models.AbstractModel):
    """The creditor's account, the field that a fraud would change first.

    In a draft it is typed in from the creditor's papers and confirmed; from then on only a
    ``kgw.account.change`` changes it.
    """

    _name = "kgw.creditor.account"
    _description = "Creditor's Account of a Mandate"

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
    account_confirmed_by_id = fields.Many2one(
        "res.users", string="Account Confirmed By", readonly=True, copy=False
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
        drafts.sudo().write(dict.fromkeys(CONFIRMATION, False))  # another number, not confirmed yet
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
        if not self.env.su and any(vals.get(name) for name in CONFIRMATION):
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
