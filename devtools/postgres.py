"""Private PostgreSQL clusters that only this clone uses, reached by a Unix socket.

The ordinary one is for trying and testing: it gives up durability (``fsync=off``) for speed.
Nothing vacuums it: between rolled back tests that would find empty tables, and plan Odoo's joins
for one row. The other one writes through to the disk as a server in earnest does: figures and
crashes mean something only there.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
from pathlib import Path

from .console import Problem, say, step
from .environment import tail
from .workspace import child_env

OWNER = "postgres"
USER = "odoo"
OLDEST = 13
# The kernel's limit for a socket's path is 107 bytes.
LONGEST_SOCKET = 100
# Given at every start, so that a cluster that is there already keeps up with them.
COMMON = {"listen_addresses": "", "max_connections": "100", "max_wal_size": "2GB"}
FAST = {
    **COMMON,
    "fsync": "off",
    "autovacuum": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
}
DURABLE = {
    **COMMON,
    "fsync": "on",
    "autovacuum": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
}
# Each cluster lies under .runtime by its name.
CLUSTERS = {"pg": FAST, "pg-durable": DURABLE}


class Cluster:
    """A cluster under ``.runtime``; as root it runs as ``postgres``.

    :param name: one of ``CLUSTERS``
    """

    def __init__(self, workspace, name="pg"):
        self.workspace = workspace
        self.name = name
        self.link = workspace.runtime / name
        self.log = None
        self._users = None

    @property
    def folder(self):
        """Where the cluster really lies."""
        return self.link.resolve()

    @property
    def socket(self):
        """The folder of the Unix socket; also what libpq takes as host."""
        return self.folder / "sock"

    @property
    def env(self):
        """The environment in which PostgreSQL's clients find this cluster."""
        return child_env(PGHOST=self.socket, PGUSER=USER, PGDATABASE="postgres")

    def start(self):
        """Start the cluster, making it first where it is not there; idempotent."""
        with self.workspace.locked(f"{self.name}-state"):
            self._make()
            self._users = self._note_use(fcntl.LOCK_SH)
            if not self._running():
                self._launch()

    def stop(self):
        """Stop the cluster, unless another command of this clone still uses it."""
        if not self._users:
            return
        with self.workspace.locked(f"{self.name}-state"):
            self._users.close()
            self._users = None
            if last := self._note_use(fcntl.LOCK_EX):
                self._control("stop", "-m", "fast", "-w")
                last.close()

    def crash(self):
        """Let the server die without a checkpoint and start it again, as after a power cut."""
        self._control("stop", "-m", "immediate", "-w")
        self._launch()

    def remove(self):
        """Stop the cluster and delete its data, wherever they lie."""
        with self.workspace.locked(f"{self.name}-state"):
            alone = self._note_use(fcntl.LOCK_EX)
            if not alone:
                raise Problem(
                    "Another ./dev command of this clone is running and uses the database.",
                    "end it first (Ctrl-C in its terminal).",
                )
            folder = self.folder
            if (folder / "data").exists() and self._running():
                self._control("stop", "-m", "immediate", "-w")
            shutil.rmtree(folder, ignore_errors=True)
            self.link.unlink(missing_ok=True)
            alone.close()

    def _note_use(self, kind):
        """Return a lock on the cluster's use, or ``None`` where others' use forbids it."""
        handle = open(self.workspace.runtime / f"{self.name}-users.lock", "w")
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        return handle

    def copy(self, database, target, name):
        """Copy a database into the cluster ``target``, where none is called ``name`` yet."""
        target.sql(f"CREATE DATABASE \"{name}\" TEMPLATE template0 LC_COLLATE 'C'")
        folder = self.workspace.runtime / f"copy-{database}"
        jobs = ("--jobs=2", "--no-sync")
        dump = ("pg_dump", "--format=directory", "--compress=0", *jobs, f"--file={folder}")
        restore = ("pg_restore", "--jobs=2", "--no-owner", "-d", name, folder)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            self._run_client(*dump, database)
            target._run_client(*restore)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        target.sql("ANALYZE", name)

    def _run_client(self, program, *arguments):
        command = [str(word) for word in (self._program(program), *arguments)]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise Problem(
                f"{program} failed: {done.stderr.strip()}",
                "run ./dev clean and try again; it rebuilds the private clusters.",
            )

    def sql(self, statement, database="postgres"):
        """Run one statement; return its rows as lists of strings."""
        done = subprocess.run(
            [
                self._program("psql"),
                "-X",
                "-q",
                "-At",
                "-F",
                "\t",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                database,
                "-c",
                statement,
            ],
            env=self.env,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Problem(
                f"PostgreSQL refused a statement: {done.stderr.strip()}",
                "run ./dev clean and try again; it rebuilds the private cluster.",
            )
        return [line.split("\t") for line in done.stdout.splitlines()]

    def _make(self):
        if (self.folder / "data" / "PG_VERSION").exists():
            return
        with step("Making a private PostgreSQL cluster"):
            self._place()
            self._initdb()

    def _place(self):
        """Make the cluster's folder where its owner and the kernel can reach it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.link.unlink(missing_ok=True)
        if self._reachable() and len(str(self.link / "sock/.s.PGSQL.5432")) < LONGEST_SOCKET:
            self.link.mkdir(mode=0o700)
        else:
            elsewhere = self._elsewhere()
            say(f"    the cluster lies in {elsewhere}: PostgreSQL cannot use this clone's path")
            shutil.rmtree(elsewhere, ignore_errors=True)
            elsewhere.mkdir(mode=0o700)
            self.link.symlink_to(elsewhere)
        self.socket.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.folder, OWNER, OWNER)
            shutil.chown(self.socket, OWNER, OWNER)

    def _reachable(self):
        """Tell whether the server's user may enter ``.runtime``."""
        return self._as_owner("test", "-x", str(self.workspace.runtime)).returncode == 0

    def _elsewhere(self):
        mark = hashlib.sha256(str(self.workspace.root).encode()).hexdigest()[:8]
        mark += self.name.removeprefix("pg")
        if os.geteuid() == 0:
            home = Path(pwd.getpwnam(OWNER).pw_dir)
            return (home if home.is_dir() else Path("/var/tmp")) / f"kgw-dev-{mark}"
        return Path(f"/var/tmp/kgw-dev-{os.geteuid()}-{mark}")

    def _initdb(self):
        data = self.folder / "data"
        done = self._as_owner(
            str(self._program("initdb")),
            "-D",
            str(data),
            "-U",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        if done.returncode:
            raise Problem(
                f"PostgreSQL could not make its cluster: {done.stderr.strip()}",
                f"look whether the disk is full (df -h {self.folder}), then run it again.",
            )

    def _launch(self):
        log = self.folder / "server.log"
        settings = {**CLUSTERS[self.name], "unix_socket_directories": self.socket}
        options = " ".join(shlex.quote(f"--{name}={value}") for name, value in settings.items())
        done = self._control("start", "-w", "-t", "60", "-l", str(log), "-o", options)
        if done.returncode:
            raise Problem(
                f"PostgreSQL did not start:\n{tail(log) or done.stderr}",
                "run ./dev clean, which removes the private cluster, and try again.",
            )

    def _running(self):
        return self._control("status").returncode == 0

    def _control(self, *arguments):
        program = str(self._program("pg_ctl"))
        return self._as_owner(program, "-D", str(self.folder / "data"), *arguments)

    def _program(self, name):
        """Return a program of the version that made the data, else of the newest."""
        stamp = self.folder / "data" / "PG_VERSION"
        installed = {
            int(path.name): path / "bin" / name
            for path in Path("/usr/lib/postgresql").glob("[0-9]*")
        }
        fitting = {
            version: path
            for version, path in installed.items()
            if version >= OLDEST and path.exists()
        }
        if stamp.exists() and int(stamp.read_text()) in fitting:
            return fitting[int(stamp.read_text())]
        if fitting and not stamp.exists():
            return fitting[max(fitting)]
        if found := shutil.which(name):
            return found
        raise Problem(
            f"PostgreSQL's {name} was not found in a version that fits (at least {OLDEST}).",
            "install Debian's package postgresql; after an upgrade of it run ./dev clean.",
        )

    def _as_owner(self, *command):
        """Run a command as the user that owns the cluster; PostgreSQL refuses root."""
        if os.geteuid() == 0:
            try:
                pwd.getpwnam(OWNER)
            except KeyError as error:
                raise Problem(
                    f"PostgreSQL refuses to run as root, and there is no user {OWNER}.",
                    "install Debian's package postgresql, or run ./dev as a normal user.",
                ) from error
            command = ("runuser", "-u", OWNER, "--", *command)
        # Output goes to files: the server would keep a pipe open for as long as it lives.
        with open(self.workspace.logs / "postgres.log", "w+") as output:
            done = subprocess.run(
                command,
                cwd="/",
                env=child_env(LC_ALL="C.UTF-8"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            output.seek(0)
            done.stderr = output.read()
        return done
