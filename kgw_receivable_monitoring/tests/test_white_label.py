import email
import email.policy
import io
import re
import socket
from datetime import timedelta
from unittest.mock import patch

import pypdf
from aiosmtpd.controller import Controller

from odoo.tests.common import tagged

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon
from .test_email import Keeper

SECRET = "tajn"  # stands in every word of the agency's data; its numbers are listed apart
NUMBERS = ("9991020125", "221112233", "129998877")
DAY = DUE + timedelta(days=8)


class WireKeeper(Keeper):
    """Keeps besides how the client introduced itself."""

    async def handle_DATA(self, server, session, envelope):
        self.kept.append((session.host_name, envelope.mail_from, envelope.content))
        return "250 OK"


class RecordingProvider:
    """Stands in for an SMS provider and keeps what a counterparty would get."""

    sent = []

    def __init__(self, env):
        """As Odoo's API classes."""

    def _set_company(self, company):
        """As Odoo's API classes."""

    def _send_sms_batch(self, messages, delivery_reports_url=False):
        self.sent.extend((message["sender"], message["content"]) for message in messages)
        numbers = [number for message in messages for number in message["numbers"]]
        return [{"uuid": number["uuid"], "state": "success"} for number in numbers]


@tagged("post_install", "-at_install", "kgw")
class TestWhiteLabel(KgwEngineCommon):
    """Nothing of the agency stands in what goes out under a creditor's brand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        identity = {
            "name": "Agencja Tajna sp. z o.o.",
            "vat": "9991020125",
            "street": "ul. Tajna 7",
            "zip": "31-999",
            "city": "Tajnogród",
            "phone": "+48 22 111 22 33",
            "email": "biuro@tajna.example",
            "website": "https://www.tajna.example",
        }
        cls.company.partner_id.with_context(no_vat_validation=True).write(identity)
        cls.company.write(
            {"name": identity["name"], "alias_domain_id": cls._get_alias_domain("tajna.example").id}
        )
        cls.env["ir.config_parameter"].set_param("web.base.url", "https://panel.tajna.example")
        cls.agent.write({"name": "Kontroler Tajny", "email": "kontroler@tajna.example"})
        cls.brand.write(
            {
                **identity,
                "short_name": "TAJNA",
                "phone": "+48 12 999 88 77",
                "alias_domain_id": cls.company.alias_domain_id.id,
                "sms_sender": "TAJNA",
            }
        )
        cls.white = cls._create_brand(
            "Krakbud hurtownia",
            creditor_id=cls.creditor.id,
            street="ul. Magazynowa 5",
            zip="30-741",
            phone="+48 12 345 67 11",
            sms_sender="KRAKBUD",
        )

    def setUp(self):
        super().setUp()
        # Here the real channels send, and real letters are drawn.
        for door in (*self.doors.values(), self.drawing):
            door.stop()
            self.addCleanup(door.start)
        RecordingProvider.sent = []
        for target, name, value in (
            (type(self.company), "_get_sms_api_class", lambda _company: RecordingProvider),
            (socket, "getfqdn", lambda *_args: "serwer.tajna.example"),
            (type(self.env["ir.mail_server"]), "_disable_send", classmethod(lambda _cls: False)),
        ):
            patcher = patch.object(target, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.keeper = self._serve()

    def _serve(self):
        keeper = WireKeeper()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(keeper, hostname="127.0.0.1", port=port)
        controller.start()
        self.addCleanup(controller.stop)
        self.env["ir.mail_server"].search([]).active = False
        server = {"name": "Tajny", "smtp_host": "127.0.0.1", "smtp_port": port}
        self.env["ir.mail_server"].create({**server, "smtp_encryption": "none"})
        return keeper

    def send(self, *codes):
        """Send one contact per step, each to a counterparty of its own; return the reminders."""
        reminders = self.env["kgw.reminder"]
        for number, code in enumerate(codes):
            due = DAY + timedelta(days=5) if code.startswith("m") else DUE
            buyer = self._other_party(f"Budmax {code}", number)
            line = self._watch(self._document(f"FV {number}", due=due, buyer=buyer))
            self.env["account.move.line"]._kgw_flush_stages(DAY)
            reminders |= self._draft(line, code, DAY)
        for channel in ("email", "sms", "letter"):
            self.dispatch(channel, DAY)
        return reminders

    def octets(self, reminders):
        """Return all that left the house, as sent and as a person reads it, in lower case."""
        parts = [repr(self.keeper.kept), repr(RecordingProvider.sent)]
        for _host, _sender, content in self.keeper.kept:
            parts.extend(self._read_mail(content))
        for letter in reminders.attachment_id:
            parts.extend([letter.name, *self._read_letter(letter.raw)])
        return "\n".join(parts).lower()

    def _read_mail(self, content):
        message = email.message_from_bytes(content, policy=email.policy.default)
        yield from (f"{name}: {value}" for name, value in message.items())
        for part in message.walk():
            yield from (f"{name}: {value}" for name, value in part.items())
            if part.get_content_maintype() == "text":
                yield part.get_content()

    def _read_letter(self, document):
        reader = pypdf.PdfReader(io.BytesIO(document))
        yield repr(reader.metadata)
        yield reader.xmp_metadata.stream.get_data().decode() if reader.xmp_metadata else ""
        yield from (page.extract_text() for page in reader.pages)
        yield repr(document)

    def find_agency(self, octets):
        """Return the data of the agency found in what was sent."""
        digits = "".join(char for char in octets if char.isdigit() or char == "\n")
        words = [octets[hit.start() - 20 : hit.end() + 20] for hit in re.finditer(SECRET, octets)]
        return words + [number for number in NUMBERS if number in digits]

    def test_white_label_mandate_sends_no_octet_of_the_agency(self):
        self.mandate.write({"brand_before_id": self.white.id, "brand_after_id": self.white.id})
        sent = self.send("m5_email", "p2_sms", "p6_email", "p8_letter")
        self.assertEqual(sent.mapped("state"), ["sent", "sent", "sent", "claimed"])
        octets = self.octets(sent)
        self.assertEqual(self.find_agency(octets), [])
        self.assertNotIn("kgw", octets.replace("kgw-", ""), "our own mark is the agency's too")
        for word in ("krakbud", "imieniu i na rzecz", "kontakt@krakbud.example"):
            self.assertIn(word, octets)

    def test_agency_speaks_before_and_the_creditor_after_the_due_date(self):
        self.mandate.brand_after_id = self.white
        before = self.send("m5_email")
        self.assertTrue(self.find_agency(self.octets(before)), "the search finds what is there")
        self.keeper.kept.clear()
        after = self.send("p6_email", "p2_sms", "p8_letter")
        self.assertEqual(self.find_agency(self.octets(after)), [])

    def test_server_introduces_itself_by_the_domain_of_the_brand(self):
        self.mandate.write({"brand_before_id": self.white.id, "brand_after_id": self.white.id})
        self.send("p6_email")
        self.assertEqual(
            [host for host, _sender, _content in self.keeper.kept], ["krakbud.example"]
        )

    def test_white_label_needs_a_mail_domain_that_is_not_the_agency_s(self):
        self.assertTrue(self.white._has_own_domain())
        self.white.write(
            {"email": "krakbud@tajna.example", "alias_domain_id": self.company.alias_domain_id.id}
        )
        self.assertFalse(self.white._has_own_domain())
        self.mandate.brand_after_id = self.white
        missing = self.env["kgw.readiness"]._get_missing(self.mandate, DUE)
        self.assertEqual([line.title for line in missing], ["Mail domain of the brand"])

    def test_answer_to_who_calls_is_never_denied(self):
        """White label hides the agency from what is sent; the letter says it acts for somebody."""
        self.mandate.write({"brand_before_id": self.white.id, "brand_after_id": self.white.id})
        text = self.env.ref(f"{MODULE}.kgw_template_letter_demand")._get_text("pl_PL")
        line, day = self._overdue(8)
        letter = self._draft(line, "p8_letter", day)
        body = text._render(self.env["kgw.text"]._get_values(letter, self._at(day)))[1]
        for words in ("W imieniu i na rzecz wierzyciela", "z upoważnienia"):
            self.assertIn(words, body)
