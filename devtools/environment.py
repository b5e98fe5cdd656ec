"""Virtual environments, built from hashed lock files through a cache of wheels."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from .console import Problem, step
from .workspace import child_env

# Installed first: they build the few packages that come as source only.
BUILDERS = ("setuptools", "wheel")


class Environment:
    """One virtual environment under ``.runtime``.

    :param name: folder name, ``venv`` or ``lint``
    :param locks: names of the lock files, in order
    """

    def __init__(self, workspace, name, locks):
        self.workspace = workspace
        self.name = name
        self.locks = [workspace.root / lock for lock in locks]
        self.path = workspace.runtime / name
        self.python = self.path / "bin" / "python"

    @property
    def key(self):
        """Digest of the lock files and of the Python version."""
        digest = hashlib.sha256(sys.version.encode())
        for lock in self.locks:
            digest.update(lock.read_bytes())
        return digest.hexdigest()[:12]

    @property
    def site_packages(self):
        """The folder where packages are installed."""
        return next(self.path.glob("lib/python3*/site-packages"))

    def ensure(self):
        """Build or renew the environment where it does not match its lock files."""
        stamp = self.path / "made-from"
        with self.workspace.locked(self.name):
            if stamp.exists() and stamp.read_text() == self.key and self.python.exists():
                return
            with step(f"Installing Python packages ({self.name})"):
                self._build()
            stamp.write_text(self.key)

    def _build(self):
        shutil.rmtree(self.path, ignore_errors=True)
        wheels = self.workspace.cache / "wheels" / f"{self.name}-{self.key}"
        self._call(sys.executable, "-m", "venv", self.path)
        complete = wheels / "complete"
        if not complete.exists():
            self._collect(wheels)
            complete.touch()
        self._pip("install", "--no-index", "--no-deps", *sorted(wheels.glob("*.whl")))
        for old in wheels.parent.glob(f"{self.name}-*"):
            if old != wheels:
                shutil.rmtree(old)

    def _collect(self, wheels):
        """Fetch or build one wheel for each pinned package; hashes are checked here."""
        shutil.rmtree(wheels, ignore_errors=True)
        pinned = [word for lock in self.locks for word in ("-r", lock)]
        collect = ("wheel", "--no-deps", "--wheel-dir", wheels)
        if self._builders(wheels):
            self._pip("install", "--no-index", "--no-deps", *sorted(wheels.glob("*.whl")))
            collect += ("--no-build-isolation",)
        self._pip(*collect, "--require-hashes", *pinned)

    def _builders(self, wheels):
        """Fetch the pinned build tools, if the lock files name them."""
        text = "".join(lock.read_text() for lock in self.locks)
        entries = [
            entry
            for entry in text.replace("\\\n", " ").splitlines()
            if entry.startswith(tuple(f"{name}==" for name in BUILDERS))
        ]
        if entries:
            wheels.mkdir(parents=True)
            listing = wheels / "builders.txt"
            listing.write_text("\n".join(entries) + "\n")
            self._pip(
                "wheel", "--no-deps", "--wheel-dir", wheels, "--require-hashes", "-r", listing
            )
        return bool(entries)

    def _pip(self, *arguments):
        self._call(self.python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)

    def _call(self, *command):
        cache = self.workspace.cache / "pip"
        log = self.workspace.logs / f"{self.name}-install.log"
        with open(log, "a") as handle:
            done = subprocess.run(
                [str(word) for word in command],
                env=child_env(PIP_CACHE_DIR=cache),
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
            )
        if done.returncode:
            raise Problem(
                f"Installing the Python packages failed:\n{tail(log)}",
                f"without network, restore it; else read {log}.",
            )


def tail(path, lines=15):
    """Return the last lines of a file."""
    if not Path(path).exists():
        return ""
    return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
