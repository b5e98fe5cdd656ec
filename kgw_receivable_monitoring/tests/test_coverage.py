from datetime import timedelta

from odoo.tests.common import tagged

from ..tools import calendar
from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestCoverageOfSeveral(KgwEngineCommon):
    """Payments are known through the due date of one invoice, and not yet of a later one."""

    def setUp(self):
        super().setUp()
        self.old, self.new = self._watch(
            self._document("A/1"), self._document("B/2", due=DUE + timedelta(days=1))
        )
        self.case = self.old.kgw_case_id
        self.day = DUE + timedelta(days=3)
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        self.mandate.coverage_date = DUE

    def draft(self, *roles):
        """Return an SMS about both invoices, in these roles."""
        sms = self._draft(self.old | self.new, "p2_sms", self.day)
        for line, role in zip(sms.line_ids, roles, strict=True):
            line.role = role
        return sms

    def judge(self, reminder):
        return self.env["kgw.gate"]._judge(reminder, self._at(self.day))

    def test_contact_led_by_a_covered_invoice_goes_out_without_the_uncovered_one(self):
        sms = self.draft("lead", "taken")
        self.dispatch("sms", self.day)
        [sent] = self.gateways.sent
        self.assertIn("A/1", sent["body"])
        self.assertNotIn("B/2", sent["body"])
        self.assertEqual(sms.line_ids.mapped("void"), [False, True], "its step is free again")

    def test_contact_led_by_an_uncovered_invoice_waits_as_a_whole(self):
        sms = self.draft("taken", "lead")
        self.dispatch("sms", self.day)
        self.assertEqual((sms.state, sms.waiting_reason), ("planned", "coverage"))
        self.assertFalse(any(sms.line_ids.mapped("void")))

    def test_contact_without_a_leader_goes_out_about_what_is_covered(self):
        sms = self.draft("taken", "taken")
        self.assertEqual(self.judge(sms).reason, "")
        self.assertEqual(sms._get_owed_lines().receivable_id, self.old)

    def test_contact_of_which_nothing_is_covered_waits(self):
        self.mandate.coverage_date = DUE - timedelta(days=1)
        for roles in (("lead", "taken"), ("taken", "lead"), ("taken", "taken")):
            with self.subTest(roles=roles):
                sms = self.draft(*roles)
                next_noon = calendar.noon(self.day + timedelta(days=1))
                verdict = self.judge(sms)
                self.assertEqual((verdict.reason, verdict.until), ("coverage", next_noon))
                sms._set_state("cancelled", self._at(self.day), reason="withdrawn")

    def test_contact_waits_where_its_leader_is_held_and_the_other_not_covered(self):
        sms = self.draft("lead", "taken")
        self.hold(self.day, move_id=self.old.move_id.id)
        self.assertEqual(self.judge(sms).reason, "hold")

    def test_explanation_names_the_day_of_what_leads(self):
        self.mandate.coverage_date = DUE - timedelta(days=1)
        sms = self.draft("lead", "taken")
        said = self.env["kgw.obstacle"]._say_coverage_for(sms, self.day)
        self.assertIn(f"{DUE:%m/%d/%Y}", said)

    def draft_demand(self):
        """Return a demand of the old invoice that the new one goes along with on its own rung."""
        self.mandate.coverage_date = DUE + timedelta(days=1)
        demand = self._draft(self.old | self.new, "p8_letter", self.day)
        along = demand.line_ids.filtered(lambda line: line.receivable_id == self.new)
        along.write({"role": "taken", "step_id": self._step("p2_sms").id, "rung": "reminder"})
        return demand

    def test_demand_of_what_was_paid_does_not_go_out_for_what_goes_along(self):
        demand = self.draft_demand()
        self.assertEqual(self.judge(demand).reason, "")
        self.pay(self.old, 1230, self.day)
        self.assertEqual(self.judge(demand).reason, "paid")

    def test_demand_of_what_is_on_hold_waits(self):
        self.hold(self.day, move_id=self.old.move_id.id, reason="dispute")
        self.assertEqual(self.judge(self.draft_demand()).reason, "hold")
