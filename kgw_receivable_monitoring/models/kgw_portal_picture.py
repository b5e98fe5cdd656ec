from datetime import date
from typing import NamedTuple

from odoo import models

from ..const_reasons import PLANNED_ANEW
from .kgw_open_days import OpenDays
from .kgw_portal_base import KgwPortalBase


class Picture(NamedTuple):
    """How a counterparty stands before or after a decision.

    :param planned: ``{contact or question: words}`` of what is planned and asked
    :param hold: what keeps all of it back, or no hold
    :param waiting: in words why nothing is done now, '' where something is
    :param following: in words what comes next; never empty
    :param plan: ``(day, step, channel, receivables)`` of each coming step
    :param contact_on: day of the next contact, None without one
    """

    planned: dict
    hold: object
    waiting: str
    following: str
    plan: tuple
    contact_on: object


class Difference(NamedTuple):
    """What a decision changes for a counterparty.

    :param gone: contacts that are called off, and questions that are withdrawn
    :param anew: contacts that are taken back and that the next run plans anew
    :param come: contacts that are planned, and questions that are asked
    :param stays: whether what comes next stays as it is
    """

    gone: list
    anew: list
    come: list
    stays: bool


class KgwPortalPicture(models.AbstractModel):
    """How counterparties stand, before a decision and after it; so many queries for one as for
    hundreds."""

    _name = "kgw.portal.picture"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: How Counterparties Stand"

    def _take_pictures(self, cases):
        """Return ``{case: Picture}``."""
        cases.invalidate_recordset()
        found = cases._get_open_receivables()
        own = found.grouped("kgw_case_id")
        lines = {case: own.get(case, found.browse()) for case in cases}
        holds = cases.env["kgw.hold"]._get_in_force_each(lines, self._get_today())
        decisions = cases.hold_ids.browse().union(*holds.values()).decision_id
        decisions.fetch(["kind", "value"])  # once for all: they say whether a hold ends the contact
        plans = self._get_plans(lines, holds)
        return {
            case: self._take_picture(case, lines[case], holds[case], plans[case]) for case in cases
        }

    def _take_picture(self, case, lines, holds, plan):
        waiting = self._say_waiting(case, lines, holds)
        coming = waiting or self._say_coming(case, lines, plan, holds)
        return Picture(
            planned=self._say_planned(case, plan, holds),
            hold=holds._get_keeping(lines),
            waiting=waiting,
            following=coming or self._say_owed(lines, lines),
            plan=tuple(
                (stop["iso"], stop["step"], stop["channel"], *stop["receivable_ids"])
                for stop in plan
            ),
            contact_on=self._get_contact_day(plan),
        )

    def _get_contact_day(self, plan):
        days = [stop["day_iso"] for stop in plan if stop["act"] == "contact"]
        return date.fromisoformat(days[0]) if days else None

    def _say_planned(self, case, plan, holds):
        """Return ``{record: words}`` of the contacts that are planned and the questions asked."""
        planned = case.reminder_ids._get_open()
        days = OpenDays(case, holds, planned, self._get_now())
        told = {
            r: self._say_contact(r, days.get_day(r) or self._find_day(r, plan)) for r in planned
        }
        for asked in case.decision_ids.filtered(lambda d: d.state == "open"):
            label = self._get_label(asked, "kind")
            said = (self.env._("the question to you (%s)", label), asked.step_id.name)
            told[asked] = ", ".join(filter(None, said))
        return told

    def _find_day(self, reminder, plan):
        """Return the day of a plan on which a step comes that is planned anew until then, or None."""
        days = (stop["day_iso"] for stop in plan if stop["step"] == reminder.step_id.name)
        day = next(days, None)
        return date.fromisoformat(day) if day else None

    def _say_contact(self, reminder, on_date=None):
        """Return a contact that is planned or on its way in words: its day, what it is, how.

        :param on_date: when it goes out, None means as it was planned
        """
        step, hours = reminder.step_id or reminder, ""
        if reminder.channel == "phone" and not reminder.step_id:
            kind = reminder.case_id.kind_id
            ends = (kind.hour_from, kind.hour_to)
            hours = "–".join(f"{int(h)}:{round(h % 1 * 60):02}" for h in ends)
        day = self._format_upcoming(on_date or reminder.planned_on)
        name = self._name_step(step)
        channel = self._name_channel(step, reminder.channel)
        return ", ".join(filter(None, (day, hours, name, channel)))

    # === WHAT DIFFERS === #

    def _find_difference(self, before, after):
        """Return the :class:`Difference` between two pictures of one case."""
        gone = [record for record in before.planned if record not in after.planned]
        come = [record for record in after.planned if record not in before.planned]
        anew = [r for r in gone if r._name == "kgw.reminder" and self._comes_again(r, after)]
        stays = before.following == after.following and not gone and not come
        return Difference([record for record in gone if record not in anew], anew, come, stays)

    def _say_anew(self, reminder, before, after):
        """Return a contact that is planned anew in words, with its new day where it is known."""
        said, step = before.planned[reminder], reminder.step_id
        days = (iso for iso, name, *_rest in after.plan if step and name == step.name)
        day = self._format_date(date.fromisoformat(first)) if (first := next(days, None)) else ""
        return f"{said} → {day}" if day and day not in said else said

    def _comes_again(self, reminder, after):
        """Whether a contact that is taken back still lies ahead: its step may be too late by then."""
        if reminder.reason not in PLANNED_ANEW:
            return False
        if not reminder.step_id or after.waiting:  # no plan tells it
            return True
        return any(step == reminder.step_id.name for _day, step, *_rest in after.plan)

    def _compare(self, differences, before, after, owed):
        """Return what changes for each case, in words.

        :param differences: ``{case: Difference}``
        :param before, after: of :meth:`_take_pictures`
        :param owed: ``{case: {currency: amount}}`` of what the decision touches
        """
        return [
            {
                "case_id": case.id,
                "counterparty": case.counterparty_id.name,
                "amount": self._format_sums(owed.get(case, {})),
                "cancelled": [before[case].planned[record] for record in differs.gone],
                "anew": [
                    self._say_anew(record, before[case], after[case]) for record in differs.anew
                ],
                "planned": [after[case].planned[record] for record in differs.come],
                "before": before[case].following,
                "after": after[case].following,
                "stays": differs.stays,
                "is_same": before[case] == after[case],
            }
            for case, differs in differences.items()
        ]
