from contextlib import closing
from datetime import date, timedelta

from odoo.tests import tagged

from ..const import DEMANDS
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
        lines = lines or self.case._get_open_receivables()
        return portal._get_plan(self.case, lines, portal._search_holds(self.case, lines))

    def get_told(self, plan):
        """Return ``(day, step)`` of the contacts of a plan."""
        return [(step["iso"], step["step"]) for step in plan if step["act"] == "contact"]

    def agree(self, day):
        questions = self.case.decision_ids.filtered(lambda d: d.state == "open")
        questions.filtered(lambda d: d.kind == "approval")._decide("approve", self._at(day, 16))

    def get_done(self, first, last, each_day=None):
        """Live from ``first`` on and return ``(day, step)`` of what went out."""
        self.live(first, last, each_day or self.agree)
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

    def test_hold_that_begins_later_moves_the_plan_as_it_moves_the_engine(self):
        self.env["kgw.hold"].create(
            {
                "mandate_id": self.mandate.id,
                "reason": "other",
                "from_date": DUE + timedelta(days=3),
                "until_date": DUE + timedelta(days=12),
            }
        )
        told = self.get_told(self.get_plan(FIRST))
        first, last = (DUE + timedelta(days=days) for days in (3, 12))
        held = [day for day, _step in told if first.isoformat() <= day <= last.isoformat()]
        self.assertEqual(held, [])
        self.assertEqual(
            self.get_done(FIRST, FIRST + timedelta(days=30)),
            [entry for entry in told if entry[0] <= (FIRST + timedelta(days=30)).isoformat()],
        )

    def test_hold_of_one_invoice_that_begins_later_moves_the_plan_as_it_moves_the_engine(self):
        held, since = self.lines[1].move_id, DUE + timedelta(days=1)
        self.hold(since, move_id=held.id, until_date=DUE + timedelta(days=9))
        told = self.get_told(self.get_plan(FIRST))
        last = FIRST + timedelta(days=25)
        told = [entry for entry in told if entry[0] <= last.isoformat()]
        self.assertEqual(self.get_done(FIRST, last), told)

    def test_plan_waits_for_payments_as_the_engine_does(self):
        """They are known three working days behind, now and later."""

        def let_know(day):
            self.mandate.coverage_date = calendar.add_working_days(day, -3)

        def each_day(day):
            self.agree(day)
            let_know(calendar.add_working_days(day, 1))

        let_know(FIRST)
        told = self.get_told(self.get_plan(FIRST))
        reminded = DUE + timedelta(days=2)
        self.assertNotIn(reminded.isoformat(), [day for day, _step in told], "not known yet")
        self.assertEqual(self.get_done(FIRST, FIRST + timedelta(days=44), each_day), told)

    def test_step_that_needs_consent_is_told_as_one_that_may_come(self):
        plan = self.get_plan(FIRST)
        asked = next(stop for stop in plan if stop["act"] == "approval")
        coming = next(s for s in plan if s["act"] == "contact" and s["step"] == asked["step"])
        self.assertEqual(coming["act_label"], "if you agree")
        first = calendar.add_working_days(date.fromisoformat(asked["iso"]), 3)
        self.assertGreaterEqual(coming["iso"], first.isoformat(), "the creditor has time to answer")
        others = [
            stop for stop in plan if stop["act"] == "contact" and stop["step"] != asked["step"]
        ]
        self.assertFalse([stop for stop in others if stop["act_label"]])

    def test_demand_names_what_it_does_not_demand_in_plan_entry_and_text_alike(self):
        told = self.get_invoices_told(self.get_plan(FIRST))
        self.live(FIRST, FIRST + timedelta(days=44), self.agree)
        events = self.env["kgw.event"].search(
            [("case_id", "=", self.case.id), ("kind", "=", "sent")]
        )
        demands = [event for event in events if event.reminder_id.rung in DEMANDS]
        entries = {e["id"]: e for e in self.env["kgw.portal"]._get_events(self.case, limit=100)[0]}
        along = set()
        for event in demands:
            own, named = event.payload["invoices"], event.payload["named"]
            planned = told[event.reminder_id.planned_on.isoformat()]
            self.assertEqual(set(own), planned[0])
            self.assertLessEqual(planned[1], set(named))
            self.assertEqual(entries[event.id]["invoices"].split("; ")[0], ", ".join(own))
            lines = event.reminder_id.line_ids
            items, others = self.env["kgw.text"]._split_lines(event.reminder_id, lines)
            self.assertLessEqual(set(items.move_id.mapped("kgw_number")), set(own))
            self.assertLessEqual(set(others.move_id.mapped("kgw_number")), set(named))
            along |= planned[1]
        self.assertTrue(along, "what takes a reminder goes along with a demand")

    def test_invoice_that_a_demand_only_names_says_so(self):
        plan = self.get_plan(FIRST)
        stop = next(stop for stop in plan if stop["named_ids"])
        own = len(stop["receivable_ids"]) - len(stop["named_ids"])
        counted = [
            self.env["kgw.portal"]._count(n, "invoice") for n in (own, len(stop["named_ids"]))
        ]
        self.assertEqual(stop["count"], "{}; named too: {}".format(*counted))
        portal = self.env["kgw.portal"].with_context(kgw_now=self._at(FIRST, 6))
        said = {line: portal._name_for(line, stop) for line in self.lines}
        for line in self.lines.filtered(lambda r: r.id in stop["receivable_ids"]):
            is_named = line.id in stop["named_ids"]
            self.assertEqual("only named" in said[line], is_named)

    def get_invoices_told(self, plan):
        """Return ``{day: (numbers that a contact is for, numbers that it names)}``."""
        lines = {line.id: line.move_id.kgw_number for line in self.lines}
        return {
            stop["iso"]: (
                {lines[n] for n in stop["receivable_ids"] if n not in stop["named_ids"]},
                {lines[n] for n in stop["named_ids"]},
            )
            for stop in plan
            if stop["act"] == "contact"
        }

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

    def test_confirmation_of_a_promise_is_in_the_plan_though_its_invoices_wait(self):
        for lines in (self.lines[0], self.lines):
            with self.subTest(lines=len(lines)), closing(self.env.cr.savepoint()):
                parts = [(FIRST + timedelta(days=5), 100)]
                given = self.env["kgw.promise"]._give(self.case, lines, parts, self._at(FIRST, 5))
                name = given.confirmation_ids.template_id.name
                told = self.get_told(self.get_plan(FIRST))
                self.assertIn((FIRST.isoformat(), name), told)
                for move in lines.move_id:
                    self.hold(FIRST, case_id=self.case.id, move_id=move.id)
                told = self.get_told(self.get_plan(FIRST))
                self.assertNotIn((FIRST.isoformat(), name), told, "kept back by another hold")
            self.env.invalidate_all()

    # === THE TWO TABLES OF A PAGE === #

    STATES = {
        "as handed over": lambda self, day: None,
        "paid in part": lambda self, day: self.pay_part(day),
        "contact planned": lambda self, day: self.plan(day),
        "one disputed": lambda self, day: self.dispute(day),
        "one disputed while planned": lambda self, day: (self.plan(day), self.dispute(day)),
        "one promised": lambda self, day: self.promise(day),
        "one on hold until a day": lambda self, day: self.hold(
            day, move_id=self.lines[0].move_id.id, until_date=day + timedelta(days=5)
        ),
        "all on hold": lambda self, day: self.hold(day, case_id=self.case.id),
        "all on hold while planned": lambda self, day: (
            self.plan(day),
            self.hold(day, case_id=self.case.id),
        ),
        "all on hold until a day": lambda self, day: self.hold(
            day, case_id=self.case.id, until_date=day + timedelta(days=5)
        ),
        "mandate stopped": lambda self, day: self.hold(
            day, mandate_id=self.mandate.id, reason="stop"
        ),
        "question asked, then on hold": lambda self, day: (
            self.live(FIRST, day),
            self.hold(day, case_id=self.case.id, until_date=day + timedelta(days=5)),
        ),
        "question asked": lambda self, day: self.live(FIRST, day),
        "monitoring over": lambda self, day: self.env["account.move.line"]._kgw_flush_stages(
            DUE + timedelta(days=60)
        ),
    }

    def pay_part(self, day):
        line = self.lines[0]
        self.env["kgw.payment.list"]._mark_paid(
            self.creditor, line.ids, day, self._at(day, 9), {line.id: 100.0}
        )

    def dispute(self, day):
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        self.env["kgw.dispute"]._open(self.lines[0], reason, "", self._at(day))

    def promise(self, day):
        parts = [(day + timedelta(days=3), 100)]
        self.env["kgw.promise"]._give(self.case, self.lines[0], parts, self._at(day))

    def test_plan_and_invoices_of_a_page_never_contradict_each_other(self):
        for state, bring_about in self.STATES.items():
            for day in (FIRST + timedelta(days=1), DUE + timedelta(days=4)):
                with self.subTest(state=state, day=day), closing(self.env.cr.savepoint()):
                    self.env["account.move.line"]._kgw_flush_stages(day)
                    self.lines._kgw_refresh_course(day, self._at(day, 6))
                    bring_about(self, day)
                    self.compare(day)
                self.env.invalidate_all()

    def compare(self, day):
        portal = self.env["kgw.portal"].with_context(kgw_now=self._at(day, 12))
        open_lines = self.case._get_open_receivables()
        holds = portal._search_holds(self.case, open_lines)
        plan = portal._get_plan(self.case, open_lines, holds)
        rows = {line: portal._prepare_receivable(line, plan, holds) for line in self.lines}
        for line, row in rows.items():
            first = next((stop for stop in plan if line.id in stop["receivable_ids"]), None)
            if first:
                self.assertEqual(row["next_date"], first["day"])
                self.assertIn(first["step"], row["next_step"])
                # Only what confirms a promise goes out about an invoice on hold.
                held = holds.filtered(lambda h, line=line: h.move_id == line.move_id)
                self.assertLessEqual(held, self.case.reminder_ids.promise_id.hold_ids)
            else:
                self.assertFalse(row["next_date"], "no day that the plan does not know")
        if holds.filtered(lambda hold: not hold.move_id and not hold.until_date):
            self.assertFalse(plan)
            self.assertTrue(all("On hold" in row["next_step"] for row in rows.values()))
