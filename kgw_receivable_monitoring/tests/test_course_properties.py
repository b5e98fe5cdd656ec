import itertools
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase, tagged

from ..const import LETTER_TRANSIT_DAYS, RUNG_LEVEL
from ..tools import calendar, course
from ..tools.course_walk import Walk, effective_day
from .course_common import facts_of

# How fast examples are made is the machine's matter: beside other work it may be slow.
QUICK = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
REMINDER, DEMAND, FINAL = (RUNG_LEVEL[word] for word in ("reminder", "demand", "final"))
CHANNELS = ("email", "sms", "phone", "letter")


@st.composite
def steps_of_a_scenario(draw):
    """Draw a scenario that the constraints of a scenario step would accept."""
    steps, forward = [], draw(st.booleans())
    for number in range(1, draw(st.integers(1, 9)) + 1):
        kind = draw(st.sampled_from(("contact",) * 6 + ("question", "report")))
        offset = draw(st.integers(-7, 30))
        if kind != "contact":
            steps.append(course.Step(number, offset, kind=kind))
            continue
        rung = draw(st.integers(REMINDER, FINAL)) if offset >= 0 else RUNG_LEVEL["information"]
        allowed = CHANNELS if rung < DEMAND else ("email", "letter")
        steps.append(
            course.Step(
                number,
                offset,
                rung,
                channels=tuple(
                    draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=2, unique=True))
                ),
                answer_days=draw(st.integers(1, 10)) if rung >= DEMAND else 0,
                needs_approval=draw(st.booleans()) and rung >= DEMAND,
                only_unreached=draw(st.integers(0, 5)) == 0,
                if_new=draw(st.integers(0, 5)) == 0,
                if_amount=draw(st.sampled_from((None, None, None, Decimal(1000)))),
                min_amount=draw(st.sampled_from((None, None, Decimal(1000)))),
                forward=forward,
            )
        )
    return steps


@st.composite
def walks(draw):
    """Draw a scenario, a receivable and the luck of its contacts, and walk to the end."""
    due = draw(st.dates(date(2025, 1, 1), date(2028, 12, 31)))
    facts = facts_of(
        due,
        due + timedelta(draw(st.integers(-20, 40))),
        horizon=draw(st.integers(1, 30)),
        usable=frozenset(draw(st.lists(st.sampled_from(CHANNELS), unique=True))),
        is_new=draw(st.booleans()),
        amount=Decimal(draw(st.sampled_from((10, 5000)))),
    )
    unlucky = draw(st.frozensets(st.integers(1, 9), max_size=4))
    return Walk(
        draw(steps_of_a_scenario()),
        facts,
        lambda step: "unreached" if step.id in unlucky else "reached",
        draw(st.sampled_from(("approved", "approved", "refused"))),
        (draw(st.integers(1, 3)), draw(st.integers(1, 4))),
    ).run(75)


def took_effect(walk, step, day):
    """Whether a contact of the rung of ``step`` reached somebody and counted by ``day``."""
    return any(
        entry.rung == step.rung
        and walk.facts.done[entry.step] == "reached"
        and effective_day(walk.steps[entry.step], entry.day) <= day
        for entry in walk.contacts
    )


@tagged("kgw")
class TestCourseProperties(BaseCase):
    """What must hold for any scenario, any receivable and any luck."""

    @QUICK
    @given(walks())
    def test_harsher_rung_never_comes_before_the_one_below_took_effect(self, walk):
        for entry in walk.contacts:
            below = self.find_rung_below(walk, entry)
            if below and entry.rung > REMINDER:
                self.assertTrue(took_effect(walk, below, entry.day), (entry, below, walk.trace))
            if entry.rung == FINAL:
                self.check_demand_before(walk, entry)

    def find_rung_below(self, walk, entry):
        """Return a step of the next lower rung that could be given at all, or None."""
        lower = [
            s
            for s in walk.steps.values()
            if s.kind == "contact"
            and s.offset >= 0
            and s.rung < entry.rung
            and walk.facts.done.get(s.id) not in ("passed", "unreached")
            and set(s.channels) & walk.facts.usable
        ]
        return max(lower, key=lambda s: s.rung, default=None)

    def check_demand_before(self, walk, final):
        """A final demand stands on a demand that was delivered and whose answer-by date passed."""
        demands = [
            entry
            for entry in walk.contacts
            if entry.rung == DEMAND and walk.facts.done[entry.step] == "reached"
        ]
        self.assertTrue(demands, "final demand without a given demand")
        step = walk.steps[demands[0].step]
        self.assertGreaterEqual(final.day, effective_day(step, demands[0].day))
        self.assertGreater(
            final.day, course.answer_by(demands[0].day, step.answer_days, step.transit_days)
        )

    @QUICK
    @given(walks())
    def test_contacts_never_leave_their_side_of_the_due_date_and_the_horizon(self, walk):
        for entry in walk.contacts:
            step = walk.steps[entry.step]
            if step.offset < 0:
                self.assertLess(entry.day, walk.facts.due)
            else:
                self.assertGreaterEqual(entry.day, walk.facts.effective_due)
            self.assertLessEqual(entry.day, walk.facts.last_day)
            if step.rung >= DEMAND and walk.facts.entered_on > walk.facts.effective_due:
                received = calendar.add_working_days(entry.day, LETTER_TRANSIT_DAYS)
                self.assertLessEqual(received + timedelta(step.answer_days), walk.facts.last_day)

    @QUICK
    @given(st.dates(date(2025, 1, 1), date(2028, 12, 31)), st.integers(0, 10))
    def test_latest_start_arrives_in_time_and_a_day_later_does_not(self, by, transit):
        start = course.latest_start(by, transit)
        self.assertLessEqual(course.expected_answer(start, 0, transit), by)
        self.assertGreater(course.expected_answer(start + timedelta(1), 0, transit), by)

    @QUICK
    @given(walks())
    def test_no_step_is_taken_below_its_amount_nor_within_the_gap(self, walk):
        last = date.min
        for entry in walk.contacts:
            step = walk.steps[entry.step]
            self.assertGreaterEqual(walk.facts.amount, step.min_amount or 0)
            self.assertGreaterEqual((entry.day - last).days, walk.gaps[step.offset >= 0])
            last = entry.day

    @QUICK
    @given(walks())
    def test_applied_again_and_again_every_step_ends_once(self, walk):
        # The walk itself fails when one day never comes to rest.
        taken = [entry.step for entry in walk.trace if entry.act != "approval"]
        self.assertEqual(len(taken), len(set(taken)))
        self.assertFalse(set(taken) & set(walk.passed))
        end = walk.facts.last_day + timedelta(75)
        self.assertIsNone(course.next_step(walk.steps.values(), walk.facts, end).next)

    @QUICK
    @given(
        steps_of_a_scenario(),
        st.dates(date(2025, 1, 1), date(2028, 12, 31)),
        st.integers(-20, 40),
        st.integers(-30, 60),
    )
    def test_next_date_never_lies_before_the_entry(self, steps, due, entered, seen):
        facts = facts_of(due, due + timedelta(entered))
        following = course.next_step(steps, facts, due + timedelta(seen)).next
        if following:
            self.assertGreaterEqual(following.from_date, facts.entered_on)
            self.assertGreaterEqual(following.until or date.max, following.from_date)

    @QUICK
    @given(
        steps_of_a_scenario(),
        st.dates(date(2025, 1, 1), date(2028, 12, 31)),
        st.sampled_from([Decimal(n) for n in (-5, 0, 999, 1000, 1001)]),
    )
    def test_kept_answer_is_the_one_of_these_very_facts(self, steps, due, amount):
        in_order = tuple(sorted(steps, key=lambda s: (s.offset, s.id)))
        for entered, seen in itertools.product((-15, -9, -4, -1, 1, 9), range(-12, 36, 3)):
            facts, day = facts_of(due, due + timedelta(entered)), due + timedelta(seen)
            # What walks there, with nothing left out and nothing kept.
            own = course._answer.__wrapped__(in_order, facts._replace(amount=amount), day)
            self.assertEqual(course.next_step(steps, facts._replace(amount=amount), day), own)
