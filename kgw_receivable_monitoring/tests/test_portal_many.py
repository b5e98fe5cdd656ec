from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from ..tools.decision import SPECS
from . import test_portal_pages
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

    def foresee(self, kind, cases=None, **values):
        values = values or self.values[kind]
        cases = self.cases if cases is None else cases
        return self.portal._foresee(kind, values, self._at(DAY, 12), cases.ids)


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


@tagged("post_install", "-at_install", "kgw")
class TestMany(ManyCase):
    """Before a decision for many is confirmed, it is told what it does to each of them and to all."""

    # === EACH === #

    def test_each_of_many_is_told_what_comes_next_as_if_it_were_alone(self):
        self._take_for_all("stop", self.late[:3])
        for kind in sorted(self.values):
            told = self.foresee(kind, self.get_possible(kind))
            changes = {change["case_id"]: change for change in told["changes"]}
            for number in (0, 4, 8, 11):
                case = self.cases[number]
                with self.subTest(kind=kind, number=number):
                    if case.id not in changes:
                        continue
                    [alone] = self.foresee(kind, case)["changes"]
                    self.assertTrue(alone["after"])
                    self.assertEqual(changes[case.id], alone)

    def get_possible(self, kind):
        """Return those for which a decision of ``kind`` can be taken."""
        possible = self.cases.browse(self.foresee(kind)["case_ids"])
        self.assertGreater(len(possible), 2, kind)
        return possible

    def _take_for_all(self, kind, cases):
        self.portal._take(kind, {}, self._at(DAY, 10), cases.ids)

    def test_those_for_whom_it_is_not_possible_are_found_in_few_tries(self):
        self._take_for_all("stop", self.late[2])
        portal = self.env.registry["kgw.portal"]
        with patch.object(portal, "_trying", autospec=True, side_effect=portal._trying) as trying:
            effect = self.foresee("stop")
        [left_out] = effect["left_out"]
        self.assertEqual(left_out["counterparty"], "Firma 12 sp. z o.o.")
        self.assertNotIn("Firma 12", left_out["problem"])
        self.assertEqual(len(effect["changes"]), 11)
        self.assertLess(trying.call_count, 11)

    def test_what_stays_as_it_is_is_said_in_one_place(self):
        told = self.foresee("no_channel", channel="letter")
        self.assertEqual({change["stays"] for change in told["changes"]}, {True})
        self.assertFalse([change for change in self.foresee("stop")["changes"] if change["stays"]])

    def test_what_differs_is_asked_once_of_each(self):
        portal = self.env.registry["kgw.portal"]
        real = portal._find_difference
        with patch.object(portal, "_find_difference", autospec=True, side_effect=real) as asked:
            self.foresee("stop")
        self.assertEqual(asked.call_count, len(self.cases))

    # === ALL === #

    def test_contacts_are_counted_by_channel(self):
        told = self.foresee("pause")["in_all"]
        self.assertEqual(told["cancelled"], [{"label": "SMS", "number": 6}])
        self.assertFalse(told["planned"])
        calls = [{"label": "calls on the agents' board", "number": 2}]
        self.assertEqual(self.foresee("ask_call", self.late[:2])["in_all"]["planned"], calls)
        self._take_for_all("ask_call", self.late[:2])
        self.env["kgw.decision"]._carry_out_scheduled(self._at(DAY, 11))
        told = self.foresee("pause")["in_all"]
        self.assertEqual(told["cancelled"], [{"label": "SMS", "number": 4}, *calls])

    def test_what_comes_next_is_summed_up_by_currency(self):
        after = self.foresee("pause")["in_all"]["after"]
        [paused] = after
        self.assertIn("on hold until", paused["said"])
        self.assertEqual(paused["count"], "12\xa0counterparties")
        self.assertEqual(paused["amount"], "EUR\xa07,380.00, PLN\xa07,380.00")
        self.assertEqual(paused["amount"], self.foresee("pause")["amount"])

    def test_contact_that_goes_on_is_told_with_its_first_days(self):
        self._take_for_all("stop", self.cases)
        groups = self.foresee("go_on")["in_all"]["after"]
        [going] = [group for group in groups if group["said"].startswith("Contact goes on")]
        # Today, and five days before the Monday after the Sunday on which the later ones are due.
        self.assertEqual(going["said"], "Contact goes on, next from 9 Sep 2026 to 23 Sep 2026.")
        self.assertEqual(going["count"], "12\xa0counterparties")

    def test_those_whose_next_step_stays_are_counted(self):
        told = self.foresee("no_channel", channel="letter")["in_all"]
        self.assertEqual(
            told["unchanged"], "What comes next stays as it is for 12\xa0counterparties."
        )
        self.assertFalse(self.foresee("stop")["in_all"]["unchanged"])

    def test_contact_that_is_called_off_is_not_said_to_stay(self):
        for case in self.late:
            self.env["kgw.hold"].create({"case_id": case.id, "reason": "reply", "from_date": DAY})
        told = self.foresee("pause", self.late)
        self.assertEqual(told["in_all"]["cancelled"], [{"label": "SMS", "number": 6}])
        self.assertIn("A reply waits", told["in_all"]["after"][0]["said"])
        self.assertFalse(told["in_all"]["unchanged"])

    # === QUERIES === #

    def test_preview_of_many_takes_no_more_queries_than_one_of_few(self):
        self._take_for_all("stop", self.late[3:])
        sample = self.late[0] | self.late[5] | self.early[0]
        for kind in sorted(self.values):
            possible = self.get_possible(kind)
            few = possible & sample
            with self.subTest(kind=kind, few=len(few), many=len(possible)):
                more = self.count_queries(kind, possible) - self.count_queries(kind, few)
                # Odoo itself writes due dates invoice by invoice.
                self.assertLessEqual(more, 5 * len(possible) if kind == "new_date" else 3)

    def count_queries(self, kind, cases):
        self.foresee(kind, cases)  # what is read once per process
        self.env.flush_all()
        self.env.invalidate_all()
        started = self.cr.sql_log_count
        self.foresee(kind, cases)
        return self.cr.sql_log_count - started


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestManyOnThePage(ManyCase, HttpCase):
    _post = test_portal_pages.TestPortalPages._post

    def test_page_tells_all_first_and_folds_a_long_list(self):
        ids = ",".join(map(str, self.cases.ids))
        answer = self._post("/my/monitoring/decide", self.user_a, kind="stop", case_ids=ids)
        page = html.fromstring(answer.content)
        self.assertEqual(len(page.xpath("//ul[contains(@class, 'o_kgw_in_all')]/li")), 2)
        rows = page.xpath("//details//ul[contains(@class, 'o_kgw_changes')]/li")
        self.assertEqual(len(rows), 12)
        for row in rows:
            [name] = row.xpath("strong/text()")
            self.assertIn("nobody is contacted any more", row.text_content(), name)
        few = ",".join(map(str, self.late.ids))
        answer = self._post("/my/monitoring/decide", self.user_a, kind="stop", case_ids=few)
        page = html.fromstring(answer.content)
        self.assertFalse(page.xpath("//details//ul[contains(@class, 'o_kgw_changes')]"))
        self.assertEqual(len(page.xpath("//ul[contains(@class, 'o_kgw_changes')]/li")), 6)

    def test_confirmed_decision_names_whom_it_was_not_taken_for(self):
        self.portal._take("stop", {}, self._at(DAY, 10), self.late[0].ids)
        self._post(
            "/my/monitoring/decide",
            self.user_a,
            kind="stop",
            case_ids=",".join(map(str, self.late[:2].ids)),
            confirmed="1",
        )
        page = html.fromstring(self.url_open("/my/monitoring/counterparties").content)
        self.assertIn(f"{self.late[0].counterparty_id.name}: ", page.text_content())
        self.assertIn("it holds from this moment", page.text_content())
