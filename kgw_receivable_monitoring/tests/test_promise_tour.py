from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw", "kgw_http", "kgw_tour")
class TestPromiseTour(KgwEngineCommon, HttpCase):
    def test_broken_promise_comes_back_as_a_task(self):
        today = fields.Date.context_today(self.env["kgw.case"])
        line = self._watch(self._document("FV 1/11/2026", due=today - timedelta(days=6)))
        self.env["account.move.line"]._kgw_flush_stages(today)
        case = line.kgw_case_id
        url = f"/odoo/action-kgw_receivable_monitoring.action_kgw_case/{case.id}"
        self.start_tour(url, "kgw_promise_taken", login=self.agent.login)
        self.assertEqual(case.promise_ids.mapped("state"), ["open"])
        self.assertEqual(case.promise_ids.part_ids.mapped("amount"), [410, 410, 410])
        later = today + timedelta(days=20)
        self.env["kgw.promise"]._decide_due(later, self._at(later, 7))
        self.start_tour(url, "kgw_promise_back", login=self.agent.login)
