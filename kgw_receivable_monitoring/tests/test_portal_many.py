from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools.decision import SPECS
from .common import DUE, MODULE
from .test_portal_decisions import LATE, DecisionCase

UNTIL = (LATE + timedelta(days=9)).isoformat()
# Of each kind that is for many, values with which it can be decided.
MANY = {kind: {} for kind, spec in SPECS.items() if spec.many}
MANY |= {"pause": {"until_date": UNTIL}, "new_date": {"until_date": UNTIL}}
MANY |= {"no_channel": {"channel": "sms"}}
DAY = DUE + timedelta(days=2)


class ManyCase(DecisionCase):
    """A dozen counterparties: an SMS is planned for six of them, the other six are not due yet."""

    def setUp(self):
        super().setUp()
        self.scenario.copy({"name": "Inny"})
        trader = self.env.ref(f"{MODULE}.kind_sole_trader")
        other = self.scenario.search([("name", "=", "Inny")])
        self.mandate.scenario_ids = [(0, 0, {"kind_id": trader.id, "scenario_id": other.id})]
        self.values = {**MANY, "scenario": {"scenario_id": str(other.id)}}
        self.late = self.add(6, 10, DUE)
        self.early = self.add(6, 20, DUE + timedelta(days=20), currency="EUR")
        self.cases = self.late | self.early
        self.env["account.move.line"]._kgw_flush_stages(DAY)
        self.cases._get_open_receivables()._kgw_refresh_course(DAY, self._at(DAY, 6))
        self.env["kgw.planner"]._run_day(DAY, self._at(DAY, 7))

    def add(self, count, first, due, **values):
        numbers = range(first, first + count)
        lines = self._watch(
            *(
                self._document(
                    f"FV {n}",
                    due=due,
                    buyer=self._other_party(f"Firma {n} sp. z o.o.", n),
                    **values,
                )
                for n in numbers
            ),
            on=DUE - timedelta(days=7),
        )
        return lines.kgw_case_id.sorted("id")


@tagged("post_install", "-at_install", "kgw")
class TestTakingForMany(ManyCase):
    """Decisions of one act are taken and carried out together."""

    def test_taking_for_many_takes_no_more_queries_than_for_few(self):
        for kind in sorted(self.values):
            cases = self.late if kind == "ask_demand" else self.cases  # it is about what is overdue
            self.count_queries(kind, cases)  # what is read once per process
            more = self.count_queries(kind, cases) - self.count_queries(kind, cases[::3])
            # Odoo itself writes due dates invoice by invoice, and names each task.
            each = {"new_date": 5, "collection": 1, "withdraw": 1}.get(kind, 0)
            with self.subTest(kind=kind):
                self.assertLessEqual(more, each * len(cases) + 3)

    def count_queries(self, kind, cases):
        with closing(self.env.cr.savepoint()):
            if kind == "go_on":
                self.portal._take("stop", {}, self._at(DAY, 10), cases.ids)
            self.env.flush_all()
            self.env.invalidate_all()
            started = self.cr.sql_log_count
            self.portal._take(kind, self.values[kind], self._at(DAY, 12), cases.ids)
            self.env["kgw.decision"]._carry_out_scheduled(self._at(DAY, 13))
            self.env.flush_all()
            return self.cr.sql_log_count - started

    def test_one_that_can_not_be_carried_out_does_not_stop_the_others(self):
        now = self._at(DAY, 10)
        decisions = self.env["kgw.decision"]._take(
            "new_date", self.cases, self.values["new_date"], now
        )
        bad, kind = decisions[7], type(decisions)
        real, problem = kind._do_new_date, "nie da się"

        def do(records, now):
            if bad in records:
                raise UserError(problem)
            real(records, now)

        with patch.object(kind, "_do_new_date", do):
            self.env["kgw.decision"]._carry_out_scheduled(now)
        self.assertEqual((bad.state, bad.problem), ("impossible", problem))
        self.assertEqual(set((decisions - bad).mapped("state")), {"taken"})

    def test_decisions_about_one_counterparty_are_carried_out_in_their_order(self):
        now, decisions = self._at(DAY, 10), self.env["kgw.decision"]
        days = [DAY + timedelta(days=number) for number in (9, 12)]
        for day in days:
            for cases in (self.late[:1], self.late[1:2]):
                decisions._take("new_date", cases, {"until_date": day}, now)
        decisions._carry_out_scheduled(now)
        lines = self.late[:2]._get_open_receivables()
        self.assertEqual(set(lines.mapped("date_maturity")), {days[1]})
        self.assertEqual(set(lines.mapped("kgw_course")), {3})
