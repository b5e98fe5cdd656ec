"""Where things lie in the clone, and what belongs to it."""

import contextlib
import fcntl
import os
import shutil
import socket
from pathlib import Path

from .console import Problem

GIB = 1024**3


class Workspace:
    """The clone, its ``.runtime`` folder and its Odoo modules.

    :param root: the clone's top folder
    :param odoo_path: an Odoo 19 that is already there, or ``None`` to fetch one
    """

    def __init__(self, root, odoo_path=None):
        self.root = Path(root).resolve()
        self.odoo_path = odoo_path and Path(odoo_path).resolve()
        self.runtime = self.root / ".runtime"
        self.cache = self.runtime / "cache"
        self.logs = self.runtime / "log"
        self.data = self.runtime / "data"

    def prepare(self, needed_gib):
        """Make the folders; refuse when less than ``needed_gib`` GiB are free."""
        for folder in (self.cache, self.logs, self.data):
            folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.runtime).free / GIB
        if free < needed_gib:
            raise Problem(
                f"Only {free:.1f} GiB are free where {self.runtime} lies; "
                f"{needed_gib} GiB are needed.",
                "free some space, or move the clone to a larger disk.",
            )

    def module_paths(self):
        """Return the folders of this repository's Odoo modules, sorted by name."""
        return sorted(path.parent for path in self.root.glob("*/__manifest__.py"))

    def modules(self):
        """Return the names of this repository's Odoo modules; there must be one at least."""
        names = [path.name for path in self.module_paths()]
        if not names:
            raise Problem(
                f"No Odoo module was found: no folder of {self.root} has a __manifest__.py.",
                "check that the clone is complete (git status).",
            )
        return names

    @contextlib.contextmanager
    def locked(self, name):
        """Hold a lock between commands of this clone that run at the same time."""
        self.runtime.mkdir(exist_ok=True)
        with open(self.runtime / f"{name}.lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def alone(self, name):
        """Refuse to go on where another command of this clone does the same just now."""
        with open(self.runtime / f"{name}.lock", "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Problem(
                    f"Another ./dev {name} of this clone is running.",
                    "end it first (Ctrl-C in its terminal); it uses the same database.",
                ) from error
            yield


def child_env(**extra):
    """Return the environment for child processes, without what would lead them astray."""
    astray = ("PYTHONPATH", "PYTHONHOME", "ODOO_RC", "VIRTUAL_ENV")
    env = {
        key: value
        for key, value in os.environ.items()
        if key not in astray and not key.startswith("PG")
    }
    return {**env, **{key: str(value) for key, value in extra.items()}}


def free_port(wanted=None):
    """Return a free loopback port: the wanted one, or any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise Problem(
                f"Port {wanted} cannot be used: {error.strerror}.",
                "give another number to --port, or none for any free port.",
            ) from error
        return probe.getsockname()[1]
