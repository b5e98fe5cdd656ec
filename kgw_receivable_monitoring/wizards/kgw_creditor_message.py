from odoo import fields, models
from odoo.exceptions import UserError


class KgwCreditorMessage(models.TransientModel):
    """What the controller writes to the creditor: it appears on the counterparty's page at once."""

    _name = "kgw.creditor.message"
    _inherit = ["kgw.creditor.words"]
    _description = "Message to the Creditor"
    _words_field = "text"

    case_id = fields.Many2one("kgw.case", required=True, readonly=True)
    text = fields.Text(string="Message")
    attachment_ids = fields.Many2many("ir.attachment", string="Files")

    def action_send(self):
        self.ensure_one()
        self.case_id.check_access("write")
        if not (self.text or "").strip() and not self.attachment_ids:
            raise UserError(self.env._("Write a message or choose a file."))
        self._check_words()
        now = fields.Datetime.now()
        files = [(attachment.name, attachment.raw) for attachment in self.attachment_ids]
        talk = self.env["kgw.portal.talk"]
        talk._record_message(self.case_id, self.text or "", files, now)
        self._record_words(self.case_id, now)
        return {"type": "ir.actions.act_window_close"}
