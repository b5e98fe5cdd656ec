import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_import import DAY, HEADER, ImportCase

MAIL = """From: {sender}
To: faktury-a@kgw.example
Subject: Faktury
Message-ID: <{number}@wierzyciel.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: text/plain; charset=utf-8

W załączeniu faktury.
--x
Content-Type: text/csv; name="faktury.csv"
Content-Disposition: attachment; filename="faktury.csv"
Content-Transfer-Encoding: base64

{data}
--x--
"""


@tagged("post_install", "-at_install", "kgw")
class TestImportDoors(ImportCase):
    """Files by e-mail and JSON-2: always a preview, never a booking."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create({"name": "kgw.example"})
        cls.env.company.alias_domain_id = domain
        cls.mandate.write({"alias_name": "faktury-a"})
        cls.mandate.alias_id.alias_domain_id = domain

    def _get_csv(self):
        return "\r\n".join([HEADER, self._row("M/1"), ""]).encode()

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def _receive(self, sender, number, mail=MAIL):
        data = base64.encodebytes(self._get_csv()).decode()
        raw = mail.format(sender=sender, number=number, data=data)
        before = self.env["kgw.import"].search([])
        self.env["mail.thread"].message_process(False, raw)
        return self.env["kgw.import"].search([]) - before

    def test_file_by_mail_from_the_creditor_is_a_preview(self):
        record = self._receive("Ksiegowosc <ksiegowosc@wierzyciel.example>", 1)
        self.assertEqual((record.mandate_id, record.state), (self.mandate, "preview"))
        self.assertEqual((record.new_count, record.line_ids.number), (1, "M/1"))
        self.assertFalse(self._get_moves())
        self._take(record.with_user(self.manager))
        self.assertEqual(self._get_moves().kgw_number, "M/1")

    def test_what_came_by_mail_is_on_the_health_page_until_somebody_takes_it_over(self):
        health, now = self.env["kgw.health"], self._at(DAY)
        self.assertEqual(health._get_check("imports", now).level, "ok")
        sender = "ksiegowosc@wierzyciel.example"
        record = self._receive(sender, 3)
        check = health._get_check("imports", now)
        self.assertEqual((check.level, check.opens[1]), ("warning", [("id", "in", record.ids)]))
        self._take(record)
        empty = self._receive(sender, 4, MAIL.partition("--x\nContent-Type: text/csv")[0] + "--x--")
        self.assertEqual((empty.mandate_id, empty.state), (self.mandate, "refused"))
        self.assertIn("no file attached", empty.message)
        self.assertEqual(health._get_check("imports", now).opens[1], [("id", "in", empty.ids)])
        empty.with_user(self.manager).unlink()
        self.assertEqual(health._get_check("imports", now).level, "ok")

    def test_reply_about_files_handed_over_by_hand_is_only_a_message(self):
        record = self._hand_over(self._row("M/2"))
        record.message_post(
            body="Dziękujemy", message_type="email", email_from="ksiegowosc@wierzyciel.example"
        )
        self.assertEqual((record.state, record.message), ("draft", False))

    def test_file_by_mail_from_a_stranger_is_refused_and_in_the_register(self):
        self.assertFalse(self._receive("obcy@gdzies.example", 2))
        event = self.env["kgw.event"].search([("kind", "=", "mail_refused")])
        self.assertEqual(event.mandate_id, self.mandate)
        self.assertEqual(event.payload["sender"], "obcy@gdzies.example")

    def test_upload_by_json_is_a_preview_that_tells_what_is_refused(self):
        files = [
            {"name": "a.csv", "data": base64.b64encode(self._get_csv()).decode()},
            {"name": "b.csv", "data": base64.b64encode(b"x").decode()},
        ]
        imports = self.env["kgw.import"].with_user(self.manager)
        found = imports.upload("A", files)
        self.assertEqual((found["state"], found["counts"]["new"]), ("preview", 1))
        self.assertEqual([row["file"] for row in found["refused"]], ["b.csv"])
        self.assertTrue(found["refused"][0]["message"])
        imports.browse(found["id"]).action_take()
        self.assertEqual(self._get_moves().kgw_number, "M/1")

    def test_upload_asks_for_rights_and_right_data(self):
        good = [{"name": "a.csv", "data": base64.b64encode(self._get_csv()).decode()}]
        with self.assertRaises(AccessError):
            self.env["kgw.import"].with_user(self.agent).upload("A", good)
        imports = self.env["kgw.import"].with_user(self.manager)
        for mandate, files in (
            ("NIE MA", good),
            ("A", []),
            ("A", [{"name": "a.csv", "data": "ą?"}]),
            ("A", [{"data": ""}]),
            ("A", ["x"]),
        ):
            with self.subTest(mandate=mandate, files=files), self.assertRaises(UserError):
                imports.upload(mandate, files)
        for values in (
            {"content": "rubbish"},
            {"content": 7},
            {"content": "open_items", "known_through": "20.11.2026"},
            {"content": "open_items", "known_through": "2026-13-45"},
            {"files": 5},
            {"mandate": {"a": 1}},
        ):
            with self.subTest(**values), self.assertRaises(UserError):
                imports.upload(**{"mandate": "A", "files": good, **values})
