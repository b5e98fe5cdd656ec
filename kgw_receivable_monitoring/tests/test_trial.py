from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tests.common import freeze_time

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestTrial(KgwEngineCommon):
    """In a trial run nobody but the named address and number is contacted."""

    def setUp(self):
        super().setUp()
        self.mandate.write(
            {
                "is_trial": True,
                "trial_email": "proba@agencja.example",
                "trial_phone": "600 100 200",
            }
        )
        self.line = self._watch(self._document())

    def test_trial_starts_by_its_button(self):
        self.mandate.is_trial = False
        with Form(self.mandate.with_user(self.manager)) as form:
            form.trial_email = "inna@agencja.example"
        self.mandate.with_user(self.manager).action_start_trial()
        self.assertTrue(self.mandate.is_trial)

    def test_questions_to_the_creditor_go_to_the_trial_address(self):
        self.env["kgw.creditor.mail"]._ask_payments(self.mandate, self.line, DUE, DUE)
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertEqual(mail.email_to, "proba@agencja.example")
        self.assertTrue(mail.subject.startswith("TEST "))

    def test_everything_goes_to_the_trial_address_marked_test(self):
        self.live(DUE - timedelta(days=5), DUE + timedelta(days=12))
        sent = self.reminders(self.line, "sent", "delivered")
        self.assertEqual(set(sent.mapped("channel")), {"email", "sms", "phone", "letter"})
        recipients = {r["recipient"] for r in self.gateways.sent}
        self.assertEqual(recipients, {"proba@agencja.example", "+48600100200"})
        for reminder in sent.filtered(lambda r: r.channel != "phone"):
            with self.subTest(channel=reminder.channel):
                self.assertIn("TEST", reminder.body)
                self.assertTrue(reminder.is_trial)
                self.assertNotIn("Polna", reminder.recipient)

    def test_agent_sees_the_trial_number(self):
        self.live(DUE - timedelta(days=5), DUE - timedelta(days=4))
        day = DUE - timedelta(days=3)
        self.run_day(day)
        call = self.reminders(self.line).filtered(lambda r: r.channel == "phone")
        with freeze_time(self._at(day)):
            call.with_user(self.agent).action_open_desk()
            desk = self.env["kgw.desk"].search([("reminder_id", "=", call.id)])
            self.assertEqual(desk.phone, "+48600100200")
            self.assertIn("TEST", desk.script)

    def call(self):
        """Return ``(call, day)``: the trial's first call, on the board."""
        self.live(DUE - timedelta(days=5), DUE - timedelta(days=4))
        day = DUE - timedelta(days=3)
        self.run_day(day)
        return self.reminders(self.line).filtered(lambda r: r.channel == "phone"), day

    def end_call(self, outcome, is_incoming=False, **values):
        """Record the outcome of the trial's call at the desk; return the call and what is said."""
        call, day = self.call()
        desks = self.env["kgw.desk"].with_user(self.agent)
        with freeze_time(self._at(day)):
            desk = desks._open(call.case_id, self._at(day), call, is_incoming=is_incoming)
            desk.write({"outcome": outcome, **values})
            return call, desk._save(self._at(day))

    def test_outcome_of_a_call_changes_nothing_of_the_counterparty(self):
        outcomes = {
            "will_pay": {"promise_on": DUE, "promise_amount": 100},
            "disputes": {
                "dispute_reason_id": self.env["kgw.dispute.reason"].search([], limit=1).id,
                "note": "nie zgadza się",
            },
            "paid": {},
            "complaint": {"note": "skarga"},
            "objection": {"note": "sprzeciw"},
            "insolvent": {"note": "upadłość"},
            "wrong_number": {},
            "passed_on": {"new_phone": "600 700 800", "note": "do księgowej"},
        }
        case = self.line.kgw_case_id
        points = case.contact_point_ids
        before = {(point.value, point.state) for point in points}
        for outcome, values in outcomes.items():
            with self.subTest(outcome=outcome), self.cr.savepoint() as point:
                _call, said = self.end_call(outcome, **values)
                self.assertFalse(case.promise_ids or case.dispute_ids or case.hold_ids)
                self.assertFalse(self.env["kgw.hold"].search([("move_id", "!=", False)]))
                after = {(point.value, point.state) for point in case.contact_point_ids}
                self.assertEqual(after, before)
                self.assertIn("TEST", said)
                point.rollback()
                self.env.invalidate_all()

    def test_counterparty_that_calls_us_is_no_trial(self):
        call, said = self.end_call("will_pay", is_incoming=True, promise_on=DUE, promise_amount=100)
        self.assertTrue(self.line.kgw_case_id.promise_ids)
        self.assertFalse(call.is_trial or said)

    def test_trial_is_said_on_card_desk_case_and_in_the_history(self):
        call, day = self.call()
        self.assertTrue(call.in_trial and call.case_id.is_trial)
        with freeze_time(self._at(day)):
            desk = (
                self.env["kgw.desk"].with_user(self.agent)._open(call.case_id, self._at(day), call)
            )
            self.assertTrue(desk.is_trial)
        self.reach_calls(day)
        for event in self.events("sent") | self.events("call"):
            self.assertTrue(event.headline.startswith("TEST · "), event.headline)

    def test_what_a_trial_did_not_do_is_not_counted_among_what_was_not_done(self):
        now, step = self._at(DUE + timedelta(days=4)), self._step("p4_call").id
        self.env["kgw.event"]._record_passed([(self.line, step, "lapsed")], now)
        [passed] = self.events("passed", step_id=step)
        reminder = self._draft(self.line, "p2_sms", DUE + timedelta(days=2))
        reminder.is_trial = True
        reminder._set_state("cancelled", now, reason="withdrawn")
        [cancelled] = self.events("cancelled", reminder_id=reminder.id)
        hold = self.hold(DUE, case_id=self.line.kgw_case_id.id)
        [real] = self.events("hold", case_id=hold.case_id.id)
        events = self.env["kgw.event"]
        of_trials = events.search([("is_trial", "=", True)])
        self.assertLessEqual(passed | cancelled, of_trials)
        self.assertIn(real, events.search([("is_trial", "=", False)]))
        self.assertFalse(of_trials & events.search([("is_trial", "=", False)]))
        action = self.env.ref(f"{MODULE}.action_kgw_event_reason")
        self.assertIn("search_default_no_trial", action.context)

    def test_calls_of_a_trial_are_no_results(self):
        self.end_call("reached")
        self.env.flush_all()
        self.assertFalse(self.env["kgw.call.report"].search([("mandate_id", "=", self.mandate.id)]))

    def test_letters_of_a_trial_have_a_run_of_their_own_and_go_to_the_brand(self):
        line, day = self._overdue(8, number="FV 8", buyer=self._other_party("Inna", 8))
        real = self._create_mandate("B", self.creditor, self.brand)
        other = self._watch(
            self._document("B 8", buyer=self._other_party("Druga", 9)), mandate=real
        )
        self.env["account.move.line"]._kgw_flush_stages(day)
        letters = [self._draft(one, "p8_letter", day) for one in (line, other)]
        self.dispatch("letter", day)
        trial, ordinary = (letter.print_run_id for letter in letters)
        self.assertEqual((trial.is_trial, ordinary.is_trial), (True, False))
        self.assertIn("TEST", trial.name)
        content = {"recipient": letters[0].recipient, "subject": "", "body": ""}
        values = self.env["kgw.text"]._get_values(letters[0], self._at(day))
        drawn = letters[0]._get_channel()._prepare_letter(letters[0], content, values)
        self.assertEqual(drawn["recipient_lines"][0]["line"], self.brand.name)

    def test_trial_takes_back_what_lies_printed_for_the_counterparty(self):
        self.mandate.is_trial = False
        line, day = self._overdue(8, number="FV 8", buyer=self._other_party("Inna", 8))
        letter = self._draft(line, "p8_letter", day)
        self.dispatch("letter", day)
        self.assertTrue(letter._is_printed())
        self.mandate.with_user(self.manager).action_start_trial()
        self.assertEqual(letter.state, "cancelled")

    def test_release_leaves_no_uncertain_trial_behind(self):
        self.gateways.answer = "unknown"
        self.run_day(DUE - timedelta(days=5))
        trial = self.reminders(self.line)
        self.assertEqual(trial.state, "unknown")
        self.mandate.with_user(self.manager).action_release_trial()
        self.assertFalse(trial._get_open() or trial.contact_on)

    def test_after_release_the_steps_are_taken_for_real(self):
        first = DUE - timedelta(days=5)
        self.run_day(first)
        trial = self.reminders(self.line)
        with freeze_time(self._at(first, 12)):
            self.mandate.with_user(self.manager).action_release_trial()
        self.run_day(first, 13)
        real = self.reminders(self.line) - trial
        self.assertEqual((real.step_id, real.recipient), (trial.step_id, "faktury@budmax.example"))
        self.assertFalse(real.is_trial or "TEST" in real.body)
        self.assertFalse(trial.contact_on)

    def release(self, day):
        with freeze_time(self._at(day, 12)):
            self.mandate.with_user(self.manager).action_release_trial()

    def get_questions(self, kind):
        domain = [("case_id", "=", self.line.kgw_case_id.id), ("kind", "=", kind)]
        return self.env["kgw.decision"].search(domain, order="id")

    def test_after_release_the_steps_are_free_that_made_way_for_those_of_the_trial(self):
        step, now = self._step("p4_call").id, self._at(DUE + timedelta(days=4))
        read = self.env["kgw.course.facts"]._read
        self.env["kgw.event"]._record_passed([(self.line, step, "lapsed")], now)
        [event] = self.events("passed", step_id=step)
        self.assertTrue(event.headline.startswith("TEST"))
        self.assertEqual(read(self.line)[self.line.id][1].done[step], "passed")
        with freeze_time(now):
            self.mandate.with_user(self.manager).action_release_trial()
        self.assertNotIn(step, read(self.line)[self.line.id][1].done)

    def test_after_release_the_creditor_is_asked_for_consent_for_real(self):
        self._step("p2_sms").needs_approval = True
        self.line = self._watch(self._document("FV 8", buyer=self._other_party("Inna", 8)))
        self.live(DUE - timedelta(days=5), DUE)
        trial = self.get_questions("approval")
        self.assertEqual((trial.state, trial.is_trial), ("open", True))
        self.assertEqual(self.get_recipient(trial), "proba@agencja.example")
        self.release(DUE)
        self.assertEqual(trial.state, "revoked")
        [told] = self.events("revoked", case_id=self.line.kgw_case_id.id)
        self.assertEqual(told.headline, "TEST · Question to the creditor withdrawn")
        self.assertIn("asked in a trial run", told.told)
        self.run_day(DUE, 13)
        self.run_day(DUE + timedelta(days=1))
        real = self.get_questions("approval") - trial
        self.assertEqual((real.state, real.is_trial), ("open", False))
        self.assertNotIn(self.get_recipient(real), (False, "proba@agencja.example"))

    def get_recipient(self, question):
        """Return where the e-mail about a question went."""
        link = f"#kgw_decision_{question.id}%"
        return self.env["mail.mail"].search([("body_html", "like", f"%{link}")]).email_to

    def test_silence_in_a_trial_gives_nothing_up_after_it(self):
        self._step("p2_sms").needs_approval = True
        line, day = self._overdue(-3, number="FV 8", buyer=self._other_party("Inna", 8))
        line._kgw_refresh_course(day, self._at(day, 6))
        step = self._step("p2_sms")
        asked = self.env["kgw.decision"]._ask("approval", step, line, day, self._at(day))
        asked._lapse(DUE + timedelta(days=4), self._at(DUE + timedelta(days=4)))
        self.assertEqual(asked.state, "lapsed")
        self.release(DUE + timedelta(days=4))
        self.assertEqual(asked.state, "revoked")
        self.env.flush_all()
        self.assertFalse(self.env["kgw.course.facts"]._read_approvals(line))

    def test_what_the_creditor_answered_in_a_trial_stays(self):
        step, day = self._step("p2_sms"), DUE - timedelta(days=3)
        asked = self.env["kgw.decision"]._ask("approval", step, self.line, day, self._at(day))
        asked._decide("refuse", self._at(day, 11))
        self.release(day)
        self.assertEqual((asked.state, asked.value), ("taken", "refuse"))

    def test_question_and_report_at_the_end_of_a_trial_are_due_again_after_it(self):
        steps = self.scenario.step_ids
        question = steps.filtered(lambda s: s.kind == "question")[:1]
        report = steps.filtered(lambda s: s.kind == "report")[:1]
        self.assertTrue(question and report)
        now, facts = self._at(DUE), self.env["kgw.course.facts"]
        asked = self.env["kgw.decision"]._ask("horizon", question, self.line, DUE, now)
        self.line.kgw_next_step_id = report
        self.env["kgw.creditor.mail"]._report(self.mandate, self.line, DUE, now)
        passed = {(self.line.id, question.id), (self.line.id, report.id)}
        self.assertEqual(set(facts._read_passed_steps(self.line)), passed)
        for event in self.events("question") | self.events("report"):
            self.assertTrue(event.headline.startswith("TEST · "), event.headline)
        self.release(DUE)
        self.assertEqual(asked.state, "revoked")
        self.env.flush_all()
        self.assertFalse(passed & set(facts._read_passed_steps(self.line)))
        self.env["kgw.decision"]._ask("horizon", question, self.line, DUE, now)
        left = passed & set(facts._read_passed_steps(self.line))
        self.assertEqual(left, {(self.line.id, question.id)})

    def test_trial_needs_an_address_and_a_number(self):
        for values in ({"trial_email": False}, {"trial_phone": "123"}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.mandate.write(values)
