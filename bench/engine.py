"""The engine from plan to register, each figure beside a baseline of the same run.

Run by ``./dev bench engine`` in ``odoo shell``; see ``docs/performance.md`` for how to read it.
"""

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from unittest.mock import patch

from odoo.addons.kgw_receivable_monitoring.models.kgw_channel import Outcome

from bench import _floor, _peer
from bench._meter import Meter, lightest, read_peak
from bench._planning import PER_CASE, goal, judge_planning, measure_growth, tell, vacuum
from bench._world import DAY, DUE_OF
from devtools.demo import answers
from devtools.workspace import free_port

SHORT = bool(os.environ.get("KGW_BENCH_SHORT"))
# Open invoices in the database, the same in ten times more, and how many are due in both.
SMALL, LARGE, DUE = (2_000, 20_000, 400) if SHORT else (10_000, 100_000, 2_000)
# Rounds of sending; the lightest counts.
TIMES = 3
# Tables that grow for years: no claim reads one of them whole.
GROWING = ("kgw_event", "account_move", "account_move_line", "mail_message")
# E-mails sent in each of the measured runs: a claim's worth. Invoices and e-mails of the peer.
SENT = 25 if SHORT else 450
PEER_INVOICES, PEER_LETTERS = 1_000, 50
ONE_DAY = timedelta(days=1)


def watched(env, channel):
    """Return what is measured apart while the dispatcher runs."""
    dispatcher, model = env["kgw.dispatcher"], env[f"kgw.channel.{channel}"]
    handover = env["kgw.handover"]
    return (
        ("claim", dispatcher, "_claim"),
        ("begin", handover, "_begin"),
        ("record", handover, "_settle"),
        ("pack", model, "_pack"),
        ("content", model, "_prepare_content"),
        ("content", env["kgw.text"], "_load"),
        ("rows", model, "_prepare_rows"),
        ("send", model, "_send"),
        ("lock", dispatcher, "_lock_candidates"),
    )


def limit_to(env, channel, count):
    """Leave ``count`` planned reminders of a channel; the others wait for another day.

    What this and the round before left behind is tidied up: no day's work leaves so much.
    """
    env.cr.execute(
        """UPDATE kgw_reminder SET not_before = '2030-01-01'
            WHERE channel = %(channel)s AND state = 'planned' AND id NOT IN (
                  SELECT id FROM kgw_reminder WHERE channel = %(channel)s AND state = 'planned'
                   ORDER BY id LIMIT %(count)s)""",
        {"channel": channel, "count": count},
    )
    vacuum(env.cr)
    env.invalidate_all()


def release(env):
    """Let the others go out after all."""
    env.cr.execute("UPDATE kgw_reminder SET not_before = NULL WHERE not_before = '2030-01-01'")
    env.cr.commit()
    env.invalidate_all()


def dispatch(env, meter, now, count, channel="email"):
    """Send ``count`` reminders; return the whole cost and those of its parts."""
    sent = [("state", "=", "sent"), ("channel", "=", channel)]
    limit_to(env, channel, count)
    before = env["kgw.reminder"].search_count(sent)
    meter.costs.clear()
    with meter.watch(*watched(env, channel)), meter.measure("whole"):
        env["kgw.dispatcher"]._dispatch(channel, now)
    release(env)
    done = env["kgw.reminder"].search_count(sent) - before
    assert done == count, f"{done} of {count} were sent"
    return dict(meter.costs)


def count_scans(env):
    """Return how often the tables that grow for years were read whole until now."""
    env.cr.execute("SELECT pg_stat_force_next_flush()")
    env.cr.commit()
    env.cr.execute(
        "SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname = ANY(%s)", [list(GROWING)]
    )
    return int(env.cr.fetchone()[0])


def accept_all(_model, reminders):
    """Stand in for the door: everything is accepted at no cost."""
    return dict.fromkeys(reminders, Outcome("sent"))


def start_keeper(store):
    """Start the keeping SMTP server; return its process and port."""
    port = free_port()
    command = [sys.executable, "-m", "devtools.smtp_keeper", "--port", str(port), "--store", store]
    keeper = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not answers(port):
        if keeper.poll() is not None:
            raise RuntimeError("The keeping SMTP server did not start.")
    return keeper, port


def plan_tomorrow(env, meter, world):
    """Plan the day after, and undo it: beside what it is compared with, since the speed of the
    machine changes from minute to minute.

    :return: the cost, in CPU seconds of one reminder
    """
    with meter.measure("plan"):
        count = env["kgw.planner"]._plan(DAY + ONE_DAY, world.morning + ONE_DAY)
    env.cr.rollback()
    env.invalidate_all(flush=False)
    return meter.costs.pop("plan").cpu / count


def dispatch_beside_plan(env, meter, world, channel):
    """Send and plan in turns; return the cheapest costs of sending by part, and of planning."""
    rounds, plans = [], []
    for _round in range(TIMES):
        rounds.append(dispatch(env, meter, world.morning.replace(hour=9), SENT, channel))
        plans.append(plan_tomorrow(env, meter, world))
    print(f"  plan, beside {channel:<20}{min(plans) * 1000:9.3f} ms CPU a reminder")
    return cheapest(rounds), min(plans)


def judge_dispatch(env, meter, world):
    """Measure claim, text, rows, sending and register of e-mails, and print their goals.

    :return: CPU seconds to produce one e-mail, and to produce and send it
    """
    now = world.morning.replace(hour=9)
    with patch.object(type(env["kgw.channel.email"]), "_send", accept_all):
        dispatch(env, meter, now, 20)  # warm
        scans = count_scans(env)
        some = dispatch(env, meter, now, SENT // 5)
        scans = count_scans(env) - scans
        produced, plan = dispatch_beside_plan(env, meter, world, "email")
    sent, floor = measure_sending(env, meter, now)
    for title, costs in (("produce", produced), ("send", sent)):
        for name, cost in costs.items():
            tell(f"{title}: {name}", cost, SENT, "e-mail")
    with patch.object(type(env["kgw.channel.sms"]), "_send", accept_all):
        dispatch(env, meter, now, 20, "sms")
        sms, sms_plan = dispatch_beside_plan(env, meter, world, "sms")
    for name, cost in sms.items():
        tell(f"SMS: {name}", cost, SENT, "SMS")
    growth = (produced["whole"].queries / SENT) / (some["whole"].queries / (SENT // 5))
    goal("engine_queries_per_reminder_growth", growth, 1.1)
    # Odoo's own send() notes each mail before it goes as well: what begins ours counts with it.
    sending = sent["pack"] + sent["begin"] + sent["send"]
    goal("engine_sending_to_mail_send", sending.cpu / floor.cpu, 1.2)
    if not SHORT:  # small tables are read whole, and rightly so
        goal("engine_register_and_journal_read_whole", scans, 0)
        floor_of_texts(env, meter, last_sent(env))
        texts = produced["content"] + produced["rows"]
        primitives = meter.costs["floor render"] + meter.costs["floor rows"]
        goal("engine_text_and_rows_to_primitives", texts.cpu / primitives.cpu, 1.3)
        for channel, costs, one in (("email", produced, plan), ("sms", sms, sms_plan)):
            work = costs["claim"] + costs["record"]
            own = (work - costs["content"] - costs["rows"]).cpu / SENT
            rows = floor_of_hand_over(env, meter, channel, now)
            begun = costs["begin"].cpu / SENT
            print(f"  the rows alone, with their plan: {(rows + one) / one:.2f} times the plan")
            print(
                f"  with what begins each message: {(own + begun + one) / one:.2f} times the plan"
            )
            goal(f"engine_{channel}_with_claim_to_plan", (own + one) / one, 3)
    return produced["whole"].cpu / SENT, sent["whole"].cpu / SENT


def judge_beside_peer(env, port, decided, produced, sent, least):
    """Measure the peer and print how much more it costs; all in CPU seconds of one unit.

    :param least: ``{part: cost}`` of the floors: what no engine that writes the same can undercut
    """
    try:
        peer = _peer.compare(env, PEER_INVOICES, PEER_LETTERS, port)
    except RuntimeError as error:
        print(f"  The peer was not measured: {error}")
        print("GOAL engine_peer_measured 0 1 short")
        return
    for name, cost in peer.items():
        print(f"  peer: {name:<28}{cost * 1000:9.3f} ms CPU")
    for name, cost in least.items():
        print(f"  peer / floor: {name:<20}{peer[name] / cost:9.1f} times")
    goal("engine_decide_cheaper_than_peer", peer["decide"] / decided, 40, at_least=True)
    goal("engine_produce_cheaper_than_peer", peer["produce"] / produced, 25, at_least=True)
    both = peer["produce"] + peer["send"]
    goal("engine_produce_send_cheaper_than_peer", both / sent, 7, at_least=True)


def cheapest(runs):
    """Return the cheapest cost of each part over several runs."""
    return {part: lightest([run[part] for run in runs]) for part in runs[0]}


def last_sent(env):
    """Return the e-mails sent last."""
    sent = [("state", "=", "sent"), ("channel", "=", "email")]
    return env["kgw.reminder"].search(sent, limit=SENT, order="id desc")


def measure_sending(env, meter, now):
    """Send e-mails and let Odoo send the same, in turns, so that a slow moment strikes both.

    :return: the cheapest costs of the product by part, and the cheapest of ``mail.mail.send()``
    """
    ours, floors = [], []
    for _round in range(TIMES):
        ours.append(dispatch(env, meter, now, SENT))
        mails = _floor.make_mails(env, last_sent(env))
        env.cr.commit()
        env.invalidate_all()
        with meter.measure("floor send"):
            mails.send()
            env.cr.commit()
        assert set(mails.mapped("state")) == {"sent"}, "the baseline was not sent"
        floors.append(meter.costs["floor send"])
    tell("floor: send", lightest(floors), SENT, "e-mail")
    return cheapest(ours), lightest(floors)


def floor_of_texts(env, meter, reminders):
    """Measure what Odoo needs for the same texts and rows."""
    work = _floor.render(env, reminders)
    env.invalidate_all()
    with meter.measure("floor render"):
        work()
    with meter.measure("floor rows"):
        _floor.write_rows(env, reminders)
        env.flush_all()
    for name in ("render", "rows"):
        tell(f"floor: {name}", meter.costs[f"floor {name}"], len(reminders), "e-mail")


def floor_of_hand_over(env, meter, channel, now):
    """Return the CPU seconds that PostgreSQL needs for the rows of claim, begin and register of one
    reminder."""
    count = SENT // 3
    limit_to(env, channel, count)
    left = [("channel", "=", channel), ("state", "=", "planned"), ("not_before", "=", False)]
    ready = env["kgw.reminder"].search(left)
    assert len(ready) == count, f"{len(ready)} of {count} are left"
    sample = env["kgw.reminder"].search([("state", "=", "sent")], limit=1, order="id desc")
    _floor.hand_over(env, meter, ready, sample, now)
    release(env)
    cost = meter.costs.pop("floor hand over")
    tell(f"floor: hand over, {channel}", cost, count, channel)
    return cost.cpu / count


def main(env):
    """Make the world, measure, print the goals."""
    meter = Meter(env.cr)
    world, idle = measure_growth(env, meter, SMALL, LARGE, DUE)
    judge_planning(meter, SMALL, LARGE)
    day = meter.costs[f"day {LARGE}"].cpu / DUE
    least = {"decide": meter.costs[f"floor {LARGE}"].cpu / DUE}
    world.add(DUE_OF["sms"], PER_CASE * ((TIMES + 1) * SENT + 20), per_case=PER_CASE)
    world.add(DUE_OF["email"], PER_CASE * ((2 * TIMES + 1) * SENT + 20), per_case=PER_CASE)
    world.add(DUE_OF["email"] + ONE_DAY, DUE, per_case=PER_CASE)
    world.plan_day()
    env.cr.commit()
    with tempfile.TemporaryDirectory() as store:
        keeper, port = start_keeper(store)
        server = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none"}
        env["ir.mail_server"].create({"name": "Keeper", **server})
        env.cr.commit()
        try:
            produced, sent = judge_dispatch(env, meter, world)
            goal("engine_memory_above_idle_mb", read_peak() - idle, 150)
            if not SHORT:
                texts = meter.costs["floor render"] + meter.costs["floor rows"]
                least["produce"] = texts.cpu / SENT
                judge_beside_peer(env, port, day, produced, sent, least)
        finally:
            keeper.kill()


main(env)  # given by odoo shell
