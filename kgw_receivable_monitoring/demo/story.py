"""The demo story: three creditors, their files, and forty days of monitoring.

Used by ``./dev demo`` and by the test of the whole path; the module itself never imports it.
Days are simulated: every method takes the day, and the engine below it does the same work as its
scheduled actions, with real commits where the caller's environment commits.
"""

import base64
import re
from datetime import date, timedelta
from pathlib import Path
from zlib import crc32

from odoo.tools.misc import file_open, file_path

from ..const import CHANNELS
from ..tools import calendar
from .agents import Agents
from .world import MODULE, World

FILES = f"{MODULE}/demo/files"

AXIS_START = date(2026, 10, 13)
AXIS_END = date(2026, 11, 21)
BACKLOG_DAY = date(2026, 11, 14)

# Dates in the files: dd.mm.yyyy in CSV, ISO in XML; nothing else in them has one of these forms.
POLISH_DATE = re.compile(rb"(?<!\d)(\d\d)\.(\d\d)\.(\d{4})(?!\d)")
ISO_DATE = re.compile(rb"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])")

OWN_NUMBER = re.compile(rb"FS/2026/10/")

# How the agents' calls end, in turn by counterparty and attempt.
CALL_ENDINGS = ("reached", "no_answer", "will_pay", "voicemail", "no_invoice", "no_answer")

# Before these last days nobody promises, so that demands and decisions are reached as well.
PROMISE_DAYS = 12
# What the last days brought is left on the boards for whoever tries the demo.
LEFT_OVER_DAYS = 2
LEFT_OVER_LETTER_DAYS = 3


class Story:
    """The demo world in one database.

    :param env: an environment with all rights
    :param until: last simulated day; the files' dates move by whole weeks to end at most there
    """

    def __init__(self, env, until=AXIS_END):
        # What the system writes for people, the demo's people read in Polish.
        lang = "pl_PL" if env["res.lang"]._lang_get("pl_PL") else "en_US"
        self.env = env = env(context={**env.context, "lang": lang})
        self.shift = timedelta(weeks=max(0, (until - AXIS_END).days // 7))
        self.start = AXIS_START + self.shift
        self.end = AXIS_END + self.shift
        self.world = World(env, self.start)
        self.mandates = self.world.mandates

    def create_world(self):
        """Create company data, users, brands, creditors and mandates."""
        self.world.create_all()
        self.agents = Agents(self)

    # === FILES === #

    def read_file(self, path):
        """Return a demo file with its dates moved by the story's whole weeks."""
        with file_open(f"{FILES}/{path}", "rb") as handle:
            content = handle.read()
        content = POLISH_DATE.sub(self._move_polish, content)
        content = ISO_DATE.sub(self._move_iso, content)
        return OWN_NUMBER.sub(self._renumber, content)

    def _renumber(self, found):
        """Own sales are numbered by the month of their issue, as Odoo wants it."""
        issued = date(2026, 10, 7) + self.shift
        return f"FS/{issued:%Y/%m}/".encode()

    def _move_polish(self, found):
        day, month, year = (int(part) for part in found.groups())
        return f"{date(year, month, day) + self.shift:%d.%m.%Y}".encode()

    def _move_iso(self, found):
        return (date(*(int(part) for part in found.groups())) + self.shift).isoformat().encode()

    def hand_over(self, mandate, path, day, content="invoices", data=None, known_through=None):
        """Hand over one file as the creditor does, and take it over after the preview."""
        record = self.env["kgw.import"].create(
            {
                "mandate_id": mandate.id,
                "content": content,
                "filename": path.rpartition("/")[2],
                "file": base64.b64encode(self.read_file(path) if data is None else data),
                "known_through": known_through,
            }
        )
        record._preview(day)
        record._take(day, self.get_moment(day, 6))
        return record

    def hand_over_first_files(self):
        """Hand over what the creditors give at the beginning."""
        imports = self.hand_over(self.mandates["krakbud"], "krakbud_2026-10.csv", self.start)
        for key, folder in (("ogrod", "zielony_ogrod"), ("own", "wlasna_sprzedaz")):
            for path in self.list_folder(folder):
                imports |= self.hand_over(self.mandates[key], path, self.start)
        return imports

    def list_folder(self, folder):
        """Return the demo files of a folder, in order."""
        names = sorted(p.name for p in Path(file_path(f"{FILES}/{folder}")).iterdir())
        return [f"{folder}/{name}" for name in names]

    def hand_over_payments(self, day):
        """Each working day the creditors report the payments of the days before."""
        if not calendar.is_working_day(day):
            return
        known = day - timedelta(days=1)
        lines = self.read_file("krakbud_platnosci.csv").decode("cp1250").splitlines()
        since = self.mandates["krakbud"].coverage_date or self.start - timedelta(days=30)
        fresh = [line for line in lines[1:] if since < self._read_day(line) <= known]
        data = "\r\n".join([lines[0], *fresh, ""]).encode("cp1250")
        self.hand_over(self.mandates["krakbud"], "wplaty.csv", day, "payments", data, known)
        self.mandates["ogrod"].coverage_date = known

    def _read_day(self, line):
        day, month, year = line.split(";")[0].split(".")
        return date(int(year), int(month), int(day))

    # === DAYS === #

    def get_moment(self, day, hour):
        """Return the naive UTC moment of an hour of a day in Poland."""
        return calendar.noon(day) + timedelta(hours=hour - 12)

    def run(self, after_day=None):
        """Run the whole story from the first hand-over to the last day."""
        self.hand_over_first_files()
        day = self.start
        while day <= self.end:
            self.run_day(day)
            if after_day:
                after_day(day)
            day += timedelta(days=1)

    def run_day(self, day):
        """Run one day: payments, plan, sending, calls, post, creditors' answers."""
        if day == BACKLOG_DAY + self.shift:
            self.hand_over(self.mandates["krakbud"], "krakbud_backlog.csv", day)
        self.hand_over_payments(day)
        self.env["kgw.planner"]._run_day(day, self.get_moment(day, 7))
        self.dispatch(day, 10)
        if calendar.is_working_day(day) and day < self.end - timedelta(days=LEFT_OVER_DAYS):
            self.work_the_board(day)
            self.answer_questions(day)
        if calendar.is_working_day(day) and day < self.end - timedelta(days=LEFT_OVER_LETTER_DAYS):
            self.post_letters(day)
        self.agents.work(day)

    def dispatch(self, day, hour):
        """Send what may go out at an hour of the day, as the scheduled actions do."""
        moment = self.get_moment(day, hour)
        for channel, _label in (*CHANNELS, *CHANNELS):  # twice: an SMS may fall back to an e-mail
            self.env["kgw.dispatcher"]._dispatch(channel, moment)

    def work_the_board(self, day):
        """The agents make the calls that stand on their board."""
        now = self.get_moment(day, 11)
        calls = (
            self.env["kgw.reminder"]
            .search(
                [
                    ("channel", "=", "phone"),
                    ("state", "in", ("planned", "failed")),
                ],
                order="id",
            )
            .filtered("activity_ids")
        )
        for call in calls:
            turn = (
                crc32(call.counterparty_id.name.encode()) + call.attempts + call.step_id.offset_days
            )
            ending = CALL_ENDINGS[turn % len(CALL_ENDINGS)]
            if ending == "will_pay" and day < self.end - timedelta(days=PROMISE_DAYS):
                ending = "reached"
            # The register names who called; the superuser's rights go with it.
            called = call.with_user(call._get_agent()).sudo()
            owed = called._get_owed_lines().receivable_id
            called.env["kgw.channel.phone"]._record_call(called, ending, "", now)
            if ending == "will_pay":
                self.agents.take_promise(called, owed, now)

    def post_letters(self, day):
        """The manager presses *posted* on the day's print runs."""
        now = self.get_moment(day, 15)
        runs = self.env["kgw.print.run"].search([("state", "=", "open")])
        runs._take_out(now)
        runs.filtered(lambda r: r._get_letters())._merge(now)
        runs._mark_posted(now)

    def answer_questions(self, day):
        """Krakbud answers a day after it was asked; Zielony Ogród leaves it to the defaults."""
        asked = self.env["kgw.decision"].search(
            [
                ("state", "=", "open"),
                ("asked_on", "<", day),
                ("mandate_id", "!=", self.mandates["ogrod"].id),
            ]
        )
        for decision in asked:
            value = "approve" if decision.kind == "approval" else "hand_over"
            decision._decide(value, self.get_moment(day, 16))
