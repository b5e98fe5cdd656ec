from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.tests.common import freeze_time, tagged
from odoo.tools import mute_logger

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestHeldInvoices(KgwEngineCommon):
    """What is on hold by itself has no next contact, wherever the creditor looks."""

    def setUp(self):
        super().setUp()
        self.first, self.second = self._watch(
            self._document("A/1"), self._document("B/2", due=DUE + timedelta(days=3))
        )
        self.case = self.first.kgw_case_id
        self.user = self.env["res.users"].with_context(no_reset_password=True)
        self.user = self.user.create(
            {
                "name": "Wierzyciel",
                "login": "kgw_held",
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
                "partner_id": self.env["res.partner"]
                .create({"name": "Wierzyciel", "parent_id": self.creditor.id})
                .id,
            }
        )
        self.portal = self.env["kgw.portal"].with_user(self.user)
        self.portal = self.portal.with_context(kgw_now=self._at(DUE))

    def hold_invoice(self, line):
        return self.hold(DUE - timedelta(days=9), move_id=line.move_id.id, reason="dispute")

    def test_hold_names_its_invoice_as_the_creditor_numbered_it(self):
        hold = self.hold_invoice(self.first)
        self.assertIn("(A/1)", hold.display_name)

    def test_list_names_the_next_step_of_what_is_not_held(self):
        self.hold_invoice(self.first)
        [row] = self.portal._get_cases()
        self.assertEqual((row["next_step"] != "", row["blocked"]), (True, ""))
        self.case.invalidate_recordset()
        with freeze_time(self._at(self.second.kgw_next_date)):
            self.assertEqual(self.case.next_date, self.second.kgw_next_date)

    def test_list_says_why_nothing_goes_out_when_every_invoice_is_held(self):
        self.hold_invoice(self.first)
        self.hold_invoice(self.second)
        [row] = self.portal._get_cases()
        self.assertEqual((row["next_step"], row["next_date"]), ("", ""))
        self.assertTrue(row["blocked"])

    def test_page_tells_held_invoices_apart(self):
        self.hold_invoice(self.first)
        shown = {r["number"]: r for r in self.portal._get_case(self.case.id)["receivables"]}
        told = "On hold: The counterparty disputes the receivable"
        self.assertEqual((shown["A/1"]["next_step"], shown["A/1"]["next_date"]), (told, ""))
        self.assertNotEqual(shown["B/2"]["next_date"], "")

    @mute_logger("odoo.sql_db")
    def test_invoice_on_hold_waits_with_every_channel(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.hold(DUE, move_id=self.first.move_id.id, channel="sms")

    def test_agent_is_given_no_words_about_an_invoice_on_hold(self):
        call = self._draft(self.first | self.second, "p4_call", DUE + timedelta(days=10))
        day = DUE + timedelta(days=10)
        self.env["account.move.line"]._kgw_flush_stages(day)
        with freeze_time(self._at(day)):
            desk = self.env["kgw.desk"].with_user(self.agent)._open(self.case, self._at(day), call)
            self.assertIn("A/1", desk.script)
            self.hold_invoice(self.first)
            desk.invalidate_recordset()
            self.assertNotIn("A/1", desk.script)
            self.assertNotIn("A/1", desk.talk_invoices)
            self.assertIn("B/2", desk.script)

    def test_card_of_a_call_adds_up_what_its_script_names(self):
        day = DUE + timedelta(days=10)
        call = self._draft(self.first | self.second, "p4_call", day)
        self.env["account.move.line"]._kgw_flush_stages(day)
        owed = []
        for values in ({"until_date": day}, {}):
            hold = self.hold(day, move_id=self.first.move_id.id, **values)
            self.env["kgw.reminder"]._sort_calls(self._at(day))
            kept = call.line_ids._get_kept(self._at(day)).receivable_id
            self.assertEqual(call.owed_amount, sum(kept.mapped("amount_residual")), values)
            owed.append(call.owed_amount)
            hold._lift(self._at(day))
        self.assertEqual(owed, [1230, 1230])
        self.env["kgw.reminder"]._sort_calls(self._at(day))
        self.assertEqual(call.owed_amount, 2460)
