from datetime import date, timedelta

from odoo.tests import Form
from odoo.tests.common import tagged

from ..tools import calendar
from .test_board import calendar_next
from .test_desk import DeskCase


@tagged("post_install", "-at_install", "kgw")
class TestDeskPromise(DeskCase):
    """A promise taken down while the counterparty is on the phone."""

    def test_promise_needs_its_day_only_and_is_taken_about_all_that_is_owed(self):
        with Form(self.open_desk()) as form:
            form.outcome = "will_pay"
            form.promise_on = calendar_next(self.day)
        self.env["kgw.desk"].search([]).with_user(self.agent).action_save_and_stop()
        promise = self.env["kgw.promise"].search([("case_id", "=", self.case.id)])
        self.assertEqual((promise.amount, promise.due_on), (1230, calendar_next(self.day)))

    def test_promise_in_parts_is_planned_from_its_first_day_and_may_be_changed(self):
        with Form(self.open_desk(part_count=3)) as form:
            form.outcome = "will_pay_parts"
            form.promise_on = calendar_next(self.day)
            with form.part_ids.edit(2) as part:
                part.due_on = self.day + timedelta(days=25)
        self.env["kgw.desk"].search([]).with_user(self.agent).action_save_and_stop()
        promise = self.env["kgw.promise"].search([("case_id", "=", self.case.id)])
        self.assertEqual(promise.part_ids.mapped("amount"), [410, 410, 410])
        self.assertEqual(promise.due_on, self.day + timedelta(days=25))
        self.assertTrue(promise.confirmation_ids)

    def test_days_offered_for_a_promise_are_working_days(self):
        for number in range(400):
            today = self.day + timedelta(days=number)
            offer = self.env["kgw.promise.plan"]._get_offer(today)["days"]
            days = [date.fromisoformat(offered["day"]) for offered in offer]
            self.assertTrue(all(calendar.is_working_day(day) for day in days), today)
            self.assertEqual(days, sorted(set(days)))
            self.assertGreater(days[0], today)
