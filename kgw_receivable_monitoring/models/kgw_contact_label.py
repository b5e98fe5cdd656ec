from odoo import api, fields, models

from ..tools import words


class KgwContactLabel(models.AbstractModel):
    """The name of a step as it stands beside its channel, which many names begin with."""

    _name = "kgw.contact.label"
    _description = "Step beside Its Channel"
    _step_field = "step_id"

    step_label = fields.Char(string="Step in Short", compute="_compute_step_label")

    @api.depends(lambda self: (self._step_field, "channel"))
    def _compute_step_label(self):
        labels = dict(self._fields["channel"]._description_selection(self.env))
        for record in self:
            step = record[self._step_field]
            name = step if isinstance(step, str) else step and step.name
            record.step_label = words.without_channel(name or "", labels.get(record.channel, ""))
