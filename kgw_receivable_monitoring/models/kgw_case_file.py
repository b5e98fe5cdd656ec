import io
import zipfile

from odoo import api, models

from ..tools import calendar, pdf, words

# What the pile of papers is called inside the file.
HISTORY = "00-historia.pdf"


class KgwCaseFile(models.AbstractModel):
    """The file of a case for the creditor's lawyer: the whole history as a PDF, and the papers.

    It tells what the creditor may read: no internal note, nothing of other creditors.
    """

    _name = "kgw.case.file"
    _description = "File of a Case"

    @api.model
    def _make(self, case, now):
        """Return ``(file name, ZIP)`` of one case as it stands at ``now``; the register notes it."""
        lang = case.mandate_id.creditor_id.lang or "pl_PL"
        number = case.name.replace("/", "-")
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(HISTORY, self._draw(case.with_context(lang=lang), lang, now))
            # The files made earlier stand among the documents as well.
            papers = case._get_documents().filtered(lambda paper: paper.name != f"{number}.zip")
            for position, paper in enumerate(papers.sorted("id"), start=1):
                name = paper.name.replace("/", "-").replace("\\", "-")
                archive.writestr(f"{position:02}-{name}", paper.raw or b"")
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "export",
                    "at": now,
                    "case_id": case.id,
                    "mandate_id": case.mandate_id.id,
                    "payload": {"file": f"{number}.zip"},
                }
            ]
        )
        return f"{number}.zip", output.getvalue()

    def _draw(self, case, lang, now):
        """Return the history as PDF, in the creditor's language."""
        mandate = case.mandate_id
        brand = mandate._get_own_brand()
        html = self.env["ir.qweb"]._render(
            "kgw_receivable_monitoring.handover_document",
            {"file": self._prepare_file(case, brand, lang, now)},
            lang=lang,
        )
        sheet = pdf.handover_css()
        return pdf.html_to_pdf(str(html), sheet, title=case.name, author=brand.name, lang=lang)

    def _prepare_file(self, case, brand, lang, now):
        """Return the plain values of the document."""
        portal = self.env["kgw.portal"].with_context(lang=lang)
        text = self.env["kgw.text"]
        today = calendar.local_date(now)
        parties = text._get_parties(case, brand, lang, today)
        lines = self.env["account.move.line"].search(
            [("kgw_case_id", "=", case.id)], order="date_maturity, id"
        )
        return {
            **{name: parties[name] for name in ("brand", "creditor", "counterparty", "case")},
            "lang": lang[:2],
            "today": words.format_date(today, lang, long=True),
            "receivables": [text._get_item(line, lang, today) for line in lines],
            "total": text._format_total(
                lines.filtered(lambda line: line.kgw_stage != "closed"), lang
            ),
            "events": [
                portal._prepare_printed(event)
                for event in portal._find_events(case).sorted(lambda e: (e.at, e.id))
            ],
        }
