from odoo.tests import tagged

from .common import PAPER
from .test_board import calendar_next
from .test_desk import DeskCase


@tagged("post_install", "-at_install", "kgw")
class TestProofOfAuthority(DeskCase):
    """A counterparty asks by what right it is called."""

    def setUp(self):
        super().setUp()
        self.mandate.authority_filename = "pelnomocnictwo.pdf"

    def ask(self, **vals):
        """Record the outcome; return the sentence that the agent reads."""
        desk = self.open_desk(outcome="authority", **vals)
        return desk.action_save_and_stop()["params"]["message"]

    def sent(self):
        return self.reminders(self.line).filtered(lambda r: r.channel == "email")

    def tasks(self):
        return self.case.activity_ids.filtered(lambda a: a.user_id == self.agent)

    def test_file_of_the_mandate_goes_out_at_once_and_stands_in_the_register(self):
        self.mandate.coverage_date = False  # it asks for no money
        self.assertIn("faktury@budmax.example", self.ask(called_at=self._at(self.day, 9)))
        self.dispatch("email", self.day)
        [message] = self.gateways.sent
        self.assertIn("FV 1/09/2026", message["body"])
        mail = self.env["kgw.channel.email"]._build(self.brand, self.sent())
        [document] = mail.iter_attachments()
        self.assertEqual(document.get_filename(), "pelnomocnictwo.pdf")
        self.assertEqual(document.get_payload(decode=True), b"%PDF-1.4 signed")
        [event] = self.events("sent", reminder_id=self.sent().id)
        self.assertEqual(event.payload["document"], "pelnomocnictwo.pdf")
        self.assertFalse(self.tasks())

    def test_what_was_sent_stays_when_the_mandate_gets_another_file(self):
        self.ask()
        self.mandate.authority_file = PAPER + b"AAAA"
        self.assertEqual(self.sent().attachment_id.raw, b"%PDF-1.4 signed")

    def test_contact_hours_and_a_stop_hold_it_back(self):
        self.freeze(self._at(self.day, 23))
        self.ask(called_at=self._at(self.day, 15))
        self.dispatch("email", self.day, hour=23)
        self.assertEqual(self.sent().waiting_reason, "hours")
        self.hold(self.day, case_id=self.case.id)
        self.dispatch("email", calendar_next(self.day), hour=12)
        self.assertEqual(self.sent().waiting_reason, "hold")
        self.assertFalse(self.gateways.sent)

    def test_without_file_address_or_force_the_agent_is_told_and_gets_the_task(self):
        address = self.case.contact_point_ids.filtered(lambda p: p.kind == "email")
        for record, values, told in (
            (self.mandate, {"authority_file": False}, "file"),
            (self.mandate, {"authority_until": self.mandate.authority_date}, "in force"),
            (address, {"state": "wrong"}, "address"),
        ):
            with self.subTest(told=told), self.cr.savepoint() as point:
                record.write(values)
                self.assertIn(told, self.ask())
                self.assertFalse(self.sent())
                self.assertIn(told, str(self.tasks().note))
                point.rollback()
                self.env.invalidate_all()
