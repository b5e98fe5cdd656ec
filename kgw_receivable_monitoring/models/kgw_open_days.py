"""On which days a contact of one case may go out, as the planner and the gate decide it."""

from datetime import timedelta
from functools import cached_property

from ..tools import calendar

# So far ahead a day is looked for: the longest that an open reminder is told to wait.
SEARCH_DAYS = 45


class OpenDays:
    """The days of one case on which a contact may go out by one channel, and those on which what
    is open already does."""

    def __init__(self, case, holds, planned, now):
        """
        :param holds: the holds of the case that are in force or coming, those of one channel or
            brand as well
        :param planned: its open reminders
        :param now: moment from which on things happen, naive UTC
        """
        self.case = case
        self.holds = holds.filtered(lambda hold: not hold.move_id)
        self.holds_of_invoices = holds - self.holds
        self.planned = planned
        self.now = now
        self.today = calendar.local_date(now)

    def is_open(self, day, step, channel, side):
        """Tell whether ``step`` may go out by ``channel`` on ``day``.

        :param step: record of a step, empty for what is none
        :param side: ``before`` or ``after`` the due date
        """
        return (
            self._is_day_of_contact(day, channel)
            and not self._is_held(day, channel, side)
            and (day > self.today or self._has_hours_left(step, channel))
        )

    def is_covered(self, due, day):
        """Tell whether payments are known through ``due`` to contact anybody on ``day``: on a later
        day as far behind as now, and lately enough, since the creditor is asked for them."""
        mandate = self.case.mandate_id
        if mandate.is_own_sales or day <= self.today:
            return mandate._knows_payments(due, day)
        known = calendar.add_working_days(day, -self._lag)
        return due <= max(known, mandate.coverage_date or known)

    @cached_property
    def _lag(self):
        """By how many working days the knowledge of payments lags behind, at most as far as is
        lately enough."""
        mandate = self.case.mandate_id
        most, lag = mandate.company_id.kgw_coverage_days, mandate._get_coverage_lag(self.today)
        return most if lag is None else min(most, lag)

    def is_kept_back(self, move, day):
        """Tell whether ``move`` by itself is on hold on ``day``."""
        own = self.holds_of_invoices.filtered(lambda hold: hold.move_id == move)
        return any(self._is_in_force(hold, day) for hold in own)

    def is_free(self, day):
        """Tell whether something may be planned for ``day``: nothing else is open then."""
        if "unknown" in self.planned.mapped("state"):
            return False  # until a person has said what happened to it
        return day > self.today or not self.planned

    def get_day(self, reminder):
        """Return the day on which an open reminder goes out; None where it waits for a person, where
        its time is over before it may, or where it will be planned anew."""
        if reminder.state == "unknown" or reminder._lay_too_long(self.today):
            return None
        waits = reminder.retry_at if reminder.state == "failed" else reminder.not_before
        first = max(reminder.planned_on, self.today)
        first = max(first, calendar.local_date(waits)) if waits else first
        days = (first + timedelta(days=number) for number in range(SEARCH_DAYS))
        way = reminder.step_id, reminder.channel, reminder.side
        due = self._get_first_due(reminder)
        open_days = (day for day in days if self.is_open(day, *way))
        day = next((day for day in open_days if not due or self.is_covered(due, day)), None)
        if not day or (reminder.until and day > reminder.until):
            return None
        return day if day == self.today or not self._is_planned_anew(reminder) else None

    def _get_first_due(self, reminder):
        """Return the day through which payments must be known for a reminder, None for none."""
        if not reminder._needs_coverage():
            return None
        lines = reminder._get_live_lines()._get_main().receivable_id
        return min(filter(None, lines.mapped("kgw_effective_due")), default=None)

    def _is_planned_anew(self, reminder):
        """Whether it is cancelled after its day and the course is asked again, as the planner does."""
        is_step = reminder.step_id and not (reminder.origin_id or reminder.decision_id)
        return reminder.state == "planned" and reminder.channel != "phone" and bool(is_step)

    def _is_day_of_contact(self, day, channel):
        if calendar.is_working_day(day):
            return True
        on_saturday = self.case.kind_id.on_saturday and channel != "letter"
        return on_saturday and day.weekday() == 5 and not calendar.is_day_off(day)

    def _is_held(self, day, channel, side):
        brand = self.case.mandate_id._get_brand(side)
        return any(
            hold.channel in (False, channel)
            and hold.brand_id <= brand
            and self._is_in_force(hold, day)
            for hold in self.holds
        )

    def _is_in_force(self, hold, day):
        return hold.from_date <= day and (not hold.until_date or hold.until_date >= day)

    def _has_hours_left(self, step, channel):
        """Whether a moment of today is left at which the counterparty may be contacted."""
        if not self.case.env["kgw.reminder"]._get_channel_model(channel)._knows_hours:
            return True
        kind = self.case.kind_id
        moment = kind._get_next_moment(self.now, self.case.tz, step._get_hours(kind))
        return calendar.local_date(moment) == self.today
