"""Delivery reports of the keeping SMS gateway."""

import contextlib
import threading
import time
import urllib.parse
import urllib.request

from .sms_protocol import report_url

LOOPBACK_HOSTS = {"127.0.0.1", "::1", "localhost"}
REPORTS_PER_CALL = 5
LONGEST_PAUSE_SECONDS = 30
PATIENCE_SECONDS = 6 * 3600


class Reporter:
    """Sends delivery reports as SMSAPI does: GET, up to five at once, repeated until ``OK``.

    :param delay: seconds from acceptance to the report; ``None`` for no reports at all
    :param pause: seconds until the first repetition; doubles each time
    """

    def __init__(self, delay, pause=1.0):
        self.delay = delay
        self.pause = pause
        self._changed = threading.Condition()
        self._pending = []  # (due, pause, message)
        self._busy = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        """Begin to send what is due."""
        self._thread.start()

    def add(self, messages):
        """Plan the reports of ``messages``; returns at once."""
        if self.delay is None:
            return
        due = time.monotonic() + self.delay
        with self._changed:
            self._pending += [
                (due, self.pause, message)
                for message in messages
                if is_loopback(message.notify_url)
            ]
            self._changed.notify_all()

    def stop(self):
        """Send no more; what still waits is lost."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def wait(self, timeout):
        """Wait until every planned report is confirmed; return whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._busy, timeout)

    def _run(self):
        while batch := self._take():
            confirmed = is_confirmed(report_url([message for _due, _pause, message in batch]))
            with self._changed:
                self._busy = False
                if not confirmed:
                    self._pending += filter(None, map(later, batch))
                self._changed.notify_all()

    def _take(self):
        """Wait for what is due and return up to five entries for one address; [] to stop."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                due = [entry for entry in self._pending if entry[0] <= now]
                if due:
                    url = due[0][2].notify_url
                    batch = [e for e in due if e[2].notify_url == url][:REPORTS_PER_CALL]
                    self._pending = [e for e in self._pending if e not in batch]
                    self._busy = True
                    return batch
                next_due = min((entry[0] for entry in self._pending), default=None)
                self._changed.wait(None if next_due is None else next_due - now)
        return []


def later(entry):
    """Return ``entry`` put off by its pause, ``None`` when it was tried long enough."""
    _due, pause, message = entry
    if time.time() - message.accepted_at > PATIENCE_SECONDS:
        return None
    return time.monotonic() + pause, min(2 * pause, LONGEST_PAUSE_SECONDS), message


def is_confirmed(url):
    """Call a report address; return whether the answer is ``OK``."""
    # The system's proxy settings do not concern this machine's own addresses.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError, ValueError):
        with opener.open(url, timeout=10) as response:
            return response.read(10) == b"OK"
    return False


def is_loopback(url):
    """Tell whether ``url`` leads to this machine."""
    try:
        return urllib.parse.urlsplit(url).hostname in LOOPBACK_HOSTS
    except ValueError:
        return False
