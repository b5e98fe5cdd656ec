"""Poisoned records among many: all others are done, and each poisoned one says why it is not.

Run by ``./dev bench poison`` in ``odoo shell``: e-mails through the real dispatcher and the real
building of messages, to a mail server that is played here.
"""

import logging
import os
from unittest.mock import patch

from odoo.tools import SQL

from bench._world import DUE_OF, World

SHORT = bool(os.environ.get("KGW_BENCH_SHORT"))
STEPS, EACH = (400, 1) if SHORT else (10_000, 25)

# What is wrong with reminders, as SQL on their own rows: %(ids)s are they, %(bad)s is a template or
# brand spoiled for them.
CASES = "(SELECT case_id FROM kgw_reminder WHERE id = ANY(%(ids)s))"
LINES = "(SELECT receivable_id FROM kgw_reminder_line WHERE reminder_id = ANY(%(ids)s))"
TEMPLATE = "UPDATE kgw_reminder SET template_id = %(bad)s WHERE id = ANY(%(ids)s)"
BRAND = "UPDATE kgw_reminder SET brand_id = %(bad)s WHERE id = ANY(%(ids)s)"
POINT = "UPDATE kgw_contact_point SET {} WHERE kind = 'email' AND case_id IN " + CASES
LINE = "UPDATE account_move_line SET {} WHERE id IN " + LINES
CASE = "UPDATE kgw_case SET {} WHERE id IN " + CASES
TEXTS = {
    "variable that does not exist": "{{ nobody.knows }}",
    "text that can't be read": "{% if %}",
    "text that reaches for what it must not": "{{ brand.__class__ }}",
    "text that prints a list": "{{ items }}",
    "text that takes a part of what is absent": "{{ items[7].number }}",
    "text that is too long": "x" * 70_000,
    "template without a text": None,
}
BRANDS = {
    "brand without e-mail": {"email": None},
    "brand without name": {"name": None},
    "brand with two lines of address": {"email": "a@agencja.example\nBcc: b@agencja.example"},
}
STATEMENTS = {
    "address that is none": POINT.format("value = 'kontrahent'"),
    "address of two lines": POINT.format(
        "value = E'a@kontrahent.example\\nBcc: b@kontrahent.example'"
    ),
    "address that was wrong": POINT.format("state = 'wrong'"),
    "address that is gone": f"DELETE FROM kgw_contact_point WHERE case_id IN {CASES}",
    "time zone that is none": CASE.format("tz = 'Mars/Phobos'"),
    "amount that is no number": LINE.format("amount_residual_currency = 'NaN'"),
    "due date that is missing": LINE.format("date_maturity = NULL"),
    "invoice that was settled by hand": LINE.format("amount_residual_currency = 0"),
    "receivable that Odoo made anew": "UPDATE kgw_reminder_line SET receivable_id = NULL"
    " WHERE reminder_id = ANY(%(ids)s)",
    "row that the database refuses": "UPDATE kgw_reminder SET detail = 'poison'"
    " WHERE id = ANY(%(ids)s)",
}
# The only thing that goes wrong after the gate: the claim itself.
TRIGGER = """
CREATE FUNCTION kgw_bench_refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'poison'; END $$ LANGUAGE plpgsql;
CREATE TRIGGER kgw_bench_refuse BEFORE UPDATE ON kgw_reminder FOR EACH ROW
    WHEN (OLD.detail = 'poison' AND NEW.state = 'claimed') EXECUTE FUNCTION kgw_bench_refuse()
"""


class PlayedServer:
    """A mail server that takes everything."""

    def ehlo(self):
        """Greet."""

    def noop(self):
        return 250, b"OK"

    def send_message(self, *_args):
        """Take the message."""

    def quit(self):
        """Part."""


def goal(name, figure, wanted):
    """Print one goal: the figure must be the one wanted."""
    print(f"GOAL {name} {figure} {wanted} {'ok' if figure == wanted else 'short'}", flush=True)


def spoil(env, reminders):
    """Poison ``EACH`` reminders in every way, spread over all; return ``{way: reminders}``."""
    ways = [*TEXTS, *BRANDS, *STATEMENTS]
    chosen = reminders[:: len(reminders) // (len(ways) * EACH)][: len(ways) * EACH]
    env.cr.execute(TRIGGER)
    poisoned = {}
    for number, way in enumerate(ways):
        poisoned[way] = chosen[number :: len(ways)]
        bad, query = make_bad(env, way)
        env.cr.execute(query, {"ids": poisoned[way].ids, "bad": bad})
    env.cr.commit()
    env.invalidate_all()
    return poisoned


def make_bad(env, way):
    """Return the id of what is spoiled for ``way``, if anything, and the statement that uses it."""
    if way in TEXTS:
        template = env["kgw.template"].create({"name": way, "code": way, "channel": "email"})
        if TEXTS[way]:
            text = env["kgw.template.text"].create(
                {
                    "template_id": template.id,
                    "lang": "pl_PL",
                    "subject": "Faktura",
                    "body": "Faktura",
                }
            )
            # The form refuses such texts: they come with a restored copy, or an older version.
            env.cr.execute(
                "UPDATE kgw_template_text SET body = %s WHERE id = %s", [TEXTS[way], text.id]
            )
        return template.id, TEMPLATE
    if way in BRANDS:
        brand = env["kgw.brand"].search([], limit=1).copy({"name": way})
        env.flush_all()
        [(column, value)] = BRANDS[way].items()
        name = SQL.identifier(column)
        env.cr.execute(SQL("ALTER TABLE kgw_brand ALTER COLUMN %s DROP NOT NULL", name))
        env.cr.execute(SQL("UPDATE kgw_brand SET %s = %s WHERE id = %s", name, value, brand.id))
        return brand.id, BRAND
    return None, STATEMENTS[way]


def explain(reminder):
    """Return the words in which a person reads why it did not go out, or ''."""
    reason = reminder.reason or reminder.waiting_reason
    words = dict(reminder._fields["reason"]._description_selection(reminder.env)).get(reason, "")
    return " – ".join(filter(None, (words, reminder.detail or "")))


def main(env):
    """Make the world, spoil, send, look."""
    world = World(env)
    world.create()
    world.add(DUE_OF["email"], STEPS)
    world.plan_day()
    env["ir.mail_server"].create({"name": "Played", "smtp_host": "localhost"})
    env.cr.commit()
    reminders = env["kgw.reminder"].search([("channel", "=", "email")], order="id")
    poisoned = spoil(env, reminders)
    logging.disable(logging.ERROR)  # every poisoned one is told there too
    with patch.object(type(env["ir.mail_server"]), "_connect__", lambda *_a, **_k: PlayedServer()):
        env["kgw.dispatcher"]._dispatch("email", world.morning.replace(hour=9))
    logging.disable(logging.NOTSET)
    env.invalidate_all()
    explained = 0
    for way, spoiled in poisoned.items():
        known = spoiled.filtered(lambda r: r.state != "sent" and explain(r))
        explained += len(known)
        print(f"  {way}: {len(known)} of {len(spoiled)}: {explain(known[:1])[:110]}")
    others = reminders - env["kgw.reminder"].union(*poisoned.values())
    goal("poison_others_done", len(others.filtered(lambda r: r.state == "sent")), len(others))
    goal("poison_explained", explained, sum(map(len, poisoned.values())))


main(env)  # given by odoo shell
