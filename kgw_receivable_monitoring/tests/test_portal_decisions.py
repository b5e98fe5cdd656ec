from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.kgw_decision import KINDS, QUESTIONS
from ..tools.decision import SPECS
from .common import DUE
from .test_portal_isolation import IsolationCase

LATE = DUE + timedelta(days=1)


class DecisionCase(IsolationCase):
    @classmethod
    def _create_world(cls):
        """Two invoices of one counterparty of A, one of B."""
        world = cls()
        buyer = world._other_party("Budmax sp. z o.o.", 1)
        first = world._watch(world._document("FV A/1", buyer=buyer))
        second = world._watch(world._document("FV A/2", amount="500.00", buyer=buyer))
        cls.theirs = world._watch(
            world._document("FV B/1", buyer=world._other_party("Inny", 2)),
            mandate=cls.other_mandate,
        ).with_env(cls.env)
        cls.first, cls.second = first.with_env(cls.env), second.with_env(cls.env)
        cls.case = cls.first.kgw_case_id

    @property
    def portal(self):
        return self.env["kgw.portal"].with_user(self.user_a)

    def _take(self, kind, day=LATE, lines=None, hour=9, **values):
        ids = lines.ids if lines else None
        self.portal._take(
            kind, values, self._at(day, hour), self.case.ids, ids, address="203.0.113.7"
        )
        return self.env["kgw.decision"].search([("kind", "=", kind)], limit=1, order="id desc")

    def _plan(self, day):
        self.env["kgw.planner"]._run_day(day, self._at(day, 7))
        return self._get_open_reminder()

    def _get_sent(self):
        return [sent for sent in self.gateways.sent if sent["case_id"][0] == self.case.id]

    def _get_open_reminder(self):
        return self.env["kgw.obstacle"]._get_open(self.case)


@tagged("post_install", "-at_install", "kgw")
class TestDecisions(DecisionCase):
    """Each kind of decision does what it says, when it says."""

    def test_every_kind_has_its_method_and_its_label(self):
        self.assertEqual(
            {kind for kind, _label in KINDS} - {kind for kind, _label in QUESTIONS}, set(SPECS)
        )
        for kind, spec in SPECS.items():
            self.assertTrue(callable(getattr(self.env["kgw.decision"], f"_do_{kind}", None)), kind)
            for name in (*spec.wants, *spec.takes):
                self.assertIn(name, self.env["kgw.decision"]._fields)

    def test_pause_takes_back_what_is_planned_and_ends_by_itself(self):
        planned = self._plan(DUE - timedelta(days=3))
        self.assertEqual(planned.state, "planned")
        until = DUE + timedelta(days=4)
        decision = self._take("pause", DUE - timedelta(days=3), until_date=until.isoformat())
        self.assertEqual((planned.state, planned.reason), ("cancelled", "decision"))
        self.assertEqual((decision.state, decision.decided_by_id), ("taken", self.user_a))
        self.run_days(DUE - timedelta(days=2), until)
        self.assertFalse(self._get_sent())
        self.run_days(until + timedelta(days=1), until + timedelta(days=6))
        self.assertTrue(self._get_sent())

    def test_pause_of_all_holds_what_is_handed_over_meanwhile(self):
        self._take("collection", lines=self.first)
        decision = self._take("pause", until_date=(LATE + timedelta(days=7)).isoformat())
        hold = self.case.hold_ids.filtered(lambda h: h.decision_id == decision)
        self.assertEqual((len(hold), hold.move_id.ids), (1, []), "of the whole counterparty")

    def test_stopped_call_leaves_the_board_at_once(self):
        self.run_days(DUE - timedelta(days=5), DUE + timedelta(days=4))
        call = self._get_open_reminder().filtered(lambda r: r.channel == "phone")
        self.assertTrue(call.activity_ids)
        self._take("stop", DUE + timedelta(days=4), hour=15)
        self.assertEqual(call.state, "cancelled")
        self.assertFalse(call.activity_ids)

    def test_printed_letter_leaves_its_run_and_the_pile_is_named(self):
        letter = self._create_claimed_letter()
        run = letter.print_run_id
        run.document = b"JVBERi0xLjc="
        self._take("pause", until_date="2026-10-30")
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(run.document, "the merged PDF still has the letter")
        self.assertIn(run.name, self.case.activity_ids.mapped("summary")[-1])

    def _create_claimed_letter(self):
        letter = self._create_letter_of(self.first, planned_on=LATE, state="claimed")
        letter.print_run_id = self.env["kgw.print.run"]._get_open(letter, LATE)
        return letter

    def test_stop_of_one_invoice_lets_the_other_go_on(self):
        self._take("stop", DUE - timedelta(days=7), lines=self.first)
        self.run_days(DUE - timedelta(days=6), DUE + timedelta(days=3))
        self.assertFalse(self.reminders(self.first, "sent", "delivered"))
        self.assertTrue(self.reminders(self.second, "sent", "delivered"))

    def test_lasting_stop_holds_future_invoices_too(self):
        self._take("stop", DUE - timedelta(days=7), is_lasting="1")
        later = self._watch(
            self._document("FV A/3", buyer=self._other_party("Budmax sp. z o.o.", 1))
        )
        self.assertEqual(later.kgw_case_id, self.case)
        self.run_days(DUE - timedelta(days=6), DUE + timedelta(days=3))
        self.assertFalse(self.reminders(self.first | self.second | later, "sent"))

    def test_go_on_acts_in_the_next_run_and_can_be_taken_back_until_then(self):
        self._take("stop", DUE - timedelta(days=7))
        going_on = self._take("go_on", DUE - timedelta(days=6))
        self.assertEqual(going_on.state, "scheduled")
        self.portal._revoke(going_on.id, self._at(DUE - timedelta(days=6), 10))
        self.assertFalse(self._plan(DUE - timedelta(days=5)))
        self._take("go_on", DUE - timedelta(days=5))
        self.assertTrue(self._plan(DUE - timedelta(days=4)))
        with self.assertRaises(UserError):
            self.portal._revoke(going_on.id, self._at(DUE, 10))

    def test_go_on_leaves_what_was_decided_after_it(self):
        day = DUE - timedelta(days=7)
        self._take("stop", day)
        self._take("go_on", day, hour=10)
        self._take("no_channel", day, hour=11, channel="sms")
        self._take("stop", day, self.first, hour=12)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(day, 13))
        left = self.case.hold_ids.filtered("is_open")
        self.assertEqual(set(left.mapped("channel")), {"sms", False})
        self.assertEqual(left.move_id, self.first.move_id, "the other invoice goes on")

    def test_call_asked_for_before_a_stop_is_not_planned_any_more(self):
        day = DUE + timedelta(days=2)
        self.run_days(DUE - timedelta(days=5), day)
        asked = self._take("ask_call", day, hour=9)
        self._take("stop", day, hour=10)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(day, 11))
        self.assertEqual(asked.state, "revoked")
        self.assertFalse(self._get_open_reminder())

    def test_new_date_begins_the_course_anew(self):
        self.run_days(DUE - timedelta(days=5), DUE + timedelta(days=2))
        later = DUE + timedelta(days=14)
        self._take("new_date", DUE + timedelta(days=3), until_date=later.isoformat())
        self._plan(DUE + timedelta(days=4))
        self.assertEqual(self.first.date_maturity, later)
        self.assertEqual((self.first.kgw_stage, self.first.kgw_course), ("before_due", 2))
        self.assertEqual(self.case.stage, "before_due")
        self.run_days(DUE + timedelta(days=5), later + timedelta(days=2))
        lines = self.reminders(self.first, "sent", "delivered").line_ids
        lines = lines.filtered(lambda line: line.receivable_id == self.first and line.step_id)
        steps = {course: own.step_id for course, own in lines.grouped("course").items()}
        before = self.env.ref("kgw_receivable_monitoring.step_standard_m5_email")
        after = self.env.ref("kgw_receivable_monitoring.step_standard_p2_sms")
        self.assertEqual(steps[1] & steps[2] & (before | after), before | after)

    def test_new_date_begins_nothing_anew_for_what_has_it_already(self):
        later, day = (DUE + timedelta(days=14)).isoformat(), DUE - timedelta(days=7)
        for lines in (self.first, self.first | self.second):
            self._take("new_date", day, lines, until_date=later)
            day += timedelta(days=1)
            self._plan(day)
        self.assertEqual((self.first.kgw_course, self.second.kgw_course), (2, 2))

    def test_new_date_takes_questions_of_the_old_course_back(self):
        step = self.env.ref("kgw_receivable_monitoring.step_standard_p21_letter")
        lines, moment = self.first | self.second, self._at(LATE, 8)
        asked = self.env["kgw.decision"]._ask("approval", step, lines, LATE, moment)
        agreed = self.env["kgw.decision"]._ask("approval", step, lines, LATE, moment)
        agreed._decide("approve", moment)
        self.assertEqual(
            self.env["kgw.course.facts"]._read_approvals(lines)[self.first.id][step.id], "approved"
        )
        later = DUE + timedelta(days=14)
        self._take("new_date", LATE, until_date=later.isoformat())
        self._plan(LATE + timedelta(days=1))
        self.assertEqual((asked.state, agreed.state), ("revoked", "taken"))
        self.assertFalse(self.env["kgw.course.facts"]._read_approvals(lines))

    def test_consent_of_the_same_day_does_not_reach_into_the_new_course(self):
        step = self.env.ref("kgw_receivable_monitoring.step_standard_p21_letter")
        decisions, lines = self.env["kgw.decision"], self.first
        read = self.env["kgw.course.facts"]._read_approvals
        agreed = decisions._ask("approval", step, lines, LATE, self._at(LATE, 7))
        agreed._decide("approve", self._at(LATE, 8))
        letter = self._create_letter_of(lines, planned_on=LATE, step_id=step.id)
        letter.line_ids.step_id = step
        gate = self.env["kgw.gate"]
        self.assertTrue(gate._is_approved(letter))
        later = (DUE + timedelta(days=14)).isoformat()
        self._take("new_date", lines=lines | self.second, until_date=later)
        decisions._carry_out_scheduled(self._at(LATE, 10))
        self.assertFalse(read(lines))
        self.assertFalse(gate._is_approved(letter))
        agreed = decisions._ask("approval", step, lines, LATE, self._at(LATE, 11))
        agreed._decide("approve", self._at(LATE, 12))
        self.assertEqual(read(lines), {lines.id: {step.id: "approved"}})

    def test_channel_that_is_not_wanted_is_not_used(self):
        planned = self._plan(DUE - timedelta(days=3))
        channel = planned.channel
        self._take("no_channel", DUE - timedelta(days=3), channel=channel)
        self.assertEqual(planned.state, "cancelled")
        self.run_days(DUE - timedelta(days=2), DUE + timedelta(days=6))
        used = {sent["channel"] for sent in self._get_sent()}
        self.assertTrue(used)
        self.assertNotIn(channel, used)

    def test_other_scenario_holds_for_this_case_alone(self):
        other = self.scenario.copy({"name": "Łagodny"})
        trader = self.env.ref("kgw_receivable_monitoring.kind_sole_trader")
        self.mandate.scenario_ids = [
            (0, 0, {"kind_id": trader.id, "scenario_id": other.id}),
        ]
        self._take("scenario", DUE - timedelta(days=7), scenario_id=str(other.id))
        self._plan(DUE - timedelta(days=6))
        self.assertEqual(self.case._get_scenario(), other)
        self.assertEqual(self.first.kgw_next_step_id.scenario_id, other)
        self.assertEqual(self.theirs.kgw_next_step_id.scenario_id, self.scenario)

    def test_scenario_that_was_not_agreed_is_refused(self):
        foreign = self.scenario.copy({"name": "Cudzy"})
        with self.assertRaises(UserError):
            self._take("scenario", scenario_id=str(foreign.id))

    def test_call_that_is_asked_for_is_planned_in_the_next_run(self):
        self.run_days(DUE - timedelta(days=5), LATE)
        self._take("ask_call", LATE, hour=18)
        self.env["kgw.planner"]._run_day(
            LATE + timedelta(days=1), self._at(LATE + timedelta(days=1), 7)
        )
        call = self._get_open_reminder()
        self.assertEqual(call.channel, "phone")

    def test_call_that_is_asked_for_is_about_what_is_overdue(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        self._take("new_date", until_date=(DUE + timedelta(days=20)).isoformat(), lines=self.second)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 10))
        stages = (self.first | self.second).mapped("kgw_stage")
        self.assertEqual(stages, ["overdue", "before_due"])
        self._take("ask_call", hour=18)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 19))
        call = self._get_open_reminder()
        self.assertEqual(call.line_ids.receivable_id, self.first)

    def test_confirmed_payment_is_booked_and_ends_the_contacts(self):
        self._take("payment", amount="1730,00", until_date=LATE.isoformat())
        payments = self.env["kgw.payment"].search([("case_id", "=", self.case.id)])
        self.assertEqual(set(payments.mapped("origin")), {"portal"})
        self.assertEqual((self.first | self.second).mapped("kgw_stage"), ["closed", "closed"])

    def test_payment_of_more_than_is_owed_is_refused(self):
        with self.assertRaises(UserError):
            self._take("payment", amount="9999,00", until_date=LATE.isoformat())
        self.assertEqual(self.first.amount_residual_currency, 1230)

    def test_instalments_are_a_promise_in_parts_that_holds_the_contact(self):
        planned = self._plan(DUE - timedelta(days=3))
        first = DUE + timedelta(days=10)
        self._take("instalments", DUE - timedelta(days=3), number="3", until_date=first.isoformat())
        promise = self.env["kgw.promise"].search([("case_id", "=", self.case.id)])
        self.assertEqual(len(promise.part_ids), 3)
        self.assertEqual(round(sum(promise.part_ids.mapped("amount")), 2), 1730)
        self.assertEqual(planned.state, "cancelled")

    def test_corrected_contact_data_come_first(self):
        self._take("contact", point_kind="email", note="Nowy@Budmax.example ")
        best = self.case.contact_point_ids._get_usable("email")
        self.assertEqual((best.value.lower(), best.state), ("nowy@budmax.example", "verified"))
        with self.assertRaises(UserError):
            self._take("contact", point_kind="phone", note="12345678")

    def test_handing_over_stops_and_tells_the_controller(self):
        planned = self._plan(DUE - timedelta(days=3))
        self._take("collection", DUE - timedelta(days=3))
        self.assertEqual(planned.state, "cancelled")
        self.assertTrue(self.case.activity_ids)

    def test_what_a_decision_leaves_is_in_the_language_of_the_controller(self):
        self.case._get_controller().lang = "pl_PL"
        self._take("collection", DUE - timedelta(days=3))
        self.assertIn("windykac", self.case.activity_ids.mapped("summary")[-1])

    def test_register_says_who_when_and_from_where(self):
        self._take("stop", note="Zapłacone gotówką")
        event = self.env["kgw.event"].search(
            [("case_id", "=", self.case.id), ("kind", "=", "decision")], limit=1
        )
        self.assertEqual((event.user_id, event.at), (self.user_a, self._at(LATE, 9)))
        self.assertEqual(event.payload["address"], "203.0.113.7")
        self.assertEqual(event.payload["note"], "Zapłacone gotówką")
        self.assertEqual(event.payload["question"], "stop")

    def test_decision_that_meets_another_transaction_is_tried_again(self):
        """Odoo repeats the request; the decision is not told to be impossible."""
        decisions = self.env["kgw.decision"]
        with (
            patch.object(type(decisions), "_do_pause", side_effect=SerializationFailure),
            self.assertRaises(SerializationFailure),
        ):
            self._take("pause", until_date=(LATE + timedelta(days=9)).isoformat())

    @mute_logger("odoo.addons.kgw_receivable_monitoring.models.kgw_decision_take")
    def test_decision_that_fails_does_not_stop_the_others(self):
        consent = self._take("warning")
        fine = self._take("new_date", until_date=(LATE + timedelta(days=9)).isoformat())
        with patch.object(type(consent), "_do_warning", side_effect=ValueError):
            self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 10))
        self.assertEqual((consent.state, fine.state), ("impossible", "taken"))
        [told] = self.portal.with_context(kgw_now=self._at(LATE))._get_case(self.case.id)["failed"]
        self.assertEqual(told["id"], consent.id)
