import csv
import io
from datetime import date, timedelta

import openpyxl

from odoo.tests import tagged

from ..tools import table
from .common import DUE, MODULE
from .test_portal_decisions import DecisionCase

DAY = DUE + timedelta(days=10)


@tagged("post_install", "-at_install", "kgw")
class TestPortalExport(DecisionCase):
    """The list as a file: a spreadsheet sorts its days and adds up its amounts."""

    def setUp(self):
        super().setUp()
        self.env["account.move.line"]._kgw_flush_stages(DAY)
        self.env["kgw.planner"]._run_day(DAY, self._at(DAY, 7))

    def get_rows(self, **values):
        portal = self.portal.with_context(kgw_now=self._at(DAY, 12))
        return list(portal._get_export(**values))

    def test_days_of_an_export_are_days(self):
        head, row = self.get_rows()
        told = dict(zip(head, row, strict=True))
        self.assertEqual(told["Oldest due date"], DUE)
        self.assertEqual(told["Next step on"], self._get_open_reminder().planned_on)

    def test_export_of_what_nothing_comes_for_has_no_day(self):
        self._take("stop", DAY)
        head, row = self.get_rows()
        self.assertIsNone(dict(zip(head, row, strict=True))["Next step on"])

    def test_export_says_what_waits_for_the_creditor(self):
        head, row = self.get_rows()
        self.assertEqual(dict(zip(head, row, strict=True))["Wait for your decision"], 0)
        lines = self.case._get_open_receivables()
        step = self.env.ref(f"{MODULE}.step_standard_p21_letter")
        self.env["kgw.decision"]._ask("approval", step, lines, DAY, self._at(DAY))
        head, row = self.get_rows()
        self.assertEqual(dict(zip(head, row, strict=True))["Wait for your decision"], 1)

    def test_stop_of_who_owes_nothing_is_told(self):
        for line in self.case._get_open_receivables():
            self.pay(line, line.amount_residual, DAY)
        self.assertEqual(self.get_rows()[1][-2], "")
        self.env["kgw.hold"].create(
            {"case_id": self.case.id, "reason": "creditor", "from_date": DAY}
        )
        self.assertIn("on hold", self.get_rows()[1][-2])

    def test_columns_of_a_counterparty_in_two_currencies_add_up(self):
        due = DUE + timedelta(days=2)
        buyer = self._other_party("Budmax sp. z o.o.", 1)
        self._watch(self._document("FV EUR", due=due, currency="EUR", buyer=buyer))
        step = self.env.ref(f"{MODULE}.step_standard_p21_letter")
        self.env["kgw.decision"]._ask("approval", step, self.first, DAY, self._at(DAY))
        head, *rows = self.get_rows()
        told = [dict(zip(head, row, strict=True)) for row in rows]
        found = [
            (
                row["Currency"],
                row["Oldest due date"],
                row["Invoices"],
                row["Wait for your decision"],
            )
            for row in told
        ]
        self.assertEqual(found, [("EUR", due, 1, 1), ("PLN", DUE, 2, 0)])

    def test_spreadsheet_has_days_and_numbers(self):
        head, row = self.get_rows()
        book = openpyxl.load_workbook(io.BytesIO(table.to_xlsx([head, row])))
        cells = dict(zip(head, next(book.active.iter_rows(min_row=2)), strict=True))
        for name in ("Oldest due date", "Next step on"):
            self.assertTrue(cells[name].is_date, name)
            self.assertEqual(cells[name].number_format, "yyyy-mm-dd")
        self.assertEqual(cells["Oldest due date"].value.date(), DUE)
        self.assertEqual((cells["Owed"].value, cells["Owed"].data_type), (1730, "n"))

    def test_text_file_writes_days_of_the_standard(self):
        rows = [[date(2026, 9, 7), None, "x"]]
        text = table.to_csv(rows).decode("utf-8-sig")
        [row] = csv.reader(io.StringIO(text), delimiter=";")
        self.assertEqual(row, ["2026-09-07", "", "x"])
        cells = openpyxl.load_workbook(io.BytesIO(table.to_xlsx(rows * 2))).active[2]
        self.assertIsNone(cells[1].value)

    def test_payment_that_was_taken_back_is_no_line_of_nothing(self):
        payment = {"amount": 100.0, "currency": "EUR", "paid_on": DAY.isoformat()}
        vals = {"at": self._at(DAY, 9), "mandate_id": self.mandate.id, "case_id": self.case.id}
        kinds = ("payment", "payment_back")
        self.env["kgw.event"]._record([{**vals, "kind": k, "payload": payment} for k in kinds])
        self.assertEqual(len(self.get_rows(tab="paid")), 1)
        portal = self.portal.with_context(kgw_now=self._at(DAY, 12))
        self.assertFalse(portal._count_cases("paid"))
        self.assertEqual(portal._get_figure("paid")["amount"], "")
        self.assertEqual(portal._get_overview()["paid"], "")
        self.assertEqual(portal._get_report(DAY, DAY)["paid"], "")
