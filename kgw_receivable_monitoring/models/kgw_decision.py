from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..const import APPROVAL_LEAD_DAYS
from ..tools import calendar

KINDS = [("approval", "Agree to a step"), ("horizon", "What follows the end of monitoring")]
VALUES = [
    ("approve", "Send it"),
    ("refuse", "Do not send it"),
    ("hand_over", "Hand over to collection"),
    ("wait", "Wait"),
    ("end", "End monitoring"),
]
VALUES_OF_KIND = {"approval": ("approve", "refuse"), "horizon": ("hand_over", "wait", "end")}
DEFAULT_OF_KIND = {"approval": "refuse", "horizon": "wait"}
STATES = [("open", "Waiting"), ("taken", "Decided"), ("lapsed", "Default taken")]


class KgwDecision(models.Model):
    """What the creditor is asked, and what it chose; silence never blocks: a default applies."""

    _name = "kgw.decision"
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
    deadline = fields.Date(required=True)
    default_value = fields.Selection(VALUES, required=True)
    value = fields.Selection(VALUES, string="Choice")
    state = fields.Selection(STATES, required=True, default="open")
    decided_at = fields.Datetime()
    decided_by_id = fields.Many2one("res.users")

    _open_decisions = models.Index("(deadline) WHERE state = 'open'")

    @api.depends("case_id", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for decision in self:
            decision.display_name = (
                f"{decision.case_id.display_name} · {labels.get(decision.kind, '')}"
            )

    @api.depends("receivable_ids")
    def _compute_invoices(self):
        for decision in self:
            # The people of monitoring see the numbers without accounting rights.
            decision.invoices = ", ".join(
                decision.sudo().receivable_ids.move_id.mapped("kgw_display_number")
            )

    @api.model
    def _ask(self, kind, step, lines, on_date, now):
        """Ask the creditor of one case about ``lines``; returns the decision.

        :param lines: receivables of one case
        :param on_date: day of the question; the deadline lies three working days later
        """
        case = lines.kgw_case_id
        decision = self.create(
            {
                "case_id": case.id,
                "kind": kind,
                "step_id": step.id,
                "receivable_ids": lines.ids,
                "asked_on": on_date,
                "default_value": DEFAULT_OF_KIND[kind],
                "deadline": calendar.add_working_days(on_date, APPROVAL_LEAD_DAYS),
            }
        )
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "question",
                    "at": now,
                    "case_id": case.id,
                    "mandate_id": case.mandate_id.id,
                    "move_id": line.move_id.id,
                    "instalment": line.kgw_instalment,
                    "course": line.kgw_course,
                    "step_id": step.id,
                    "payload": {
                        "question": kind,
                        "deadline": decision.deadline.isoformat(),
                        "default": decision.default_value,
                    },
                }
                for line in lines
            ]
        )
        return decision

    def _get_offered_values(self):
        """Return ``(value, label)`` of the answers to this question, in the user's language."""
        self.ensure_one()
        labels = dict(self._fields["value"]._description_selection(self.env))
        return [(value, labels[value]) for value in VALUES_OF_KIND[self.kind]]

    def _decide(self, value, now):
        """Record what the creditor chose and let the course go on.

        :param value: one of the values of the decision's kind
        :raise UserError: the value does not fit, or the decision was taken already
        """
        for decision in self:
            if value not in VALUES_OF_KIND[decision.kind]:
                raise UserError(
                    self.env._(
                        "This answer does not fit the question. Choose one of the offered ones."
                    )
                )
            if decision.state != "open":
                raise UserError(
                    self.env._("This decision was already taken on %s.", decision.decided_at)
                )
        self._close("taken", value, now)

    def _close(self, state, value, now):
        self.write(
            {
                "state": state,
                "value": value,
                "decided_at": now,
                "decided_by_id": self.env.uid,
            }
        )
        self.case_id._touch()
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "decision",
                    "at": now,
                    "case_id": decision.case_id.id,
                    "mandate_id": decision.mandate_id.id,
                    "step_id": decision.step_id.id,
                    "payload": {
                        "question": decision.kind,
                        "value": value,
                        "by_default": state == "lapsed",
                        "invoices": decision.receivable_ids.move_id.mapped("kgw_display_number"),
                    },
                }
                for decision in self
            ]
        )
        self.receivable_ids._kgw_refresh_course(calendar.local_date(now), now)

    def _lapse(self, on_date, now, cases=None):
        """Take the default of the decisions whose deadline is past by ``on_date``.

        :param cases: keep to these cases; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        late = self.search([*chosen, ("state", "=", "open"), ("deadline", "<", on_date)])
        for value, decisions in late.grouped("default_value").items():
            decisions._close("lapsed", value, now)

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
