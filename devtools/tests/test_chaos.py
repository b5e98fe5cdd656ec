"""What ``./dev chaos`` counts: each kind of fault must be seen."""

import tempfile
import unittest
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from ..chaos_arena import Lane
from ..chaos_count import Journal, Step, count, read_mails


class TestChaosCount(unittest.TestCase):
    """Three steps: one sent, one unknown after its worker died, one for the fault."""

    def judge(self, fault, *accepted, tried=3, killed=(7,), crashes=()):
        """Return the count with the third step as given."""
        steps = [Step(1, "a", "email", "sent", 1), Step(2, "b", "email", "unknown", 0), fault]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "journal")
            path.write_text("5.0\t7\tclaimed\t2\n6.0\t8\tclaimed\t3\n")
            arena = SimpleNamespace(
                journal=lambda: Journal(path), killed=set(killed), crashes=list(crashes)
            )
            return count(steps, tried, Counter(["a", "b", *accepted]), arena)

    def test_all_as_it_should_be_counts_nothing(self):
        found = self.judge(Step(3, "c", "email", "sent", 1), "c")
        self.assertEqual((found.duplicates, found.lost, found.unregistered), (0, 0, 0))
        self.assertEqual((found.unknown, found.unknown_accepted, found.unexplained), (1, 1, []))

    def test_message_accepted_twice_is_a_duplicate(self):
        self.assertEqual(self.judge(Step(3, "c", "email", "sent", 1), "c", "c").duplicates, 1)

    def test_step_sent_but_never_accepted_is_lost(self):
        self.assertEqual(self.judge(Step(3, "c", "email", "sent", 1)).lost, 1)

    def test_due_step_without_reminder_is_lost(self):
        self.assertEqual(self.judge(Step(3, "c", "email", "sent", 1), "c", tried=4).lost, 1)

    def test_accepted_message_that_the_register_does_not_know_is_unregistered(self):
        found = self.judge(Step(3, "c", "email", "cancelled", 0), "c")
        self.assertEqual((found.lost, found.unregistered), (1, 1))

    def test_unknown_without_a_death_is_unexplained(self):
        third = Step(3, "c", "email", "unknown", 0)
        self.assertEqual(self.judge(third).unexplained, [third])
        self.assertFalse(self.judge(third, killed=(7, 8)).unexplained)
        self.assertFalse(self.judge(third, crashes=[(6.5, 6.8)]).unexplained)
        self.assertEqual(self.judge(third, crashes=[(4.0, 4.3)]).unexplained, [third])

    def test_claim_while_the_database_dies_is_explained(self):
        third = Step(3, "c", "email", "unknown", 0)
        self.assertFalse(self.judge(third, crashes=[(5.9, 6.2)]).unexplained)

    def test_message_id_is_found_also_on_a_folded_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for number, head in enumerate((b"Message-Id: <k1@x>", b"Message-ID:\r\n <k2@x>")):
                Path(folder, f"{number}.eml").write_bytes(b"From: a\r\n" + head + b"\r\n\r\n")
            self.assertEqual(read_mails(Path(folder)), {"k1": 1, "k2": 1})


class TestLane(unittest.TestCase):
    """Deaths spread over the work."""

    def test_next_death_waits_for_its_share_of_the_work(self):
        lane = Lane("ab", spread=1)
        self.assertTrue(lane.is_due(10))
        lane.acts.pop()
        self.assertFalse(lane.is_due(6))
        self.assertTrue(lane.is_due(5))

    def test_lane_without_deaths_is_never_due(self):
        self.assertFalse(Lane([], spread=1).is_due(0))
