from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import calendar
from .kgw_scenario_change import ANSWER_FIELDS, COURSE_FIELDS
from .kgw_scenario_step import STEP_FIELDS

DAY_RULES = [
    ("nearest", "Back before the due date, forward after it"),
    ("forward", "Always forward"),
]


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
        help="Calendar days from one contact to the next one before the due date, of all invoices"
        " together. 1: on the next day at the earliest.",
    )
    gap_after_days = fields.Integer(
        string="Gap After Due",
        required=True,
        default=2,
        help="Calendar days from one contact to the next one after the due date, of all invoices"
        " together. 1: on the next day at the earliest.",
    )
    day_rule = fields.Selection(
        DAY_RULES,
        string="Days Off",
        required=True,
        default="nearest",
        help="Where a step goes whose day is no working day. No step before the due date ever moves"
        " onto it.",
    )
    promise_grace_days = fields.Integer(
        string="Grace for Promises",
        required=True,
        default=2,
        help="Working days after a promised day for the transfer to arrive, before the promise is"
        " broken.",
    )
    dispute_answer_days = fields.Integer(
        string="Answer to Disputes",
        required=True,
        default=5,
        help="Working days in which the creditor answers when a counterparty disputes a receivable.",
    )
    dispute_default = fields.Selection(
        [("reject", "Goes on by the course"), ("accept", "Stops the contact about it")],
        string="Without an Answer",
        required=True,
        default="reject",
        help="What happens to a disputed receivable when the creditor does not answer in time.",
    )
    step_ids = fields.One2many("kgw.scenario.step", "scenario_id", string="Steps", copy=True)
    mandate_count = fields.Integer(string="Used by Mandates", compute="_compute_mandate_count")
    example_due = fields.Date(
        string="Example Due Date",
        compute="_compute_example_due",
        readonly=False,
        help="The time line shows the days of a receivable with this due date. It is not kept.",
    )
    timeline = fields.Html(string="Time Line", compute="_compute_timeline", sanitize=False)
    example_course = fields.Html(compute="_compute_timeline", sanitize=False)

    _gaps = models.Constraint(
        "CHECK (gap_before_days >= 1 AND gap_after_days >= 1)",
        "There is at least one day between two contacts.",
    )
    _horizon = models.Constraint(
        "CHECK (horizon_days BETWEEN 1 AND 30)",
        "Monitoring ends at most 30 days after the due date; later it is collection.",
    )

    _answers = models.Constraint(
        "CHECK (promise_grace_days BETWEEN 0 AND 10 AND dispute_answer_days BETWEEN 1 AND 20)",
        "Promises have at most 10 working days of grace, creditors 1 to 20 to answer a dispute.",
    )

    def _compute_mandate_count(self):
        for scenario in self:
            scenario.mandate_count = len(scenario._get_mandates())

    def _compute_example_due(self):
        today = fields.Date.context_today(self)
        for scenario in self:
            scenario.example_due = calendar.forward(today + timedelta(days=14))

    @api.depends("example_due", *COURSE_FIELDS, *(f"step_ids.{name}" for name in STEP_FIELDS))
    def _compute_timeline(self):
        for scenario in self:
            due = scenario.example_due or fields.Date.context_today(scenario)
            drawn = self.env["kgw.scenario.timeline"]._draw(scenario, due)
            scenario.timeline, scenario.example_course = drawn

    def write(self, vals):
        if not vals.keys() & {"step_ids", *COURSE_FIELDS, *ANSWER_FIELDS}:
            return super().write(vals)
        flagged = self.with_context(kgw_scenario_change=True)
        return self._change(lambda: super(KgwScenario, flagged).write(vals))

    # === CHANGE === #

    def action_preview_change(self, vals):
        """Return what saving ``vals`` would change for running cases, as HTML, '' for nothing."""
        self.ensure_one()
        self.check_access("write")
        flagged, lines = self.with_context(kgw_scenario_change=True), self._get_running()
        change = self.env["kgw.scenario.change"]
        told = change._preview(lines, lambda: flagged.write(vals), fields.Datetime.now())
        if vals.keys() & {*ANSWER_FIELDS}:
            told += change._tell_kept(lines.kgw_case_id)
        return told

    def _change(self, act):
        """Do ``act``, which changes these scenarios; running cases follow, mandates are told.

        Changes within another one are part of it.
        """
        if self.env.context.get("kgw_scenario_change"):
            return act()
        change = self.env["kgw.scenario.change"]
        before = {scenario: change._describe(scenario) for scenario in self}
        # What a form saves, it saves now.
        result, rows = change._carry_out(self._get_running(), act, fields.Datetime.now())
        effects = {row[0]: row for row in rows}
        for scenario in self:
            what = change._tell(scenario, before[scenario])
            mandates = scenario._get_mandates() if what else []
            change._log([effects.get(m, (m, 0, 0, [], 0)) for m in mandates], what)
        return result

    def _get_mandates(self):
        lines = self.env["kgw.mandate.scenario"].search([("scenario_id", "in", self.ids)])
        return lines.mandate_id.filtered(lambda m: m.state != "ended")

    def _get_running(self):
        """Return the monitored receivables of these scenarios."""
        change = self.env["kgw.scenario.change"]
        lines = change._get_running([("kgw_case_id.mandate_id", "in", self._get_mandates().ids)])
        scenarios = change._get_scenarios(lines)
        return lines.filtered(lambda line: scenarios[line] in self)

    @api.model
    def _get_query_of_case(self, case):
        """Return a query for the scenario of a case: its own, the line of its kind, the general one.

        :param case: SQL, the case's row in the statement around the query
        """
        return SQL(
            """
            SELECT sc.id, sc.horizon_days, sc.gap_before_days, sc.gap_after_days
              FROM kgw_scenario sc
             WHERE sc.id = COALESCE(%(case)s.scenario_id, (
                    SELECT ms.scenario_id FROM kgw_mandate_scenario ms
                     WHERE ms.mandate_id = %(case)s.mandate_id
                       AND (ms.kind_id = %(case)s.kind_id OR ms.kind_id IS NULL)
                     ORDER BY ms.kind_id NULLS LAST LIMIT 1))
            """,
            case=case,
        )

    def _get_course_steps(self):
        """Return the steps as plain values for ``tools.course``."""
        self.ensure_one()
        return [step._to_course_step() for step in self.step_ids]
