"""``./dev chaos``: kills Odoo's cron workers and PostgreSQL while reminders go out, and counts.

Real processes on a database that writes through to the disk, a real SMTP server and SMS gateway
that keep what they accept. The same treatment of Odoo's own mail queue must show duplicates: a
harness that finds none there would be blind. ``short`` is the version of ``./dev test``.
"""

import random
from dataclasses import dataclass

from . import chaos_count
from .chaos_arena import Arena
from .console import Problem, say, step

PLACES = (
    "between",
    "locked",
    "claimed",
    "begun",
    "committed",
    "half",
    "accepted",
    "sent",
    "settling",
    "recorded",
)
# The places that Odoo's own queue has; it dies as often.
STOCK_PLACES = ("half", "accepted", "sent")
REMINDERS = (
    "SELECT channel, count(*) FROM kgw_reminder"
    " WHERE state IN ('planned', 'claimed', 'failed') GROUP BY channel"
)
MAILS = "SELECT 'mail', count(*) FROM mail_mail WHERE state = 'outgoing' HAVING count(*) > 0"
# The crons of both queues: one half runs, then the other.
ON_TRIAL = "priority = 1"


@dataclass(frozen=True)
class Size:
    """How much of everything.

    ``named`` is how often each place is died at, by channel. ``batch`` is how many are claimed at
    once (0: as many as the product does), ``spread`` over which part of the work the deaths are
    spread (0: as fast as can be).
    """

    email: int
    sms: int
    mails: int
    batch: int
    random: int
    named: dict
    crashes: int
    spread: float

    @property
    def kills(self):
        """How many processes are to be killed."""
        return self.random + len(PLACES) * sum(self.named.values())


FULL = Size(
    email=8000,
    sms=2000,
    mails=2000,
    batch=0,
    random=100,
    named={"email": 4, "sms": 4},
    crashes=10,
    spread=0.8,
)
SHORT = Size(
    email=120,
    sms=30,
    mails=60,
    batch=5,
    random=4,
    named={"email": 1, "sms": 1},
    crashes=1,
    spread=0,
)


def run(project, options):
    """Run the whole; return 1 when a goal fell short."""
    failed = 0
    for _name, problems in results(project, options.short, options.seed):
        for problem in problems:
            say(f"    FAILED {problem}")
        failed += bool(problems)
    return 1 if failed else 0


def results(project, short, seed=None):
    """Yield ``(name, problems)`` of the product and of Odoo's own queue."""
    size = SHORT if short else FULL
    seed = seed or random.randrange(10**6)
    project.durable.start()
    arena = Arena(project, size.batch, random.Random(seed))
    try:
        with step(f"Chaos: the product's reminders (--seed {seed})"):
            arena.open(
                KGW_CHAOS_EMAIL=size.email, KGW_CHAOS_SMS=size.sms, KGW_CHAOS_MAILS=size.mails
            )
            yield "chaos", judge_reminders(arena, size)
        with step("Chaos: Odoo's own mail.mail queue, treated alike"):
            yield "chaos_stock", judge_stock(arena, size)
    except Problem as problem:
        yield "chaos", [problem.what]
    finally:
        arena.close()


def kill_all(arena, size, queue, lanes):
    """Do every death in random order, spread over the work, and let the rest be done.

    :param lanes: ``{channel: places to die at}``
    """
    strikes = [arena.kill_random] * size.random + [arena.crash] * size.crashes
    for acts in (strikes, *lanes.values()):
        arena.chance.shuffle(acts)
    arena.kill_all(queue, lanes, strikes, size.spread)


def judge_reminders(arena, size):
    """Kill while reminders go out, count, let a person send the unknown SMS again, count again."""
    lanes = {channel: list(PLACES) * number for channel, number in size.named.items()}
    kill_all(arena, size, REMINDERS, lanes)
    first = count_reminders(arena, size)
    tell("after the last death", first)
    arena.script("send_again")
    arena.drain(REMINDERS)
    second = count_reminders(arena, size)
    tell("after a person sent every unknown SMS again", second)
    deaths, met = len(arena.deaths()), set(arena.journal().deaths.values())
    say(f"    {deaths} workers killed, PostgreSQL {len(arena.crashes)} times")
    missed = sorted({f"{channel}-{place}" for channel in size.named for place in PLACES} - met)
    say(f"    places at which nobody died: {', '.join(missed) or 'none'}")
    wanted = size.kills * 9 // 10
    # Two dispatchers may never make each other's run fail.
    collisions = arena.log.read_text().count("\nERROR: could not serialize access")
    return goals(
        ("chaos_deaths", deaths, f">={wanted}", deaths >= wanted),
        ("chaos_places_missed", len(missed), 0, not missed),
        ("chaos_collisions", collisions, 0, not collisions),
        *(
            (f"chaos_{name}", figure, 0, not figure)
            for name, figure in (
                ("duplicates", max(first.duplicates, second.duplicates)),
                ("lost", max(first.lost, second.lost)),
                ("unregistered", max(first.unregistered, second.unregistered)),
                ("unexplained", len(first.unexplained)),
            )
        ),
    )


def count_reminders(arena, size):
    """Return the figures now."""
    accepted = chaos_count.read_mails(arena.folder / "mail")
    accepted += chaos_count.read_sms(arena.folder / "sms" / "sms.jsonl")
    steps = chaos_count.read_steps(arena.cluster, arena.database)
    tried = size.email + size.sms
    return chaos_count.count(steps, tried, accepted, arena)


def tell(when, figures):
    """Print the figures."""
    say(
        f"    {when}: tried {figures.tried}, duplicates {figures.duplicates},"
        f" lost {figures.lost}, unknown {figures.unknown}"
        f" (accepted {figures.unknown_accepted}, unexplained {len(figures.unexplained)})"
    )
    for odd in figures.unexplained:
        say(f"    nobody died over reminder {odd.id} ({odd.channel}): {odd.detail}")


def judge_stock(arena, size):
    """Treat Odoo's own queue alike; it must show duplicates."""
    before = chaos_count.read_mails(arena.folder / "mail")
    killed = len(arena.deaths())
    arena.cluster.sql(f"UPDATE ir_cron SET active = NOT active WHERE {ON_TRIAL}", arena.database)
    number = len(PLACES) * sum(size.named.values())
    kill_all(arena, size, MAILS, {"mail": (list(STOCK_PLACES) * number)[:number]})
    accepted = chaos_count.read_mails(arena.folder / "mail") - before
    duplicates = sum(number - 1 for number in accepted.values())
    say(
        f"    tried {size.mails}, duplicates {duplicates}, lost {size.mails - len(accepted)};"
        f" {len(arena.deaths()) - killed} workers killed"
    )
    return goals(("chaos_stock_duplicates", duplicates, ">0", duplicates > 0))


def goals(*rows):
    """Print ``(name, figure, limit, is_met)`` as goals; return those that fell short."""
    for name, figure, limit, met in rows:
        print(f"GOAL {name} {figure} {limit} {'ok' if met else 'short'}", flush=True)
    return [f"{name}: {figure}, not {limit}" for name, figure, limit, met in rows if not met]
