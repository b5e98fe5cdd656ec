from pathlib import Path

from odoo import api, fields, models
from odoo.tools.misc import file_path

from ..tools import pdf
from .kgw_portal_base import KgwPortalBase

MAX_EVENTS = 2000
MODULE = "kgw_receivable_monitoring"


class KgwPortalHistory(models.AbstractModel):
    """The history of one counterparty on paper."""

    _name = "kgw.portal.history"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: History on Paper"

    @api.model
    def _get_history(self, case_id):
        """Return ``(file name, PDF)`` of the whole history of a case, or None."""
        case = self._get_case(case_id, limit=1)
        if not case:
            return None
        events = self._find_events(self._search_cases([("id", "=", case_id)]), limit=MAX_EVENTS)
        case["events"] = [self._prepare_printed(event) for event in events]
        values = {"case": case, "printed": self._format_moment(fields.Datetime.now())}
        document = self._draw_paper(
            "portal_history_document", values, case["number"], case["mandate"]
        )
        return f"{case['number'].replace('/', '-')}.pdf", document

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
