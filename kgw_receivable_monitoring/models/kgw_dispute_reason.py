from odoo import api, fields, models


class KgwDisputeReason(models.Model):
    """Why a counterparty disputes a receivable: a list that the agency may edit."""

    _name = "kgw.dispute.reason"
    _description = "Reason of a Dispute"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    @api.model
    def _say(self, reason_id):
        """Return a reason in words, '' for none.

        :param reason_id: its id, as entries and facts keep it, or None
        """
        # The name of a reason is for everybody who reads of a dispute.
        return self.sudo().browse(reason_id).name or ""
