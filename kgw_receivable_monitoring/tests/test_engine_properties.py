import random
from datetime import timedelta
from itertools import pairwise

from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from odoo.tests.common import tagged

from ..tools import calendar
from .common import DUE
from .engine_common import KgwEngineCommon

# A life takes ten seconds: few of them, the first that fails ends the test, and none is repeated
# to make it smaller. What happened in it is told instead.
LIVES = settings(
    max_examples=3,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
)
FIRST, DAYS = DUE - timedelta(days=8), 44
REACHED = ("sent", "delivered")


@tagged("post_install", "-at_install", "kgw")
class TestEngineProperties(KgwEngineCommon):
    """Whatever scenarios, payments, holds, late files, outages and gateways do: planner, gate and
    dispatcher together keep invariants 1 to 3 and the order of the rungs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._create_mandate(
            "B", cls._create_creditor("Wierzyciel B sp. z o.o.", "9991020013"), cls.brand
        )

    @given(st.integers(0, 10**6))
    @LIVES
    def test_any_life_keeps_the_invariants(self, seed):
        self.dice = random.Random(seed)
        with self.cr.savepoint() as point:
            self.gateways.answer = self.answer
            self.choose_scenarios()
            late = [self.prepare_document(number) for number in range(10)]
            for number in range(DAYS):
                self.spend(FIRST + timedelta(days=number), late)
            self.check_contacts()
            self.check_rungs()
            point.rollback()
        self.env.invalidate_all()

    # === A LIFE === #

    def tell(self, what, case=None):
        """Keep what happened: hypothesis shows the diary of the life that failed."""
        about = f" {case.mandate_id.code} {case.counterparty_id.name}" if case else ""
        note(f"{self.day:%d.%m}{about}: {what}")

    def choose_scenarios(self):
        self.day = FIRST
        for mandate in self.mandate | self.second:
            scenario = self.dice.choice(self.env["kgw.scenario"].search([]))
            self.tell(f"mandate {mandate.code} follows {scenario.name}")
            scenario = scenario.copy({"name": f"Los {mandate.code}"})
            scenario.gap_before_days = self.dice.choice((1, 2))
            scenario.gap_after_days = self.dice.choice((1, 2, 3))
            mandate.scenario_ids.scenario_id = scenario

    def prepare_document(self, number):
        """Return ``(day of the hand-over, mandate, document)``; some come after their due date."""
        buyer = self._other_party(f"Firma {number % 3}", number % 3)
        due = DUE + timedelta(days=self.dice.randrange(-5, 20))
        document = self._document(
            f"L {number}", due, self.dice.choice(("80.00", "5000.00")), buyer=buyer
        )
        entered = due + timedelta(days=self.dice.randrange(-10, 12))
        return entered, self.dice.choice((self.mandate, self.second)), document

    def spend(self, day, late):
        self.day = day
        for entered, mandate, document in late:
            if max(entered, FIRST) == day:
                line = self._watch(document, on=day, mandate=mandate)
                self.tell(f"{document.number} due {line.kgw_effective_due:%d.%m}", line.kgw_case_id)
        if self.dice.random() < 0.15:
            self.tell("an outage: nothing runs")
            self.interfere(day)
            return
        self.plan(day)
        self.interfere(day)
        self.run_day(day, self.dice.choice((8, 10, 17)), post=self.dice.random() < 0.8)
        if calendar.is_working_day(day):
            self.reach_calls(day, self.dice.choice(("reached", "reached", "no_answer")))

    def interfere(self, day):
        """Let people do what they do: pay, wait, agree, have a wrong number."""
        cases, now = self.env["kgw.case"].search([]), self._at(day, 6)
        lines = cases._get_open_receivables()
        if lines and self.dice.random() < 0.2:
            line = self.dice.choice(lines)
            share = self.dice.choice((0.3, 1))
            self.pay(line, round(line.amount_residual_currency * share, 2), day)
            self.tell(f"pays {share:.0%} of {line.move_id.kgw_number}", line.kgw_case_id)
        if lines and self.dice.random() < 0.15:
            line = self.dice.choice(lines)
            scope = self.dice.choice(
                (
                    {"case_id": line.kgw_case_id.id},
                    {"move_id": line.move_id.id},
                    {"case_id": line.kgw_case_id.id, "channel": "sms"},
                    {"mandate_id": line.kgw_case_id.mandate_id.id},
                )
            )
            until = day + timedelta(days=self.dice.randrange(5))
            self.hold(day, **scope, until_date=until)
            self.tell(f"a hold on {', '.join(scope)} until {until:%d.%m}", line.kgw_case_id)
        points = cases.contact_point_ids
        if points and self.dice.random() < 0.05:
            point = self.dice.choice(points)
            point.state = "wrong"
            self.tell(f"{point.kind} is wrong", point.case_id)
        for decision in cases.decision_ids.filtered(lambda d: d.state == "open"):
            if decision.kind == "approval" and self.dice.random() < 0.5:
                decision._decide("approve", now)
                self.tell(f"approved: {decision.step_id.display_name}", decision.case_id)

    def answer(self, reminder):
        """The gateway: invariant 2 holds for whatever comes to its door."""
        own = reminder._get_owed_lines()._get_own()
        stage = "before_due" if reminder.side == "before" else "overdue"
        self.assertTrue(own, "nothing is sent about what is not owed")
        for line in reminder._get_owed_lines().receivable_id:
            self.assertGreater(line.amount_residual_currency, 0)
            self.assertEqual(line.kgw_stage, stage, "not yet due and overdue never in one text")
            self.assertEqual(line.kgw_case_id, reminder.case_id, "creditors are never mixed")
        holds = self.env["kgw.hold"]._get_blocking(reminder, self.day)
        self.assertFalse(holds._covers(reminder), "a hold works before the gateway's call")
        self.assertEqual(reminder.mandate_id.state, "active")
        answer = self.dice.choices(("sent", "failed", "dead"), (85, 10, 5))[0]
        numbers = ", ".join(own.move_id.mapped("kgw_number"))
        self.tell(f"{reminder.channel} {reminder.rung} {numbers}: {answer}", reminder.case_id)
        return answer

    # === WHAT MUST HOLD AFTERWARDS === #

    def check_contacts(self):
        """At most one contact per case and day, and the gap of the scenario between steps."""
        made = self.env["kgw.reminder"].search([("contact_on", "!=", False)], order="contact_on")
        self.assertTrue(made)
        for case, contacts in made.grouped("case_id").items():
            for before, after in pairwise(contacts):
                scenario = case._get_scenario()
                gap = (
                    scenario.gap_before_days if after.side == "before" else scenario.gap_after_days
                )
                days = (after.contact_on - before.contact_on).days
                self.assertGreaterEqual(
                    days, gap if after.step_id else 1, f"{case.display_name} {after.contact_on}"
                )

    def check_rungs(self):
        """No final demand without a demand that took effect and whose answer time was over."""
        lines = self.env["kgw.reminder.line"].search(
            [("void", "=", False), ("step_id", "!=", False), ("reminder_id.state", "in", REACHED)]
        )
        for (move, instalment), own in lines.grouped(lambda r: (r.move_id, r.instalment)).items():
            taken = [(line.step_id, line.channel) for line in own]
            self.assertEqual(len(taken), len(set(taken)), f"{move.kgw_number}/{instalment}")
            demands = own.filtered(lambda line: line.rung == "demand").reminder_id
            for final in own.filtered(lambda line: line.rung == "final").reminder_id:
                answered = demands.filtered(lambda r, day=final.planned_on: r.answer_by < day)
                self.assertTrue(answered, "a final demand stands on a demand")
