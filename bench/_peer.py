"""The peer: OCA account_credit_control 19.0, unchanged, from PyPI, in a database of its own.

It is AGPL-3 and no part of this repository: it is fetched into ``.runtime`` for the comparison.
"""

import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

from odoo.tools import SQL, config

from bench._databases import copy_of_template
from bench._meter import Meter
from bench._world import DAY, World

DISTRIBUTION = "odoo-addon-account-credit-control==19.0.*"
MODULE = "account_credit_control"
FOLDER = Path(".runtime/peer")
MARK = "PEER "


def fetch():
    """Return the folder with the peer's module, downloaded where it is missing.

    :raise RuntimeError: it can't be had
    """
    addons = FOLDER / "odoo" / "addons"
    if not (addons / MODULE).exists():
        FOLDER.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        done = subprocess.run(
            [*command, "--dest", str(FOLDER), DISTRIBUTION], capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"the peer can't be downloaded: {done.stderr.strip()[-300:]}")
        [wheel] = FOLDER.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(FOLDER)
    return addons.resolve()


def compare(env, invoices, letters, port):
    """Return the peer's CPU seconds: to decide one due line, to produce, to send one e-mail.

    :param invoices: open invoices, all of them due
    :param letters: how many e-mails are produced and sent
    :param port: of the SMTP server
    """
    addons = ",".join([*config["addons_path"], str(fetch())])
    with copy_of_template(env, "peer") as database:
        common = ["-c", config["config"], "-d", database, f"--addons-path={addons}", "--no-http"]
        run(["-i", MODULE, "--skip-auto-install", "--stop-after-init", *common])
        script = f"from bench import _peer\n_peer.work(env, {invoices}, {letters}, {port})\n"
        out = run(["shell", *common], script)
    [line] = [line for line in out.splitlines() if line.startswith(MARK)]
    return json.loads(line.removeprefix(MARK))


def run(arguments, script=None):
    """Run Odoo to its end and return its output."""
    command = [sys.executable, "-m", "odoo", *arguments]
    done = subprocess.run(command, input=script, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the peer failed: {(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


def work(env, invoices, letters, port):
    """Measure in the peer's database and print the figures as JSON; they are for one unit."""
    meter = Meter(env.cr)
    env["ir.mail_server"].create(
        {"name": "K", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none"}
    )
    lines = prepare(env, invoices)
    with meter.measure("decide"):
        lines._generate_credit_lines()
        env.cr.commit()
    due = lines.line_ids
    due.write({"state": "to_be_sent"})
    env.cr.commit()
    chosen = due.filtered(lambda line: line.partner_id in due.partner_id[:letters])
    # Odoo would send at once, from a thread that is not measured.
    communications = env["credit.control.communication"].with_context(mail_notify_force_send=False)
    with meter.measure("produce"):
        made = communications._generate_comm_from_credit_lines(chosen)
        made._generate_emails()
        env.cr.commit()
    mails = env["mail.mail"].search([("state", "=", "outgoing")])
    with meter.measure("send"):
        mails.send()
        env.cr.commit()
    assert len(mails) == len(made) and set(mails.mapped("state")) == {"sent"}, "not all were sent"
    units = {"decide": len(due), "produce": len(made), "send": len(mails)}
    print(MARK + json.dumps({name: meter.costs[name].cpu / n for name, n in units.items()}))


def prepare(env, invoices):
    """Make the invoices, two of each customer, a policy of one e-mail, and a run."""
    world = World(env)
    partner = env["res.partner"].create({"name": "Kontrahent", "email": "wzor@kontrahent.example"})
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": DAY - timedelta(days=20),
            "invoice_date_due": DAY - timedelta(days=5),
            "invoice_line_ids": [(0, 0, {"name": "Towar", "price_unit": 1230, "tax_ids": []})],
        }
    )
    invoice.action_post()
    env.flush_all()
    copies = world._copy(
        partner,
        invoices // 2 - 1,
        name=SQL("p.name || n"),
        complete_name=SQL("p.name || n"),
        email=SQL("'wzor' || n || '@kontrahent.example'"),
        commercial_partner_id=SQL("id_of_copy"),
    )
    owner = world._id_of(copies, partner, SQL("(n / 2)"))
    people = {"partner_id": owner, "commercial_partner_id": owner, "partner_shipping_id": owner}
    moves = world._copy(
        invoice,
        invoices - 1,
        name=SQL("p.name || '-' || n"),
        sequence_number=SQL("9000 + n"),
        **people,
    )
    for line in invoice.line_ids:
        move = world._id_of(moves, invoice, SQL("n"))
        world._copy(line, invoices - 1, move_id=move, partner_id=owner)
    world.analyze()
    env.invalidate_all()
    return create_run(env, invoice)


def create_run(env, invoice):
    """Return a run of a policy with one level: an e-mail a day after the due date."""
    template = env.ref(f"{MODULE}.email_template_credit_control_base")
    template.report_template_ids = False  # no PDF: our e-mails have none either
    receivable = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
    policy = env["credit.control.policy"].create(
        {
            "name": "E-mail",
            "account_ids": [(6, 0, receivable.account_id.ids)],
            "level_ids": [
                (
                    0,
                    0,
                    {
                        "name": "E-mail",
                        "level": 1,
                        "computation_mode": "net_days",
                        "delay_days": 1,
                        "channel": "email",
                        "email_template_id": template.id,
                        "mail_show_invoice_detail": True,
                        "custom_text": "Przypominamy o płatności.",
                        "custom_mail_text": "<p>Przypominamy o płatności.</p>",
                    },
                )
            ],
        }
    )
    env.company.write({"credit_policy_id": policy.id, "email": "biuro@agencja.example"})
    return env["credit.control.run"].create({"date": DAY, "policy_ids": [(6, 0, policy.ids)]})
