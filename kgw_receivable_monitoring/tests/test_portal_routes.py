import base64
import inspect
import json
import re
from datetime import timedelta

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DUE, MODULE
from .test_portal_isolation import SECRET, IsolationCase

# What no stranger may ever read.
SECRETS = (SECRET, "FV A/1", "Treść wiadomości", "%PDF", "Tajny powód")
# For a telephone exchange, with a token of its own (test_calls.py).
OTHER_ROUTES = {"/kgw/missed_call"}
# Parameters that name no record.
KNOWN_PARAMETERS = {"tab", "search", "sort", "show", "limit", "page", "part", "back", "form"}
VALUES = {
    "until_date": (DUE + timedelta(days=30)).isoformat(),
    "channel": "email",
    "point_kind": "email",
    "note": "nowy@budmax.example",
    "amount": "1.00",
    "number": "2",
}
# A list of one invoice as a creditor's own system sends it, and a day that is over.
ROWS = "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Nazwa\nJ/1/2026;2026-08-25;2026-09-28;10,00;Jot"
FILES = [{"name": "j.csv", "data": base64.b64encode(ROWS.encode()).decode()}]
PAST = "2026-01-02"


class RoutesCase(IsolationCase):
    """A's case has a letter, questions, a dispute, a message with a file."""

    @classmethod
    def _create_world(cls):
        res = super()._create_world()
        now = cls()._at(DUE)
        reason = cls.env["kgw.dispute.reason"].search([], limit=1)
        file = cls.env["ir.attachment"].create({"name": "dowód.pdf", "raw": b"%PDF dispute"})
        cls.dispute = cls.env["kgw.dispute"]._open(
            cls.receivable, reason, "Tajny powód", now, attachments=file
        )
        # Of what is disputed nobody is asked: what reads a question needs an open one all the same.
        cls.decision = cls.env["kgw.decision"]._ask(
            "approval", cls.letter.step_id, cls.receivable, DUE, now
        )
        cls.env["kgw.portal"]._record_message(
            cls.case, "Treść wiadomości", [("plik.pdf", b"%PDF plik")], now
        )
        cls.message = cls.env["kgw.event"].search([("kind", "=", "message")], limit=1)
        cls.file = cls.env["kgw.import"].search([("mandate_id", "=", cls.mandate.id)], limit=1)
        cls.change = cls.env["kgw.account.change"].search([("mandate_id", "=", cls.mandate.id)])
        access = cls.env["kgw.portal.access"].search([("user_id", "=", cls.user_a.id)])
        cls.summary = cls.env["kgw.summary"]._send(access, now)
        cls.scheduled = cls.env["kgw.decision"]._take("warning", cls.case, {}, now)
        cls.employee = new_test_user(cls.env, "kgw_nobody", groups="base.group_user")
        cls.employee.partner_id.parent_id = cls.creditor
        cls.strangers = (cls.user_b, cls.counterparty_user, cls.employee)
        cls.archived = cls._create_portal_user("kgw_archived", cls.creditor)
        cls.archived.active = False
        return res

    def _get_foreign(self, argument, rule):
        """Return the id of A's record that an argument of a route names."""
        return {
            "case_id": self.case.id,
            "decision_id": self.scheduled.id if "revoke" in rule else self.decision.id,
            "dispute_id": self.dispute.id,
            "reminder_id": self.letter.id,
            "event_id": self.message.id,
            "import_id": self.file.id,
            "change_id": self.change.id,
            "summary_id": self.summary.id,
            "mandate_id": self.mandate.id,
            "paper": "agreement",
            "user_id": self.user_a.id,
            "number": 0,
            "page": 1,
            "form": "csv",
            "receivable_id": self.receivable.id,
        }[argument]

    def _get_routes(self, find=None):
        """Return ``(rule, url with A's records, methods)`` of every route of this module.

        :param find: gives the id that an argument of a rule names, A's by default
        """
        found = []
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if MODULE not in rule.endpoint.func.__module__ or rule.rule in OTHER_ROUTES:
                continue
            url = rule.rule
            for name in rule.arguments:
                value = (find or self._get_foreign)(name, rule.rule)
                url = re.sub(rf"<[^<>]*\b{name}>", str(value), url)
            kind = {"JSON"} if rule.endpoint.routing["type"] == "jsonrpc" else set()
            found.append((rule.rule, url, kind | (rule.methods or {"GET"})))
        return found


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestPortalRoutes(RoutesCase, HttpCase):
    """Every route of the module × every foreign record × every stranger: nothing comes out."""

    def _visit(self, url, methods, token=""):
        if "JSON" in methods:
            data = json.dumps({"params": {"name": "Obcy", "signature": "eA=="}})
            return self.url_open(url, data=data, headers={"Content-Type": "application/json"})
        if "POST" in methods:
            data = {**self._get_form(), "csrf_token": token}
            files = [("files", ("obcy.csv", b"obcy", "text/csv"))]
            return self.url_open(url, data=data, files=files, allow_redirects=False)
        return self.url_open(url, allow_redirects=False)

    def _get_form(self):
        """Return what any of the forms names, with A's records."""
        return {
            "kind": "stop",
            "case_ids": self.case.id,
            "receivable_ids": self.receivable.id,
            "mandate_id": self.mandate.id,
            "confirmed": "1",
            "value": "approve",
            "text": "od obcego",
            "note": "od obcego",
            "content": "invoices",
            "known_through": DUE.isoformat(),
            "struck": SECRET,
            "target": "account_number",
            "number": "PL43999000180000000000000777",
            "name": "Obcy",
            "signature": "eA==",
            "seen_note": "1",
        }

    def test_every_field_of_a_form_that_names_a_record_is_tried(self):
        """A new form, or a new field in one, has to be tried by strangers too."""
        known = {*self._get_form(), *KNOWN_PARAMETERS}
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if MODULE not in rule.endpoint.func.__module__ or rule.rule in OTHER_ROUTES:
                continue
            wanted = inspect.signature(rule.endpoint.original_endpoint).parameters
            names = {name for name, p in wanted.items() if p.kind is not p.VAR_KEYWORD}
            with self.subTest(rule=rule.rule):
                self.assertLessEqual(names - {"self"} - set(rule.arguments), known)

    def _login(self, user):
        self.authenticate(user.login, user.login)
        page = self.url_open("/my/security").text
        return re.search(r'csrf_token["\']?\s*[:=]\s*["\']([^"\']+)', page).group(1)

    def _get_state(self):
        """Return all that a stranger could have changed in A's case."""
        self.env.invalidate_all()
        return (
            self.decision.state,
            self.scheduled.state,
            self.dispute.state,
            self.change.state,
            self.file.state,
            self.mandate.coverage_date,
            self.mandate.account_number,
            self.env["kgw.import"].search_count([("mandate_id", "=", self.mandate.id)]),
            self.env["kgw.account.change"].search_count([("mandate_id", "=", self.mandate.id)]),
            self.env["kgw.acceptance"].search_count([]),
            self.env["kgw.portal.access"].search_count([("may_decide", "=", True)]),
            self.case.hold_ids.ids,
            self.case.message_ids.ids,
            self.env["kgw.event"].search_count([("case_id", "=", self.case.id)]),
            self.env["kgw.decision"].search_count([("case_id", "=", self.case.id)]),
        )

    def test_every_route_is_known(self):
        routes = self._get_routes()
        self.assertGreater(len(routes), 15)
        self.assertFalse([url for _rule, url, _methods in routes if "<" in url])

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_owner_reads_through_the_routes_what_is_hidden_from_others(self):
        token = self._login(self.user_a)
        read = ""
        for rule, url, methods in self._get_routes():
            if "POST" not in methods and rule.startswith("/my/"):  # the others are our people's
                answer = self._visit(url, methods, token)
                self.assertEqual(answer.status_code, 200, url)
                read += answer.text
        for secret in SECRETS:
            self.assertIn(secret, read)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_strangers_read_and_change_nothing(self):
        before = self._get_state()
        for user in self.strangers:
            token = self._login(user)
            for _rule, url, methods in self._get_routes():
                with self.subTest(user=user.login, url=url):
                    answer = self._visit(url, methods, token)
                    self.assertLess(answer.status_code, 500)
                    for secret in SECRETS:
                        if secret == SECRET and user == self.counterparty_user:
                            continue  # its own name stands on every page
                        if secret == SECRET and user == self.user_b and "counterpart" in url:
                            continue  # B watches the same firm
                        self.assertNotIn(secret, self._strip(answer.text))
            self.assertEqual(self._get_state(), before, user.login)

    def _strip(self, text):
        """B's own overview and list name the firm that both watch."""
        return text.replace(self.theirs.kgw_case_id.counterparty_id.name, "")

    @mute_logger("odoo.http")
    def test_nobody_logged_in_is_sent_to_the_login(self):
        before = self._get_state()
        self.authenticate(None, None)
        for _rule, url, methods in self._get_routes():
            answer = self._visit(url, methods)
            if "JSON" in methods:
                self.assertIn('"error"', answer.text)
                continue
            self.assertIn(answer.status_code, (303, 400), url)
            self.assertIn("/web/login", answer.headers.get("Location", "/web/login"))
        self.assertEqual(self._get_state(), before)

    @mute_logger("odoo.http")
    def test_session_of_somebody_archived_meanwhile_reads_and_changes_nothing(self):
        self.archived.active = True
        token = self._login(self.archived)
        read = self.url_open(f"/my/monitoring/{self.case.id}").text
        self.assertIn(SECRET, read)
        self.archived.active = False
        self.env.flush_all()
        before = self._get_state()
        for _rule, url, methods in self._get_routes():
            answer = self._visit(url, methods, token)
            with self.subTest(url=url):
                # A JSON-RPC address tells its refusal in the answer.
                self.assertTrue(answer.status_code != 200 or '"error"' in answer.text)
                self.assertFalse([secret for secret in SECRETS if secret in answer.text])
        self.assertEqual(self._get_state(), before)

    @mute_logger("odoo.http")
    def test_own_system_reads_and_decides_over_json2(self):
        key = self._make_key(self.user_a)
        found = self._json2(key, "cases")
        self.assertEqual([row["id"] for row in found.json()], self.case.ids)
        page = self._json2(key, "case", case_id=self.case.id).json()
        self.assertIn("sentence", page)
        answer = self._json2(key, "decide", kind="stop", case_ids=self.case.ids)
        self.assertEqual(answer.json(), {"case_ids": self.case.ids, "left_out": []})
        self.assertTrue(self.case.hold_ids.filtered(lambda h: h.reason == "creditor"))

    @mute_logger("odoo.http")
    def test_own_system_hands_over_over_json2(self):
        key = self._make_key(self.user_a)
        [mandate] = self._json2(key, "handovers").json()["mandates"]
        preview = self._json2(key, "upload", mandate_id=mandate["id"], files=FILES).json()
        self.assertEqual((preview["state"], preview["new"]), ("preview", 1))
        self.assertFalse(self._find_invoices())
        taken = self._json2(key, "accept", import_id=preview["id"], struck=preview["newcomers"])
        self.assertEqual(taken.json(), "done")
        struck = self._find_invoices().line_ids.kgw_case_id
        self.assertTrue(struck.hold_ids.filtered("is_open"))
        done = self._json2(key, "handover", import_id=preview["id"]).json()
        self.assertEqual(done["state"], "done")
        values = {"mandate_id": mandate["id"], "known_through": PAST}
        self.assertEqual(self._json2(key, "no_more_payments", **values).json(), PAST)
        wrong = self._json2(key, "upload", mandate_id=mandate["id"], files=[{"name": "x"}])
        self.assertEqual(wrong.status_code, 422)

    @mute_logger("odoo.http")
    def test_own_system_writes_to_the_controller_over_json2(self):
        key, values = self._make_key(self.user_a), {"case_id": self.case.id}
        sent = self._json2(key, "message", **values, text="Kiedy zadzwonicie?", files=FILES)
        self.assertEqual(sent.json(), self.case.id)
        [event] = self.env["kgw.event"].search(
            [("case_id", "=", self.case.id), ("kind", "=", "message")], limit=1, order="id desc"
        )
        self.assertEqual(event.user_id, self.user_a)
        self.assertIn("Kiedy zadzwonicie?", json.dumps(event.payload, ensure_ascii=False))
        self.assertEqual(self._json2(key, "message", **values).status_code, 422, "nothing in it")

    def _find_invoices(self):
        return self.env["account.move"].search([("kgw_number", "=", "J/1/2026")])

    @mute_logger("odoo.http")
    def test_foreign_system_gets_nothing_over_json2(self):
        before = self._get_state()
        for user in self.strangers:
            key = self._make_key(user)
            ids = [row["id"] for row in self._json2(key, "cases").json()]
            self.assertNotIn(self.case.id, ids)
            self.assertIsNone(self._json2(key, "case", case_id=self.case.id).json())
            self.assertIsNone(self._json2(key, "handover", import_id=self.file.id).json())
            told = self._json2(key, "handovers").json()
            self.assertNotIn(self.mandate.id, [mandate["id"] for mandate in told["mandates"]])
            for method, values in (
                ("decide", {"kind": "stop", "case_ids": self.case.ids}),
                ("foresee", {"kind": "stop", "case_ids": self.case.ids}),
                ("answer", {"decision_id": self.decision.id, "value": "approve"}),
                ("foresee_answer", {"decision_id": self.decision.id, "value": "approve"}),
                ("foresee_dispute", {"dispute_id": self.dispute.id, "value": "accept"}),
                ("reopen_dispute", {"dispute_id": self.dispute.id}),
                ("answer_dispute", {"dispute_id": self.dispute.id, "value": "accept"}),
                ("revoke", {"decision_id": self.scheduled.id}),
                ("message", {"case_id": self.case.id, "text": "x"}),
                ("upload", {"mandate_id": self.mandate.id, "files": FILES}),
                ("accept", {"import_id": self.file.id}),
                ("no_more_payments", {"mandate_id": self.mandate.id, "known_through": PAST}),
            ):
                answer = self._json2(key, method, **values)
                self.assertEqual(answer.status_code, 403, f"{user.login} {method}")
                self.assertNotIn("FV A/1", answer.text)
            for method in ("_get_case", "_get_own", "_search_cases"):
                self.assertGreaterEqual(self._json2(key, method).status_code, 400)
        self.assertEqual(self._get_state(), before)

    def _make_key(self, user):
        self.env["ir.config_parameter"].set_param("portal.allow_api_keys", True)
        expires = self.env.cr.now() + timedelta(days=1)
        return self.env["res.users.apikeys"].with_user(user)._generate("rpc", "test", expires)

    def _json2(self, key, method, **values):
        return self.url_open(
            f"/json/2/kgw.portal/{method}",
            data=json.dumps(values),
            headers={"Content-Type": "application/json", "Authorization": f"bearer {key}"},
        )
