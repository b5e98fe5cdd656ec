"""The creditor's pages beside Odoo's own portal pages of as many records, in the same run.

Run by ``./dev bench portal`` in ``odoo shell``: the requests of a logged-in creditor go through
Odoo's WSGI application in this process, each in a transaction of its own, as from a server.
"""

import gc
import re
import threading
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

from werkzeug.test import Client

from odoo import http
from odoo.tools import SQL

from odoo.addons.portal.controllers.portal import CustomerPortal

from bench._planning import goal, vacuum
from bench._world import MODULE, QUIET_DUES, World

# Invoices in the database, and of each counterparty; events of each counterparty.
FEW, MANY, PER_CASE, EVENTS = 500, 50_000, 10, 100
ROUNDS, WARM = 30, 3
# What one page shows.
ROWS, ENTRIES = 40, 30
LOGIN = "pomiar"
# Ours keep the ledger from Odoo's own pages; the peer is Odoo without them.
FENCES = ("rule_account_move_ledger_hidden", "rule_account_move_line_ledger_hidden")


def serve(environ, start_response):
    """Odoo's application, for a visitor from this machine."""
    return http.root({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)


class Visitor:
    """A logged-in browser without a network."""

    def __init__(self, env):
        self.env, self.client = env, Client(serve)
        self.client.get(f"/web/login?db={env.cr.dbname}")
        page = self.client.get("/web/login").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        form = {"login": LOGIN, "password": LOGIN, "csrf_token": token}
        answer = self.client.post("/web/login", data=form)
        assert answer.status_code == 303, "the login was refused"

    def _find_backends(self):
        """Return where the kernel tells the CPU of each of PostgreSQL's processes for us."""
        self.env.cr.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return [Path(f"/proc/{pid}/schedstat") for (pid,) in self.env.cr.fetchall()]

    def _now(self, backends):
        served = sum(int(path.read_text().split()[0]) for path in backends) / 1e9
        return time.process_time() + served

    def read(self, path):
        """Return ``(text, milliseconds of CPU, queries)`` of a page."""
        backends = self._find_backends()
        threading.current_thread().query_count = 0
        start = self._now(backends)
        answer = self.client.get(path)
        text = answer.get_data(as_text=True)
        taken = (self._now(backends) - start) * 1000
        assert answer.status_code == 200, (path, re.sub(r"\s*<[^>]+>\s*", " ", text)[-1500:])
        return text, taken, threading.current_thread().query_count


def create_user(env, creditor):
    """Return the portal user of the creditor."""
    contact = env["res.partner"].create({"name": "Księgowość", "parent_id": creditor.id})
    values = {
        "login": LOGIN,
        "password": LOGIN,
        "name": contact.name,
        "partner_id": contact.id,
        "lang": "en_US",
        "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
    }
    user = env["res.users"].with_context(no_reset_password=True).create(values)
    env["kgw.portal.access"].create({"user_id": user.id})
    return user


def add_events(env):
    """Give every counterparty its history: what was sent, with its text, and payments."""
    env.cr.execute(
        SQL(
            """
            INSERT INTO kgw_event (kind, at, user_id, mandate_id, case_id, channel, payload)
            SELECT CASE n %% 3 WHEN 0 THEN 'sent' WHEN 1 THEN 'delivered' ELSE 'payment' END,
                   now() AT TIME ZONE 'UTC' - n * interval '1 hour', 1, c.mandate_id, c.id,
                   CASE n %% 3 WHEN 2 THEN NULL ELSE 'sms' END,
                   jsonb_build_object('text', repeat('Prosimy o wpłatę. ', 8), 'amount', 100 + n,
                                      'currency', 'PLN', 'invoices', jsonb_build_array('FV 1'))
              FROM kgw_case c, generate_series(1, %s) n
             WHERE NOT EXISTS (SELECT 1 FROM kgw_event e WHERE e.case_id = c.id AND e.kind = 'sent')
            """,
            EVENTS,
        )
    )


class Peer:
    """As many ordinary invoices of the same user, copies of one, and one with as many lines."""

    def __init__(self, env, world, user):
        self.env, self.world, self.user = env, world, user
        if not env.company.chart_template:
            env["account.chart.template"].try_loading("pl", env.company, install_demo=False)
        self.pattern, self.move = self._book(1), self._book(ENTRIES)
        self.count = 2

    def _book(self, lines):
        """Return a posted invoice that the user follows."""
        line = {"name": "Usługa", "price_unit": 1000, "tax_ids": [(5,)]}
        values = {
            "move_type": "out_invoice",
            "partner_id": self.user.partner_id.commercial_partner_id.id,
            "invoice_date": date(2026, 8, 1),
            "invoice_line_ids": [(0, 0, line) for _number in range(lines)],
        }
        move = self.env["account.move"].create(values)
        move.message_subscribe(self.user.partner_id.ids)
        move.action_post()
        return move

    def add(self, count):
        """Bring the number of invoices to ``count``."""
        self.env.flush_all()
        number = SQL("%s + n", 1000 + self.count)
        copies = {"name": SQL("'FS/' || (%s)", number), "sequence_number": number}
        more = count - self.count
        new = self.world._copy(self.pattern, more, **copies)
        for line in self.pattern.line_ids:
            self.world._copy(line, more, move_id=SQL("%s + n", new))
        own = self.pattern.message_follower_ids.filtered(
            lambda f: f.partner_id == self.user.partner_id
        )
        self.world._copy(own, more, res_id=SQL("%s + n", new))
        self.count = count


@contextmanager
def without_fences(env):
    """Let Odoo's own pages be as they are without our module."""
    rules = env["ir.rule"].union(*(env.ref(f"{MODULE}.{name}") for name in FENCES))
    rules.active = False
    env.cr.commit()
    try:
        with patch.object(CustomerPortal, "_items_per_page", ROWS):
            yield
    finally:
        rules.active = True
        env.cr.commit()


def check(texts):
    """Make sure that the pages show what they are measured for."""
    rows = len(re.findall(r'name="case_ids" value', texts["list"]))
    peers = len(re.findall(r'href="/my/invoices/\d+', texts["peer list"]))
    entries = len(re.findall(r'<li id="event_', texts["case"]))
    assert rows == ROWS and peers >= ROWS and entries == ENTRIES, (rows, peers, entries)


def measure(visitor, pages):
    """Return ``{page: (p95 in ms, queries)}``; the pages take turns, so that noise meets all."""
    times, queries, texts = {name: [] for name in pages}, {}, {}
    gc.collect()
    gc.freeze()  # else a sweep of the whole registry strikes whoever allocates at that moment
    for number in range(WARM + ROUNDS):
        for name, paths in pages.items():
            parts = [visitor.read(path) for path in paths]
            texts[name] = "".join(text for text, _taken, _count in parts)
            queries[name] = sum(count for _text, _taken, count in parts)
            if number >= WARM:
                times[name].append(sum(taken for _text, taken, _count in parts))
    figures = {}
    for name, found in times.items():
        found.sort()
        figures[name] = (found[int(len(found) * 0.95) - 1], queries[name])
        print(
            f"  {name:<14}{found[len(found) // 2]:9.1f} ms CPU median {figures[name][0]:9.1f} ms p95"
            f"{queries[name]:6} SQL {len(texts[name]) // 1024:6} kB",
            flush=True,
        )
    return figures, texts


def measure_all(env, case, move, now):
    """Measure Odoo's pages and ours as of ``now``; ours never ask the fences that are down meanwhile."""
    print(f"  {env['kgw.receivable'].search_count([])} invoices of the creditor")
    visitor = Visitor(env)
    path = "/my/monitoring/counterparties"
    ours = {
        "overview": ["/my/monitoring"],
        "list": [path],
        "list by amount": [f"{path}?sort=overdue"],
        "search": [f"{path}?search=FV+1-77"],
        "case": [f"/my/monitoring/{case.id}"],
    }
    page = f"/my/invoices/{move.id}"
    peers = {
        "peer list": ["/my/invoices"],
        "peer frame": [page],
        # Odoo's page is a frame: the browser fetches the invoice with its lines by itself.
        "peer page": [page, f"{page}?report_type=html"],
    }
    portal = env.registry["kgw.portal"]
    # The pages are those of the day on which the world stands: later, no stored step is left of it.
    with without_fences(env), patch.object(portal, "_get_now", lambda _portal: now):
        figures, texts = measure(visitor, {**ours, **peers})
    check(texts)
    return figures


def main(env):
    """Make the world, measure few and many, print the goals."""
    world = World(env)
    world.create()
    user = create_user(env, world.mandate.creditor_id)
    peer = Peer(env, world, user)
    found = []
    for count in (FEW, MANY):
        world.add(QUIET_DUES[len(found)], count - (FEW if found else 0), per_case=PER_CASE)
        peer.add(count)
        add_events(env)
        env.flush_all()
        vacuum(env.cr)  # as PostgreSQL does by itself sooner or later, for either side
        case = env["kgw.case"].search([], limit=1, order="id")
        found.append(measure_all(env, case, peer.move, world.morning))
    few, many = found
    for name, own, other in (
        ("list", "list", "peer list"),
        ("case", "case", "peer page"),
    ):
        goal(f"portal_{name}_beside_odoo", many[own][0] / many[other][0], 1)
    for page in ("overview", "list", "search", "case"):
        goal(f"portal_{page}_queries_grow", many[page][1] - few[page][1], 0)


main(env)  # given by odoo shell
