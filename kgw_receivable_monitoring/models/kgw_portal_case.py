from dataclasses import replace
from datetime import date, timedelta

from odoo import api, models

from ..const import OPEN_STATES, RUNG_LEVEL
from ..tools import calendar, course
from ..tools.course_walk import Walk, effective_day
from ..tools.decision import SPECS
from .kgw_portal_base import KgwPortalBase
from .kgw_portal_timeline import PAGE

# How far ahead the plan is told.
PLAN_DAYS = 45
# Of so many invoices, those that are due first; more would say the same days again.
PLAN_LINES = 20


class KgwPortalCase(models.AbstractModel):
    """The counterparty's page: one sentence, the open question, plan and history on one axis."""

    _name = "kgw.portal.case"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Counterparty"

    @api.model
    def _get_case(self, case_id, show="", limit=PAGE):
        """Return one case with all that its page shows, or None.

        :param show: what of the history, a key of ``SHOWN``
        :param limit: how many entries of the history
        """
        case = self._search_cases([("id", "=", case_id)])
        if not case:
            return None
        lines = case.env["account.move.line"].search(
            [("kgw_case_id", "=", case.id)], order="date_maturity desc, id desc"
        )
        is_open = lines.filtered(lambda line: line.kgw_stage != "closed")
        plan = self._get_plan(case, is_open)
        events, has_more = self._get_events(case, show, limit)
        return {
            **self._prepare_head(case),
            "sentence": self._get_sentence(case, is_open, plan),
            "receivables": [self._prepare_receivable(line) for line in lines[:100]],
            "contact_points": [self._prepare_point(point) for point in case.contact_point_ids],
            "decisions": [
                self._prepare_decision(d) for d in case.decision_ids if d.state == "open"
            ],
            "disputes": [
                self._prepare_dispute(d)
                for d in self._search_own(
                    "kgw.dispute", [("case_id", "=", case.id), ("state", "=", "open")]
                )
            ],
            "scheduled": [
                self._prepare_scheduled(d) for d in case.decision_ids if d.state == "scheduled"
            ],
            "plan": plan,
            "offers": self._get_offers(case),
            "presets": self._get_presets(),
            "rights": self._get_rights(),
            "talk": self._get_talk(case),
            "events": events,
            "has_more": has_more,
            "show": show,
            "more": limit + PAGE,
        }

    def _prepare_head(self, case):
        controller = case.controller_id or case.mandate_id.controller_id
        return {
            "id": case.id,
            "number": case.name,
            "counterparty": case.counterparty_id.name,
            "counterparty_nip": case.counterparty_id.vat or "",
            "mandate": case.mandate_id.name,
            "stage": case.stage or "",
            "stage_label": self._get_label(case, "stage"),
            "owed": case.owed_label,
            "overdue": case.overdue_label,
            "description": case.description or "",
            "controller": controller.name or "",
            "controller_email": controller.email or "",
            "controller_phone": controller.partner_id.phone or "",
        }

    def _prepare_receivable(self, line):
        code = line.currency_id.name
        return {
            "id": line.id,
            "number": line.move_id.kgw_display_number,
            "issue_date": self._format_date(line.move_id.invoice_date),
            "due_date": self._format_date(line.date_maturity),
            "amount": self._format_money(line.amount_currency, code),
            "residual": self._format_money(line.amount_residual_currency, code),
            "stage": line.kgw_stage,
            "stage_label": self._get_label(line, "kgw_stage"),
            "next_step": line.kgw_next_step_id.name or "",
            "next_date": self._format_upcoming(line.kgw_next_date),
        }

    def _prepare_point(self, point):
        return {
            "kind_label": self._get_label(point, "kind"),
            "value": point.value,
            "state": point.state,
            "state_label": self._get_label(point, "state"),
            "source": point.source or "",
        }

    def _prepare_decision(self, decision):
        return {
            "id": decision.id,
            "kind": decision.kind,
            "kind_label": self._get_label(decision, "kind"),
            "step": decision.step_id.name if decision.kind == "approval" else "",
            "invoices": decision.invoices,
            "deadline": self._format_date(decision.deadline),
            "default": self._get_silence(decision),
            "sender": decision.mandate_id._get_brand("after").name,
            "has_preview": decision.kind == "approval",
            "is_letter": decision.step_id.channel == "letter",
            "values": [
                {"value": value, "label": label} for value, label in decision._get_offered_values()
            ],
        }

    def _prepare_dispute(self, dispute):
        return {
            "id": dispute.id,
            "case_id": dispute.case_id.id,
            "counterparty": dispute.case_id.counterparty_id.name,
            "invoice": dispute.invoice or "",
            "owed": self._format_sums(self._sum_residuals(dispute.receivable_id)),
            "reason": dispute.reason_id.name,
            "note": dispute.note or "",
            "deadline": self._format_date(dispute.deadline),
            "default": self._get_label(dispute, "default_value"),
            "files": [
                {"number": number, "name": file.name}
                for number, file in enumerate(dispute.attachment_ids.sorted("id"))
            ],
            "values": [
                {"value": value, "label": label} for value, label in dispute._get_offered_values()
            ],
        }

    def _get_silence(self, decision):
        """Return what happens without an answer."""
        if decision.kind == "approval":
            return self.env._("Without your answer it will not be sent.")
        return self.env._("Without your answer we wait for the payment and contact nobody.")

    def _prepare_scheduled(self, decision):
        return {
            "id": decision.id,
            "kind_label": self._get_label(decision, "kind"),
            "at": self._format_moment(decision.decided_at),
            "who": decision.decided_by_id.name,
            "may_revoke": self._get_rights()[f"may_{SPECS[decision.kind].right}"],
        }

    # === ONE SENTENCE === #

    def _get_sentence(self, case, lines, plan):
        """Return the state of the case in one or two sentences."""
        late = lines.filtered(lambda line: line.kgw_stage in ("overdue", "elapsed"))
        return " ".join(
            filter(None, (self._say_owed(lines, late), self._say_next(case, lines, plan)))
        )

    def _say_owed(self, lines, late):
        if not lines:
            return self.env._("Everything is settled.")
        told = late or lines
        amount = self._format_sums(self._sum_residuals(told))
        count = self._count(len(told.move_id), "invoice", genitive=True)
        if not late:
            due = self._format_date(min(lines.mapped("date_maturity")))
            return self.env._(
                "%(amount)s from %(count)s, due from %(day)s.", amount=amount, count=count, day=due
            )
        days = (self._get_today() - min(late.mapped("date_maturity"))).days
        return self.env._(
            "%(days)s past due, %(amount)s from %(count)s.",
            days=self._count(days, "day"),
            amount=amount,
            count=count,
        )

    def _sum_residuals(self, lines):
        sums = {}
        for line in lines:
            code = line.currency_id.name
            sums[code] = sums.get(code, 0.0) + line.amount_residual_currency
        return sums

    def _say_next(self, case, lines, plan):
        """Return what is waited for, or what comes next."""
        asked = case.decision_ids.filtered(lambda d: d.state == "open")
        if asked:
            return self.env._(
                "We wait for your decision until %s.", self._format_date(asked[0].deadline)
            )
        return self._say_coming(case, lines, plan)

    def _say_coming(self, case, lines, plan):
        """Return what keeps the contact back, or what comes next."""
        hold = self._get_holds(case, lines)[:1]
        if hold:
            return self._say_hold(hold)
        waiting = case.waiting_reason
        if waiting and waiting not in ("hours", "gap", "rate", "backoff"):
            return self._get_label(case, "waiting_reason") + "."
        if plan:
            return self.env._("Next: %(day)s, %(step)s.", day=plan[0]["day"], step=plan[0]["step"])
        return self.env._("Nothing more is planned.") if lines else ""

    def _say_hold(self, hold):
        reason = self._get_label(hold, "reason")
        if not hold.until_date:
            return self.env._("Contact is on hold: %s.", reason)
        return self.env._(
            "Contact is on hold until %(day)s: %(reason)s.",
            day=self._format_date(hold.until_date),
            reason=reason,
        )

    def _get_holds(self, case, lines):
        """Return the holds that keep every contact of the case back today."""
        today = self._get_today()
        holds = case.env["kgw.hold"]
        found = holds.search(
            [
                *holds._in_force(today),
                ("channel", "=", False),
                ("move_id", "in", (False, *lines.move_id.ids)),
                ("case_id", "in", (False, case.id)),
                ("mandate_id", "in", (False, case.mandate_id.id)),
                ("brand_id", "in", (False, case.mandate_id.brand_after_id.id)),
            ]
        )
        whole = found.filtered(lambda hold: not hold.move_id)
        return whole or (found if found.move_id >= lines.move_id else found.browse())

    # === PLAN === #

    def _get_plan(self, case, lines):
        """Return the coming steps: what is planned, then what the course brings, day by day.

        Payments, promises and answers change it; holds in force move its beginning.
        """
        holds = self._get_holds(case, lines)
        if holds.filtered(lambda hold: not hold.until_date):
            return []
        today = self._get_today()
        start = max(
            [today, *(hold.until_date + timedelta(days=1) for hold in holds if hold.until_date)]
        )
        planned = case.reminder_ids.filtered(lambda r: r.state in OPEN_STATES)
        entries = [
            (max(r.planned_on, today), "contact", r.step_id or r.template_id, r.channel)
            for r in planned
        ]
        entries += self._walk_ahead(case, lines, planned, start)
        told = [self._prepare_planned(*entry) for entry in sorted_plan(entries)]
        # Invoices that walk the same way, or from one weekend to one Monday, are told once.
        return list({(t["day"], t["act"], t["step"]): t for t in told}.values())

    def _walk_ahead(self, case, lines, planned, start):
        """Return ``(day, act, step, channel)`` of what the course of each receivable brings."""
        scenario = case._get_scenario()
        steps = scenario._get_course_steps() if scenario else []
        records = {step.id: step for step in scenario.step_ids}
        gaps = scenario.gap_before_days or 1, scenario.gap_after_days or 1
        running = lines.filtered(lambda line: line.kgw_stage in ("before_due", "overdue"))
        running = running.sorted(lambda line: line.kgw_next_date or date.max)[:PLAN_LINES]
        facts = running.env["kgw.course.facts"]._read(running) if running else {}
        entries = []
        for line in running:
            own = planned.filtered(lambda r, line=line: line in r.line_ids.receivable_id)[:1]
            walk = Walk(steps, self._suppose_sent(facts[line.id], own, steps), gaps=gaps)
            day, last = start, start + timedelta(days=PLAN_DAYS)
            while day and day < last:
                day = walk.spend(day)
            entries += [
                (entry.day, entry.act, records[entry.step], records[entry.step].channel)
                for entry in walk.trace
                if entry.step in records
            ]
        return entries

    def _suppose_sent(self, facts, reminder, steps):
        """Return the facts as they are when the planned ``reminder`` has gone out."""
        step = next((s for s in steps if s.id == reminder.step_id.id), None)
        if not step:
            return facts
        day = max(reminder.planned_on, self._get_today())
        until = (
            course.answer_by(day, step.answer_days, step.transit_days) if step.answer_days else None
        )
        given = {RUNG_LEVEL[reminder.rung]: course.Given(effective_day(step, day), until)}
        return replace(
            facts, done={**facts.done, step.id: "reached"}, given={**given, **facts.given}
        )

    def _prepare_planned(self, day, act, step, channel):
        return {
            "day": self._format_date(calendar.forward(day)),
            "iso": day.isoformat(),
            "act": act,
            "step": step.name,
            "channel": channel or "",
            "channel_label": self._get_code_label("kgw.reminder", "channel", channel),
        }


def sorted_plan(entries):
    """Return the entries by day; a question comes before a contact of the same day."""
    return sorted(entries, key=lambda entry: (entry[0], entry[1] == "contact"))
