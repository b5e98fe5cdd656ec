from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..const import CHANNELS
from ..tools import calendar
from .kgw_portal_base import KgwPortalBase

# So many counterparties a summary names one by one.
LISTED = 10
# So many past summaries the portal shows.
LAST = 6
KEPT, BROKEN = ("promise_kept",), ("promise_partly", "promise_broken")


class KgwPortalReport(models.AbstractModel):
    """The summary of a week or a month: what came in, what was done, what waits."""

    _name = "kgw.portal.report"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Summary"

    @api.model
    def _get_report(self, first, last):
        """Return the figures of the days from ``first`` to ``last``; what is owed is as of now."""
        begin = calendar.midnight(first)
        end = calendar.midnight(last + timedelta(days=1))
        counts = self._count_events(begin, end)
        questions = self._count_own("kgw.decision", [("state", "=", "open")])
        disputes = self._count_own("kgw.dispute", [("state", "=", "open")])
        return {
            "title": self.env._("Monitoring summary"),
            "creditor": self.env.user.partner_id.commercial_partner_id.name,
            "period": f"{self._format_date(first)} – {self._format_date(last)}",
            "as_of": self.env._("What is owed is as of %s.", self._format_date(self._get_today())),
            **self._get_money(),
            "paid": self._format_sums(self._read_paid(begin, end)),
            "contacts": self._count_contacts(first, last),
            "calls": self._count_calls(begin, end),
            "kept": sum(counts.get(kind, 0) for kind in KEPT),
            "broken": sum(counts.get(kind, 0) for kind in BROKEN),
            "promised": self._format_sums(self._read_promised()),
            "disputed": counts.get("dispute", 0),
            "elapsed": self._count_elapsed(begin, end),
            "decisions": questions + disputes,
            "late": self._get_cases(tab="late", sort="overdue", limit=LISTED),
            "more": self._say_more(self._count_cases("late")),
        }

    def _say_more(self, number):
        """Return how many counterparties the list leaves out, '' for none."""
        if number <= LISTED:
            return ""
        return self.env._(
            "The %(listed)s that owe most, of %(number)s in all. You find the others in the portal.",
            listed=LISTED,
            number=number,
        )

    def _count_events(self, begin, end):
        """Return ``{kind: number}`` of what the register has of promises and disputes."""
        records, fence = self._get_own("kgw.event", "mandate_id")
        kinds = (*KEPT, *BROKEN, "dispute")
        period = [("at", ">=", begin), ("at", "<", end), ("kind", "in", kinds)]
        return dict(records._read_group([*fence, *period], ["kind"], ["__count"]))

    def _count_contacts(self, first, last):
        """Return how often counterparties were reached, by channel; one reached in vain is none, and
        a trial reaches nobody."""
        records, fence = self._get_own("kgw.reminder", "case_id")
        period = [("contact_on", ">=", first), ("contact_on", "<=", last), ("is_trial", "=", False)]
        counts = dict(records._read_group([*fence, *period], ["channel"], ["__count"]))
        return [
            {"channel": channel, "label": self._name_contacts(channel), "number": counts[channel]}
            for channel, _label in CHANNELS
            if channel in counts
        ]

    def _name_contacts(self, channel):
        """Return what is counted of a channel: of calls the talks, beside :meth:`_count_calls`."""
        if channel == "phone":
            return self.env._("Talks on the phone")
        label = self._get_code_label("kgw.reminder", "channel", channel)
        return self.env._("Contacts: %s", label)

    def _count_calls(self, begin, end):
        """Return how many calls the time lines tell, those that reached nobody too."""
        records, fence = self._get_own("kgw.event", "mandate_id")
        period = [("at", ">=", begin), ("at", "<", end), ("kind", "=", "call")]
        real = ["|", ("reminder_id", "=", False), ("reminder_id.is_trial", "=", False)]
        return records.search_count([*fence, *period, *real])

    def _count_elapsed(self, begin, end):
        """Return for how many counterparties the monitoring of an invoice ended."""
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT count(DISTINCT case_id) FROM kgw_event
                 WHERE mandate_id = ANY(%(mandates)s) AND at >= %(begin)s AND at < %(end)s
                   AND kind = 'stage' AND payload->>'stage' = 'elapsed'
                """,
                mandates=self._get_mandates().ids,
                begin=begin,
                end=end,
            )
        )
        return row[0]

    @api.model
    def _draw_report(self, report, author):
        """Return the summary as PDF."""
        return self._draw_paper(
            "portal_report_document", {"report": report}, report["title"], author
        )

    # === PAST ONES === #

    def _get_summaries(self):
        """Return the last summaries that went to the creditor's people, one per period."""
        summaries = self._search_own("kgw.summary", [("user_id", "=", self.env.uid)], limit=LAST)
        return [
            {
                "id": summary.id,
                "label": f"{self._format_date(summary.period_from)} – "
                f"{self._format_date(summary.period_to)}",
            }
            for summary in summaries
        ]

    @api.model
    def _get_summary_file(self, summary_id):
        """Return ``(file name, PDF)`` of a summary of the creditor, or None."""
        summary = self._search_own("kgw.summary", [("id", "=", summary_id)])
        file = summary.attachment_id
        return (file.name, file.raw) if file else None
