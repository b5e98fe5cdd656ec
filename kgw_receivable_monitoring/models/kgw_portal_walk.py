from odoo import models

from ..tools.case_walk import suppose_not_planned, suppose_taken
from ..tools.course_walk import Walk
from .kgw_portal_base import KgwPortalBase

# So many invoices are walked, those that are due first; others go along with them.
PLAN_LINES = 20


class KgwPortalWalk(models.AbstractModel):
    """From what the plan of a case begins: its receivables, what is planned and what is asked."""

    _name = "kgw.portal.walk"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Beginning of a Plan"

    def _prepare_walks(self, going):
        """Return ``{case: {receivable: walk}}``, of the receivables that are due first.

        :param going: ``{case: receivables}`` of :meth:`_get_running`
        """
        if not going:
            return {}
        walked = {case: lines[:PLAN_LINES].sorted("id") for case, lines in going.items()}
        every = next(iter(walked.values())).union(*walked.values())
        asked = every.env["kgw.course.facts"]._read(every)
        every.fetch(["kgw_next_date", "kgw_next_step_id", "kgw_next_act"])
        gaps = {case: self._get_gaps(case._get_scenario()) for case in walked}
        return {
            case: {line: Walk(*asked[line.id], gaps=gaps[case]) for line in lines}
            for case, lines in walked.items()
        }

    def _get_gaps(self, scenario):
        return scenario.gap_before_days or 1, scenario.gap_after_days or 1

    def _suppose_answered(self, walks, consents):
        """Let the questions for consent that are open be answered at their deadlines.

        :param walks: of :meth:`_prepare_walks`
        :param consents: of :meth:`_get_consents`
        """
        for case, open_ones in consents.items():
            for decision in open_ones:
                for line in decision.receivable_ids:
                    if line in walks[case]:
                        day = max(decision.deadline, self._get_today())
                        walks[case][line].suppose_asked(decision.step_id.id, day)

    def _get_consents(self, cases):
        """Return ``{case: open questions for consent}`` of those of ``cases`` that have any."""
        if not cases:
            return {}
        decisions = next(iter(cases)).env["kgw.decision"]
        of_cases = [("case_id", "in", [case.id for case in cases])]
        is_open = [("kind", "=", "approval"), ("state", "=", "open")]
        return decisions.search([*of_cases, *is_open]).grouped("case_id")

    def _get_asked_for(self, stops, consents):
        """Return ``{step: ids of receivables}`` for which the step comes only if the creditor agrees,
        as it is asked or will be.

        :param stops: the :class:`Stop` list of a case
        :param consents: its open questions for consent
        """
        asked = {}
        for stop in stops:
            if stop.act == "approval":
                asked.setdefault(stop.step, set()).update(stop.lines)
        for decision in consents:
            asked.setdefault(decision.step_id, set()).update(decision.receivable_ids.ids)
        return asked

    def _suppose_planned(self, walks, planned, stops):
        """Let what is planned have gone out on its day, and be open again what does not go out.

        :param stops: ``{reminder: stop}`` of what goes out as it is planned
        """
        for reminder in planned.filtered(lambda r: r.state != "unknown"):
            for line in reminder.line_ids.filtered(
                lambda r: r.step_id and r.receivable_id in walks
            ):
                walk, step_id = walks[line.receivable_id], line.step_id.id
                if stop := stops.get(reminder):
                    suppose_taken(walk, step_id, stop.day, reminder.channel)
                else:
                    suppose_not_planned(walk, step_id)
