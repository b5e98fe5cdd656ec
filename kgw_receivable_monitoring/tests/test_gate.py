import re
from datetime import date, timedelta

from odoo.tests.common import tagged

from ..models.kgw_gate_facts import Facts
from ..tools import calendar
from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestGate(KgwEngineCommon):
    """The last check before sending: each question by itself, then what the answer does."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue()
        self.case = self.line.kgw_case_id
        self.now = self._at(self.day)
        self.gate = self.env["kgw.gate"]
        self.sms = self._draft(self.line, "p2_sms", self.day)

    def swap(self, code):
        """Replace the reminder of the test by one for another step."""
        self.sms._set_state("cancelled", self.now, reason="withdrawn")
        return self._draft(self.line, code, self.day)

    def judge(self, reminder=None, now=None):
        return self.gate._judge(reminder or self.sms, now or self.now)

    def assertPasses(self, reminder=None, now=None):
        self.assertEqual(self.judge(reminder, now).reason, "")

    def assertNever(self, reason, reminder=None, now=None):
        verdict = self.judge(reminder, now)
        self.assertEqual((verdict.reason, verdict.until), (reason, None))

    def assertNotYet(self, reason, until, reminder=None, now=None):
        verdict = self.judge(reminder, now)
        self.assertEqual((verdict.reason, verdict.until), (reason, until))

    def test_ordinary_reminder_passes(self):
        self.assertPasses()

    # === DEBT AND STAGE === #

    def test_paid_between_plan_and_sending_is_not_sent(self):
        self.pay(self.line, 1230, self.day)
        self.dispatch("sms", self.day)
        self.assertEqual((self.sms.state, self.sms.reason), ("cancelled", "paid"))
        self.assertEqual(self.gateways.sent, [])

    def test_zero_residual_counts_as_paid_whatever_the_stage_says(self):
        self.pay(self.line, 1230, self.day)
        self.sms.write({"state": "planned"})
        self.sms.line_ids.void = False
        self.line.kgw_stage = "overdue"
        self.assertNever("paid")
        self.dispatch("sms", self.day)
        self.assertEqual((self.sms.state, self.sms.reason), ("cancelled", "paid"))
        self.assertEqual(self.gateways.sent, [])

    def test_part_payment_leaves_something_to_say(self):
        self.pay(self.line, 1000, self.day)
        self.assertPasses()

    def test_receivable_on_the_other_side_of_the_due_date_is_not_spoken_of(self):
        self.line.kgw_stage = "before_due"
        self.assertNever("stage")
        before = self.swap("m5_email")
        self.assertPasses(before)
        self.line.kgw_stage = "overdue"
        self.assertNever("stage", before)

    def test_receivable_past_the_horizon_is_not_spoken_of(self):
        self.env["account.move.line"]._kgw_flush_stages(DUE + timedelta(days=31))
        self.assertNever("stage", now=self._at(DUE + timedelta(days=31)))

    # === MANDATE, HOLDS === #

    def test_mandate_that_is_not_active_speaks_no_more(self):
        for state in ("draft", "suspended", "ended"):
            with self.subTest(state=state):
                self.mandate.state = state
                self.assertNever("mandate")

    def test_hold_of_every_scope_waits_until_the_next_day(self):
        next_noon = calendar.noon(self.day + timedelta(days=1))
        for values in (
            {"case_id": self.case.id},
            {"mandate_id": self.mandate.id},
            {},
            {"move_id": self.line.move_id.id},
            {"case_id": self.case.id, "channel": "sms"},
            {"case_id": self.case.id, "until_date": self.day},
        ):
            hold = self.hold(self.day, **values)
            with self.subTest(values=values):
                self.assertNotYet("hold", next_noon)
            hold._lift(self.now)
            self.assertPasses()

    def test_hold_of_something_else_does_not_wait(self):
        other = self._watch(self._document("2", buyer=self._party("Inny sp. z o.o.")))
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        yesterday, tomorrow = self.day - timedelta(days=1), self.day + timedelta(days=1)
        for start, values in (
            (yesterday, {"case_id": other.kgw_case_id.id}),
            (yesterday, {"move_id": other.move_id.id}),
            (yesterday, {"case_id": self.case.id, "channel": "email"}),
            (yesterday, {"case_id": self.case.id, "until_date": yesterday}),
            (tomorrow, {"case_id": self.case.id}),
        ):
            with self.subTest(values=values):
                self.hold(start, **values)
                self.assertPasses()

    def test_invoice_held_after_planning_is_not_named_in_the_text(self):
        second = self._watch(self._document("FV 2/09/2026", amount="77.00"))
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        email = self.swap("p6_email")
        self.env["kgw.reminder.line"].create(
            {
                **email.line_ids._prepare_copy_vals(),
                "reminder_id": email.id,
                "channel": "email",
                "receivable_id": second.id,
                "move_id": second.move_id.id,
                "role": "taken",
            }
        )
        self.hold(self.day, move_id=second.move_id.id)
        self.dispatch("email", self.day)
        [mail] = self.gateways.sent
        self.assertIn("FV 1/09/2026", mail["body"])
        self.assertNotIn("FV 2/09/2026", mail["body"])

    # === AUTHORITY, APPROVAL === #

    def test_demand_needs_a_power_of_attorney_that_covers_it(self):
        demand = self.swap("p8_letter")
        self.assertPasses(demand)
        for values in (
            {"may_demand": False},
            {"authority_date": self.day + timedelta(days=1)},
            {"authority_until": self.day - timedelta(days=1)},
            {"authority_date": False},
        ):
            with self.subTest(values=values), self.cr.savepoint() as point:
                self.mandate.write(values)
                self.assertNever("authority", demand)
                point.rollback()
                self.env.invalidate_all()

    def test_monit_needs_no_power_for_demands(self):
        self.mandate.may_demand = False
        self.assertPasses(self.swap("p6_email"))

    def test_demand_without_authority_is_passed_over_and_the_course_goes_on(self):
        self.mandate.may_demand = False
        demand = self.swap("p8_letter")
        self.dispatch("letter", self.day)
        self.assertEqual((demand.state, demand.reason), ("cancelled", "authority"))
        passed = self.events("passed", step_id=demand.step_id.id)
        self.assertEqual((passed.reason, passed.move_id), ("authority", self.line.move_id))

    def test_final_demand_needs_the_consent_for_every_receivable(self):
        second = self._watch(self._document("2"))
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        both = self.line | second
        self.sms._set_state("cancelled", self.now, reason="withdrawn")
        final = self._draft(both, "p21_letter", self.day)
        self.assertNever("approval", final)
        decisions = self.env["kgw.decision"]
        for line, value, reason in (
            (second, "refuse", "approval"),
            (self.line, "approve", "approval"),
            (second, "approve", ""),
        ):
            asked = decisions._ask("approval", final.step_id, line, self.day, self.now)
            asked._decide(value, self.now)
            self.assertEqual(self.judge(final).reason, reason)
        self.line.kgw_entered_on = self.day + timedelta(days=1)
        self.assertNever("approval", final)

    def test_creditor_is_asked_about_the_step_that_waits_for_it(self):
        for code, is_final in (("p21_letter", True), ("p8_letter", False)):
            step, before = self._step(code), self.env["mail.mail"].search([])
            self.env["kgw.decision"]._ask("approval", step, self.line, self.day, self.now)
            decision = self.env["kgw.decision"].search([("step_id", "=", step.id)])
            self.env["kgw.creditor.mail"]._ask(decision)
            mail = self.env["mail.mail"].search([]) - before
            told = mail.subject + mail.body_html
            self.assertEqual(bool(re.search("final demand|ostateczne", told)), is_final)
            name = step.with_context(lang=self.creditor.lang).name
            self.assertEqual(name in told, not is_final)

    # === COVERAGE === #

    def test_after_due_contact_needs_payments_known_through_the_due_date(self):
        next_noon = calendar.noon(self.day + timedelta(days=1))
        for known, passes in ((False, False), (DUE - timedelta(days=1), False), (DUE, True)):
            with self.subTest(known=known):
                self.mandate.coverage_date = known
                if passes:
                    self.assertPasses()
                else:
                    self.assertNotYet("coverage", next_noon)

    def test_each_of_several_is_asked_by_its_own_due_date(self):
        later = self._watch(
            self._document("FV 9", due=DUE + timedelta(days=1), buyer=self._other_party("Nowy", 9))
        )
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        other = self._draft(later, "p2_sms", self.day)
        self.mandate.coverage_date = DUE
        self.assertEqual(self.gate._let_through(Facts(self.sms | other, self.now)), self.sms)
        self.assertEqual(other.waiting_reason, "coverage")

    def test_old_knowledge_of_payments_lets_nothing_through(self):
        """Known through the due date, but longer ago than the setting allows."""
        day = DUE + timedelta(days=11)
        call = self.swap("p11_call")
        oldest = calendar.add_working_days(day, -3)
        for known, reason in ((oldest - timedelta(days=1), "coverage"), (oldest, "")):
            self.mandate.coverage_date = known
            verdict = self.env["kgw.gate"]._judge(call, self._at(day))
            self.assertEqual(verdict.reason, reason)
        self.mandate.coverage_date = oldest - timedelta(days=1)
        self.company.kgw_coverage_days = 5
        self.assertEqual(self.env["kgw.gate"]._judge(call, self._at(day)).reason, "")

    def test_before_due_contact_and_own_sales_need_no_coverage(self):
        self.mandate.coverage_date = False
        early = self.swap("m5_email")
        self.line.kgw_stage = "before_due"
        self.assertPasses(early)

    def test_new_coverage_releases_what_waited_for_it_at_once(self):
        self.mandate.coverage_date = DUE - timedelta(days=1)
        self.dispatch("sms", self.day)
        self.assertEqual(self.sms.waiting_reason, "coverage")
        self.assertEqual(self.gateways.sent, [])
        self.mandate.coverage_date = DUE
        self.assertFalse(self.sms.not_before or self.sms.waiting_reason)
        self.dispatch("sms", self.day, 11)
        self.assertEqual((self.sms.state, len(self.gateways.sent)), ("sent", 1))

    # === CONTACT POINT, SENDER === #

    def test_contact_point_that_is_wrong_objected_or_missing_is_not_used(self):
        phone = self.case.contact_point_ids.filtered(lambda p: p.kind == "phone")
        for state, passes in (("wrong", False), ("objected", False), ("verified", True)):
            with self.subTest(state=state):
                phone.state = state
                if passes:
                    self.assertPasses()
                else:
                    self.assertNever("no_contact_point")
        phone.unlink()
        self.assertNever("no_contact_point")

    def test_sms_without_an_approved_sender_goes_by_the_fallback(self):
        self.brand.sms_sender_approved = False
        self.assertNever("sender")
        self.dispatch("sms", self.day)
        fallback = self.reminders(self.line, "planned")
        self.assertEqual((fallback.channel, fallback.origin_id), ("email", self.sms))

    def test_step_without_any_way_left_is_passed_over(self):
        email = self.swap("p6_email")
        self.case.contact_point_ids.filtered(lambda p: p.kind != "address").state = "wrong"
        self.dispatch("email", self.day)
        self.dispatch("sms", self.day)
        self.assertEqual(
            set(self.reminders(self.line, "cancelled").mapped("reason")),
            {"withdrawn", "no_contact_point"},
        )
        self.assertEqual(
            self.events("passed", step_id=email.step_id.id).mapped("reason"), ["no_contact_point"]
        )

    # === GAP, HOURS, LAST DAY === #

    def test_second_contact_of_a_case_on_one_day_waits(self):
        email = self.swap("p6_email")
        before = self._draft(self.line, "p2_sms", self.day, state="delivered", contact_on=self.day)
        self.assertNotYet("gap", calendar.noon(self.day + timedelta(days=2)), email)
        before.contact_on = self.day - timedelta(days=1)
        self.assertNotYet("gap", calendar.noon(self.day + timedelta(days=1)), email)
        before.contact_on = self.day - timedelta(days=2)
        self.assertPasses(email)

    def test_contact_outside_the_hours_waits_for_the_next_moment(self):
        friday, monday = date(2026, 9, 11), date(2026, 9, 14)
        for now, until in (
            (self._at(self.day, 7), self._at(self.day, 8)),
            (self._at(self.day, 17), self._at(self.day + timedelta(days=1), 8)),
            (self._at(friday, 20), self._at(monday, 8)),
            (self._at(friday + timedelta(days=1), 10), self._at(monday, 8)),
        ):
            with self.subTest(now=now):
                self.assertNotYet("hours", until, now=now)
        for hour in (8, 16):
            self.assertPasses(now=self._at(self.day, hour))

    def test_saturday_is_open_only_for_kinds_that_permit_it(self):
        saturday = self._at(date(2026, 9, 12))
        self.assertEqual(self.judge(now=saturday).reason, "hours")
        self.case.kind_id.on_saturday = True
        self.assertPasses(now=saturday)

    def test_letter_knows_no_hours(self):
        self.assertPasses(self.swap("p8_letter"), self._at(self.day, 20))

    def test_reminder_past_its_last_day_is_not_sent(self):
        before = self.swap("m5_email")
        self.line.kgw_stage = "before_due"  # the effective due date still lies ahead
        before.until = self.day - timedelta(days=1)
        self.assertNotEqual(self.judge(before).reason, "")
        self.assertFalse(self.judge(before).until)

    def test_judging_writes_nothing(self):
        self.env.flush_all()
        count = self.env["kgw.event"].search_count([])
        self.mandate.may_demand = False
        self.judge()
        self.assertEqual(self.env["kgw.event"].search_count([]), count)
        self.assertEqual((self.sms.state, self.sms.not_before), ("planned", False))
