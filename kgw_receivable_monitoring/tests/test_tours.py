from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..tools import calendar
from .test_portal_isolation import IsolationCase


@tagged("post_install", "-at_install", "kgw", "kgw_http", "kgw_tour")
class TestTours(IsolationCase, HttpCase):
    """The two paths that people walk every day, in a browser."""

    def test_creditor_reads_the_history_and_decides(self):
        self.start_tour("/my/home", "kgw_portal_creditor", login=self.user_a.login)
        self.assertEqual((self.decision.state, self.decision.value), ("taken", "approve"))
        self.assertEqual(self.decision.decided_by_id, self.user_a)

    def test_creditor_pauses_lets_go_on_and_decides_on_ten(self):
        today = calendar.local_date(fields.Datetime.now())
        lines = self._watch(
            *(
                self._document(
                    f"FV T/{n}",
                    due=calendar.forward(today + timedelta(days=3)),
                    buyer=self._other_party(f"Firma {n}", 50 + n),
                )
                for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
            ),
            on=today,
        )
        case = lines[1].kgw_case_id
        self.start_tour("/my/monitoring/counterparties", "kgw_portal_pause", login="kgw_creditor_a")
        hold = case.hold_ids
        self.assertEqual((hold.reason, hold.until_date), ("creditor", today + timedelta(days=7)))
        tomorrow = calendar.add_working_days(today, 1)
        self.run_day(tomorrow)
        self.assertFalse(case.reminder_ids)
        self.assertTrue(lines[0].kgw_case_id.reminder_ids, "the others go on")
        self.start_tour("/my/monitoring/counterparties", "kgw_portal_go_on", login="kgw_creditor_a")
        self.assertTrue(hold.is_open, "until the next run")
        self.run_day(calendar.add_working_days(tomorrow, 1))
        self.assertFalse(hold.is_open)
        self.assertTrue(case.reminder_ids)
        self.start_tour("/my/monitoring/counterparties", "kgw_portal_many", login="kgw_creditor_a")
        held = self.env["kgw.hold"].search([("until_date", "=", "2030-01-31")])
        self.assertEqual(held.case_id, lines.kgw_case_id)

    def test_creditor_signs_the_terms_hands_over_a_file_and_answers_a_dispute(self):
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        now = fields.Datetime.now()
        dispute = self.env["kgw.dispute"]._open(self.receivable, reason, "Brak dostawy", now)
        self.start_tour("/my/monitoring", "kgw_portal_handover", login="kgw_creditor_a")
        acceptance, is_current = self.env["kgw.acceptance"]._get_last(self.mandate)
        self.assertEqual((acceptance.signed_by, acceptance.user_id), ("Anna Kos", self.user_a))
        self.assertTrue(is_current)
        cases = self.env["kgw.case"].search([("counterparty_id.name", "like", "Nowy ")])
        self.assertEqual(
            cases.hold_ids.filtered(lambda h: h.reason == "struck").case_id.counterparty_id.name,
            "Nowy drugi",
        )
        self.assertEqual(
            (dispute.state, dispute.answer_note),
            ("rejected", "Towar dostarczono, protokół w załączeniu"),
        )
