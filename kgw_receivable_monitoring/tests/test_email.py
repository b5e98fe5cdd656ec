import socket
from contextlib import contextmanager, suppress
from datetime import timedelta
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo.tests.common import tagged

from .common import DUE, KgwCommon

INFORMED = DUE - timedelta(days=5)  # a Wednesday

REPLY = """From: {sender}
To: {to}
Subject: Re: faktura
Message-ID: <reply-1@budmax.example>
In-Reply-To: {ref}
References: {ref}
Content-Type: text/plain; charset=utf-8

Zapłacimy w piątek.
"""

BOUNCE = """From: MAILER-DAEMON@budmax.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-1@budmax.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="BOUND"

--BOUND
Content-Type: text/plain; charset=us-ascii

Unknown user.

--BOUND
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.budmax.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1

--BOUND
Content-Type: message/rfc822

Message-ID: {ref}
From: {sender}
To: {recipient}
Subject: faktura

--BOUND--
"""


class Keeper:
    """An SMTP server that keeps what it gets, or answers as the test wants."""

    def __init__(self, rcpt="250 OK", data="250 OK", breaks=False, hangs_up=False):
        self.kept, self.rcpt, self.data, self.breaks = [], rcpt, data, breaks
        self.hangs_up, self.sessions, self.quits = hangs_up, [], 0

    async def handle_QUIT(self, server, session, envelope):
        self.quits += 1
        return "221 Bye"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):
        if self.breaks:
            server.transport.abort()
            return "421 gone"
        if self.hangs_up:
            server.loop.call_soon(server.transport.close)
        self.sessions.append(session)
        if self.data.startswith("250"):
            self.kept.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.data


@tagged("post_install", "-at_install", "kgw")
class TestEmail(KgwCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.brand.alias_domain_id

    @contextmanager
    def smtp(self, **behaviour):
        """Serve SMTP on loopback and let this test really send to it."""
        keeper = Keeper(**behaviour)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(keeper, hostname="127.0.0.1", port=port)
        controller.start()
        self.addCleanup(controller.stop)
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {
                "name": "Test",
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "smtp_encryption": "none",
            }
        )
        self.doors["email"].stop()
        with patch.object(
            type(self.env["ir.mail_server"]), "_disable_send", classmethod(lambda cls: False)
        ):
            yield keeper
        self.doors["email"].start()

    def send_information(self):
        """Plan and send the e-mail of five days before the due date; return its reminder."""
        receivable = self._watch(self._document())
        self.run_day(INFORMED)
        return self.reminders(receivable)

    def test_email_over_real_smtp_carries_the_brands_addresses_only(self):
        with self.smtp() as keeper:
            reminder = self.send_information()
        self.assertEqual(reminder.state, "sent")
        [(mail_from, recipients, content)] = keeper.kept
        self.assertEqual(mail_from, self.domain.bounce_email)
        self.assertEqual(recipients, ["faktury@budmax.example"])
        self.assertIn(reminder.key.encode(), content)
        self.assertIn(b"kontakt@agencja.example", content)
        self.assertNotIn(self.env.company.email_formatted.encode() or b"-", content)

    def send_three(self):
        """Plan and send e-mails to three counterparties; return the states of the reminders."""
        buyers = (self._other_party(f"Firma {number} sp. z o.o.", number) for number in range(3))
        receivables = self._watch(*(self._document(buyer.email, buyer=buyer) for buyer in buyers))
        self.run_day(INFORMED)
        return self.reminders(receivables).mapped("state")

    def test_one_session_carries_all_emails_of_a_run_and_is_closed(self):
        with self.smtp() as keeper:
            self.assertEqual(self.send_three(), ["sent"] * 3)
        self.assertEqual((len(keeper.kept), len(set(map(id, keeper.sessions)))), (3, 1))
        self.assertEqual(keeper.quits, 1)

    def test_session_that_died_is_opened_anew(self):
        with self.smtp(hangs_up=True) as keeper:
            self.assertEqual(self.send_three(), ["sent"] * 3)
        self.assertEqual((len(keeper.kept), len(set(map(id, keeper.sessions)))), (3, 3))

    def test_session_is_closed_when_the_run_fails(self):
        settle = patch.object(
            type(self.env["kgw.handover"]), "_settle", side_effect=[None, OSError]
        )
        with self.smtp() as keeper, settle, suppress(OSError):
            self.send_three()
        self.assertEqual((len(keeper.kept), keeper.quits), (3, 1))

    def test_message_that_can_not_be_built_does_not_stop_the_others(self):
        channel = type(self.env["kgw.channel.email"])
        build, failures = channel._build, [ValueError("jan.kowalski@budmax.example")]

        def fail_once(model, *args):
            if failures:
                raise failures.pop()
            return build(model, *args)

        with self.smtp() as keeper, patch.object(channel, "_build", fail_once):
            states = self.send_three()
        self.assertEqual((sorted(states), len(keeper.kept)), (["failed", "sent", "sent"], 2))
        details = self.env["kgw.reminder"].search([("state", "=", "failed")]).mapped("detail")
        self.assertEqual(details, ["The message can't be built (ValueError)"])

    def test_white_label_email_has_no_octet_of_the_agency(self):
        self.env.company.write({"name": "Agencja Tajna", "email": "biuro@agencja-tajna.example"})
        white = self._create_brand(
            "Zielony Ogród",
            creditor_id=self.creditor.id,
            email="biuro@ogrod.example",
            alias_domain_id=self._get_alias_domain("ogrod.example").id,
        )
        self.mandate.write({"brand_before_id": white.id, "brand_after_id": white.id})
        with self.smtp() as keeper:
            self.send_information()
        octets = repr(keeper.kept)
        for word in ("ajna", "agencja", "Agencja", "kgw_agent"):
            self.assertNotIn(word, octets)

    def test_refused_for_now_is_tried_again_later(self):
        with self.smtp(rcpt="451 later"):
            reminder = self.send_information()
        self.assertEqual(reminder.state, "failed")
        self.assertTrue(reminder.retry_at)

    def test_refused_for_good_is_given_up_and_falls_back_to_sms(self):
        with self.smtp(rcpt="550 no such user"):
            reminder = self.send_information()
        original = reminder.filtered(lambda r: r.channel == "email")
        self.assertEqual(original.state, "dead")
        self.assertEqual((reminder - original).mapped("channel"), ["sms"])

    def test_connection_broken_while_sending_is_unknown_and_not_repeated(self):
        with self.smtp(breaks=True) as keeper:
            reminder = self.send_information()
            self.assertEqual(reminder.state, "unknown")
            self.run_day(INFORMED, hour=11)
        self.assertEqual(reminder.state, "unknown")
        self.assertEqual(keeper.kept, [])

    def test_reply_lands_on_the_case_and_in_the_register(self):
        with self.smtp():
            reminder = self.send_information()
        raw = REPLY.format(
            sender=reminder.recipient, to=self.domain.catchall_email, ref=reminder.message_ref
        )
        self.env["mail.thread"].message_process(False, raw)
        self.assertIn("Zapłacimy", reminder.case_id.message_ids[0].body)
        self.assertIn("reply", reminder.case_id.event_ids.mapped("kind"))

    def test_returned_email_is_no_contact_and_falls_back(self):
        with self.smtp():
            reminder = self.send_information()
        raw = BOUNCE.format(
            to=self.domain.bounce_email,
            recipient=reminder.recipient,
            sender=self.brand.email,
            ref=reminder.message_ref,
        )
        self.env["mail.thread"].message_process(False, raw)
        self.assertEqual((reminder.state, reminder.contact_on), ("undelivered", False))
        point = reminder.case_id.contact_point_ids.filtered(lambda p: p.kind == "email")
        self.assertEqual(point.state, "wrong")
        fallback = reminder.case_id.reminder_ids - reminder
        self.assertEqual(fallback.mapped("channel"), ["sms"])
