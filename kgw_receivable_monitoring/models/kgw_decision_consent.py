from odoo import api, models

from ..tools import calendar, course


class KgwDecisionConsent(models.AbstractModel):
    """The creditor's consent to a step, asked for only while the step could go out.

    Silence gives the step up. So nobody is asked while contact is on hold or switched off, and what
    was asked before is withdrawn; when contact goes on, the planner asks anew. A manager's look at
    unusually many contacts takes hours: what was asked stays asked, as long as its deadline is not
    past.
    """

    _name = "kgw.decision.consent"
    _description = "Decision: Consent to a Step"

    @api.model
    def _get_kept_back(self, lines, on_date):
        """Return ``{receivable: (reason, hold)}`` of those of ``lines`` about which nobody may be
        contacted on ``on_date``: why, and the hold where it is one."""
        if not lines:
            return {}
        none, kept = self.env["kgw.hold"], {}
        holds = none._get_in_force_each(lines.grouped("kgw_case_id"), on_date)
        for line in lines:
            hold = self._get_telling(holds[line.kgw_case_id], line.move_id)
            if line.kgw_case_id.mandate_id.state != "active":
                kept[line] = "mandate", none
            elif line.no_followup:
                kept[line] = "no_followup", none
            elif hold:
                kept[line] = "hold", hold
        return kept

    def _get_telling(self, holds, move):
        """Return the hold that keeps ``move`` back longest; a manager's look is over before any other."""
        others = holds.filtered(lambda hold: hold.reason != "volume")
        return others._get_last_of(move) or holds._get_last_of(move)

    def _get_first_days(self, on_date):
        """Return ``{question for consent: day}`` on which what it asks for could go out at the
        earliest, answered on ``on_date``."""
        asked, found = self.env["kgw.course.facts"]._read(self.receivable_ids), {}
        for decision in self:
            days = [
                course.first_day(*asked[line.id], decision.step_id.id) or decision.deadline
                for line in decision.receivable_ids
            ]
            found[decision] = calendar.forward(max(on_date, min(days, default=on_date)))
        return found

    @api.model
    def _withdraw_kept_back(self, now, cases=None):
        """Withdraw the open questions for consent about what is kept back at ``now``; each goes on
        about the rest of its receivables.

        :param cases: keep to these; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        asked = self.search([*chosen, ("kind", "=", "approval"), ("state", "=", "open")])
        lines, today = asked.receivable_ids, calendar.local_date(now)
        kept = self._get_kept_back(lines, today)
        for decision in asked:
            own = decision.receivable_ids.filtered(
                lambda line, asked=decision: line in kept and not asked._may_wait(kept[line], today)
            )
            # The holds of several invoices mostly come from one act, and are one entry.
            for same in own.grouped(lambda line: (kept[line][0], kept[line][1].reason)).values():
                decision._withdraw(same, *kept[same[0]], now)
        lines.browse().union(*kept)._kgw_refresh_course(today, now)

    def _may_wait(self, kept, today):
        """Whether this question may still be answered in time after what keeps it back for hours."""
        _reason, hold = kept
        return hold.reason == "volume" and self.deadline >= today

    @api.model
    def _withdraw_passed(self, passed, now):
        """Withdraw the open questions for consent to steps that were passed over meanwhile: their
        channel was closed, or they would come too late.

        :param passed: as of ``kgw.event._record_passed``
        """
        reasons = {(line, step_id): reason for line, step_id, reason in passed}
        lines = self.receivable_ids.union(*(line for line, _step_id in reasons))
        for decision in self._search_asked("approval", lines):
            step_id = decision.step_id.id
            gone = decision.receivable_ids.filtered(lambda r, n=step_id: (r, n) in reasons)
            for reason, own in gone.grouped(lambda r, n=step_id: reasons[r, n]).items():
                decision._withdraw(own, reason, self.env["kgw.hold"], now)

    @api.model
    def _withdraw_settled(self, lines, now):
        """Withdraw every open question about ``lines``, on which nothing is owed any more."""
        for decision in self._search_asked(False, lines):
            own = decision.receivable_ids & lines
            decision._withdraw(own, "paid", self.env["kgw.hold"], now)

    @api.model
    def _withdraw_of_other_steps(self, steps, now):
        """Withdraw the open questions for consent to steps that are none of the scenario any more.

        :param steps: ``{receivable: steps of its scenario}``, as ids
        """
        lines = self.receivable_ids.union(*steps)
        for decision in self._search_asked("approval", lines):
            own = decision.receivable_ids.filtered(
                lambda line, asked=decision: (
                    asked.step_id.id not in steps.get(line, (asked.step_id.id,))
                )
            )
            if own:
                decision._withdraw(own, "changed", self.env["kgw.hold"], now)

    def _search_asked(self, kind, lines):
        """Return the open questions of a kind, False for any, about one of ``lines``."""
        if not lines:
            return self.browse()
        of_kind = [("kind", "=", kind)] if kind else []
        return self.search([*of_kind, ("state", "=", "open"), ("receivable_ids", "in", lines.ids)])

    @api.model
    def _withdraw_of_trial(self, mandates, now):
        """Withdraw what the trial run of ``mandates`` asked: the question went to the trial address.
        What the creditor answered in the portal all the same stands."""
        # Nobody writes questions directly; the right of who ends a trial is on the mandate.
        asked_sudo = self.sudo().search(
            [
                ("mandate_id", "in", mandates.ids),
                ("is_trial", "=", True),
                ("state", "in", ("open", "lapsed")),
            ]
        )
        for decision in asked_sudo:
            decision._withdraw(decision.receivable_ids, "trial", self.env["kgw.hold"], now)

    def _withdraw(self, lines, reason, hold, now):
        """Ask no more about ``lines`` of this question; its last ones stay, for the register."""
        self.ensure_one()
        entries = [self._prepare_withdrawn(lines, reason, hold, now)]
        if left := self.receivable_ids - lines:
            self.env["kgw.event"]._record(entries)
            self.receivable_ids = left
        else:
            self._set_revoked(now, entries)

    def _prepare_withdrawn(self, lines, reason, hold, now):
        payload = {
            "question": self.kind,
            "decision_id": self.id,
            "invoices": self.env["kgw.event"]._name_invoices(lines),
        }
        if hold:
            payload |= {"reason": hold.reason, **hold._get_facts()}
        return {
            "kind": "revoked",
            "at": now,
            "case_id": self.case_id.id,
            "mandate_id": self.mandate_id.id,
            "step_id": self.step_id.id,
            "reason": reason,
            "payload": self.env["kgw.event"]._tell_trial(payload, self.is_trial),
        }
