from datetime import date
from typing import NamedTuple

from odoo import api, models

from ..tools import calendar


class Upcoming(NamedTuple):
    """What comes next for a receivable: the day, None while it waits; the step, or why it waits."""

    day: object
    act: str
    step: str
    channel: str


class KgwUpcoming(models.AbstractModel):
    """What comes next for the receivables of a case: its plan, as its creditor reads it.

    The stored pointer of a receivable knows its own course only: neither the gap after a contact
    about another invoice, nor what is planned already, nor holds.
    """

    _name = "kgw.upcoming"
    _description = "What Comes Next in a Case"

    @api.model
    def _tell(self, case, now):
        """Return ``{receivable: Upcoming}`` of what is monitored of ``case``, the soonest first; what
        nothing comes for is left out.

        :param now: moment of the page, naive UTC
        """
        # Plan and words are those of the creditor's page; who asks has the right on the case.
        case = case.ensure_one().sudo()
        portal = self.env["kgw.portal"].with_context(kgw_now=now)._speak_to_agency()
        lines = case._get_open_receivables()
        holds = portal._search_holds(case, lines)
        plan = portal._get_plan(case, lines, holds)
        told = {line: self._tell_line(portal, line, plan, holds) for line in lines}
        return {
            line: upcoming
            for line, upcoming in sorted(told.items(), key=lambda item: item[1].day or date.max)
            if upcoming.step
        }

    def _tell_line(self, portal, line, plan, holds):
        stop = next((stop for stop in plan if line.id in stop["receivable_ids"]), None)
        if stop:
            day = date.fromisoformat(stop["day_iso"])
            step = portal._name_for(line, stop)
            return Upcoming(day, stop["act"], step, stop["channel"])
        said = portal._get_next(line, plan, holds)
        if not said["next_date"]:  # it waits for a person, or nothing follows
            return Upcoming(None, "", said["next_step"], "")
        day = calendar.forward(max(line.kgw_next_date, portal._get_today()))
        return Upcoming(day, line.kgw_next_act, said["next_step"], line.kgw_next_step_id.channel)

    @api.model
    def _say_held(self, hold):
        """Return why a whole case waits, as its creditor's page says it."""
        portal = self.env["kgw.portal"]._speak_to_agency()
        return portal._say_held(hold.sudo())  # a word of it, for who has the case

    @api.model
    def _name_step(self, act, step):
        """Return in words what comes next; where the creditor is only asked for it, say so.

        :param act: as ``kgw_next_act`` of a receivable
        :param step: name of the step
        """
        if act == "approval":
            return self.env._("Question whether the creditor agrees to: %s", step)
        return step
