"""What the tests of preview and explanation share: a world with every channel."""

from datetime import timedelta

from ..const import CHANNELS
from .common import DUE, MODULE
from .engine_common import KgwEngineCommon

# What of a contact a preview must tell exactly.
WHAT = ("channel", "recipient", "subject", "body")
ORDER = [channel for channel, _label in CHANNELS]


class KgwSimulationCommon(KgwEngineCommon):
    """The world of :class:`KgwEngineCommon`; simulations run in savepoints of the test."""

    def setUp(self):
        super().setUp()
        mode = self.enter_registry_test_mode()
        mode.__enter__()
        self.addCleanup(mode.__exit__, None, None, None)

    def simulate(self, cases, first, last, hour=0):
        """Return what the simulation tells of the days."""
        self.env.flush_all()
        with self.env["kgw.simulation"]._open(cases) as chosen:
            return chosen.env["kgw.simulation"]._run(chosen, first, last, self._at(first, hour))[0]

    def world(self):
        """Return receivables of four counterparties: one with three invoices, one with a large
        one due on a Saturday, one with a phone only, one consumer with an address only."""
        alfa = self._party("Alfa", email="alfa@example.com", phone="+48512000110")
        beta = self._party("Beta", email="beta@example.com", phone="+48512000111")
        gamma = self._party("Gamma", email="", phone="+48512000112")
        delta = self._party("Delta", email="", phone="")
        lines = self._watch(
            self._document("FV A1", buyer=alfa),
            self._document("FV A2", buyer=alfa, due=DUE + timedelta(days=1)),
            self._document("FV A3", buyer=alfa, due=DUE + timedelta(days=4)),
            self._document("FV B", buyer=beta, due=DUE + timedelta(days=5), amount="12300.00"),
            self._document("FV C", buyer=gamma, due=DUE + timedelta(days=1)),
            self._document("FV D", buyer=delta),
            on=DUE - timedelta(days=10),
        )
        lines[-1].kgw_case_id.kind_id = self.env.ref(f"{MODULE}.kind_consumer")
        return lines

    def sent_on(self, cases, day):
        """Return what went out on a day, channel by channel, in order."""
        reminders = self.env["kgw.reminder"].search(
            [("case_id", "in", cases.ids), ("contact_on", "=", day)]
        )
        ordered = reminders.sorted(lambda r: (ORDER.index(r.channel), r.id))
        return [tuple(reminder[name] for name in WHAT) for reminder in ordered]

    def told_of(self, entries, day):
        """Return what was told to go out on a day."""
        return [
            tuple(entry[name] for name in WHAT)
            for entry in entries
            if entry["day"] == day and entry["kind"] == "contact"
        ]

    def assertPreviewIsTrue(self, cases, first, last):
        """Compare what was told of the days with what goes out on them; return what was sent, each
        as :data:`WHAT`."""
        told, seen = self.simulate(cases, first, last), []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            self.run_day(day)
            self.reach_calls(day)
            sent = self.sent_on(cases, day)
            self.assertEqual(self.told_of(told, day), sent, day)
            seen += sent
        return seen

    def explain(self, receivable, day, hour=10, user=None, whole_case=False):
        """Return the explanation of a receivable, or its case, as a user sees it on a day."""
        self.env.flush_all()
        seen = self.env["kgw.receivable"].with_user(user or self.agent).browse(receivable.id)
        action = (
            self.env["kgw.explanation"]
            .with_user(user or self.agent)
            ._open(seen.case_id, None if whole_case else seen, self._at(day, hour))
        )
        return self.env["kgw.explanation"].with_user(user or self.agent).browse(action["res_id"])

    def obstacles(self, explanation):
        return set(explanation.obstacle_ids.mapped("reason"))

    def reasons(self, entries):
        """Return ``{(day, reason)}`` of what does not go out."""
        return {(e["day"], e["reason"]) for e in entries if e["kind"] == "not_sent"}
