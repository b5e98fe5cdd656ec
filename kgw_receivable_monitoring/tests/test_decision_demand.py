from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools.course_values import Facts, Given, Step
from ..tools.demand import next_demand
from .common import DUE
from .test_portal_decisions import DecisionCase

DAY = date(2026, 9, 21)


class TestNextDemand(BaseCase):
    """Which demand may follow: a final one only after one that arrived and was not answered."""

    STEPS = (
        Step(1, 4, 2, channels=("sms",)),
        Step(2, 8, 4, channels=("letter",)),
        Step(3, 21, 5, channels=("letter",)),
    )

    def ask(self, done=(), given=(), steps=STEPS):
        facts = Facts(DUE, DUE, DUE, done=dict(done), given=dict(given))
        return next_demand(steps, facts, DAY)

    def test_demand_comes_first_also_where_it_was_passed_over(self):
        for done in ({}, {1: "reached"}, {2: "passed"}):
            self.assertEqual(self.ask(done).step_id, 2)

    def test_second_demand_waits_for_the_one_that_is_on_its_way(self):
        self.assertEqual(self.ask({2: "open"}).why, "open")
        self.assertEqual(self.ask({2: "unreached"}).why, "undelivered")

    def test_final_demand_waits_until_the_demand_arrived_and_its_time_is_over(self):
        done = {2: "reached"}
        waiting = (
            Given(),
            Given(DAY + timedelta(days=1), DAY + timedelta(days=8)),
            Given(DAY - timedelta(days=7), DAY),
        )
        for given in waiting:
            answer = self.ask(done, {4: given})
            self.assertEqual((answer.step_id, answer.why), (0, "waits"))
        over = Given(DAY - timedelta(days=8), DAY - timedelta(days=1))
        self.assertEqual(self.ask(done, {4: over}).step_id, 3)
        self.assertEqual(self.ask({**done, 3: "reached"}, {4: over, 5: over}).why, "given")
        self.assertEqual(self.ask(done, {4: over}, self.STEPS[:2]).why, "none")


@tagged("post_install", "-at_install", "kgw")
class TestAskedDemand(DecisionCase):
    """The creditor asks for a demand: planned in the next run, through the one gate."""

    DAY = DUE + timedelta(days=2)

    def _ask(self, day, hour=16):
        return self._take("ask_demand", day, hour=hour)

    def _get_demands(self, *states):
        found = self.reminders(self.first | self.second, *states)
        return found.filtered(lambda r: r.rung in ("demand", "final"))

    def test_demand_goes_out_before_its_day_and_only_once(self):
        self.run_days(DUE - timedelta(days=5), self.DAY)
        decision = self._ask(self.DAY)
        self.run_days(self.DAY + timedelta(days=1), DUE + timedelta(days=4))
        [demand] = self._get_demands()
        self.assertEqual((demand.state, demand.decision_id), ("sent", decision))
        self.assertLess(demand.contact_on, DUE + timedelta(days=8))
        self.assertGreaterEqual(demand.contact_on, self.DAY + timedelta(days=2), "the gap")
        self.assertEqual(demand.line_ids.receivable_id, self.first | self.second)
        self.run_days(DUE + timedelta(days=5), DUE + timedelta(days=14))
        self.assertEqual(len(self._get_demands("sent", "delivered")), 1)

    def test_demand_that_does_not_go_out_on_its_day_stays_planned(self):
        self.run_days(DUE - timedelta(days=5), self.DAY)
        self._ask(self.DAY)
        self._plan(self.DAY + timedelta(days=1))
        demand = self._get_open_reminder()
        self._plan(demand.planned_on + timedelta(days=1))
        self.assertEqual((demand.state, self._get_open_reminder()), ("planned", demand))

    def test_final_demand_follows_only_after_the_answer_time_and_needs_no_second_word(self):
        self.run_days(DUE - timedelta(days=5), self.DAY)
        self._ask(self.DAY)
        sent = DUE + timedelta(days=4)
        self.run_days(self.DAY + timedelta(days=1), sent)
        answer_by = self._get_demands().answer_by
        with self.assertRaisesRegex(UserError, "final demand may follow"):
            self._ask(sent)
        self.run_days(sent + timedelta(days=1), answer_by)
        self._ask(answer_by + timedelta(days=1), hour=6)
        self.assertFalse(self.case.decision_ids.filtered(lambda d: d.kind == "approval"))
        self.run_days(answer_by + timedelta(days=1), answer_by + timedelta(days=3))
        self.assertEqual(self._get_demands()[-1:].rung, "final")
        self.assertEqual(self._get_demands()[-1:].state, "sent")

    def test_power_of_attorney_that_does_not_cover_it_is_named_before_confirming(self):
        self.mandate.may_demand = False
        self.run_days(DUE - timedelta(days=5), self.DAY)
        before = self.env["kgw.reminder"].search([])
        for act in (self.portal._foresee, self.portal._take):
            with self.assertRaisesRegex(UserError, "power of attorney"):
                act("ask_demand", {}, self._at(self.DAY, 16), self.case.ids)
        self.assertEqual(self.env["kgw.reminder"].search([]), before)
        self.assertFalse(self.case.decision_ids)

    def test_page_tells_the_demand_that_will_be_planned(self):
        self.run_days(DUE - timedelta(days=5), self.DAY)
        effect = self.portal._foresee("ask_demand", {}, self._at(self.DAY, 16), self.case.ids)
        [change] = effect["changes"]
        self.assertIn("demand for payment", change["planned"][0])
        self.assertTrue(effect["words"])
        self.assertFalse(self._get_demands())

    def test_decision_that_is_kept_is_about_the_very_invoices_that_are_demanded(self):
        other = self._watch(
            self._document(
                "FV A/3",
                buyer=self._other_party("Budmax sp. z o.o.", 1),
                due=DUE + timedelta(days=20),
            )
        )
        self.run_days(DUE - timedelta(days=5), self.DAY)
        self.assertEqual(other.kgw_case_id, self.case)
        effect = self.portal._foresee("ask_demand", {}, self._at(self.DAY, 16), self.case.ids)
        decision = self._ask(self.DAY)
        self.assertEqual(decision.receivable_ids, self.first | self.second)
        owed = self.portal._sum_residuals(decision.receivable_ids)
        self.assertEqual(effect["amount"], self.portal._format_sums(owed))
        self.assertNotIn("FV A/3", decision.invoices)

    def test_nothing_is_demanded_before_the_due_date(self):
        with self.assertRaisesRegex(UserError, "overdue"):
            self._ask(DUE - timedelta(days=3))
        self.assertFalse(self.case.decision_ids)
