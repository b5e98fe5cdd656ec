from odoo.tests import tagged

from .common import DUE
from .test_portal_decisions import DecisionCase


@tagged("post_install", "-at_install", "kgw")
class TestPortalSize(DecisionCase):
    """A list of many counterparties asks the database no more often than one of few."""

    def test_lists_of_many_take_no_more_queries_than_lists_of_few(self):
        pages = {"creditor": (self.read_as_creditor, 43), "agents": (self.read_as_agent, 28)}
        few = {name: self.count_queries(read) for name, (read, _most) in pages.items()}
        for number in range(3, 9):
            buyer = self._other_party(f"Firma {number}", number)
            self._watch(self._document(f"FV {number}", buyer=buyer))
        for name, (read, most) in pages.items():
            with self.subTest(list=name):
                self.assertLessEqual(self.count_queries(read), few[name])
                # The days of these counterparties are walked, as on their own pages: the dearest.
                self.assertLess(few[name], most)

    def test_stored_next_steps_are_told_without_walking_days(self):
        self.env["account.move.line"].search([("kgw_stage", "!=", False)])._kgw_refresh_course(
            DUE, self._at(DUE, 6)
        )
        self.assertLess(self.count_queries(self.read_as_creditor), 29)

    def test_first_page_takes_few_queries(self):
        self.assertLess(self.count_queries(lambda portal: portal._get_overview()), 47)

    def test_page_of_a_counterparty_takes_few_queries(self):
        self.assertLess(self.count_queries(lambda portal: portal._get_case(self.case.id)), 48)

    def read_as_creditor(self, portal):
        self.assertTrue(all(row["next_step"] for row in portal._get_cases()))

    def read_as_agent(self, portal):
        cases = self.env["kgw.case"].with_user(self.agent).search([])
        self.assertTrue(all(cases.mapped("next_label")))

    def count_queries(self, read):
        """Read a page as a fresh request does; return how many queries it took."""
        portal = self.portal.with_context(kgw_now=self._at(DUE, 9))
        read(portal)  # what is read once per process
        self.env.flush_all()
        # Environments that Python has not collected yet would keep their user and companies.
        self.env.transaction.reset()
        started = self.cr.sql_log_count
        read(portal)
        return self.cr.sql_log_count - started
