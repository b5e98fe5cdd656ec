"""A headless Chromium steered over its DevTools protocol: what the tests of served pages need."""

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-allow-origins=*",
    "--remote-debugging-port=0",
)
# Name of a key: its code for the browser, and the text that it types.
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), " ": (32, " ")}
PATIENCE_SECONDS = 60
SENT = "Network.requestWillBeSent"
LOADED = "!window.kgwLeft && document.readyState === 'complete'"
# Odoo's own code on the page: nothing of it begins before the texts are there. It keeps them in a
# database of the browser's; a page left while Chromium makes that one blocks it for all that follow.
BEGUN = """(odoo.loader.modules.get('@web/core/l10n/translation').translationIsReady
    .then(() => { window.kgwBegun = true; }), window.kgwBegun)"""


class Browser:
    """One Chromium process; every visitor has cookies of its own."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(
            prefix="kgw-chromium-", ignore_cleanup_errors=True
        )
        path = next(filter(None, map(shutil.which, NAMES)))
        self.process = subprocess.Popen(
            [path, *SWITCHES, f"--user-data-dir={self.profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        note = Path(self.profile.name) / "DevToolsActivePort"
        wait_for(lambda: note.exists() and len(note.read_text().split()) == 2, "Chromium")
        self.port, path = note.read_text().split()
        self.root = Socket(f"ws://127.0.0.1:{self.port}{path}")

    def open(self):
        """Return a new visitor's page."""
        context = self.root.call("Target.createBrowserContext")["browserContextId"]
        target = self.root.call("Target.createTarget", url="about:blank", browserContextId=context)[
            "targetId"
        ]
        return Page(f"ws://127.0.0.1:{self.port}/devtools/page/{target}")

    def close(self):
        """End the process and forget its profile."""
        self.process.terminate()
        self.process.wait(20)
        self.profile.cleanup()


class Socket:
    """Calls and answers of the protocol."""

    def __init__(self, address):
        self.socket = websocket.create_connection(address, timeout=PATIENCE_SECONDS)
        self.number, self.events = 0, []

    def call(self, method, **params):
        """Return the result of a method; what the browser tells meanwhile is kept in ``events``."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if "method" in message:
                self.events.append(message)
            elif message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]


class Page(Socket):
    """One page of one visitor."""

    def __init__(self, address):
        super().__init__(address)
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")

    def run(self, code):
        """Return the value of an expression of JavaScript, awaited.

        :raise AssertionError: it failed
        """
        answer = self.call(
            "Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def go(self, url):
        """Open an address and wait until it is loaded and its code has begun."""
        self.run("window.kgwLeft = true")
        self.call("Page.navigate", url=url)
        self._wait_begun()

    def _wait_begun(self):
        self.wait(LOADED)
        self.wait(BEGUN)

    def wait(self, code, seconds=PATIENCE_SECONDS):
        """Wait until an expression holds; return the seconds that it took."""
        start = time.monotonic()
        wait_for(lambda: self._try(code), code, seconds)
        return time.monotonic() - start

    def _try(self, code):
        try:
            return self.run(code)
        except (AssertionError, RuntimeError):  # between two pages there is nothing to ask
            return False

    def log_in(self, base, login):
        """Log in with a password that is the login, as everybody in the demo has."""
        self.go(f"{base}/web/login")
        self.run(
            f"""(() => {{ const form = document.querySelector('form.oe_login_form');
                window.kgwLeft = true;
                form.login.value = form.password.value = {json.dumps(login)}; form.submit(); }})()"""
        )
        self._wait_begun()
        assert "/web/login" not in self.run("location.pathname"), f"{login} was refused"

    def press(self, key, shift=False):
        """Press and release one of ``KEYS``."""
        code, text = KEYS[key]
        event = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        event["modifiers"] = 8 if shift else 0
        kind = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **event, **kind)
        self.call("Input.dispatchKeyEvent", **event, type="keyUp")

    def resize(self, width, height):
        """Show the page on a screen of another size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def requests(self):
        """Return the addresses that the page asked for since it was asked for them last."""
        self.run("1")  # takes in what waits
        found = [e["params"]["request"]["url"] for e in self.events if e["method"] == SENT]
        self.events.clear()
        return found


def wait_for(check, what, seconds=PATIENCE_SECONDS):
    """Wait until ``check()`` holds.

    :raise TimeoutError: it did not in time
    """
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for: {what}")
        time.sleep(0.05)
