"""``./dev test``: lint, the tests of devtools and of every module, short figures."""

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import bench, chaos, demo, i18n, lint, pages, selection, system
from .console import Problem, say, step
from .odoo_log import OdooLog
from .postgres import USER
from .workspace import child_env, free_port

# A run that takes longer hangs; it is ended so that its log can be read.
LIMIT_SECONDS = 45 * 60


@dataclass
class Tally:
    """The counts of the closing line."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def check(self, name, problems):
        """Count one check; print what is wrong when it failed."""
        self.passed += not problems
        self.failed += bool(problems)
        for problem in problems:
            say(f"    FAILED {name}: {problem}")

    def closing_line(self):
        """Return the plain line that ends the run."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def run(project, options):
    """Run what the options ask for; return the exit code."""
    tally = Tally()
    if not options.tags:
        check_lint(project, tally)
    system.ensure(system.TEST_NEEDS)
    project.start()
    if not options.tags:
        check_devtools(project, tally)
    check_modules(project, options, tally)
    if not options.tags and not options.fast:
        check_main_job(project, tally)
        check_figures(project, options, tally)
    if not tally.passed + tally.failed:
        tally.check("tests", ["nothing was run"])
    print(tally.closing_line(), flush=True)
    return 1 if tally.failed else 0


def check_lint(project, tally):
    """Count each lint check as one."""
    for name, problems in lint.results(project.workspace):
        tally.check(name, problems)


def check_devtools(project, tally):
    """Run the tests of this package and add them to the counts."""
    with step("Tests of devtools"):
        run_unittest(project, tally)


def run_pages(project, _options):
    """Run the tests of served pages alone; return the exit code."""
    tally = Tally()
    check_main_job(project, tally, "devtools.pages_test")
    print(tally.closing_line(), flush=True)
    return 1 if tally.failed or not tally.passed else 0


def check_main_job(project, tally, *tests):
    """Run the demo's job, the tests that ask what it really did, and those of its pages.

    :param tests: only these modules with tests
    """
    name, port = project.databases.private_name("main_job"), free_port()
    try:
        out = demo.stage(project, name, project.workspace.runtime / "main-job-test", port)
        _process, log = demo.start_odoo(project, name, port, crons=False)
        with step("Tests of the main job's results and pages"):
            run_unittest(
                project,
                tally,
                *(tests or ("devtools.main_job_test", "devtools.pages_test")),
                KGW_AXE=pages.ensure_axe(project),
                KGW_DEMO_LOG=log,
                KGW_DEMO_OUT=out,
                KGW_DEMO_URL=demo.url_of(port),
                KGW_DEMO_DSN=f"host={project.cluster.socket} user={USER} dbname={name}",
            )
    except Problem as problem:
        tally.check("the main job", [problem.what])
    finally:
        project.end_processes()
        project.databases.drop(name)


def run_unittest(project, tally, *names, **variables):
    """Run plain Python tests and add them to the counts."""
    done = subprocess.run(
        [project.environment.python, "-m", "devtools.tests", *names],
        cwd=project.workspace.root,
        env=child_env(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    run_count, failed, skipped = map(int, done.stdout.split()[-3:] or (0, 0, 0))
    tally.passed += run_count - failed - skipped
    tally.failed += failed
    tally.skipped += skipped
    if not run_count or skipped:
        tally.check("plain Python tests", [f"{run_count} run, {skipped} skipped"])


def check_modules(project, options, tally):
    """Install every module in fresh databases and run Odoo's tests of it, in parts side by side."""
    databases = project.databases
    databases.drop_abandoned()
    base = databases.ensure_base()
    parts = selection.parts(project.workspace, options)
    names = [databases.private_name(f"test{number}") for number, _tags in enumerate(parts, 1)]
    for name in names:
        databases.clone(base, name)
    try:
        for log in run_side_by_side(project, parts, names):
            count_tests(log, tally)
        if not options.tags:
            with step("Translations"):
                tally.check("translations", i18n.outdated(project, names[0]))
    finally:
        for name in names:
            if not options.keep:
                databases.drop(name)
            else:
                say(f"The database is kept: ./dev psql {name}")


def run_side_by_side(project, parts, names):
    """Run each part of the tests in its database at the same time; return the parsed logs."""
    with step(f"Odoo tests, {len(parts)} at a time"), ThreadPoolExecutor(len(parts)) as pool:
        runs = [
            pool.submit(run_odoo_tests, project, tags, name)
            for tags, name in zip(parts, names, strict=True)
        ]
        return [run.result() for run in runs]


def run_odoo_tests(project, tags, database):
    """Run Odoo's test runner; return the parsed log."""
    workspace = project.workspace
    path = workspace.logs / f"{database.partition('_')[0]}.log"
    path.unlink(missing_ok=True)  # another run may still be writing to it
    command = project.runner.command(
        "-d",
        database,
        "-i",
        ",".join(workspace.modules()),
        "--skip-auto-install",
        f"--test-tags={tags}",
        "--stop-after-init",
        f"--http-port={free_port()}",
        f"--gevent-port={free_port()}",
        f"--screenshots={workspace.logs / 'screenshots'}",
    )
    process = project.launch(
        command,
        env=project.runner.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with open(path, "w") as copy:
        log = follow(process, copy)
    log.exit_code = process.returncode
    say(f"    {log.run} tests; Odoo's log: {path}")
    return log


def follow(process, copy):
    """Read Odoo's output to its end, copying it to a file and naming each test class."""
    log = OdooLog()
    timer = threading.Timer(LIMIT_SECONDS, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            copy.write(line)
            begun = log.feed(line.rstrip("\n"))
            if begun:
                say(f"    {begun}")
        process.wait()
    finally:
        timer.cancel()
    return log


def count_tests(log, tally):
    """Add Odoo's tests, and what its log must not hold, to the counts."""
    for record in (*log.failures, *log.bad):
        print("\n".join(record), flush=True)
    tally.passed += max(log.run - log.failed - len(log.skipped), 0)
    tally.failed += log.failed
    tally.skipped += len(log.skipped)
    if problems := run_problems(log):
        tally.check("the run of Odoo's tests", problems)
    tally.check("Odoo's log", [record[0] for record in log.bad])


def run_problems(log):
    """Return what is wrong with the run as a whole."""
    problems = [f"unexpectedly {reason}" for reason in log.skipped]
    if not log.finished:
        problems.append(f"Odoo ended early with code {log.exit_code}; see its log")
    elif not log.run:
        problems.append("no test was run")
    elif log.exit_code and not log.failed:
        problems.append(f"Odoo ended with code {log.exit_code}")
    return problems


def check_figures(project, options, tally):
    """Run chaos and the measurements: their short versions, or all of them in full."""
    for results in (chaos.results, bench.results):
        for name, problems in results(project, short=not options.all):
            tally.check(name, problems)
