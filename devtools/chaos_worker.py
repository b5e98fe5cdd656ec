"""Odoo's server with places to die at, for ``./dev chaos``: the product itself has none.

``python -m devtools.chaos_worker FOLDER BATCH ODOO-ARGUMENTS`` in the virtual environment. A worker
that comes to a place whose name is a file in ``FOLDER/warrants`` takes the file away, notes its
death in ``FOLDER/journal`` and kills itself with SIGKILL. ``FOLDER/clock`` holds the moment that
the dispatcher sees (seconds of naive UTC less the machine's own). ``BATCH`` is how many SMS are
claimed at once, 0 for as many as the product does.
"""

import contextlib
import functools
import http.client
import os
import select
import signal
import smtplib
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

MODULE = "odoo.addons.kgw_receivable_monitoring.models"
ANSWER_SECONDS = 30


class Fate:
    """Decides where this process dies, and keeps the journal."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.channel = "mail"  # until a dispatcher of the product says which

    def meet(self, place, last_act=None):
        """Die here if there is a warrant; first do ``last_act``."""
        name = f"{self.channel}-{place}"
        warrant = self.folder / "warrants" / name
        if not warrant.exists():
            return
        with contextlib.suppress(FileNotFoundError):  # another worker was faster
            warrant.unlink()
            if last_act:
                last_act()
            self.note("died", name)
            os.kill(os.getpid(), signal.SIGKILL)

    def note(self, word, detail=""):
        """Write one line into the journal; a single write, which a death cannot cut off."""
        line = f"{time.monotonic():.3f}\t{os.getpid()}\t{word}\t{detail}\n".encode()
        with open(self.folder / "journal", "ab", buffering=0) as journal:
            journal.write(line)

    def now(self):
        """Return the moment that the dispatcher sees."""
        shift = float((self.folder / "clock").read_text())
        return datetime(1970, 1, 1) + timedelta(seconds=int(time.time() + shift))


def wrap(owner, name, before=None, after=None):
    """Let ``owner.name`` call ``before`` with its arguments and ``after`` with nothing."""
    inner = getattr(owner, name)

    @functools.wraps(inner)
    def outer(*args, **kwargs):
        if before:
            before(*args)
        result = inner(*args, **kwargs)
        if after:
            after()
        return result

    setattr(owner, name, outer)


def wrap_dispatcher(fate, batch):
    """Put places around what the dispatcher does between its commits."""
    module = sys.modules[f"{MODULE}.kgw_dispatcher"]
    dispatcher = module.KgwDispatcher
    handover = sys.modules[f"{MODULE}.kgw_handover"].KgwHandover
    module.fields = SimpleNamespace(Datetime=SimpleNamespace(now=fate.now))

    def begin(_self, channel, *_args):
        fate.channel = channel

    def mark(_self, batch, *_args):
        # Noted before it is committed: who dies between the commit and the call explains it, too.
        fate.note("claimed", " ".join(map(str, batch.ids)))

    wrap(dispatcher, "_dispatch", before=begin)
    wrap(dispatcher, "_lock_candidates", before=lambda *_args: fate.meet("between"))
    wrap(
        dispatcher,
        "_claim",
        before=lambda *_args: fate.meet("locked"),
        after=lambda: fate.meet("claimed"),
    )
    wrap(handover, "_mark_begun", before=mark, after=lambda: fate.meet("begun"))
    wrap(
        handover,
        "_settle",
        before=lambda *_args: fate.meet("settling"),
        after=lambda: fate.meet("recorded"),
    )
    for name in ("Email", "Sms"):
        channel = getattr(sys.modules[f"{MODULE}.kgw_channel_{name.lower()}"], f"KgwChannel{name}")
        wrap(
            channel,
            "_send",
            before=lambda *_args: fate.meet("committed"),
            after=lambda: fate.meet("sent"),
        )
        if batch:
            channel._claim_size = batch


def wrap_stock(fate):
    """Put the places that Odoo's own queue has around it."""
    mail = sys.modules["odoo.addons.mail.models.mail_mail"].MailMail

    def begin(*_args):
        fate.channel = "mail"  # this worker may have sent reminders before

    wrap(mail, "process_email_queue", before=begin)
    wrap(mail, "_postprocess_sent_message", before=lambda *_args, **_kwargs: fate.meet("sent"))


def wrap_network(fate):
    """Put places inside the conversation: half of it handed over; accepted, the answer unread."""

    def half(connection, data):
        socket = connection.sock
        fate.meet("half", lambda: socket and socket.sendall(bytes(data[: len(data) // 2])))

    def answered(connection):
        fate.meet("accepted", lambda: select.select([connection.sock], [], [], ANSWER_SECONDS))

    wrap(http.client.HTTPConnection, "getresponse", before=answered)
    for connection, name in ((http.client.HTTPConnection, "send"), (smtplib.SMTP, "send")):
        wrap(connection, name, before=lambda c, data: isinstance(data, bytes) and half(c, data))
    hand_over = smtplib.SMTP.send

    def send(session, data):
        """Only a message itself is bytes; the server has it when its answer can be read."""
        hand_over(session, data)
        if isinstance(data, bytes):
            answered(session)

    smtplib.SMTP.send = send


def main():
    """Start Odoo; its workers get the places once its modules are loaded."""
    folder, batch, *arguments = sys.argv[1:]
    fate = Fate(folder)
    sys.argv = ["odoo", *arguments]
    from odoo.cli import main as run_odoo
    from odoo.service.server import WorkerCron

    def begin(_worker):
        wrap_network(fate)
        wrap_stock(fate)
        wrap_dispatcher(fate, int(batch))
        fate.note("began")

    wrap(WorkerCron, "start", before=begin)
    os.nice = lambda _increment: 0  # a busy machine would let cron workers starve
    run_odoo()


if __name__ == "__main__":
    main()
