from typing import NamedTuple

from odoo import models

from ..const import RUNG_LEVEL
from ..tools import calendar
from ..tools.case_walk import Stop
from .kgw_open_days import OpenDays
from .kgw_portal_base import KgwPortalBase

# What the next step is told from, read at once for all rows.
POINTER = ("kgw_next_step_id", "kgw_next_act", "kgw_next_date", "kgw_next_until")
READ = ("kgw_case_id", "kgw_stage", "kgw_effective_due", "move_id", "no_followup", *POINTER)
# Whether a step with one of them is taken is known on its day.
CONDITIONS = ("only_unreached", "if_new", "if_late", "if_amount_from", "min_amount")
DEMAND = RUNG_LEVEL["demand"]


class Known(NamedTuple):
    """What is read at once for many counterparties.

    :param lines: ``{case: open receivables}``
    :param holds: ``{case: holds in force}``
    :param coming: ``{case: holds that begin later}``
    :param usable: ``{case id: channels}``
    :param contacted: ``{case: day of the last contact}``
    :param planned: ``{case: contacts that are planned or on their way}``
    :param asked: cases that are asked for consent to a step
    """

    lines: dict
    holds: dict
    coming: dict
    usable: dict
    contacted: dict
    planned: dict
    asked: frozenset


class KgwPortalAhead(models.AbstractModel):
    """What comes next for each of many counterparties: what the plan of its own page begins with."""

    _name = "kgw.portal.ahead"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: What Comes Next"

    def _read_ahead(self, cases):
        """Return ``{case: what comes next}`` as its own page says it, or in words why nothing does."""
        known = self._read_facts(cases)
        first = self._get_first_stops(known)
        return {case: self._prepare_ahead(case, first[case], known) for case in cases}

    def _read_facts(self, cases):
        found = cases.env["account.move.line"].search_fetch(
            [("kgw_case_id", "in", cases.ids), ("kgw_stage", "!=", "closed")], READ
        )
        own = found.grouped("kgw_case_id")
        lines = {case: own.get(case, found.browse()) for case in cases}
        holds = cases.env["kgw.hold"]._get_in_force_each(lines, self._get_today())
        return Known(
            lines,
            holds,
            self._get_coming_holds(lines),
            cases._get_usable_channels(),
            cases._get_last_contacts(),
            self._get_planned(lines),
            frozenset(self._get_consents(cases)),
        )

    def _prepare_ahead(self, case, first, known):
        lines, holds = known.lines[case], known.holds[case]
        is_kept = holds._get_keeping(lines) or self._say_stuck(case, known)
        told = first if not is_kept else None
        # Of who owes nothing only what the creditor decided for the future is news.
        kept = self._say_waiting(case, lines, holds if lines else holds.filtered("case_id"))
        return {
            "next_date": told["day"] if told else "",
            "next_iso": told["day_iso"] if told else "",
            "next_step": self._name_coming(told) if told else "",
            "blocked": kept or self._say_why_not(case, told, known),
            "apart": self._say_apart(case, lines, holds),
        }

    def _say_why_not(self, case, told, known):
        """Return in words that nobody can be reached, or that nothing comes any more; '' where
        something does, or nothing is owed.

        :param told: the first step of the plan, None without one
        """
        lines = known.lines[case]
        if not lines:
            return ""
        return self._say_unreachable(case, known) or ("" if told else self._say_no_more(lines))

    def _say_apart(self, case, lines, holds):
        """Return what stands of some invoices while the monitoring of others goes on, '' where all
        share one state.

        :param lines: the open receivables of the case
        :param holds: in force
        """
        running = self._get_running(lines, holds).move_id
        apart = lines.filtered(lambda line: line.move_id not in running)
        if not running or not apart:
            return ""
        whole = holds._get_of_every_channel().filtered(lambda hold: not hold.move_id)
        if case.mandate_id.state != "active" or whole:
            return ""
        states = {}
        for line in apart:
            state = self._say_line_state(line, holds)
            states[state] = states.get(state, line.browse()) | line
        told = [f"{state}: {self._count_owed(own)}" for state, own in states.items()]
        return self.env._(
            "%(apart)s. Monitoring of the others goes on: %(count)s.",
            apart="; ".join(told),
            count=self._count(len(running), "invoice"),
        )

    def _count_owed(self, lines):
        """Return how many invoices these receivables are of, and what is owed of them."""
        count = self._count(len(lines.move_id), "invoice")
        return f"{count} ({self._format_sums(self._sum_residuals(lines))})"

    def _say_line_state(self, line, holds):
        """Return in words why nothing comes for one receivable."""
        own = holds.filtered(lambda hold: hold.move_id == line.move_id)
        if own:
            return self._say_held(own)
        if line.no_followup:
            return self._get_code_label("kgw.event", "reason", "no_followup")
        return self._get_label(line, "kgw_stage")

    def _say_stuck(self, case, known):
        """Return in words what keeps a whole case back though it is not on hold, '' for nothing."""
        reason = self._get_idle_reason(case, known.lines[case])
        if "unknown" in known.planned[case].mapped("state"):
            reason = reason or "unknown"
        return self._get_code_label("kgw.event", "reason", reason)

    def _say_why_nothing(self, case, known):
        """Return in words why no step comes for a case that nothing keeps back as a whole."""
        channels = known.holds[case]._get_of_waiting_channels()
        if channels:
            return self._say_held(channels)
        return self._say_unreachable(case, known) or self._say_no_more(known.lines[case])

    def _say_unreachable(self, case, known):
        """Return in words that nobody can be reached, or by letter only; '' otherwise."""
        usable = known.usable.get(case.id)
        if not usable:
            return self.env._("No usable contact data: nobody can be reached.")
        if usable == {"letter"}:
            return self.env._("No e-mail address and no phone number.")
        return ""

    def _say_no_way(self, step, usable):
        """Return what to do where no channel of a step leads to the counterparty, '' otherwise."""
        if {step.channel, step.fallback_channel} & {*usable}:
            return ""
        return self.env._(
            "At present no contact data lead there: it goes out only once you or we have corrected"
            " them (“Correct contact data”)."
        )

    # === THE FIRST STEP OF A PLAN === #

    def _get_first_stops(self, known):
        """Return ``{case: first step of its plan}``, None where nothing comes.

        The stored step of its receivables is the first one wherever nothing has to be looked at on
        its day; where something has, the days are walked as for the page.
        """
        stored = {case: self._get_stored(case, known) for case in known.lines}
        doubtful = [case for case, stop in stored.items() if not stop]
        plans = self._get_plans({case: known.lines[case] for case in doubtful}, known.holds, most=1)
        return {
            case: self._prepare_planned(stop) if stop else next(iter(plans[case]), None)
            for case, stop in stored.items()
        }

    def _get_stored(self, case, known):
        """Return the first :class:`Stop` of a case as it is stored, None where that is in doubt."""
        today, holds = self._get_today(), known.holds[case]
        is_doubtful = case in known.asked or known.coming[case].move_id
        if self._get_start(case, holds) != today or is_doubtful:
            return None
        running = self._get_running(known.lines[case], holds).filtered("kgw_next_date")
        held = holds | known.coming[case]
        days = OpenDays(case, held, known.planned[case], self._get_now())
        if known.planned[case]:
            return self._get_planned_stop(running, holds, days)
        if not running:
            return None
        since = max(running[0].kgw_next_date, today)
        day = calendar.forward(since)
        due = running.filtered(lambda line: line.kgw_next_date <= day)
        step, act = due.kgw_next_step_id, due[0].kgw_next_act
        is_one = len(step) == 1 and {*due.mapped("kgw_next_act")} == {act}
        if not is_one:
            return None
        if act != "contact":
            return Stop(since, act, step, "", tuple(due.ids))
        if min(due.mapped("kgw_next_until")) < day or not self._is_plain(step, day, days, known):
            return None
        is_known = all(days.is_covered(line.kgw_effective_due, day) for line in due)
        if step.offset_days >= 0 and not is_known:
            return None
        if since < day and case.kind_id.on_saturday:
            return None
        return Stop(day, act, step, step.channel, tuple(due.ids))

    def _get_planned_stop(self, running, holds, days):
        """Return what is planned as a :class:`Stop`, None where a question or report may be first or
        it does not go out as it is planned."""
        stop = self._prepare_stop(days.planned[:1], holds, days)
        if not stop:
            return None
        asked = running.filtered(lambda line: line.kgw_next_act != "contact")
        is_first = all(line.kgw_next_date > stop.day for line in asked)
        return stop if is_first else None

    def _is_plain(self, step, day, days, known):
        """Whether a stored step is taken on its day whatever that brings: its own channel leads
        there and is open, it has no condition, and the gap to the last contact is over."""
        last = known.contacted.get(days.case)
        gap = self._get_gaps(step.scenario_id)[step.offset_days >= 0]
        side = "before" if step.offset_days < 0 else "after"
        return (
            step.channel in known.usable.get(days.case.id, ())
            and days.is_open(day, step, step.channel, side)
            and step.rung_level < DEMAND
            and not any(step[name] for name in CONDITIONS)
            and (not last or (day - last).days >= gap)
        )
