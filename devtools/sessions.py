"""Commands on a database of the developer's own: serve, shell, psql; and clean."""

import shutil
import subprocess

from . import demo
from .console import Problem, say, step
from .postgres import CLUSTERS, Cluster
from .workspace import free_port

DATABASE = "dev"


def ensure_database(project, options):
    """Return the name of the database asked for, and whether it was cloned just now.

    ``dev`` is cloned from the modules' template at need, others only with ``--fresh``.
    """
    databases = project.databases
    name = options.db or DATABASE
    present = name in databases.names()
    if options.fresh or (not present and name == DATABASE):
        template = databases.ensure_modules()
        with step(f"Database {name} from the template"):
            databases.clone(template, name)
        return name, True
    if not present:
        raise Problem(
            f"There is no database {name}.",
            f"choose from: {', '.join(sorted(databases.names()))}; or add --fresh.",
        )
    return name, False


def serve(project, options):
    """Serve a database, with its modules brought up to the clone's code."""
    port = free_port(options.port)
    name, cloned = ensure_database(project, options)
    if not cloned:
        modules = ",".join(project.workspace.modules())
        with step(f"Updating {modules} in {name}"):
            project.runner.run_quietly(
                "update", "-d", name, "-u", modules, "--stop-after-init", "--no-http"
            )
    demo.serve(project, name, port, crons=options.crons)
    return 0


def shell(project, options):
    """Open Odoo's Python shell; a script may come on standard input."""
    name, _cloned = ensure_database(project, options)
    log = project.workspace.logs / "shell.log"
    command = project.runner.command(
        "-d", name, "--no-http", f"--logfile={log}", subcommand="shell"
    )
    return subprocess.run(command, env=project.runner.env(), cwd=project.workspace.root).returncode


def psql(project, options):
    """Open PostgreSQL's client on a database."""
    name, _cloned = ensure_database(project, options)
    return subprocess.run(
        ["psql", "-X", "-d", name, *options.arguments], env=project.cluster.env
    ).returncode


def clean(workspace, everything):
    """Remove what ``./dev`` made: all but the cache of downloads, or that too."""
    if not workspace.runtime.exists():
        say("There is nothing to remove.")
        return
    workspace.logs.mkdir(parents=True, exist_ok=True)
    for name in CLUSTERS:
        Cluster(workspace, name).remove()
    for path in workspace.runtime.iterdir():
        if path != workspace.cache:
            remove(path)
    if everything:
        shutil.rmtree(workspace.runtime)
    say(
        f"Removed {'everything' if everything else 'all but the downloads'} "
        f"under {workspace.runtime}."
    )


def remove(path):
    """Remove a file, a link or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
