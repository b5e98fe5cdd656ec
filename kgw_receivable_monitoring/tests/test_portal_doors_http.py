import json
import xmlrpc.client
from datetime import timedelta

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_portal_doors import DoorsCase
from .test_portal_isolation import SECRET
from .test_portal_routes import SECRETS

# What says no, and that both are to go with Odoo 20.
LOGGERS = (
    "odoo.http",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.rpc.controllers.jsonrpc",
    "odoo.addons.rpc.controllers.xmlrpc",
)


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestHttpDoors(DoorsCase, HttpCase):
    """Odoo's own addresses × A's records × everybody: no row, no file, no message comes out."""

    def setUp(self):
        super().setUp()
        self.visitors = [u for u in self.everybody if u.active and not u._is_public()]

    def _ask(self, path, **params):
        """Return what a JSON-RPC address answers, as text."""
        data = json.dumps({"jsonrpc": "2.0", "params": params})
        return self.url_open(path, data=data, headers={"Content-Type": "application/json"}).text

    def _check_nothing(self, text, user, what):
        for secret in SECRETS:
            if secret == SECRET and user == self.employee:
                continue  # the address book of Odoo is open to every employee
            with self.subTest(user=user.login, what=what):
                self.assertNotIn(secret, text)

    @mute_logger(*LOGGERS)
    def test_xmlrpc_and_jsonrpc_give_no_row_of_any_model(self):
        for user in self.visitors:
            for name in self.records:
                answer = self._call_jsonrpc(user, name)
                self.assertIn("error", answer, f"{user.login} {name}")
                with (
                    self.subTest(user=user.login, model=name),
                    self.assertRaises(xmlrpc.client.Fault),
                ):
                    self._call_xmlrpc(user, user.login, name)
        with self.assertRaises(xmlrpc.client.Fault):
            self._call_xmlrpc(self.archived, self.archived.login, "res.partner")

    def _call_xmlrpc(self, user, password, name):
        return self.xmlrpc_object.execute_kw(
            self.env.cr.dbname, user.id, password, name, "search_read", [[], ["id"]]
        )

    def _call_jsonrpc(self, user, name):
        args = [self.env.cr.dbname, user.id, user.login, name, "search_read", [[], ["id"]]]
        return json.loads(self._ask("/jsonrpc", service="object", method="execute_kw", args=args))

    @mute_logger(*LOGGERS)
    def test_xmlrpc_gives_the_portal_of_the_login_only(self):
        for user in self.strangers:
            args = (self.env.cr.dbname, user.id, user.login, "kgw.portal")
            found = self.xmlrpc_object.execute_kw(*args, "cases", [])
            self.assertNotIn(self.case.id, [row["id"] for row in found])
            with self.assertRaises(xmlrpc.client.Fault):
                self.xmlrpc_object.execute_kw(*args, "decide", ["stop", self.case.ids])

    @mute_logger(*LOGGERS)
    def test_json2_gives_no_row_of_any_model(self):
        self.env["ir.config_parameter"].set_param("portal.allow_api_keys", True)
        expires = self.env.cr.now() + timedelta(days=1)
        for user in self.visitors:
            key = self.env["res.users.apikeys"].with_user(user)._generate("rpc", "t", expires)
            headers = {"Content-Type": "application/json", "Authorization": f"bearer {key}"}
            for name in self.records:
                answer = self.url_open(
                    f"/json/2/{name}/search_read", data=json.dumps({"domain": []}), headers=headers
                )
                self.assertEqual(answer.status_code, 403, f"{user.login} {name}")

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_invoices_and_their_lines_stay_hidden_in_every_way(self):
        move, line = self.receivable.move_id, self.receivable
        for user in self.strangers:
            self.authenticate(user.login, user.login)
            for record in (move, line):
                for method, args in (
                    ("search_read", [[["id", "=", record.id]], ["display_name"]]),
                    ("search_count", [[["id", "=", record.id]]]),
                    ("name_search", ["FV A"]),
                    ("read", [record.ids, ["display_name"]]),
                    ("search_read", [[["move_id.name", "ilike", "FV"]], ["display_name"]]),
                ):
                    answer = self._ask(
                        "/web/dataset/call_kw",
                        model=record._name,
                        method=method,
                        args=args,
                        kwargs={},
                    )
                    found = json.loads(answer).get("result")
                    self.assertFalse(found, f"{user.login} {record._name} {method}: {found}")
            for path in (
                f"/my/invoices/{move.id}",
                f"/my/invoices/{move.id}?report_type=html",
                f"/my/invoices/{move.id}?access_token=x",
                f"/account/download_invoice_documents/{move.id}/pdf",
                f"/account/download_move_attachments/{move.id}",
                f"/mail/view?model=account.move&res_id={move.id}",
                f"/kgw/invoice/{line.id}",
            ):
                answer = self.url_open(path, allow_redirects=False)
                self._check_nothing(answer.text, user, path)
                self.assertNotEqual(answer.status_code, 200, f"{user.login} {path}")

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_binary")
    def test_files_and_images_stay_hidden(self):
        bodies = self._get_bodies()
        self.assertGreater(len(bodies), 4)
        for user in [*self.visitors, None]:
            self.authenticate(user and user.login, user and user.login)
            for path in self._get_file_paths():
                answer = self.url_open(path, allow_redirects=False)
                with self.subTest(user=user and user.login, path=path):
                    self.assertNotIn(answer.content, bodies)

    def _get_file_paths(self):
        for file in self._get_attachments():
            yield f"/web/content/{file.id}?download=1"
            yield f"/web/image/{file.id}"
            yield f"/mail/attachment/pdf_first_page/{file.id}"
            yield f"/mail/attachment/zip?file_ids={file.id}&zip_name=x.zip"
        for name, record in self.records.items():
            for field in self.env[name]._fields.values():
                if record and field.type in ("binary", "image"):
                    yield f"/web/content/{name}/{record.id}/{field.name}?download=1"
                    yield f"/web/image/{name}/{record.id}/{field.name}"

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_chatter_takes_and_gives_nothing(self):
        before = self._get_picture()
        threads = [r for n, r in self.records.items() if r and "message_ids" in r._fields]
        threads.append(self.receivable.move_id)
        self.assertGreater(len(threads), 3)
        messages = self.case.message_ids
        for user in [*self.strangers, None]:
            self.authenticate(user and user.login, user and user.login)
            for record in threads:
                for path, params in self._get_chatter_calls(record, messages[:1].id):
                    answer = self._ask(path, **params)
                    self._check_nothing(answer, user or self.user_b, f"{path} {record}")
            self.assertEqual(self._get_picture(), before)

    def _get_chatter_calls(self, record, message_id):
        thread = {"thread_model": record._name, "thread_id": record.id}
        request = {
            "thread_model": record._name,
            "thread_id": record.id,
            "request_list": ["messages"],
        }
        post = {"body": "od obcego", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        partner = {"partner_ids": self.user_b.partner_id.ids}
        return [
            ("/mail/thread/messages", thread),
            ("/mail/chatter_fetch", thread),
            ("/portal/chatter_init", thread),
            ("/mail/data", {"fetch_params": [["mail.thread", request]]}),
            ("/mail/thread/recipients", thread),
            ("/mail/message/post", {**thread, "post_data": post}),
            ("/mail/thread/subscribe", {"res_model": record._name, "res_id": record.id, **partner}),
            (
                "/mail/thread/unsubscribe",
                {"res_model": record._name, "res_id": record.id, **partner},
            ),
            (
                "/mail/message/update_content",
                {"message_id": message_id, "update_data": {"body": "x"}},
            ),
            (
                "/mail/message/reaction",
                {
                    "message_id": message_id,
                    "content": "x",
                    "action": "add",
                    "partner_id": 0,
                    "guest_id": 0,
                },
            ),
            ("/mail/link_preview", {"message_id": message_id}),
            ("/mail/message/translate", {"message_id": message_id}),
        ]

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_reports_and_exports_give_nothing(self):
        reports = self.env["ir.actions.report"].search([])
        own = reports.filtered(lambda r: r.model in self.records or r.model == "account.move")
        self.assertTrue(own)
        for user in self.strangers:
            self.authenticate(user.login, user.login)
            for report in own:
                record = self.records.get(report.model, self.receivable.move_id)
                for kind in ("html", "text"):
                    path = f"/report/{kind}/{report.report_name}/{record.id}"
                    self._check_nothing(self.url_open(path).text, user, path)
            for name in (*self.records, "account.move", "account.move.line"):
                self._export(user, name)

    def _export(self, user, name):
        data = {
            "model": name,
            "fields": [{"name": "display_name", "label": "x"}, {"name": "id", "label": "id"}],
            "ids": self.records.get(name, self.receivable).ids,
            "domain": [],
            "import_compat": False,
            "context": {},
            "groupby": [],
        }
        answer = self.url_open("/web/export/csv", data={"data": json.dumps(data)})
        self._check_nothing(answer.text, user, f"export {name}")
        if answer.status_code == 200:
            self.assertLessEqual(len(answer.text.strip().splitlines()), 1, f"{user.login} {name}")
