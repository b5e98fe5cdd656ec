from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE, MODULE
from .test_portal_decisions import LATE, DecisionCase

UNTIL = LATE + timedelta(days=7)


@tagged("post_install", "-at_install", "kgw")
class TestLaterWord(DecisionCase):
    """The later word holds: nothing acts, and nothing is asked, that it has made idle."""

    def page(self, day=LATE, hour=12):
        portal = self.env["kgw.portal"].with_user(self.user_a)
        return portal.with_context(kgw_now=self._at(day, hour))

    def get_text(self, effect):
        return " ".join(effect["words"])

    def ask(self, step, lines=None, day=LATE, hour=7):
        lines = lines or self.first | self.second
        return self.env["kgw.decision"]._ask("approval", step, lines, day, self._at(day, hour))

    def get_final(self):
        return self.env.ref(f"{MODULE}.step_standard_p21_letter")

    def ask_for_demand(self, day):
        """Let consent to a demand be asked for, and the demand be asked for by the creditor."""
        self.run_days(DUE - timedelta(days=5), day)
        step = self.scenario.step_ids.filtered(lambda s: s.rung == "demand")[:1]
        step.needs_approval = True
        return self.ask(step, day=day, hour=8), self._take("ask_demand", day, hour=9)

    # === WHAT WAITS FOR THE NEXT RUN === #

    def test_refused_step_does_not_go_out_for_having_been_asked_for_before(self):
        day = DUE + timedelta(days=2)
        asked, asked_for = self.ask_for_demand(day)
        effect = self.page(day)._foresee_answer(asked.id, "refuse", self._at(day, 12))
        self.assertIn("taken back: a demand asked for", self.get_text(effect))
        self.page(day)._decide(asked.id, "refuse", self._at(day, 12))
        self.assertEqual(asked_for.state, "revoked")
        self.env["kgw.decision"]._carry_out_scheduled(self._at(day, 13))
        self.assertFalse(self._get_open_reminder().decision_id)

    def test_handing_over_takes_back_the_new_date_that_waits(self):
        day = UNTIL.isoformat()
        moved = self._take("new_date", until_date=day)
        values = {"note": ""}
        for kind in ("collection", "withdraw"):
            effect = self.page()._foresee(kind, values, self._at(LATE, 10), self.case.ids)
            self.assertIn("taken back: new due date", self.get_text(effect), kind)
        self._take("collection", hour=11)
        self.assertEqual(moved.state, "revoked")
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 12))
        self.assertNotEqual(self.first.date_maturity, UNTIL)

    def test_handing_over_one_invoice_leaves_the_new_date_of_the_other(self):
        moved = self._take("new_date", until_date=UNTIL.isoformat())
        now = self._at(LATE, 10)
        effect = self.page()._foresee("collection", {}, now, self.case.ids, self.first.ids)
        self.assertIn("(FV A/1)", self.get_text(effect))
        self.assertNotIn("(FV A/1, FV A/2)", self.get_text(effect))
        self._take("collection", hour=11, lines=self.first)
        self.assertEqual((moved.state, moved.receivable_ids), ("scheduled", self.second))
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 12))
        self.assertEqual(self.second.date_maturity, UNTIL)
        self.assertNotEqual(self.first.date_maturity, UNTIL)

    def test_stop_leaves_the_new_date_that_waits(self):
        """The counterparty is contacted no more; when it has to pay is another matter."""
        moved = self._take("new_date", until_date=UNTIL.isoformat())
        self._take("stop", hour=10)
        self.assertEqual(moved.state, "scheduled")

    def test_pause_of_the_very_second_of_a_go_on_stays(self):
        self._take("stop")
        self._take("go_on", hour=10)
        self._take("pause", hour=10, until_date=UNTIL.isoformat())
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 11))
        [left] = self.case.hold_ids.filtered("is_open")
        self.assertEqual(left.decision_id.kind, "pause")

    # === WHAT IS ASKED === #

    def test_settled_invoices_are_asked_about_no_more(self):
        step = self.scenario.step_ids.filtered(lambda s: s.kind == "question")[:1]
        lines = self.first | self.second
        ending = self.env["kgw.decision"]._ask("horizon", step, lines, LATE, self._at(LATE, 7))
        consent = self.ask(self.get_final(), self.first)
        payment = {"amount": "1230,00", "until_date": LATE.isoformat()}
        effect = self.page()._foresee("payment", payment, self._at(LATE), self.case.ids)
        [change] = effect["changes"]
        self.assertIn(consent.step_id.name, change["cancelled"][0])
        self._take("payment", **payment)
        self.assertEqual(consent.state, "revoked")
        self.assertEqual((ending.state, ending.receivable_ids), ("open", self.second))
        told = [e for e in self.page()._get_events(self.case)[0] if e["kind"] == "revoked"]
        self.assertEqual({event["reason"] for event in told}, {"Nothing is owed any more"})
        self._take("payment", amount="500,00", until_date=LATE.isoformat(), hour=10)
        self.assertEqual(ending.state, "revoked")
        self.assertEqual(self.page()._get_overview()["question_count"], 0)

    def test_consent_to_a_step_of_another_scenario_is_asked_for_no_more(self):
        asked = self.ask(self.get_final())
        other = self.scenario.copy({"name": "Łagodny"})
        trader = self.env.ref(f"{MODULE}.kind_sole_trader")
        self.mandate.scenario_ids = [(0, 0, {"kind_id": trader.id, "scenario_id": other.id})]
        values = {"scenario_id": str(other.id)}
        effect = self.page()._foresee("scenario", values, self._at(LATE), self.case.ids)
        self.assertIn(asked.step_id.name, effect["changes"][0]["cancelled"][0])
        self._take("scenario", **values)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 10))
        self.assertEqual(asked.state, "revoked")

    def test_consent_to_a_letter_is_asked_for_no_more_once_letters_are_not_wanted(self):
        day = DUE + timedelta(days=21)
        self.run_days(DUE - timedelta(days=5), day)
        [asked] = self.case.decision_ids.filtered(lambda d: d.kind == "approval")
        self.assertEqual(asked.state, "open")
        self._take("no_channel", day, channel="letter")
        self.assertEqual(asked.state, "revoked")

    def test_consent_is_asked_for_only_while_it_can_take_effect(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        last = LATE + timedelta(days=1)
        step = self.get_final()
        self.first.write(
            {"kgw_next_act": "approval", "kgw_next_step_id": step.id, "kgw_next_until": last}
        )
        self.assertEqual(self.ask(step, self.first).deadline, last)
        self.assertGreater(self.ask(step, self.second).deadline, last)

    def test_letter_that_waits_for_consent_stands_in_plan_and_list_as_one_that_may_come(self):
        day = DUE + timedelta(days=21)
        self.run_days(DUE - timedelta(days=5), day)
        [asked] = self.case.decision_ids.filtered(lambda d: d.kind == "approval")
        page = self.page(day, 18)
        [stop] = [
            s for s in page._get_case(self.case.id)["plan"] if s["step"] == asked.step_id.name
        ]
        self.assertEqual(stop["act_label"], "if you agree")
        self.assertGreaterEqual(stop["day_iso"], asked.deadline.isoformat())
        page._decide(asked.id, "approve", self._at(day, 18))
        plan = page._get_case(self.case.id)["plan"]
        [stop] = [s for s in plan if s["step"] == asked.step_id.name]
        self.assertEqual(stop["act_label"], "", "the creditor agreed")

    # === INSTALMENTS === #

    def agree(self, hour=9, first=UNTIL):
        self._take("instalments", number="2", until_date=first.isoformat(), hour=hour)
        return self.env["kgw.promise"].search([("case_id", "=", self.case.id)], limit=1)

    def test_instalments_under_a_pause_are_the_creditors_to_tell(self):
        self._take("pause", until_date=(LATE + timedelta(days=4)).isoformat())
        values = {"number": "2", "until_date": UNTIL.isoformat()}
        effect = self.page()._foresee("instalments", values, self._at(LATE, 10), self.case.ids)
        self.assertIn("please tell it yourself", effect["words"][0])
        self.assertFalse(effect["changes"][0]["planned"])
        self.agree(10)
        self.assertFalse(self._get_open_reminder())

    def test_what_is_paid_in_instalments_is_asked_about_once_they_have_ended(self):
        promise = self.agree(first=LATE + timedelta(days=26))
        self.run_days(LATE + timedelta(days=20), DUE + timedelta(days=26))
        self.assertFalse(self.case.decision_ids.filtered(lambda d: d.kind == "horizon"))
        promise._close("broken", self._at(DUE + timedelta(days=26)))
        self.run_day(DUE + timedelta(days=27))
        self.assertTrue(self.case.decision_ids.filtered(lambda d: d.kind == "horizon"))
        told = {event["kind_label"] for event in self.page()._get_events(self.case)[0]}
        self.assertLessEqual({"Instalments agreed", "Instalment not paid"}, told)

    def test_instalment_whose_day_is_past_is_awaited_until_it_is_decided(self):
        self.agree()
        page = self.page(UNTIL + timedelta(days=1))._get_case(self.case.id)
        awaited = [step["day_iso"] for step in page["plan"] if step["act"] == "payment"]
        self.assertEqual(awaited[0], UNTIL.isoformat())
        self.assertIn(f"by {self.portal._format_date(UNTIL)}", page["sentence"])

    # === A DEMAND THAT WAITS === #

    def test_demand_asked_for_says_what_it_demands_and_waits_for_payments(self):
        day = DUE + timedelta(days=2)
        self.run_days(DUE - timedelta(days=5), day)
        self.mandate.coverage_date = DUE - timedelta(days=9)
        effect = self.page(day)._foresee("ask_demand", {}, self._at(day, 12), self.case.ids)
        self.assertIn("It demands: FV A/1, FV A/2.", self.get_text(effect))
        self.assertIn("Payments are not known", effect["changes"][0]["after"])
        self._take("ask_demand", day, hour=12)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(day, 13))
        demand = self._get_open_reminder()
        self.assertEqual((demand.state, demand.waiting_reason), ("planned", "coverage"))

    def test_demand_asked_for_names_what_it_does_not_demand(self):
        day = DUE + timedelta(days=10)
        self.run_days(DUE - timedelta(days=5), day)
        self.assertIn("demand", self.reminders(self.first, "sent").mapped("rung"))
        buyer = self._other_party("Budmax sp. z o.o.", 1)
        self._watch(self._document("FV A/3", due=DUE + timedelta(days=7), buyer=buyer), on=day)
        self.env["account.move.line"]._kgw_flush_stages(day)
        effect = self.page(day)._foresee("ask_demand", {}, self._at(day, 12), self.case.ids)
        self.assertIn("It demands: FV A/3.", self.get_text(effect))
        self.assertIn("not demanded by it: FV A/1, FV A/2.", self.get_text(effect))

    # === OVER JSON-2 === #

    def test_refusals_name_the_field(self):
        for values, said in (
            ({"until_date": "10.12.2026"}, "^until_date: expected is a day"),
            ({"foo": "1"}, "^values: expected is one of: until_date, note; not “foo”"),
        ):
            with self.assertRaisesRegex(UserError, said):
                self.portal.foresee("pause", self.case.ids, values)
