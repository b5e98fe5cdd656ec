from functools import cached_property

from odoo import models
from odoo.exceptions import UserError

from ..tools import calendar
from ..tools.decision import FOR_FUTURE, MAX_INSTALMENTS, POINT_KINDS, SPECS


class Known:
    """What is read once, when it is asked for, to check decisions that are taken together."""

    def __init__(self, decisions, today):
        self.decisions = decisions
        self.today = today
        self.offered = {}

    @cached_property
    def holds(self):
        """``{case: holds in force}`` on what is decided about, and on whole cases."""
        about = {decision.case_id: decision.receivable_ids for decision in self.decisions}
        return self.decisions.env["kgw.hold"]._get_in_force_each(about, self.today)

    @cached_property
    def given(self):
        """The receivables that were handed over to collection or withdrawn."""
        return self.decisions._get_given_away(self.decisions.receivable_ids, self.today)

    @cached_property
    def closed(self):
        """``{case id: {channel: reason}}`` of the channels that are closed for good."""
        return self.decisions.env["kgw.hold"]._get_closed_channels(self.decisions.case_id)

    @cached_property
    def usable(self):
        """``{case id: channels}`` that lead to the counterparty."""
        return self.decisions.case_id._get_usable_channels(self.closed)

    def get_offered_scenarios(self, case):
        """Return the scenarios agreed for somebody like the counterparty of ``case``."""
        alike = case.mandate_id, case.kind_id.is_consumer
        if alike not in self.offered:
            self.offered[alike] = self.decisions._get_offered_scenarios(case)
        return self.offered[alike]


class KgwDecisionCheck(models.AbstractModel):
    """Refuses, with the reason, a decision that makes no sense or would change nothing."""

    _name = "kgw.decision.check"
    _description = "Decision: What Can Be Decided"

    def _check_values(self, today):
        """
        :raise UserError: something is missing, makes no sense, or nothing would change
        """
        known = Known(self, today)
        for decision in self:
            try:
                decision._check_own_values(known)
            except UserError as error:
                if len(self) == 1:
                    raise
                raise UserError(
                    self.env._(
                        "%(counterparty)s: %(problem)s",
                        counterparty=decision.case_id.counterparty_id.name,
                        problem=str(error),
                    )
                ) from error

    def _check_own_values(self, known):
        self._check_filled()
        self._check_about(known)
        self._check_not_scheduled()
        if SPECS[self.kind].ahead:
            self._check_ahead(known)
        if check := getattr(self, f"_check_{self.kind}", None):
            check(known)

    def _check_filled(self):
        missing = [name for name in SPECS[self.kind].wants if not self[name]]
        if missing:
            labels = self.fields_get(missing, ["string"])
            raise UserError(
                self.env._(
                    "Please fill in: %s.",
                    ", ".join(labels[name]["string"] for name in missing),
                )
            )

    def _check_ahead(self, known):
        if self.until_date and self.until_date < known.today:
            raise UserError(self.env._("The day lies in the past. Choose today or a later day."))

    # === WHAT IT IS ABOUT === #

    def _is_for_future(self):
        """Whether future invoices are meant too: there is something to decide without an open one."""
        return self.is_lasting and self.kind in FOR_FUTURE

    def _check_about(self, known):
        """Decisions are about what is owed, most of them about what was not given away."""
        about = SPECS[self.kind].about
        if not about or self._is_for_future():
            return
        self._check_owed()
        if about == "watched":
            self._check_not_given_away(known)

    def _check_owed(self):
        if not self.receivable_ids:
            raise UserError(
                self.env._("Everything is settled here: there is nothing to decide about.")
            )

    def _check_not_given_away(self, known):
        given = known.given & self.receivable_ids
        if given:
            raise UserError(
                self.env._(
                    "%(invoices)s: handed over to collection or withdrawn. Choose “Go on” first, or"
                    " tick other invoices.",
                    invoices=self.env["kgw.portal"]._name_invoices(given),
                )
            )

    def _get_own_holds(self, known):
        """Return those of the holds in force that the creditor itself decided, but for what going on
        lifts in the next run."""
        going_on = self.case_id.decision_ids.filtered(
            lambda d: d.state == "scheduled" and d.kind == "go_on" and d != self
        )
        own = known.holds[self.case_id]._get_of_creditor()
        return own.filtered(lambda hold: not any(d._lifts(hold) for d in going_on))

    def _get_keeping(self, holds):
        """Return the one of these holds that keeps back all that the decision is about, or none."""
        return holds._get_of_every_channel()._get_keeping(self.receivable_ids)

    def _format_day(self, day):
        return self.env["kgw.portal"]._format_date(day)

    # === NOTHING WOULD CHANGE === #

    def _check_not_scheduled(self):
        """What waits for the next run is not decided again; a later decision may take its place."""
        if SPECS[self.kind].at_once:
            return
        waiting = self.case_id.decision_ids.filtered(
            lambda d: d.state == "scheduled" and d.kind == self.kind and d != self
        )
        last = waiting.sorted("id")[-1:]
        names = (*SPECS[self.kind].wants, *SPECS[self.kind].takes)
        if last and last.receivable_ids >= self.receivable_ids and last._has_same(names, self):
            raise UserError(
                self.env._(
                    "This was decided already and acts in the next run. Nothing would change."
                )
            )

    def _has_same(self, names, other):
        return all(self[name] == other[name] for name in names if name != "note")

    def _check_go_on(self, known):
        own = self._get_own_holds(known)
        if any(self._lifts(hold) for hold in own):
            return
        if own:
            raise UserError(
                self.env._(
                    "What you decided about the whole counterparty keeps these invoices back. Go on"
                    " for all of it: tick no invoice."
                )
            )
        self._check_owed()
        if other := self._get_keeping(known.holds[self.case_id]):
            said = self.env["kgw.portal"]._say_hold(other)
            raise UserError(" ".join((said, self._say_what_lifts(other))))
        if set(self.receivable_ids.mapped("kgw_stage")) == {"elapsed"}:
            raise UserError(self._say_over())
        raise UserError(
            self.env._("No decision of yours holds the contact back: it goes on as planned.")
        )

    def _say_what_lifts(self, hold):
        if hold.dispute_id.state == "open":
            return self.env._("Answer the dispute: if you reject it, contact goes on.")
        if hold.reason == "instalments":
            return self.env._("Contact goes on by itself if an instalment is not paid in time.")
        if hold.promise_id:
            return self.env._("Contact goes on by itself if the promise is not kept.")
        return self.env._("“Go on” lifts only what you decided yourself. Ask your controller.")

    def _say_over(self):
        return self.env._(
            "Monitoring of these invoices is over: nobody is contacted about them any more. You can"
            " hand them over to collection."
        )

    def _check_contacted(self):
        """
        :raise UserError: there is no contact that could be stopped
        """
        stages = set(self.receivable_ids.mapped("kgw_stage"))
        planned = self.case_id.reminder_ids._get_open()
        if stages == {"elapsed"} and not planned:
            raise UserError(self._say_over())

    def _check_pause(self, known):
        self._check_contacted()
        longer = self._get_own_holds(known).filtered(
            lambda hold: not hold.until_date or hold.until_date >= self.until_date
        )
        self._check_not_held_yet(longer)

    def _check_stop(self, known):
        if self._is_for_future():
            ending = self._get_own_holds(known).filtered(lambda hold: not hold.move_id)
        else:
            self._check_contacted()
            ending = self._get_own_holds(known)
        self._check_not_held_yet(ending.filtered(lambda hold: not hold.until_date))

    def _check_not_held_yet(self, holds):
        if keeping := self._get_keeping(holds):
            said = self.env["kgw.portal"]._say_hold(keeping)
            raise UserError(self.env._("%s Nothing would change.", said))

    def _check_withdraw(self, known):
        self._check_not_decided_yet(known)

    def _check_collection(self, known):
        self._check_not_decided_yet(known)

    def _check_not_decided_yet(self, known):
        same = self._get_own_holds(known).filtered(
            lambda hold: (
                hold.decision_id.kind == self.kind
                or (self.kind == "collection" and hold.decision_id.value == "hand_over")
            )
        )
        if self._is_for_future():
            same = same.filtered(lambda hold: not hold.move_id)
        if self._get_keeping(same):
            raise UserError(
                self.env._(
                    "This was decided on %s already. Nothing would change.",
                    self._format_day(min(same.mapped("from_date"))),
                )
            )

    def _check_no_channel(self, known):
        closed = known.closed.get(self.case_id.id, {}).get(self.channel)
        own = self._get_own_holds(known).filtered(lambda hold: hold.channel == self.channel)
        if closed == "closed" or own:
            raise UserError(self.env._("This channel is not used already. Nothing would change."))

    def _check_new_date(self, known):
        if set(self.receivable_ids.mapped("date_maturity")) == {self.until_date}:
            raise UserError(self.env._("This is the due date already. Nothing would change."))

    def _check_scenario(self, known):
        if self.scenario_id not in known.get_offered_scenarios(self.case_id):
            raise UserError(self.env._("Choose one of the scenarios agreed in the mandate."))
        if self.scenario_id == self.case_id._get_scenario():
            raise UserError(
                self.env._("The counterparty has this scenario already. Nothing would change.")
            )

    def _check_contact(self, known):
        if self.point_kind not in POINT_KINDS:
            raise UserError(self.env._("Choose e-mail, phone or postal address."))
        best = self.case_id.contact_point_ids._get_usable(self.point_kind)
        vals = best._normalise({"kind": self.point_kind, "value": self.note})
        if (best.state, best.value) == ("verified", vals["value"]):
            raise UserError(self.env._("We use this one already. Nothing would change."))

    def _check_waive(self, known):
        self._check_not_standing(known)

    def _check_warning(self, known):
        self._check_not_standing(known)

    def _check_not_standing(self, known):
        standing = self.case_id.decision_ids._get_standing(self.kind, known.today)
        same = standing.filtered(lambda d: d.until_date == self.until_date and d != self)
        if same.receivable_ids >= self.receivable_ids:
            raise UserError(
                self.env._(
                    "This was decided on %s already. Nothing would change.",
                    self._format_day(max(same.mapped("asked_on"))),
                )
            )

    def _check_ask_demand(self, known):
        self._check_not_on_hold(known)

    def _check_still_contacted(self, now):
        """
        :raise UserError: one of the counterparties was put on hold since the contact was asked for
        """
        known = Known(self, calendar.local_date(now))
        for decision in self:
            decision._check_not_on_hold(known)

    def _check_not_on_hold(self, known):
        """Whom nobody contacts, nobody calls: it would wait until somebody forgot it."""
        holds = known.holds[self.case_id].filtered(lambda hold: hold.case_id or hold.move_id)
        hold = self._get_keeping(holds)
        if not hold:
            return
        first = (
            self.env._("Choose “Go on” first.")
            if hold.reason == "creditor"
            else self._say_what_lifts(hold)
        )
        raise UserError(" ".join((self.env["kgw.portal"]._say_hold(hold), first)))

    # === AMOUNTS AND NUMBERS === #

    def _check_instalments(self, known):
        if not 2 <= self.number <= MAX_INSTALMENTS:
            raise UserError(self.env._("Choose from 2 to %s monthly instalments.", MAX_INSTALMENTS))

    def _check_payment(self, known):
        if self.until_date > known.today:
            raise UserError(self.env._("A payment can't lie ahead. Correct its day."))
        if self.case_id.mandate_id.is_own_sales:
            raise UserError(
                self.env._(
                    "These are the company's own invoices: their payments come from its books."
                )
            )
        if self.amount <= 0 or len(self.receivable_ids.currency_id) != 1:
            raise UserError(
                self.env._("Enter a positive amount, and choose invoices of one currency.")
            )
