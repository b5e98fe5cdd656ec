from datetime import date, datetime, timedelta

from odoo import api, models
from odoo.tools import SQL

from .kgw_portal_access import NOTICES, RIGHTS
from .kgw_portal_base import KgwPortalBase

# Days past due from which each bar of the ageing begins, and its last day.
AGES = ((1, 7), (8, 14), (15, 30), (31, None))


class KgwPortalOverview(models.AbstractModel):
    """The creditor's first page: decisions first, then money, then what comes next."""

    _name = "kgw.portal.overview"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Overview"

    @api.model
    def _get_overview(self):
        """Return what the first page shows."""
        questions = self._search_own("kgw.decision", [("state", "=", "open")], limit=10)
        tabs = self._count_tabs()
        return {
            "decisions": [
                {
                    **self._prepare_decision(decision),
                    "case_id": decision.case_id.id,
                    "counterparty": decision.case_id.counterparty_id.name,
                    "owed": self._format_sums(self._sum_residuals(decision.receivable_ids)),
                }
                for decision in questions
            ],
            "disputes": [
                self._prepare_dispute(dispute)
                for dispute in self._search_own("kgw.dispute", [("state", "=", "open")], limit=10)
            ],
            "question_count": self._count_own("kgw.decision", [("state", "=", "open")])
            + self._count_own("kgw.dispute", [("state", "=", "open")]),
            "promised": self._format_sums(self._read_promised()),
            "tabs": tabs,
            "rights": self._get_rights(),
            **self._get_money(),
            "upcoming": self._get_upcoming(),
            "latest": self._get_latest(),
            "known": self._get_known(),
            "people": self._get_people(),
            "notices": self._get_notices(),
            "summary": self._get_summary_choice(),
            "summaries": self._get_summaries(),
            "terms": self._get_unaccepted(),
        }

    def _get_money(self):
        """Return owed, overdue, by age and paid this month, per currency."""
        today = self._get_today()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT u.name, %(age)s AS age, sum(l.amount_residual_currency), count(*)
                  FROM account_move_line l
                  JOIN kgw_case c ON c.id = l.kgw_case_id AND c.creditor_id = ANY(%(creditors)s)
                  JOIN res_currency u ON u.id = l.currency_id
                 WHERE l.kgw_stage IN ('before_due', 'overdue', 'elapsed')
                 GROUP BY 1, 2
                """,
                creditors=self._get_creditor_ids(),
                age=self._get_age_expression(today),
            )
        )
        owed, late, ages = {}, {}, [{} for _age in range(len(AGES) + 1)]
        for code, age, amount, _number in rows:
            owed[code] = owed.get(code, 0) + amount
            ages[age][code] = ages[age].get(code, 0) + amount
            if age:
                late[code] = late.get(code, 0) + amount
        return {
            "owed": self._format_sums(owed),
            "overdue": self._format_sums(late),
            "ages": self._prepare_ages(ages),
            "paid": self._format_sums(self._read_paid(today.replace(day=1), datetime.max)),
        }

    def _get_age_expression(self, today):
        cases = [
            SQL("WHEN %s - l.kgw_effective_due >= %s THEN %s", today, first, number)
            for number, (first, _last) in reversed(list(enumerate(AGES, start=1)))
        ]
        return SQL("CASE %s ELSE 0 END", SQL(" ").join(cases))

    def _prepare_ages(self, ages):
        """Return the bars of the ageing; their widths are of the currency that has most."""
        labels = [self.env._("before due")]
        labels += [f"{first}–{last}" if last else f"> {first - 1}" for first, last in AGES]
        totals = {}
        for age in ages:
            for code, amount in age.items():
                totals[code] = totals.get(code, 0) + amount
        main = max(totals, key=totals.get, default="")
        return [
            {
                "label": label,
                "amount": self._format_sums(age),
                "percent": round(100 * age.get(main, 0) / totals[main]) if main else 0,
                "is_late": bool(number),
            }
            for number, (label, age) in enumerate(zip(labels, ages, strict=True))
        ]

    def _read_paid(self, since, until):
        """Return ``{currency: amount}`` of payments that the register has of a time."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(e.payload->>'currency', 'PLN'), sum((e.payload->>'amount')::numeric)
                  FROM kgw_event e
                 WHERE e.mandate_id = ANY(%(mandates)s) AND e.kind = 'payment' AND e.at >= %(since)s
                   AND e.at < %(until)s
                   AND e.payload->>'amount' IS NOT NULL
                 GROUP BY 1
                """,
                mandates=self._search_own("kgw.mandate", []).ids,
                since=since,
                until=until,
            )
        )
        return dict(rows)

    def _read_promised(self):
        """Return ``{currency: amount}`` of the open promises."""
        records, fence = self._get_own("kgw.promise")
        sums = records._read_group(
            [*fence, ("state", "=", "open")], ["currency_id"], ["amount:sum"]
        )
        return {currency.name: amount for currency, amount in sums}

    def _get_upcoming(self):
        """Return how many receivables have their next step within seven days, by channel."""
        today = self._get_today()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(s.channel, 'question'), count(DISTINCT l.kgw_case_id)
                  FROM account_move_line l
                  JOIN kgw_case c ON c.id = l.kgw_case_id AND c.creditor_id = ANY(%(creditors)s)
                  JOIN kgw_scenario_step s ON s.id = l.kgw_next_step_id
                 WHERE l.kgw_next_date <= %(last)s AND l.kgw_stage IN ('before_due', 'overdue')
                 GROUP BY 1 ORDER BY 2 DESC
                """,
                creditors=self._get_creditor_ids(),
                last=today + timedelta(days=6),
            )
        )
        labels = {"question": self.env._("Questions to you")}
        return [
            {
                "channel": channel,
                "label": labels.get(channel)
                or self._get_code_label("kgw.reminder", "channel", channel),
                "number": number,
            }
            for channel, number in rows
        ]

    def _get_known(self):
        """Return through which day the creditor's payments are known, the oldest of its mandates."""
        mandates = self._search_own(
            "kgw.mandate", [("state", "=", "active"), ("is_own_sales", "=", False)]
        )
        days, today = mandates.mapped("coverage_date"), self._get_today()
        if not days or not all(days):
            return {"day": "", "is_old": bool(mandates)}
        return {
            "day": self._format_date(min(days)),
            "is_old": not all(m._knows_payments(date.min, today) for m in mandates),
        }

    def _get_access(self):
        """Return the rights and choices of the user who asks; empty where nobody granted any."""
        self._get_creditor_domain()
        # The user's own row, which it has no right to read itself.
        return self.env["kgw.portal.access"].sudo().search([("user_id", "=", self.env.uid)])

    @api.model
    def _get_notices(self):
        """Return ``{notice: bool}``: which e-mails the user gets."""
        access = self._get_access()
        return {name: bool(access[name]) for name in NOTICES}

    def _get_summary_choice(self):
        """Return how often the user gets a summary, and how often it may."""
        field = self.env["kgw.portal.access"]._fields["summary"]
        return {
            "every": self._get_access().summary or "never",
            "offers": [
                {"code": code, "label": label}
                for code, label in field._description_selection(self.env)
            ],
        }

    @api.model
    def _set_notices(self, values):
        """Let the user get the notices named in ``values`` and no others; rights stay."""
        access = self._get_access()
        wanted = {name: bool(values.get(name)) for name in NOTICES}
        if values.get("summary") in dict(access._fields["summary"].selection):
            wanted["summary"] = values["summary"]
        if access:
            access.write(wanted)
        elif self._search_own("kgw.mandate", [], limit=1):
            nothing = dict.fromkeys(RIGHTS, False)
            access.create({"user_id": self.env.uid, **nothing, **wanted})

    def _get_people(self):
        """Return the controllers of the creditor's mandates, as the contact box shows them."""
        controllers = self._search_own("kgw.mandate", [("state", "=", "active")]).controller_id
        return [
            {
                "name": user.name,
                "email": user.email or "",
                "phone": user.partner_id.phone or "",
            }
            for user in controllers
        ]
