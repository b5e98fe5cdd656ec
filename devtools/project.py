"""The runtime as a whole: what must be there before Odoo can start, and its orderly end."""

import signal
import subprocess
import sys

from . import system
from .databases import CopiedDatabases, Databases
from .environment import Environment
from .odoo_run import OdooRunner
from .odoo_source import OdooSource
from .postgres import Cluster

ODOO_LOCKS = ("requirements-odoo.txt", "requirements.txt", "requirements-dev.txt")
FIRST_GIB, LATER_GIB = 5, 1


class Project:
    """Everything that a command needs; ``close`` stops what was started."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.source = OdooSource(workspace)
        self.environment = Environment(workspace, "venv", ODOO_LOCKS)
        self.cluster = Cluster(workspace)
        self.runner = OdooRunner(workspace, self.source, self.environment, self.cluster)
        self.databases = Databases(workspace, self.cluster, self.runner)
        self.durable = Durable(self)
        self._processes = []

    def start(self):
        """Bring up the runtime: packages, Odoo, Python environment, PostgreSQL."""
        known = (self.workspace.runtime / "odoo").exists() or self.source.given
        self.workspace.prepare(LATER_GIB if known else FIRST_GIB)
        system.ensure(system.RUNTIME_NEEDS)
        self.source.ensure()
        self.environment.ensure()
        self.cluster.start()
        self.runner.configure()

    def launch(self, command, **options):
        """Start a process that does not outlive this command; return it.

        It gets a session of its own, so that Ctrl-C reaches this command alone, which then
        ends what it started in order.
        """
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=self.workspace.root,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            **options,
        )
        self._processes.append(process)
        return process

    def end_processes(self):
        """End the processes that this command launched."""
        while self._processes:
            end(self._processes.pop())

    def close(self):
        """Stop what this command started."""
        self.end_processes()
        self.durable.cluster.stop()
        self.cluster.stop()


class Durable:
    """The same Odoo on a cluster that writes through to the disk, for figures and crashes."""

    def __init__(self, project):
        self.cluster = Cluster(project.workspace, "pg-durable")
        self.runner = OdooRunner(
            project.workspace, project.source, project.environment, self.cluster
        )
        self.databases = CopiedDatabases(project.databases, self.cluster, self.runner)

    def start(self):
        """Bring up the cluster of a project that is started; idempotent."""
        self.cluster.start()
        self.runner.configure()
        self.databases.drop_abandoned()


def end(process):
    """End a process: politely, then by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_on_signals():
    """Make the signals that end a command unwind it, so that everything gets stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
