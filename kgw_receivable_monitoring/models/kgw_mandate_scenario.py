from markupsafe import Markup

from odoo import api, fields, models


class KgwMandateScenario(models.Model):
    """The scenario that a mandate uses for one kind of counterparty, or for all others."""

    _name = "kgw.mandate.scenario"
    _description = "Scenario of a Mandate"
    _order = "mandate_id, kind_id, id"

    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True, ondelete="cascade")
    kind_id = fields.Many2one("kgw.kind", help="Empty: every kind without a line.")
    scenario_id = fields.Many2one("kgw.scenario", required=True)

    _once_per_kind = models.UniqueIndex(
        "(mandate_id, COALESCE(kind_id, 0))",
        "This kind already has a scenario.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        mandates = self.env["kgw.mandate"].browse({vals["mandate_id"] for vals in vals_list})
        return self._change(mandates, lambda: super(KgwMandateScenario, self).create(vals_list))

    def write(self, vals):
        return self._change(self.mandate_id, lambda: super(KgwMandateScenario, self).write(vals))

    def unlink(self):
        return self._change(self.mandate_id, super().unlink)

    def _change(self, mandates, act):
        """Do ``act``, which gives ``mandates`` other scenarios; their running cases follow."""
        change = self.env["kgw.scenario.change"]
        lines = change._get_running([("kgw_case_id.mandate_id", "in", mandates.ids)])
        # What a form saves, it saves now.
        result, rows = change._carry_out(lines, act, fields.Datetime.now())
        if lines:
            change._log(rows, Markup("<p>%s</p>") % self.env._("The scenarios were changed."))
        return result
