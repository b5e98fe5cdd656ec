from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE
from .test_portal_decisions import LATE, DecisionCase

UNTIL = (LATE + timedelta(days=7)).isoformat()


@tagged("post_install", "-at_install", "kgw")
class TestDecisionsThatChangeNothing(DecisionCase):
    """What can't be, or would change nothing, is said before anything can be confirmed."""

    def refuse(self, kind, words, lines=None, **values):
        """Assert that neither preview nor decision is to be had, for the same reason."""
        ids = lines.ids if lines else None
        decisions = self.env["kgw.decision"].search([])
        for act in (self.portal._foresee, self.portal._take):
            with self.assertRaisesRegex(UserError, words, msg=kind), self.env.cr.savepoint():
                act(kind, values, self._at(LATE, 9), self.case.ids, ids)
        self.assertEqual(self.env["kgw.decision"].search([]), decisions)

    def settle(self):
        self._take("payment", amount="1730,00", until_date=LATE.isoformat())

    def test_what_is_settled_is_not_decided_about(self):
        self.settle()
        values = {"pause": {"until_date": UNTIL}, "new_date": {"until_date": UNTIL}}
        values["instalments"] = {"until_date": UNTIL, "number": "2"}
        values["payment"] = {"until_date": LATE.isoformat(), "amount": "1"}
        kinds = ("pause", "stop", "go_on", "new_date", "instalments", "payment", "waive")
        for kind in (*kinds, "warning", "ask_call", "ask_demand", "collection", "withdraw"):
            self.refuse(kind, "Everything is settled", **values.get(kind, {}))
        page = self.portal._get_case(self.case.id)
        offered = {offer["kind"] for offer in page["offers"]}
        self.assertEqual(
            offered, {"go_on", "stop", "no_channel", "contact", "withdraw"}, "what is to come"
        )
        self.assertFalse(page["presets"])
        self._take("stop", is_lasting="1")

    def test_going_on_lifts_no_dispute_and_says_what_does(self):
        self.refuse("go_on", "No decision of yours")
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        self.env["kgw.dispute"]._open(self.first, reason, "", self._at(LATE))
        self.refuse("go_on", "Answer the dispute", lines=self.first)
        parts = [(LATE + timedelta(days=5), 500)]
        self.env["kgw.promise"]._give(self.case, self.second, parts, self._at(LATE))
        self.refuse("go_on", "if the promise is not kept", lines=self.second)

    def test_what_holds_already_is_not_decided_again(self):
        self._take("pause", until_date=UNTIL)
        self.refuse("pause", "on hold until", until_date=UNTIL)
        self.refuse("ask_call", "“Go on” first")
        longer = (LATE + timedelta(days=9)).isoformat()
        self._take("pause", until_date=longer)
        self._take("stop", is_lasting="1")
        self.refuse("stop", "Nothing would change")
        self.refuse("pause", "Nothing would change", until_date="2026-12-01")
        self._take("no_channel", channel="email")
        self.refuse("no_channel", "not used already", channel="email")
        self.refuse("scenario", "already", scenario_id=str(self.scenario.id))
        self._take("contact", point_kind="email", note="nowy@budmax.example")
        self.refuse("contact", "already", point_kind="email", note=" nowy@budmax.example ")
        self._take("waive")
        self.refuse("waive", "already")
        self.assertEqual(self._take("waive", until_date=UNTIL).state, "taken")

    def test_new_date_that_is_the_old_one_changes_nothing(self):
        self._take("new_date", until_date=UNTIL)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 8))
        self.refuse("new_date", "due date already", until_date=UNTIL)

    def test_what_was_handed_over_is_first_taken_back(self):
        self._take("collection", lines=self.first)
        for kind, values in (
            ("instalments", {"number": "2", "until_date": UNTIL}),
            ("pause", {"until_date": UNTIL}),
            ("waive", {}),
            ("ask_demand", {}),
        ):
            self.refuse(kind, "FV A/1: handed over", lines=self.first, **values)
        self.refuse("collection", "Nothing would change", lines=self.first)
        values = {"number": "2", "until_date": UNTIL}
        effect = self.portal._foresee("instalments", values, self._at(LATE, 9), self.case.ids)
        self.assertEqual(effect["amount"], self.portal._format_money(500, "PLN"), "of the others")
        decision = self._take("instalments", **values)
        self.assertEqual((decision.state, decision.receivable_ids), ("taken", self.second))
        self._take("go_on")
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 10))
        self._take("waive")

    def test_question_answered_with_handing_over_counts_as_well(self):
        step = self.scenario.step_ids.filtered(lambda s: s.kind == "question")[:1]
        question = self.env["kgw.decision"]._ask(
            "horizon", step, self.first, LATE, self._at(LATE, 7)
        )
        self.portal._decide(question.id, "hand_over", self._at(LATE, 8))
        self.refuse("pause", "handed over", lines=self.first, until_date=UNTIL)
        self.refuse("collection", "Nothing would change", lines=self.first)

    def test_nobody_is_stopped_whom_nobody_contacts(self):
        over = DUE + timedelta(days=60)
        self.env["account.move.line"]._kgw_flush_stages(over)
        self.assertEqual(self.case.stage, "elapsed")
        for kind, values in (("pause", {"until_date": "2026-12-31"}), ("stop", {}), ("go_on", {})):
            self.refuse(kind, "Monitoring of these invoices is over", **values)

    def test_of_many_those_that_are_not_possible_are_left_out_and_named(self):
        buyer = self._other_party("Zapłacone sp. z o.o.", 9)
        other = self._watch(self._document("FV A/9", buyer=buyer)).kgw_case_id
        self._take("stop", is_lasting="1")
        both = [self.case.id, other.id]
        effect = self.portal._foresee("stop", {"is_lasting": "1"}, self._at(LATE, 9), both)
        self.assertEqual(effect["case_ids"], other.ids)
        self.assertEqual([row["counterparty"] for row in effect["left_out"]], ["Budmax sp. z o.o."])
        self.assertIn("ended by your decision", effect["left_out"][0]["problem"])
        self.assertEqual(effect["count"], self.portal._count(1, "counterparty"))

    def test_of_many_it_is_taken_for_those_for_which_it_can_be(self):
        buyer = self._other_party("Inne sp. z o.o.", 9)
        other = self._watch(self._document("FV A/9", buyer=buyer)).kgw_case_id
        self._take("stop", is_lasting="1")
        for kind, values in (("ask_call", {}), ("stop", {"is_lasting": "1"})):
            with self.subTest(kind=kind):
                asked = kind, values, self._at(LATE, 9), [self.case.id, other.id]
                foreseen = self.portal._foresee(*asked)
                taken = self.portal._take(*asked)
                self.assertEqual(taken["case_ids"], other.ids)
                self.assertEqual(taken["left_out"], foreseen["left_out"], "as the page said")
                [row] = taken["left_out"]
                self.assertEqual(
                    (row["case_id"], row["counterparty"]), (self.case.id, "Budmax sp. z o.o.")
                )
                self.assertTrue(row["problem"])
                self.assertIn(kind, other.decision_ids.mapped("kind"))

    def test_of_many_for_none_of_which_it_can_be_all_is_refused(self):
        buyer = self._other_party("Inne sp. z o.o.", 9)
        other = self._watch(self._document("FV A/9", buyer=buyer)).kgw_case_id
        both = [self.case.id, other.id]
        self.portal._take("stop", {"is_lasting": "1"}, self._at(LATE, 8), both)
        count = self.env["kgw.decision"].search_count([])
        with self.assertRaisesRegex(UserError, "Nothing would change"):
            self.portal._take("stop", {"is_lasting": "1"}, self._at(LATE, 9), both)
        self.assertEqual(self.env["kgw.decision"].search_count([]), count)

    def test_amount_of_a_demand_is_that_of_its_own_invoices(self):
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        day = DUE + timedelta(days=2)
        self.run_days(DUE - timedelta(days=5), day)
        self.env["kgw.dispute"]._open(self.second, reason, "", self._at(day))
        effect = self.portal._foresee("ask_demand", {}, self._at(day, 16), self.case.ids)
        self.assertEqual(effect["amount"], self.portal._format_money(1230, "PLN"))
        self.assertEqual(effect["left"], effect["amount"])
        effect = self.portal._foresee("stop", {}, self._at(day, 16), self.case.ids)
        self.assertEqual(effect["amount"], self.portal._format_money(1730, "PLN"))

    def test_amount_of_a_call_is_that_of_no_other_contact(self):
        sent = self._plan(DUE - timedelta(days=3))
        sent._set_state("claimed", self._at(DUE - timedelta(days=3), 10))
        sent._set_state("unknown", self._at(DUE - timedelta(days=3), 10))
        self._take("payment", lines=self.first, amount="1230,00", until_date=LATE.isoformat())
        values = self._at(LATE, 9), self.case.ids, self.second.ids
        effect = self.portal._foresee("ask_call", {}, *values)
        self.assertEqual((effect["amount"], effect["left"]), ("", ""), "the controller is asked")

    def test_going_on_says_that_closed_channels_open_again(self):
        self._take("no_channel", channel="email")
        self.env["kgw.hold"].create(
            {"case_id": self.case.id, "reason": "other", "channel": "sms", "from_date": DUE}
        )
        effect = self.portal._foresee("go_on", {}, self._at(LATE, 9), self.case.ids)
        self.assertEqual(effect["words"], ["Closed channels are used again: E-mail."])
