from datetime import datetime

from odoo import models
from odoo.tools import SQL

from ..tools import calendar
from .kgw_portal_base import KgwPortalBase
from .kgw_portal_week import WEEK_FIGURES

# Days past due from which each bar of the ageing begins, and its last day.
AGES = ((1, 7), (8, 14), (15, 30), (31, None))
AGE_FIGURES = tuple(f"age_{number}" for number in range(len(AGES) + 1))
MONEY_FIGURES = ("owed", "late", "paid", "promise", *AGE_FIGURES)
# Each is a tab of the list as well: what the overview adds up, the list shows one by one.
FIGURES = (*MONEY_FIGURES, *WEEK_FIGURES)


class KgwPortalFigures(models.AbstractModel):
    """The figures of the overview and the lists behind them, both from the same rows."""

    _name = "kgw.portal.figures"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Figures"

    # === THE ROWS BEHIND A FIGURE === #

    def _get_figure_query(self, figure):
        """Return the rows of a figure: ``case_id, currency_id, amount``, of the creditor.

        It keeps to the creditor's within: nothing outside would narrow what is grouped.

        :param figure: one of ``FIGURES``
        """
        if figure in WEEK_FIGURES:
            return SQL(
                "SELECT w.case_id, NULL::int AS currency_id, NULL::numeric AS amount"
                " FROM (%s) w WHERE w.code = %s",
                self._get_week_query(),
                figure.removeprefix("week_"),
            )
        if figure == "paid":
            return self._get_paid_query(self._get_month_begin(), datetime.max)
        if figure == "promise":
            return self._get_promise_query()
        conditions = {"owed": SQL("TRUE"), "late": SQL("l.kgw_stage <> 'before_due'")}
        age = SQL("%s = %s", self._get_age_expression(), figure.removeprefix("age_"))
        return SQL(
            """
            SELECT l.kgw_case_id AS case_id, l.currency_id, l.amount_residual_currency AS amount
              FROM account_move_line l
              JOIN kgw_case k ON k.id = l.kgw_case_id AND k.creditor_id = ANY(%s)
             WHERE l.kgw_stage IN ('before_due', 'overdue', 'elapsed') AND %s
            """,
            self._get_creditor_ids(),
            conditions.get(figure, age),
        )

    def _get_age_expression(self):
        """Return the number of the bar of receivable ``l``; '0' is not due yet."""
        days = SQL("%s - l.kgw_effective_due", self._get_today())
        cases = [
            SQL("WHEN %s >= %s THEN %s", days, first, str(number))
            for number, (first, _last) in reversed(list(enumerate(AGES, start=1)))
        ]
        return SQL(
            "CASE WHEN l.kgw_stage = 'before_due' THEN '0' %s ELSE '1' END", SQL(" ").join(cases)
        )

    def _get_month_begin(self):
        first = self._get_today().replace(day=1)
        return calendar.midnight(first)

    def _get_paid_query(self, since, until):
        """Return what came in from ``since`` to ``until``, as :meth:`_get_figure_query`."""
        return SQL(
            """
            SELECT e.case_id, u.id AS currency_id, e.amount FROM (
                SELECT case_id, paid_currency, sum(paid) AS amount FROM kgw_event
                 WHERE %s GROUP BY 1, 2 HAVING sum(paid) <> 0) e
              JOIN res_currency u ON u.name = e.paid_currency
            """,
            self._get_paid_condition(since, until),
        )

    def _get_paid_condition(self, since, until):
        """Return the condition of what came in from ``since`` to ``until`` (naive UTC) by the
        register; what was taken back is off again, and a credit note is no payment. An index holds
        all of it."""
        return SQL(
            "mandate_id = ANY(%s) AND case_id IS NOT NULL AND at >= %s AND at < %s AND paid IS NOT NULL",
            self._get_mandates().ids,
            since,
            until,
        )

    def _get_promise_query(self):
        """Return what is still to come of the open promises: what was paid since is off."""
        field = self.env["kgw.promise"]._fields["receivable_ids"]
        return SQL(
            """
            SELECT p.case_id, p.currency_id,
                   GREATEST(p.amount - GREATEST(p.owed_amount
                       - COALESCE(sum(l.amount_residual_currency), 0), 0), 0) AS amount
              FROM kgw_promise p
              LEFT JOIN %(relation)s r ON r.%(promise)s = p.id
              LEFT JOIN account_move_line l ON l.id = r.%(line)s
             WHERE p.state = 'open' AND p.creditor_id = ANY(%(creditors)s) GROUP BY p.id
            """,
            relation=SQL.identifier(field.relation),
            promise=SQL.identifier(field.column1),
            line=SQL.identifier(field.column2),
            creditors=self._get_creditor_ids(),
        )

    # === ADDED UP === #

    def _read_sum(self, query, where=None):
        """Return ``{currency: amount}`` of rows as of :meth:`_get_figure_query`.

        :param where: condition on case ``c`` and its counterparty ``p``; all rows, by default
        """
        chosen = SQL("")
        if where:
            chosen = SQL(
                """
                WHERE f.case_id IN (SELECT c.id FROM kgw_case c
                                      JOIN res_partner p ON p.id = c.counterparty_id WHERE %s)
                """,
                where,
            )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT u.name, sum(f.amount) FROM (%s) f
                  JOIN res_currency u ON u.id = f.currency_id %s
                 GROUP BY u.name HAVING sum(f.amount) <> 0
                """,
                query,
                chosen,
            )
        )
        return dict(rows)

    def _read_paid(self, since, until):
        """Return ``{currency: amount}`` of what came in from ``since`` to ``until``."""
        condition = self._get_paid_condition(since, until)
        paid = SQL(
            """
            SELECT paid_currency, sum(paid) FROM kgw_event WHERE %s
             GROUP BY 1 HAVING sum(paid) <> 0
            """,
            condition,
        )
        return dict(self.env.execute_query(paid))

    def _read_promised(self):
        return self._read_sum(self._get_promise_query())

    def _get_money(self):
        """Return owed, overdue, by age and paid this month, per currency."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT u.name, f.age::int, f.amount FROM (
                    SELECT l.currency_id, %(age)s AS age, sum(l.amount_residual_currency) AS amount
                      FROM account_move_line l
                      JOIN kgw_case c ON c.id = l.kgw_case_id AND c.creditor_id = ANY(%(creditors)s)
                     WHERE l.kgw_stage IN ('before_due', 'overdue', 'elapsed')
                     GROUP BY 1, 2) f
                  JOIN res_currency u ON u.id = f.currency_id
                """,
                creditors=self._get_creditor_ids(),
                age=self._get_age_expression(),
            )
        )
        owed, late, ages = {}, {}, [{} for _age in AGE_FIGURES]
        for code, age, amount in rows:
            owed[code] = owed.get(code, 0) + amount
            ages[age][code] = ages[age].get(code, 0) + amount
            if age:
                late[code] = late.get(code, 0) + amount
        return {
            "owed": self._format_sums(owed),
            "overdue": self._format_sums(late),
            "ages": self._prepare_ages(ages),
            "paid": self._format_sums(self._read_paid(self._get_month_begin(), datetime.max)),
        }

    def _prepare_ages(self, ages):
        """Return the bars of the ageing; their widths are of the currency that has most."""
        totals = {}
        for age in ages:
            for code, amount in age.items():
                totals[code] = totals.get(code, 0) + amount
        main = max(totals, key=totals.get, default="")
        return [
            {
                "tab": figure,
                "label": self._get_age_label(number),
                "amount": self._format_sums(age),
                "percent": round(100 * age.get(main, 0) / totals[main]) if totals.get(main) else 0,
                "is_late": bool(number),
            }
            for number, (figure, age) in enumerate(zip(AGE_FIGURES, ages, strict=True))
        ]

    def _get_age_label(self, number):
        if not number:
            return self._get_code_label("kgw.case", "stage", "before_due")
        first, last = AGES[number - 1]
        return f"{first}–{last}" if last else f"> {first - 1}"

    # === AS A LIST === #

    def _get_figure(self, tab, search=""):
        """Return what stands above the list behind a figure: its name and its sum; None for a tab
        that is no figure."""
        if tab not in FIGURES:
            return None
        sums = {}
        if tab in MONEY_FIGURES:
            sums = self._read_sum(self._get_figure_query(tab), self._get_where("all", search))
        return {
            "label": self._get_figure_label(tab),
            "amount": self._format_sums(sums),
            "has_amounts": tab in MONEY_FIGURES,
            # What is owed and overdue has a column already.
            "has_column": tab in MONEY_FIGURES and tab not in ("owed", "late"),
        }

    def _get_figure_label(self, tab):
        if tab in WEEK_FIGURES:
            label = self._get_week_label(tab.removeprefix("week_"))
            return self.env._("The next seven days: %s", label)
        if tab in AGE_FIGURES:
            number = AGE_FIGURES.index(tab)
            label = self._get_age_label(number)
            return self.env._("Days past due: %s", label) if number else label
        return {
            "owed": self.env._("Owed"),
            "late": self.env._("Overdue"),
            "paid": self.env._("Paid this month"),
            "promise": self.env._("Still to come of promises"),
        }[tab]

    def _read_figure(self, tab, cases):
        """Return ``{case id: {currency: amount}}`` of a figure, {} for a tab without amounts."""
        if tab not in MONEY_FIGURES:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.case_id, u.name, sum(f.amount) FROM (%s) f
                  JOIN res_currency u ON u.id = f.currency_id
                 WHERE f.case_id = ANY(%s) GROUP BY 1, 2
                """,
                self._get_figure_query(tab),
                cases.ids,
            )
        )
        found = {}
        for case_id, code, amount in rows:
            found.setdefault(case_id, {})[code] = amount
        return found
