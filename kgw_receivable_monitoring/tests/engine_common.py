"""What the tests of the engine share: single reminders in a state, and quick letters."""

from datetime import timedelta
from unittest.mock import patch

from ..tools import calendar
from .common import DUE, MODULE, KgwCommon


class KgwEngineCommon(KgwCommon):
    """The world of :class:`KgwCommon` with reminders made by hand."""

    def setUp(self):
        super().setUp()
        # Drawing a letter takes half a second and has tests of its own.
        self.drawing = patch.object(
            type(self.env["kgw.channel.letter"]),
            "_draw",
            lambda *_a: b"%PDF-1.4 letter",
        )
        self.drawing.start()
        self.addCleanup(self.drawing.stop)

    def _step(self, code):
        """Return a step of the standard scenario by the end of its name, as ``p2_sms``."""
        return self.env.ref(f"{MODULE}.step_standard_{code}")

    def _draft(self, receivables, code, day, **values):
        """Return a planned reminder about ``receivables``, all of which take the step."""
        step, case = self._step(code), receivables.kgw_case_id
        side = "before" if step.offset_days < 0 else "after"
        self.env.flush_all()  # states that a test has just set count for the unique index
        reminder = self.env["kgw.reminder"].create(
            {
                "case_id": case.id,
                "mandate_id": case.mandate_id.id,
                "step_id": step.id,
                "brand_id": case.mandate_id._get_brand(side).id,
                "side": side,
                "rung": step.rung,
                "template_id": step.template_id.id,
                "channel": step.channel,
                "planned_on": day,
                "until": day + timedelta(days=60),
                **values,
            }
        )
        self.env["kgw.reminder.line"].create(
            [
                {
                    "reminder_id": reminder.id,
                    "receivable_id": line.id,
                    "move_id": line.move_id.id,
                    "instalment": line.kgw_instalment,
                    "course": line.kgw_course,
                    "role": "lead",
                    "step_id": step.id,
                    "rung": step.rung,
                    "channel": reminder.channel,
                }
                for line in receivables
            ]
        )
        return reminder

    def _overdue(self, days=2, **values):
        """Return ``(receivable, day)``: one invoice seen ``days`` after its due date."""
        line = self._watch(self._document(**values))
        day = DUE + timedelta(days=days)
        self.env["account.move.line"]._kgw_flush_stages(day)
        return line, day

    def plan(self, day):
        """Plan one day and return how many reminders it gave."""
        return self.env["kgw.planner"]._run_day(day, self._at(day, 7))

    def live(self, first, last, each_day=None, **kwargs):
        """Run the working days from ``first`` to ``last``; every call reaches its person.

        :param each_day: called with the day after its contacts
        """
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        for day in filter(calendar.is_working_day, days):
            self.run_day(day, **kwargs)
            self.reach_calls(day)
            if each_day:
                each_day(day)

    def dispatch(self, channel, day, hour=10, minute=0, **context):
        """Send what may go out through a channel at an hour of the day."""
        now = self._at(day, hour) + timedelta(minutes=minute)
        self.env["kgw.dispatcher"].with_context(**context)._dispatch(channel, now)

    def events(self, kind, **values):
        """Return the events of a kind whose fields have the given values."""
        domain = [("kind", "=", kind), *((name, "=", value) for name, value in values.items())]
        return self.env["kgw.event"].search(domain, order="id")

    def hold(self, day, **values):
        """Put a hold from ``day`` on."""
        return (
            self.env["kgw.hold"]
            .with_context(kgw_now=self._at(day, 6))
            .create({"reason": "other", "note": "test", "from_date": day, **values})
        )


class KgwDispatchCommon(KgwEngineCommon):
    """One SMS two days after the due date, ready to go out."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue()
        self.case = self.line.kgw_case_id
        self.now = self._at(self.day)
        self.sms = self._draft(self.line, "p2_sms", self.day)

    def watch_more(self, count, code="p2_sms"):
        """Return reminders of further counterparties for the same step."""
        lines = self._watch(
            *(
                self._document(
                    f"X {number}", buyer=self._other_party(f"Firma {number} sp. z o.o.", number)
                )
                for number in range(count)
            )
        )
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        made = (self._draft(line, code, self.day) for line in lines)
        return self.env["kgw.reminder"].union(*made)
