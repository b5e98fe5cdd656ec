from datetime import timedelta

from freezegun import freeze_time

from odoo.tests.common import tagged
from odoo.tools.misc import format_date

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestScenarioChange(KgwEngineCommon):
    """A scenario changes while cases run by it."""

    def at(self, offset, hour=10):
        """Let it be an hour of the day ``offset`` days from the due date."""
        return freeze_time(self._at(DUE + timedelta(days=offset), hour))

    def passed(self, line):
        events = self.events("passed", move_id=line.move_id.id, reason="scenario")
        return set(events.step_id.mapped("offset_days"))

    def add_step(self, offset, rung="reminder", code="sms_reminder"):
        values = {
            "name": "New step",
            "offset_days": offset,
            "channel": "sms",
            "rung": rung,
            "template_id": self.env.ref(f"{MODULE}.kgw_template_{code}").id,
        }
        self.scenario.write({"step_ids": [(0, 0, values)]})
        return self.scenario.step_ids.filtered(lambda s: s.name == "New step")

    def test_moved_step_gives_running_receivables_another_next_day(self):
        line = self._watch(self._document())
        step = self._step("m5_email")
        with self.at(-7):
            self.scenario.write({"step_ids": [(1, step.id, {"offset_days": -4})]})
        self.assertEqual(line.kgw_next_step_id, step)
        self.assertEqual(line.kgw_next_date, DUE - timedelta(days=4))

    def test_next_day_that_is_told_keeps_the_gap_to_the_last_contact(self):
        line, day = self._overdue(2)
        self.run_day(day)
        self.assertEqual(self.reminders(line)[-1:].contact_on, day)
        change, now = self.env["kgw.scenario.change"], self._at(DUE + timedelta(days=3))
        step, case = self._step("p4_call"), line.kgw_case_id
        other = self.scenario.copy()
        moved = other.step_ids.filtered(lambda s: s.offset_days == step.offset_days)
        moved.offset_days = 3
        _result, [row] = change._carry_out(line, lambda: case.write({"scenario_id": other}), now)
        told = row[3][0][3]
        self.plan(DUE + timedelta(days=3))
        self.assertFalse(self.reminders(line, "planned"), "the gap is two days")
        self.plan(DUE + timedelta(days=4))
        self.assertEqual(told, format_date(self.env, self.reminders(line, "planned").planned_on))

    def test_next_day_that_is_told_comes_after_the_hold_that_is_in_force(self):
        line, day = self._overdue(2)
        step, case = self._step("p2_sms"), line.kgw_case_id
        until = DUE + timedelta(days=6)
        hold = self.hold(day, case_id=case.id, until_date=until)
        change, now = self.env["kgw.scenario.change"], self._at(day)
        [told] = change._take_picture(line, day).following.values()
        self.assertEqual((told[0], told[2]), (step.id, DUE + timedelta(days=7)))
        hold._lift(now)
        self.hold(day, case_id=case.id)
        [told] = change._take_picture(line, day).following.values()
        self.assertFalse(told[2], "nobody knows when")

    def test_step_written_without_its_scenario_is_followed_as_well(self):
        line = self._watch(self._document())
        with self.at(-7):
            self._step("m5_email").offset_days = -6
        self.assertEqual(line.kgw_next_date, DUE - timedelta(days=6))

    def test_step_added_onto_a_past_day_is_passed_by_what_runs_and_taken_by_what_comes(self):
        line, day = self._overdue(6)
        with self.at(6):
            step = self.add_step(1)
        self.assertEqual(self.passed(line), {1})
        self.run_days(day, DUE + timedelta(days=30))
        self.assertNotIn(step, self.reminders(line).step_id)
        other = self._watch(self._document(number="FV 2/09/2026", buyer=self._party("Alfa S.A.")))
        self.run_day(DUE + timedelta(days=1))
        self.assertIn(step, self.reminders(other).step_id)

    def test_other_text_takes_back_what_is_planned_with_the_old_one(self):
        line, day = self._overdue(2)
        self.plan(day)
        [planned] = self.reminders(line, "planned")
        other = planned.template_id.copy({"code": "sms_other"})
        for text in planned.template_id.text_ids:
            text.copy({"template_id": other.id})
        with self.at(2, 8):
            planned.step_id.template_id = other
        self.assertEqual((planned.state, planned.reason), ("cancelled", "changed"))
        self.plan(day)
        self.assertEqual(self.reminders(line, "planned").template_id, other)

    def test_pending_step_of_a_past_day_stays_due_when_another_one_changes(self):
        line, day = self._overdue(5)
        with self.at(5):
            self.scenario.write({"step_ids": [(1, self._step("p28_call").id, {"offset_days": 27})]})
        self.assertEqual(self.passed(line), set())
        self.assertEqual(line.kgw_next_step_id, self._step("p2_sms"))

    def test_step_that_was_taken_is_not_repeated_on_its_new_day(self):
        line, day = self._overdue(2)
        self.run_day(day)
        self.assertEqual(self.reminders(line).step_id, self._step("p2_sms"))
        with self.at(2, 15):
            self.scenario.write({"step_ids": [(1, self._step("p2_sms").id, {"offset_days": 3})]})
        self.run_days(day + timedelta(days=1), DUE + timedelta(days=12))
        steps = self.reminders(line).mapped("step_id")
        self.assertEqual(len(self.reminders(line)), len(steps), "a step was repeated")

    def test_removed_step_that_was_taken_stays_in_the_history_only(self):
        line, day = self._overdue(2)
        self.run_day(day)
        step, unused = self._step("p2_sms"), self._step("p28_call")
        with self.at(2, 15):
            self.scenario.write({"step_ids": [(2, step.id), (2, unused.id)]})
        self.assertFalse(step.active)
        self.assertFalse(unused.exists())
        self.assertNotIn(step, self.scenario.step_ids)
        self.assertEqual(self.reminders(line).step_id, step)

    def test_planned_reminder_of_a_removed_step_is_taken_back(self):
        line, day = self._overdue(2)
        self.plan(day)
        administrator = self._create_user("kgw_admin", "administrator")
        with self.at(2, 8):
            scenario = self.scenario.with_user(administrator)
            changes = {"step_ids": [(2, self._step("p2_sms").id)]}
            effect = scenario.action_preview_change(changes)
            scenario.write(changes)
        for part in ("of 1 monitored", "taken back and planned anew by the scenario: 1"):
            self.assertIn(part, effect)
            self.assertIn(part, self.mandate.message_ids[:1].body)
        reminder = self.reminders(line)
        self.assertEqual((reminder.state, reminder.reason), ("cancelled", "changed"))
        self.assertEqual(line.kgw_next_step_id, self._step("p4_call"))

    def test_planned_reminder_of_an_untouched_step_goes_out(self):
        line, day = self._overdue(2)
        self.plan(day)
        with self.at(2, 8):
            self.scenario.write({"step_ids": [(1, self._step("p28_call").id, {"offset_days": 27})]})
        self.assertEqual(self.reminders(line).state, "planned")

    def test_mandate_is_told_who_changed_what_and_how_many_follow(self):
        self._watch(self._document())
        administrator = self._create_user("kgw_admin", "administrator")
        with self.at(-7):
            self.scenario.with_user(administrator).write(
                {
                    "step_ids": [(1, self._step("m5_email").id, {"offset_days": -4})],
                    "gap_after_days": 3,
                }
            )
        message = self.mandate.message_ids[:1]
        self.assertEqual(message.author_id, administrator.partner_id)
        for part in ("Day: -5 → -4", "Gap After Due: 2 → 3", "of 1 monitored receivables"):
            self.assertIn(part, message.body)

    def test_change_that_moves_nothing_is_told_as_such_and_a_new_name_as_nothing(self):
        self._watch(self._document())
        with self.at(-7):
            self.scenario.write({"gap_after_days": 3})
        self.assertIn("No running case", self.mandate.message_ids[:1].body)
        count = len(self.mandate.message_ids)
        self.scenario.write({"description": "Other words"})
        self.scenario.write({"gap_after_days": 3})
        self.assertEqual(len(self.mandate.message_ids), count)

    def test_contact_that_is_planned_anew_is_told_though_the_next_step_stays(self):
        _line, day = self._overdue(2)
        self.plan(day)
        step = self._step("p2_sms")
        other = step.template_id.copy({"code": "sms_other"})
        with self.at(2, 8):
            effect = step.action_preview_change({"template_id": other.id})
        self.assertIn("taken back and planned anew by the scenario: 1", effect)
        self.assertIn("each of the monitored receivables (1) keeps its next step", effect)
        self.assertNotIn("0 of", effect)

    def test_days_of_promises_and_disputes_are_logged_and_the_open_ones_keep_theirs(self):
        line, day = self._overdue(2)
        given = self.env["kgw.promise"]._give(
            line.kgw_case_id, line, [(day + timedelta(days=1), 1230)], self._at(day)
        )
        checked = given.check_on
        answers = {"promise_grace_days": 5, "dispute_default": "accept"}
        with self.at(2, 11):
            effect = self.scenario.action_preview_change(answers)
            self.scenario.write(answers)
        self.assertIn("promises 1, disputes 0", effect)
        self.assertEqual(given.check_on, checked)
        for part in ("Grace for Promises: 2 → 5", "Without an Answer", "No running case"):
            self.assertIn(part, self.mandate.message_ids[:1].body)

    def test_preview_names_the_step_by_its_day_and_a_working_day(self):
        self._overdue(2)
        with self.at(6):  # a Sunday
            removed = {"step_ids": [(2, self._step("p2_sms").id)]}
            effect = self.scenario.action_preview_change(removed)
        self.assertIn(f"{self._step('p2_sms').name} (+2)", effect)
        self.assertIn(f"{self._step('p4_call').name} (+4)", effect)
        sunday, monday = (format_date(self.env, DUE + timedelta(days=day)) for day in (6, 7))
        self.assertIn(monday, effect)
        self.assertNotIn(sunday, effect)

    def test_preview_says_what_saving_does_and_leaves_nothing(self):
        line = self._watch(self._document())
        changes = {"step_ids": [(1, self._step("m5_email").id, {"offset_days": -4})]}
        before = (
            line.kgw_next_date,
            len(self.mandate.message_ids),
            self.env["kgw.event"].search_count([]),
        )
        with self.at(-7):
            effect = self.scenario.action_preview_change(changes)
            alone = self._step("m5_email").action_preview_change({"offset_days": -4})
        self.assertEqual(alone, effect)
        self.assertIn("of 1 monitored receivables", effect)
        after = (
            line.kgw_next_date,
            len(self.mandate.message_ids),
            self.env["kgw.event"].search_count([]),
        )
        self.assertEqual(before, after)
        self.assertEqual(self._step("m5_email").offset_days, -5)
        with self.at(-7):
            self.assertEqual(self.scenario.action_preview_change({"gap_after_days": 3}), "")
            self.scenario.write(changes)
        self.assertIn(effect.split("<table")[1], self.mandate.message_ids[:1].body)

    def test_another_scenario_of_the_mandate_begins_with_what_is_not_past(self):
        line, day = self._overdue(9)
        self.plan(day)
        gentle = self.env.ref(f"{MODULE}.scenario_gentle")
        with self.at(9):
            self.mandate.with_user(self.manager).scenario_ids.scenario_id = gentle
        self.assertEqual(self.passed(line), {-3, 3, 8})
        self.assertEqual(line.kgw_next_step_id.scenario_id, gentle)
        self.assertEqual(line.kgw_next_step_id.offset_days, 15)
        self.assertIn("The scenarios were changed", self.mandate.message_ids[:1].body)

    def test_another_kind_of_counterparty_means_its_scenario(self):
        consumer = self.env.ref(f"{MODULE}.scenario_consumer")
        kind = self.env.ref(f"{MODULE}.kind_consumer")
        self.mandate.write(
            {"scenario_ids": [(0, 0, {"kind_id": kind.id, "scenario_id": consumer.id})]}
        )
        line = self._watch(self._document())
        self.assertEqual(line.kgw_next_step_id.scenario_id, self.scenario)
        self.plan(DUE - timedelta(days=5))
        with self.at(-5):
            line.kgw_case_id.with_user(self.agent).kind_id = kind
        self.assertEqual(self.reminders(line).state, "cancelled")
        self.assertEqual(line.kgw_next_step_id.scenario_id, consumer)
