from odoo.tests.common import tagged

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestCreditorMail(KgwEngineCommon):
    """What the creditor is asked by e-mail leads to the page on which it decides."""

    def setUp(self):
        super().setUp()
        self.line = self._watch(self._document())
        self.case = self.line.kgw_case_id
        self.before = self.env["mail.mail"].search([])

    def get_mail(self):
        """Return the e-mail that was written meanwhile."""
        return (self.env["mail.mail"].search([]) - self.before).ensure_one()

    def assertLeadsTo(self, page):
        address = f"{self.mandate.get_base_url()}/my/monitoring{page}"
        self.assertIn(f'href="{address}"', self.get_mail().body_html)

    def ask(self, kind, step):
        now = self._at(DUE)
        decision = self.env["kgw.decision"]._ask(kind, self._step(step), self.line, DUE, now)
        self.env["kgw.creditor.mail"]._ask(decision)
        return decision

    def dispute(self, default):
        self.scenario.dispute_default = default
        reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")
        return self.env["kgw.dispute"]._open(self.line, reason, "Rysa", self._at(DUE))

    def test_question_for_consent_leads_to_its_place_and_says_that_silence_sends_nothing(self):
        decision = self.ask("approval", "p8_letter")
        self.assertLeadsTo(f"/{self.case.id}#kgw_decision_{decision.id}")
        self.assertIn("Bez Twojej odpowiedzi niczego nie wyślemy.", self.get_mail().body_html)

    def test_question_at_the_end_says_that_silence_waits(self):
        decision = self.ask("horizon", "p8_letter")
        self.assertLeadsTo(f"/{self.case.id}#kgw_decision_{decision.id}")
        self.assertIn("Bez Twojej odpowiedzi czekamy na wpłatę", self.get_mail().body_html)

    def test_dispute_leads_to_its_place_and_says_the_agreed_default(self):
        said = {
            "accept": "zakończymy kontakt",
            "reject": "kontakt będzie kontynuowany",
        }
        for default, words in said.items():
            with self.subTest(default):
                self.before = self.env["mail.mail"].search([])
                dispute = self.dispute(default)
                self.assertLeadsTo(f"/{self.case.id}#kgw_dispute_{dispute.id}")
                self.assertIn(f"Bez Twojej odpowiedzi {words}", self.get_mail().body_html)
                dispute._answer("reject", "", self._at(DUE, 11))

    def test_request_for_payments_leads_to_the_hand_over(self):
        self.env["kgw.creditor.mail"]._ask_payments(self.mandate, self.line, DUE, DUE)
        self.assertLeadsTo("/handover")

    def test_report_about_one_counterparty_leads_to_it_and_about_several_to_the_first_page(self):
        other = self._watch(self._document("FV 2/09/2026", buyer=self._other_party("Inny", 1)))
        reports = self.env["kgw.creditor.mail"]
        for lines, page in ((self.line, f"/{self.case.id}"), (self.line | other, "")):
            self.before = self.env["mail.mail"].search([])
            reports._report(self.mandate, lines, DUE, self._at(DUE))
            self.assertLeadsTo(page)

    def test_insolvency_leads_to_the_counterparty(self):
        self.case._mark_insolvent("", self._at(DUE))
        self.assertLeadsTo(f"/{self.case.id}")
