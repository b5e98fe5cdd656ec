from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api
from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from ..models.kgw_gate_facts import Facts
from .common import DUE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestPerson(KgwEngineCommon):
    """Caps over all creditors: only hashes and counts cross mandates."""

    def setUp(self):
        super().setUp()
        self.other_creditor = self._create_creditor("Wierzyciel B", "9991020013")
        self.other = self._create_mandate("B", self.other_creditor, self.brand)
        self.day = DUE - timedelta(days=5)
        self.mine = self._watch(self._document())
        self.theirs = self._watch(
            self._document("B/1", buyer=self._party("BUDMAX")), mandate=self.other
        )
        self.kind = self.mine.kgw_case_id.kind_id
        self.persons = self.env["kgw.person"]

    def counts(self, case, day):
        """Return the attempts of a day and the contacts of a week, the most that any hash has."""
        found = self.persons._get_counts(case, day)[case.id]
        return max(c.attempts for c in found), max(c.contacts for c in found)

    def judge_caps(self, reminder, day):
        return self.env["kgw.gate"]._judge_caps(reminder, Facts(reminder, self._at(day))).reason

    def test_two_creditors_share_the_attempts_of_a_day(self):
        (self.mine | self.theirs).kgw_case_id.kind_id.attempts_per_day = 1
        self.run_day(self.day)
        states = (self.reminders(self.mine) | self.reminders(self.theirs)).sorted("state")
        self.assertEqual(states.mapped("state"), ["planned", "sent"])
        self.assertEqual(states[0].waiting_reason, "cap")
        portal = self.env["kgw.portal"]
        labels = [portal._get_code_label("kgw.event", "reason", code) for code in ("cap", "hours")]
        self.assertEqual(*labels, "no creditor learns of another")
        told = [
            portal._speak_to_agency()._get_code_label("kgw.event", "reason", code)
            for code in ("cap", "hours")
        ]
        self.assertNotEqual(*told)
        self.assertEqual(len(self.gateways.sent), 1)

    def test_contacts_of_a_week_are_capped_and_the_oldest_falls_off(self):
        case = self.mine.kgw_case_id
        self.kind.contacts_per_week = 2
        call = self._draft(self.mine, "m5_email", self.day)
        for number in (7, 3, 1):
            day = self.day - timedelta(days=number)
            self.persons._count(call, self._at(day), is_contact=True)
        self.assertEqual(self.counts(case, self.day), (0, 2))
        self.assertEqual(self.judge_caps(call, self.day), "cap")
        later = self.day + timedelta(days=4)
        self.assertEqual(self.counts(case, later), (0, 1))
        self.assertEqual(self.judge_caps(call, later), "")

    def test_attempt_that_reached_nobody_is_no_contact(self):
        line, day = self._overdue(4, number="FV 2/09/2026", buyer=self._party("Inny sp. z o.o."))
        call = self._draft(line, "p4_call", day)
        self.dispatch("phone", day)
        self.assertEqual(self.counts(call.case_id, day), (0, 0))
        for outcome, counts in (("no_answer", (1, 0)), ("reached", (2, 1))):
            self.env["kgw.channel.phone"]._record_call(call, outcome, "", self._at(day, 11))
            self.assertEqual(self.counts(call.case_id, day), counts)

    def test_contact_that_was_asked_for_knows_no_cap(self):
        self.kind.attempts_per_day = 1
        email = self._draft(self.mine, "m5_email", self.day, is_requested=True)
        self.persons._count(email, self._at(self.day), is_contact=True)
        self.assertEqual(self.judge_caps(email, self.day), "")

    def test_trial_run_counts_nobody(self):
        self.mandate.write(
            {"is_trial": True, "trial_email": "a@b.example", "trial_phone": "600100200"}
        )
        self.run_day(self.day)
        self.assertEqual(self.counts(self.mine.kgw_case_id, self.day)[0], 1)

    def test_hashes_tell_nothing_and_nobody_reads_them(self):
        self.run_day(self.day)
        persons = self.persons.search([])
        self.assertTrue(persons)
        self.assertNotIn("budmax", " ".join(persons.mapped("hash")))
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                persons.with_user(user).read(["hash"])

    def test_second_of_two_that_count_a_person_at_once_is_turned_back(self):
        """Two connections: the one whose snapshot is old loses, and tries again later."""
        reminder = self._draft(self.mine, "m5_email", self.day)
        [hashes] = self.persons._get_hashes(reminder.case_id).values()
        self.addCleanup(self.forget, hashes)

        def count(cr):
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["kgw.person"]._add(dict.fromkeys(hashes, 1), self.day, is_contact=True)

        with self.registry.cursor() as one, self.registry.cursor() as two:
            two.execute("SELECT 1")  # its transaction began before the other one counted
            count(one)
            one.commit()  # pylint: disable=invalid-commit
            with self.assertRaises(SerializationFailure):
                count(two)
            two.rollback()

    def forget(self, hashes):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM kgw_person WHERE hash = ANY(%s)", [hashes])
