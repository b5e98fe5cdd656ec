from datetime import timedelta

from odoo import Command, models
from odoo.exceptions import UserError

from ..tools import calendar
from ..tools.demand import next_demand
from .kgw_gate_facts import Facts


class KgwDecisionDemand(models.AbstractModel):
    """The creditor asks for a demand: the next one of its scenario, past none of the defences."""

    _name = "kgw.decision.demand"
    _description = "Decision: a Demand Asked For"

    def _do_ask_demand(self, now):
        """Plan the next demand about what is overdue; the gate is asked now and when it goes out.

        :raise UserError: no demand may go out, and why
        """
        today = calendar.local_date(now)
        chosen = self._choose_demands(today)
        self._cancel_contacts(now)
        if other := self.case_id.reminder_ids._get_open()[:1]:
            said = self.env["kgw.portal"]._say_contact(other)
            raise UserError(
                self.env._(
                    "Another contact is planned or on its way: %s. Ask again when it has gone out.",
                    said,
                )
            )
        demands = self.env["kgw.reminder"].create(self._prepare_demands(chosen, today))
        demands.line_ids.receivable_id._kgw_load()
        facts = Facts(demands, now)
        self._check_demands(demands, facts)
        self._agree(demands, now)
        self.env["kgw.event"]._record_contacts(demands, "planned", now)
        self.env["kgw.dispatcher"]._wake()
        self._put_off_uncovered(demands, facts)

    def _put_off_uncovered(self, demands, facts):
        """Let demands wait at once for payments to be known: whoever asks for one reads so."""
        for demand in demands:
            verdict = self.env["kgw.gate"]._judge_coverage(demand, facts)
            if verdict.reason:
                self.env["kgw.gate"]._put_off(demand, verdict.reason, verdict.until, facts.now)

    def _agree(self, demands, now):
        """Answer the open questions for consent to what is asked for: asking for it is consent."""
        asked = self._search_asked("approval", demands.line_ids.receivable_id)
        for demand in demands:
            lines = demand.line_ids.filtered("step_id").receivable_id
            answered = asked.filtered(
                lambda d, step=demand.step_id, own=lines: (
                    d.step_id == step and d.receivable_ids <= own
                )
            )
            if answered:
                answered._decide("approve", now)

    def _choose_demands(self, today):
        """Return ``{decision: (step, receivables)}`` of the mildest demands that may follow.

        :raise UserError: none may about one of them
        """
        late = self._get_late(self.receivable_ids, today)
        asked = self.env["kgw.course.facts"]._read(late)
        return {
            decision: decision._choose_demand(decision.receivable_ids & late, asked, today)
            for decision in self
        }

    def _choose_demand(self, late, asked, today):
        """Return ``(step, receivables)`` of the mildest demand that may follow about ``late``.

        :param asked: of ``kgw.course.facts._read``
        :raise UserError: none may
        """
        if not late:
            raise UserError(
                self.env._(
                    "None of these invoices is overdue, monitored and not on hold: nothing is"
                    " demanded."
                )
            )
        step_id, lines = self._find_demand(late, asked, today)
        if not step_id:
            raise UserError(self._say_no_demand(next_demand(*asked[late[0].id], today)))
        return self.env["kgw.scenario.step"].browse(step_id), lines

    def _find_demand(self, late, asked, today):
        """Return ``(step id, receivables)`` as :meth:`_choose_demand`, ``(0, none)`` where no demand
        may follow about ``late`` of one case."""
        steps, _facts = asked[late[0].id]  # those of the case
        answers = {line: next_demand(*asked[line.id], today) for line in late}
        wanted = {answer.step_id for answer in answers.values()} - {0}
        chosen = [step for step in steps if step.id in wanted]
        mildest = min(chosen, key=lambda step: (step.rung, step.offset, step.id), default=None)
        if not mildest:
            return 0, late.browse()
        return mildest.id, late.filtered(lambda line: answers[line].step_id == mildest.id)

    def _get_late(self, lines, today):
        """Return those of ``lines`` about which something may be demanded."""
        late = lines.filtered(lambda line: line.kgw_stage == "overdue")
        # The gate would take them out: what is told beforehand is what will be demanded.
        held = self.env["kgw.hold"]._get_held_moves(late.move_id, today)
        return late.filtered(lambda line: line.move_id not in held)

    def _get_demanded(self, lines, today):
        """Return those of ``lines`` that the next demand of their case demands; all those of a case
        where none may follow: why not is said when it is carried out."""
        late = self._get_late(lines, today).grouped("kgw_case_id")
        asked = self.env["kgw.course.facts"]._read(lines.browse().union(*late.values()))
        demanded = lines.browse()
        for case, own in lines.grouped("kgw_case_id").items():
            found = self._find_demand(late[case], asked, today)[1] if case in late else own
            demanded |= found or own
        return demanded

    def _say_no_demand(self, answer):
        """Return in words why no demand may follow."""
        if answer.why == "waits" and answer.day:
            return self.env._(
                "A demand went out and gives time to answer until %s. The final demand may follow"
                " after that day.",
                self.env["kgw.portal"]._format_date(answer.day),
            )
        sentences = {
            "none": self.env._("The agreed scenario has no such demand. Ask your controller."),
            "open": self.env._("A demand is on its way already."),
            "undelivered": self.env._(
                "The demand did not arrive. Correct the contact data and ask your controller."
            ),
            "waits": self.env._(
                "A demand went out and has not arrived yet. The final demand may follow after it."
            ),
            "given": self.env._(
                "The final demand went out already. What is left is to hand over to collection."
            ),
        }
        return sentences[answer.why]

    def _prepare_demands(self, chosen, today):
        """Return the values of the contacts, of ``chosen`` as :meth:`_choose_demands` gives them."""
        usable = self.case_id._get_usable_channels()
        late = self.case_id._get_open_receivables().filtered(lambda r: r.kgw_stage == "overdue")
        late = late.grouped("kgw_case_id")
        vals = []
        for decision, (step, lines) in chosen.items():
            case = decision.case_id
            way = decision._choose_way(step, usable.get(case.id, ()))
            vals.append(decision._prepare_demand_vals(step, lines, late[case] - lines, way, today))
        return vals

    def _prepare_demand_vals(self, step, lines, others, way, today):
        """Return the values of the contact: ``lines`` take the step, ``others`` are named.

        :param way: channel and template
        """
        case, scenario = self.case_id, self.case_id._get_scenario()
        channel, template = way
        return {
            "case_id": case.id,
            "mandate_id": case.mandate_id.id,
            "brand_id": case.mandate_id._get_brand("after").id,
            "decision_id": self.id,
            "step_id": step.id,
            "template_id": template.id,
            "channel": channel,
            "rung": step.rung,
            "side": "after",
            "planned_on": self._get_demand_day(scenario, today),
            "until": max(lines.mapped("kgw_effective_due")) + timedelta(days=scenario.horizon_days),
            "line_ids": [
                *(Command.create(self._prepare_demand_line(line, step, channel)) for line in lines),
                *(Command.create(self._prepare_named_line(line, channel)) for line in others),
            ],
        }

    def _choose_way(self, step, usable):
        """Return ``(channel, template)``: the step's own, else its fallback where only that reaches."""
        if step.channel not in usable and step.fallback_channel in usable:
            return step.fallback_channel, step.fallback_template_id
        return step.channel, step.template_id

    def _get_demand_day(self, scenario, today):
        """Return the working day on which the gap to the last contact has passed."""
        days = [day for day in self.case_id.reminder_ids.mapped("contact_on") if day]
        since = max(days) + timedelta(days=scenario.gap_after_days) if days else today
        return calendar.forward(max(today, since))

    def _prepare_demand_line(self, line, step, channel):
        vals = self.env["kgw.reminder.line"]._prepare_stepless_vals(line, channel, step.rung)
        return {**vals, "step_id": step.id}

    def _prepare_named_line(self, line, channel):
        vals = self.env["kgw.reminder.line"]._prepare_stepless_vals(line, channel, False)
        return {**vals, "role": "carried"}

    def _check_demands(self, reminders, facts):
        """
        :param facts: :class:`Facts` of them
        :raise UserError: the gate would never let one of them through
        """
        for reminder in reminders:
            verdicts = self.env["kgw.gate"]._list_verdicts(reminder, facts)
            if never := [verdict.reason for verdict in verdicts if not verdict.until]:
                raise UserError(self._say_never(never[0]))

    def _say_never(self, reason):
        """Return why a demand never goes out, and what to do about contact data."""
        if reason == "no_contact_point":
            return self.env._(
                "No contact data lead there: the demand would reach nobody. Give an address first:"
                " “Correct contact data”."
            )
        label = self.env["kgw.portal"]._get_code_label("kgw.reminder", "reason", reason)
        return self.env._("No demand can go out: %s.", label)
