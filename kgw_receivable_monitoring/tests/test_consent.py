from contextlib import closing
from datetime import timedelta

from odoo.tests.common import tagged

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestConsent(KgwEngineCommon):
    """The creditor's silence gives a step up only while the step could go out."""

    def setUp(self):
        super().setUp()
        self._step("p2_sms").needs_approval = True
        buyer = self._other_party("Budmax sp. z o.o.", 1)
        self.first = self._watch(self._document("FV 1", buyer=buyer))
        self.second = self._watch(self._document("FV 2", buyer=buyer))
        self.case = self.first.kgw_case_id
        self.run_days(self.day(-5), self.day(-3))
        self.asked = self.get_questions()
        self.assertEqual(self.asked.receivable_ids, self.first | self.second)
        self.assertEqual(self.asked.deadline, self.day(2))

    def day(self, offset):
        return DUE + timedelta(days=offset)

    def get_questions(self):
        return self.env["kgw.decision"].search(
            [("case_id", "=", self.case.id), ("kind", "=", "approval"), ("state", "=", "open")]
        )

    def get_given_up(self, lines):
        step = self._step("p2_sms").id
        rows = self.env["kgw.course.facts"]._read_passed_steps(lines)
        return [line_id for line_id, passed in rows if passed == step]

    def promise(self, lines, offset):
        amount = sum(lines.mapped("amount_residual_currency"))
        return self.env["kgw.promise"]._give(
            self.case, lines, [(self.day(offset), amount)], self._at(self.day(-2), 14)
        )

    # === HOLDS === #

    def test_promise_withdraws_the_question_at_once_and_says_why(self):
        self.promise(self.first | self.second, 3)
        self.assertEqual(self.asked.state, "revoked")
        [entry] = self.events("revoked", case_id=self.case.id)
        self.assertEqual((entry.reason, entry.step_id), ("hold", self._step("p2_sms")))
        self.assertEqual(entry.headline, "Question to the creditor withdrawn")
        self.assertIn("The counterparty promised to pay", entry.told)
        self.assertIn("10 Sep 2026", entry.told)

    def test_broken_promise_asks_again_and_consent_lets_the_step_come(self):
        given = self.promise(self.first | self.second, 3)
        day = self.day(3)
        while given.state == "open":
            self.assertFalse(self.get_questions())
            day += timedelta(days=1)
            self.run_day(day)
        self.assertFalse(self.get_given_up(self.first))
        asked = self.get_questions()
        self.assertGreater(asked.deadline, day + timedelta(days=2), "time to answer")
        asked._decide("approve", self._at(day, 14))
        following = self.first.kgw_next_step_id, self.first.kgw_next_act
        self.assertEqual(following, (self._step("p2_sms"), "contact"))

    def test_silence_during_whatever_keeps_the_contact_back_gives_nothing_up(self):
        ways = {
            "hold of the case": {"case_id": self.case.id},
            "holds of its invoices": {"move_id": self.first.move_id.id},
            "hold of the mandate": {"mandate_id": self.mandate.id},
            "stop of everything": {"reason": "stop"},
        }
        for name, values in ways.items():
            with self.subTest(name), closing(self.env.cr.savepoint()):
                holds = self.hold(self.day(-2), **values)
                if holds.move_id:
                    holds |= self.hold(self.day(-2), move_id=self.second.move_id.id)
                self.assert_asked_again_after(lambda holds=holds: holds._lift(self.evening))
            self.env.invalidate_all()

    def test_silence_while_nothing_may_go_out_gives_nothing_up(self):
        lines = self.first | self.second

        def set_silent(is_silent):
            lines.no_followup = is_silent

        ways = {
            "follow-up": (set_silent, True, False),
            "mandate": (self.mandate._set_state, "suspended", "active"),
        }
        for name, (write, off, on) in ways.items():
            with self.subTest(name), closing(self.env.cr.savepoint()):
                write(off)
                self.assert_asked_again_after(lambda write=write, on=on: write(on))
            self.env.invalidate_all()

    @property
    def evening(self):
        return self._at(self.day(4), 18)

    def assert_asked_again_after(self, end):
        self.plan(self.day(1))
        self.assertEqual(self.asked.state, "revoked")
        self.plan(self.day(4))
        self.assertFalse(self.get_questions())
        self.assertFalse(self.get_given_up(self.first | self.second))
        end()
        self.plan(self.day(7))
        asked = self.get_questions()
        self.assertEqual(asked.receivable_ids, self.first | self.second)
        self.assertEqual(asked.deadline, self.day(10))
        self.plan(self.day(11))
        self.assertEqual(asked.state, "lapsed", "silence counts again")

    def test_hold_that_begins_on_a_later_day_withdraws_the_question_on_that_day(self):
        hold = self.hold(self.day(1), case_id=self.case.id)
        hold.from_date = self.day(2)
        self.asked.state = "open"
        self.plan(self.day(1))
        self.assertEqual(self.asked.state, "open")
        self.plan(self.day(2))
        self.assertEqual(self.asked.state, "revoked")

    def test_hold_of_one_channel_leaves_the_question(self):
        self.hold(self.day(-2), case_id=self.case.id, channel="sms", until_date=self.day(5))
        self.plan(self.day(1))
        self.assertEqual(self.asked.state, "open")

    def test_question_goes_on_about_what_is_not_on_hold(self):
        self.promise(self.first, 20)
        self.assertEqual((self.asked.state, self.asked.receivable_ids), ("open", self.second))
        [entry] = self.events("revoked", case_id=self.case.id)
        self.assertEqual(entry.payload["invoices"], ["FV 1"])
        self.plan(self.day(3))
        self.assertEqual(self.asked.state, "lapsed")
        self.assertFalse(self.get_given_up(self.first))
        self.assertTrue(self.get_given_up(self.second))

    # === A MANAGER LOOKS FIRST === #

    def test_question_stays_while_a_manager_looks_at_unusually_many_contacts(self):
        brake = self.hold(self.day(-2), mandate_id=self.mandate.id, reason="volume")
        mails = self.env["mail.mail"].search_count([])
        self.plan(self.day(1))
        self.assertEqual(self.asked.state, "open")
        brake._lift(self._at(self.day(1), 18))
        self.plan(self.day(2))
        self.assertEqual((self.asked.state, self.get_questions()), ("open", self.asked))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails, "nobody is asked twice")
        self.plan(self.day(3))
        self.assertEqual(self.asked.state, "lapsed", "silence counts")

    def test_silence_while_a_manager_looks_gives_nothing_up(self):
        brake = self.hold(self.day(-2), mandate_id=self.mandate.id, reason="volume")
        self.plan(self.day(2))
        self.assertEqual(self.asked.state, "open")
        self.plan(self.day(4))
        self.assertEqual(self.asked.state, "revoked")
        self.assertFalse(self.get_given_up(self.first | self.second))
        brake._lift(self.evening)
        self.plan(self.day(7))
        self.assertEqual(self.get_questions().deadline, self.day(10))

    def test_hold_beside_that_of_a_manager_withdraws_the_question(self):
        self.hold(self.day(-2), mandate_id=self.mandate.id, reason="volume")
        self.hold(self.day(-2), case_id=self.case.id, until_date=self.day(20))
        self.assertEqual(self.asked.state, "revoked")

    # === WHAT THE PAGES TELL === #

    def get_portal(self, day):
        return self.env["kgw.portal"].with_context(kgw_now=self._at(day, 12), lang="en_US")

    def test_plan_tells_the_day_on_which_consent_is_asked_for_anew(self):
        end = self.day(4)
        self.hold(self.day(-2), case_id=self.case.id, until_date=end)
        portal, lines = self.get_portal(self.day(-2)), self.first | self.second
        plan = portal._get_plan(self.case, lines, portal._search_holds(self.case, lines))
        told = [stop["iso"] for stop in plan if stop["act"] == "approval"]
        self.run_days(self.day(-1), self.day(9))
        self.assertEqual(told[0], self.get_questions().asked_on.isoformat())

    def test_page_tells_when_what_is_asked_for_would_go_out(self):
        day = self.day(-2)
        [told] = self.get_portal(day)._prepare_decisions(self.asked)
        self.assertIn("goes out on 9 Sep 2026 at the earliest", told["consequence"], "on its day")
        hold = self.hold(day, case_id=self.case.id)
        hold._lift(self._at(self.day(7), 6))
        self.plan(self.day(7))
        [late] = self.get_portal(self.day(8))._prepare_decisions(self.get_questions())
        self.assertIn("goes out on 15 Sep 2026 at the earliest", late["consequence"], "at once")

    def test_history_tells_the_creditor_why_it_is_asked_no_more(self):
        self.promise(self.first | self.second, 3)
        portal = self.get_portal(self.day(-2))
        entry = portal._prepare_event(self.events("revoked", case_id=self.case.id))
        self.assertEqual(entry["kind_label"], "A question to you is withdrawn")
        self.assertEqual(entry["reason"], "Contact is on hold")
        self.assertIn("promised to pay. PLN\xa02,460.00 by 10 Sep 2026", entry["note"])
        self.assertFalse(entry["who"])

    def test_agent_without_rights_on_invoices_withdraws_it_by_a_hold(self):
        holds = self.env["kgw.hold"].with_user(self.agent)
        values = {"case_id": self.case.id, "reason": "other", "note": "test"}
        holds.with_context(kgw_now=self._at(self.day(-2))).create(
            {**values, "from_date": self.day(-2)}
        )
        self.assertEqual(self.asked.state, "revoked")
