from odoo import api, fields, models

from ..const import CHANNELS
from ..const_reasons import REASONS
from ..models.account_move_line import ACTS

SECTIONS = [("next", "What comes next"), ("obstacle", "What stands in the way")]
# What has no form of its own is shown in its list.
LISTED = ("kgw.hold",)


class KgwExplanationLine(models.TransientModel):
    """One thing that comes next, or one that stands in the way and where it is cured."""

    _name = "kgw.explanation.line"
    _inherit = ["kgw.contact.label"]
    _step_field = "step"
    _description = "Line of an Explanation"

    explanation_id = fields.Many2one("kgw.explanation", required=True, ondelete="cascade")
    section = fields.Selection(SECTIONS, required=True)
    invoice = fields.Char()
    due_date = fields.Date()
    step = fields.Char()
    channel = fields.Selection(CHANNELS)
    act = fields.Selection(ACTS, string="What Happens")
    day = fields.Date()
    reason = fields.Selection(REASONS)
    note = fields.Char()
    # Whole sentences: as texts they wrap in the list.
    why = fields.Text(compute="_compute_sentences")
    cure = fields.Text(compute="_compute_sentences", string="What Helps")
    res_model = fields.Char(string="Kind of Place")
    res_id = fields.Many2oneReference(string="Place", model_field="res_model")

    @api.depends("reason", "note", "res_model", "res_id")
    def _compute_sentences(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        cures = dict(self.env["kgw.case"]._fields["waiting_cure"]._description_selection(self.env))
        for line in self:
            line.why = "\n".join(filter(None, (reasons.get(line.reason), line.note)))
            line.cure = cures.get(line._get_cure())

    def _get_cure(self):
        """Return the code of what helps: a hold has that of its own reason."""
        if self.reason != "hold" or self.res_model != "kgw.hold":
            return self.reason
        return self.env["kgw.hold"].browse(self.res_id)._get_cure()

    def _forget_unreal_places(self):
        """What the simulation made is gone with it: nobody can be led there."""
        for line in self.filtered("res_model"):
            if not self.env[line.res_model].browse(line.res_id).exists():
                line.write({"res_model": False, "res_id": False})

    def action_cure(self):
        """Open the place where this is cured."""
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env["ir.model"]._get(self.res_model).name,
            "res_model": self.res_model,
            "target": "current",
        }
        if self.res_model in LISTED:
            return {**action, "view_mode": "list", "domain": [("id", "=", self.res_id)]}
        return {**action, "view_mode": "form", "res_id": self.res_id}
