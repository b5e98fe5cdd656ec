from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import calendar
from ..tools.decision import ASKING, ENDED, GIVEN_AWAY, RESHAPING, SPECS


class KgwDecisionKind(models.Model):
    """What each kind of decision does.

    A method ``_do_<kind>`` gets decisions of one act, each about another case; those of a kind that
    is not for many get one.
    """

    _inherit = "kgw.decision"

    @api.model
    def _get_offered_scenarios(self, case):
        """Return the scenarios that were agreed with the creditor for somebody like the case's
        counterparty: those for consumers are for consumers, the others for nobody of them."""
        return self._get_agreed_scenarios(case.mandate_id, case.kind_id.is_consumer)

    @api.model
    def _get_agreed_scenarios(self, mandate, is_consumer):
        """Return the scenarios of ``mandate`` for consumers, or for all others."""
        alike = self.env["kgw.kind"].search([("is_consumer", "=", is_consumer)])
        return mandate.scenario_ids.scenario_id.browse().union(*map(mandate._get_scenario, alike))

    # === STOPPING: AT ONCE === #

    def _act_on_answer(self, now):
        """Stop what the creditor, asked what follows, does not want to go on; what it refuses does
        not go out for having been asked for before."""
        for decision in self.filtered(lambda d: d.value == "refuse"):
            asked_for = decision.case_id.decision_ids.filtered(
                lambda d: (d.kind, d.state) == ("ask_demand", "scheduled")
            )
            asked_for._take_from(decision.receivable_ids, now)
        for decision in self.filtered(lambda d: d.value in ("hand_over", "end")):
            decision._hold(now)
            if decision.value == "hand_over":
                decision._tell_collection()

    def _do_pause(self, now):
        self._hold(now)

    def _do_stop(self, now):
        self._hold(now)

    def _do_withdraw(self, now):
        self._hold(now)
        self._tell_controllers(
            lambda env: env._("The creditor withdrew it from monitoring."),
        )

    def _do_collection(self, now):
        self._hold(now)
        self._tell_collection()

    def _tell_collection(self):
        self._tell_controllers(lambda env: env._("The creditor hands it over to collection."))

    def _do_no_channel(self, now):
        self._create_holds({decision: [{"channel": decision.channel}] for decision in self}, now)
        self._cancel_contacts(now)

    def _do_payment(self, now):
        """Book what the creditor says was paid, oldest first; contacts about it end with it."""
        parts, left = self.env["kgw.mirror"]._share_out(self.receivable_ids, self.amount)
        if not self.receivable_ids.currency_id.is_zero(left):
            raise UserError(self.env._("More than is owed can't be confirmed."))
        # Kept as a payment: the bank's statement that tells the same books nothing again.
        amounts = {line.id: part for line, part in parts}
        self.env["kgw.payment.list"]._mark_paid(
            self.case_id.creditor_id, list(amounts), self.until_date, now, amounts
        )

    def _do_instalments(self, now):
        """Agree to monthly instalments: a promise in parts, which holds the contact while kept."""
        owed = sum(self.receivable_ids.mapped("amount_residual_currency"))
        part = round(owed / self.number, 2)
        days = [self.until_date + relativedelta(months=month) for month in range(self.number)]
        rest = round(owed - part * (self.number - 1), 2)
        parts = [*((day, part) for day in days[:-1]), (days[-1], rest)]
        self._cancel_contacts(now)
        self.env["kgw.promise"]._give(
            self.case_id, self.receivable_ids, parts, now, self.note or "", self
        )

    def _do_contact(self, now):
        """Take over contact data; other data of the kind are kept and come after."""
        points = self.case_id.contact_point_ids
        same = points.filtered(lambda p: p.kind == self.point_kind and p.value == self.note)
        vals = {"state": "verified", "sequence": 1, "source": self.env._("The creditor")}
        if same:
            same.write(vals)
            return
        point = points.create(
            {**vals, "case_id": self.case_id.id, "kind": self.point_kind, "value": self.note}
        )
        if point.state == "wrong":
            raise UserError(self.env._("This is no valid address or number. Please check it."))

    def _hold(self, now):
        """Put the chosen receivables, or whole cases, on hold and take back what is planned."""
        whole = self._get_of_whole_case(calendar.local_date(now))
        scopes = {
            decision: [{}]
            if decision in whole
            else [{"move_id": move.id} for move in decision.receivable_ids.move_id]
            for decision in self
        }
        self._create_holds(scopes, now)
        self._cancel_contacts(now)
        self._supersede(now)
        given = self.filtered(lambda decision: decision.kind in GIVEN_AWAY)
        future = given.filtered(lambda decision: decision._is_for_future()).case_id
        lines = given.receivable_ids | future._get_open_receivables()
        given._take_questions_back(lines, now)

    def _supersede(self, now):
        """Take back what waits for the next run about what ends by these decisions; a pause only puts
        it off."""
        for decision in self.filtered(lambda d: d.kind != "pause"):
            is_given = decision.kind in GIVEN_AWAY or decision.value == "hand_over"
            scheduled = decision.case_id.decision_ids.filtered(
                lambda d, all_of_it=is_given: d.state == "scheduled" and d._ends(all_of_it)
            )
            lines = decision.receivable_ids
            if decision._is_for_future():
                lines |= scheduled.receivable_ids
            scheduled._take_from(lines, now)

    def _ends(self, is_given):
        """Whether what waits for the next run ends with the contact.

        :param is_given: whether its invoices are not even monitored any more
        """
        return self.kind in ENDED or (is_given and SPECS[self.kind].about == "watched")

    def _take_from(self, lines, now):
        """Take ``lines`` out of these decisions of the next run; what is left without any is taken
        back."""
        for decision in self:
            if own := decision.receivable_ids & lines:
                decision._withdraw(own, "decision", self.env["kgw.hold"], now)

    def _get_of_whole_case(self, today):
        """Return those of these decisions that hold a whole counterparty: for its future invoices
        as well, or a pause of all, so that what is handed over meanwhile is paused, too."""
        future = self.filtered(lambda decision: decision._is_for_future())
        pauses = self.filtered(lambda decision: decision.kind == "pause")
        lines = pauses.case_id._get_open_receivables()
        subject = self._get_subject("pause", lines, today).grouped("kgw_case_id")
        return future | pauses.filtered(
            lambda d: d.receivable_ids >= subject.get(d.case_id, d.receivable_ids)
        )

    def _create_holds(self, scopes, now):
        """Put on hold what ``scopes`` say of each decision, as values of holds."""
        today = calendar.local_date(now)
        self.env["kgw.hold"].with_context(kgw_now=now).create(
            [
                {
                    "case_id": decision.case_id.id,
                    "reason": "creditor",
                    "from_date": today,
                    "until_date": decision.until_date,
                    "note": decision.note,
                    "decision_id": decision.id,
                    **scope,
                }
                for decision, own in scopes.items()
                for scope in own
            ]
        )

    def _cancel_contacts(self, now):
        """Take back what is planned about the receivables: calls leave the board, printed letters
        their run."""
        planned = self.env["kgw.reminder"].search(
            [
                ("case_id", "in", self.case_id.ids),
                ("state", "in", ("planned", "failed", "claimed")),
            ]
        )
        deciding = {decision.case_id: decision for decision in self}
        called = planned.filtered(lambda r: deciding[r.case_id]._calls_off(r))
        self._take_back(called - self._get_staying(called, now), now)

    def _calls_off(self, reminder):
        """Whether this decision takes back a contact of its case that is planned."""
        if reminder.state == "claimed" and reminder.print_run_id.state != "open":
            return False
        if self.channel:
            return reminder.channel == self.channel
        moves = reminder._get_live_lines().move_id
        return self._is_for_future() or bool(moves & self.receivable_ids.move_id)

    def _get_staying(self, contacts, now):
        """Return those of ``contacts`` that stay: no step brings them again. What was asked for goes
        out before what is asked for later; else they stay for others, and the gate takes out what
        is decided about."""
        single = contacts - self._get_steps(contacts)
        if self[:1].kind in ASKING:
            return single
        return self._get_for_others(single.filtered(lambda r: r.state != "claimed"), now)

    def _get_steps(self, contacts):
        """Return those of ``contacts`` that the plan brings again once they are taken back."""
        return contacts.filtered(lambda r: r.step_id and not r.origin_id and not r.decision_id)

    def _get_anew(self, contacts, now):
        """Return those of ``contacts``, which are taken back, that come again all the same; what was
        promised or agreed to is told by its new day, or through another channel."""
        kind = self[:1].kind
        if kind == "waive":
            return contacts
        steps = self._get_steps(contacts)
        if kind in RESHAPING:
            return steps | contacts.filtered("promise_id")
        told = contacts.filtered("promise_id") if kind == "no_channel" else contacts.browse()
        return self._get_for_others(steps, now) | told

    def _get_for_others(self, contacts, now):
        """Return those of ``contacts`` that are for other receivables, too, which are not on hold."""
        wholly = self.filtered(
            lambda decision: decision.channel or decision._is_for_future()
        ).case_id
        held = self.env["kgw.hold"]._get_held_moves(
            contacts.line_ids.move_id, calendar.local_date(now)
        )
        away = self.receivable_ids.move_id | held
        return contacts.filtered(
            lambda r: r.case_id not in wholly and r._get_live_lines()._get_main().move_id - away
        )

    def _take_back(self, reminders, now):
        """Cancel contacts; a print run that loses a letter has a PDF that is out of date."""
        printed = reminders.filtered(lambda r: r.state == "claimed")
        anew = self._get_anew(reminders, now)
        # What kept an earlier try from going out is not why it is called off now.
        moved = anew._set_state("cancelled", now, reason="reshaped", detail=False)
        moved |= (reminders - anew)._set_state("cancelled", now, reason="decision", detail=False)
        for run, letters in (moved & printed).grouped("print_run_id").items():
            if run.document:
                run.document = False
                deciding = self.filtered(lambda d, cases=letters.case_id: d.case_id in cases)
                deciding._tell_controllers(
                    lambda env, run=run: env._("Take its letter out of the pile: %s", run.name)
                )

    # === OTHERS: IN THE NEXT RUN === #

    def _do_go_on(self, now):
        """Lift the holds that the creditor asked for before; what it decided since then stands."""
        going_on = {decision.case_id: decision for decision in self}
        held = self.env["kgw.hold"].search(
            [
                ("reason", "=", "creditor"),
                ("lifted_at", "=", False),
                ("case_id", "in", self.case_id.ids),
            ]
        )
        held.filtered(lambda hold: going_on[hold.case_id]._lifts(hold))._lift(now)

    def _lifts(self, hold):
        """Whether going on by this decision ends ``hold`` of its case: what holds the whole
        counterparty ends only where going on is meant for all of it."""
        other = hold.decision_id
        since = (other.decided_at or hold.create_date, other.id or 0)
        is_meant = hold.move_id in self.receivable_ids.move_id if hold.move_id else self.is_lasting
        return since < (self.decided_at, self.id) and is_meant

    def _do_new_date(self, now):
        """Give the receivables another due date; this decision alone starts a new course: they are
        told of the new date before it comes, and after it the mildest rung is the first again."""
        self._cancel_contacts(now)
        for (day, is_lasting), decisions in self.grouped(
            lambda d: (d.until_date, d.is_lasting)
        ).items():
            moved = decisions.receivable_ids.filtered(lambda r, day=day: r.date_maturity != day)
            decisions._take_questions_back(moved, now)
            for (course, since), lines in moved.grouped(
                lambda r, kept=is_lasting: (r.kgw_course, kept and r._kgw_get_interest_due())
            ).items():
                # Stages and courses follow the due date of a receivable by themselves.
                lines.with_context(kgw_now=now).write(
                    {
                        "kgw_course": course + 1,
                        "kgw_entered_on": calendar.local_date(now),
                        "kgw_interest_due": since,
                        "date_maturity": day,
                    }
                )

    def _take_questions_back(self, lines, now):
        """Take back the open questions about nothing but ``lines``: they lead nowhere."""
        asked = self.case_id.decision_ids.filtered(
            lambda d: d.state == "open" and d.receivable_ids <= lines
        )
        none = self.env["kgw.hold"]
        entries = [d._prepare_withdrawn(d.receivable_ids, "decision", none, now) for d in asked]
        asked._set_revoked(now, entries)

    def _do_scenario(self, now):
        change = self.env["kgw.scenario.change"]
        for scenario, decisions in self.grouped("scenario_id").items():
            cases = decisions.case_id
            lines = change._get_running([("kgw_case_id", "in", cases.ids)])
            change._carry_out(
                lines,
                lambda cases=cases, scenario=scenario: cases.write({"scenario_id": scenario.id}),
                now,
            )
