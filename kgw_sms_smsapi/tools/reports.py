"""Reading of SMSAPI's delivery reports; no ORM, no request.

One GET carries 1 to 5 reports, the values of each parameter joined by commas:
``MsgId=1,2&status=404,405&donedate=1700000000,1700000001&username=a,a&idx=k1,k2``.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from ..const import MAX_REPORTS
from ..exceptions import MalformedReport

_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True)
class Report:
    """One delivery report: our key, the gateway's id, its status code and when it was so (UTC)."""

    uuid: str
    gateway_id: str
    code: int
    done_at: datetime


def parse_reports(params, now):
    """Return the :class:`Report` list of one call; those without our key are left out.

    :param dict params: the query; names in any case
    :param datetime now: naive UTC; stands in for a missing, unreadable or future time
    :raise MalformedReport: the form is not the agreed one
    """
    values = {name.lower(): str(value).split(",") for name, value in params.items()}
    ids, codes = values.get("msgid"), values.get("status")
    if not ids or not codes or not len(ids) == len(codes) <= MAX_REPORTS:
        raise MalformedReport("MsgId and status do not go together.")
    keys = _column(values, "idx", len(ids))
    times = _column(values, "donedate", len(ids))
    rows = zip(keys, ids, codes, times, strict=True)
    return [
        Report(key, _check(gateway_id), _code(code), _time(time, now))
        for key, gateway_id, code, time in rows
        if _has_key(key)
    ]


def _column(values, name, length):
    column = values.get(name) or [""] * length
    if len(column) != length:
        raise MalformedReport(f"{name} has another number of values.")
    return column


def _has_key(key):
    return bool(key and _check(key))


def _check(word):
    if not _KEY.fullmatch(word):
        raise MalformedReport("A key or id has characters that do not belong there.")
    return word


def _code(code):
    if not re.fullmatch("[0-9]{1,4}", code):
        raise MalformedReport("A status is not a number.")
    return int(code)


def _time(stamp, now):
    if not re.fullmatch("[0-9]{1,10}", stamp):
        return now
    return min(datetime.fromtimestamp(int(stamp), timezone.utc).replace(tzinfo=None), now)
