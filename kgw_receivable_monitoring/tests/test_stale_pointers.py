from datetime import timedelta
from unittest.mock import patch

from odoo.tests.common import tagged

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestStalePointers(KgwEngineCommon):
    """What the planner does not ask the course again about stands as the course would answer."""

    def setUp(self):
        super().setUp()
        self.drifted, self.spared, self.asked = [], 0, 0
        original = type(self.env["kgw.course.facts"])._find_stale

        def find(model, on_date, cases=None):
            stale = original(model, on_date, cases)
            self.check(on_date, stale)
            return stale

        watching = patch.object(type(self.env["kgw.course.facts"]), "_find_stale", find)
        watching.start()
        self.addCleanup(watching.stop)

    def check(self, on_date, stale):
        """Compare what is stored and not found stale with what the course says."""
        due = self.env["account.move.line"].search([("kgw_next_date", "<=", on_date)])
        due.invalidate_recordset()
        rest = due - stale
        self.spared, self.asked = self.spared + len(rest), self.asked + len(stale)
        answers = rest._kgw_get_courses(on_date) if rest else {}
        for line in rest:
            fresh = answers[line].next
            stored = (line.kgw_next_step_id.id, line.kgw_next_act, line.kgw_next_until)
            if not fresh or (fresh.step_id, fresh.act, fresh.until or False) != stored:
                self.drifted.append((on_date, line.kgw_next_step_id.name, fresh))

    def watch_all_sorts(self):
        """Watch counterparties with all and with some ways to reach them, early and late."""
        sorts = (
            {},
            {"email": ""},
            {"phone": ""},
            {"email": "", "phone": ""},
            {"email": "nobody", "phone": "12"},
        )
        buyers = [self._party(f"Firma {n} sp. z o.o.", **sort) for n, sort in enumerate(sorts)]
        dues = (DUE, DUE + timedelta(days=3), DUE - timedelta(days=9))
        return self._watch(
            *(
                self._document(f"{number}/{due}", due=due, buyer=buyer)
                for number, buyer in enumerate(buyers)
                for due in dues
            ),
            on=DUE - timedelta(days=7),
        )

    def live_through(self, scenario):
        self.mandate.scenario_ids.scenario_id = self.env.ref(f"{MODULE}.scenario_{scenario}")
        lines = self.watch_all_sorts()
        for number in range(-7, 40):
            day = DUE + timedelta(days=number)
            if number == 5:
                self.pay(lines[0], 1230, day)
            if number == 9:
                lines[5].kgw_case_id.contact_point_ids.filtered(
                    lambda p: p.kind == "phone"
                ).state = "wrong"
            self.run_day(day)
            if number % 2:
                self.reach_calls(day, "reached" if number % 3 else "no_answer")
        self.assertEqual(self.drifted, [])
        self.assertGreater(self.spared, 20)
        self.assertTrue(self.asked)

    def test_standard_scenario(self):
        self.live_through("standard")

    def test_scenario_of_consumers_with_conditions(self):
        self.live_through("consumer")

    def test_scenario_of_calls_only(self):
        self.live_through("calls")
