"""What became of each step: the register beside what the servers accepted."""

import json
import re
from collections import Counter
from dataclasses import dataclass

MESSAGE_ID = re.compile(rb"^Message-I[Dd]: *\r?\n? *<([^>@]+)@", re.M)
HEAD_BYTES = 8192
# A claim whose database died under it is found unfinished within this many seconds.
CRASH_SECONDS = 60


@dataclass(frozen=True)
class Step:
    """One reminder as the register has it."""

    id: int
    key: str
    channel: str
    state: str
    sent_events: int
    detail: str = ""


class Journal:
    """Who claimed what, and which process died when; see ``chaos_worker``."""

    def __init__(self, path):
        self.claims, self.deaths = {}, {}
        for line in path.read_text().splitlines():
            at, pid, word, detail = line.split("\t")
            if word == "died":
                self.deaths[int(pid)] = detail
            elif word == "claimed":
                for reminder in detail.split():
                    self.claims[int(reminder)] = (float(at), int(pid))

    def explains(self, reminder_id, killed, crashes):
        """Tell whether the last process that claimed a reminder was killed, or its database.

        :param crashes: ``(began, back)`` of each death of the database; a worker still claims
            between the two, until the death reaches its connection
        """
        at, pid = self.claims.get(reminder_id, (None, None))
        if at is None:
            return False
        return (
            pid in self.deaths
            or pid in killed
            or any(at <= back and began <= at + CRASH_SECONDS for began, back in crashes)
        )


@dataclass
class Count:
    """The figures of one run."""

    tried: int
    duplicates: int
    lost: int
    unregistered: int
    unknown: int
    unknown_accepted: int
    unexplained: list


def read_steps(cluster, database):
    """Return every reminder with the number of its events that say it was sent."""
    rows = cluster.sql(
        "SELECT r.id, r.key, r.channel, r.state, count(e.id), COALESCE(r.detail, '')"
        " FROM kgw_reminder r"
        " LEFT JOIN kgw_event e ON e.reminder_id = r.id AND e.kind = 'sent' GROUP BY r.id",
        database,
    )
    return [
        Step(int(i), key, channel, state, int(n), detail)
        for i, key, channel, state, n, detail in rows
    ]


def read_mails(folder):
    """Return how often each message was accepted, by the left part of its Message-ID."""
    found = Counter()
    for path in folder.glob("*.eml"):
        with open(path, "rb") as mail:
            match = MESSAGE_ID.search(mail.read(HEAD_BYTES))
        found[match[1].decode() if match else path.name] += 1
    return found


def read_sms(path):
    """Return how often each SMS was accepted, by its key."""
    lines = path.read_text().splitlines() if path.exists() else []
    return Counter(json.loads(line)["idx"] for line in lines)


def count(steps, tried, accepted, arena):
    """Return the :class:`Count` of a run.

    :param tried: how many steps were due
    :param accepted: how often each key was accepted
    """
    journal, killed, crashes = arena.journal(), arena.killed, arena.crashes
    keys = {step.key for step in steps}
    unknown = [step for step in steps if step.state == "unknown"]
    fell_through = [
        step
        for step in steps
        if step.state != "unknown" and not (step.state == "sent" and accepted[step.key])
    ]
    wrong = [
        step
        for step in steps
        if step.sent_events != (step.state == "sent")
        or (accepted[step.key] and step.state not in ("sent", "unknown"))
    ]
    return Count(
        tried=tried,
        duplicates=sum(number - 1 for number in accepted.values()),
        lost=len(fell_through) + tried - len(steps),
        unregistered=len(wrong) + len(accepted.keys() - keys),
        unknown=len(unknown),
        unknown_accepted=sum(1 for step in unknown if accepted[step.key]),
        unexplained=[s for s in unknown if not journal.explains(s.id, killed, crashes)],
    )
