from datetime import date, timedelta

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import calendar
from ..tools.health import Check, day, listed
from .kgw_brake import BRAKES
from .kgw_readiness import AUTHORITY_DAYS

MANDATES = "kgw_receivable_monitoring.action_kgw_mandate"
ACCOUNT_CHANGES = "kgw_receivable_monitoring.action_kgw_account_change"
IMPORTS = "kgw_receivable_monitoring.action_kgw_import"
HOLDS = "kgw_receivable_monitoring.action_kgw_hold"
RATES = "kgw_receivable_monitoring.action_kgw_rate"


class KgwCheckMandate(models.AbstractModel):
    """Checks of what contact rests on: payments, papers, days off, and nobody having stopped it."""

    _name = "kgw.check.mandate"
    _description = "Checks: Mandates"

    def _get_watched_mandates(self):
        """Return the active mandates of other people's invoices."""
        return self.env["kgw.mandate"].search(
            [("state", "=", "active"), ("is_own_sales", "=", False)]
        )

    def _check_imports(self, now):
        """Whoever sent a file by e-mail believes that it counts: somebody has to take it over."""
        waiting = self.env["kgw.import"].search(
            [("is_by_email", "=", True), ("state", "in", ("draft", "preview", "refused"))]
        )
        states = dict(waiting._fields["state"]._description_selection(self.env))
        return Check(
            "imports",
            "warning" if waiting else "ok",
            listed([f"{one.mandate_id.code}: {one.name} – {states[one.state]}" for one in waiting])
            or self.env._("None waits to be taken over."),
            self.env._("Look at the preview and take the file over; delete what is no use."),
            self.env._("Imports"),
            (IMPORTS, [("id", "in", waiting.ids)]),
        )

    def _check_coverage(self, now):
        mandates, today = self._get_watched_mandates(), calendar.local_date(now)
        waiting = dict(self.env.execute_query(self._get_waiting_query()))
        stale = mandates.filtered(lambda m: not m._knows_payments(date.min, today))
        ordered = mandates.sorted(
            lambda m: (m not in stale, -waiting.get(m.id, 0), m.coverage_date or date.min)
        )
        domain = [("id", "in", stale.ids or mandates.ids)]
        lines = [self._describe_coverage(m, waiting.get(m.id, 0), today) for m in ordered]
        return Check(
            "coverage",
            "warning" if stale or waiting else "ok",
            listed(lines) or self.env._("No active mandate needs lists of payments."),
            self.env._(
                "After the due date nobody is contacted until payments are known. Take over the"
                " creditor's list of payments, or enter Payments Known Through on the mandate."
            ),
            self.env._("Mandates"),
            (MANDATES, domain),
        )

    def _describe_coverage(self, mandate, waiting, today):
        if not mandate.coverage_date:
            return self.env._(
                "%(mandate)s: payments not known; receivables waiting: %(waiting)s",
                mandate=mandate.code,
                waiting=waiting,
            )
        return self.env._(
            "%(mandate)s: known through %(known)s, working days old: %(age)s;"
            " receivables waiting: %(waiting)s",
            mandate=mandate.code,
            known=day(self.env, mandate.coverage_date),
            age=calendar.count_working_days(mandate.coverage_date, today),
            waiting=waiting,
        )

    def _get_waiting_query(self):
        """Return ``(mandate, count)`` of the receivables whose reminder waits for payments."""
        self.env.flush_all()
        return SQL("""
            SELECT r.mandate_id, count(*)
              FROM kgw_reminder r
              JOIN kgw_reminder_line l ON l.reminder_id = r.id AND l.role <> 'carried'
               AND l.void IS NOT TRUE
             WHERE r.state = 'planned' AND r.waiting_reason = 'coverage'
             GROUP BY r.mandate_id
        """)

    def _check_authority(self, now):
        today = calendar.local_date(now)
        ending = (
            self._get_watched_mandates()
            .filtered(
                lambda m: (
                    m.authority_until
                    and m.authority_until <= today + timedelta(days=AUTHORITY_DAYS)
                )
            )
            .sorted("authority_until")
        )
        is_over = any(mandate.authority_until < today for mandate in ending)
        lines = [f"{m.code}: {day(self.env, m.authority_until)}" for m in ending]
        domain = [("id", "in", ending.ids)]
        return Check(
            "authority",
            "alarm" if is_over else "warning" if ending else "ok",
            self.env._("Last day:\n%s", listed(lines))
            if ending
            else self.env._("None ends within 30 days."),
            self.env._(
                "Ask the creditor for a new power of attorney and enter its days on the mandate."
                " After the last day no demands go out."
            ),
            self.env._("Mandates"),
            (MANDATES, domain),
        )

    def _check_readiness(self, now):
        """Active mandates with a red line: they run on, and the gate refuses what lacks authority."""
        today, ready = calendar.local_date(now), self.env["kgw.readiness"]
        active = self.env["kgw.mandate"].search([("state", "=", "active")])
        missing = {mandate: ready._get_missing(mandate, today) for mandate in active}
        lacking = active.filtered(missing.get)
        lines = [f"{m.code}: {', '.join(line.title for line in missing[m])}" for m in lacking]
        return Check(
            "readiness",
            "warning" if lacking else "ok",
            self.env._("Lacking:\n%s", listed(lines))
            if lacking
            else self.env._("Every active mandate has what it needs."),
            self.env._(
                "Open the mandate: its panel says who has to do what. Meanwhile it runs on, without"
                " what it has no authority for."
            ),
            self.env._("Mandates"),
            (MANDATES, [("id", "in", lacking.ids)]),
        )

    def _check_accounts(self, now):
        """A changed account is what a fraud wants: each open change is looked at."""
        changes = self.env["kgw.account.change"].search([("state", "in", ("asked", "agreed"))])
        states = dict(changes._fields["state"]._description_selection(self.env))
        lines = [f"{change.mandate_id.code}: {states[change.state]}" for change in changes]
        return Check(
            "accounts",
            "warning" if changes else "ok",
            listed(lines) or self.env._("No creditor's account is about to change."),
            self.env._(
                "Make sure on a number known before that the creditor wants it; if not, cancel it."
            ),
            self.env._("Changes of Accounts"),
            (ACCOUNT_CHANGES, [("id", "in", changes.ids)]),
        )

    def _check_holidays(self, now):
        year = calendar.local_date(now).year
        known = [y for y in (year, year + 1) if calendar.knows_holidays(y)]
        return Check(
            "holidays",
            "ok" if len(known) == 2 else "alarm",
            self.env._("Known through the end of %s.", known[-1])
            if known
            else self.env._("The holidays of this year are not known."),
            self.env._("Renew the Python library holidays: it computes them from the act."),
        )

    def _check_rates(self, now):
        """Without it interest is told as not confirmed; nothing waits for it."""
        until = self.env["kgw.rate"]._get_known_until()
        is_known = until and until >= calendar.local_date(now)
        return Check(
            "rates",
            "ok" if is_known else "warning",
            self.env._("Known through %s.", day(self.env, until))
            if until
            else self.env._("No rate is known."),
            self.env._(
                "Look up what the Monetary Policy Council decided since (nbp.pl): enter a new rate, or"
                " move the day on through which the last one is known. Until then interest is marked"
                " as not confirmed."
            ),
            self.env._("Rates"),
            (RATES, []),
        )

    def _get_wide_holds(self, now, condition):
        """Return the holds in force at ``now`` of more than a case that meet ``condition``."""
        holds = self.env["kgw.hold"]
        wide = Domain([("case_id", "=", False), ("move_id", "=", False)])
        return holds.search(holds._in_force(calendar.local_date(now)) & wide & condition)

    def _list_holds(self, holds):
        """Return since when each hold is in force, whose it is and what it is about, as lines."""
        return listed(
            [
                " · ".join(
                    filter(
                        None,
                        (day(self.env, h.from_date), h.mandate_id.code, h._describe()),
                    )
                )
                for h in holds
            ]
        )

    def _check_brakes(self, now):
        """What the planner has stopped by itself waits until a manager has looked."""
        holds = self._get_wide_holds(now, Domain("reason", "in", BRAKES))
        return Check(
            "brakes",
            "alarm" if holds else "ok",
            self.env._("Nothing goes out since:\n%s", self._list_holds(holds))
            if holds
            else self.env._("No brake has stopped a mandate."),
            self.env._(
                "Unusually many contacts: look at the texts on the hold, then lift it or cancel the"
                " reminders. Another reminder engine: switch one of the two off."
            ),
            self.env._("Holds"),
            (HOLDS, [("id", "in", holds.ids)]),
        )

    def _check_stop(self, now):
        is_stop = Domain("mandate_id", "=", False) | Domain("reason", "=", "stop")
        holds = self._get_wide_holds(now, is_stop & Domain("reason", "not in", BRAKES))
        return Check(
            "stop",
            "alarm" if holds else "ok",
            self.env._("In force since:\n%s", self._list_holds(holds))
            if holds
            else self.env._("Nobody has stopped contact."),
            self.env._(
                "When the cause is gone, another manager than the one who stopped lifts it: what is"
                " due goes out then."
            ),
            self.env._("Holds"),
            (HOLDS, [("id", "in", holds.ids)]),
        )
