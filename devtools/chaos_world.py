"""What ``./dev chaos`` begins with, made in ``odoo shell``: due steps and due mails of Odoo's own."""

import os

from bench._world import DUE_OF, MODULE, World

STOCK_CRON = "mail.ir_cron_mail_scheduler_action"


def prepare(env):
    """Plan the steps, fill Odoo's own queue and connect the keeping servers.

    Only the crons on trial stay; that of Odoo's own queue waits until its turn.
    """
    connect(env)
    world = World(env)
    world.create()
    for channel, due in DUE_OF.items():
        world.add(due, int(os.environ[f"KGW_CHAOS_{channel.upper()}"]))
    world.plan_day()
    add_mails(env, int(os.environ["KGW_CHAOS_MAILS"]))
    email, sms = (env.ref(f"{MODULE}.ir_cron_kgw_dispatch_{name}") for name in ("email", "sms"))
    ours = email | email.copy({"name": "Monitoring: dispatch e-mails (second)"}) | sms
    env["ir.cron"].search([]).write({"active": False, "priority": 9})
    (ours | env.ref(STOCK_CRON)).write({"priority": 1})
    ours.active = True
    world.analyze()


def add_mails(env, count):
    """Put mails into Odoo's own queue."""
    env["mail.mail"].create(
        [
            {
                "email_from": "biuro@example.com",
                "email_to": f"odbiorca{number}@example.com",
                "subject": f"Faktura {number}",
                "body_html": "<p>Faktura</p>" * 20,
                "reply_to": "biuro@example.com",
                "auto_delete": False,
            }
            for number in range(count)
        ]
    )


def connect(env):
    """Point the database at the keeping servers on loopback."""
    env["ir.mail_server"].create(
        {
            "name": "Keeping server",
            "smtp_host": "127.0.0.1",
            "smtp_encryption": "none",
            "smtp_port": int(os.environ["KGW_CHAOS_SMTP_PORT"]),
        }
    )
    env["res.company"].search([]).write(
        {
            "kgw_sms_provider": "smsapi",
            "kgw_smsapi_token": "chaos",
            "kgw_smsapi_base_url": f"http://127.0.0.1:{os.environ['KGW_CHAOS_SMS_PORT']}",
        }
    )


def send_again(env):
    """Do what a person may do with an SMS of which nobody knows: the gateway honours its key."""
    unknown = env["kgw.reminder"].search([("state", "=", "unknown"), ("channel", "=", "sms")])
    unknown.action_send_again()
    env.cr.commit()
