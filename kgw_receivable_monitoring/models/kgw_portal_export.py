from datetime import date

from odoo import api, models
from odoo.tools import split_every

from .kgw_portal_base import KgwPortalBase

# So many counterparties are read at once: a long list takes time, not memory.
BATCH = 1000


class KgwPortalExport(models.AbstractModel):
    """The list of counterparties as rows of a file."""

    _name = "kgw.portal.export"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Export"

    @api.model
    def _get_export(self, tab="all", search="", sort="urgent"):
        """Yield the whole list as rows of plain values, with its headings first; that of a figure
        has the figure as well, as on the page."""
        env, figure = self.env, self._get_figure(tab)
        extra = [figure["label"]] if figure and figure["has_column"] else []
        yield [
            env._("Counterparty"),
            env._("NIP"),
            env._("Case"),
            env._("State"),
            env._("Currency"),
            env._("Owed"),
            env._("Overdue"),
            *extra,
            env._("Oldest due date"),
            env._("Invoices"),
            env._("Next step on"),
            env._("Next step"),
            env._("What keeps it back"),
            env._("Wait for your decision"),
        ]
        for case_ids in split_every(BATCH, self._find_cases(tab, search, sort)):
            for row in self._prepare_rows(case_ids, tab):
                yield from self._prepare_export(row, extra)
            self.env.invalidate_all()

    def _prepare_export(self, row, extra):
        """Return one line for each currency that is owed or in the figure, at least one. What is no
        matter of a currency is counted on the first one: columns are added up."""
        figures = row["figure_sums"] if extra else {}
        for place, code in enumerate(sorted({*row["owed_sums"], *figures}) or [""]):
            yield [
                row["counterparty"],
                row["nip"],
                row["number"],
                ". ".join(filter(None, (row["stage_label"], row["apart"], row["scheduled"]))),
                code,
                float(row["owed_sums"].get(code, 0)),
                float(row["overdue_sums"].get(code, 0)),
                *(float(figures.get(code, 0)) for _name in extra),
                self._read_iso(row["oldest_isos"].get(code)),
                row["invoice_counts"].get(code, 0),
                self._read_iso(row["next_iso"]),
                row["next_step"],
                row["blocked"],
                0 if place else row["decision_count"],
            ]

    def _read_iso(self, iso):
        return date.fromisoformat(iso) if iso else None
