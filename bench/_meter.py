"""What a piece of work costs: CPU of Odoo and its PostgreSQL backend, time, queries, memory."""

import contextlib
import ctypes
import gc
import resource
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch


@dataclass
class Cost:
    """Seconds of CPU and of the clock, and queries."""

    cpu: float = 0.0
    wall: float = 0.0
    queries: int = 0
    calls: int = 0

    def __add__(self, other):
        return Cost(
            self.cpu + other.cpu,
            self.wall + other.wall,
            self.queries + other.queries,
            self.calls + other.calls,
        )

    def __sub__(self, other):
        return self + Cost(-other.cpu, -other.wall, -other.queries, -other.calls)


def lightest(costs):
    """Return the cost that was disturbed least."""
    return min(costs, key=lambda cost: cost.cpu)


class Meter:
    """Measures on one cursor; ``costs`` has the sums by name."""

    def __init__(self, cr):
        self.cr = cr
        cr.execute("SELECT pg_backend_pid()")
        self.backend = Path(f"/proc/{cr.fetchone()[0]}/schedstat")
        self.costs = defaultdict(Cost)
        self.open = 0

    def _now(self):
        used = resource.getrusage(resource.RUSAGE_SELF)
        backend = int(self.backend.read_text().split()[0]) / 1e9
        return Cost(
            used.ru_utime + used.ru_stime + backend, time.monotonic(), self.cr.sql_log_count, 0
        )

    @contextlib.contextmanager
    def measure(self, name):
        """Add the cost of the block to the sum of ``name``.

        What an earlier block left for Python's collector is swept before the outermost one:
        otherwise a sweep of the whole registry strikes whoever allocates at that moment.
        """
        if not self.open:
            gc.collect()
            gc.freeze()
        self.open += 1
        start = self._now()
        try:
            yield
        finally:
            self.costs[name] += self._now() - start + Cost(calls=1)
            self.open -= 1

    @contextlib.contextmanager
    def watch(self, *methods):
        """Measure every call of ``(name, model, method)`` while the block runs."""
        with contextlib.ExitStack() as stack:
            for name, model, method in methods:
                inner = getattr(type(model), method)

                def outer(*args, _name=name, _inner=inner, **kwargs):
                    with self.measure(_name):
                        return _inner(*args, **kwargs)

                stack.enter_context(patch.object(type(model), method, outer))
            yield


def take_turns(works, times):
    """Do and undo pieces of work in turns, each on the database of its meter; the cost of each is
    that of its lightest round, which was disturbed least: a slow moment of the machine strikes all
    alike.

    :param works: ``{name: (meter, function)}``; each meter gets the costs of its own
    :return: ``{name: what the function returned last}``
    """
    costs, results = defaultdict(list), {}
    for _round in range(times):
        for name, (meter, work) in works.items():
            with meter.measure(name):
                results[name] = work()
                meter.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
            meter.cr.rollback()
            costs[name].append(meter.costs.pop(name))
    for name, found in costs.items():
        works[name][0].costs[name] = lightest(found)
    return results


def reset_peak():
    """Let the peak of memory begin anew; return the memory used now in MB.

    What was freed goes back to the system first: else what is measured could use it unseen.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _read_status("VmRSS")


def read_peak():
    """Return the peak of memory since the last reset, in MB."""
    return _read_status("VmHWM")


def _read_status(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise KeyError(name)
