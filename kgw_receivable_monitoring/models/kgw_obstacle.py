from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..const import OPEN_STATES
from ..const_reasons import CURE_PLACES
from ..tools import calendar
from .kgw_gate import Verdict
from .kgw_gate_facts import Facts

# Days after the first possible one on which a contact is looked for: the longest gaps and
# rows of days off are shorter.
SEARCH_DAYS = 14


class Obstacle(NamedTuple):
    """What keeps a contact back, and the record on which that is cured, or None."""

    reason: str
    place: object = None
    note: str = ""


class Outlook(NamedTuple):
    """The next contact of a case as the planner would make it, and all that stands in its way.

    ``reminder`` is empty where no contact follows; ``upcoming`` is what the plan of the case brings
    each receivable (:meth:`kgw.upcoming._tell`). Of one invoice ``step`` is the one that waits where
    no reminder is about it yet; of a case it is empty.
    """

    upcoming: dict
    reminder: object
    obstacles: list
    step: object


class KgwObstacle(models.AbstractModel):
    """Why a contact is not made: all that stands in the way, not only the first."""

    _name = "kgw.obstacle"
    _description = "What Stands in the Way of a Contact"

    @api.model
    def _get_planning(self, case, receivables, on_date):
        """Return the :class:`Obstacle` list of what keeps the planner from planning on ``on_date``.

        :param receivables: the receivables of the case whose contact is due
        """
        reminder = self._get_open(case)
        found = [Obstacle("unknown", reminder)] if reminder.state == "unknown" else []
        if reminder.print_run_id.state == "open":
            found.append(Obstacle("posting", reminder.print_run_id))
        if case.mandate_id.state != "active":
            found.append(Obstacle("mandate", case.mandate_id))
        steps = receivables.kgw_next_step_id
        ways = {False, reminder.channel} if reminder else {False, *self._get_ways(case, steps)}
        found += [
            Obstacle("hold", hold, self._describe_hold(hold))
            for hold in self.env["kgw.hold"]._get_in_force(case, receivables, on_date)
            if hold.channel in ways
        ]
        silent = receivables.filtered("no_followup").move_id
        found += [self._prepare_silent(move) for move in silent]
        if self._is_too_soon(case, receivables, on_date):
            found.append(Obstacle("gap", receivables.kgw_next_step_id[:1].scenario_id))
        return found

    def _get_ways(self, case, steps):
        """Return the channels that ``steps`` would take: the other one where the first leads nowhere."""
        usable = case._get_usable_channels(closed={}).get(case.id, ())
        return {s.channel if s.channel in usable else s.fallback_channel for s in steps}

    def _describe_hold(self, hold):
        """Return a hold in words: its invoice, if it is about one alone, and its last day."""
        told = hold._describe()
        if hold.move_id:
            told = f"{self._name_move(hold.move_id)}: {told}"
        if not hold.until_date:
            return told
        return self.env._(
            "%(hold)s, until %(day)s", hold=told, day=format_date(self.env, hold.until_date)
        )

    def _prepare_silent(self, move):
        return Obstacle("no_followup", move, self._name_move(move))

    def _name_move(self, move):
        return move._kgw_get_name(partial(format_date, self.env))

    def _get_open(self, case):
        """Return the open reminder of ``case``: there is at most one."""
        return self.env["kgw.reminder"].search(
            [("case_id", "=", case.id), ("state", "in", OPEN_STATES)]
        )

    def _is_too_soon(self, case, receivables, on_date):
        """Whether the last contact is nearer than the gap of the scenario."""
        since = on_date - timedelta(days=receivables.kgw_next_step_id[:1]._get_gap())
        contacts = [("case_id", "=", case.id), ("contact_on", ">", since)]
        return bool(self.env["kgw.reminder"].search_count(contacts, limit=1))

    # === THE NEXT CONTACT === #

    @api.model
    def _look_ahead(self, case, now, move_id=None):
        """Return the :class:`Outlook` of ``case``, or of one of its invoices, as things stand at
        ``now``.

        The next contact is planned by the planner itself, as if no hold and no mandate were in
        the way; then every question of the gate is asked. Expects a case of
        ``kgw.simulation._open``: it writes.
        """
        self.env["kgw.planner"]._run_day(calendar.local_date(now), now, case)
        day, reminder = calendar.local_date(now), self._get_open(case)
        asked = self._get_questions_open(case)  # on the days looked at below they lapse
        upcoming = self.env["kgw.upcoming"]._tell(case, now)
        due = self._get_due(case, move_id)
        if not reminder and due:
            day = max(day, min(due.mapped("kgw_next_date")))
            obstacles = self._get_planning(case, due, day)
            day, reminder = self._plan_anyway(case, day)
        else:
            is_idle = case.mandate_id.state != "active"
            obstacles = self._get_planning(case, due, day) if reminder or is_idle else []
        step = (due[:1] if move_id else due.browse()).kgw_next_step_id
        if move_id and reminder and not self._is_about(reminder, move_id):
            # Another invoice goes first.
            obstacles = (obstacles + self._get_uncovered(case, due, day)) if due else []
            reminder = reminder.browse()
        places = [obstacle.place for obstacle in obstacles]
        own = self._get_own(case, move_id, day)
        obstacles += [found for found in own if found.place not in places]
        moment = max(now, self.env["kgw.simulation"]._get_start(case, day, now))
        obstacles += asked
        verdicts = self._ask_gate(reminder, moment)
        if "late_letter" in {verdict.reason for verdict in verdicts}:  # not to be posted any more
            obstacles = [found for found in obstacles if found.reason != "posting"]
        for verdict in verdicts:
            if verdict.reason not in {obstacle.reason for obstacle in obstacles}:
                obstacles.append(self._prepare_verdict(verdict, reminder, day))
        if move_id:
            obstacles = [found for found in obstacles if not self._is_of_another(found, move_id)]
        return Outlook(upcoming, reminder, obstacles, step)

    def _prepare_verdict(self, verdict, reminder, day):
        is_coverage = verdict.reason == "coverage"
        note = self._say_coverage_for(reminder, day) if is_coverage else verdict.detail
        return Obstacle(verdict.reason, self._get_place(verdict.reason, reminder, day), note)

    def _is_about(self, reminder, move_id):
        return move_id in reminder._get_live_lines().move_id.ids

    def _is_of_another(self, obstacle, move_id):
        """Whether an obstacle keeps only another invoice back."""
        place = obstacle.place
        if obstacle.reason == "question":
            return move_id not in place.receivable_ids.move_id.ids
        is_hold = place is not None and place._name == "kgw.hold"
        return bool(is_hold and place.move_id and place.move_id.id != move_id)

    def _get_own(self, case, move_id, on_date):
        """Return what keeps single invoices of ``case`` out of every contact: their own holds, and
        Odoo's “No Follow-Up”."""
        lines = case._get_open_receivables()
        lines = lines.filtered(lambda line: move_id in (None, line.move_id.id))
        holds = self.env["kgw.hold"]
        held = holds.search(holds._in_force(on_date) & Domain("move_id", "in", lines.move_id.ids))
        found = [Obstacle("hold", hold, self._describe_hold(hold)) for hold in held]
        silent = lines.filtered("no_followup").move_id
        return found + [self._prepare_silent(move) for move in silent]

    def _get_due(self, case, move_id):
        """Return the receivables of ``case``, or of one of its invoices, whose next act is a contact."""
        due = [
            ("kgw_case_id", "=", case.id),
            ("kgw_next_act", "=", "contact"),
            ("kgw_next_date", "!=", False),
        ]
        chosen = [("move_id", "=", move_id)] if move_id else []
        return self.env["account.move.line"].search([*due, *chosen])

    def _get_uncovered(self, case, due, on_date):
        """Return what keeps overdue receivables back until payments are known: the gate tells it of
        a reminder, and these have none yet."""
        dates = [line.kgw_effective_due for line in due if line.kgw_next_step_id.offset_days >= 0]
        if not dates or case.mandate_id._knows_payments(min(dates), on_date):
            return []
        note = self._say_coverage(case.mandate_id, min(dates), on_date)
        return [Obstacle("coverage", case.mandate_id, note)]

    def _ask_gate(self, reminder, moment):
        """Return the verdicts on a reminder that has not gone out yet, and why it waits; of a letter
        that is printed, why it must not be posted."""
        if reminder and reminder._is_printed():
            stale = self.env["kgw.gate"]._get_stale(reminder, moment)
            return [*stale.values()]
        if not reminder or reminder.state not in ("planned", "failed"):
            return []
        verdicts = self.env["kgw.gate"]._list_verdicts(reminder, Facts(reminder, moment))
        waiting = reminder._get_waiting_reason()
        if waiting in ("text", "error", "backoff"):  # known only since it was tried
            verdicts.append(Verdict(waiting, detail=reminder.detail or ""))
        return verdicts

    def _get_questions_open(self, case):
        """Return the questions whose answer a contact of ``case`` waits for."""
        decisions = self.env["kgw.decision"].search(
            [("case_id", "=", case.id), ("kind", "=", "approval"), ("state", "=", "open")]
        )
        return [
            Obstacle("question", decision, self._say_question(decision)) for decision in decisions
        ]

    def _say_question(self, decision):
        """Return what is asked, until when it may be answered and what silence means."""
        return self.env._(
            "%(step)s: asked on %(asked)s, to be answered by %(deadline)s. Without an answer it is"
            " not sent.",
            step=decision.step_id.name,
            asked=format_date(self.env, decision.asked_on),
            deadline=format_date(self.env, decision.deadline),
        )

    @api.model
    def _say_waiting(self, reminder, reason, on_date):
        """Return what ``reminder`` waits for in words where its reason names several things: which
        hold, which payments; '' otherwise."""
        if reason == "coverage":
            return self._say_coverage_for(reminder, on_date)
        keeping = self.env["kgw.hold"]._get_keeping_reminders(reminder, on_date)
        return self._describe_hold(keeping[reminder]) if reason == "hold" and keeping else ""

    def _say_coverage_for(self, reminder, on_date):
        """Return through which day payments must be known for ``reminder``, and are."""
        first_due = reminder._get_owed_lines()._get_first_due()
        return self._say_coverage(reminder.mandate_id, first_due, on_date)

    def _say_coverage(self, mandate, due, on_date):
        """Return through which day payments must be known to remind on ``on_date`` of what fell due
        on ``due``, and are."""
        needed = mandate._get_needed_coverage(due, on_date)
        known = mandate.coverage_date
        return self.env._(
            "Waits for payments known through %(needed)s; they are known through %(known)s.",
            needed=format_date(self.env, needed),
            known=format_date(self.env, known) if known else "–",
        )

    def _plan_anyway(self, case, day):
        """Return ``(day, reminder)`` of the first day from ``day`` on which the planner plans a
        contact when neither holds nor the mandate's state are in the way."""
        with self._set_aside(case):
            for number in range(SEARCH_DAYS):
                on_date = day + timedelta(days=number)
                self.env["kgw.planner"]._run_day(on_date, None, case)
                reminder = self._get_open(case)
                if reminder:
                    return on_date, reminder
        return day, self.env["kgw.reminder"]

    @contextmanager
    def _set_aside(self, case):
        """Take holds and the state of the mandate out of the way, and put them back."""
        mandate, state = case.mandate_id, case.mandate_id.state
        holds = self.env["kgw.hold"].search(
            [
                ("lifted_at", "=", False),
                ("case_id", "in", (False, case.id)),
                ("mandate_id", "in", (False, mandate.id)),
            ]
        )
        mandate.state = "active"
        holds.write({"lifted_at": self.env.cr.now()})
        yield
        holds.write({"lifted_at": False})
        mandate.state = state

    def _get_place(self, reason, reminder, day):
        """Return the record on which ``reason`` is cured for ``reminder``, or None."""
        places = {
            "kind": reminder.case_id.kind_id,
            "scenario": reminder.step_id.scenario_id,
            "hold": self.env["kgw.hold"]._get_keeping_reminders(reminder, day).get(reminder),
            "mandate": reminder.mandate_id,
            "template": reminder.template_id,
            "reminder": reminder,
            "print_run": reminder.print_run_id,
            "case": reminder.case_id,
            "brand": reminder.brand_id,
        }
        return places.get(CURE_PLACES.get(reason))
