"""The command line of ``./dev``."""

import argparse
import errno
import sys
from pathlib import Path

from . import bench, chaos, demo, i18n, lint, lock, pictures, sessions, system, testing
from .console import Problem, complain, say
from .project import Project, end_on_signals
from .workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent


def with_runtime(function, needs=()):
    """Return a command that brings up the runtime before ``function``."""

    def command(project, options):
        system.ensure(dict(needs))
        project.start()
        return function(project, options)

    return command


def run_clean(project, options):
    """Remove what was made."""
    sessions.clean(project.workspace, options.all)
    return 0


def run_lock(project, _options):
    """Renew the hashed lock files."""
    project.workspace.prepare(1)
    lock.run(project.workspace)
    return 0


def add_database_options(parser):
    """Add the options of commands that work on a developer's database."""
    parser.add_argument("--db", help="name of the database (dev)")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")


def add_demo(commands):
    """Add ``demo``."""
    parser = commands.add_parser(
        "demo", help="run the main job on real input, show what happened, serve until Ctrl-C"
    )
    parser.add_argument(
        "--no-serve", dest="serve", action="store_false", help="end after the table"
    )
    parser.add_argument("--port", type=int, help="port of the web server (any free one)")
    parser.set_defaults(run=with_runtime(demo.run))


def add_test(commands):
    """Add ``test``."""
    parser = commands.add_parser("test", help="lint, Odoo tests, browser tours, short figures")
    parser.add_argument(
        "--all", action="store_true", help="also the tests tagged 'long' and every figure in full"
    )
    parser.add_argument(
        "--tags", metavar="TAGS", help="only these Odoo tests (--test-tags), without lint"
    )
    parser.add_argument(
        "--fast", action="store_true", help="no tests that need a web server or browser, no figures"
    )
    parser.add_argument("--keep", action="store_true", help="keep the database of the tests")
    parser.set_defaults(run=testing.run)
    parser = commands.add_parser(
        "pages", help="the creditor's pages in a browser: live, axe, keyboard, phone, JSON-2"
    )
    parser.set_defaults(run=with_runtime(testing.run_pages, system.TEST_NEEDS))
    parser = commands.add_parser(
        "pictures", help="browser tours through the demo write the pictures of README and docs"
    )
    parser.add_argument("folder", nargs="?", help="where they go (docs/images)")
    parser.set_defaults(run=pictures.run)


def add_sessions(commands):
    """Add ``serve``, ``shell`` and ``psql``."""
    parser = commands.add_parser("serve", help="serve the database dev until Ctrl-C")
    add_database_options(parser)
    parser.add_argument("--port", type=int, default=8069, help="port of the web server (8069)")
    parser.add_argument("--crons", action="store_true", help="run scheduled actions too")
    parser.set_defaults(run=with_runtime(sessions.serve))
    parser = commands.add_parser("shell", help="Odoo's Python shell on the database dev")
    add_database_options(parser)
    parser.set_defaults(run=with_runtime(sessions.shell))
    parser = commands.add_parser("psql", help="PostgreSQL's client on the database dev")
    add_database_options(parser)
    parser.add_argument("arguments", nargs="*", help="for psql, after --")
    parser.set_defaults(run=with_runtime(sessions.psql))


def add_upkeep(commands):
    """Add the commands for upkeep."""
    parser = commands.add_parser("lint", help="ruff, pylint-odoo, OCA's checks")
    parser.add_argument("--fix", action="store_true", help="correct what the tools can")
    parser.set_defaults(run=lint.run)
    parser = commands.add_parser("bench", help="measurements: one GOAL line for each goal")
    parser.add_argument("names", nargs="*", help="names in bench/ (all)")
    parser.add_argument("--short", action="store_true", help="only the short versions")
    parser.add_argument("--seed", type=int, help="repeat the dice of an earlier run")
    parser.set_defaults(run=with_runtime(bench.run))
    parser = commands.add_parser(
        "chaos", help="kill workers and database while reminders go out; count what went wrong"
    )
    parser.add_argument("--short", action="store_true", help="only the short version")
    parser.add_argument("--seed", type=int, help="repeat the order of an earlier run")
    parser.set_defaults(run=with_runtime(chaos.run))
    parser = commands.add_parser(
        "i18n", help="export the .pot, update pl.po, say what is untranslated"
    )
    parser.set_defaults(run=with_runtime(i18n.run, system.GETTEXT_NEEDS))
    parser = commands.add_parser("lock", help="renew the hashed requirements*.txt")
    parser.set_defaults(run=run_lock)
    parser = commands.add_parser("clean", help="remove what ./dev made, except its downloads")
    parser.add_argument("--all", action="store_true", help="the downloads too")
    parser.set_defaults(run=run_clean)


def make_parser():
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="./dev", description="Set-up, demo, tests and upkeep of this repository."
    )
    parser.add_argument("--odoo", metavar="PATH", help="use the Odoo 19 that is already there")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (add_demo, add_test, add_sessions, add_upkeep):
        add(commands)
    return parser


def main(arguments=None):
    """Run one command; return its exit code."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if not hasattr(options, "run"):
        parser.print_help()
        return 0
    end_on_signals()
    project = Project(Workspace(ROOT, options.odoo))
    try:
        return options.run(project, options)
    except Problem as problem:
        complain(problem)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        complain(Problem("The disk is full.", f"free some space (df -h {ROOT}), run it again."))
        return 1
    except KeyboardInterrupt:
        say("Ended by Ctrl-C")
        return 130
    finally:
        project.close()


if __name__ == "__main__":
    sys.exit(main())
