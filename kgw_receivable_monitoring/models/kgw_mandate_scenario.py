from odoo import fields, models


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
