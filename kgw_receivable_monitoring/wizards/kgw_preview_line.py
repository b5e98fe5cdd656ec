from odoo import api, fields, models
from odoo.tools import plaintext2html

from ..const import CHANNELS, RUNGS
from ..const_reasons import CURES, REASONS

KINDS = [
    ("contact", "Contact"),
    ("question", "Question to the creditor"),
    ("report", "Report to the creditor"),
    ("not_sent", "No contact"),
]


class KgwPreviewLine(models.TransientModel):
    """One thing that a day to come would bring, or why it would not."""

    _name = "kgw.preview.line"
    _inherit = ["kgw.contact.label"]
    _description = "Line of a Preview"
    _order = "day, id"
    _rec_name = "summary"

    preview_id = fields.Many2one("kgw.preview", required=True, index=True, ondelete="cascade")
    day = fields.Date(required=True)
    at = fields.Datetime(string="Not Before")
    kind = fields.Selection(KINDS, required=True, string="What Happens")
    case_id = fields.Many2one("kgw.case")
    counterparty_id = fields.Many2one(related="case_id.counterparty_id")
    mandate_id = fields.Many2one(related="case_id.mandate_id")
    invoices = fields.Char()
    channel = fields.Selection(CHANNELS)
    recipient = fields.Char()
    step_id = fields.Many2one("kgw.scenario.step")
    rung = fields.Selection(RUNGS)
    subject = fields.Char()
    body = fields.Text()
    text = fields.Html(compute="_compute_text", help="The exact text.")
    summary = fields.Char(compute="_compute_text", string="In Short")
    reason = fields.Selection(REASONS)
    note = fields.Char(readonly=True, help="Which hold it is, or which payments are not known.")
    cure = fields.Selection(CURES, compute="_compute_cure", string="What Helps")

    @api.depends("subject", "body", "channel", "reason", "note")
    def _compute_text(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for line in self:
            is_plain = line.channel in ("sms", "phone")
            line.text = plaintext2html(line.body or "") if is_plain else line.body
            short = line.subject or (line.body or "").replace("\n", " ")[:160]
            why = ": ".join(filter(None, (reasons.get(line.reason), line.note)))
            line.summary = why or short

    @api.depends("reason")
    def _compute_cure(self):
        for line in self:
            line.cure = line.reason
