from odoo import api, models
from odoo.exceptions import AccessError

from ..tools import identifiers, words
from .kgw_creditor_account import ACCOUNTS
from .kgw_portal_base import KgwPortalBase


class KgwPortalAccount(models.AbstractModel):
    """What a creditor's people see and do about its bank account in the portal.

    As ``kgw.portal``: the creditor comes from the logged-in user and stands in every domain;
    plain values come back, never records.
    """

    _name = "kgw.portal.account"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Bank Account"

    @api.model
    def _get_page(self):
        """Return accounts and changes of the creditor's running mandates as dictionaries."""
        mandates = self._search_own(
            "kgw.mandate", [("state", "!=", "ended"), ("is_own_sales", "=", False)]
        )
        return {
            "mandates": [
                {
                    "id": mandate.id,
                    "name": mandate.name,
                    "account": words.format_account(mandate.account_number or ""),
                    "foreign_account": words.format_account(mandate.foreign_account_number or ""),
                }
                for mandate in mandates
            ],
            "changes": [
                self._prepare_change(change)
                for change in self._search_own("kgw.account.change", [], limit=20)
            ],
        }

    def _prepare_change(self, change):
        labels = dict(change._fields["state"]._description_selection(self.env))
        return {
            "id": change.id,
            "mandate": change.mandate_id.name,
            "old": words.format_account(change.old_number or ""),
            "new": words.format_account(change.number),
            "state": labels[change.state],
            "asked_by": change.asked_by_id.name or "",
            "is_open": change.state in ("asked", "agreed"),
            "can_agree": change.state == "asked" and not change._get_refusal(self.env.user),
        }

    @api.model
    def _ask(self, mandate_id, target, number, now):
        """Ask for another account of one of the creditor's mandates.

        :raise AccessError: it is no mandate of the creditor
        :raise UserError: the number is no IBAN, or another change is open
        """
        mandate = self._get_one("kgw.mandate", mandate_id, domain=[("state", "!=", "draft")])
        if target not in ACCOUNTS:
            raise AccessError(self.env._("This is not there any more."))
        change = mandate.env["kgw.account.change"].create(
            {
                "mandate_id": mandate.id,
                "target": target,
                "number": identifiers.iban(number).value or number,
            }
        )
        change._begin(now)

    @api.model
    def _agree(self, change_id, now):
        """Give the word of the second person; raises as :meth:`_ask` does."""
        self._get_one("kgw.account.change", change_id)._agree(now)

    @api.model
    def _cancel(self, change_id, now):
        """Take a change back; raises as :meth:`_ask` does."""
        self._get_one("kgw.account.change", change_id)._cancel(now)
