from pathlib import Path

from odoo import api, fields, models
from odoo.tools.misc import file_path

from ..tools import pdf
from ..tools.calendar import POLAND
from .kgw_portal_base import KgwPortalBase

# So many entries one paper has: drawing it takes some seconds and 400 MB.
ENTRIES = 1000
MODULE = "kgw_receivable_monitoring"


class KgwPortalHistory(models.AbstractModel):
    """The history of one counterparty on paper."""

    _name = "kgw.portal.history"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: History on Paper"

    @api.model
    def _get_history(self, case_id, part=1):
        """Return ``(file name, PDF)`` of the history of a case, or None.

        :param part: of a long history, one of ``history_parts`` of its page; the first is the newest
        """
        case = self._get_case(case_id, limit=1)
        if not case:
            return None
        record = self._search_cases([("id", "=", case_id)])
        part = part if part in case["history_parts"] else 1
        events = self._find_events(record, limit=ENTRIES, offset=(part - 1) * ENTRIES)
        case["events"] = [self._prepare_printed(event) for event in events]
        values = {
            "case": case,
            "printed": self._format_moment(self._get_now()),
            "left_out": self._say_left_out(record, events, part, len(case["history_parts"])),
        }
        number = "-".join((case["number"].replace("/", "-"), *([str(part)] if part > 1 else [])))
        document = self._draw_paper(
            "portal_history_document", values, case["number"], case["mandate"]
        )
        return f"{number}.pdf", document

    def _get_parts_of_history(self, case, may_be_long):
        """Return the numbers of the papers that hold the history of ``case``, the newest first.

        :param may_be_long: whether it may have more entries than a page
        """
        count = self._count_entries(case) if may_be_long else 0
        return list(range(1, max(1, -(-count // ENTRIES)) + 1))

    def _say_left_out(self, case, events, part, parts):
        """Return in words which entries a paper has and where the others are, '' where it has all."""
        if parts == 1:
            return ""
        first, last = (
            fields.Datetime.context_timestamp(self.with_context(tz=POLAND), moment).date()
            for moment in (events[-1].at, events[0].at)
        )
        return self.env._(
            "Part %(part)s of %(parts)s: the entries from %(first)s to %(last)s, %(number)s of"
            " %(count)s in all. The other parts stand beside this one on the page of the"
            " counterparty.",
            part=part,
            parts=parts,
            first=self._format_date(first),
            last=self._format_date(last),
            number=len(events),
            count=self._count_entries(case),
        )

    def _draw_paper(self, template, values, title, author):
        """Return a page of ours as PDF."""
        html = self.env["ir.qweb"]._render(f"{MODULE}.{template}", values)
        style = Path(file_path(f"{MODULE}/static/src/portal/history.css"))
        return pdf.html_to_pdf(
            str(html),
            style.read_text(encoding="utf-8"),
            title=title,
            author=author,
            lang=self._get_lang(),
        )
