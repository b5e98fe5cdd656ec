"""An SMTP server on loopback that keeps every message as a file and forwards none.

Runs in the virtual environment: ``python -m devtools.smtp_keeper --port N --store DIR``.
"""

import argparse
import asyncio
import email.utils
import re
from pathlib import Path

from aiosmtpd.controller import UnthreadedController

LARGEST = 64 * 1024 * 1024


class Keeper:
    """Handler that stores each message under ``store``, numbered in order of arrival.

    The envelope goes into the headers ``X-Keeper-Mail-From`` and ``X-Keeper-Rcpt-To``, since
    it is not part of a message.
    """

    def __init__(self, store):
        self.store = store
        self.count = len(list(store.glob("*.eml")))

    async def handle_DATA(self, _server, _session, envelope):
        """Keep the message; the name of its file is the answer's queue id."""
        self.count += 1
        name = f"{self.count:05d}-{readable(envelope.rcpt_tos[0])}.eml"
        head = [f"X-Keeper-Mail-From: {envelope.mail_from}"]
        head += [f"X-Keeper-Rcpt-To: {address}" for address in envelope.rcpt_tos]
        text = "\r\n".join(head).encode("utf-8") + b"\r\n" + envelope.original_content
        (self.store / f".{name}").write_bytes(text)
        (self.store / f".{name}").rename(self.store / name)
        return f"250 2.0.0 kept as {name}"


def readable(address):
    """Return an address in a form that is safe in a file name."""
    plain = email.utils.parseaddr(address)[1] or address
    return re.sub(r"[^A-Za-z0-9@._-]", "_", plain)[:80]


def serve(port, store):
    """Serve until the process is told to end."""
    store.mkdir(parents=True, exist_ok=True)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    controller = UnthreadedController(
        Keeper(store),
        hostname="127.0.0.1",
        port=port,
        loop=loop,
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
    )
    controller.begin()
    print(f"keeping mail on 127.0.0.1:{port} in {store}", flush=True)
    try:
        loop.run_forever()
    except KeyboardInterrupt:
        controller.end()


def main():
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    serve(options.port, options.store)


if __name__ == "__main__":
    main()
