from odoo import api, models

from .kgw_portal_base import KgwPortalBase

# More changed cases than these are not named one by one: every open page looks for itself.
NAMED_CASES = 50
SUBCHANNEL = "kgw"


class KgwPortalLive(models.AbstractModel):
    """Pages learn over Odoo's bus that something changed, never what: they read it anew."""

    _name = "kgw.portal.live"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Live Pages"

    @api.model
    def _get_channels(self):
        """Return the bus channels of the creditor whose user asks; none for anybody else."""
        if self.env.user._is_public() or not self.env.user.share:
            return []
        creditors = self._get_mandates().creditor_id
        return [(creditor, SUBCHANNEL) for creditor in creditors]

    @api.model
    def _tell_changed(self, cases):
        """Tell the pages of the creditors of ``cases`` after the commit that these changed.

        One message per creditor and transaction, however much happens in it.
        """
        if not cases or self.env.context.get("kgw_simulation"):
            return
        data = self.env.cr.precommit.data
        if "kgw_changed" not in data:
            data["kgw_changed"] = set()
            self.env.cr.precommit.add(self._send_changed)
        data["kgw_changed"].update(cases.ids)

    def _send_changed(self):
        changed = self.env.cr.precommit.data.pop("kgw_changed")
        # Whoever changed something need not see the cases; only their numbers go out.
        cases = self.env["kgw.case"].sudo().browse(changed).exists()
        for creditor, own in cases.grouped("creditor_id").items():
            numbers = own.ids if len(own) <= NAMED_CASES else []
            self.env["bus.bus"]._sendone((creditor, SUBCHANNEL), "kgw_changed", {"cases": numbers})
