from contextlib import closing
from datetime import date, timedelta

from odoo.tests.common import tagged

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestPlannerMany(KgwEngineCommon):
    """A counterparty with twenty invoices is reminded like one with one."""

    def day(self, offset):
        return DUE + timedelta(days=offset)

    def test_twenty_invoices_every_third_day_are_all_announced_before_due(self):
        lines = self._watch(
            *(
                self._document(f"Z {number:02}", due=self.day(3 * number), issued=self.day(-14))
                for number in range(20)
            ),
            on=self.day(-7),
        )

        def pay_the_late(day):
            for late in lines.filtered(lambda r: (day - r.date_maturity).days > 3):
                self.pay(late, late.amount_residual, day)

        self.live(self.day(-6), self.day(56), pay_the_late)
        for line in lines:
            told = self.env["kgw.reminder.line"].search(
                [
                    ("receivable_id", "=", line.id),
                    ("step_id", "!=", False),
                    ("void", "=", False),
                    ("reminder_id.side", "=", "before"),
                    ("reminder_id.contact_on", "<", line.date_maturity),
                ]
            )
            with self.subTest(invoice=line.move_id.kgw_number):
                self.assertTrue(told)
        days = self.reminders(lines).filtered("contact_on").mapped("contact_on")
        self.assertEqual(len(days), len(set(days)))

    def test_twenty_unpaid_invoices_every_third_day_are_all_announced_and_reminded(self):
        """What is announced once makes way for what was not, and for old debts; over Christmas there
        are fewer days."""
        for first in (DUE, date(2026, 12, 2)):
            with self.subTest(first=first), closing(self.env.cr.savepoint()):
                lines = self._watch(
                    *(
                        self._document(
                            f"Z {number:02}",
                            due=first + timedelta(days=3 * number),
                            issued=first - timedelta(days=14),
                        )
                        for number in range(20)
                    ),
                    on=first - timedelta(days=7),
                )
                last = first + timedelta(days=90)
                self.mandate.coverage_date = last
                self.live(first - timedelta(days=6), last)
                told = self.reminders(lines).filtered("contact_on").line_ids.filtered("step_id")
                for rung in ("information", "reminder", "monit"):
                    own = told.filtered(lambda line, rung=rung: line.rung == rung)
                    left = (lines - own.receivable_id).sorted("date_maturity")
                    self.assertEqual(left.move_id.mapped("kgw_number"), [], rung)
                own = told.filtered(lambda line: line.rung == "demand").receivable_id
                self.assertIn(lines[0], own, "the oldest debt")

    def test_demand_in_its_last_slot_goes_before_the_information_of_another_invoice(self):
        """What can still go tomorrow waits; what can't, goes today."""
        late = self._watch(self._document("STARA/1"))
        fresh = self._watch(self._document("NOWA/2", due=self.day(27)), on=self.day(10))
        self.env["account.move.line"]._kgw_flush_stages(self.day(22))
        for line, code, until in (
            (late, "p8_letter", self.day(22)),
            (fresh, "m5_email", self.day(25)),
        ):
            line.write(
                {
                    "kgw_next_step_id": self._step(code).id,
                    "kgw_next_act": "contact",
                    "kgw_next_date": self.day(22),
                    "kgw_next_until": until,
                }
            )
        self.env["kgw.planner"]._plan(self.day(22), self._at(self.day(22), 7))
        self.assertEqual(self.reminders(late | fresh, "planned").step_id, self._step("p8_letter"))
        self.assertFalse(self.reminders(fresh))
