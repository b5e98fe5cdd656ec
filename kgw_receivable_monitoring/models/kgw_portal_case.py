from datetime import timedelta

from odoo import api, fields, models

from ..tools.decision import SPECS
from .kgw_portal_base import KgwPortalBase
from .kgw_portal_timeline import MAX_SHOWN, PAGE

# Steps of the plan that stand next to today; its page folds what comes after them.
NEXT_STEPS = 8
# Stages in which the due date is past.
LATE = ("overdue", "elapsed")
# Invoices that a page shows, and of what is owed at most.
MAX_LINES = 100
MAX_OPEN = 1000
# Days for which the page says that a decision could not be carried out.
TOLD_DAYS = 7


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
            [("kgw_case_id", "=", case.id)], order="date_maturity, id"
        )
        is_open = lines.filtered(lambda line: line.kgw_stage != "closed")
        # What is owed, the oldest first as in texts, then what was settled, the latest first.
        shown = is_open[:MAX_OPEN] | (lines - is_open)[::-1]
        shown = shown[: max(MAX_LINES, min(len(is_open), MAX_OPEN))]
        disputes = case.env["kgw.dispute"].search([("case_id", "=", case.id)])
        holds = self._search_holds(case, is_open)
        plan = self._get_plan(case, is_open, holds)
        ahead = sorted([*plan, *self._get_expected(holds)], key=lambda step: step["iso"])
        rights, offers = self._get_rights(), self._get_offers(case)
        limit = min(limit, MAX_SHOWN)
        events, has_more = self._get_events(case, show, limit)
        return {
            **self._prepare_head(case, is_open),
            "sentence": self._get_sentence(case, is_open, plan, holds),
            "receivables": [self._prepare_receivable(line, plan, holds) for line in shown],
            "more_receivables": self._count_invoices(lines - shown),
            "contact_points": [self._prepare_point(point) for point in case.contact_point_ids],
            "decisions": self._prepare_decisions(
                case.decision_ids.filtered(lambda d: d.state == "open")
            ),
            "disputes": [
                self._prepare_dispute(d) for d in disputes.filtered(lambda d: d.state == "open")
            ],
            **self._get_taken(case, rights),
            "answered": self._get_answered(case, disputes, rights),
            "who_decides": self._say_who_decides(rights),
            "plan": ahead,
            "next_steps": NEXT_STEPS,
            "later": self._count(len(ahead[NEXT_STEPS:]), "step"),
            "offers": offers,
            # Below the invoices, where a thumb is after ticking them.
            "invoice_offers": [o for o in offers if o["of_invoices"]] if is_open else [],
            "presets": self._get_presets(offers),
            "rights": rights,
            "talk": self._get_talk(case),
            "events": events,
            "has_more": has_more,
            "is_cut": has_more and limit == MAX_SHOWN,
            "history_parts": self._get_parts_of_history(case, has_more or show),
            "show": show,
            "more": limit + PAGE,
        }

    def _prepare_head(self, case, lines):
        """Return whose case it is, and what its open receivables ``lines`` come to."""
        controller = case.controller_id or case.mandate_id.controller_id
        late = lines.filtered(lambda line: line.kgw_stage in LATE)
        return {
            "id": case.id,
            "number": case.name,
            "counterparty": case.counterparty_id.name,
            "counterparty_nip": case.counterparty_id.vat or "",
            "mandate": case.mandate_id.name,
            "stage": case.stage or "",
            "stage_label": self._say_stage(
                case, any(line.kgw_stage != "elapsed" for line in lines)
            ),
            "owed": self._format_sums(self._sum_residuals(lines)),
            "overdue": self._format_sums(self._sum_residuals(late)),
            "description": case.description or "",
            "controller": controller.name or "",
            "controller_email": controller.email or "",
            "controller_phone": controller.partner_id.phone or "",
        }

    def _prepare_receivable(self, line, plan, holds):
        """Return a receivable in words; what comes next is what the plan of the case says."""
        code = line.currency_id.name
        return {
            "id": line.id,
            "number": line.move_id.kgw_display_number,
            "instalment": line._kgw_get_part(),
            "issue_date": self._format_date(line.move_id.invoice_date),
            "due_date": self._format_date(line.date_maturity),
            "interest_due": self._format_date(line.kgw_interest_due),
            "amount": self._format_money(line.amount_currency, code),
            "residual": self._format_money(line.amount_residual_currency, code),
            "stage": line.kgw_stage,
            "stage_label": self._get_label(line, "kgw_stage"),
            **self._get_next(line, plan, holds),
        }

    def _prepare_point(self, point):
        return {
            "kind_label": self._get_label(point, "kind"),
            "value": point.value,
            "state": point.state,
            "state_label": self._get_label(point, "state"),
            "source": point.source or "",
        }

    def _get_taken(self, case, rights):
        """Return what the creditor decided by itself: what acts in the next run, what holds on, and
        what could lately not be carried out.

        :param rights: those of the user, of :meth:`_get_rights`
        """
        decisions, today = case.decision_ids, self._get_today()
        standing = decisions.filtered(
            lambda d: (
                d._get_standing(d.kind, today)
                and any(line.kgw_stage != "closed" for line in d.receivable_ids)
            )
        )
        since = fields.Datetime.to_datetime(today - timedelta(days=TOLD_DAYS))
        failed = decisions.filtered(lambda d: d.state == "impossible" and d.decided_at >= since)
        scheduled = decisions.filtered(lambda d: d.state == "scheduled")
        return {
            "scheduled": [self._prepare_taken(decision, rights) for decision in scheduled],
            "standing": [self._prepare_taken(decision, rights) for decision in standing],
            "failed": [self._prepare_taken(decision, rights) for decision in failed],
        }

    def _prepare_taken(self, decision, rights):
        return {
            "id": decision.id,
            "kind": decision.kind,
            "kind_label": self._begin(self._get_decision_noun(decision.kind)),
            "at": self._format_moment(decision.decided_at),
            "until": self._format_date(decision.until_date),
            "said": self._say_decided(decision),
            "who": decision.decided_by_id.name,
            "invoices": decision.invoices,
            "problem": decision.problem or "",
            "may_revoke": rights[f"may_{SPECS[decision.kind].right}"],
        }

    def _say_decided(self, decision):
        """Return what was decided in the words in which the history tells it."""
        payload = decision._prepare_payload()
        said = (self._get_decision_label(payload), self._get_until(payload))
        return " ".join(filter(None, said))

    # === PAYMENTS TO COME === #

    def _get_expected(self, holds):
        """Return the payments for which ``holds`` keep the contact back, as steps of a plan."""
        parts = holds.promise_id.part_ids._get_awaited()
        return [self._prepare_expected(part) for part in parts]

    def _prepare_expected(self, part):
        money = self._format_money(part.amount, part.currency_id.name)
        said = self.env._("Promised payment: %s", money)
        if part.promise_id.decision_id:
            said = self.env._("Instalment expected: %s", money)
        nothing = ("act_label", "channel", "channel_label", "count")
        return {
            "day": self._format_date(part.due_on),
            "day_iso": part.due_on.isoformat(),
            "iso": part.due_on.isoformat(),
            "act": "payment",
            "receivable_ids": part.promise_id.receivable_ids.ids,
            "named_ids": [],
            "step": said,
            **dict.fromkeys(nothing, ""),
        }

    def _say_part(self, part):
        money = self._format_money(part.amount, part.currency_id.name)
        day = self._format_date(part.due_on)
        return self.env._("%(amount)s by %(day)s", amount=money, day=day)

    # === ONE SENTENCE === #

    def _get_sentence(self, case, lines, plan, holds):
        """Return the state of the case in a few sentences. What the creditor gave away is told apart:
        its days and amount say nothing of what is monitored."""
        given = holds.filtered(lambda hold: hold.move_id and hold._is_ending()).move_id
        watched = lines.filtered(lambda line: line.move_id not in given) or lines
        late = watched.filtered(lambda line: line.kgw_stage in LATE)
        said = (
            self._say_owed(watched, late, watched < lines),
            self._say_apart(case, lines, holds),
            self._say_next(case, lines, plan, holds),
        )
        return " ".join(filter(None, said))

    def _say_owed(self, lines, late, is_part=False):
        """Return what is owed on ``lines``, of which ``late`` are past due.

        :param is_part: whether others were given away, which are told apart
        """
        if not lines:
            return self.env._("Everything is settled.")
        told = late or lines
        amount = self._format_sums(self._sum_residuals(told))
        count = self._count(len(told.move_id), "invoice", genitive=True)
        if is_part:
            count = self.env._("%s in monitoring", count)
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

    def _say_next(self, case, lines, plan, holds):
        """Return what is waited for, or what comes next."""
        asked = case.decision_ids.filtered(lambda d: d.state == "open")
        if not asked:
            return self._say_coming(case, lines, plan, holds)
        waiting = self._say_waiting(case, lines, holds)
        deadline = self._format_date(asked[0].deadline)
        if self._get_rights()["may_decide"]:
            wait = self.env._("We wait for your decision until %s.", deadline)
        else:
            wait = self.env._("We wait for your company's decision until %s.", deadline)
        return " ".join(filter(None, (waiting, wait)))

    def _say_coming(self, case, lines, plan, holds):
        """Return what keeps the contact back, or what comes next.

        :param holds: of :meth:`_search_holds`
        """
        if waiting := self._say_waiting(case, lines, holds):
            return waiting
        if plan:
            step = self._name_coming(plan[0])
            said = self.env._("Next: %(day)s, %(step)s.", day=plan[0]["day"], step=step)
        else:
            said = self._say_no_more(lines)
        held = [f"{self._say_held(hold)}." for hold in holds._get_of_waiting_channels() if said]
        return " ".join([*held, said])

    def _say_no_more(self, lines):
        """Return in words that nothing comes about ``lines`` any more, '' where nothing is owed."""
        if lines and {*lines.mapped("kgw_stage")} == {"elapsed"}:
            return self.env._("The monitoring period is over: nothing more is planned.")
        return self.env._("Nothing more is planned.") if lines else ""

    def _say_waiting(self, case, lines, holds):
        """Return what keeps the contact back, '' for nothing but its hour."""
        if kept := self._say_kept(lines, holds):
            return kept
        if not lines:
            return ""
        if idle := self._get_idle_reason(case, lines):
            return self._get_code_label("kgw.event", "reason", idle) + "."
        waiting = case.waiting_reason
        if waiting and waiting not in ("hours", "gap", "cap", "rate", "backoff"):
            return self._get_label(case, "waiting_reason") + "."
        return ""
