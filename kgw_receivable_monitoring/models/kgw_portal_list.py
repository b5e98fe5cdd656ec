import json

from odoo import api, models
from odoo.tools import SQL

from ..tools import identifiers
from .kgw_finder import COMPACT_NUMBER, SHORTEST, compact_number
from .kgw_portal_base import KgwPortalBase
from .kgw_portal_figures import FIGURES

PAGE_SIZE = 40

STAGE_TABS = ("overdue", "before_due", "elapsed", "closed")
TABS = ("all", "decision", "promise", "dispute", "held", *STAGE_TABS)
SORTS = {
    "urgent": SQL("""
        (d.case_id IS NOT NULL) DESC,
        array_position(ARRAY['elapsed', 'overdue', 'before_due', 'closed'], c.stage::text),
        c.id DESC"""),
    "name": SQL("p.name, c.id"),
    "overdue": SQL("o.overdue DESC NULLS LAST, c.id"),
    "oldest": SQL("o.oldest NULLS LAST, c.id"),
}


class KgwPortalList(models.AbstractModel):
    """The list of counterparties: counted, searched and sorted in the database."""

    _name = "kgw.portal.list"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Counterparties"

    @api.model
    def _get_cases(self, tab="all", search="", sort="urgent", offset=0, limit=PAGE_SIZE):
        """Return the creditor's counterparties as dictionaries.

        :param tab: one of ``TABS`` or ``FIGURES``
        :param search: part of a name, a NIP, an invoice or case number
        :param sort: one of ``SORTS``
        """
        return self._prepare_rows(self._find_cases(tab, search, sort, offset, limit), tab)

    def _find_cases(self, tab, search, sort, offset=0, limit=None):
        """Return the ids of what :meth:`_get_cases` tells, in its order.

        :param limit: None means all
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id FROM kgw_case c
                  JOIN res_partner p ON p.id = c.counterparty_id
                  LEFT JOIN (%(decisions)s) d ON d.case_id = c.id
                  %(sums)s
                 WHERE %(where)s ORDER BY %(order)s OFFSET %(offset)s LIMIT %(limit)s
                """,
                decisions=self._get_decisions_query(),
                sums=self._get_sums_join(sort),
                where=self._get_where(tab, search),
                order=SORTS.get(sort, SORTS["urgent"]),
                offset=offset,
                limit=limit,
            )
        )
        return [case_id for (case_id,) in rows]

    @api.model
    def _count_cases(self, tab="all", search=""):
        """Return how many counterparties ``_get_cases`` would find."""
        return self._count_tabs(search, [tab])[tab]

    @api.model
    def _count_tabs(self, search="", tabs=TABS):
        """Return ``{tab: number of counterparties}`` in one query."""
        parts = [SQL("count(*) FILTER (WHERE %s)", self._get_tab_condition(tab)) for tab in tabs]
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT %(parts)s FROM kgw_case c
                  JOIN res_partner p ON p.id = c.counterparty_id
                  LEFT JOIN (%(decisions)s) d ON d.case_id = c.id
                 WHERE %(where)s
                """,
                parts=SQL(", ").join(parts),
                decisions=self._get_decisions_query(),
                where=self._get_where("all", search),
            )
        )
        return dict(zip(tabs, row, strict=True))

    @api.model
    def _get_tab_labels(self):
        """Return ``{tab: label}``; a stage is called by its own name, as in the rows."""
        env = self.env
        return {
            "all": env._("All"),
            "decision": env._("Decision awaited"),
            "promise": env._("Promise"),
            "dispute": env._("Dispute"),
            "held": env._("On hold"),
            **{code: self._get_code_label("kgw.case", "stage", code) for code in STAGE_TABS},
        }

    # === QUERIES === #

    def _get_creditor_ids(self):
        """Return the creditors of the user's fence, from its mandates."""
        self.env.flush_all()
        return self._get_mandates().creditor_id.ids

    def _get_decisions_query(self):
        return SQL("""
            SELECT case_id FROM kgw_decision WHERE state = 'open'
             UNION SELECT case_id FROM kgw_dispute WHERE state = 'open'""")

    def _get_sums_join(self, sort):
        """Sums of all invoices are asked for only where the order needs them."""
        if sort not in ("overdue", "oldest"):
            return SQL("")
        return SQL(
            """
            LEFT JOIN (
                SELECT l.kgw_case_id, min(l.date_maturity) AS oldest,
                       sum(l.amount_residual) FILTER (WHERE l.kgw_stage <> 'before_due') AS overdue
                  FROM account_move_line l
                  JOIN kgw_case k ON k.id = l.kgw_case_id AND k.creditor_id = ANY(%s)
                 WHERE l.kgw_stage IN ('before_due', 'overdue', 'elapsed')
                 GROUP BY l.kgw_case_id) o ON o.kgw_case_id = c.id""",
            self._get_creditor_ids(),
        )

    def _get_where(self, tab, search):
        conditions = [
            SQL("c.creditor_id = ANY(%s)", self._get_creditor_ids()),
            self._get_tab_condition(tab),
        ]
        if search.strip():
            conditions.append(self._get_search_condition(search.strip()))
        return SQL(" AND ").join(conditions)

    def _get_tab_condition(self, tab):
        if tab == "decision":
            return SQL("d.case_id IS NOT NULL")
        if tab == "held":
            return self._get_held_condition()
        if tab == "dispute":
            return SQL(
                "EXISTS (SELECT 1 FROM kgw_dispute x WHERE x.case_id = c.id AND x.state = 'open')"
            )
        if tab == "promise":
            return SQL(
                "EXISTS (SELECT 1 FROM kgw_promise x WHERE x.case_id = c.id AND x.state = 'open')"
            )
        if tab in FIGURES:
            return SQL("c.id IN (SELECT f.case_id FROM (%s) f)", self._get_figure_query(tab))
        if tab == "overdue":  # as the figure of the overview: in monitoring, and after it
            return SQL("c.stage IN ('overdue', 'elapsed')")
        return SQL("c.stage = %s", tab) if tab in STAGE_TABS else SQL("TRUE")

    def _get_held_condition(self):
        """Return the condition that something owed in case ``c`` waits with every channel."""
        return SQL(
            """
            c.stage IS DISTINCT FROM 'closed' AND EXISTS (
                SELECT 1 FROM kgw_hold h
                 WHERE h.case_id = c.id AND h.channel IS NULL AND %s
                   AND (h.move_id IS NULL OR EXISTS (
                       SELECT 1 FROM account_move_line l
                        WHERE l.move_id = h.move_id AND l.kgw_case_id = c.id
                          AND l.kgw_stage <> 'closed')))
            """,
            self.env["kgw.planner"]._get_hold_condition(self._get_today()),
        )

    def _get_search_condition(self, search):
        like = "%" + search.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        nip = identifiers.without_country(search)
        return SQL(
            """(p.name ILIKE %(like)s OR c.name ILIKE %(like)s
                OR (%(nip)s <> '' AND p.vat IN (%(nip)s, 'PL' || %(nip)s))
                OR c.id IN (SELECT l.kgw_case_id
                              FROM account_move m JOIN account_move_line l ON l.move_id = m.id
                             WHERE m.move_type = 'out_invoice' AND l.kgw_case_id IS NOT NULL
                               AND %(indexed)s
                               AND COALESCE(NULLIF(m.kgw_number, ''), m.name) ILIKE %(like)s))""",
            like=like,
            nip=nip,
            indexed=self._get_indexed_condition(search),
        )

    def _get_indexed_condition(self, search):
        """Return what narrows invoices by the index of their numbers; the rest compares exactly."""
        compact = compact_number(search)
        if len(compact) < SHORTEST:
            return SQL("TRUE")
        return SQL("%s LIKE %s", COMPACT_NUMBER, f"%{compact}%")

    # === ROWS === #

    def _prepare_rows(self, case_ids, tab="all"):
        """Return the rows of the list; so many queries for one as for forty."""
        place = {case_id: number for number, case_id in enumerate(case_ids)}
        cases = self._search_cases([("id", "in", case_ids)]).sorted(lambda case: place[case.id])
        sums, figures = self._read_sums(cases), self._read_figure(tab, cases)
        ahead, decided = self._read_ahead(cases), self._read_decisions(cases)
        return [
            {
                "figure": self._format_sums(figures.get(case.id, {})),
                "figure_sums": figures.get(case.id, {}),
            }
            | self._prepare_row(case, sums.get(case.id, {}))
            | self._prepare_decided(*decided.get(case.id, (0, [])))
            | ahead[case]
            for case in cases
        ]

    def _read_decisions(self, cases):
        """Return ``{case id: (number, ids)}``: how many questions and disputes wait for the creditor,
        and which of its decisions the next run carries out."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT case_id, count(*) FILTER (WHERE decision_id IS NULL),
                       array_remove(array_agg(decision_id ORDER BY decision_id), NULL)
                  FROM (SELECT case_id, NULL::int AS decision_id FROM kgw_decision
                         WHERE state = 'open'
                         UNION ALL SELECT case_id, NULL FROM kgw_dispute WHERE state = 'open'
                         UNION ALL SELECT case_id, id FROM kgw_decision
                         WHERE state = 'scheduled') waiting
                 WHERE case_id = ANY(%s) GROUP BY case_id
                """,
                cases.ids,
            )
        )
        return {case_id: (number, ids) for case_id, number, ids in rows}

    def _prepare_decided(self, number, scheduled_ids):
        """Return in words what waits for the creditor, and what it decided that acts soon."""
        # Whose they are was asked with the counterparties.
        scheduled = self.env["kgw.decision"].sudo().browse(scheduled_ids)
        said = ", ".join(map(self._say_decided, scheduled))
        return {
            "decision_count": number,
            "scheduled": self.env._("Acts in the next run: %s", said) if said else "",
        }

    def _read_sums(self, cases):
        """Return ``{case id: {owed, overdue, oldest, n: {currency: value}}}``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.kgw_case_id, u.name, sum(l.amount_residual_currency),
                       COALESCE(sum(l.amount_residual_currency)
                           FILTER (WHERE l.kgw_stage <> 'before_due'), 0),
                       min(l.date_maturity), count(DISTINCT l.move_id),
                       bool_or(l.kgw_stage <> 'elapsed')
                  FROM account_move_line l JOIN res_currency u ON u.id = l.currency_id
                 WHERE l.kgw_case_id = ANY(%s) AND l.kgw_stage IN ('before_due', 'overdue', 'elapsed')
                 GROUP BY l.kgw_case_id, u.name
                """,
                cases.ids,
            )
        )
        found = {}
        for case_id, code, owed, overdue, oldest, number, is_watched in rows:
            own = found.setdefault(
                case_id, {"owed": {}, "overdue": {}, "oldest": {}, "n": {}, "is_watched": False}
            )
            own["is_watched"] |= is_watched
            own["owed"][code], own["oldest"][code], own["n"][code] = owed, oldest, number
            if overdue:
                own["overdue"][code] = overdue
        return found

    def _say_stage(self, case, is_watched):
        """Return the stage of a case, which is that of its oldest invoice, in words.

        :param is_watched: whether at least one of its invoices is monitored still
        """
        if case.stage == "elapsed" and is_watched:
            return self.env._("Partly after monitoring")
        return self._get_label(case, "stage")

    def _prepare_row(self, case, sums):
        dates = sums.get("oldest", {})
        oldest = min(dates.values(), default=None)
        days = (self._get_today() - oldest).days if oldest else 0
        return {
            "id": case.id,
            "number": case.name,
            "counterparty": case.counterparty_id.name,
            "nip": case.counterparty_id.vat or "",
            "mandate": case.mandate_id.name,
            "stage": case.stage or "",
            "stage_label": self._say_stage(case, sums.get("is_watched")),
            "owed": self._format_sums(sums.get("owed", {})),
            "overdue": self._format_sums(sums.get("overdue", {})),
            "owed_sums": sums.get("owed", {}),
            "owed_plain": json.dumps(sums.get("owed", {}), default=float),
            "overdue_sums": sums.get("overdue", {}),
            "oldest": self._format_date(oldest),
            "oldest_isos": {code: day.isoformat() for code, day in dates.items()},
            "days": self._count(days, "day") if days > 0 else "",
            "invoices": sum(sums.get("n", {}).values()),
            "invoice_counts": sums.get("n", {}),
            "controller": (case.controller_id or case.mandate_id.controller_id).name or "",
        }
