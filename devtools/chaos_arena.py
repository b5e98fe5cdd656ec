"""Where ``./dev chaos`` happens: a database, Odoo's cron workers, keeping servers, and deaths."""

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter

from . import chaos_count, demo
from .console import Problem
from .environment import tail

WORKERS = 3
POKE_SECONDS = 0.15
# Nothing changed for this long: what still waits does so by the dispatcher's clock.
STILL_SECONDS = 2
LIMIT_SECONDS = 3 * 60 * 60
START = "2026-09-09 08:00:00"  # ten o'clock in Poland on the day of bench/_world.py


class Arena:
    """One database with its server; ``close`` ends what was started.

    :param batch: how many SMS are claimed at once, 0 for as many as the product does
    :param chance: source of randomness
    """

    name = "chaos"

    def __init__(self, project, batch, chance):
        self.project = project
        self.batch = batch
        self.chance = chance
        self.cluster = project.durable.cluster
        self.runner = project.durable.runner
        self.databases = project.durable.databases
        self.database = self.databases.private_name(self.name)
        self.folder = demo.fresh_folder(project.workspace.runtime / f"{self.name}-run")
        self.log = project.workspace.logs / f"{self.name}.log"
        self.killed, self.crashes = set(), []
        self.starts = 0

    # === LIFE === #

    def open(self, **variables):
        """Make and fill the database, start the keeping servers and Odoo."""
        (self.folder / "warrants").mkdir()
        (self.folder / "journal").touch()
        self.log.unlink(missing_ok=True)
        self.databases.clone(self.databases.ensure_modules(), self.database)
        self.script(
            "prepare",
            KGW_CHAOS_SMTP_PORT=demo.start_keeper(self.project, "mail", self.folder),
            KGW_CHAOS_SMS_PORT=demo.start_keeper(self.project, "sms", self.folder),
            **variables,
        )
        self.set_clock(0)
        self.start_server()

    def close(self):
        """End all processes and drop the database."""
        if self.starts:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.server.pid, signal.SIGKILL)
        self.project.end_processes()
        self.databases.drop(self.database)

    def script(self, call, **variables):
        """Call a function of ``chaos_world`` in ``odoo shell``."""
        text = f"from devtools import chaos_world\nchaos_world.{call}(env)"
        self.runner.run_script(self.database, text, **variables)

    def start_server(self):
        """Start Odoo with its cron workers."""
        python, _m, _odoo, *arguments = self.runner.command(
            "-d",
            self.database,
            "--no-http",
            "--workers=1",
            f"--max-cron-threads={WORKERS}",
            "--limit-time-real-cron=300",
            f"--logfile={self.log}",
        )
        command = [python, "-m", "devtools.chaos_worker", self.folder, self.batch, *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.server = self.project.launch(command, env=self.runner.env(), **quiet)
        self.starts += 1
        demo.wait_until(lambda: len(self.workers()) >= WORKERS, self.server, self.log)

    def set_clock(self, later):
        """Let the dispatcher see ten o'clock of the day now, ``later`` seconds on."""
        ten = float(self.cluster.sql(f"SELECT extract(epoch FROM timestamp '{START}')")[0][0])
        (self.folder / "clock").write_text(str(ten + later - time.time()))

    def workers(self):
        """Return the processes of the cron workers: all children that the server has."""
        path = f"/proc/{self.server.pid}/task/{self.server.pid}/children"
        with contextlib.suppress(OSError), open(path) as children:
            return [int(pid) for pid in children.read().split()]
        return []

    # === WORK === #

    def poke(self, queue):
        """Trigger the crons, as planning does, wake the workers; return what is left per channel.

        :param queue: SQL that counts by channel
        """
        rows = self.cluster.sql(
            "WITH poke AS (INSERT INTO ir_cron_trigger (cron_id, call_at)"
            " SELECT id, now() AT TIME ZONE 'UTC' FROM ir_cron c WHERE active AND NOT EXISTS"
            f" (SELECT 1 FROM ir_cron_trigger t WHERE t.cron_id = c.id)) {queue}",
            self.database,
        )
        self.cluster.sql(f"NOTIFY cron_trigger, '{self.database}'")
        return Counter({channel: int(number) for channel, number in rows})

    def drain(self, queue):
        """Go on without deaths until nothing waits; let time pass where only that is waited for."""
        deadline, hours, seen, since = time.monotonic() + LIMIT_SECONDS, 0, None, 0.0
        while left := self.poke(queue):
            if left != seen:
                seen, since = left, time.monotonic()
            elif time.monotonic() - since > STILL_SECONDS:
                hours, since = hours + 1, time.monotonic()
                self.set_clock(hours * 3600)
            time.sleep(POKE_SECONDS)
            self.check(deadline)

    def check(self, deadline):
        """Start the server again where the database's death ended it, as a supervisor does.

        :raise Problem: it ended for another reason, or the time is up
        """
        ended = self.server.poll() is not None
        if ended and self.starts <= len(self.crashes):
            self.start_server()
        elif ended or time.monotonic() > deadline:
            raise Problem(f"The chaos came to no end:\n{tail(self.log)}", f"read {self.log}.")

    # === DEATHS === #

    def kill_all(self, queue, places, strikes, spread):
        """Do every death while the queue is worked off, then let the rest be done.

        :param places: places to die at, in order, by channel; the next one when the last was met
        :param strikes: functions that kill from outside, in order
        :param spread: over which part of the work the deaths are spread, 0 for as fast as can be
        """
        deadline = time.monotonic() + LIMIT_SECONDS
        lanes = {channel: Lane(acts, spread) for channel, acts in places.items()}
        lanes[None] = Lane(strikes, spread)
        while (left := self.poke(queue)) and any(lane.acts for lane in lanes.values()):
            for channel, lane in lanes.items():
                if not self.warrants(channel) and lane.is_due(
                    left[channel] if channel else left.total()
                ):
                    act = lane.acts.pop()
                    act() if callable(act) else self.warrant(channel, act).touch()
            time.sleep(POKE_SECONDS)
            self.check(deadline)
        self.drain(queue)
        for channel in places:
            self.warrants(channel, remove=True)

    def warrant(self, channel, place):
        """Return the file that lets the next worker that comes to a place die there."""
        return self.folder / "warrants" / f"{channel}-{place}"

    def warrants(self, channel, remove=False):
        """Return the files of a channel whose place nobody came to yet."""
        found = list((self.folder / "warrants").glob(f"{channel}-*"))
        for path in found if remove else ():
            path.unlink(missing_ok=True)
        return found

    def kill_random(self):
        """Kill any worker at any moment."""
        time.sleep(self.chance.uniform(0, 0.4))
        if workers := self.workers():
            pid = self.chance.choice(workers)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed.add(pid)

    def crash(self):
        """Let PostgreSQL die and come back; note from when to when it did."""
        time.sleep(self.chance.uniform(0, 0.4))
        began = time.monotonic()
        self.cluster.crash()
        self.crashes.append((began, time.monotonic()))

    def journal(self):
        """Return what the workers noted."""
        return chaos_count.Journal(self.folder / "journal")

    def deaths(self):
        """Return the ids of all processes that were killed."""
        return self.killed | self.journal().deaths.keys()


class Lane:
    """Deaths that follow each other; the next is due when enough of the work is done."""

    def __init__(self, acts, spread):
        self.acts = list(acts)
        self.spread = spread
        self.number = len(self.acts)
        self.whole = None

    def is_due(self, left):
        """Tell whether the next death is due with ``left`` rows of work left."""
        self.whole = self.whole or left
        done = 1 - len(self.acts) / self.number if self.number else 0
        return bool(self.acts) and left <= self.whole * (1 - self.spread * done)
