"""Hostile files, made by a seed: each is read as invoices and as payments, every fifth one is handed
over and taken as well.

Run by ``./dev bench hostile`` in ``odoo shell``; ``KGW_BENCH_SEED`` repeats the files of an earlier run.
"""

import base64
import importlib.util
import os
import time
from collections import Counter

from odoo.exceptions import UserError

from odoo.addons import kgw_receivable_monitoring as module
from odoo.addons.kgw_receivable_monitoring.tools import readers

from bench._meter import read_peak, reset_peak
from bench._planning import goal
from bench._world import World

SHORT = bool(os.environ.get("KGW_BENCH_SHORT"))
FILES = 100 if SHORT else 2_000
SEED = int(os.environ.get("KGW_BENCH_SEED") or 1000)
EACH = 5  # one of so many is handed over as well
SECONDS, MEMORY = 10, 512
WRITTEN = ("account.move", "res.partner", "kgw.case", "kgw.event", "account.partial.reconcile")


def load_maker():
    """Return the generator that the tests have too, without loading the tests."""
    path = f"{module.__path__[0]}/tests/hostile.py"
    spec = importlib.util.spec_from_file_location("kgw_hostile", path)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    return maker


class Trial:
    """Gives files to the product and counts what must not happen."""

    def __init__(self, env, mandate, maker):
        self.env, self.mandate, self.maker = env, mandate, maker
        self.counts, self.slowest, self.formats = Counter(), 0.0, Counter()

    def read(self, seed):
        name, content = self.maker.make(seed)
        start = time.process_time()
        with self.maker.watch_the_world() as seen:
            try:
                found = list(self.maker.read_as_anything(readers, name, content))
            except Exception as error:
                return self.tell("crashes", seed, name, error)
        self.slowest = max(self.slowest, time.process_time() - start)
        if seen:
            self.tell("reads", seed, name, seen)
        for format_name, problems in found:
            self.formats[format_name or "refused whole"] += 1
            self.counts["refusals"] += len(problems)
            for problem in problems:
                if not self.maker.names_line_and_reason(readers, format_name, problem):
                    self.tell("unnamed", seed, name, problem)

    def hand_over(self, seed):
        """Preview and take the file; all of its new rows are booked, or nothing is written."""
        name, content = self.maker.make(seed)
        values = {"filename": name, "file": base64.b64encode(content)}
        record = self.env["kgw.import"].create({"mandate_id": self.mandate.id, **values})
        before = self.count()
        try:
            record.action_preview()
        except Exception as error:
            self.env.cr.rollback()
            return self.tell("crashes", seed, name, error)
        rows = record.line_ids.filtered(lambda row: row.state == "refused")
        if self.count() != before:
            self.tell("partial", seed, name, "the preview wrote")
        if not (record.state == "preview" or record.message) or not all(rows.mapped("message")):
            self.tell("unnamed", seed, name, "a row is refused without a reason")
        self.env.cr.commit()
        self.take(record, before, seed, name)

    def take(self, record, before, seed, name):
        wanted = record.new_count
        try:
            record.action_take()
            done = len(record.line_ids.filtered(lambda row: row.state == "done"))
            booked = self.count()["account.move"] - before["account.move"]
            if (done, booked) != (wanted, wanted):
                self.tell("partial", seed, name, f"{done} and {booked} of {wanted}")
            self.counts["taken"] += bool(wanted)
        except UserError:
            self.counts["refused"] += 1
        except Exception as error:
            self.tell("crashes", seed, name, error)
        self.env.cr.rollback()  # the next one meets the same ledger
        if self.count() != before:
            self.tell("partial", seed, name, "something was committed")

    def count(self):
        return {name: self.env[name].sudo().search_count([]) for name in WRITTEN}

    def tell(self, kind, seed, name, what):
        self.counts[kind] += 1
        print(f"  {kind}: seed {seed}, {name}: {str(what)[:200]}", flush=True)


def main(env):
    world = World(env)
    world.create()
    env.cr.commit()
    trial = Trial(env, world.mandate, load_maker())
    before = reset_peak()
    for seed in range(SEED, SEED + FILES):
        trial.read(seed)
    memory = read_peak() - before
    for seed in range(SEED, SEED + FILES, EACH):
        trial.hand_over(seed)
    counts = trial.counts
    print(
        f"  seeds {SEED} to {SEED + FILES - 1}; {counts['refusals']} refusals; {dict(trial.formats)}"
    )
    print(
        f"  handed over: {counts['taken']} taken, {counts['refused']} refused, the rest had nothing"
    )
    goal("hostile_files", FILES, FILES if SHORT else 2_000, at_least=True)
    for kind in ("crashes", "reads", "partial", "unnamed"):
        goal(f"hostile_{kind}", counts[kind], 0)
    goal("hostile_taken", counts["taken"], 1, at_least=True)
    goal("hostile_slowest_s", trial.slowest, SECONDS)
    goal("hostile_memory_mb", memory, MEMORY)


main(env)  # given by odoo shell
