from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..const import (
    CHANNELS,
    DEMANDS,
    LETTER_TRANSIT_DAYS,
    REGISTERED_TRANSIT_DAYS,
    RUNG_LEVEL,
    RUNGS,
    STEP_KINDS,
)
from ..tools import course

# What decides when and how a step is taken: a change of it concerns running cases.
STEP_FIELDS = (
    "name",
    "kind",
    "offset_days",
    "channel",
    "rung",
    "template_id",
    "fallback_channel",
    "fallback_template_id",
    "is_registered",
    "answer_days",
    "needs_approval",
    "only_unreached",
    "if_new",
    "if_late",
    "if_amount_from",
    "min_amount",
    "hour_from",
    "hour_to",
)


class KgwScenarioStep(models.Model):
    """One step: when, how hard, through which channel, with which words, on which condition."""

    _name = "kgw.scenario.step"
    _description = "Scenario Step"
    _order = "scenario_id, offset_days, id"

    scenario_id = fields.Many2one("kgw.scenario", required=True, index=True, ondelete="cascade")
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(STEP_KINDS, required=True, default="contact")
    offset_days = fields.Integer(
        string="Day",
        required=True,
        help="Days from the due date; negative before it. A day off moves the step to a working"
        " day: back before the due date, forward after it.",
    )
    channel = fields.Selection(CHANNELS)
    rung = fields.Selection(
        RUNGS, help="How hard the contact is. Calls go up to the past-due notice."
    )
    rung_level = fields.Integer(compute="_compute_rung_level", store=True)
    template_id = fields.Many2one(
        "kgw.template", domain="[('channel', '=', channel), ('rung', '!=', False)]"
    )
    fallback_channel = fields.Selection(
        CHANNELS,
        help="Taken when the first channel has no usable contact point or fails.",
    )
    fallback_template_id = fields.Many2one(
        "kgw.template",
        domain="[('channel', '=', fallback_channel), ('rung', '!=', False)]",
    )
    is_registered = fields.Boolean(string="Registered Letter")
    answer_days = fields.Integer(
        help="Days, from the expected receipt, that a demand gives for an answer.",
    )
    needs_approval = fields.Boolean(
        string="Creditor Agrees First",
        help="The creditor is asked three working days before. Silence means: not sent.",
    )
    only_unreached = fields.Boolean(
        string="Only If Not Reached",
        help="Taken only when the step before was tried and reached nobody.",
    )
    if_new = fields.Boolean(help="Taken if the counterparty is new to this creditor.")
    if_late = fields.Boolean(
        string="If Late Before", help="Taken if the counterparty ever paid late."
    )
    if_amount_from = fields.Float(
        digits=(16, 2),
        help="Taken if so much is owed, in the currency of the creditor's company. Zero: no condition.",
    )
    min_amount = fields.Float(
        string="Minimum Amount",
        digits=(16, 2),
        help="If less is owed, this step is passed over, whatever else holds; in the currency of the"
        " creditor's company. Zero: every amount.",
    )
    hour_from = fields.Float(
        help="Local hour from which this step may go out, within the hours of the kind."
    )
    hour_to = fields.Float(
        help="Local hour until which this step may go out, within the hours of the kind. Zero in"
        " both: the hours of the kind.",
    )
    active = fields.Boolean(default=True, help="A step that was taken before is kept for history.")

    _contact_is_complete = models.Constraint(
        "CHECK (kind <> 'contact'"
        " OR (channel IS NOT NULL AND rung IS NOT NULL AND template_id IS NOT NULL))",
        "A contact step needs a channel, a rung and a template.",
    )
    _fallback_is_complete = models.Constraint(
        "CHECK ((fallback_channel IS NULL) = (fallback_template_id IS NULL))",
        "A fallback needs both its channel and its template.",
    )

    _hours = models.Constraint(
        "CHECK ((COALESCE(hour_from, 0) = 0 AND COALESCE(hour_to, 0) = 0)"
        " OR (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24))",
        "The hours of a step must begin before they end, between 0 and 24.",
    )

    @api.depends("rung")
    def _compute_rung_level(self):
        for step in self:
            step.rung_level = RUNG_LEVEL.get(step.rung, 0)

    @api.constrains("template_id", "fallback_template_id", "channel", "fallback_channel", "rung")
    def _check_texts(self):
        for step in self.filtered(lambda s: s.kind == "contact"):
            for channel, text in (
                (step.channel, step.template_id),
                (step.fallback_channel, step.fallback_template_id),
            ):
                problem = text and step._get_text_problem(channel, text)
                if problem:
                    raise ValidationError(
                        self.env._("Step “%(step)s”: %(problem)s", step=step.name, problem=problem)
                    )

    @api.constrains("kind", "offset_days", "rung", "channel", "answer_days")
    def _check_rung(self):
        for step in self.filtered(lambda s: s.kind == "contact"):
            problem = step._get_rung_problem()
            if problem:
                raise ValidationError(
                    self.env._("Step “%(step)s”: %(problem)s", step=step.name, problem=problem)
                )

    @api.model_create_multi
    def create(self, vals_list):
        ids = {vals["scenario_id"] for vals in vals_list if vals.get("scenario_id")}
        scenarios = self.env["kgw.scenario"].browse(ids)
        return scenarios._change(lambda: super(KgwScenarioStep, self).create(vals_list))

    def write(self, vals):
        return self.scenario_id._change(lambda: super(KgwScenarioStep, self).write(vals))

    def action_preview_change(self, vals):
        """Return what saving ``vals`` would change for running cases, as the scenario does."""
        self.ensure_one()
        return self.scenario_id.action_preview_change({"step_ids": [(1, self.id, vals)]})

    def unlink(self):
        """A step that was taken or passed over is put aside: the register and reminders name it."""
        used = self._get_used()

        def remove():
            used.with_context(kgw_scenario_change=True).active = False
            return super(KgwScenarioStep, self - used).unlink()

        return self.scenario_id._change(remove)

    def _get_used(self):
        """Return those that events, reminders or decisions name."""
        used = self.browse()
        for model in ("kgw.event", "kgw.reminder.line", "kgw.reminder", "kgw.decision"):
            # Whoever edits scenarios need not see the cases of all creditors.
            records = self.env[model].sudo()
            used |= records._read_group([("step_id", "in", self.ids)], [], ["step_id:recordset"])[
                0
            ][0]
        return used.with_env(self.env)

    def _get_rung_problem(self):
        """Return a sentence about a day or rung that does not fit, or None."""
        if not self.offset_days:
            return self.env._(
                "On the due date itself nobody is contacted: choose a day before or after it."
            )
        if (self.offset_days < 0) != (self.rung == "information"):
            return self.env._(
                "Before the due date a step only informs; after it, it reminds or demands."
            )
        if self.channel == "phone" and self.rung in DEMANDS:
            return self.env._("A call never demands: choose at most the past-due notice.")
        if self.rung in DEMANDS and self.answer_days <= 0:
            return self.env._("A demand gives an answer-by date: enter the days to answer.")
        if self.offset_days > self.scenario_id.horizon_days:
            return self.env._("The day lies after the end of monitoring.")
        return None

    def _get_text_problem(self, channel, text):
        """Return a sentence about a text that does not fit this step, or None."""
        if not text.rung:
            return self.env._("“%s” is not a text for counterparties.", text.name)
        if text.channel != channel:
            return self.env._("“%s” is written for another channel.", text.name)
        if RUNG_LEVEL[text.rung] > self.rung_level:
            return self.env._("“%s” is harsher than the step: choose another text.", text.name)
        return None

    def _get_transit_days(self):
        """Return the working days from posting to the expected receipt."""
        return REGISTERED_TRANSIT_DAYS if self.is_registered else LETTER_TRANSIT_DAYS

    def _get_gap(self):
        """Return the days that lie between the last contact of a case and this step."""
        scenario = self.scenario_id
        return scenario.gap_before_days if self.offset_days < 0 else scenario.gap_after_days

    def _get_answer_by(self, day):
        """Return the last day to answer a demand that goes out on ``day``, None for another step."""
        if not self.answer_days or self.rung not in DEMANDS:
            return None
        return course.answer_by(day, self.answer_days, self._get_transit_days())

    def _get_hours(self, kind):
        """Return ``(from, to)``, local hours: those of the step within those of the kind.

        Hours that have nothing in common with those of the kind give way to them.
        """
        if not self.hour_to:
            return kind.hour_from, kind.hour_to
        hours = max(self.hour_from, kind.hour_from), min(self.hour_to, kind.hour_to)
        return hours if hours[0] < hours[1] else (kind.hour_from, kind.hour_to)

    def _to_course_step(self, number=None):
        """Return this step as a plain value for ``tools.course``.

        :param number: stands in for the id, which a step that is being typed in does not have
        """
        self.ensure_one()
        return course.Step(
            id=self.id if number is None else number,
            offset=self.offset_days,
            rung=self.rung_level,
            kind=self.kind,
            channels=tuple(filter(None, (self.channel, self.fallback_channel))),
            answer_days=self.answer_days,
            transit_days=self._get_transit_days(),
            needs_approval=self.needs_approval,
            only_unreached=self.only_unreached,
            if_new=self.if_new,
            if_late=self.if_late,
            if_amount=Decimal(str(self.if_amount_from)) if self.if_amount_from else None,
            min_amount=Decimal(str(self.min_amount)) if self.min_amount else None,
            forward=self.scenario_id.day_rule == "forward",
        )
