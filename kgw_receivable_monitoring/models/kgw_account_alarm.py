from markupsafe import Markup

from odoo import api, models

from ..tools import words
from ..tools.health import when

TEMPLATE = "email_account_change"


class KgwAccountAlarm(models.AbstractModel):
    """Tells of a change of an account: managers in Odoo, the creditor by e-mail."""

    _name = "kgw.account.alarm"
    _description = "Alarm about a Change of Account"

    @api.model
    def _tell(self, change):
        """Tell everybody what has become of ``change``."""
        self._tell_managers(change)
        self._tell_creditor(change)

    def _tell_managers(self, change):
        managers = self.env["res.users"]._kgw_get_managers()
        for users in managers.grouped("lang").values():
            speaker = change.with_context(lang=users[:1].lang, tz=users[:1].tz or "Europe/Warsaw")
            states = dict(change._fields["state"]._description_selection(speaker.env))
            link = f"/odoo/action-kgw_receivable_monitoring.action_kgw_account_change/{change.id}"
            lines = [
                f"{speaker.mandate_id.name}: {states[change.state]}",
                f"{change.old_number or '–'} → {change.number}",
                ", ".join(change._get_people()),
                Markup('<a href="%s">%s</a>') % (link, speaker.env._("Look at it and cancel it")),
            ]
            self.env["mail.thread"].message_notify(
                partner_ids=users.partner_id.ids,
                subject=speaker.env._("A creditor's account changes: %s", change.mandate_id.code),
                body=Markup("<br/>").join(lines),
            )

    def _tell_creditor(self, change):
        """Write to every address that was known before the change was asked for, and to today's:
        whoever took over one of them does not keep the others from knowing."""
        mandate = change.mandate_id
        brand = mandate._get_own_brand()
        values = {
            "brand": self.env["kgw.text"]._get_brand(brand),
            "creditor": {"name": mandate.creditor_id.name or ""},
            "link": self.env["kgw.creditor.mail"]._get_link(mandate, "/account"),
            "account_change": self._get_values(change, mandate.creditor_id.lang or "pl_PL"),
        }
        for email in mandate._get_alarm_addresses():
            self.env["kgw.creditor.mail"]._post(mandate, TEMPLATE, values, email=email)

    def _get_values(self, change, lang):
        speaker = change.with_context(lang=lang, tz="Europe/Warsaw")
        return {
            "state": change.state,
            "old": words.format_account(change.old_number or ""),
            "new": words.format_account(change.number),
            "asked_by": change.asked_by_id.name or "",
            "effective_at": when(speaker.env, change.effective_at) if change.effective_at else "",
        }
