"""``./dev demo``: a fresh database, keeping servers, the main job on real input, a server.

The job itself is ``devtools/demo_job.py``, run in ``odoo shell`` with these variables in its
environment:

* ``KGW_DEMO_SMTP_PORT``, ``KGW_DEMO_SMS_PORT``: the keeping servers on 127.0.0.1
* ``KGW_DEMO_OUT``: folder for what it writes (letters); mail and SMS are kept beside it
* ``KGW_DEMO_URL``: where Odoo will be reached

It prints the table and the logins, and commits by itself (``env.cr.commit()``).
"""

import shutil
import socket
import subprocess
import time
import urllib.request

from .console import Problem, say, step
from .environment import tail
from .workspace import child_env, free_port

DATABASE = "demo"
# name -> module and options; the SMS gateway reports deliveries as soon as Odoo serves
KEEPERS = {
    "mail": ("devtools.smtp_keeper",),
    "sms": ("devtools.sms_keeper", "--report-delay", "1"),
}
PATIENCE_SECONDS = 60


def run(project, options):
    """Run the demo; serve until Ctrl-C unless told otherwise."""
    with project.workspace.alone("demo"):
        port = free_port(options.port)
        out = stage(project, DATABASE, project.workspace.runtime / "demo", port)
        say(f"Mail, SMS and letters: {out}")
        if options.serve:
            serve(project, DATABASE, port, crons=True)
    return 0


def stage(project, database, folder, port):
    """Run the job on a fresh database, between keeping servers; return the folder of its output.

    :param port: where Odoo will be reached; the keeping servers run on
    """
    job = project.workspace.root / "devtools" / "demo_job.py"
    if not job.exists():
        raise Problem(
            f"{job} is missing: it loads the demo creditors and runs the main job.",
            "check that the clone is complete (git status).",
        )
    out = fresh_folder(folder)
    with step("A fresh database from the template"):
        project.databases.clone(project.databases.ensure_modules(), database)
    ports = {name: start_keeper(project, name, out) for name in KEEPERS}
    with step("The main job on real input"):
        run_job(
            project,
            database,
            job,
            KGW_DEMO_OUT=out,
            KGW_DEMO_URL=url_of(port),
            KGW_DEMO_SMTP_PORT=ports["mail"],
            KGW_DEMO_SMS_PORT=ports["sms"],
        )
    return out


def url_of(port):
    """Return the address of a loopback web server."""
    return f"http://127.0.0.1:{port}"


def fresh_folder(folder):
    """Return the folder, emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def start_keeper(project, name, out):
    """Start one keeping server; return its port once it answers."""
    port, log = free_port(), project.workspace.logs / f"{name}-keeper.log"
    command = [
        project.environment.python,
        "-m",
        *KEEPERS[name],
        "--port",
        port,
        "--store",
        out / name,
    ]
    with step(f"Keeping server for {name} on port {port}"), open(log, "w") as handle:
        process = project.launch(command, env=child_env(), stdout=handle, stderr=subprocess.STDOUT)
        wait_until(lambda: answers(port), process, log)
    return port


def run_job(project, database, job, **variables):
    """Run the job, with its output on the screen and Odoo's log in a file."""
    log = project.workspace.logs / "demo-job.log"
    command = project.runner.command(
        "-d", database, "--no-http", f"--logfile={log}", subcommand="shell"
    )
    log.unlink(missing_ok=True)
    with open(job) as script:
        done = subprocess.run(
            command, stdin=script, cwd=project.workspace.root, env=project.runner.env(**variables)
        )
    if done.returncode:
        raise Problem(
            f"The main job failed (code {done.returncode}):\n{tail(log)}",
            f"the trace above shows where; Odoo's log is {log}.",
        )


def serve(project, database, port, crons):
    """Serve a database until Ctrl-C or the end of the server."""
    process, log = start_odoo(project, database, port, crons)
    say(f"Odoo serves {database} at {url_of(port)}/web/login (log: {log}); Ctrl-C ends it")
    if process.wait() not in (0, -2, -15):
        raise Problem(f"Odoo ended:\n{tail(log)}", f"read {log}.")


def start_odoo(project, database, port, crons):
    """Start Odoo's web server for one database; return its process and log once it answers."""
    log = project.workspace.logs / f"serve-{database}.log"
    command = project.runner.command(
        "-d",
        database,
        f"--db-filter=^{database}$",
        f"--http-port={port}",
        f"--gevent-port={free_port()}",
        f"--max-cron-threads={int(crons)}",
        f"--logfile={log}",
    )
    log.unlink(missing_ok=True)
    process = project.launch(command, env=project.runner.env())
    wait_until(lambda: opens(f"{url_of(port)}/web/login"), process, log)
    return process, log


def wait_until(ready, process, log):
    """Wait for a started process to be ready; raise when it ends or takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Problem(f"A server did not start:\n{tail(log)}", f"read {log}.")
        time.sleep(0.1)


def answers(port):
    """Tell whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def opens(url):
    """Tell whether a page opens; the first time Odoo builds its assets for it."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as page:
            return page.status == 200
    except OSError:
        return False
