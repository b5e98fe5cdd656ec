from odoo.tests import HttpCase, tagged

from .test_portal_isolation import IsolationCase


@tagged("post_install", "-at_install", "kgw", "kgw_http", "kgw_tour")
class TestTours(IsolationCase, HttpCase):
    """The two paths that people walk every day, in a browser."""

    def test_creditor_reads_the_history_and_decides(self):
        self.start_tour("/my/home", "kgw_portal_creditor", login=self.user_a.login)
        self.assertEqual((self.decision.state, self.decision.value), ("taken", "approve"))
        self.assertEqual(self.decision.decided_by_id, self.user_a)
