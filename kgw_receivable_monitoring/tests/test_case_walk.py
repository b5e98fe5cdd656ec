from datetime import date, timedelta
from types import SimpleNamespace

from odoo.tests import BaseCase, tagged

from ..tools.case_walk import CaseWalk
from ..tools.course import Next, Step

TODAY = date(2026, 9, 9)
TOMORROW = TODAY + timedelta(days=1)


class NoticeThenQuestion:
    """A walk whose contact is over when the day of its question has come."""

    steps = {1: Step(1, 6, 2, channels=("email",)), 2: Step(2, 22, kind="question")}
    facts = SimpleNamespace(usable={"email"})

    def __init__(self):
        self.taken = []

    def ask(self, day):
        if self.taken:
            return None
        if day < TOMORROW:
            return Next(1, "contact", TODAY, TODAY, 2)
        return Next(2, "question", TOMORROW, None, 0)

    def take(self, following, day, channel=""):
        self.taken.append((following.step_id, day))

    def get_answer_day(self):
        return None


@tagged("post_install", "-at_install", "kgw")
class TestCaseWalk(BaseCase):
    """The days of a case, walked through plain values."""

    def test_question_is_asked_on_its_day_when_the_contact_before_it_is_over(self):
        walk = NoticeThenQuestion()
        trace = CaseWalk([walk], (1, 2), last_contact=TODAY).run(TODAY, TODAY + timedelta(days=5))
        self.assertEqual([(stop.day, stop.act) for stop in trace], [(TOMORROW, "question")])
