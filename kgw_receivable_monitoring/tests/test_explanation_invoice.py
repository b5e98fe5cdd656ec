from datetime import timedelta

from odoo.tests import tagged

from .common import DUE
from .simulation_common import KgwSimulationCommon


@tagged("post_install", "-at_install", "kgw")
class TestExplanationOfOneInvoice(KgwSimulationCommon):
    """One invoice of several: its own next contact and its own obstacles, not those of another."""

    def setUp(self):
        super().setUp()
        buyer = self._other_party("Budmax sp. z o.o.", 1)
        self.old, self.coming = self._watch(
            self._document("FV 1", buyer=buyer),
            self._document("FV 2", buyer=buyer, due=DUE + timedelta(days=14)),
        )
        self.day = DUE + timedelta(days=9)  # the information about the second goes out

    def test_settled_invoice_is_not_given_the_contact_of_another(self):
        self.pay(self.old, 1230, self.day - timedelta(days=3))
        self.env["kgw.planner"]._run_day(self.day, self._at(self.day, 7))
        self.assertEqual(self.reminders(self.coming).state, "planned")
        explanation = self.explain(self.old, self.day)
        self.assertFalse(explanation.step)
        self.assertFalse(explanation.obstacle_ids)

    def test_overdue_invoice_names_what_it_waits_for_itself(self):
        self.mandate.coverage_date = DUE - timedelta(days=1)
        self.env["kgw.planner"]._run_day(self.day, self._at(self.day, 7))
        self.assertFalse(self.reminders(self.old))
        explanation = self.explain(self.old, self.day)
        self.assertIn("coverage", self.obstacles(explanation))
        self.assertNotIn("due date", explanation.step.lower())

    def test_hold_of_one_invoice_is_named_with_it_on_the_case(self):
        self.hold(self.day, move_id=self.old.move_id.id)
        explanation = self.explain(self.old, self.day, whole_case=True)
        notes = explanation.obstacle_ids.filtered(lambda o: o.reason == "hold").mapped("why")
        self.assertTrue(notes)
        self.assertTrue(all("FV 1" in note for note in notes), notes)

    def test_hold_of_a_channel_that_is_not_taken_is_no_obstacle(self):
        self.pay(self.old, 1230, DUE)
        self.hold(self.day, channel="sms", reason="stop")
        self.assertNotIn("hold", self.obstacles(self.explain(self.coming, self.day)))
