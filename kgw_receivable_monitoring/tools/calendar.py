"""Polish days off, terms that end on them, and the hours in which people may be contacted.

Dates are plain; moments are naive UTC as Odoo stores them. Nothing here asks the clock.
"""

import functools
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import holidays

POLAND = "Europe/Warsaw"

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SATURDAY, _SUNDAY = 5, 6
# Longer than any run of days off, so that a search that fails is a fault of ours.
_SEARCH_DAYS = 31
# Answers that are kept: all reminders of a batch ask for the same moment.
_KEPT_MOMENTS = 256


@functools.lru_cache(maxsize=64)
def _get_holidays(year) -> frozenset:
    return frozenset(holidays.country_holidays("PL", years=year))


def is_day_off(day: date) -> bool:
    """Tell whether the day is a statutory day off: every Sunday and the holidays of the act.

    Act of 18 January 1951 on days off; 24 December since 2025. A Saturday is none.
    """
    return day.weekday() == _SUNDAY or day in _get_holidays(day.year)


def knows_holidays(year: int) -> bool:
    """Tell whether the statutory holidays of the year are known: New Year's Day is always one."""
    return date(year, 1, 1) in _get_holidays(year)


def count_working_days(first: date, last: date) -> int:
    """Return the number of working days after the first day, up to the last one."""
    return sum(is_working_day(first + n * _DAY) for n in range(1, (last - first).days + 1))


def is_working_day(day: date) -> bool:
    """Tell whether the day is one from Monday to Friday that is not a statutory day off."""
    return day.weekday() != _SATURDAY and not is_day_off(day)


def forward(day: date) -> date:
    """Return the nearest working day on or after the day."""
    while not is_working_day(day):
        day += _DAY
    return day


def back(day: date) -> date:
    """Return the nearest working day on or before the day."""
    while not is_working_day(day):
        day -= _DAY
    return day


def last_contact_day(day: date, on_saturday: bool = False) -> date:
    """Return the last day on or before the day on which people are contacted."""
    while not is_working_day(day) and not (on_saturday and not is_day_off(day)):
        day -= _DAY
    return day


def effective_due_date(day: date) -> date:
    """Return the last day to pay in time (Civil Code, art. 115).

    A term that ends on a statutory day off or a Saturday ends on the next day that is
    neither. Interest runs from the day after.
    """
    return forward(day)


def add_working_days(day: date, count: int) -> date:
    """Return the count-th working day after the day, before it when negative.

    Zero gives the day itself when it is a working day, else the next one.
    """
    if not count:
        return forward(day)
    step = _DAY if count > 0 else -_DAY
    for _number in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def local_date(moment_utc: datetime, tz: str = POLAND) -> date:
    """Return the calendar day of a naive UTC moment on the wall clock of the time zone."""
    return _to_local(moment_utc, ZoneInfo(tz)).date()


def midnight(day: date, tz: str = POLAND) -> datetime:
    """Return the beginning of the day on the wall clock of the time zone, as naive UTC."""
    return _to_utc(datetime.combine(day, time()), ZoneInfo(tz), 0)


def noon(day: date, tz: str = POLAND) -> datetime:
    """Return noon of the day as naive UTC: for what is known by its day only."""
    return _to_utc(datetime.combine(day, time(12)), ZoneInfo(tz), 0)


@functools.lru_cache(maxsize=_KEPT_MOMENTS)
def next_contact_moment(
    moment_utc: datetime,
    hours: tuple[float, float],
    tz: str,
    saturday_hours: tuple[float, float] | None = None,
) -> datetime:
    """Return the moment itself when contact is permitted then, else the next permitted start.

    Permitted are working days within the hours, and Saturdays within their own hours where
    given; never a statutory day off. The end of the hours is not permitted any more.

    :param moment_utc: naive UTC
    :param hours: start and end on the wall clock, 8.5 is 8:30, at most 24.0
    :param tz: name of the time zone whose wall clock and days count
    :raises ValueError: hours without length or outside the day
    :return: naive UTC
    """
    for pair in filter(None, (hours, saturday_hours)):
        if not 0 <= pair[0] < pair[1] <= 24:
            raise ValueError(f"contact hours {pair} are not within a day")
    zone = ZoneInfo(tz)
    first_day = _to_local(moment_utc, zone).date()
    if _is_permitted(moment_utc, hours, zone, saturday_hours):
        return moment_utc
    for offset in range(_SEARCH_DAYS):
        day = first_day + offset * _DAY
        pair = _get_hours(day, hours, saturday_hours)
        for start in _get_starts(day, pair[0], zone) if pair else ():
            if start > moment_utc and _is_permitted(start, hours, zone, saturday_hours):
                return start
    raise ValueError(f"no permitted moment within {_SEARCH_DAYS} days of {moment_utc}")


def _to_local(moment_utc, zone):
    return moment_utc.replace(tzinfo=timezone.utc).astimezone(zone)


def _get_hours(day, hours, saturday_hours):
    if is_working_day(day):
        return hours
    if day.weekday() == _SATURDAY and not is_day_off(day):
        return saturday_hours
    return None


def _wall_hour(local):
    return local.hour + local.minute / 60 + (local.second + local.microsecond / 1e6) / 3600


def _is_permitted(moment_utc, hours, zone, saturday_hours):
    local = _to_local(moment_utc, zone)
    pair = _get_hours(local.date(), hours, saturday_hours)
    return bool(pair) and pair[0] <= _wall_hour(local) < pair[1]


def _get_starts(day, hour, zone):
    """Return the moments of a wall-clock hour on the day, naive UTC, in order.

    One as a rule; two when the clock is put back over it; when it is put forward over it,
    the first minute after the gap.
    """
    minutes = round(hour * 60)
    wall = datetime.combine(day, time(minutes // 60, minutes % 60))
    moments = sorted({_to_utc(wall, zone, fold) for fold in (0, 1)})
    if _to_local(moments[0], zone).replace(tzinfo=None) == wall:
        return moments
    moment = moments[0]
    while _to_local(moment, zone).replace(tzinfo=None) < wall:
        moment += _MINUTE
    return [moment]


def _to_utc(wall, zone, fold):
    aware = wall.replace(tzinfo=zone, fold=fold)
    return aware.astimezone(timezone.utc).replace(tzinfo=None)
