"""The keeping SMS gateway, over real HTTP on loopback."""

import json
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from devtools import sms_keeper
from devtools.sms_protocol import count_parts

TOKEN = "token-of-the-test"
NUMBER = "48600100201"


class Receiver(ThreadingHTTPServer):
    """Takes delivery reports; refuses the first ``refusals`` of them."""

    def __init__(self, refusals=0):
        self.got = []
        self.refusals = refusals
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/report?x=1"


class ReceiverHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        self.server.got.append(dict(urllib.parse.parse_qsl(query)))
        refused = len(self.server.got) <= self.server.refusals
        body = b"no" if refused else b"OK"
        self.send_response(503 if refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Keep quiet."""


class SmsKeeperCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store = Path(folder.name)

    def start(self, **options):
        keeper = sms_keeper.serve(store=self.store, token=TOKEN, **options)
        self.addCleanup(lambda: keeper.stop() if keeper.fileno() != -1 else None)
        return keeper

    def start_receiver(self, **options):
        receiver = Receiver(**options)
        thread = threading.Thread(target=receiver.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(receiver.shutdown)
        return receiver

    def ask(self, keeper, path="/sms.do", form=None, token=TOKEN):
        """Return status and JSON of one request."""
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(
            keeper.url + path, data, {"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def send(self, keeper, **form):
        """Send one message, with the fields of ``form`` in place of the usual ones."""
        form = {
            "to": NUMBER,
            "message": "Faktura",
            "format": "json",
            "encoding": "utf-8",
            "check_idx": "1",
            **form,
        }
        return self.ask(keeper, form=form)[1]


class TestSending(SmsKeeperCase):
    def test_accepted_message_is_answered_and_kept_on_disk(self):
        keeper = self.start()
        answer = self.send(keeper, idx="k1", message="Zapłać – 5 zł", **{"from": "Agencja"})
        (row,) = answer["list"]
        self.assertEqual((answer["count"], answer["parts"]), (1, 1))
        self.assertEqual((row["number"], row["idx"], row["error"]), (NUMBER, "k1", None))
        self.assertEqual(row["status"], "QUEUE")
        (line,) = (self.store / "sms.jsonl").read_text().splitlines()
        kept = json.loads(line)
        self.assertEqual(kept["text"], "Zapłać – 5 zł")
        self.assertEqual((kept["sender"], kept["id"]), ("Agencja", row["id"]))
        self.assertEqual(keeper.messages[0].number, NUMBER)

    def test_several_numbers_with_their_keys_become_several_messages(self):
        keeper = self.start()
        answer = self.send(keeper, to="48600100201,600100202", idx="k1|k2")
        self.assertEqual([row["idx"] for row in answer["list"]], ["k1", "k2"])
        self.assertEqual([m.number for m in keeper.messages], [NUMBER, "48600100202"])

    def test_used_key_is_refused_also_after_a_restart(self):
        keeper = self.start()
        self.assertIn("list", self.send(keeper, idx="k1"))
        self.assertEqual(self.send(keeper, idx="k1")["error"], 53)
        self.assertEqual(self.send(keeper, to=f"{NUMBER},48600100202", idx="k2|k2")["error"], 53)
        keeper.stop()
        again = self.start()
        self.assertEqual(self.send(again, idx="k1")["error"], 53)
        self.assertEqual(self.send(again, idx="k2")["list"][0]["id"], "K00000002")
        self.assertEqual(len(again.messages), 2)

    def test_key_may_repeat_where_the_caller_does_not_ask_for_the_check(self):
        keeper = self.start()
        for _time in range(2):
            self.assertIn("list", self.send(keeper, idx="k1", check_idx="0"))

    def test_same_key_from_many_callers_is_accepted_once(self):
        keeper = self.start()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _n: self.send(keeper, idx="k1"), range(40)))
        self.assertEqual(sum("list" in answer for answer in answers), 1)
        self.assertEqual({a["error"] for a in answers if "list" not in a}, {53})

    def test_line_that_a_crash_cut_off_is_dropped(self):
        self.send(keeper := self.start(), idx="k1")
        keeper.stop()
        with (self.store / "sms.jsonl").open("a") as file:
            file.write('{"id": "K0000')
        again = self.start()
        self.assertEqual(len(again.messages), 1)
        self.assertIn("list", self.send(again, idx="k2"))
        lines = (self.store / "sms.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["idx"] for line in lines], ["k1", "k2"])

    def test_wrong_calls_are_refused_and_nothing_is_kept(self):
        keeper = self.start()
        cases = [
            (13, {"to": "4860010020"}),
            (13, {"to": "48060010020"}),
            (13, {"to": "abc"}),
            (13, {"to": f"{NUMBER},12"}),
            (14, {"from": "ABCDEFGHIJKL"}),
            (14, {"from": "Łódź"}),
            (14, {"from": "Tel 12345"}),
            (20, {"idx": "k1|k2"}),
            (11, {"message": " "}),
            (8, {"format": "xml"}),
            (8, {"encoding": "cp1250"}),
            (103, {"message": "x" * 999_000}),
        ]
        for code, form in cases:
            with self.subTest(code=code, form=str(form)[:40]):
                self.assertEqual(self.send(keeper, **form)["error"], code)
        invalid = self.send(keeper, to=f"{NUMBER},12")["invalid_numbers"]
        self.assertEqual([item["number"] for item in invalid], ["12"])
        self.assertEqual(keeper.messages, [])

    def test_wrong_token_is_refused(self):
        keeper = self.start()
        for path, form in (("/sms.do", {"to": NUMBER}), ("/profile", None)):
            status, answer = self.ask(keeper, path, form, token="wrong")
            self.assertEqual((status, answer["error"]), (401, 101))
        self.assertEqual(keeper.messages, [])

    def test_profile_tells_the_points_left(self):
        keeper = self.start()
        self.send(keeper, message="x" * 161)
        self.assertEqual(self.ask(keeper, "/profile")[1]["points"], 999.68)

    def test_other_paths_are_not_found(self):
        keeper = self.start()
        self.assertEqual(self.ask(keeper, "/other")[0], 404)
        self.assertEqual(self.ask(keeper, "/other", {"to": NUMBER})[0], 404)

    def test_parts_are_counted_as_the_network_does(self):
        cases = [
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 306, 2),
            ("a" * 307, 3),
            ("€" * 80, 1),
            ("€" * 81, 2),
            ("ą" * 70, 1),
            ("ą" * 71, 2),
            ("ą" * 135, 3),
            ("😀" * 36, 2),
            ("a" * 152 + "€" + "a" * 152, 3),
        ]
        for text, parts in cases:
            with self.subTest(text=text[:1], length=len(text)):
                self.assertEqual(count_parts(text), parts)


class TestReporting(SmsKeeperCase):
    def test_deliveries_are_reported_five_at_a_time(self):
        receiver, keeper = self.start_receiver(), self.start(report_delay=0.1)
        numbers = ",".join(f"486001002{n:02d}" for n in range(7))
        self.send(keeper, to=numbers, idx="a|b|c|d|e|f|g", notify_url=receiver.url)
        self.assertTrue(keeper.reporter.wait(10))
        self.assertEqual([got["idx"] for got in receiver.got], ["a,b,c,d,e", "f,g"])
        self.assertEqual(receiver.got[0]["status"], "405,404,404,404,404")
        self.assertEqual(receiver.got[1]["MsgId"], "K00000006,K00000007")
        self.assertEqual(receiver.got[1]["x"], "1")

    def test_report_is_repeated_until_it_is_confirmed(self):
        receiver, keeper = self.start_receiver(refusals=2), self.start(report_delay=0)
        keeper.reporter.pause = 0.05
        self.send(keeper, idx="k1", notify_url=receiver.url)
        self.assertTrue(keeper.reporter.wait(10))
        self.assertEqual([got["idx"] for got in receiver.got], ["k1"] * 3)

    def test_nothing_is_reported_to_other_machines(self):
        keeper = self.start(report_delay=0)
        self.send(keeper, idx="k1", notify_url="http://192.0.2.1/report")
        self.assertTrue(keeper.reporter.wait(0.2))

    def test_nothing_is_reported_without_a_delay(self):
        receiver, keeper = self.start_receiver(), self.start()
        self.send(keeper, idx="k1", notify_url=receiver.url)
        self.assertTrue(keeper.reporter.wait(0.2))
        self.assertEqual(receiver.got, [])


if __name__ == "__main__":
    unittest.main()
