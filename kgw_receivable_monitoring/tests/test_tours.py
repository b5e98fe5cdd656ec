from odoo.tests import HttpCase, tagged

from .common import DUE
from .test_portal_isolation import IsolationCase


@tagged("post_install", "-at_install", "kgw", "kgw_http", "kgw_tour")
class TestTours(IsolationCase, HttpCase):
    """The two paths that people walk every day, in a browser."""

    def test_creditor_reads_the_history_and_decides(self):
        self.start_tour("/my/home", "kgw_portal_creditor", login=self.user_a.login)
        self.assertEqual((self.decision.state, self.decision.value), ("taken", "approve"))
        self.assertEqual(self.decision.decided_by_id, self.user_a)

    def test_agent_records_the_outcome_of_a_call(self):
        self.letter.contact_on = False
        call = self.env["kgw.reminder"].create(
            {
                "case_id": self.case.id,
                "mandate_id": self.mandate.id,
                "brand_id": self.brand.id,
                "step_id": self.call_step.id,
                "template_id": self.call_step.template_id.id,
                "channel": "phone",
                "rung": self.call_step.rung,
                "side": "after",
                "planned_on": DUE,
            }
        )
        self.env["kgw.reminder.line"].create(
            {
                "reminder_id": call.id,
                "receivable_id": self.receivable.id,
                "move_id": self.receivable.move_id.id,
                "instalment": 1,
                "course": 1,
                "role": "lead",
                "channel": "phone",
                "step_id": self.call_step.id,
                "rung": self.call_step.rung,
            }
        )
        self.env["kgw.channel.phone"]._prepare_rows(call)
        self.start_tour(
            "/odoo/action-kgw_receivable_monitoring.action_kgw_call",
            "kgw_agent_call",
            login=self.agent.login,
        )
        self.assertEqual((call.outcome, call.state), ("reached", "delivered"))
        event = self.env["kgw.event"].search([("reminder_id", "=", call.id), ("kind", "=", "call")])
        self.assertEqual((event.user_id, event.payload["note"]), (self.agent, "Zapłaci w piątek"))

    @property
    def call_step(self):
        return self.scenario.step_ids.filtered(
            lambda s: s.channel == "phone" and s.offset_days > 0
        )[:1]
