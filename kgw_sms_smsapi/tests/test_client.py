import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import parse_qs

import requests

from odoo.tests import BaseCase

from ..exceptions import (
    GatewayBusy,
    GatewayRefusal,
    GatewayUnreachable,
    OutcomeUnknown,
    SmsapiError,
)
from ..tools.smsapi import Call, Recipient, SmsapiClient, gateway_number
from .common import TOKEN, answer, error, key

CALL = Call("Zapłata", "Agencja", (Recipient(key(1), "48600100201"),))
SECRETS = (TOKEN, "600100201", "Zapłata")


class Handler(BaseHTTPRequestHandler):
    """A gateway on loopback: keeps what it got and does what the server's ``plan`` says."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, dict(self.headers), parse_qs(body)))
        if self.server.plan == "break":
            self.connection.close()
            return
        payload = json.dumps(self.server.plan).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args):
        """Keep quiet."""


class TestClientOnLoopback(BaseCase):
    """The real client over real HTTP; Odoo's tests let requests to 127.0.0.1 through."""

    def setUp(self):
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.got = []
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _send(self, plan):
        self.server.plan = plan
        with SmsapiClient(self.url, TOKEN) as client:
            return client.send(CALL, "https://example.com/report")

    def test_call_travels_as_the_gateway_documents_it(self):
        self._send({"count": 1, "list": [{"id": "7"}]})
        path, headers, form = self.server.got[0]
        self.assertEqual(path, "/sms.do")
        self.assertEqual(headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(headers["Content-Type"], "application/x-www-form-urlencoded")
        self.assertEqual(
            form,
            {
                "to": ["48600100201"],
                "idx": [key(1)],
                "check_idx": ["1"],
                "message": ["Zapłata"],
                "from": ["Agencja"],
                "encoding": ["utf-8"],
                "format": ["json"],
                "notify_url": ["https://example.com/report"],
            },
        )

    def test_connection_that_breaks_after_the_request_leaves_the_outcome_unknown(self):
        with self.assertRaises(OutcomeUnknown):
            self._send("break")
        self.assertEqual(len(self.server.got), 1, "sent once, not repeated by the client")

    def test_port_without_listener_means_that_nothing_was_sent(self):
        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as unused:
            port = unused.server_port
        with SmsapiClient(f"http://127.0.0.1:{port}", TOKEN) as client:
            with self.assertRaises(GatewayUnreachable):
                client.send(CALL, "")


class TestClient(BaseCase):
    def _send(self, effect):
        with patch.object(requests.Session, "request", side_effect=[effect]):
            with SmsapiClient("https://api.smsapi.pl", TOKEN) as client:
                return client.send(CALL, "https://example.com/report")

    def test_failures_are_told_apart(self):
        cases = [
            (requests.ConnectTimeout(), GatewayUnreachable),
            (requests.ReadTimeout(), OutcomeUnknown),
            (requests.ConnectionError("reset"), OutcomeUnknown),
            (requests.exceptions.ChunkedEncodingError(), OutcomeUnknown),
            (requests.exceptions.InvalidURL("600100201"), GatewayUnreachable),
            (requests.exceptions.InvalidHeader(TOKEN), GatewayUnreachable),
            (UnicodeEncodeError("latin-1", TOKEN, 0, 1, "no"), GatewayUnreachable),
            (answer(b"<html>down</html>", 502), GatewayBusy),
            (answer({}, 429), GatewayBusy),
            (answer(b"OK:1", 200), OutcomeUnknown),
            (answer([], 200), OutcomeUnknown),
            (answer({"count": 1}, 200), OutcomeUnknown),
            (answer(b"", 302), GatewayRefusal),
            (error(103), GatewayRefusal),
        ]
        for effect, expected in cases:
            with self.subTest(effect=repr(effect)), self.assertRaises(expected):
                self._send(effect)

    def test_error_codes_survive_odd_answers(self):
        cases = [
            (answer({"error": 14}, 200), 14),
            (answer({"error": "14"}, 400), 14),
            (answer({"error": 201}, 500), 201),
            (answer({"error": "authorization_failed"}, 401), 101),
            (answer(b"no", 403), 101),
            (answer({"error": "strange"}, 200), 8),
        ]
        for response, code in cases:
            with self.subTest(code=code), self.assertRaises(GatewayRefusal) as caught:
                self._send(response)
            self.assertEqual(caught.exception.code, code)

    def test_no_error_quotes_number_text_or_token(self):
        quoting = " ".join(SECRETS)
        effects = [
            requests.ConnectionError(quoting),
            requests.exceptions.InvalidHeader(quoting),
            answer({"error": 13, "message": quoting, "invalid_numbers": [{"number": quoting}]}),
            answer(quoting.encode(), 500),
        ]
        for effect in effects:
            with self.subTest(effect=repr(effect)), self.assertRaises(SmsapiError) as caught:
                self._send(effect)
            chain = f"{caught.exception!r} {caught.exception.__context__!r}"
            for secret in SECRETS:
                self.assertNotIn(secret, chain)

    def test_invalid_numbers_are_read_in_digits(self):
        listed = [{"number": "48600100201", "submitted_number": "+48 600-100-201"}, "junk", {}]
        with self.assertRaises(GatewayRefusal) as caught:
            self._send(error(13, invalid_numbers=listed))
        self.assertEqual(caught.exception.invalid_numbers, {"48600100201"})

    def test_redirect_is_not_followed(self):
        with patch.object(requests.Session, "request", return_value=answer({"list": []})) as door:
            with SmsapiClient("https://api.smsapi.pl/", TOKEN) as client:
                client.send(CALL, "")
        self.assertIs(door.call_args.kwargs["allow_redirects"], False)
        self.assertGreater(door.call_args.kwargs["timeout"], 0)
        self.assertEqual(door.call_args.args[1], "https://api.smsapi.pl/sms.do")

    def test_points_are_read_from_the_profile(self):
        for payload, points in [({"points": 12.5}, 12.5), ({"points": "3.2"}, 3.2)]:
            with patch.object(requests.Session, "request", return_value=answer(payload)):
                with SmsapiClient("https://api.smsapi.pl", TOKEN) as client:
                    self.assertEqual(client.get_points(), points)
        with patch.object(requests.Session, "request", return_value=answer({})):
            with SmsapiClient("https://api.smsapi.pl", TOKEN) as client:
                self.assertRaises(OutcomeUnknown, client.get_points)

    def test_numbers_are_brought_to_digits(self):
        cases = {
            "+48 600 100 201": "48600100201",
            "0048600100201": "48600100201",
            "600-100-201": "600100201",
            "(+48) 600.100.201": "48600100201",
            "+48600100201,48600100202": "",
            "600100": "",
            "48" * 8: "",
            "٤٨٦٠٠١٠٠٢٠١": "",
            "": "",
            None: "",
        }
        for number, expected in cases.items():
            with self.subTest(number=number):
                self.assertEqual(gateway_number(number), expected)
