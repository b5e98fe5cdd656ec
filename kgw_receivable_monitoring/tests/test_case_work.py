from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestCaseWork(KgwEngineCommon):
    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue()
        self.other = self._watch(
            self._document("FV 2/09/2026", amount="100.00", buyer=self._other_party("Inny", 7))
        )
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        self.case = self.line.kgw_case_id
        self.as_agent = self.case.with_user(self.agent)

    def find(self, case, *reasons):
        return case.search([("id", "=", case.id), ("waiting_reason", "in", reasons)])

    def print_run(self):
        return self.env["kgw.print.run"].create({"name": "Wydruk", "date": DUE}).id

    def test_columns_sum_up_what_is_owed(self):
        cases = self.case | self.other.kgw_case_id
        self.pay(self.line, 230, self.day)
        rows = cases.with_user(self.agent)._read_group(
            [("id", "in", cases.ids)], ["stage"], ["owed_amount:sum"]
        )
        self.assertEqual(rows, [("overdue", 1100.0)])
        self.assertEqual(self.case.owed_amount, 1000)

    def test_agent_takes_down_a_promise_of_all_that_is_overdue(self):
        with freeze_time(self._at(self.day)):
            dialogue = Form(
                self.env["kgw.promise.entry"]
                .with_user(self.agent)
                .with_context(default_case_id=self.case.id)
            )
            self.assertEqual(dialogue.receivable_ids.ids, self.line.ids)
            with dialogue.part_ids.edit(0) as part:
                self.assertEqual(part.amount, 1230)
                part.amount = 1000
            dialogue.save().action_save()
        self.assertEqual(self.as_agent.promise_ids.amount, 1000)
        self.assertEqual((self.as_agent.promise_count, self.as_agent.hold_count), (1, 1))

    def test_number_of_payments_and_first_day_give_the_plan(self):
        with freeze_time(self._at(self.day)):
            dialogue = Form(
                self.env["kgw.promise.entry"]
                .with_user(self.agent)
                .with_context(default_case_id=self.case.id, default_part_count=3)
            )
            dialogue.save().action_save()
        parts = self.as_agent.promise_ids.part_ids
        self.assertEqual(parts.mapped("amount"), [410, 410, 410])
        self.assertEqual((parts[2].due_on - parts[0].due_on).days, 14)

    def test_agent_takes_down_a_dispute_with_a_document(self):
        paper = self.env["ir.attachment"].with_user(self.agent).create({"name": "a", "raw": b"a"})
        entry = (
            self.env["kgw.dispute.entry"]
            .with_user(self.agent)
            .create(
                {
                    "case_id": self.case.id,
                    "receivable_ids": [Command.set(self.line.ids)],
                    "reason_id": self.env.ref(f"{MODULE}.dispute_reason_price").id,
                    "attachment_ids": [Command.set(paper.ids)],
                }
            )
        )
        entry.action_save()
        self.assertEqual(self.as_agent.dispute_ids.invoice, "FV 1/09/2026")
        self.assertIn(paper, self.case._get_documents())
        self.assertEqual(self.as_agent.document_count, 1)

    def test_dispute_is_about_the_only_invoice_there_is(self):
        context = self.as_agent.action_dispute()["context"]
        self.assertEqual(context["default_receivable_ids"], self.line.ids)
        later = self.day + timedelta(days=20)
        self._watch(self._document("FV 2/09/2026", due=later))
        self.env.invalidate_all()
        self.assertFalse(self.as_agent.action_dispute()["context"]["default_receivable_ids"])

    def test_insolvent_is_said_once(self):
        self.as_agent.action_insolvent()
        with self.assertRaises(UserError):
            self.as_agent.action_insolvent()

    def test_every_number_of_the_form_opens_its_list(self):
        self.hold(DUE, case_id=self.case.id)
        for name in ("reminders", "promises", "disputes", "holds", "events", "documents"):
            action = getattr(self.as_agent, f"action_open_{name}")()
            found = self.env[action["res_model"]].with_user(self.agent).search(action["domain"])
            self.assertEqual(found.exists(), found, name)

    def test_case_says_what_its_reminder_waits_for(self):
        line, case = self.line, self.case
        self.assertFalse(case.waiting_reason)
        reminder = self._draft(line, "p2_sms", DUE, waiting_reason="coverage")
        case.invalidate_recordset()
        self.assertEqual((case.waiting_reason, case.waiting_cure), ("coverage", "coverage"))
        self.assertEqual(self.find(case, "coverage"), case)
        self.assertFalse(self.find(case, "unknown", "hours", False))
        for state, values, reason in (
            ("unknown", {}, "unknown"),
            ("claimed", {"print_run_id": self.print_run()}, "posting"),
            ("failed", {"waiting_reason": False, "print_run_id": False}, "backoff"),
            ("planned", {}, False),
        ):
            reminder.write({"state": state, **values})
            case.invalidate_recordset()
            self.assertEqual((case.waiting_reason, self.find(case, reason)), (reason, case))
        reminder.write({"state": "planned"})
        reminder._set_state("cancelled", self._at(DUE), reason="paid")
        case.invalidate_recordset()
        self.assertFalse(case.waiting_reason)

    def test_case_says_what_helps_against_the_hold_that_keeps_it_back(self):
        reminder = self._draft(self.line, "p2_sms", DUE, waiting_reason="hold")
        wide, own = {"mandate_id": self.mandate.id}, {"move_id": self.line.move_id.id}
        for reason, values in (("volume", wide), ("account", own)):
            hold = self.hold(DUE, reason=reason, **values)
            reminder.waiting_reason = "hold"
            self.case.invalidate_recordset()
            with self.subTest(reason=reason), freeze_time(self._at(DUE)):
                self.assertEqual(reminder.case_id.waiting_cure, f"hold_{reason}")
            hold._lift(self._at(DUE))
