from datetime import timedelta

from odoo.tests.common import tagged

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestDemandOfWhatIsNotKnown(KgwEngineCommon):
    """A demand of a newer invoice, with an older one on a softer rung going along with it."""

    def setUp(self):
        super().setUp()
        self.day = DUE + timedelta(days=10)
        self.company.kgw_coverage_days = 30
        documents = [
            self._document("STARA/1"),
            self._document("NOWA/2", due=DUE + timedelta(days=4)),
        ]
        self.old, self.new = self._watch(*documents)
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        self.mandate.coverage_date = DUE
        self.demand = self._draft(self.old | self.new, "p8_letter", self.day)
        softer = self.demand.line_ids.filtered(lambda line: line.receivable_id == self.old)
        softer.write({"role": "taken", "step_id": self._step("p2_sms").id, "rung": "reminder"})

    def judge(self):
        return self.env["kgw.gate"]._judge(self.demand, self._at(self.day)).reason

    def plan_of_creditor(self):
        """Return the steps of today that the creditor's page shows."""
        now, case = self._at(self.day), self.old.kgw_case_id
        portal = self.env["kgw.portal"].with_context(kgw_now=now)
        lines = case._get_open_receivables()
        plan = portal._get_plan(case, lines, portal._search_holds(case, lines))
        return [stop for stop in plan if stop["iso"] == self.day.isoformat()]

    def test_demand_waits_until_payments_are_known_of_what_it_demands(self):
        self.assertEqual(self.judge(), "coverage")
        self.mandate.coverage_date = self.day
        self.assertEqual(self.judge(), "")

    def test_demand_waits_as_a_whole_and_loses_nothing(self):
        self.dispatch("letter", self.day)
        self.assertEqual((self.demand.state, self.demand.waiting_reason), ("planned", "coverage"))
        self.assertFalse(self.demand.line_ids.filtered("void"))

    def test_demand_of_what_is_paid_goes_out_for_nothing_else(self):
        self.mandate.coverage_date = self.day
        self.pay(self.new, 1230, self.day)
        self.dispatch("letter", self.day)
        self.assertEqual(self.demand.state, "cancelled")

    def test_demand_of_what_is_on_hold_goes_out_for_nothing_else(self):
        self.mandate.coverage_date = self.day
        self.hold(self.day, move_id=self.new.move_id.id, reason="dispute")
        self.assertFalse(self.plan_of_creditor())
        self.dispatch("letter", self.day)
        self.assertEqual((self.demand.state, self.demand.waiting_reason), ("planned", "hold"))
