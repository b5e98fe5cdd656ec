"""The main job of ``./dev demo``, run in ``odoo shell``: three creditors, forty days, real input.

Reads KGW_DEMO_SMTP_PORT, KGW_DEMO_SMS_PORT, KGW_DEMO_OUT and KGW_DEMO_URL (see
``devtools/demo.py``); prints what happened as a table and the logins, and commits.
"""

import base64
import os
from collections import Counter
from datetime import date
from pathlib import Path

from odoo.addons.kgw_receivable_monitoring.demo.story import Story
from odoo.addons.kgw_receivable_monitoring.demo.world import PASSWORD_OF

ROLES = {
    "krakbud": "creditor, agency's brand (portal)",
    "ogrod": "creditor, white label (portal)",
    "agent": "agent: board of calls, cases",
    "marek": "the other agent of the team",
    "manager": "manager: mandates, imports, print runs",
    "administrator": "administrator: scenarios, texts, brands",
}
COLUMNS = ("sent", "delivered", "undelivered", "failed", "cancelled", "planned")


def connect_gateways(env):
    """Point the database at the keeping servers on loopback."""
    env["ir.mail_server"].create(
        {
            "name": "Demo: e-maile zostają na tym komputerze, nic nie wychodzi",
            "smtp_host": "127.0.0.1",
            "smtp_encryption": "none",
            "smtp_port": int(os.environ["KGW_DEMO_SMTP_PORT"]),
        }
    )
    env["ir.config_parameter"].set_param("web.base.url", os.environ["KGW_DEMO_URL"])
    env.ref("base.main_company").write(
        {
            "kgw_sms_provider": "smsapi",
            "kgw_smsapi_token": "demo",
            "kgw_smsapi_base_url": f"http://127.0.0.1:{os.environ['KGW_DEMO_SMS_PORT']}",
        }
    )


def keep_letters(env, folder):
    """Write the PDF of every print run into ``folder`` and return how many letters they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = env["kgw.print.run"].search([("state", "=", "posted")])
    for run in runs.filtered("document"):
        (folder / run.document_name).write_bytes(base64.b64decode(run.document))
    return sum(run.letter_count for run in runs)


def run_again(story):
    """Run the last day once more and return what that sent: nothing."""
    count = story.env["kgw.event"].search_count
    before = count([("kind", "=", "sent")])
    story.env["kgw.planner"]._run_day(story.end, story.get_moment(story.end, 12))
    story.dispatch(story.end, 13)
    return count([("kind", "=", "sent")]) - before


def print_row(*cells):
    """Print one row of the table."""
    print(
        "  "
        + "".join(
            str(cell).ljust(width) for cell, width in zip(cells, (26, *[13] * 7), strict=False)
        )
    )


def print_contacts(env):
    """Print the reminders per channel and rung."""
    counts = Counter()
    for channel, rung, state, count in env["kgw.reminder"]._read_group(
        [("reason", "!=", "replanned")],
        ["channel", "rung", "state"],
        ["__count"],
    ):
        counts[f"{channel} {rung}", state] += count
    print_row("contact", *COLUMNS)
    for label in sorted({label for label, _state in counts}):
        print_row(label, *(counts[label, state] or "" for state in COLUMNS))


def print_mandates(env):
    """Print one row per mandate."""
    print_row("mandate", "cases", "receivables", "paid", "overdue", "elapsed", "contacts")
    for mandate in env["kgw.mandate"].search([]):
        own = [("mandate_id", "=", mandate.id)]
        receivables = env["kgw.receivable"]
        print_row(
            mandate.name[:25],
            mandate.case_count,
            receivables.search_count(own),
            *(
                receivables.search_count([*own, ("stage", "=", stage)])
                for stage in ("closed", "overdue", "elapsed")
            ),
            env["kgw.event"].search_count([*own, ("kind", "=", "sent")]),
        )


def report(env, story, again, out):
    """Print what happened."""
    print(f"\nSimulated days {story.start} … {story.end}\n")
    print_mandates(env)
    print()
    print_contacts(env)
    passed = env["kgw.event"]._read_group(
        [("kind", "=", "passed"), ("reason", "!=", False)], ["reason"], ["__count"]
    )
    print("\n  steps passed over: " + ", ".join(f"{reason} {count}" for reason, count in passed))
    calls = env["mail.activity"].search_count([("kgw_reminder_id", "!=", False)])
    letters = keep_letters(env, out / "letters")
    print(
        f"  e-mails at the SMTP server: {len(list((out / 'mail').glob('*.eml')))},"
        f" SMS at the gateway: {count_lines(out / 'sms' / 'sms.jsonl')},"
        f" letters posted: {letters}, calls on the board: {calls}"
    )
    print(f"  the last day run again sent: {again}")
    broken = env["kgw.event"]._find_broken_link()
    print(
        f"  register: {env['kgw.event'].search_count([])} events,"
        f" chain of seals {'unbroken' if broken is None else f'broken at {broken}'}\n"
    )


def count_lines(path):
    """Return how many lines a file has, 0 when there is none."""
    return len(path.read_text().splitlines()) if path.exists() else 0


def print_logins():
    """Print where to log in as whom."""
    url = os.environ["KGW_DEMO_URL"]
    print(f"  While the demo serves, log in at {url}/web/login; the password is the login")
    for login in PASSWORD_OF:
        print(f"    {login.ljust(16)}{ROLES[login]}")


def main(env):
    """Run the job."""
    connect_gateways(env)
    story = Story(env, until=date.today())
    story.create_world()
    env.cr.commit()
    story.run(after_day=lambda day: env.cr.commit())
    again = run_again(story)
    env["mail.mail"].process_email_queue()
    env["kgw.event"]._cron_seal()
    env.cr.commit()
    report(env, story, again, Path(os.environ["KGW_DEMO_OUT"]))
    print_logins()


main(env)  # given by odoo shell
