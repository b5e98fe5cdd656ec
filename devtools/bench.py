"""Measurements: each ``bench/NAME.py`` runs in ``odoo shell`` on a fresh database
of the cluster that writes through to the disk (``fsync=on``).

A measurement prints ``GOAL <name> <figure> <limit> ok|short`` for each goal and commits what
it likes: its database is dropped afterwards. ``KGW_BENCH_TEMPLATE`` names the database that it
was copied from, ``KGW_BENCH_SEED`` holds the number given with ``--seed``. One that reads the environment variable
``KGW_BENCH_SHORT`` (``1`` or empty) has a short version, which ``./dev test`` runs too.
"""

import re

from .console import Problem, say, step

SHORT_SWITCH = "KGW_BENCH_SHORT"
SEED_SWITCH = "KGW_BENCH_SEED"
GOAL = re.compile(r"^GOAL (\S+) (\S+) (\S+) (ok|short)$", re.M)


def run(project, options):
    """Run the measurements named, or all; return 1 when a goal fell short."""
    if options.names:
        known = {path.stem for path in scripts(project.workspace)}
        if unknown := sorted(set(options.names) - known):
            raise Problem(
                f"There is no measurement {', '.join(unknown)}.",
                f"choose from: {', '.join(sorted(known)) or 'none yet in bench/'}.",
            )
    failed = 0
    chosen = {"short": options.short, "names": options.names, "seed": options.seed}
    for _name, problems in results(project, **chosen):
        for problem in problems:
            say(f"    FAILED {problem}")
        failed += bool(problems)
    return 1 if failed else 0


def scripts(workspace):
    """Return the measurements of the repository, sorted."""
    return sorted(path for path in workspace.root.glob("bench/*.py") if path.stem[0] != "_")


def results(project, short, names=(), seed=None):
    """Yield ``(name, problems)`` of each measurement.

    :param short: run only those that have a short version, and that one
    :param seed: of those that throw dice; None means their own
    """
    for path in scripts(project.workspace):
        text = path.read_text()
        if (names and path.stem not in names) or (short and SHORT_SWITCH not in text):
            continue
        with step(f"Measuring {path.stem}{' (short)' if short else ''}"):
            yield path.stem, measure(project, path.stem, text, short, seed)


def measure(project, name, text, short, seed=None):
    """Run one measurement; return what is wrong with it."""
    project.durable.start()
    databases = project.durable.databases
    database, template = databases.private_name(f"bench_{name}"), databases.ensure_modules()
    databases.clone(template, database)
    variables = {
        SHORT_SWITCH: "1" if short else "",
        SEED_SWITCH: "" if seed is None else str(seed),
        "KGW_BENCH_TEMPLATE": template,
    }
    try:
        out = project.durable.runner.run_script(database, text, **variables)
    except Problem as problem:
        return [problem.what]
    finally:
        databases.drop(database)
    print(out, end="", flush=True)
    goals = GOAL.findall(out)
    if not goals:
        return [f"{name} measured no goal"]
    return [
        f"{goal}: {figure} falls short of {limit}"
        for goal, figure, limit, verdict in goals
        if verdict == "short"
    ]
