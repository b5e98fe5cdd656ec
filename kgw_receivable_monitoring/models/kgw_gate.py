from datetime import timedelta
from typing import NamedTuple

from odoo import api, models

from ..tools import calendar
from .kgw_gate_facts import Facts

# Reasons for which the fallback channel of the step is taken.
FALLBACK_REASONS = ("no_contact_point", "sender")
# Reasons for which the course goes on without the step.
PASSING_REASONS = ("authority", "approval", "consent", "decision", "no_contact_point", "sender")


class Verdict(NamedTuple):
    """What the gate says: pass (no reason), wait until a moment, or never."""

    reason: str = ""
    until: object = None
    detail: str = ""


PASSED = Verdict()


class KgwGate(models.AbstractModel):
    """Decides *whether*: the one last check, under lock, at the moment of sending."""

    _name = "kgw.gate"
    _description = "Gate before Sending"

    @api.model
    def _let_through(self, facts):
        """Return those of the reminders of ``facts`` that may go out at its moment.

        Their cases are locked. The others are put off or cancelled, each with its reason in the
        register. What passes is counted for the person behind it.

        :raise SerializationFailure: somebody else has just counted the same person
        """
        passed, now, questions = [], facts.now, self._get_questions()
        for reminder in facts.reminders:
            verdict = self._ask(questions, reminder, facts)
            if not verdict.reason:
                passed.append(reminder.id)
                facts.count(reminder)
            elif verdict.until:
                self._put_off(reminder, verdict.reason, verdict.until, now)
            else:
                self._refuse(reminder, verdict, now)
        # Nobody has rights on the counts across creditors.
        self.env["kgw.person"].sudo()._add(facts.counted, facts.today, is_contact=True)
        return facts.reminders.browse(passed)

    @api.model
    def _judge(self, reminder, now):
        """Return the :class:`Verdict` on one reminder at ``now`` (naive UTC); writes nothing."""
        return self._ask(self._get_questions(), reminder, Facts(reminder, now))

    @api.model
    def _list_verdicts(self, reminder, facts):
        """Return every :class:`Verdict` that keeps the reminder back, for explaining.

        :param facts: :class:`Facts` of reminders of which this is one
        """
        verdicts = (question(reminder, facts) for question in self._get_questions())
        return [verdict for verdict in verdicts if verdict.reason]

    def _get_questions(self):
        """Return the questions in the order in which they are asked: the first reason is told."""
        return (
            *self._get_lasting_questions(),
            self._judge_coverage,
            self._judge_contact_point,
            self._judge_gap,
            self._judge_caps,
            self._judge_hours,
        )

    def _get_lasting_questions(self):
        """Return the questions whose answer may change until a printed letter is posted."""
        return (
            self._judge_time,
            self._judge_debt,
            self._judge_mandate,
            self._judge_hold,
            self._judge_authority,
            self._judge_answer_time,
            self._judge_consent,
        )

    @api.model
    def _get_stale(self, letters, now):
        """Return ``{letter: verdict}`` of the printed letters that must not be posted at ``now``."""
        facts = Facts(letters, now)
        verdicts = {
            letter: self._ask(self._get_lasting_questions(), letter, facts) for letter in letters
        }
        return {letter: verdict for letter, verdict in verdicts.items() if verdict.reason}

    @api.model
    def _take_out(self, letters, now):
        """Refuse the printed letters that must not be posted at ``now``; return them."""
        stale = self._get_stale(letters, now)
        for letter, verdict in stale.items():
            self._refuse(letter, verdict, now)
        return letters.browse().union(*stale)

    def _ask(self, questions, reminder, facts):
        """Return the first verdict that does not let the reminder pass."""
        for question in questions:
            verdict = question(reminder, facts)
            if verdict.reason:
                return verdict
        return PASSED

    @api.model
    def _put_off(self, reminder, reason, until, now):
        """Let a planned reminder wait for ``reason`` until the moment ``until`` (naive UTC)."""
        is_new = reminder.waiting_reason != reason
        reminder.write({"not_before": until, "waiting_reason": reason})
        self.env["kgw.dispatcher"]._wake(until)
        if is_new:
            self.env["kgw.event"]._record_contacts(reminder, "waiting", now, reason=reason)

    def _refuse(self, reminder, verdict, now):
        lines = reminder.line_ids.filtered("step_id")
        reminder._set_state("cancelled", now, reason=verdict.reason, detail=verdict.detail or False)
        if verdict.reason in FALLBACK_REASONS and self.env["kgw.fallback"]._is_wanted(reminder):
            self.env["kgw.fallback"]._plan(reminder, now)
        elif verdict.reason in PASSING_REASONS:
            self.env["kgw.event"]._record_passed(
                [(line.receivable_id, line.step_id.id, verdict.reason) for line in lines], now
            )
            lines.receivable_id._kgw_refresh_course(calendar.local_date(now), now)
            if verdict.reason == "no_contact_point":
                self.env["kgw.fallback"]._add_tasks(reminder.case_id, now)

    # === QUESTIONS === #

    def _judge_time(self, reminder, facts):
        """A step that did not go out by its last day makes no sense any more."""
        late = reminder.until and facts.today > reminder.until
        return Verdict("lapsed") if late else PASSED

    def _judge_debt(self, reminder, facts):
        """Something must be owed about which this side of the due date may speak: of a demand
        what it demands, since it can't be sent for what only goes along with it."""
        if reminder in facts.main:
            return PASSED
        own = reminder.line_ids._get_main().receivable_id
        left = own.filtered(lambda r: r.amount_residual_currency > 0)
        if left and all(left.mapped("no_followup")):
            return Verdict("no_followup")
        return Verdict("stage" if left else "paid")

    def _judge_mandate(self, reminder, facts):
        return PASSED if reminder.mandate_id.state == "active" else Verdict("mandate")

    def _judge_hold(self, reminder, facts):
        is_held = facts.is_held(reminder) or facts.holds._covers(reminder)
        return Verdict("hold", facts.tomorrow) if is_held else PASSED

    def _judge_authority(self, reminder, facts):
        scope = reminder.template_id._get_scope(reminder.rung)
        if not reminder.mandate_id._has_authority(scope, facts.today):
            return Verdict("authority")
        if reminder.step_id.needs_approval and not self._is_approved(reminder):
            return Verdict("approval")
        return PASSED

    def _judge_consent(self, reminder, facts):
        """A warning of an entry in a register needs the creditor's consent for every receivable; no
        note asks for interest that the creditor waived."""
        scope = reminder.template_id.scope
        if not scope or reminder.mandate_id.is_own_sales:
            return PASSED
        decisions, lines = reminder.case_id.decision_ids, reminder.line_ids._get_own().receivable_id
        if scope == "warn":
            agreed = decisions._get_standing("warning", facts.today)._get_receivables()
            return PASSED if lines <= agreed else Verdict("consent")
        waived = decisions._get_standing("waive", facts.today)._get_receivables()
        return Verdict("decision") if lines & waived else PASSED

    def _is_approved(self, reminder):
        """Whether the creditor agreed to this step for every receivable that takes it, or asked
        for it itself."""
        if reminder.decision_id:
            return True
        step = reminder.step_id
        lines = reminder.line_ids.filtered(lambda line: line.step_id == step).receivable_id
        approvals = self.env["kgw.course.facts"]._read_approvals(lines)
        return all(approvals.get(line.id, {}).get(step.id) == "approved" for line in lines)

    def _judge_answer_time(self, reminder, facts):
        """A letter that lay too long before it is posted gives less time than it says."""
        return Verdict("late_letter") if reminder._lay_too_long(facts.today) else PASSED

    def _judge_coverage(self, reminder, facts):
        """After the due date of what leads, payments must be known through it; what is taken along
        and fell due later is left out instead."""
        if not reminder._needs_coverage() or facts.knows_payments(reminder.mandate_id):
            return PASSED
        due = facts.get_main(reminder)._get_first_due()
        if not due or facts.knows_payments(reminder.mandate_id, due):
            return PASSED
        return Verdict("coverage", facts.tomorrow)

    def _judge_contact_point(self, reminder, facts):
        if reminder.channel not in facts.reachable.get(reminder.case_id.id, ()):
            return Verdict("no_contact_point")
        obstacle = reminder._get_channel()._get_obstacle(reminder)
        return Verdict(obstacle) if obstacle else PASSED

    def _judge_gap(self, reminder, facts):
        """At most one contact per case and day, over all channels, and between steps the gap of
        the scenario; what belongs to a talk was said in it."""
        last = facts.get_last_contact(reminder)
        if not last or reminder._belongs_to_talk():
            return PASSED
        free = last + timedelta(days=self._get_gap(reminder))
        return Verdict("gap", calendar.noon(free)) if free > facts.today else PASSED

    def _get_gap(self, reminder):
        """Return the days that lie between the last contact and ``reminder``: a step keeps the gap
        of its scenario; what a person sends, or the counterparty asked for, follows a day later."""
        scenario = reminder.step_id.scenario_id
        if not scenario or reminder.is_requested:
            return 1
        before = reminder.side == "before"
        return scenario.gap_before_days if before else scenario.gap_after_days

    def _judge_caps(self, reminder, facts):
        """Whoever is behind the contact data is not tried or contacted too often, over all
        creditors; creditors read the words of contact hours, so that none learns of another."""
        if reminder.is_requested or reminder.channel == "letter":
            return PASSED
        kind = reminder.case_id.kind_id
        for count in facts.counts[reminder.case_id.id]:
            tried_enough = count.attempts >= kind.attempts_per_day
            if tried_enough or count.contacts >= kind.contacts_per_week:
                return Verdict("cap", facts.tomorrow)
        return PASSED

    def _judge_hours(self, reminder, facts):
        if not reminder._get_channel()._knows_hours:
            return PASSED
        kind = reminder.case_id.kind_id
        hours = reminder.step_id._get_hours(kind)
        moment = kind._get_next_moment(facts.now, reminder.case_id.tz, hours)
        return Verdict("hours", moment) if moment > facts.now else PASSED
