from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DUE, MODULE
from .test_portal_decisions import LATE, DecisionCase

UNTIL = LATE + timedelta(days=7)
ELAPSED = DUE + timedelta(days=40)


@tagged("post_install", "-at_install", "kgw")
class TestTwoThingsAtOnce(DecisionCase):
    """Where two things keep a counterparty back, or undo each other, both are told."""

    def foresee(self, kind, hour=12, lines=None, **values):
        ids = lines.ids if lines else None
        return self.portal._foresee(kind, values, self._at(LATE, hour), self.case.ids, ids)

    def page(self, day=LATE, hour=12, user=None):
        portal = self.env["kgw.portal"].with_user(user or self.user_a)
        return portal.with_context(kgw_now=self._at(day, hour))

    def get_row(self, **values):
        [row] = self.page(**values)._get_cases(search="Budmax")
        return row

    def get_text(self, effect):
        return " ".join(effect["words"])

    def agree(self):
        """Agree to instalments; the e-mail that tells them is planned."""
        self._take("instalments", number="3", until_date=UNTIL.isoformat())
        return self._get_open_reminder()

    # === A PAUSE OVER INSTALMENTS === #

    def test_pause_names_the_message_that_it_calls_off_and_who_has_to_tell_then(self):
        confirmation = self.agree()
        name = confirmation.template_id.name
        effect = self.foresee("pause", until_date=UNTIL.isoformat())
        [told] = effect["changes"][0]["cancelled"]
        self.assertIn(name, told)
        self.assertIn("please tell the counterparty yourself", self.get_text(effect))
        self._take("pause", until_date=UNTIL.isoformat())
        self.assertEqual(confirmation.state, "cancelled")
        steps = [event["step"] for event in self.page()._get_events(self.case)[0]]
        self.assertIn(name, steps, "the history names it as well")

    def test_pause_beside_instalments_is_told_with_them(self):
        self.agree()
        self._take("pause", until_date=UNTIL.isoformat())
        sentence = self.page()._get_case(self.case.id)["sentence"]
        self.assertIn("You agreed to instalments", sentence)
        self.assertIn("You asked to wait", sentence)
        step = self.env.ref(f"{MODULE}.step_standard_p21_letter")
        both = self.first | self.second
        self.env["kgw.decision"]._ask("approval", step, both, LATE, self._at(LATE, 11))
        self.assertIn(sentence[-40:], self.page()._get_case(self.case.id)["sentence"])
        self.assertEqual(self.get_row()["blocked"].count("Contact is on hold"), 2)

    # === GOING ON === #

    def test_what_goes_on_after_its_end_says_that_nothing_comes(self):
        self._take("collection")
        self.env["account.move.line"]._kgw_flush_stages(ELAPSED)
        self._take("go_on", ELAPSED)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(ELAPSED, 10))
        row = self.get_row(day=ELAPSED)
        self.assertEqual((row["next_date"], row["next_step"]), ("", ""))
        self.assertEqual(row["blocked"], "The monitoring period is over: nothing more is planned.")
        self.assertIn(row["blocked"], self.page(ELAPSED)._get_case(self.case.id)["sentence"])

    def test_withdrawal_takes_back_what_was_to_go_on_and_says_so(self):
        self._take("stop")
        going_on = self._take("go_on", hour=10)
        said = self.get_text(self.foresee("withdraw"))
        self.assertIn("What waits for the next run is taken back: contact goes on.", said)
        self.assertEqual(going_on.state, "scheduled", "a preview takes nothing back")
        self._take("withdraw", hour=11)
        self.assertEqual(going_on.state, "revoked")
        self.assertFalse(self.get_row()["scheduled"])

    def test_withdrawal_of_one_invoice_leaves_what_goes_on_for_the_others(self):
        self._take("stop")
        going_on = self._take("go_on", hour=10)
        self._take("withdraw", hour=11, lines=self.first)
        self.assertEqual(going_on.state, "scheduled")

    def test_pause_leaves_what_ends_an_earlier_stop(self):
        self._take("stop")
        going_on = self._take("go_on", hour=10)
        self._take("pause", hour=11, until_date=UNTIL.isoformat())
        self.assertEqual(going_on.state, "scheduled")

    # === DAYS === #

    def test_contact_of_a_day_that_is_over_is_called_off_with_the_day_on_which_it_would_go(self):
        self.run_days(DUE - timedelta(days=5), DUE + timedelta(days=1))
        day = DUE + timedelta(days=2)
        planned = self._plan(day)
        night = self._at(day, 22)
        [change] = self.portal._foresee("stop", {}, night, self.case.ids)["changes"]
        told = self.page(day, 22)._get_case(self.case.id)["plan"][0]["day"]
        self.assertNotEqual(told, self.portal._format_date(day))
        self.assertEqual(planned.planned_on, day)
        self.assertIn(told, change["cancelled"][0])

    # === MONEY === #

    def test_payment_taken_back_under_instalments_says_what_they_do_not_cover(self):
        self._take("payment", amount="230,00", until_date=LATE.isoformat())
        self.agree()
        self.assertNotIn("taken back since", self.get_row()["blocked"])
        entry = self.first.matched_credit_ids.credit_move_id.move_id
        self.env["kgw.mirror"]._reverse(entry, self._at(LATE, 11), "returned")
        self.assertIn(
            f"{self.portal._format_money(230, 'PLN')} more is owed than was agreed",
            self.get_row()["blocked"],
        )

    def test_correction_that_is_waited_for_is_told_with_its_day(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")
        for line in self.first | self.second:
            dispute = self.env["kgw.dispute"]._open(line, reason, "", self._at(LATE, 7))
            dispute._answer("correction", "", self._at(LATE, 8), until=UNTIL)
        told = f"we wait for your correction until {self.portal._format_date(UNTIL)}"
        page = self.page()._get_case(self.case.id)
        self.assertIn(told, page["sentence"])
        self.assertIn(told, page["receivables"][0]["next_step"])

    # === STATE === #

    def test_counterparty_of_which_some_is_monitored_is_not_past_monitoring(self):
        self.env["account.move.line"]._kgw_flush_stages(ELAPSED)
        self.assertEqual(self.get_row(day=ELAPSED)["stage_label"], "After monitoring")
        self._watch(
            self._document(
                "FV A/3",
                due=ELAPSED + timedelta(days=9),
                buyer=self._other_party("Budmax sp. z o.o.", 1),
            )
        )
        page = self.page(ELAPSED)._get_case(self.case.id)
        for told in (self.get_row(day=ELAPSED), page):
            self.assertEqual(told["stage_label"], "Partly after monitoring")

    # === SCENARIO, DEMAND === #

    def test_other_scenario_names_the_steps_that_come_first(self):
        other = self.scenario.copy({"name": "Łagodny"})
        other.step_ids.filtered(lambda step: step.channel == "sms").unlink()
        trader = self.env.ref(f"{MODULE}.kind_sole_trader")
        self.mandate.scenario_ids = [(0, 0, {"kind_id": trader.id, "scenario_id": other.id})]
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        effect = self.foresee("scenario", scenario_id=str(other.id))
        self._take("scenario", scenario_id=str(other.id))
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 12))
        plan = self.page()._get_case(self.case.id)["plan"]
        for stop in plan[:4]:
            self.assertIn(f"{stop['day']} {stop['step']}", self.get_text(effect))

    def test_demand_asked_for_answers_the_question_for_consent_to_it(self):
        day = DUE + timedelta(days=2)
        self.run_days(DUE - timedelta(days=5), day)
        step = self.scenario.step_ids.filtered(lambda s: s.rung == "demand")[:1]
        step.needs_approval = True
        asked = self.env["kgw.decision"]._ask(
            "approval", step, self.first | self.second, day, self._at(day, 12)
        )
        effect = self.portal._foresee("ask_demand", {}, self._at(day, 13), self.case.ids)
        self.assertIn("is your consent to this step", self.get_text(effect))
        self.assertEqual(asked.state, "open", "a preview answers nothing")
        self._take("ask_demand", day, hour=13)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(day, 14))
        self.assertEqual((asked.state, asked.value), ("taken", "approve"))
        self.assertEqual(self._get_open_reminder().step_id, step)

    # === RIGHTS === #

    def test_refusal_names_the_right_that_is_missing(self):
        access = self.env["kgw.portal.access"].search([("user_id", "=", self.user_a.id)])
        access.write({"is_lead": False, "may_decide": True, "may_hand_over": False})
        with self.assertRaisesRegex(AccessError, "may not hand over"):
            self._take("withdraw")
        self.assertFalse(self.page()._get_overview()["terms"])
        access.may_decide = False
        with self.assertRaisesRegex(AccessError, "not decide"):
            self._take("pause", until_date=UNTIL.isoformat())
