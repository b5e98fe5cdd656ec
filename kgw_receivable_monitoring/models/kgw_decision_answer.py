from odoo import api, models
from odoo.exceptions import UserError

VALUES_OF_KIND = {"approval": ("approve", "refuse"), "horizon": ("hand_over", "wait", "end")}
# Answers that stop something act at once; they are taken back by going on.
STOPPING = ("hand_over", "end")


class KgwDecisionAnswer(models.AbstractModel):
    """The answers to a question, and what happens without one."""

    _name = "kgw.decision.answer"
    _description = "Decision: Answer to a Question"

    def _get_offered_values(self):
        """Return ``(value, label)`` of the answers to this question, in the user's language."""
        self.ensure_one()
        labels = dict(self._fields["value"]._description_selection(self.env))
        return [(value, labels[value]) for value in VALUES_OF_KIND[self.kind]]

    # === SILENCE === #

    def _say_silence(self, is_going_on):
        """Return what happens without an answer, to the creditor in the user's language.

        :param is_going_on: whether contacts come all the same, of :meth:`_get_going_on`
        """
        self.ensure_one()
        if self.default_value == "refuse":
            return self.env._("Without your answer it will not be sent.")
        if is_going_on:
            return self.env._(
                "Without your answer we wait for the payment; contacts that are still to come, and"
                " what you agree to, go out all the same."
            )
        return self.env._("Without your answer we wait for the payment and contact nobody.")

    def _say_waiting(self, is_going_on):
        """Return what waiting for the payment means; ``is_going_on`` as of :meth:`_say_silence`."""
        if is_going_on:
            return self.env._(
                "We wait for the payment; contacts that are still to come, and what you agree to, go"
                " out all the same."
            )
        return self.env._("We wait for the payment and contact nobody.")

    def _get_going_on(self):
        """Return those of these questions about whose receivables contacts come whatever is answered
        by waiting: by the plan, or if the creditor agrees to a step."""
        portal = self.env["kgw.portal"]
        cases = self.filtered(lambda d: d.kind == "horizon").case_id
        if not cases:
            return self.browse()
        lines = cases._get_open_receivables().grouped("kgw_case_id")
        holds = self.env["kgw.hold"]._get_in_force_each(lines, portal._get_today())
        plans = portal._get_plans(lines, holds)
        coming = {
            line_id
            for plan in plans.values()
            for stop in plan
            if stop["act"] != "report"
            for line_id in stop["receivable_ids"]
        }
        asked = cases.decision_ids.filtered(lambda d: d.kind == "approval" and d.state == "open")
        coming |= {*asked.receivable_ids.ids}
        return self.filtered(
            lambda d: d.kind == "horizon" and not coming.isdisjoint(d.receivable_ids.ids)
        )

    # === ANSWERING === #

    def _decide(self, value, now, address=""):
        """Record what the creditor answered and let the course go on.

        :param value: one of the values of the decision's kind
        :param address: IP address from which it was decided
        :raise UserError: the value does not fit, or the decision was taken already
        """
        for decision in self:
            if value not in VALUES_OF_KIND.get(decision.kind, ()):
                raise UserError(
                    self.env._(
                        "This answer does not fit the question. Choose one of the offered ones."
                    )
                )
            decision._check_open()
        self._close("taken", value, now, address)

    def _check_open(self):
        """
        :raise UserError: the decision was taken already, by whom and when
        """
        if self.state == "revoked":
            raise UserError(
                self.env._("This question was taken back: it needs no answer any more.")
            )
        if self.state != "open":
            raise UserError(
                self.env._(
                    "This was already decided on %(moment)s by %(who)s.",
                    moment=self.env["kgw.portal"]._format_moment(self.decided_at),
                    # A colleague's name is no secret within the same creditor.
                    who=self.sudo().decided_by_id.name,
                )
            )

    def _close(self, state, value, now, address=""):
        self.write(
            {
                "state": state,
                "value": value,
                "decided_at": now,
                "decided_by_id": self.env.uid,
                "address": address,
            }
        )
        self.case_id._touch()
        self._record("decision", now)
        if state == "taken":
            self._act_on_answer(now)
        self._follow(now)

    @api.model
    def _lapse(self, on_date, now, cases=None):
        """Take the default of the decisions whose deadline is past by ``on_date``.

        :param cases: keep to these cases; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        late = self.search([*chosen, ("state", "=", "open"), ("deadline", "<", on_date)])
        for value, decisions in late.grouped("default_value").items():
            decisions._close("lapsed", value, now)

    # === TAKING AN ANSWER BACK === #

    def _get_reopenable(self, on_date):
        """Return those of these decisions that are answers which can be taken back on ``on_date``:
        until their deadline, while nothing has come of them."""
        answers = self.filtered(
            lambda d: (
                d.kind in VALUES_OF_KIND
                and d.state == "taken"
                and d.value not in STOPPING
                and d.deadline >= on_date
                and any(line.kgw_stage != "closed" for line in d.receivable_ids)
            )
        )
        asked = self.env["kgw.course.facts"]._read(answers.receivable_ids)
        return answers.filtered(
            lambda d: not any(d._has_acted(asked[line.id][1]) for line in d.receivable_ids)
        )

    def _has_acted(self, facts):
        """Whether the step that was asked about was taken or passed over for a receivable; of a
        question about what follows nothing is left to be done.

        :param facts: ``course.Facts`` of the receivable
        """
        if self.kind != "approval":
            return False
        outcome = facts.done.get(self.step_id.id)
        on_its_way = self._get_contacts().filtered(lambda r: r.state != "planned")
        return bool(on_its_way if outcome == "open" else outcome)

    def _get_contacts(self):
        """Return the contacts by which the step that was asked about goes out."""
        return self.case_id.reminder_ids._get_open().filtered(
            lambda r: r._get_live_lines().filtered(
                lambda part: (
                    part.step_id == self.step_id and part.receivable_id in self.receivable_ids
                )
            )
        )

    def _reopen(self, now):
        """Ask again what was answered; the entry of the register tells the answer that is taken back.
        What was planned because of it is planned no more."""
        self._record("revoked", now)
        for decision in self:
            decision._take_back(decision._get_contacts(), now)
        self.write({"state": "open", "value": False, "decided_at": False, "decided_by_id": False})
        self._follow(now)
