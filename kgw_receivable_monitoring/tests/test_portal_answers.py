from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE, MODULE
from .test_portal_decisions import LATE, DecisionCase


@tagged("post_install", "-at_install", "kgw")
class TestAnswers(DecisionCase):
    """An answer says what it would change before it is confirmed, and can be taken back until
    something has come of it."""

    def ask_for_consent(self):
        """Live until the e-mail after the due date is asked for; returns the question."""
        step = self.env.ref(f"{MODULE}.step_standard_p6_email")
        step.needs_approval = True
        lines = self.first | self.second
        lines._kgw_refresh_course(DUE - timedelta(days=5), self._at(DUE - timedelta(days=5), 6))
        self.run_days(DUE - timedelta(days=5), DUE + timedelta(days=2))
        asked = self.case.decision_ids
        self.assertEqual((asked.step_id, asked.state), (step, "open"))
        self.assertEqual(asked.deadline, DUE + timedelta(days=7))
        return asked

    def ask(self, kind, day=LATE):
        step = self.env.ref(f"{MODULE}.step_standard_p21_letter")
        lines = self.first | self.second
        return self.env["kgw.decision"]._ask(kind, step, lines, day, self._at(day, 7))

    def dispute(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")
        return self.env["kgw.dispute"]._open(self.first, reason, "", self._at(LATE, 7))

    def get_page(self, day, hour=12):
        return self.portal.with_context(kgw_now=self._at(day, hour))._get_case(self.case.id)

    # === WHAT WILL CHANGE === #

    def test_consent_says_when_it_goes_out_and_what_comes_next_and_nothing_stays(self):
        asked = self.ask_for_consent()
        effect = self.portal._foresee_answer(asked.id, "approve", self._at(asked.asked_on))
        [change] = effect["changes"]
        day = self.portal._format_date(asked._get_first_days(asked.asked_on)[asked])
        self.assertIn(day, " ".join(effect["words"]))
        self.assertIn("if you agree", change["before"])
        self.assertIn(day, change["after"])
        self.assertNotIn("if you agree", change["after"])
        self.assertEqual(change["cancelled"], [], "the question itself is no news")
        self.assertEqual((asked.state, asked.value), ("open", False))

    def test_ending_says_what_is_called_off(self):
        planned = self._plan(DUE - timedelta(days=3))
        asked = self.ask("horizon")
        effect = self.portal._foresee_answer(asked.id, "end", self._at(LATE))
        self.assertEqual(len(effect["changes"][0]["cancelled"]), 1)
        self.assertTrue(effect["at_once"])
        self.assertEqual(planned.state, "planned", "it is not confirmed yet")

    def test_answer_that_does_not_fit_is_refused_before_it_is_confirmed(self):
        asked = self.ask("horizon")
        with self.assertRaisesRegex(UserError, "does not fit"):
            self.portal._foresee_answer(asked.id, "approve", self._at(LATE))
        self.portal._decide(asked.id, "wait", self._at(LATE))
        with self.assertRaisesRegex(UserError, "already decided"):
            self.portal._foresee_answer(asked.id, "wait", self._at(LATE))

    def test_answer_to_a_dispute_says_how_contact_goes_on(self):
        self._plan(LATE)
        dispute = self.dispute()
        for value, said in (
            ("accept", "We contact nobody"),
            ("reject", "goes on by the scenario"),
            ("correction", "we wait for the correction"),
        ):
            effect = self.portal._foresee_dispute(dispute.id, value, {}, self._at(LATE))
            self.assertIn(said, " ".join(effect["words"]))
        self.assertEqual(dispute.state, "open")
        self.assertTrue(dispute.hold_ids.is_open)

    def test_day_of_a_correction_is_told_and_does_not_lie_in_the_past(self):
        dispute = self.dispute()
        values = {"until": (LATE + timedelta(days=3)).isoformat()}
        effect = self.portal._foresee_dispute(dispute.id, "correction", values, self._at(LATE))
        self.assertIn("Until 11 Sep 2026", effect["words"][0])
        values = {"until": (LATE - timedelta(days=1)).isoformat()}
        for act in (self.portal._foresee_dispute, self.portal._answer_dispute):
            with self.assertRaisesRegex(UserError, "in the past"):
                act(dispute.id, "correction", values, self._at(LATE))
        self.assertEqual(dispute.state, "open")

    def test_answer_about_what_was_handed_over_announces_no_contact(self):
        dispute = self.dispute()
        self._take("collection", hour=8)
        effect = self.portal._foresee_dispute(dispute.id, "reject", {}, self._at(LATE))
        self.assertEqual(effect["words"], ["We contact nobody about this invoice any more."])

    def test_waiting_promises_silence_only_where_nothing_is_to_come(self):
        asked = self.ask("horizon")
        page = self.get_page(LATE)
        self.assertTrue([stop for stop in page["plan"] if stop["act"] == "contact"])
        [told] = page["decisions"]
        self.assertIn("contacts that are still to come", told["default"])
        effect = self.portal._foresee_answer(asked.id, "wait", self._at(LATE))
        self.assertIn("contacts that are still to come", effect["words"][0])
        self._take("stop")
        [told] = self.get_page(LATE)["decisions"]
        self.assertIn("contact nobody", told["default"])

    def test_waiting_names_what_the_creditor_may_agree_to_beside_it(self):
        consent = self.ask_for_consent()
        day = consent.asked_on
        self.env["kgw.decision"]._ask(
            "horizon", consent.step_id, self.first, day, self._at(day, 11)
        )
        [told] = [d for d in self.get_page(day)["decisions"] if d["kind"] == "horizon"]
        self.assertIn("what you agree to", told["default"])

    # === TAKING BACK === #

    def test_consent_is_taken_back_with_what_it_planned_and_is_asked_again(self):
        asked = self.ask_for_consent()
        self.portal._decide(asked.id, "approve", self._at(asked.asked_on, 12))
        self.env["kgw.planner"]._run_day(asked.deadline, self._at(asked.deadline, 6))
        contact = self._get_open_reminder()
        self.assertEqual(contact.step_id, asked.step_id)
        self.portal._revoke(asked.id, self._at(asked.deadline, 7), "203.0.113.7")
        self.assertEqual((asked.state, asked.value, contact.state), ("open", False, "cancelled"))
        told = self.portal._get_events(self.case, "decisions")[0]
        [back] = [event for event in told if event["kind"] == "revoked"]
        self.assertEqual(back["decision"], self.portal._get_decision_noun("approve"))
        self.assertEqual(back["who"], self.user_a.name)
        self.portal._decide(asked.id, "refuse", self._at(asked.deadline, 12))
        self.assertEqual(asked.value, "refuse")

    def test_consent_is_not_taken_back_once_the_contact_is_on_its_way(self):
        asked = self.ask_for_consent()
        self.portal._decide(asked.id, "approve", self._at(asked.asked_on, 12))
        self.assertEqual([a["id"] for a in self.get_page(asked.asked_on)["answered"]], asked.ids)
        self.run_days(asked.asked_on + timedelta(days=1), asked.deadline)
        self.assertFalse(self.get_page(asked.deadline)["answered"])
        with self.assertRaisesRegex(UserError, "acted already"):
            self.portal._revoke(asked.id, self._at(asked.deadline, 18))

    def test_ending_is_not_taken_back_but_gone_on_from(self):
        asked = self.ask("horizon")
        self.portal._decide(asked.id, "end", self._at(LATE, 12))
        self.assertFalse(self.get_page(LATE, 13)["answered"])
        with self.assertRaisesRegex(UserError, "go on"):
            self.portal._revoke(asked.id, self._at(LATE, 13))

    def test_waiting_is_taken_back_until_its_deadline(self):
        asked = self.ask("horizon")
        self.portal._decide(asked.id, "wait", self._at(LATE, 12))
        over = asked.deadline + timedelta(days=1)
        with self.assertRaises(UserError):
            self.portal._revoke(asked.id, self._at(over))
        self.portal._revoke(asked.id, self._at(asked.deadline, 13))
        self.assertEqual(asked.state, "open")

    def test_answer_to_a_dispute_that_is_taken_back_holds_the_invoice_again(self):
        dispute = self.dispute()
        self.portal._answer_dispute(dispute.id, "reject", {"note": "Nie"}, self._at(LATE, 12))
        self.assertFalse(dispute.hold_ids.filtered("is_open"))
        [shown] = self.get_page(LATE, 13)["answered"]
        self.assertEqual((shown["what"], shown["id"]), ("dispute", dispute.id))
        self.portal._reopen_dispute(dispute.id, self._at(LATE, 13))
        self.assertEqual((dispute.state, dispute.answer_note), ("open", False))
        self.assertTrue(dispute.hold_ids.filtered("is_open"))
        told = self.portal._get_events(self.case, "decisions")[0]
        [back] = [event for event in told if event["kind"] == "revoked"]
        self.assertEqual(back["decision"], "Dispute rejected")
        self.portal._answer_dispute(dispute.id, "accept", {}, self._at(LATE, 14))
        self.assertEqual(dispute.state, "accepted")

    def test_answer_to_a_dispute_stands_once_the_counterparty_was_contacted(self):
        dispute = self.dispute()
        self.portal._answer_dispute(dispute.id, "reject", {}, self._at(LATE, 8))
        self.run_days(LATE, dispute.deadline)
        self.assertTrue([s for s in self._get_sent() if "FV A/1" in str(s)])
        with self.assertRaisesRegex(UserError, "can't be taken back"):
            self.portal._reopen_dispute(dispute.id, self._at(dispute.deadline, 18))

    def test_disputed_invoice_is_not_disputed_twice_by_taking_an_answer_back(self):
        dispute = self.dispute()
        self.portal._answer_dispute(dispute.id, "reject", {}, self._at(LATE, 8))
        self.dispute()
        with self.assertRaisesRegex(UserError, "can't be taken back"):
            self.portal._reopen_dispute(dispute.id, self._at(LATE, 9))
