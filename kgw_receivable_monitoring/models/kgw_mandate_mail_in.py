import ast

from odoo import fields, models
from odoo.tools import email_normalize

from odoo.addons.mail.tools.alias_error import AliasError


class KgwMandateMailIn(models.Model):
    """The address to which the creditor of a mandate sends its files."""

    _name = "kgw.mandate"
    _inherit = ["kgw.mandate", "mail.alias.mixin.optional"]

    def _alias_get_creation_values(self):
        """Files sent to the address become imports of this mandate."""
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("kgw.import")
        values["alias_contact"] = "everyone"  # who may send is asked below
        if self.id:
            values["alias_defaults"] = defaults = ast.literal_eval(self.alias_defaults or "{}")
            defaults["mandate_id"] = self.id
            values["alias_bounced_content"] = self._tell_unknown_sender()
        return values

    def _tell_unknown_sender(self):
        return self.env._(
            "Files are taken from the addresses that the creditor has named only. Please send them"
            " from such an address, or ask your contact person to enter this one."
        )

    def _alias_get_error(self, message, message_dict, alias):
        """Refuse files from strangers, with a sentence, and write it into the register."""
        error = super()._alias_get_error(message, message_dict, alias)
        if error or not self or alias.alias_model_id.model != "kgw.import":
            return error
        if self._knows_sender(message_dict.get("email_from")):
            return False
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "mail_refused",
                    "at": fields.Datetime.now(),
                    "mandate_id": self.id,
                    "channel": "email",
                    "payload": {"sender": email_normalize(message_dict.get("email_from")) or ""},
                }
            ]
        )
        return AliasError("error_kgw_unknown_sender", self._tell_unknown_sender())

    def _knows_sender(self, sender):
        """Whether an address is the creditor's or one of its people's."""
        self.ensure_one()
        address = email_normalize(sender or "")
        creditor = self.creditor_id.commercial_partner_id
        people = self.env["res.partner"].search(
            [("id", "child_of", creditor.ids), ("email_normalized", "=", address)], limit=1
        )
        return bool(address and people)
