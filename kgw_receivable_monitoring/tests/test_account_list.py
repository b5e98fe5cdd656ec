import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tests.common import freeze_time

from ..tools import white_list
from .common import DUE
from .test_account_change import NEW, AccountCase


class Register(BaseHTTPRequestHandler):
    """Speaks as the list of VAT payers does; ``answer`` is ``(status, body)``, without a status it
    says nothing before ``released``."""

    answer = (200, b"{}")
    asked = []
    released = threading.Event()

    def do_GET(self):
        self.asked.append(self.path)
        status, body = self.answer
        if status is None:
            self.released.wait(30)
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@tagged("post_install", "-at_install", "kgw")
class TestWhiteList(AccountCase):
    """The list of VAT payers is asked; what it does not say blocks nobody."""

    def setUp(self):
        super().setUp()
        server = ThreadingHTTPServer(("127.0.0.1", 0), Register)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        Register.asked = []
        url = f"http://127.0.0.1:{server.server_port}"
        door = patch.object(white_list, "BASE_URL", url)
        door.start()
        self.addCleanup(door.stop)

    def answer(self, status=200, body='{"result": {"accountAssigned": "TAK", "requestId": "x-1"}}'):
        Register.answer = (status, body.encode())

    def test_answer_is_kept_with_its_number_and_moment(self):
        self.answer()
        with freeze_time("2026-09-07 10:00:00"), self.assertLogs(white_list.__name__) as log:
            self.mandate.with_user(self.manager).action_ask_white_list()
        self.assertEqual(
            Register.asked,
            ["/api/check/nip/9991010003/bank-account/61109010140000071219812874?date=2026-09-07"],
        )
        self.assertEqual(
            (self.mandate.white_list_state, self.mandate.white_list_ref), ("listed", "x-1")
        )
        self.assertNotIn("6110901014", "".join(log.output))
        [event] = self.events("account")
        self.assertEqual((event.payload["white_list"], event.payload["request"]), ("listed", "x-1"))

    def test_worst_answer_of_two_accounts_counts_and_turns_the_panel_amber(self):
        self.mandate.foreign_account_number = NEW
        answers = iter([white_list.Answer("listed", "1"), white_list.Answer("not_listed", "2")])
        with patch.object(white_list, "check", lambda *_a: next(answers)):
            self.mandate._ask_white_list(self._at(DUE))
        self.assertEqual(self.mandate.white_list_state, "not_listed")
        lines = self.env["kgw.readiness"]._get_lines(self.mandate, DUE)
        [line] = [line for line in lines if line.title == "Creditor's account"]
        self.assertEqual(line.level, "warning")

    def test_whatever_goes_wrong_is_unknown(self):
        for status, body in (
            (200, "<html>firewall</html>"),
            (200, "[]"),
            (200, '{"result": null}'),
            (200, '{"result": {"accountAssigned": "?"}}'),
            (400, '{"code": "WL-115", "message": "Nieprawidłowy NIP."}'),
            (400, '{"code": "WL-118", "message": "Data spoza zakresu."}'),
            (404, ""),
            (429, '{"message": "Przekroczono limit zapytań."}'),
            (302, ""),
            (500, ""),
            (503, '{"result": {"accountAssigned": "TAK", "requestId": "x-1"}}'),
        ):
            self.answer(status, body)
            with self.subTest(body=body):
                self.assertEqual(white_list.check("9991010003", self.old, DUE).state, "unknown")
        for nip, account in (("", self.old), ("9991010003", "DE89370400440532013000")):
            self.assertEqual(white_list.check(nip, account, DUE).state, "unknown")
        with patch.object(white_list, "BASE_URL", "http://127.0.0.1:9"):
            self.assertEqual(white_list.check("9991010003", self.old, DUE).state, "unknown")

    def test_register_that_says_nothing_is_not_waited_for(self):
        Register.released.clear()
        self.addCleanup(Register.released.set)
        self.answer(None, "")
        with patch.object(white_list, "TIMEOUT", 0.2):
            self.assertEqual(white_list.check("9991010003", self.old, DUE).state, "unknown")

    def test_unknown_blocks_neither_mandate_nor_change(self):
        self.answer(429, "")
        self.mandate._ask_white_list(self.now)
        self.assertEqual(self.mandate.white_list_state, "unknown")
        lines = self.env["kgw.readiness"]._get_lines(self.mandate, DUE)
        self.assertNotIn("missing", [line.level for line in lines])
        change = self.ask()
        self.portal(self.second)._agree(change.id, self.now)
        self.env["kgw.account.change"]._cron_work()
        with freeze_time(self.now + timedelta(hours=25)):
            self.env["kgw.account.change"]._cron_work()
        self.assertEqual((change.white_list_state, self.mandate.account_number), ("unknown", NEW))

    def test_cron_asks_about_open_changes_and_lets_due_ones_hold(self):
        self.answer(body='{"result": {"accountAssigned": "NIE", "requestId": "x-2"}}')
        change = self.ask()
        self.portal(self.second)._agree(change.id, self.now)
        self.env["kgw.account.change"]._cron_work()
        self.assertEqual((change.white_list_state, change.state), ("not_listed", "agreed"))
        with freeze_time(self.now + timedelta(hours=25)):
            self.env["kgw.account.change"]._cron_work()
        self.assertEqual(self.mandate.account_number, NEW)
        self.assertEqual(len(Register.asked), 1, "what answered once is not asked again")

    def test_number_typed_into_a_draft_is_not_asked_about_yet(self):
        self.answer()
        draft = self.mandate.copy({"code": "B"})
        draft._ask_white_list(self._at(DUE))
        draft.account_number = NEW
        self.assertFalse(draft.white_list_state)
