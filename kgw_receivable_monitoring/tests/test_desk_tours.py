from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools import calendar
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw", "kgw_http", "kgw_tour")
class TestDeskTours(KgwEngineCommon, HttpCase):
    """What an agent does all day, and its lead, in a browser."""

    def setUp(self):
        super().setUp()
        self.colleague = self._create_user("kgw_colleague", "agent")
        self.today = calendar.local_date(fields.Datetime.now())
        # Contact hours have tests of their own; the tours work at any hour and day, and what is to
        # be tried again in two hours is so today, late in the evening too.
        last = calendar.noon(self.today) + timedelta(hours=12, seconds=-1)
        always = patch.object(
            type(self.env["kgw.kind"]),
            "_get_next_moment",
            lambda _k, moment, *_a: min(moment, last),
        )
        always.start()
        self.addCleanup(always.stop)

    def put_calls(self, *names):
        """Put a call per name onto the board of the agent; the last one is about the most."""
        calls = self.env["kgw.reminder"]
        day = calendar.back(self.today)
        for number, name in enumerate(names, start=1):
            buyer = self._other_party(f"{name} sp. z o.o.", number)
            due = calendar.add_working_days(day, -6)
            line = self._watch(
                self._document(name, due=due, amount=f"{10**number}.00", buyer=buyer)
            )
            calls |= self._draft(line, "p4_call", self.today)
        self.env["account.move.line"]._kgw_flush_stages(self.today)
        self.env["kgw.channel.phone"]._prepare_rows(calls)
        return calls

    def test_agent_makes_five_calls_with_five_outcomes(self):
        calls = self.put_calls("Pierwszy", "Drugi", "Trzeci", "Czwarty", "Piąty")
        with mute_logger("odoo.http"):  # one call is saved too early, on purpose
            self.start_tour("/odoo", "kgw_agent_calls", login=self.agent.login)
        self.assertEqual(
            calls.mapped("outcome"), ["ordered", "voicemail", "disputes", "will_pay", "no_answer"]
        )
        promise = self.env["kgw.promise"].search([("case_id", "=", calls[3].case_id.id)])
        self.assertEqual(promise.amount, 10_000)
        dispute = self.env["kgw.dispute"].search([("case_id", "=", calls[2].case_id.id)])
        self.assertEqual(dispute.note, "Towar wadliwy")

    def test_caller_is_greeted_found_and_spoken_with(self):
        call = self.put_calls("Pierwszy")
        self.start_tour("/odoo", "kgw_incoming_call", login=self.agent.login)
        event = self.env["kgw.event"].search(
            [("kind", "=", "call"), ("case_id", "=", call.case_id.id)]
        )
        self.assertEqual((event.payload["outcome"], event.payload["incoming"]), ("ordered", True))
        self.assertEqual(call.state, "delivered")

    def test_lead_passes_calls_on_at_once(self):
        calls = self.put_calls("Pierwszy", "Drugi")
        self.start_tour("/odoo", "kgw_lead_passes_on", login=self.manager.login)
        self.assertEqual(calls.agent_id, self.colleague)
        self.assertEqual(calls.activity_ids.user_id, self.colleague)
