from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.misc import format_date

from ..const import APPROVAL_LEAD_DAYS, CHANNELS
from ..tools import calendar
from .kgw_decision_answer import KgwDecisionAnswer
from .kgw_decision_call import KgwDecisionCall
from .kgw_decision_check import KgwDecisionCheck
from .kgw_decision_consent import KgwDecisionConsent
from .kgw_decision_demand import KgwDecisionDemand
from .kgw_decision_standing import KgwDecisionStanding
from .kgw_decision_take import KgwDecisionTake

# What the creditor is asked; the other kinds it decides by itself.
QUESTIONS = [("approval", "Agree to a step"), ("horizon", "What follows the end of monitoring")]
KINDS = [
    *QUESTIONS,
    ("go_on", "Go on"),
    ("pause", "Pause"),
    ("stop", "Stop the contact"),
    ("new_date", "New due date"),
    ("instalments", "Agree to instalments"),
    ("scenario", "Another scenario"),
    ("no_channel", "Do not use a channel"),
    ("ask_call", "Ask for a call"),
    ("ask_demand", "Ask for a demand for payment"),
    ("waive", "Waive interest and compensation"),
    ("warning", "Consent to the warning of an entry in a debt register"),
    ("payment", "Confirm a payment"),
    ("contact", "Correct contact data"),
    ("collection", "Hand over to collection"),
    ("withdraw", "Withdraw from monitoring"),
]
VALUES = [
    ("approve", "Send it"),
    ("refuse", "Do not send it"),
    ("hand_over", "Hand over to collection"),
    ("wait", "Wait for the payment"),
    ("end", "End monitoring"),
]
DEFAULT_OF_KIND = {"approval": "refuse", "horizon": "wait"}
STATES = [
    ("open", "Waiting"),
    ("scheduled", "Acts in the next run"),
    ("taken", "Decided"),
    ("lapsed", "Default taken"),
    ("revoked", "Taken back"),
    ("impossible", "Could not be carried out"),
]


class KgwDecision(models.Model):
    """What the creditor is asked or decides by itself, and what it chose.

    Silence never blocks: a question has a deadline and a default. Of what the creditor decides by
    itself, whatever stops something acts at once, the rest in the next run (``kgw_decision_kind``).
    """

    _name = "kgw.decision"
    _inherit = [
        "kgw.audited",
        KgwDecisionAnswer._name,
        KgwDecisionCall._name,
        KgwDecisionCheck._name,
        KgwDecisionConsent._name,
        KgwDecisionDemand._name,
        KgwDecisionStanding._name,
        KgwDecisionTake._name,
    ]
    _description = "Decision of the Creditor"
    _order = "deadline, id"

    case_id = fields.Many2one("kgw.case", required=True, index=True, ondelete="cascade")
    mandate_id = fields.Many2one(related="case_id.mandate_id", store=True, index=True)
    creditor_id = fields.Many2one(related="case_id.creditor_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True)
    step_id = fields.Many2one("kgw.scenario.step", ondelete="restrict")
    receivable_ids = fields.Many2many("account.move.line", string="Receivables")
    invoices = fields.Char(compute="_compute_invoices")
    asked_on = fields.Date(required=True)
    deadline = fields.Date()
    default_value = fields.Selection(VALUES)
    value = fields.Selection(VALUES, string="Choice")
    # what the creditor decides by itself
    until_date = fields.Date(string="Until or On", help="End of a pause, new date, day of payment.")
    channel = fields.Selection(CHANNELS)
    scenario_id = fields.Many2one("kgw.scenario", ondelete="restrict")
    amount = fields.Float(digits=(16, 2))
    number = fields.Integer(string="Number of Instalments")
    is_lasting = fields.Boolean(
        string="Lasting",
        help="Future invoices too; of a new date: with interest meanwhile; of going on: the whole"
        " counterparty.",
    )
    point_kind = fields.Char(string="What Is Corrected")
    note = fields.Char()
    # who, when, from where
    state = fields.Selection(STATES, required=True, default="open")
    decided_at = fields.Datetime()
    decided_by_id = fields.Many2one("res.users")
    address = fields.Char(string="From", help="IP address from which it was decided.")
    is_trial = fields.Boolean(
        string="Trial Run",
        readonly=True,
        help="It was asked in a trial run: the question went to the trial address.",
    )
    problem = fields.Char(string="Why Not", readonly=True, help="Why it could not be carried out.")

    _open_decisions = models.Index("(deadline) WHERE state = 'open'")
    _scheduled = models.Index("(id) WHERE state = 'scheduled'")
    _questions_end = models.Constraint(
        "CHECK (state <> 'open' OR (deadline IS NOT NULL AND default_value IS NOT NULL))",
        "A question has a deadline and a default.",
    )

    @api.depends("case_id", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for decision in self:
            decision.display_name = (
                f"{decision.case_id.display_name} · {labels.get(decision.kind, '')}"
            )

    @api.depends("receivable_ids")
    @api.depends_context("lang")
    def _compute_invoices(self):
        in_words = partial(format_date, self.env)
        for decision in self:
            # The people of monitoring see the numbers without accounting rights.
            lines = decision.sudo().receivable_ids
            decision.invoices = ", ".join(self.env["kgw.event"]._name_invoices(lines, in_words))

    # === QUESTIONS === #

    @api.model
    def _ask(self, kind, step, lines, on_date, now):
        """Ask the creditor of one case about ``lines``; returns the decision.

        :param lines: receivables of one case
        :param on_date: day of the question; the deadline lies three working days later, that of a
            step not after the last day on which it may go out
        """
        last = calendar.add_working_days(on_date, APPROVAL_LEAD_DAYS)
        asked = lines.filtered(lambda r: (r.kgw_next_act, r.kgw_next_step_id) == ("approval", step))
        ends = [line.kgw_next_until for line in asked if line.kgw_next_until]
        is_trial = lines.kgw_case_id.mandate_id.is_trial
        decision = self.create(
            {
                "case_id": lines.kgw_case_id.id,
                "is_trial": is_trial,
                "kind": kind,
                "step_id": step.id,
                "receivable_ids": lines.ids,
                "asked_on": on_date,
                "default_value": DEFAULT_OF_KIND[kind],
                "deadline": max(on_date, min([last, *ends])),
            }
        )
        payload = self.env["kgw.event"]._tell_trial(
            {
                "question": kind,
                "deadline": decision.deadline.isoformat(),
                "default": decision.default_value,
                "invoices": self.env["kgw.event"]._name_invoices(lines),
            },
            is_trial,
        )
        # A row for each, since the course goes by them; the first one tells the question.
        self.env["kgw.event"]._record(
            [
                line._kgw_prepare_event_vals(
                    "question", now, step_id=step.id, payload=payload, is_part=bool(number)
                )
                for number, line in enumerate(lines)
            ]
        )
        return decision

    def _tell_controllers(self, say):
        """Put what a person has to do onto the controllers' lists, without Odoo's notice mail.

        :param say: function of an environment: the sentence in its language; the clock has none
        """
        if self.env.context.get("kgw_simulation"):
            return
        for (user, note, day), decisions in self.grouped(
            lambda d: (d.case_id._get_controller(), d.note, d.asked_on)
        ).items():
            cases = decisions.case_id.with_context(mail_activity_quick_update=True)
            cases.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=say(self.with_context(lang=user.lang).env),
                note=note or "",
                user_id=user.id,
                date_deadline=day + timedelta(days=1),
            )

    # === REGISTER === #

    def _record(self, kind, now):
        """Write into the register who decided what, when and from where."""
        self.env["kgw.event"]._record(
            [
                {
                    "kind": kind,
                    "at": now,
                    "case_id": decision.case_id.id,
                    "mandate_id": decision.mandate_id.id,
                    "step_id": decision.step_id.id,
                    "channel": decision.channel,
                    "payload": decision._prepare_payload(),
                }
                for decision in self
            ]
        )

    def _prepare_payload(self):
        """Return what the register keeps of a decision: only what was chosen."""
        self.ensure_one()
        payload = {
            "question": self.kind,
            "decision_id": self.id,
            "value": self.value or "",
            "by_default": self.state == "lapsed",
            "until": self.until_date and self.until_date.isoformat() or "",
            "scenario": self.scenario_id.name or "",
            "amount": self.amount or "",
            "currency": self.amount and self.receivable_ids.currency_id[:1].name or "",
            "number": self.number or "",
            "is_lasting": self.is_lasting or "",
            "note": self.note or "",
            "address": self.address or "",
            "invoices": self.env["kgw.event"]._name_invoices(self.receivable_ids),
        }
        return {name: value for name, value in payload.items() if value != ""}

    # === ACTION METHODS === #

    def _decide_for_creditor(self, value):
        """Record what the creditor said on the phone or in a letter.

        :raise AccessError: the user is no manager of monitoring
        """
        if not self.env["res.users"]._kgw_is_manager():
            raise AccessError(self.env._("Only managers of monitoring decide for a creditor."))
        self.sudo()._decide(
            value, fields.Datetime.now()
        )  # the course and the register move with it

    def action_approve(self):
        self._decide_for_creditor("approve")

    def action_refuse(self):
        self._decide_for_creditor("refuse")

    def action_hand_over(self):
        self._decide_for_creditor("hand_over")

    def action_wait(self):
        self._decide_for_creditor("wait")

    def action_end(self):
        self._decide_for_creditor("end")
