"""A keeping SMS gateway on loopback that speaks SMSAPI's protocol, for trying and testing.

``python -m devtools.sms_keeper --port N --store DIR`` accepts ``POST /sms.do`` in SMSAPI's form
encoding and keeps each accepted message as one JSON line in ``DIR/sms.jsonl``, written through to
the disk before the answer. With ``--report-delay`` it reports each delivery by GET to the
``notify_url`` of the call and repeats that until the answer is ``OK``; numbers that end with 00
are reported as undelivered. Keys (``idx``) are known again after a restart. ``GET /profile`` tells
the points left. It listens on 127.0.0.1 only and reports to addresses of this machine only.

Known differences from SMSAPI: a call with one bad number or one used key is refused as a whole;
reports that still wait when it stops are lost. Standard library only.
"""

import argparse
import contextlib
import hmac
import json
import os
import threading
import urllib.parse
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .sms_protocol import Message, Refusal, accepted, read_drafts, refused
from .sms_reporter import Reporter

HOST = "127.0.0.1"
START_POINTS = 1000.0
LARGEST = 1024 * 1024


class Store:
    """Messages on disk and in memory; every method may be called from any thread."""

    def __init__(self, directory):
        self.path = Path(directory) / "sms.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._messages = [Message(**row) for row in self._read()]
        self._keys = {message.idx for message in self._messages if message.idx}

    @property
    def messages(self):
        """All kept messages, oldest first (a copy)."""
        with self._lock:
            return list(self._messages)

    @property
    def points(self):
        """The points that are left."""
        with self._lock:
            return self._points()

    def add(self, drafts, check_keys):
        """Keep ``drafts`` (dictionaries without id) or raise :class:`Refusal`; all or none."""
        with self._lock:
            keys = [draft["idx"] for draft in drafts if draft["idx"]]
            if check_keys and (self._keys.intersection(keys) or len(set(keys)) < len(keys)):
                raise Refusal(53)
            if sum(draft["points"] for draft in drafts) > self._points():
                raise Refusal(103)
            first = len(self._messages) + 1
            added = [Message(id=f"K{n:08d}", **draft) for n, draft in enumerate(drafts, first)]
            self._write(added)
            self._messages += added
            self._keys.update(keys)
        return added

    def _points(self):
        return round(START_POINTS - sum(message.points for message in self._messages), 2)

    def _read(self):
        """Read what was kept; a last line that a crash cut off was never answered for."""
        if not self.path.exists():
            return []
        whole, newline, rest = self.path.read_bytes().rpartition(b"\n")
        if rest:
            os.truncate(self.path, len(whole + newline))
        return [json.loads(line) for line in whole.splitlines()]

    def _write(self, messages):
        lines = [json.dumps(asdict(message), ensure_ascii=False) + "\n" for message in messages]
        with self.path.open("ab") as file:
            file.write("".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())


class Handler(BaseHTTPRequestHandler):
    """Reads one request, asks the store, answers, and plans the reports."""

    server_version = "sms-keeper"

    def do_POST(self):
        """Take messages in: ``/sms.do``."""
        body = self._read_body()
        if self._is_path("/sms.do"):
            self._try(lambda: self._send_sms(body))

    def do_GET(self):
        """Tell the points left: ``/profile``."""
        if self._is_path("/profile"):
            self._try(self._show_profile)

    def log_message(self, *args):
        """Keep quiet: addresses hold phone numbers."""

    def _send_sms(self, body):
        form = dict(urllib.parse.parse_qsl(body.decode(errors="replace")))
        messages = self.server.store.add(read_drafts(form), form.get("check_idx") == "1")
        self.server.reporter.add(messages)  # first: whoever has the answer may wait for reports
        self._answer(200, accepted(messages))

    def _show_profile(self):
        points = self.server.store.points
        self._answer(200, {"username": "keeper", "payment_type": "prepaid", "points": points})

    def _try(self, action):
        try:
            self._authorise()
            action()
        except Refusal as refusal:
            self._answer(401 if refusal.code == 101 else 200, refused(refusal))

    def _is_path(self, path):
        found = urllib.parse.urlsplit(self.path).path == path
        if not found:
            self._answer(404, refused(Refusal(8)))
        return found

    def _read_body(self):
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(min(length, LARGEST))

    def _authorise(self):
        token = self.server.token
        given = self.headers.get("Authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise Refusal(101)

    def _answer(self, status, payload):
        body = json.dumps(payload, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Keeper(ThreadingHTTPServer):
    """The server, in threads of its own from :meth:`start` to :meth:`stop`."""

    daemon_threads = True

    def __init__(self, port, store, token="", report_delay=None):
        self.store = Store(store)
        self.reporter = Reporter(report_delay)
        self.token = token
        super().__init__((HOST, port), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True)

    @property
    def messages(self):
        """The accepted messages, oldest first."""
        return self.store.messages

    @property
    def url(self):
        """The base address for a client's settings."""
        return f"http://{HOST}:{self.server_port}"

    def start(self):
        """Serve and report in the background; return the keeper."""
        self.reporter.start()
        self._thread.start()
        return self

    def stop(self):
        """Stop serving and reporting and free the port; to be called once."""
        self.reporter.stop()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def __exit__(self, *_exc_info):
        self.stop()


def serve(port=0, store=".", token="", report_delay=None):
    """Start a keeper in this process and return it; also usable with ``with``.

    :param int port: 0 for any free one; see ``url``
    :param store: directory of ``sms.jsonl``
    :param str token: bearer token to ask for; empty for none
    :param float report_delay: seconds until a delivery report; ``None`` for no reports
    """
    return Keeper(port, store, token, report_delay).start()


def main(argv=None):
    """Read the arguments and serve until the process is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--token", default="", help="bearer token that callers must show")
    parser.add_argument(
        "--report-delay",
        type=float,
        metavar="SECONDS",
        help="report deliveries after so long; without it none is reported",
    )
    options = parser.parse_args(argv)
    with serve(options.port, options.store, options.token, options.report_delay) as keeper:
        print(f"keeping SMS on {HOST}:{keeper.server_port} in {options.store}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
