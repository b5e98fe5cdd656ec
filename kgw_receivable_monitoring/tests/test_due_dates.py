from datetime import date, timedelta

from odoo.tests.common import tagged

from .books_common import BooksCommon
from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestChangedDueDate(BooksCommon):
    """An invoice of one's own sales that gets another due date is reminded for that one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._create_own_mandate()
        customer = cls.env["res.partner"].create(
            {"name": "Klient sp. z o.o.", "is_company": True, "email": "klient@firma.example"}
        )
        cls.move = cls._create_own_invoice(customer, 100, DUE - timedelta(days=20), DUE)

    def get_receivable(self):
        return self.move.line_ids.filtered(lambda r: r.display_type == "payment_term")

    def postpone(self, due, day, draft=True):
        move = self.move.with_context(kgw_now=self._at(day))
        if draft:
            move.button_draft()
            move.invoice_date_due = due
            move.action_post()
        else:
            self.get_receivable().with_context(kgw_now=self._at(day)).date_maturity = due

    def test_later_date_takes_back_what_is_planned_and_moves_the_course(self):
        later = DUE + timedelta(days=28)
        for is_draft in (True, False):
            with self.subTest(draft=is_draft):
                self.postpone(DUE, DUE - timedelta(days=8))
                day = DUE - timedelta(days=5)
                self.env["kgw.planner"]._run_day(day, self._at(day, 6))
                planned = self.reminders(self.get_receivable(), "planned")
                self.assertTrue(planned)
                self.postpone(later, day, is_draft)
                self.assertEqual((planned.state, planned.reason), ("cancelled", "moved"))
                line = self.get_receivable()
                self.assertEqual(line.kgw_effective_due, later)
                self.run_day(day, 11)
                self.assertEqual(self.gateways.sent, [])
                self.assertGreater(line.kgw_next_date, DUE)

    def test_earlier_date_makes_it_overdue(self):
        day = DUE - timedelta(days=5)
        self.env["kgw.planner"]._run_day(day, self._at(day, 6))
        self.postpone(DUE - timedelta(days=10), day)
        self.assertEqual(self.get_receivable().kgw_stage, "overdue")


@tagged("post_install", "-at_install", "kgw")
class TestWhatCounts(KgwEngineCommon):
    """The printed date stands in texts, the moved one and what is left decide."""

    def test_days_overdue_count_from_the_moved_date(self):
        due = date(2026, 11, 1)  # a Sunday and a holiday: the second is the last day to pay
        line = self._watch(self._document(due=due))
        item = self.env["kgw.text"]._get_item(line, "pl_PL", date(2026, 11, 19))
        self.assertEqual((item["due_date"], item["days_overdue"]), ("01.11.2026", "17"))

    def test_instalments_are_named_and_counted_as_one_invoice(self):
        parts = self._watch(self._document("A/1", due=[DUE, DUE + timedelta(days=1)]))
        whole = self._watch(self._document("B/2"))
        day = DUE + timedelta(days=3)
        self.env["account.move.line"]._kgw_flush_stages(day)
        sms = self._draft(parts | whole, "p2_sms", day)
        for lang, words, count in (
            ("pl_PL", "rata", "2 faktury"),
            ("en_US", "instalment", "2 invoices"),
        ):
            parts.kgw_case_id.lang = lang
            values = self.env["kgw.text"]._get_values(sms, self._at(day))
            named = {item["number"] for item in values["items"]}
            self.assertEqual(named, {f"A/1, {words} 1/2", f"A/1, {words} 2/2", "B/2"})
            self.assertEqual(values["count_invoices"], count)
        shown = self.env["kgw.receivable"].browse((parts | whole).ids)
        self.assertEqual(shown.mapped("instalment"), ["1/2", "2/2", False])

    def test_minimum_amount_asks_what_is_left(self):
        self._step("p2_sms").min_amount = 100
        line, day = self._overdue()
        self.pay(line, 1229, day - timedelta(days=1))
        self.run_day(day)
        self.assertFalse(self.reminders(line))
        passed = self.events("passed", step_id=self._step("p2_sms").id)
        self.assertEqual(passed.reason, "condition")

    def test_invoice_not_covered_yet_is_not_even_named(self):
        first, second = self._watch(
            self._document("A/1"), self._document("B/2", due=DUE + timedelta(days=1))
        )
        day = DUE + timedelta(days=4)
        self.mandate.coverage_date = DUE
        self.env["account.move.line"]._kgw_flush_stages(day)
        sms = self._draft(first, "p2_sms", day)
        self.env["kgw.reminder.line"].create(
            {
                **sms.line_ids._prepare_copy_vals(),
                "reminder_id": sms.id,
                "receivable_id": second.id,
                "move_id": second.move_id.id,
                "role": "carried",
                "step_id": False,
                "rung": False,
                "channel": "sms",
            }
        )
        self.assertEqual(sms._get_owed_lines().receivable_id, first)
        self.mandate.coverage_date = DUE + timedelta(days=1)
        self.assertEqual(sms._get_owed_lines().receivable_id, first | second)

    def test_invoice_due_for_a_harsher_step_than_the_leader_is_only_named(self):
        demand, final = self._step("p8_letter"), self._step("p21_letter")
        first, second = self._watch(self._document("A/1"), self._document("B/2"))
        day = DUE + timedelta(days=21)
        self.env["account.move.line"]._kgw_flush_stages(day)
        common = {"kgw_next_act": "contact", "kgw_next_date": day}
        # Only the demand lapses before the next slot.
        first.write({**common, "kgw_next_step_id": demand.id, "kgw_next_until": day})
        second.write(
            {**common, "kgw_next_step_id": final.id, "kgw_next_until": day + timedelta(days=20)}
        )
        self.env["kgw.planner"]._plan(day, self._at(day))
        lines = self.reminders(first).line_ids
        self.assertEqual(
            {line.receivable_id: (line.role, line.step_id) for line in lines},
            {first: ("lead", demand), second: ("carried", final.browse())},
        )
