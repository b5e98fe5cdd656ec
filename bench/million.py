"""Planning at a million open invoices: nothing but the plan and its day, beside a tenth of that.

Run by ``./dev bench million`` in ``odoo shell``; see ``docs/performance.md``. Making the invoices
takes much longer than measuring.
"""

from bench._meter import Meter, read_peak
from bench._planning import goal, judge_planning, measure_growth

SMALL, LARGE, DUE = 100_000, 1_000_000, 2_000


def main(env):
    """Make the world, measure, print the goals."""
    meter = Meter(env.cr)
    _world, idle = measure_growth(env, meter, SMALL, LARGE, DUE)
    judge_planning(meter, SMALL, LARGE, "million")
    goal("million_memory_above_idle_mb", read_peak() - idle, 150)


main(env)  # given by odoo shell
