from datetime import timedelta

from odoo.tests import tagged

from ..tools import calendar
from .common import DUE
from .engine_common import KgwEngineCommon

FIRST = DUE - timedelta(days=7)


@tagged("post_install", "-at_install", "kgw")
class TestPortalPlan(KgwEngineCommon):
    """What the creditor's page tells beforehand is what the engine then does."""

    def setUp(self):
        super().setUp()
        buyer = self._other_party("Budmax sp. z o.o.", 1)
        self.lines = self._watch(
            *(
                self._document(f"FV {days}", due=DUE + timedelta(days=days), buyer=buyer)
                for days in (0, 1, 9)
            ),
            on=FIRST,
        )
        self.case = self.lines.kgw_case_id

    def get_plan(self, day, lines=None):
        portal = self.env["kgw.portal"].with_context(kgw_now=self._at(day, 6))
        return portal._get_plan(self.case, lines or self.case._get_open_receivables())

    def get_told(self, plan):
        """Return ``(day, step)`` of the contacts of a plan."""
        return [(step["iso"], step["step"]) for step in plan if step["act"] == "contact"]

    def agree(self, day):
        questions = self.case.decision_ids.filtered(lambda d: d.state == "open")
        questions.filtered(lambda d: d.kind == "approval")._decide("approve", self._at(day, 16))

    def get_done(self, first, last):
        """Live from ``first`` on and return ``(day, step)`` of what went out."""
        self.live(first, last, self.agree)
        made = self.reminders(self.lines).filtered(
            lambda r: r.contact_on and first <= r.contact_on <= last
        )
        made = made.sorted(lambda r: (r.contact_on, r.id))
        return [(r.contact_on.isoformat(), r.step_id.name) for r in made]

    def test_plan_is_what_the_engine_does(self):
        told = self.get_told(self.get_plan(FIRST))
        last = FIRST + timedelta(days=44)
        self.assertEqual(self.get_done(FIRST, last), told)
        self.assertEqual(len({day for day, _step in told}), len(told), "one contact a day")

    def test_plan_goes_on_from_what_has_happened(self):
        today = calendar.forward(DUE + timedelta(days=4))
        self.live(FIRST, today - timedelta(days=1), self.agree)
        last = today + timedelta(days=30)
        told = self.get_told(self.get_plan(today))
        told = [row for row in told if row[0] <= last.isoformat()]
        self.assertEqual(self.get_done(today, last), told)

    def test_invoice_on_hold_is_left_out_of_the_plan(self):
        both = self.get_plan(FIRST)
        self.assertTrue([step for step in both if step["count"]], "two go along")
        without = self.get_plan(FIRST, self.lines - self.lines[1])
        self.assertNotEqual(without, both)
        self.hold(FIRST, case_id=self.case.id, move_id=self.lines[1].move_id.id)
        self.assertEqual(self.get_plan(FIRST), without)
