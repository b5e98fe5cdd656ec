"""Starting Odoo: its configuration file, its commands and its environment."""

import subprocess

from .console import Problem
from .environment import tail
from .workspace import child_env

CONF = """[options]
db_host = {socket}
db_user = {user}
data_dir = {data}
addons_path = {addons}
http_interface = 127.0.0.1
max_cron_threads = 0
list_db = False
"""


class OdooRunner:
    """Builds and runs Odoo's command lines in the private environment.

    :param python: the virtual environment's interpreter
    """

    def __init__(self, workspace, source, environment, cluster):
        self.workspace = workspace
        self.source = source
        self.environment = environment
        self.cluster = cluster
        self.conf = workspace.runtime / f"odoo{cluster.name.removeprefix('pg')}.conf"

    def configure(self):
        """Write the configuration file and put Odoo on the environment's path."""
        addons = [*self.source.addons_paths, self.workspace.root]
        self.conf.write_text(
            CONF.format(
                socket=self.cluster.socket,
                user="odoo",
                data=self.workspace.data,
                addons=",".join(map(str, addons)),
            )
        )
        link = self.environment.site_packages / "odoo-source.pth"
        link.write_text(f"{self.source.python_path}\n")

    def command(self, *arguments, subcommand=None):
        """Return the command line; a subcommand must stand before every option."""
        words = [self.environment.python, "-m", "odoo"]
        words += [subcommand] if subcommand else []
        return [str(word) for word in (*words, "-c", self.conf, *arguments)]

    def env(self, **extra):
        """Return the environment for Odoo."""
        return child_env(PYTHONUNBUFFERED="1", **extra)

    def run_quietly(self, log_name, *arguments):
        """Run Odoo to its end, with its output in a log file; raise when it fails."""
        log = self.workspace.logs / f"{log_name}.log"
        with open(log, "w") as handle:
            done = subprocess.run(
                self.command(*arguments),
                env=self.env(),
                cwd=self.workspace.root,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
            )
        if done.returncode:
            raise Problem(f"Odoo failed:\n{tail(log, 25)}", f"read the whole of {log}.")

    def run_script(self, database, script, **extra):
        """Run a Python text in ``odoo shell``; raise when it fails."""
        command = self.command("-d", database, "--no-http", subcommand="shell")
        done = subprocess.run(
            command,
            input=script,
            text=True,
            capture_output=True,
            env=self.env(**extra),
            cwd=self.workspace.root,
        )
        if done.returncode:
            raise Problem(
                f"A script failed in {database}:\n{(done.stdout + done.stderr)[-3000:]}",
                "this is a defect of the script or of the modules; the trace above shows where.",
            )
        return done.stdout
