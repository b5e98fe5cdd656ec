from datetime import timedelta
from decimal import Decimal

from odoo.tests import tagged

from ..models.kgw_portal_figures import AGE_FIGURES, FIGURES, MONEY_FIGURES
from ..tools import words
from .common import DUE
from .test_portal_decisions import DecisionCase

DAY = DUE + timedelta(days=10)


@tagged("post_install", "-at_install", "kgw")
class TestFigures(DecisionCase):
    """What the overview adds up is what its list shows: the same sum, the same counterparties."""

    def setUp(self):
        super().setUp()
        # Overdue and partly paid; long over; not due yet; in another currency; paid in full.
        self.late = self.watch("FV L", DUE - timedelta(days=2), 3)
        self.over = self.watch("FV O", DUE - timedelta(days=40), 4)
        self.early = self.watch("FV E", DUE + timedelta(days=40), 5)
        self.euro = self.watch("FV EUR", DUE, 6, currency="EUR")
        self.done = self.watch("FV Z", DUE, 7)
        self.env["account.move.line"]._kgw_flush_stages(DAY)
        self.pay(self.late, "230.00")
        self.pay(self.done, "1230.00")
        parts = [(DAY + timedelta(days=5), 900)]
        self.env["kgw.promise"]._give(self.case, self.first, parts, self._at(DAY, 8))
        self.pay(self.first, "400.00")
        self.env["account.move.line"]._kgw_flush_stages(DAY)
        self.env["kgw.planner"]._run_day(DAY, self._at(DAY, 7))

    def watch(self, number, due, party, **values):
        buyer = self._other_party(f"Firma {party}", party)
        return self._watch(self._document(number, due=due, buyer=buyer, **values))

    def pay(self, line, amount):
        self.env["kgw.payment.list"]._mark_paid(
            self.creditor, line.ids, DAY, self._at(DAY, 9), {line.id: float(amount)}
        )

    @property
    def portal(self):
        return super().portal.with_context(kgw_now=self._at(DAY, 12))

    def add_up(self, tab):
        """Return ``(sum over the rows of a list, number of rows)``."""
        rows = self.portal._get_cases(tab=tab)
        total = {}
        for row in rows:
            for amount in row["figure"].split(", ") if row["figure"] else ():
                code, number = amount.split(words.NBSP)
                total[code] = total.get(code, 0) + Decimal(number.replace(",", ""))
        return self.portal._format_sums(total), len(rows)

    def test_figures_of_the_overview_are_the_sums_of_their_lists(self):
        overview = self.portal._get_overview()
        told = {
            "owed": overview["owed"],
            "late": overview["overdue"],
            "paid": overview["paid"],
            "promise": overview["promised"],
            **{age["tab"]: age["amount"] for age in overview["ages"]},
        }
        self.assertEqual(set(told), set(MONEY_FIGURES))
        for tab, amount in told.items():
            with self.subTest(tab=tab):
                total, number = self.add_up(tab)
                self.assertEqual(total, amount)
                self.assertEqual(self.portal._get_figure(tab)["amount"], amount)
                self.assertEqual(self.portal._count_cases(tab), number)
        self.assertIn("EUR", told["owed"])
        self.assertEqual(told["promise"], self.portal._format_money(500, "PLN"), "the rest of it")
        self.assertEqual(told["paid"], self.portal._format_money(1860, "PLN"))
        self.assertEqual(self.add_up("paid")[1], 3, "also who has paid in part")
        self.assertEqual(self.add_up("late")[1], 4, "also what is over")

    def test_payment_that_was_taken_back_is_off_the_figure(self):
        payment = self.env["kgw.payment"].search([("case_id", "=", self.done.kgw_case_id.id)])
        payment._withdraw(self._at(DAY, 10))
        overview = self.portal._get_overview()
        self.assertEqual(overview["paid"], self.portal._format_money(630, "PLN"))
        self.assertEqual(self.add_up("paid")[0], overview["paid"])

    def test_next_days_are_counted_as_they_are_listed(self):
        upcoming = self.portal._get_overview()["upcoming"]
        self.assertTrue(upcoming)
        for row in upcoming:
            self.assertEqual(self.portal._count_cases(row["tab"]), row["number"], row["tab"])
            self.assertEqual(len(self.portal._get_cases(tab=row["tab"])), row["number"])
        named = {c["id"] for row in upcoming for c in self.portal._get_cases(tab=row["tab"])}
        self.assertIn(self.late.kgw_case_id.id, named, "what is planned already")
        decide = self.env["kgw.portal"].with_user(self.user_a)
        decide._take("stop", {}, self._at(DAY, 11), self.late.kgw_case_id.ids)
        upcoming = self.portal._get_overview()["upcoming"]
        named = {c["id"] for row in upcoming for c in self.portal._get_cases(tab=row["tab"])}
        self.assertNotIn(self.late.kgw_case_id.id, named, "what is on hold does not come")

    def get_upcoming(self):
        return self.portal._get_overview()["upcoming"]

    def hold(self, **values):
        values |= {"reason": "stop", "note": "test", "from_date": DAY}
        return self.env["kgw.hold"].create(values)

    def test_next_days_bring_nothing_while_everything_is_stopped(self):
        before = self.get_upcoming()
        for values in ({}, {"mandate_id": self.mandate.id}):
            stop = self.hold(**values)
            self.assertFalse(self.get_upcoming(), values)
            stop._lift(self._at(DAY, 11))
        self.hold(mandate_id=self.other_mandate.id)
        self.assertEqual(self.get_upcoming(), before)

    def test_next_days_bring_nothing_of_what_may_have_gone_out(self):
        lines = self.env["account.move.line"].search([("kgw_case_id", "!=", False)])
        lines.kgw_next_date = False
        planned = self.env["kgw.reminder"].search(
            [("state", "=", "planned"), ("channel", "!=", "phone")]
        )
        self.assertTrue({row["tab"] for row in self.get_upcoming()} - {"week_phone"})
        for state in ("claimed", "unknown"):
            planned._set_state(state, self._at(DAY, 10))
        self.assertFalse({row["tab"] for row in self.get_upcoming()} - {"week_phone"})

    def test_figures_are_those_of_the_creditor_alone(self):
        foreign = self.env["kgw.portal"].with_user(self.user_b)
        foreign = foreign.with_context(kgw_now=self._at(DAY, 12))
        mine = self.add_up("owed")
        for tab in FIGURES:
            names = {row["counterparty"] for row in foreign._get_cases(tab=tab)}
            self.assertLessEqual(names, {"Inny"}, tab)
            self.assertLessEqual(foreign._count_cases(tab), 1, tab)
        self.assertEqual(
            foreign._get_figure("owed")["amount"], self.portal._format_money(1230, "PLN")
        )
        self.assertEqual(self.add_up("owed"), mine)
        self.assertEqual(foreign._get_figure("paid")["amount"], "")
        for tab in FIGURES:
            rows = self.env.execute_query(foreign._get_figure_query(tab))
            self.assertLessEqual({row[0] for row in rows}, set(self.theirs.kgw_case_id.ids), tab)

    def test_bar_of_ages_holds_what_its_days_say(self):
        found = {tab: {row["id"] for row in self.portal._get_cases(tab=tab)} for tab in AGE_FIGURES}
        self.assertEqual(found["age_0"], set(self.early.kgw_case_id.ids))
        self.assertEqual(found["age_4"], set(self.over.kgw_case_id.ids))
        self.assertIn(self.late.kgw_case_id.id, found["age_2"])
