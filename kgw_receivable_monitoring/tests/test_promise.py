from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE
from .engine_common import KgwEngineCommon

# A Wednesday; the first part is promised for the Friday.
TOLD, FRIDAY = DUE + timedelta(days=9), DUE + timedelta(days=11)
# Friday + 2 working days is Tuesday: on Wednesday nothing more can come in time.
BROKEN = DUE + timedelta(days=16)


@tagged("post_install", "-at_install", "kgw")
class TestPromise(KgwEngineCommon):
    def setUp(self):
        super().setUp()
        buyer = self._party()
        self.line, self.other = self._watch(
            self._document(amount="1230.00", buyer=buyer),
            self._document("FV 2/09/2026", amount="100.00", buyer=buyer),
        )
        self.case = self.line.kgw_case_id
        self.env["account.move.line"]._kgw_flush_stages(TOLD)

    def give(self, *parts, lines=None, hour=10):
        return self.env["kgw.promise"]._give(
            self.case,
            self.line if lines is None else lines,
            parts or [(FRIDAY, 1230)],
            self._at(TOLD, hour),
        )

    def decide(self, day):
        self.env["kgw.promise"]._decide_due(day, self._at(day, 7))

    def tasks(self):
        kind = self.env.ref("kgw_receivable_monitoring.mail_activity_type_promise")
        return self.case.activity_ids.filtered(lambda a: a.activity_type_id == kind)

    def test_promise_holds_its_invoice_only(self):
        self.give()
        holds = self.env["kgw.hold"]
        moves = (self.line | self.other).move_id
        self.assertEqual(holds._get_held_moves(moves, TOLD), self.line.move_id)
        self.dispatch("email", TOLD)
        self.run_day(FRIDAY)
        spoken = self.reminders(self.other).filtered(lambda r: not r.promise_id)
        self.assertTrue(spoken)
        self.assertNotIn(self.line, spoken.line_ids.filtered(lambda x: not x.void).receivable_id)

    def test_promise_is_confirmed_at_once_after_the_call_of_the_same_day(self):
        call = self._draft(self.line, "p4_call", TOLD)
        self.env["kgw.channel.phone"]._record_call(call, "will_pay", "", self._at(TOLD, 9))
        self.give()
        self.dispatch("email", TOLD)
        [sent] = self.gateways.sent
        self.assertIn("1230", sent["body"].replace("\xa0", ""))
        self.assertIn("FV 1/09/2026", sent["body"])
        self.assertNotIn("FV 2/09/2026", sent["body"])

    def test_what_was_planned_makes_way_for_the_confirmation_and_says_so(self):
        self.plan(TOLD)
        [planned] = self.reminders(self.other).filtered(lambda r: r.state == "planned")
        self.assertNotEqual(planned.channel, "phone")
        self.give()
        self.assertEqual((planned.state, planned.reason), ("cancelled", "yielded"))

    def test_confirmation_waits_for_contact_hours_and_needs_no_coverage(self):
        self.mandate.coverage_date = DUE - timedelta(days=30)
        promise = self.give(hour=23)
        self.dispatch("email", TOLD, hour=23)
        self.assertEqual(promise.confirmation_ids.waiting_reason, "hours")
        self.dispatch("email", TOLD + timedelta(days=1), hour=12)
        self.assertEqual(promise.confirmation_ids.state, "sent")

    def test_confirmation_goes_by_sms_where_there_is_no_email(self):
        self.case.contact_point_ids.filtered(lambda p: p.kind == "email").state = "wrong"
        self.give()
        self.dispatch("sms", TOLD)
        self.assertEqual([sent["channel"] for sent in self.gateways.sent], ["sms"])

    def test_confirmation_comes_later_when_another_contact_is_on_its_way(self):
        busy = self._draft(self.other, "p4_call", TOLD)
        promise = self.give()
        self.assertFalse(promise.confirmation_ids)
        busy._set_state("cancelled", self._at(TOLD), reason="withdrawn")
        self.env["kgw.promise.confirmation"]._plan_late(self._at(TOLD, 11))
        self.assertEqual(promise.confirmation_ids.state, "planned")

    def test_agent_without_accounting_rights_takes_a_promise(self):
        model = self.env["kgw.promise"].with_user(self.agent)
        case, line = self.case.with_user(self.agent), self.line.with_user(self.agent)
        given = model._give(case, line, [(FRIDAY, 1230)], self._at(TOLD))
        self.assertEqual(given.confirmation_ids.state, "planned")
        self.assertEqual(given.with_user(self.agent).invoices, "FV 1/09/2026")
        self.assertEqual(self.events("promise").user_id, self.agent)

    def test_stop_keeps_the_confirmation_back(self):
        promise = self.give()
        self.hold(TOLD, case_id=self.case.id)
        self.dispatch("email", TOLD)
        self.assertEqual(promise.confirmation_ids.waiting_reason, "hold")

    def test_paid_in_time_is_kept_at_once_and_lifts_the_hold(self):
        promise = self.give()
        self.pay(self.line, 1230, FRIDAY)
        self.assertEqual(promise.state, "kept")
        self.assertTrue(all(promise.hold_ids.mapped("lifted_at")))
        self.assertTrue(self.events("promise_kept", case_id=self.case.id))

    def test_nothing_paid_is_broken_after_the_grace_days_and_comes_back_as_a_task(self):
        promise = self.give()
        self.decide(BROKEN - timedelta(days=1))
        self.assertEqual(promise.state, "open")
        self.decide(BROKEN)
        self.assertEqual(promise.state, "broken")
        self.assertTrue(all(promise.hold_ids.mapped("lifted_at")))
        self.assertEqual(self.tasks().user_id, self.agent)
        self.assertTrue(self.events("promise_broken", case_id=self.case.id))

    def test_broken_promise_goes_on_with_the_mildest_rung_not_given(self):
        self.give(lines=self.line | self.other)
        self.run_days(TOLD, BROKEN, post=False)
        upcoming = self.reminders(self.line).filtered(lambda r: not r.promise_id)
        self.assertEqual(upcoming.mapped("rung"), ["reminder"])

    def test_paid_less_or_in_part_is_partly_kept(self):
        promise = self.give((FRIDAY, 500), (FRIDAY + timedelta(days=14), 730))
        self.pay(self.line, 500, FRIDAY)
        self.decide(BROKEN)
        self.assertEqual(promise.state, "open")
        self.decide(BROKEN + timedelta(days=14))
        self.assertEqual(promise.state, "partly")

    def test_each_part_says_what_became_of_it(self):
        later = FRIDAY + timedelta(days=7)
        promise = self.give((FRIDAY, 400), (later, 400), (later + timedelta(days=7), 430))
        self.pay(self.line, 400, FRIDAY)
        self.assertEqual(promise.part_ids.mapped("state"), ["kept", "open", "open"])
        self.pay(self.line, 100, later)
        self.decide(BROKEN + timedelta(days=7))
        self.assertEqual(promise.part_ids.mapped("state"), ["kept", "partly", "open"])
        self.assertEqual(promise.state, "partly")

    def test_paid_after_the_grace_days_breaks_although_known_before_the_decision(self):
        promise = self.give()
        self.pay(self.line, 1000, BROKEN)
        self.decide(BROKEN + timedelta(days=3))
        self.assertEqual((promise.state, promise.paid_amount), ("broken", 1000))

    def test_nothing_is_decided_before_payments_are_known_and_the_creditor_is_asked(self):
        self.mandate.coverage_date = FRIDAY
        promise = self.give()
        self.decide(BROKEN)
        self.assertEqual(promise.state, "open")
        self.assertEqual(self.mandate.coverage_asked_on, BROKEN)
        self.mandate.coverage_date = BROKEN - timedelta(days=1)
        self.decide(BROKEN)
        self.assertEqual(promise.state, "broken")

    def test_later_promise_replaces_the_open_one(self):
        first = self.give()
        second = self.give((FRIDAY + timedelta(days=7), 1230))
        self.assertEqual((first.state, second.state), ("replaced", "open"))
        self.assertEqual(first.hold_ids.filtered("is_open"), first.hold_ids.browse())
        self.assertFalse(self.tasks())

    def test_promise_that_makes_no_sense_is_refused(self):
        for parts in ([(FRIDAY, 0)], [(TOLD - timedelta(days=1), 10)], [(FRIDAY, 1231)]):
            with self.subTest(parts=parts), self.assertRaises(UserError):
                self.give(*parts)
        with self.assertRaises(UserError):
            self.give(lines=self.line.browse())
