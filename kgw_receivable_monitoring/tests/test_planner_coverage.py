from datetime import timedelta

from odoo.tests.common import tagged

from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestPlanOfWhatIsKnown(KgwEngineCommon):
    """Two steps of one case are due on a day; payments are known through the older invoice only,
    which came late and is still on a softer rung than the newer one."""

    def setUp(self):
        super().setUp()
        self.day = DUE + timedelta(days=8)
        documents = [
            self._document("STARA/1"),
            self._document("NOWA/2", due=DUE + timedelta(days=2)),
        ]
        self.old, self.new = self._watch(*documents)
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        self.company.kgw_coverage_days = 10
        self.mandate.coverage_date = DUE
        self.make_due(self.old, "p2_sms")
        self.make_due(self.new, "p6_email")

    def make_due(self, line, code):
        """Let a step be the next of a receivable, due since yesterday."""
        line.write(
            {
                "kgw_next_step_id": self._step(code).id,
                "kgw_next_act": "contact",
                "kgw_next_date": self.day - timedelta(days=1),
                "kgw_next_until": self.day + timedelta(days=9),
            }
        )

    def plan_roles(self):
        """Plan the day and return the channel of the one reminder with the roles of both."""
        self.env["kgw.planner"]._plan(self.day, self._at(self.day, 7))
        [reminder] = self.reminders(self.old | self.new)
        roles = reminder.line_ids.grouped("receivable_id")
        return reminder.channel, roles[self.old].role, roles[self.new].role

    def test_what_is_known_to_be_unpaid_leads_before_what_would_wait_for_payments(self):
        self.assertEqual(self.plan_roles(), ("sms", "lead", "carried"))
        self.dispatch("sms", self.day)
        self.assertIn("STARA/1", self.gateways.sent[0]["body"])
        self.assertNotIn("inn", self.gateways.sent[0]["body"])

    def test_known_through_both_the_harsher_rung_leads(self):
        self.mandate.coverage_date = self.day
        self.assertEqual(self.plan_roles(), ("email", "taken", "lead"))

    def test_known_through_none_the_harsher_rung_leads_and_waits(self):
        self.mandate.coverage_date = DUE - timedelta(days=1)
        self.assertEqual(self.plan_roles(), ("email", "taken", "lead"))
        self.dispatch("email", self.day)
        self.assertFalse(self.gateways.sent)

    def test_own_sales_need_no_coverage(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE kgw_mandate SET is_own_sales = TRUE WHERE id = %s", [self.mandate.id]
        )
        self.mandate.invalidate_recordset(flush=False)
        self.assertEqual(self.plan_roles(), ("email", "taken", "lead"))
