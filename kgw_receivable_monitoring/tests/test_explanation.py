from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree

from odoo.tests import tagged
from odoo.tools.misc import format_date

from ..const_reasons import CURE_PLACES, CURES, HOLD_CURES, PLANNED_ANEW, REASONS
from ..models.kgw_hold import REASONS as HOLD_REASONS
from .common import DUE, MODULE
from .simulation_common import KgwSimulationCommon

PLAN_LINES = "odoo.addons.kgw_receivable_monitoring.models.kgw_portal_walk.PLAN_LINES"


@tagged("post_install", "-at_install")
class TestExplanation(KgwSimulationCommon):
    """What was done, what comes next, and everything that stands in the way with its cure."""

    def place(self, explanation, reason):
        """Return the record to which a reason leads."""
        line = explanation.obstacle_ids.filtered(lambda r: r.reason == reason)
        action = line.action_cure()
        if action["view_mode"] == "list":
            return self.env[action["res_model"]].search(action["domain"])
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_every_reason_has_a_cure(self):
        self.assertEqual([code for code, _text in CURES], [code for code, _text in REASONS])
        self.assertLessEqual(set(CURE_PLACES), dict(REASONS).keys())

    def test_every_hold_has_the_cure_of_its_reason(self):
        self.assertEqual(
            [code for code, _text in HOLD_CURES], [f"hold_{code}" for code, _text in HOLD_REASONS]
        )

    def test_unread_reply_is_cured_by_reading_it(self):
        line, day = self._overdue()
        self.hold(day, case_id=line.kgw_case_id.id, reason="reply")
        [obstacle] = self.explain(line, day).obstacle_ids.filtered(lambda r: r.reason == "hold")
        self.assertIn("I Have Read the Reply", obstacle.cure)

    def test_filters_leave_out_all_that_is_planned_anew(self):
        for model, name in (("kgw.event", "real"), ("kgw.reminder", "replanned")):
            view = self.env.ref(f"{MODULE}.{model.replace('.', '_')}_view_search")
            [found] = etree.fromstring(view.arch).xpath(f"//filter[@name='{name}']")
            [(_field, _operator, codes)] = literal_eval(found.get("domain"))
            with self.subTest(model=model):
                self.assertEqual({*codes} - {False}, {*PLANNED_ANEW})

    def test_nothing_in_the_way_says_what_comes_and_when(self):
        line = self._watch(self._document())
        explanation = self.explain(line, DUE - timedelta(days=7))
        self.assertFalse(explanation.obstacle_ids)
        self.assertEqual(explanation.step, self._step("m5_email").name)
        self.assertEqual(explanation.day, DUE - timedelta(days=5))
        self.assertEqual(explanation.next_ids.mapped("day"), [DUE - timedelta(days=5)])
        self.assertEqual(explanation.next_ids.invoice, "FV 1/09/2026")

    def test_invoice_that_is_held_or_excluded_by_itself_says_so(self):
        first, second = self._watch(self._document(), self._document("FV 2/09/2026"))
        hold = self.hold(DUE - timedelta(days=20), move_id=first.move_id.id)
        second.no_followup = True
        day = DUE - timedelta(days=5)
        self.assertEqual(self.place(self.explain(first, day), "hold"), hold)
        self.assertEqual(self.obstacles(self.explain(second, day)), {"no_followup"})

    def test_contact_of_a_sunday_is_told_with_its_working_day(self):
        line = self._watch(self._document(due=DUE - timedelta(days=3)))
        sunday = DUE - timedelta(days=1)
        self.assertEqual(sunday.weekday(), 6)
        self.assertEqual(self.explain(line, sunday).day, DUE)

    def test_all_obstacles_are_named_not_only_the_first(self):
        line = self._watch(self._document())
        case, day = line.kgw_case_id, DUE + timedelta(days=2)
        hold = self.hold(DUE - timedelta(days=20), case_id=case.id, note="asked by phone")
        other = self.hold(DUE - timedelta(days=20), mandate_id=self.mandate.id)
        self.mandate.coverage_date = DUE - timedelta(days=20)
        self.mandate.action_suspend()
        self.brand.sms_sender_approved = False
        explanation = self.explain(line, day)
        self.assertEqual(self.obstacles(explanation), {"hold", "mandate", "coverage", "sender"})
        held = explanation.obstacle_ids.filtered(lambda r: r.reason == "hold")
        self.assertEqual(set(held.mapped("res_id")), set((hold | other).ids))
        self.assertEqual(
            self.env["kgw.hold"].search(held[0].action_cure()["domain"]).id, held[0].res_id
        )
        self.assertEqual(self.place(explanation, "mandate"), self.mandate)
        self.assertEqual(self.place(explanation, "coverage"), self.mandate)
        self.assertEqual(self.place(explanation, "sender"), self.brand)
        self.assertIn("asked by phone", "".join(explanation.obstacle_ids.mapped("why")))
        self.assertTrue(all(explanation.obstacle_ids.mapped("cure")))

    def test_missing_payments_are_named_with_their_days_and_the_day_is_the_earliest(self):
        line = self._watch(self._document())
        self.mandate.coverage_date = known = DUE - timedelta(days=20)
        explanation = self.explain(line, DUE + timedelta(days=2))
        [waits] = explanation.obstacle_ids
        for day in (DUE, known):
            self.assertIn(format_date(self.env, day), waits.why)
        form = etree.fromstring(explanation.get_view(view_type="form")["arch"])
        shown = form.xpath("/form/group//field[@name='day']")
        self.assertEqual([f.get("string") for f in shown], [None, "At the Earliest On"])
        self.assertIn("obstacle_ids", shown[0].get("invisible"))

    def test_call_that_nobody_made_stands_once_under_what_was_not_done(self):
        line, day = self._overdue(4)
        call = self._draft(line, "p4_call", day, until=day + timedelta(days=1))
        self.run_day(day + timedelta(days=3))
        for whole_case in (True, False):
            explanation = self.explain(line, day + timedelta(days=3), whole_case=whole_case)
            told = explanation.passed_ids.filtered(lambda e: e.step_id == call.step_id)
            self.assertEqual(told.mapped("reason"), ["lapsed"])
        self.assertEqual(call.event_ids.mapped("kind").count("passed"), 0)
        events = line.kgw_case_id.event_ids.filtered(lambda e: e.step_id == call.step_id)
        self.assertEqual(events.mapped("reason").count("lapsed"), 1)

    def test_explaining_leaves_nothing_behind(self):
        line = self._watch(self._document())
        hold = self.hold(DUE - timedelta(days=20), case_id=line.kgw_case_id.id)
        self.mandate.action_suspend()
        events = self.env["kgw.event"].search_count([])
        self.explain(line, DUE + timedelta(days=2))
        self.env.invalidate_all()
        self.assertFalse(self.env["kgw.reminder"].search([]))
        self.assertEqual(self.env["kgw.event"].search_count([]), events)
        self.assertTrue(hold.is_open)
        self.assertEqual(self.mandate.state, "suspended")

    def test_mandate_that_ended_leaves_no_next_step_and_says_so(self):
        line = self._watch(self._document())
        self.mandate.action_end()
        self.assertFalse(line.kgw_next_date or line.kgw_next_step_id or line.kgw_next_act)
        self.run_day(DUE + timedelta(days=2))
        self.assertFalse(line.kgw_next_date)
        explanation = self.explain(line, DUE + timedelta(days=2))
        self.assertEqual(self.obstacles(explanation), {"mandate"})
        self.assertFalse(any(explanation.next_ids.mapped("day")))

    def test_waiting_reminder_leads_to_itself_and_its_template(self):
        line = self._watch(self._document())
        day = DUE + timedelta(days=2)
        self.env["account.move.line"]._kgw_flush_stages(day)
        reminder = self._draft(line, "p2_sms", day, waiting_reason="error", detail="KeyError")
        explanation = self.explain(line, day)
        self.assertEqual(self.obstacles(explanation), {"error"})
        self.assertEqual(self.place(explanation, "error"), reminder)
        reminder.waiting_reason = "text"
        explanation = self.explain(line, day)
        self.assertEqual(self.place(explanation, "text"), reminder.template_id)

    def test_uncertain_message_and_printed_letter_are_named(self):
        line = self._watch(self._document())
        reminder = self._draft(line, "m5_email", DUE - timedelta(days=5))
        reminder._set_state("claimed", self._at(DUE))._set_state("unknown", self._at(DUE))
        explanation = self.explain(line, DUE)
        self.assertEqual(self.place(explanation, "unknown"), reminder)
        reminder._mark_sent(self._at(DUE))
        day = DUE + timedelta(days=8)
        self.env["account.move.line"]._kgw_flush_stages(day)
        letter = self._draft(line, "p8_letter", day)
        self.dispatch("letter", day)
        explanation = self.explain(line, day)
        self.assertEqual(self.obstacles(explanation), {"posting"})
        self.assertEqual(self.place(explanation, "posting"), letter.print_run_id)

    def test_pause_after_a_contact_moves_the_day(self):
        lines = self._watch(
            self._document("FV 1"), self._document("FV 2", due=DUE + timedelta(days=1))
        )
        day = DUE - timedelta(days=5)
        self.run_day(day)
        explanation = self.explain(lines[1], day + timedelta(days=1), hour=7)
        self.assertEqual(explanation.step, self._step("m5_email").name)
        self.assertGreater(explanation.day, day)

    def test_question_to_the_creditor_is_told_as_open_with_its_last_day_and_what_silence_means(
        self,
    ):
        line, other = self._watch(
            self._document(), self._document("FV 2/09/2026", due=DUE + timedelta(days=60))
        )
        for number in range(-6, 22):
            day = DUE + timedelta(days=number)
            self.run_day(day)
            self.reach_calls(day)
            if self.env["kgw.decision"].search([("state", "=", "open")]):
                break
        explanation = self.explain(line, day, hour=18)
        decision = self.env["kgw.decision"].search([("state", "=", "open")])
        self.assertEqual(self.obstacles(explanation), {"question"})
        self.assertEqual(self.place(explanation, "question"), decision)
        said = explanation.obstacle_ids
        last = format_date(self.env, decision.deadline)
        for words in (decision.step_id.name, last, "Without an answer it is not sent"):
            self.assertIn(words, said.why)
        self.assertNotIn("did not agree", said.why)
        self.assertIn("portal", said.cure)
        self.assertEqual((explanation.step, explanation.day), (decision.step_id.name, False))
        self.assertFalse(self.obstacles(self.explain(other, day, hour=18)) & {"question"})
        self.assertIn("sent", explanation.done_ids.mapped("kind"))
        self.assertIn("condition", explanation.passed_ids.mapped("reason"))

    def test_settled_case_has_nothing_next(self):
        line = self._watch(self._document())
        self.pay(line, 1230, DUE - timedelta(days=6))
        explanation = self.explain(line, DUE - timedelta(days=5), whole_case=True)
        self.assertFalse(explanation.step or explanation.next_ids.mapped("step"))
        self.assertFalse(explanation.obstacle_ids)
        self.assertIn("payment", explanation.done_ids.mapped("kind"))

    def test_reasons_are_counted_by_mandate_and_week(self):
        line = self._watch(self._document())
        self._draft(line, "p2_sms", DUE)._set_state("cancelled", self._at(DUE), reason="paid")
        action = self.env.ref("kgw_receivable_monitoring.action_kgw_event_reason")
        groups = (
            self.env["kgw.event"]
            .with_user(self.agent)
            ._read_group(
                [("reason", "!=", False)], ["reason", "mandate_id", "at:week"], ["__count"]
            )
        )
        self.assertIn(("paid", self.mandate, 1), [(g[0], g[1], g[3]) for g in groups])
        self.assertEqual(action.res_model, "kgw.event")

    def test_confirmation_of_a_promise_is_the_next_contact(self):
        line = self._watch(self._document())
        day = DUE + timedelta(days=3)
        self.env["account.move.line"]._kgw_flush_stages(day)
        parts = [(day + timedelta(days=5), 100)]
        given = self.env["kgw.promise"]._give(line.kgw_case_id, line, parts, self._at(day, 5))
        explanation = self.explain(line, day)
        name = given.confirmation_ids.template_id.name
        self.assertEqual((explanation.step, explanation.day), (name, day))
        self.assertEqual(explanation.next_ids.mapped("step"), [name])

    def test_promised_invoice_waits_without_a_day_while_the_others_go_on(self):
        held, other = self._watch(
            self._document("FV 1"), self._document("FV 2", due=DUE + timedelta(days=1))
        )
        day = DUE - timedelta(days=7)
        hold = self.hold(day, move_id=held.move_id.id, reason="promise")
        told = {row.invoice: row for row in self.explain(held, day, whole_case=True).next_ids}
        self.assertEqual((told["FV 1"].day, told["FV 1"].act), (False, False))
        self.assertIn("On hold", told["FV 1"].step)
        self.assertEqual(told["FV 2"].step, self._step("m5_email").name)
        alone = self.explain(held, day)
        self.assertEqual((alone.step, alone.day), (self._step("m5_email").name, False))
        self.assertEqual(self.place(alone, "hold"), hold)
        self.assertEqual(self.explain(other, day).day, told["FV 2"].day)

    def test_explanation_and_case_page_say_what_the_creditor_reads(self):
        lines = self._watch(
            *(
                self._document(f"FV {number}", due=DUE + timedelta(days=number))
                for number in range(4)
            )
        )
        case, day = lines.kgw_case_id, DUE - timedelta(days=6)
        self.hold(day, move_id=lines[2].move_id.id, reason="dispute")
        portal = self.env["kgw.portal"].with_context(kgw_now=self._at(day, 10))
        holds = portal._search_holds(case, lines)
        plan = portal._get_plan(case, lines, holds)
        read = {line.id: portal._get_next(line, plan, holds) for line in lines}
        explained = self.explain(lines[0], day, whole_case=True).next_ids
        with freeze_time(self._at(day, 10)):
            shown = self.env["kgw.receivable"].with_user(self.agent).browse(lines.ids)
            for line in lines:
                row = explained.filtered(lambda r, line=line: r.invoice == line.move_id.kgw_number)
                page = shown.browse(line.id)
                self.assertEqual(row.step, read[line.id]["next_step"])
                self.assertEqual((page.coming, page.coming_on), (row.step, row.day))
                self.assertEqual(portal._format_date(row.day), read[line.id]["next_date"])
            self.assertEqual(case.coming_on, min(d for d in explained.mapped("day") if d))
        self.assertFalse(shown.browse(lines[2].id).coming_on)

    def test_case_of_a_list_names_what_is_planned_and_what_holds_it(self):
        line = self._watch(self._document())
        case, day = line.kgw_case_id, DUE - timedelta(days=5)
        self.plan(day)
        with freeze_time(self._at(day)):
            shown = (case.next_date, case.next_label)
            self.assertEqual(shown, (day, self._step("m5_email").name))
        self.hold(day, case_id=case.id)
        case.invalidate_recordset()
        self.assertFalse(case.next_date)
        self.assertIn("On hold", case.next_label)

    def test_case_of_a_list_says_why_all_its_invoices_wait(self):
        line = self._watch(self._document())
        case, day = line.kgw_case_id, DUE - timedelta(days=6)
        self.hold(day, case_id=case.id, move_id=line.move_id.id, reason="dispute")
        self.assertFalse(case.next_date)
        self.assertEqual(case.next_label, "On hold: The counterparty disputes the receivable")

    def test_call_that_waits_over_sunday_keeps_its_gap_from_monday(self):
        friday, sunday = DUE - timedelta(days=3), DUE - timedelta(days=1)
        late, soon = self._watch(
            self._document("FV 1", due=friday - timedelta(days=6)),
            self._document("FV 2", due=friday - timedelta(days=2)),
            on=friday - timedelta(days=9),
        )
        self.env["account.move.line"]._kgw_flush_stages(friday)
        self._draft(late, "p4_call", friday)
        told = {row.invoice: row for row in self.explain(late, sunday, whole_case=True).next_ids}
        self.assertEqual(told["FV 1"].day, DUE)
        gap = self.scenario.gap_after_days
        self.assertGreaterEqual(told["FV 2"].day, DUE + timedelta(days=gap))
        self.assertEqual(told["FV 2"].due_date, soon.date_maturity)

    def test_invoice_beyond_those_walked_goes_along_and_has_no_day_of_its_own(self):
        self.scenario.gap_before_days = 2
        lines = self._watch(
            *(
                self._document(f"FV {number}", due=DUE + timedelta(days=number // 2))
                for number in range(6)
            )
        )
        case, day = lines.kgw_case_id, DUE - timedelta(days=7)
        upcoming = self.env["kgw.upcoming"]
        whole = upcoming._tell(case, self._at(day))
        with patch(PLAN_LINES, 2):
            few = upcoming._tell(case, self._at(day))
        self.assertEqual(few.keys(), whole.keys())
        pointers = {line: line.kgw_next_date for line in lines}
        self.assertNotEqual({line: told.day for line, told in whole.items()}, pointers)
        days = {told.day for told in few.values()}
        for gap in (b - a for a, b in zip(sorted(days), sorted(days)[1:], strict=False)):
            self.assertGreaterEqual(gap.days, self.scenario.gap_before_days)
        self.assertEqual(few[lines[2]].day, whole[lines[2]].day)
