from datetime import date, timedelta

from odoo import models

from ..const import OPEN_STATES, RUNG_LEVEL
from ..tools import calendar
from ..tools.case_walk import CaseWalk, Stop, is_only_named
from .kgw_open_days import OpenDays
from .kgw_portal_base import KgwPortalBase

# How far ahead the plan is told.
PLAN_DAYS = 45


class KgwPortalPlan(models.AbstractModel):
    """What comes: the course of all receivables of a case, bundled as the planner bundles them."""

    _name = "kgw.portal.plan"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Plan"

    def _get_plan(self, case, lines, holds):
        """Return the coming steps: what is planned, then what the course brings, day by day.

        Payments, promises and answers change it; holds in force move its beginning.

        :param holds: of :meth:`_search_holds`
        """
        return self._get_plans({case: lines}, {case: holds})[case]

    def _get_plans(self, lines, holds, most=None):
        """Return ``{case: plan}`` as :meth:`_get_plan`; what the courses need is read once for all.

        :param lines: ``{case: its open receivables}``
        :param holds: ``{case: holds}``
        :param most: of each course no more than the days that bring so many steps; None means all
        """
        going = {
            case: self._get_running(own, holds[case])
            for case, own in lines.items()
            if self._get_start(case, holds[case])
        }
        walks, planned = self._prepare_walks(going), self._get_planned(going)
        coming, consents = self._get_coming_holds(going), self._get_consents(going)
        self._suppose_answered(walks, consents)
        return dict.fromkeys(lines, []) | {
            case: self._draw_plan(
                own,
                walks[case],
                OpenDays(case, holds[case] | coming[case], planned[case], self._get_now()),
                holds[case],
                consents.get(case, ()),
                most,
            )
            for case, own in going.items()
        }

    def _get_coming_holds(self, cases):
        """Return ``{case: holds}`` that begin on a later day, and move what would go out then."""
        holds = next(iter(cases)).env["kgw.hold"] if cases else None
        return holds._get_coming_each(cases, self._get_today()) if cases else {}

    def _get_planned(self, cases):
        """Return ``{case: contacts}`` of what is planned and on its way."""
        if not cases:
            return {}
        reminders, ids = next(iter(cases)).env["kgw.reminder"], [case.id for case in cases]
        found = reminders.search([("case_id", "in", ids), ("state", "in", OPEN_STATES)])
        found = found.grouped("case_id")
        return {case: found.get(case, reminders) for case in cases}

    def _get_start(self, case, holds):
        """Return the day from which steps may come, None where nothing comes any more. Holds of one
        channel or brand keep back only what goes that way."""
        whole = holds.filtered(lambda h: not (h.move_id or h.channel or h.brand_id))
        is_lasting = whole.filtered(lambda hold: not hold.until_date)
        if is_lasting or case.mandate_id.state != "active":
            return None
        return max([self._get_today(), *(hold.until_date + timedelta(days=1) for hold in whole)])

    def _draw_plan(self, monitored, walks, days, holds, consents, most):
        stops = {reminder: self._prepare_stop(reminder, holds, days) for reminder in days.planned}
        stops = {reminder: stop for reminder, stop in stops.items() if stop}
        self._suppose_planned(walks, days.planned, stops)
        start = self._get_start(days.case, holds)
        stops = [*stops.values(), *self._walk_ahead(monitored, walks, stops, days, start, most)]
        stops.sort(key=lambda stop: (stop.day, stop.act == "contact"))
        asked = self._get_asked_for(stops, consents)
        return [
            self._prepare_planned(stop, stop.step in asked and asked[stop.step] >= {*stop.lines})
            for stop in stops
        ]

    def _search_holds(self, case, lines):
        """Return the holds in force today that keep ``lines`` of the case back, or one of their
        channels."""
        return case.env["kgw.hold"]._get_in_force(case, lines, self._get_today())

    def _prepare_stop(self, reminder, holds, days):
        """Return what is planned as a :class:`Stop`, None where it does not go out as it is; what is
        on hold will not be in it. The hold of a promise does not keep back what confirms it.

        :param days: :class:`OpenDays` of the case
        """
        day = days.get_day(reminder)
        own = reminder._get_live_lines()._get_own()
        confirmed = reminder.promise_id
        held = holds.filtered(lambda h: not confirmed or h.promise_id != confirmed).move_id
        own = own.filtered(
            lambda line: line.move_id not in held and not line.receivable_id.no_followup
        )
        if not day or not own._get_main():
            return None
        named = (own - own._get_main()).receivable_id.ids
        step = reminder.step_id or reminder
        lines = tuple(own.receivable_id.ids)
        return Stop(day, "contact", step, reminder.channel, lines, tuple(named))

    def _walk_ahead(self, monitored, walks, planned, days, start, most):
        """Return the :class:`Stop` list of what the course brings, with records of steps and ids of
        receivables.

        :param monitored: of :meth:`_get_running`
        :param walks: of :meth:`_prepare_walks`
        :param planned: ``{reminder: stop}`` of what goes out as it is planned
        :param days: :class:`OpenDays` of the case
        """
        scenario = days.case._get_scenario()
        if not scenario or not walks:
            return []
        running = monitored.browse(line.id for line in walks)
        contacts = [stop.day for stop in planned.values()]
        contacts += filter(None, days.case.reminder_ids.mapped("contact_on"))
        records = {step.id: step for step in scenario.step_ids}

        def may_go(day, step, channel):
            side = "before" if step.offset < 0 else "after"
            return days.is_free(day) and days.is_open(day, records[step.id], channel, side)

        moves = {id(walk): line.move_id for line, walk in walks.items()}

        def may_take(walk, day, step):
            is_known = step.offset < 0 or days.is_covered(walk.facts.effective_due, day)
            return is_known and not days.is_kept_back(moves[id(walk)], day)

        last_contact, gaps = max(contacts, default=None), self._get_gaps(scenario)
        walk = CaseWalk(list(walks.values()), gaps, last_contact, may_go, may_take)
        stops = [
            stop._replace(
                step=records[stop.step],
                lines=tuple(running[n].id for n in stop.lines),
                named=tuple(running[n].id for n in stop.named),
            )
            for stop in walk.run(start, self._get_end(running, start), most)
        ]
        rest = monitored - running - days.planned.line_ids.receivable_id
        return self._take_along(stops, rest)

    def _take_along(self, stops, rest):
        """Let the invoices that were not walked, of very many, go along with the first contact about
        their side of the due date, or with the same question: so does the planner with what is due.
        """
        for line in rest:
            places = (n for n, stop in enumerate(stops) if self._goes_along(line, stop))
            if (place := next(places, None)) is not None:
                stops[place] = self._add_line(stops[place], line)
        return stops

    def _add_line(self, stop, line):
        """Return a stop with one receivable more."""
        rungs = (line.kgw_next_step_id.rung, stop.step.rung)
        levels = [RUNG_LEVEL.get(rung, 0) for rung in rungs]
        is_named = stop.act == "contact" and is_only_named(*levels)
        named = (*stop.named, line.id) if is_named else stop.named
        return stop._replace(lines=(*stop.lines, line.id), named=named)

    def _goes_along(self, line, stop):
        """Whether a receivable takes a step of its own on the day of ``stop``."""
        step = line.kgw_next_step_id
        if not step or stop.act != line.kgw_next_act or stop.day < line.kgw_next_date:
            return False
        if stop.act != "contact":
            return stop.step == step
        return (stop.step.offset_days < 0) == (step.offset_days < 0)

    def _get_end(self, running, start):
        """Return the day to which the plan is told: the first step of all stands in it."""
        days = [day for day in running.mapped("kgw_next_date") if day]
        return max(start + timedelta(days=PLAN_DAYS), min(days, default=start) + timedelta(days=1))

    def _get_running(self, lines, holds):
        """Return the monitored receivables that are neither on hold by themselves nor left out by
        Odoo's “No Follow-Up”, the next ones first."""
        held = holds.move_id
        running = lines.filtered(
            lambda line: (
                line.kgw_stage in ("before_due", "overdue")
                and line.move_id not in held
                and not line.no_followup
            )
        )
        return running.sorted(lambda line: (line.kgw_next_date or date.max, line.id))

    def _prepare_planned(self, stop, is_asked=False):
        """Return a :class:`Stop` in words.

        :param is_asked: whether it comes only if the creditor agrees to its step, as it is asked
        """
        # A question or a report of a day off is read on the next working day.
        day = stop.day if stop.act == "contact" else calendar.forward(stop.day)
        return {
            "day": self._format_date(day),
            "day_iso": day.isoformat(),
            "iso": stop.day.isoformat(),
            "act": stop.act,
            "act_label": self._say_act(stop.act, is_asked),
            "receivable_ids": list(stop.lines),
            "named_ids": list(stop.named),
            "step": self._begin(self._name_step(stop.step)),
            "channel": stop.channel or "",
            "channel_label": self._name_channel(stop.step, stop.channel),
            "count": self._count_stop(stop) if len(stop.lines) > 1 else "",
        }

    def _count_stop(self, stop):
        """Return how many invoices a step is for, and how many it only names, as its text does."""
        lines = stop.step.env["account.move.line"].browse(stop.lines)
        only_named = lines.browse(stop.named)
        own = self._count_invoices(lines - only_named)
        if not only_named:
            return own
        named = self._count_invoices(only_named)
        return self.env._("%(own)s; named too: %(others)s", own=own, others=named)

    def _say_act(self, act, is_asked):
        """Return in words what a step waits for; a question or a report says itself what it is."""
        if act == "approval":
            return self.env._("we ask for your consent")
        return self.env._("if you agree") if is_asked else ""

    def _name_coming(self, stop):
        """Return what comes in words: the step, by which way if it is not its own, what is asked.

        :param stop: of :meth:`_get_plan`
        """
        said = (stop["step"], stop["channel_label"], stop["act_label"])
        return ", ".join(filter(None, said))

    # === ONE INVOICE === #

    def _get_next(self, line, plan, holds):
        """Return what comes next for a receivable, from the plan of its case, in words.

        :param plan: of :meth:`_get_plan`
        :param holds: of :meth:`_search_holds`
        """
        own = holds.filtered(lambda hold: not hold.move_id or hold.move_id == line.move_id)
        if line.kgw_stage not in ("before_due", "overdue"):
            ended = self._say_ended(own._get_last()) if line.kgw_stage == "elapsed" else ""
            return {"next_date": "", "next_step": ended}
        stop = next((stop for stop in plan if line.id in stop["receivable_ids"]), None)
        if stop:
            step = {**stop, "step": self._name_for(line, stop)}
            return {"next_date": stop["day"], "next_step": self._name_coming(step)}
        if whole := own._get_of_every_channel():
            return {"next_date": "", "next_step": self._say_held(whole)}
        if idle := self._get_idle_reason(line.kgw_case_id, line):
            return {"next_date": "", "next_step": self._get_code_label("kgw.event", "reason", idle)}
        if own:
            return {"next_date": "", "next_step": self._say_held(own)}
        if not self._is_beyond(line):
            return {"next_date": "", "next_step": ""}  # no channel leads to what is left of it
        return {
            "next_date": self._format_upcoming(line.kgw_next_date),
            "next_step": line.kgw_next_step_id.name or "",
        }

    def _is_beyond(self, line):
        """Whether the next step of a receivable lies later than the plan is told."""
        last = self._get_today() + timedelta(days=PLAN_DAYS)
        return bool(line.kgw_next_date and line.kgw_next_date >= last)

    def _name_for(self, line, stop):
        """Return the step of a stop as it is for one of its receivables."""
        if line.id not in stop["named_ids"]:
            return stop["step"]
        return self.env._("%s (this invoice is only named)", stop["step"])

    def _get_idle_reason(self, case, lines):
        """Return the code of why nothing is sent about ``lines`` though they are not on hold, '' for
        nothing of that kind."""
        if case.mandate_id.state not in ("active", "ended"):
            return "mandate"
        return "no_followup" if lines and all(lines.mapped("no_followup")) else ""
