from datetime import date, timedelta

from odoo.tests.common import tagged

from ..const import OPEN_STATES
from .common import DUE
from .course_common import STANDARD
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestPlanner(KgwEngineCommon):
    """When: what is due becomes at most one reminder of a case and day."""

    def day(self, offset):
        return DUE + timedelta(days=offset)

    def channels(self, receivables, *states):
        return self.reminders(receivables, *states).mapped("channel")

    def roles(self, reminder):
        return {line.move_id.kgw_number: (line.role, line.rung or "") for line in reminder.line_ids}

    # === THE SCENARIO === #

    def test_shipped_scenario_is_the_agreed_one(self):
        def plain(steps):
            return [
                (
                    s.offset,
                    s.rung,
                    s.kind,
                    s.channels,
                    s.answer_days,
                    s.needs_approval,
                    s.only_unreached,
                    s.if_new,
                    s.if_late,
                    s.if_amount,
                )
                for s in steps
            ]

        shipped = sorted(self.scenario._get_course_steps(), key=lambda s: s.offset)
        self.assertEqual(plain(shipped), plain(STANDARD))
        scenario = self.scenario
        self.assertEqual(scenario.horizon_days, 30)
        self.assertEqual((scenario.gap_before_days, scenario.gap_after_days), (1, 2))

    def test_nothing_is_planned_before_its_day(self):
        line = self._watch(self._document())
        self.assertEqual(self.plan(self.day(-6)), 0)
        self.assertEqual(self.plan(self.day(-5)), 1)
        self.assertEqual(self.channels(line), ["email"])

    def test_reminder_carries_what_the_step_and_mandate_say(self):
        line = self._watch(self._document())
        self.plan(self.day(-5))
        reminder = self.reminders(line)
        self.assertEqual(reminder.step_id, self._step("m5_email"))
        self.assertEqual(
            (reminder.side, reminder.rung, reminder.state, reminder.planned_on),
            ("before", "information", "planned", self.day(-5)),
        )
        self.assertEqual(
            (reminder.brand_id, reminder.controller_id, reminder.case_id),
            (self.brand, self.agent, line.kgw_case_id),
        )
        self.assertEqual(len(reminder.key), 32)
        self.assertEqual(self.events("planned", reminder_id=reminder.id).step_id, reminder.step_id)
        self.assertFalse(line.kgw_next_date, "planning clears the date until the outcome sets it")

    def test_each_side_of_the_due_date_has_its_brand(self):
        after = self._create_brand("Po Terminie")
        self.mandate.brand_after_id = after
        line = self._watch(self._document())
        self.run_day(self.day(-5))
        self.run_day(self.day(2))
        self.assertEqual(self.reminders(line).brand_id.ids, (self.brand | after).ids)
        self.assertEqual(self.reminders(line)[0].brand_id, self.brand)

    # === ONCE === #

    def test_same_day_again_plans_and_sends_nothing_new(self):
        line = self._watch(self._document())
        self.run_day(self.day(-5))
        before = (
            self.reminders(line).ids,
            len(self.gateways.sent),
            self.env["kgw.event"].search_count([]),
        )
        for _round in range(2):
            self.run_day(self.day(-5))
        self.env.flush_all()
        self.assertEqual(
            before,
            (
                self.reminders(line).ids,
                len(self.gateways.sent),
                self.env["kgw.event"].search_count([]),
            ),
        )

    def test_case_with_an_open_reminder_gets_no_second_one(self):
        line = self._watch(self._document())
        reminder = self._draft(line, "m3_call", self.day(-5))
        for state in OPEN_STATES:
            reminder.state = state
            with self.subTest(state=state):
                self.assertEqual(self.plan(self.day(-5)), 0)

    def test_planned_but_not_sent_is_planned_anew_the_next_day(self):
        line = self._watch(self._document())
        self.plan(self.day(-5))
        self.plan(self.day(-4))
        old, new = self.reminders(line)
        self.assertEqual((old.state, old.reason), ("cancelled", "replanned"))
        self.assertEqual(
            (new.state, new.step_id, new.planned_on), ("planned", old.step_id, self.day(-4))
        )

    # === LEADER, TAKEN, CARRIED === #

    def test_highest_rung_leads_and_due_ones_are_taken_on_their_own_rung(self):
        early = self.day(-10)
        old = self._watch(self._document("A", due=self.day(-3)), on=early)
        young = self._watch(self._document("B", due=DUE), on=early)
        rest = self._watch(self._document("C", due=self.day(2)), on=early)
        self.env["account.move.line"]._kgw_flush_stages(self.day(3))
        for code in ("p2_sms", "p4_call"):
            given = self._draft(old, code, self.day(-1), state="delivered")
            given.effective_at = self._at(self.day(-1))
        self.plan(self.day(3))
        leading = self.reminders(old | young | rest, "planned")
        self.assertEqual((leading.rung, leading.channel), ("monit", "email"))
        self.assertEqual(
            self.roles(leading),
            {
                "A": ("lead", "monit"),
                "B": ("taken", "reminder"),
                "C": ("carried", ""),
            },
        )

    def test_carried_receivable_keeps_its_own_course(self):
        lead = self._watch(self._document("A"))
        carried = self._watch(self._document("B", due=self.day(2)), on=self.day(-6))
        pointer = (carried.kgw_next_step_id, carried.kgw_next_date)
        self.run_day(self.day(-5))
        [reminder] = self.reminders(lead | carried)
        self.assertEqual(self.roles(reminder)["B"], ("carried", ""))
        self.assertEqual((carried.kgw_next_step_id, carried.kgw_next_date), pointer)
        self.assertIn("B", self.gateways.sent[0]["body"])

    def test_what_is_due_in_weeks_is_named_but_not_said_to_be_close(self):
        self._watch(self._document("BLISKA/1"))
        self._watch(self._document("DALEKA/2", due=self.day(40)), on=self.day(-7))
        self.run_day(self.day(-5))
        [mail] = self.gateways.sent
        self.assertIn("BLISKA/1", mail["subject"])
        close, named = mail["body"].split("Pozostałe faktury przed terminem płatności")
        self.assertIn("BLISKA/1", close)
        self.assertNotIn("DALEKA/2", close)
        self.assertIn("DALEKA/2", named)

    def test_before_due_and_overdue_never_stand_in_one_text(self):
        overdue = self._watch(self._document("PRZETERM/1"))
        fresh = self._watch(self._document("PRZYSZLA/2", due=self.day(9)), on=self.day(1))
        self.run_days(self.day(1), self.day(8))
        made = self.reminders(overdue | fresh, "sent", "delivered")
        self.assertEqual(set(made.mapped("side")), {"before", "after"})
        for reminder in made:
            spoken_of = overdue if reminder.side == "after" else fresh
            self.assertEqual(reminder.line_ids.receivable_id, spoken_of)
        for message in self.gateways.sent:
            self.assertNotEqual("PRZETERM/1" in message["body"], "PRZYSZLA/2" in message["body"])

    def test_receivable_that_fell_due_between_plan_and_sending_leaves_the_text(self):
        first = self._watch(self._document("DZIS/1"))
        second = self._watch(self._document("POTEM/2", due=self.day(4)))
        email = self._draft(second, "m5_email", DUE)
        self.env["kgw.reminder.line"].create(
            {
                **email.line_ids._prepare_copy_vals(),
                "reminder_id": email.id,
                "channel": "email",
                "receivable_id": first.id,
                "move_id": first.move_id.id,
                "role": "carried",
                "step_id": False,
            }
        )
        self.env["account.move.line"]._kgw_flush_stages(self.day(1))
        self.dispatch("email", self.day(1))
        [mail] = self.gateways.sent
        self.assertIn("POTEM/2", mail["body"])
        self.assertNotIn("DZIS/1", mail["body"])

    def test_before_due_step_that_would_lapse_leads_an_overdue_one(self):
        overdue = self._watch(self._document("A"))
        self.run_days(self.day(-5), self.day(-1))
        fresh = self._watch(self._document("B", due=self.day(3)), on=self.day(2))
        self.plan(self.day(2))
        [reminder] = self.reminders(overdue | fresh, "planned")
        self.assertEqual(
            (reminder.side, self.roles(reminder)), ("before", {"B": ("lead", "information")})
        )

    # === GAPS === #

    def test_gap_is_one_day_before_the_due_date_and_two_after_it(self):
        for offset, code, gap in ((-5, "m5_email", 1), (2, "p2_sms", 2)):
            buyer = self._party(f"Firma {code} sp. z o.o.")
            line = self._watch(self._document(code, buyer=buyer), on=self.day(offset))
            earlier = self._draft(line, "p28_call", self.day(offset), state="delivered")
            for days in range(gap + 1):
                earlier.contact_on = self.day(offset - days)
                with self.subTest(code=code, days=days), self.cr.savepoint() as point:
                    self.plan(self.day(offset))
                    self.assertEqual(bool(self.reminders(line, "planned")), days >= gap)
                    point.rollback()
                    self.env.invalidate_all()

    def test_no_case_is_contacted_twice_a_day_or_closer_than_its_gap(self):
        lines = self._watch(
            *(
                self._document(f"N {number}", due=self.day(number), amount="20000.00")
                for number in range(0, 7, 2)
            )
        )
        self.live(self.day(-5), self.day(9))
        made = self.reminders(lines).filtered("contact_on").sorted("contact_on")
        days = made.mapped("contact_on")
        self.assertGreater(len(made), 6)
        self.assertEqual(len(made), len(set(days)))
        for earlier, later in zip(made, made[1:], strict=False):
            least = 2 if later.side == "after" else 1
            self.assertGreaterEqual((later.contact_on - earlier.contact_on).days, least)

    # === DAYS OFF === #

    def test_days_off_and_weekends_plan_nothing(self):
        line = self._watch(self._document(due=date(2026, 11, 16)))
        for day in (date(2026, 11, 7), date(2026, 11, 8)):
            self.assertEqual(self.plan(day), 0)
        self.assertEqual(self.plan(date(2026, 11, 10)), 1, "-5 is Independence Day: moved back")
        self.assertEqual(self.channels(line), ["email"])
        late = self._watch(
            self._document("2", due=date(2026, 11, 16), buyer=self._party("Inny sp. z o.o.")),
            on=date(2026, 11, 11),
        )
        for day, expected in ((date(2026, 11, 11), 0), (date(2026, 11, 12), 1)):
            self.plan(day)
            self.assertEqual(len(self.reminders(late)), expected)

    def test_saturday_plans_for_kinds_that_permit_it_but_no_letter(self):
        saturday = date(2026, 9, 12)  # +5: the call of +4 is still due
        line = self._watch(self._document(), on=saturday)
        self.assertEqual(self.plan(saturday), 0)
        line.kgw_case_id.kind_id.on_saturday = True
        self.assertEqual(self.plan(saturday), 1)
        letter = self._watch(
            self._document("L", buyer=self._party("List sp. z o.o.", email="", phone="")),
            on=self.day(8),
        )
        self.plan(date(2026, 9, 19))
        self.assertFalse(self.reminders(letter))
        self.plan(date(2026, 9, 21))
        self.assertEqual(self.channels(letter), ["letter"])

    # === WAYS === #

    def test_missing_contact_point_takes_the_fallback_channel_at_once(self):
        line = self._watch(self._document(buyer=self._party(email="")))
        self.plan(self.day(-5))
        reminder = self.reminders(line)
        self.assertEqual(
            (reminder.channel, reminder.template_id),
            ("sms", self._step("m5_email").fallback_template_id),
        )
        self.assertEqual(reminder.line_ids.channel, "sms")

    def test_counterparty_without_any_contact_point_is_recorded_as_no_route(self):
        party = self._party(email="", phone="", street="", zip="", city="")
        line = self._watch(self._document(buyer=party))
        self.run_day(self.day(-5))
        self.assertFalse(self.reminders(line))
        passed = self.events("passed", move_id=line.move_id.id, step_id=self._step("m5_email").id)
        self.assertEqual(passed.reason, "no_route")
        [task] = line.kgw_case_id.activity_ids
        self.assertEqual((task.user_id, task.date_deadline), (self.agent, self.day(-5)))
        task.action_done()
        self.run_day(self.day(2))  # somebody looked: no other task for each further step
        self.assertFalse(line.kgw_case_id.activity_ids)

    def test_consent_is_not_asked_for_what_could_not_go_out(self):
        self._step("p2_sms").needs_approval = True
        line = self._watch(self._document())
        case, number = line.kgw_case_id, self.env["kgw.decision"].search_count
        hold = self.hold(self.day(-4), case_id=case.id)
        self.plan(self.day(-3))
        self.assertFalse(number([("case_id", "=", case.id)]))
        hold._lift(self._at(self.day(-3), 18))
        line.no_followup = True
        self.plan(self.day(-2))
        self.assertFalse(number([("case_id", "=", case.id)]))
        line.no_followup = False
        self.plan(self.day(-1))
        self.assertEqual(number([("case_id", "=", case.id)]), 1)

    def test_holds_are_not_read_on_a_day_without_a_consent_to_ask_for(self):
        nobody = self.env["account.move.line"]
        self.env.flush_all()
        with self.assertQueryCount(0):
            self.assertFalse(self.env["kgw.decision"]._get_kept_back(nobody, DUE))

    def test_receivable_whose_payment_is_taken_back_gets_its_next_step_again(self):
        receivable = self._watch(self._document())
        self.pay(receivable, 1230, DUE)
        self.assertEqual((receivable.kgw_stage, receivable.kgw_next_date), ("closed", False))
        receivable.remove_move_reconcile()
        self.env["kgw.planner"]._run_day(DUE, self._at(DUE, 7))
        self.assertEqual(receivable.kgw_stage, "before_due")
        self.assertTrue(receivable.kgw_next_step_id)
