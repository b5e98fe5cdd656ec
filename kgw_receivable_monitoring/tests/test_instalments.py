from datetime import timedelta

from odoo.tests import tagged

from .common import DUE
from .engine_common import KgwEngineCommon

DAY = DUE + timedelta(days=9)


@tagged("post_install", "-at_install", "kgw")
class TestInstalments(KgwEngineCommon):
    """What the creditor agreed to is told to the counterparty at once, in words of its own."""

    def setUp(self):
        super().setUp()
        self.line = self._watch(self._document(amount="1230.00", buyer=self._party()))
        self.case = self.line.kgw_case_id
        self.env["account.move.line"]._kgw_flush_stages(DAY)

    def agree(self, hour=9):
        values = {"number": 3, "until_date": DAY + timedelta(days=7)}
        now = self._at(DAY, hour)
        self.env["kgw.decision"]._take("instalments", self.case, values, now)
        return self.case.promise_ids

    def send(self, channel, hour=10):
        self.dispatch(channel, DAY, hour=hour)
        [sent] = self.gateways.sent
        return " ".join(f"{sent.get('subject', '')} {sent['body']}".replace("\xa0", " ").split())

    def test_counterparty_is_written_days_and_amounts_and_thanked_for_no_talk(self):
        self.agree()
        written = self.send("email")
        self.assertIn("410,00 zł", written)
        self.assertIn("1230,00 zł", written.replace("1 230", "1230"))
        for part in self.case.promise_ids.part_ids:
            self.assertIn(f"{part.due_on.day} ", written)
        self.assertIn("FV 1/09/2026", written)
        self.assertIn("zgadza się na zapłatę w ratach", written)
        self.assertNotIn("rozmow", written)

    def test_sms_goes_where_there_is_no_email(self):
        self.case.contact_point_ids.filtered(lambda p: p.kind == "email").state = "wrong"
        self.agree()
        self.assertIn("zgoda na raty (3) od", self.send("sms"))

    def test_known_payments_are_not_waited_for_but_contact_hours_are(self):
        self.mandate.coverage_date = DUE - timedelta(days=30)
        promise = self.agree(hour=23)
        self.dispatch("email", DAY, hour=23)
        self.assertEqual(promise.confirmation_ids.waiting_reason, "hours")
        self.dispatch("email", DAY + timedelta(days=1), hour=12)
        self.assertEqual(promise.confirmation_ids.state, "sent")

    def test_pause_after_it_keeps_the_letter_of_consent_back(self):
        promise = self.agree()
        self.hold(DAY, case_id=self.case.id)
        self.dispatch("email", DAY)
        self.assertFalse(self.gateways.sent)
        self.assertEqual(promise.confirmation_ids.waiting_reason, "hold")


@tagged("post_install", "-at_install", "kgw")
class TestInvoiceInInstalments(KgwEngineCommon):
    """An invoice that is paid in several is one invoice, of which instalments are due."""

    def setUp(self):
        super().setUp()
        dates = [DUE, DUE + timedelta(days=1), DUE + timedelta(days=60)]
        self.lines = self._watch(self._document("FV 1/09", due=dates, amount="3000.00"))
        self.env["account.move.line"]._kgw_flush_stages(DAY)

    def get_values(self, lines, lang="pl_PL"):
        self.lines.kgw_case_id.lang = lang
        reminder = self._draft(lines, "p6_email", DAY)
        return self.env["kgw.text"]._get_values(reminder, self._at(DAY))

    def test_two_instalments_are_counted_as_one_invoice(self):
        values = self.get_values(self.lines[:2])
        self.assertEqual(values["count_invoices"], "1 faktura")
        self.assertEqual(values["invoices"], [{"number": "FV 1/09", "name": "FV 1/09"}])
        self.assertEqual(
            [item["number"] for item in values["items"]],
            ["FV 1/09, rata 1/3", "FV 1/09, rata 2/3"],
        )

    def test_one_instalment_is_named_in_the_language_of_the_reader(self):
        values = self.get_values(self.lines[1], "en_US")
        self.assertEqual(values["invoices"][0]["name"], "FV 1/09, instalment 2/3")

    def test_no_text_speaks_of_several_invoices(self):
        self._draft(self.lines[:2], "p6_email", DAY)
        self.dispatch("email", DAY)
        [mail] = self.gateways.sent
        self.assertIn("faktura FV 1/09", mail["subject"])
        self.assertIn("rata 2/3", mail["body"])
        self.assertNotRegex(mail["subject"] + mail["body"], r"2.faktury|tych faktur|numery opłac")

    def test_sms_names_no_other_invoice(self):
        self._draft(self.lines[:2], "p2_sms", DAY)
        self.dispatch("sms", DAY)
        self.assertIn("faktury FV 1/09", self.gateways.sent[0]["body"])
        self.assertNotRegex(self.gateways.sent[0]["body"], "i inn")

    def test_creditor_reads_of_one_invoice(self):
        portal = self.env["kgw.portal"].with_context(lang="pl_PL")
        told = portal._count_invoices(self.lines)
        self.assertEqual(told.replace("\xa0", " "), "1 faktura")
