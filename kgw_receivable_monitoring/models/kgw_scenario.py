from odoo import fields, models


class KgwScenario(models.Model):
    """Ordered steps agreed with the creditor, counted from the effective due date."""

    _name = "kgw.scenario"
    _description = "Monitoring Scenario"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)
    horizon_days = fields.Integer(
        string="Monitoring Ends After",
        required=True,
        default=30,
        help="Days after the due date at which monitoring ends and the creditor decides.",
    )
    gap_before_days = fields.Integer(
        string="Gap Before Due",
        required=True,
        default=1,
        help="Calendar days from one contact to the next one before the due date.",
    )
    gap_after_days = fields.Integer(
        string="Gap After Due",
        required=True,
        default=2,
        help="Calendar days from one contact to the next one after the due date.",
    )
    step_ids = fields.One2many("kgw.scenario.step", "scenario_id", string="Steps", copy=True)

    _gaps = models.Constraint(
        "CHECK (gap_before_days >= 1 AND gap_after_days >= 1)",
        "There is at least one day between two contacts.",
    )
    _horizon = models.Constraint(
        "CHECK (horizon_days BETWEEN 1 AND 30)",
        "Monitoring ends at most 30 days after the due date; later it is collection.",
    )

    def _get_course_steps(self):
        """Return the steps as plain values for ``tools.course``."""
        self.ensure_one()
        return [step._to_course_step() for step in self.step_ids]
