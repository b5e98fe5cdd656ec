from odoo import api, fields, models
from odoo.tools import plaintext2html

AUDIENCES = [("creditor", "For the creditor"), ("internal", "Internal")]
EVENT_OF_AUDIENCE = {"creditor": "description", "internal": "note"}


class KgwNote(models.TransientModel):
    """The course of monitoring in the controller's words, for the creditor or for ourselves.

    Every note stands in the register; the portal shows the ones for the creditor.
    """

    _name = "kgw.note"
    _description = "Note on the Course of Monitoring"

    case_id = fields.Many2one("kgw.case", required=True, readonly=True)
    audience = fields.Selection(AUDIENCES, required=True, default="creditor")
    text = fields.Text(required=True)
    warning = fields.Char(string="Words That Warn", compute="_compute_warning")

    @api.depends("text", "audience")
    def _compute_warning(self):
        for note in self:
            found = note.audience == "creditor" and self.env["kgw.sensitive.word"]._find(note.text)
            note.warning = ", ".join(found or [])

    def action_save(self):
        """Save the note; words that warn are shown first."""
        self.ensure_one()
        if self.warning:
            return {
                "type": "ir.actions.act_window",
                "res_model": self._name,
                "res_id": self.id,
                "view_mode": "form",
                "target": "new",
                "name": self.env._("Course of Monitoring"),
                "context": {"dialog_size": "large"},
            }
        return self.action_save_anyway()

    def action_save_anyway(self):
        """Save the note as it is; that somebody was warned of its words is recorded with it."""
        self.ensure_one()
        self._save(fields.Datetime.now())
        return {"type": "ir.actions.act_window_close"}

    def _save(self, now):
        self.case_id.check_access("write")
        payload = {"note": self.text, **({"warned": self.warning} if self.warning else {})}
        self.env["kgw.event"]._record(
            [
                {
                    "kind": EVENT_OF_AUDIENCE[self.audience],
                    "at": now,
                    "case_id": self.case_id.id,
                    "mandate_id": self.case_id.mandate_id.id,
                    "payload": payload,
                }
            ]
        )
        if self.audience == "creditor":
            # Nobody writes the description directly: it would pass by register and warning.
            self.case_id.sudo().write(
                {"description": plaintext2html(self.text), "described_at": now}
            )
