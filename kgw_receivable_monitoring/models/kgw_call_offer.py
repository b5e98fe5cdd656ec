from odoo import api, fields, models

from ..const_calls import CALL_CONSEQUENCES, CALL_GROUPS, CALL_OUTCOMES, CALL_TABLE


class KgwCallOffer(models.AbstractModel):
    """How a call may end and what that does, as the desk offers it; a promise and its payments."""

    _name = "kgw.call.offer"
    _description = "Outcomes Offered at a Desk"

    outcome = fields.Selection(CALL_OUTCOMES)
    consequence = fields.Selection(CALL_CONSEQUENCES, compute="_compute_consequence")
    consequence_note = fields.Char(compute="_compute_consequence")
    needs = fields.Json(compute="_compute_consequence")
    outcome_table = fields.Json(compute="_compute_tables")
    promise_offer = fields.Json(compute="_compute_tables")

    @api.depends("outcome", "is_incoming")
    def _compute_consequence(self):
        for desk in self:
            desk.consequence_note = desk._get_consequence_note()
            desk.consequence = not desk.consequence_note and desk.outcome
            desk.needs = list(CALL_TABLE[desk.outcome].needs) if desk.outcome else []

    def _get_consequence_note(self):
        """Return what an outcome does where the table does not say it: when somebody called us."""
        group = self.outcome and CALL_TABLE[self.outcome].group
        if not self.is_incoming or group not in ("nobody", "again"):
            return ""
        if group == "nobody":
            return self.env._(
                "Nothing may be said about the matter. This is no attempt of ours: a planned call"
                " stays on the board."
            )
        return "" if self.reminder_id else self.env._("You get the task of calling back.")

    @api.depends("case_id", "is_incoming")
    def _compute_tables(self):
        """The buttons of the outcomes, and the days offered for a promise, with their keys."""
        field = self.env["kgw.reminder"]._fields["outcome"]
        labels = dict(field._description_selection(self.env))
        offer = self.env["kgw.promise.plan"]._get_offer(fields.Date.context_today(self))
        for desk in self:
            groups = desk._get_group_labels()
            desk.outcome_table = [
                {
                    "group": groups[group],
                    "outcomes": [
                        {"code": code, "label": labels[code], "key": CALL_TABLE[code].key}
                        for code in codes
                    ],
                }
                for group, codes in desk._get_outcomes().items()
            ]
            desk.promise_offer = offer

    def _get_outcomes(self):
        """Return ``{group: [codes]}`` of the ways in which this call may end: who calls us was
        answered, so some make no sense."""
        possible = {
            group: [
                code
                for code, outcome in CALL_TABLE.items()
                if outcome.group == group and not (self.is_incoming and outcome.is_outgoing)
            ]
            for group, _label in CALL_GROUPS
        }
        return {group: codes for group, codes in possible.items() if codes}

    def _get_group_labels(self):
        return {
            "reached": self.env._("Spoke with the right person"),
            "again": self.env._("Call again"),
            "nobody": self.env._("Spoke with somebody else")
            if self.is_incoming
            else self.env._("Reached nobody"),
            "number": self.env._("The number is of no use"),
        }

    @api.onchange("outcome", "receivable_ids")
    def _onchange_outcome(self):
        """A promise is taken to be about all that is owed of the invoices spoken about."""
        if self.outcome == "will_pay":
            self.promise_amount = sum(self.receivable_ids.mapped("residual"))

    @api.onchange("outcome", "receivable_ids", "promise_on", "part_count")
    def _onchange_parts(self):
        """From the first day and the number of payments follow the others, which may be changed."""
        if self.outcome == "will_pay_parts" and self.promise_on and self.part_count > 0:
            total = sum(self.receivable_ids.mapped("residual"))
            plan = self.env["kgw.promise.plan"]
            self.part_ids = plan._plan_parts(total, self.part_count, self.promise_on)
