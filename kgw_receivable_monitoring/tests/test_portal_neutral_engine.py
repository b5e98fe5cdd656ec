import difflib
import json
import re
from contextlib import closing
from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .common import DUE
from .test_portal_isolation import IsolationCase

FIRST, LAST = DUE - timedelta(days=6), DUE + timedelta(days=12)
# Numbers of records and clock times differ from run to run and tell nothing.
IDS = re.compile(
    r"((?:event|text|summary|kgw_answer)_|(?:decision|letter|file|dispute)/|\"(?:\w+_)?id\": "
    r"|csrf_token: \"|name=\"csrf_token\" value=\")[\w.-]+"
)
CLOCK = re.compile(r"\b\d\d:\d\d(:\d\d)?\b")
# What depends on the day of a contact: days, how many have passed, and the interest until then.
DAYS = re.compile(
    r"\b\d{1,2} (?:stycz|lut|mar|kwiet|maj|czerw|lip|sierp|wrze|paźdz|listop|grud)\w+ \d{4}"
    r"|\d+(?:[.,:-]\d+)*"
)
# What of a page follows from the day of the last contact.
OF_CONTACTS = {
    "overview": ("latest", "upcoming"),
    "case": ("events", "has_more", "plan", "sentence"),
    "row": ("next_date", "next_iso", "next_step", "blocked"),
}


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestNeutralEngine(IsolationCase, HttpCase):
    """While the engine runs, A does all it can about a firm that both watch, and what B sees stays
    as it was. Only a cap across creditors may move days of B's contacts, in the words of contact
    hours."""

    @classmethod
    def _create_world(cls):
        """One firm with the same e-mail and phone owes both; each has a second counterparty."""
        world = cls()
        firm, other = world._other_party("Wspólna sp. z o.o.", 1), world._other_party("Inna", 2)
        cls.mine = world._watch(world._document("FV A/1", buyer=firm)).with_env(cls.env)
        world._watch(world._document("FV A/2", buyer=other))
        cls.theirs = world._watch(
            world._document("FV B/1", buyer=firm), mandate=cls.other_mandate
        ).with_env(cls.env)
        cls.case, cls.their_case = cls.mine.kgw_case_id, cls.theirs.kgw_case_id

    maxDiff = None

    # === WHAT A DOES === #

    def act(self, day):
        """Let A do what it has for a day; a refusal is an answer, too."""
        for offset, kind, values in (
            (-5, "ask_call", {}),
            (-4, "contact", {"point_kind": "phone", "note": "+48512999888"}),
            (-3, "pause", {"until_date": (DUE - timedelta(days=2)).isoformat()}),
            (-1, "new_date", {"until_date": (DUE + timedelta(days=1)).isoformat()}),
            (2, "payment", {"amount": "100.00", "until_date": DUE.isoformat()}),
            (3, "ask_call", {}),
            (4, "ask_demand", {}),
            (5, "waive", {}),
            (6, "no_channel", {"channel": "sms"}),
            (7, "stop", {"is_lasting": "1"}),
            (8, "go_on", {}),
            (
                9,
                "instalments",
                {"number": "2", "until_date": (DUE + timedelta(days=20)).isoformat()},
            ),
            (10, "collection", {}),
            (11, "withdraw", {"is_lasting": "1"}),
        ):
            if day == DUE + timedelta(days=offset):
                self.decide(kind, values, day)

    def decide(self, kind, values, day):
        portal, now = self.env["kgw.portal"].with_user(self.user_a), self._at(day, 6)
        portal._write_message(self.case.id, f"Proszę: {kind}", [("a.txt", b"a")], now)
        with self.env.cr.savepoint():
            portal._foresee(kind, values, now, self.case.ids)
            portal._take(kind, values, now, self.case.ids, None, "203.0.113.7")
        self.done.append(kind)
        question = self.case.decision_ids.filtered(lambda d: d.state == "open")[:1]
        if question:
            portal._decide(question.id, "approve", now)

    # === WHAT B SEES === #

    def live(self, see, *acts):
        """Run the engine through all days, with what A does each morning; return what B sees.

        :param see: reads it
        """
        self.done = []
        for number in range((LAST - FIRST).days + 1):
            day = FIRST + timedelta(days=number)
            for act in acts:
                act(day)
            self.run_day(day)
            self.reach_calls(day)
        self.env.flush_all()
        self.env.invalidate_all()
        return see()

    @property
    def portal(self):
        portal = self.env["kgw.portal"].with_user(self.user_b)
        return portal.with_context(kgw_now=self._at(LAST, 18))

    def see(self):
        """Return all of it, by page."""
        portal = self.portal
        seen = {
            "overview": self.tell(portal._get_overview()),
            "list": self.tell(portal._get_cases()),
            "case": self.tell(portal._get_case(self.their_case.id, limit=3000)),
            "export": self.tell(list(portal._get_export())),
        }
        self.authenticate(self.user_b.login, self.user_b.login)
        for path in (f"/my/monitoring/{self.their_case.id}?limit=3000", "/my/monitoring"):
            answer = self.url_open(path)
            self.assertEqual(answer.status_code, 200)
            seen[path] = CLOCK.sub("T", IDS.sub(r"\1#", answer.text))
        return seen

    def tell(self, values):
        text = json.dumps(values, indent=1, sort_keys=True, default=str)
        return CLOCK.sub("T", IDS.sub(r"\1#", text))

    def see_apart(self):
        """Return ``(what no contact changes, [contacts and what else happened, without days])``."""
        overview, rows = self.portal._get_overview(), self.portal._get_cases()
        case = self.portal._get_case(self.their_case.id, limit=3000)
        events = case["events"]
        for kind, values in (
            ("overview", [overview]),
            ("case", [case]),
            ("row", [*rows, *case["receivables"]]),
        ):
            for value in values:
                for name in OF_CONTACTS[kind]:
                    value.pop(name, None)
        waited = self.env["kgw.event"].search(
            [("kind", "=", "waiting"), ("case_id", "=", self.their_case.id)]
        )
        self.assertLessEqual(set(waited.mapped("reason")), {"hours", "gap", "cap"}, "contact hours")
        happened = [self.tell_event(e) for e in reversed(events) if e["kind"] != "waiting"]
        return self.tell([overview, rows, case]), happened

    def tell_event(self, event):
        said = {name: value for name, value in event.items() if name not in ("at", "iso", "until")}
        return DAYS.sub("D", self.tell(said))

    def compare(self, see, *acts):
        """Return ``(what B sees without, what it sees with)`` the acts of A."""
        both = []
        for chosen in ((), acts):
            with closing(self.env.cr.savepoint()):
                both.append(self.live(see, *chosen))
            self.env.invalidate_all()
        return both

    def find_difference(self, before, after):
        """Return the lines in which two readings differ, by page."""
        found = {}
        for page, text in before.items():
            diff = difflib.unified_diff(text.split("\n"), after[page].split("\n"), n=0, lineterm="")
            if lines := list(diff)[2:]:
                found[page] = lines
        return found

    # === TESTS === #

    def test_acts_of_one_creditor_change_nothing_that_the_other_sees(self):
        self.case.kind_id.write({"attempts_per_day": 99, "contacts_per_week": 99})
        without, with_acts = self.compare(self.see, self.act)
        self.assertGreaterEqual(len(self.done), 14)
        self.assertEqual(self.find_difference(without, with_acts), {})
        self.env["kgw.portal"]._record_message(self.their_case, "A", [], self._at(LAST))
        self.assertLess({"case", "overview"}, set(self.find_difference(without, self.see())))

    def test_cap_moves_days_of_contacts_and_nothing_else(self):
        """With a cap B's contacts may come earlier or later, in the words of contact hours. They are
        the same ones in the same order; only what a moved day leaves no room for is missing, as
        with any other delay. All else is equal."""
        self.case.kind_id.write({"attempts_per_day": 1, "contacts_per_week": 99})
        (rest, without), (rest_with, with_acts) = self.compare(self.see_apart, self.act)
        self.assertEqual(rest_with, rest)
        self.assertNotEqual(with_acts, without, "the cap has moved something")
        fewer, more = sorted((without, with_acts), key=len)
        following = iter(more)
        self.assertEqual([told for told in fewer if told not in following], [])
        for told in set(more) - set(fewer):
            self.assertRegex(told, '"kind": "(call|sent)"')
