import logging

from dateutil.relativedelta import relativedelta
from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import calendar
from ..tools.decision import SPECS
from .kgw_decision_check import GIVEN_AWAY

_logger = logging.getLogger(__name__)


class KgwDecisionKind(models.Model):
    """What each kind of decision does, and when."""

    _inherit = "kgw.decision"

    # === TAKING === #

    @api.model
    def _take(self, kind, cases, values, now, receivables=None, address=""):
        """Take a decision of the creditor for ``cases``; returns the decisions, one per case.

        :param kind: one of ``SPECS``
        :param values: values of the fields that the kind wants and takes
        :param receivables: keep to these; None means all that is open in the cases
        :param address: IP address from which it was decided
        :raise UserError: something is missing, or it makes no sense
        """
        decisions = self.create(
            [
                self._prepare_take_vals(kind, case, values, now, receivables, address)
                for case in cases
            ]
        )
        decisions._check_values(calendar.local_date(now))
        cases._touch()
        decisions._record("decision", now)
        if SPECS[kind].at_once:
            decisions._carry_out(now)
        return decisions

    def _prepare_take_vals(self, kind, case, values, now, receivables, address):
        spec = SPECS[kind]
        lines, today = case._get_open_receivables(), calendar.local_date(now)
        if receivables is not None:
            lines = self._get_undecided(kind, lines & receivables, today)
        else:
            lines = self._get_subject(kind, lines, today)
        return {
            **{name: values[name] for name in (*spec.wants, *spec.takes) if values.get(name)},
            "case_id": case.id,
            "kind": kind,
            "receivable_ids": lines.ids,
            "asked_on": today,
            "state": "scheduled",
            "decided_at": now,
            "decided_by_id": self.env.uid,
            "address": address,
        }

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

    # === WHEN === #

    @api.model
    def _carry_out_scheduled(self, now, cases=None):
        """Carry out what was decided for the next run.

        :param cases: keep to these; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        self.search([*chosen, ("state", "=", "scheduled")], order="id")._carry_out(now)

    def _carry_out(self, now):
        """Do what each decision says; what can't be done does not stop the others."""
        for decision in self:
            try:
                with self.env.cr.savepoint():
                    getattr(decision, f"_do_{decision.kind}")(now)
                    decision.state = "taken"
                    decision._follow(now)
            except OperationalError:
                raise  # somebody else was quicker: Odoo tries the request or the run again
            except Exception as error:
                # The creditor's next decisions must not wait for this one.
                problem = decision._say_problem(error)
                decision.write({"state": "impossible", "problem": problem})
                decision._tell_controller(problem)

    def _say_problem(self, error):
        """Return why it can't be carried out; what nobody foresaw stands in the log."""
        if isinstance(error, UserError):
            return str(error)
        _logger.exception("Decision %s can't be carried out", self.id, exc_info=error)
        return self.env._("An unexpected error: its cause stands in the log.")

    def _follow(self, now):
        """Let the course of the receivables follow what was decided."""
        self.receivable_ids._kgw_refresh_course(calendar.local_date(now), now)

    def _revoke(self, now, address=""):
        """Take back what has not acted yet.

        :raise UserError: it has acted already
        """
        for decision in self:
            if decision.state != "scheduled" and not decision._is_standing():
                raise UserError(
                    self.env._("This decision has acted already. Decide anew: for example, go on.")
                )
        self.write({"state": "revoked", "address": address})
        self._record("revoked", now)

    # === STOPPING: AT ONCE === #

    def _act_on_answer(self, now):
        """Stop what the creditor, asked what follows, does not want to go on."""
        for decision in self.filtered(lambda d: d.value in ("hand_over", "end")):
            decision._hold(now)
            if decision.value == "hand_over":
                decision._tell_collection()

    def _do_pause(self, now):
        self._hold(now, until=self.until_date)

    def _do_stop(self, now):
        self._hold(now)

    def _do_withdraw(self, now):
        self._hold(now)
        speaker = self._for_controller()
        self._tell_controller(speaker.env._("The creditor withdrew it from monitoring."))

    def _do_collection(self, now):
        self._hold(now)
        self._tell_collection()

    def _tell_collection(self):
        speaker = self._for_controller()
        self._tell_controller(speaker.env._("The creditor hands it over to collection."))

    def _do_no_channel(self, now):
        self._create_holds([{"case_id": self.case_id.id, "channel": self.channel}], now)
        self._cancel_contacts(now, self.channel)

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

    def _hold(self, now, until=None):
        """Put the chosen receivables, or the whole case, on hold and take back what is planned."""
        if self._is_for_future() or self._is_whole_pause(calendar.local_date(now)):
            scopes = [{"case_id": self.case_id.id}]
        else:
            scopes = [{"move_id": move.id} for move in self.receivable_ids.move_id]
        self._create_holds([{**scope, "until_date": until} for scope in scopes], now)
        self._cancel_contacts(now)
        if self.kind in GIVEN_AWAY:
            whole = self.case_id._get_open_receivables() if self._is_for_future() else None
            self._take_questions_back(whole or self.receivable_ids, now)

    def _is_whole_pause(self, today):
        """Whether the whole counterparty is paused, what is handed over meanwhile as well."""
        if self.kind != "pause":
            return False
        lines = self.case_id._get_open_receivables()
        return self.receivable_ids >= self._get_subject("pause", lines, today)

    def _create_holds(self, scopes, now):
        today = calendar.local_date(now)
        self.env["kgw.hold"].with_context(kgw_now=now).create(
            [
                {"case_id": self.case_id.id, "reason": "creditor", "from_date": today}
                | {"note": self.note, "decision_id": self.id, **scope}
                for scope in scopes
            ]
        )

    def _cancel_contacts(self, now, channel=None):
        """Take back what is planned about the receivables: calls leave the board, printed letters
        their run."""
        reminders = self.env["kgw.reminder"].search(
            [
                ("case_id", "=", self.case_id.id),
                ("state", "in", ("planned", "failed", "claimed")),
                *([("channel", "=", channel)] if channel else []),
            ]
        )
        reminders = reminders.filtered(
            lambda r: r.state != "claimed" or r.print_run_id.state == "open"
        )
        if not channel and not self._is_for_future():
            reminders = reminders.filtered(
                lambda r: r._get_live_lines().move_id & self.receivable_ids.move_id
            )
        self._take_back(reminders, now)

    def _take_back(self, reminders, now):
        """Cancel contacts; a print run that loses a letter has a PDF that is out of date."""
        printed = reminders.filtered(lambda r: r.state == "claimed")
        moved = reminders._set_state("cancelled", now, reason="decision")
        for run in (moved & printed).print_run_id.filtered("document"):
            run.document = False
            self._tell_controller(self.env._("Take its letter out of the pile: %s", run.name))

    # === OTHERS: IN THE NEXT RUN === #

    def _do_go_on(self, now):
        """Lift the holds that the creditor asked for."""
        self.env["kgw.hold"].search(
            [
                ("reason", "=", "creditor"),
                ("lifted_at", "=", False),
                ("case_id", "=", self.case_id.id),
                ("move_id", "in", (False, *self.receivable_ids.move_id.ids)),
            ]
        )._lift(now)

    def _do_new_date(self, now):
        """Give the receivables another due date; this decision alone starts a new course: they are
        told of the new date before it comes, and after it the mildest rung is the first again."""
        self._cancel_contacts(now)
        lines = self.receivable_ids.filtered(lambda r: r.date_maturity != self.until_date)
        self._take_questions_back(lines, now)
        for line in lines:
            line.kgw_course += 1
            line.kgw_entered_on = calendar.local_date(now)
            line.kgw_interest_due = self.is_lasting and line._kgw_get_interest_due()
        # Stages and courses follow the due date of a receivable by themselves.
        self.receivable_ids.with_context(kgw_now=now).date_maturity = self.until_date

    def _take_questions_back(self, lines, now):
        """Take back the open questions about nothing but ``lines``: they lead nowhere."""
        asked = self.case_id.decision_ids.filtered(
            lambda d: d.state == "open" and d.receivable_ids <= lines
        )
        asked.state = "revoked"
        asked._record("revoked", now)

    def _do_scenario(self, now):
        change = self.env["kgw.scenario.change"]
        lines = change._get_running([("kgw_case_id", "=", self.case_id.id)])
        change._carry_out(
            lines, lambda: self.case_id.write({"scenario_id": self.scenario_id.id}), now
        )

    def _get_call_moment(self, now):
        """Return the first moment from ``now`` on at which somebody of this kind is called."""
        return self.case_id.kind_id._get_next_moment(now, self.case_id.tz)

    def _do_ask_call(self, now):
        """Plan a call, about what is overdue if anything is; can't it be, the controller is told."""
        self._cancel_contacts(now)
        values = {"case_id": self.case_id.id, "channel": "phone"}
        offered = self.env["kgw.message"].new(values).template_ids._origin
        template = (offered.filtered(lambda t: t.rung != "information") or offered)[:1]
        if self.env["kgw.obstacle"]._get_open(self.case_id) or not template:
            self._tell_controller(self.env._("The creditor asks for a call."))
            return
        message = self.env["kgw.message"].create({**values, "template_id": template.id})
        vals = message._prepare_reminder_vals(self._get_call_moment(now))
        reminder = self.env["kgw.reminder"].create(vals)
        self.env["kgw.event"]._record_contacts(reminder, "planned", now)
