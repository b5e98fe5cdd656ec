from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase

from ..tools import calendar

WARSAW = "Europe/Warsaw"
ZONES = (WARSAW, "Europe/London", "America/New_York")
HOURS = (8.0, 17.0)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31))
QUICK = settings(max_examples=150, deadline=None, database=None, derandomize=True)

# DOMAIN, section 3: printed due date -> last day to pay in time.
SHIFTS = """2024-12-24 2024-12-24, 2025-12-24 2025-12-29, 2025-12-27 2025-12-29,
2026-01-03 2026-01-05, 2026-04-04 2026-04-07, 2026-05-01 2026-05-04, 2026-06-04 2026-06-05,
2026-08-15 2026-08-17, 2026-11-11 2026-11-12, 2026-12-24 2026-12-28, 2027-01-01 2027-01-04"""
# year, Easter Sunday, Easter Monday, Pentecost, Corpus Christi
MOVABLE = """2024-03-31 2024-04-01 2024-05-19 2024-05-30 2025-04-20 2025-04-21 2025-06-08
2025-06-19 2026-04-05 2026-04-06 2026-05-24 2026-06-04 2027-03-28 2027-03-29 2027-05-16
2027-05-27"""
FIXED = "01-01 01-06 05-01 05-03 08-15 11-01 11-11 12-25 12-26"


class TestCalendar(BaseCase):
    def test_due_date_on_a_day_off_moves_to_the_next_working_day(self):
        for pair in SHIFTS.split(","):
            printed, effective = map(date.fromisoformat, pair.split())
            with self.subTest(printed=printed):
                self.assertEqual(calendar.effective_due_date(printed), effective)

    def test_movable_and_fixed_holidays_are_days_off(self):
        fixed = [f"{year}-{day}" for year in range(2024, 2028) for day in FIXED.split()]
        for text in MOVABLE.split() + fixed:
            with self.subTest(day=text):
                self.assertTrue(calendar.is_day_off(date.fromisoformat(text)))

    def test_fourteen_days_off_a_year_since_2025_and_thirteen_before(self):
        for year, expected in ((2024, 13), (2025, 14), (2026, 14), (2027, 14)):
            days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
            named = [day for day in days if day.year == year and calendar.is_day_off(day)]
            sundays = [day for day in named if day.weekday() == 6]
            easter = {day for day in sundays if f"{day}" in MOVABLE}
            fixed = {day for day in sundays if f"{day:%m-%d}" in FIXED}
            with self.subTest(year=year):
                self.assertEqual(len(named) - len(sundays) + len(easter | fixed), expected)

    def test_saturday_is_no_day_off_and_no_working_day(self):
        saturday = date(2026, 11, 21)
        self.assertFalse(calendar.is_day_off(saturday))
        self.assertFalse(calendar.is_working_day(saturday))

    def test_nearest_working_days_around_christmas_2026(self):
        self.assertEqual(calendar.forward(date(2026, 12, 24)), date(2026, 12, 28))
        self.assertEqual(calendar.back(date(2026, 12, 27)), date(2026, 12, 23))
        self.assertEqual(calendar.back(date(2026, 12, 23)), date(2026, 12, 23))

    def test_working_days_are_counted_from_the_day_after(self):
        cases = (
            (date(2026, 11, 20), 1, date(2026, 11, 23)),
            (date(2026, 11, 10), 2, date(2026, 11, 13)),
            (date(2026, 11, 21), 0, date(2026, 11, 23)),
            (date(2026, 11, 23), 0, date(2026, 11, 23)),
            (date(2026, 12, 28), -1, date(2026, 12, 23)),
        )
        for day, count, expected in cases:
            with self.subTest(day=day, count=count):
                self.assertEqual(calendar.add_working_days(day, count), expected)

    @QUICK
    @given(DAYS)
    def test_forward_and_back_meet_on_working_days(self, day):
        after, before = calendar.forward(day), calendar.back(day)
        self.assertTrue(calendar.is_working_day(after) and calendar.is_working_day(before))
        self.assertLessEqual(before, day)
        self.assertLessEqual(day, after)
        between = (before + timedelta(days=n) for n in range(1, (after - before).days))
        self.assertFalse(any(map(calendar.is_working_day, between)))

    @QUICK
    @given(DAYS, st.integers(1, 40))
    def test_adding_and_taking_away_working_days_returns(self, day, count):
        start = calendar.forward(day)
        there = calendar.add_working_days(start, count)
        passed = [start + timedelta(days=n) for n in range(1, (there - start).days + 1)]
        self.assertEqual(sum(map(calendar.is_working_day, passed)), count)
        self.assertEqual(calendar.add_working_days(there, -count), start)


class TestContactMoment(BaseCase):
    def test_moment_within_the_hours_is_kept_to_the_second(self):
        moment = datetime(2026, 11, 20, 9, 30, 17)
        self.assertEqual(calendar.next_contact_moment(moment, HOURS, WARSAW), moment)

    def test_moment_outside_the_hours_waits_for_the_next_start(self):
        cases = (  # UTC; Warsaw is +1 in November, +2 in July
            (datetime(2026, 11, 20, 5, 0), datetime(2026, 11, 20, 7, 0)),
            (datetime(2026, 11, 20, 16, 0), datetime(2026, 11, 23, 7, 0)),  # 17:00 sharp
            (datetime(2026, 11, 10, 20, 0), datetime(2026, 11, 12, 7, 0)),
            (datetime(2026, 7, 10, 15, 0), datetime(2026, 7, 13, 6, 0)),
            (datetime(2026, 12, 23, 22, 0), datetime(2026, 12, 28, 7, 0)),
        )
        for moment, expected in cases:
            with self.subTest(moment=moment):
                self.assertEqual(calendar.next_contact_moment(moment, HOURS, WARSAW), expected)

    def test_saturday_with_its_own_hours_is_used_but_not_when_it_is_a_holiday(self):
        friday = datetime(2026, 11, 20, 18, 0)
        found = calendar.next_contact_moment(friday, HOURS, WARSAW, (9.5, 13.0))
        self.assertEqual(found, datetime(2026, 11, 21, 8, 30))
        before_assumption = datetime(2026, 8, 14, 18, 0)  # 15 August 2026 is a Saturday
        found = calendar.next_contact_moment(before_assumption, HOURS, WARSAW, (9.5, 13.0))
        self.assertEqual(found, datetime(2026, 8, 17, 6, 0))

    def test_hours_without_length_are_refused(self):
        for hours in ((8.0, 8.0), (17.0, 8.0), (-1.0, 5.0), (8.0, 25.0)):
            with self.subTest(hours=hours), self.assertRaises(ValueError):
                calendar.next_contact_moment(datetime(2026, 11, 20), hours, WARSAW)

    def test_every_hour_around_the_clock_changes_waits_for_the_first_permitted_minute(self):
        for first in (datetime(2026, 3, 28), datetime(2026, 10, 24)):
            for zone in ZONES:
                for hour in range(72):
                    moment = first + timedelta(hours=hour)
                    with self.subTest(zone=zone, moment=moment):
                        found = calendar.next_contact_moment(moment, HOURS, zone)
                        self.assertEqual(found, self._search(moment, HOURS, zone))

    def test_every_hour_of_three_years_gets_the_first_permitted_quarter(self):
        """Against a plain reading of the wall clock, from the last quarter back to the first."""
        for zone in (WARSAW, "UTC", "America/New_York"):
            permitted, following = {}, None
            moment = datetime(2029, 1, 31)
            while moment >= datetime(2026, 1, 1):
                if self._is_permitted(moment, HOURS, zone):
                    following = moment
                permitted[moment] = following
                moment -= timedelta(minutes=15)
            hours = (datetime(2026, 1, 1) + timedelta(hours=n) for n in range(24 * 1096))
            found = {hour: calendar.next_contact_moment(hour, HOURS, zone) for hour in hours}
            wrong = {hour: got for hour, got in found.items() if got != permitted[hour]}
            self.assertEqual(wrong, {}, zone)
            self._check_starts(zone, {got for hour, got in found.items() if got != hour})

    def _check_starts(self, zone, starts):
        """What waits goes out at the beginning of a working day: of each day once, none left out."""
        local = [s.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)) for s in sorted(starts)]
        self.assertEqual({(s.hour, s.minute) for s in local}, {(8, 0)}, zone)
        days = [s.date() for s in local]
        self.assertEqual(len(days), len(set(days)), zone)
        between = (days[0] + timedelta(n) for n in range((days[-1] - days[0]).days + 1))
        self.assertEqual(days, list(filter(calendar.is_working_day, between)), zone)

    def test_start_within_the_hour_that_the_clock_skips_is_the_first_minute_after_it(self):
        # Amman, Friday 26 March 2021: 0:00 is followed by 1:00
        moment = datetime(2021, 3, 25, 12, 0)
        found = calendar.next_contact_moment(moment, (0.25, 4.0), "Asia/Amman")
        self.assertEqual(found, datetime(2021, 3, 25, 22, 0))

    def test_start_within_the_hour_that_comes_twice_is_found_the_second_time(self):
        # Amman, Friday 29 October 2021: 1:00 is followed by 0:00; 0:45 the first time
        moment = datetime(2021, 10, 28, 21, 45)
        found = calendar.next_contact_moment(moment, (0.25, 0.5), "Asia/Amman")
        self.assertEqual(found, datetime(2021, 10, 28, 22, 15))

    @QUICK
    @given(MOMENTS, st.sampled_from(ZONES), st.integers(0, 22), st.integers(1, 24))
    def test_any_moment_gives_a_permitted_one_that_is_its_own_answer(
        self, moment, zone, start, end
    ):
        hours = (float(start), float(max(end, start + 1)))
        found = calendar.next_contact_moment(moment, hours, zone)
        self.assertGreaterEqual(found, moment)
        self.assertTrue(self._is_permitted(found, hours, zone))
        self.assertEqual(calendar.next_contact_moment(found, hours, zone), found)

    @QUICK
    @given(MOMENTS, st.sampled_from(ZONES))
    def test_local_date_is_the_day_on_the_wall(self, moment, zone):
        expected = moment.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)).date()
        self.assertEqual(calendar.local_date(moment, zone), expected)

    def test_local_date_after_midnight_in_warsaw_is_tomorrow(self):
        self.assertEqual(
            calendar.local_date(datetime(2026, 7, 1, 22, 30), WARSAW), date(2026, 7, 2)
        )

    def _search(self, moment, hours, zone):
        """The slow and plain way: the first quarter of an hour that is permitted."""
        while not self._is_permitted(moment, hours, zone):
            moment += timedelta(minutes=15)
        return moment

    def _is_permitted(self, moment, hours, zone):
        local = moment.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone))
        wall = local.hour + local.minute / 60 + local.second / 3600 + local.microsecond / 3.6e9
        return calendar.is_working_day(local.date()) and hours[0] <= wall < hours[1]
