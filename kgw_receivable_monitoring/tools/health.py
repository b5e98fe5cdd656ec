"""What one check of the engine's health says, and how it writes moments and days.

A sentence names its figures as ``label: number``, which needs no plural in any language.
"""

from typing import NamedTuple

from odoo.tools import format_date, format_datetime, formatLang

# How many names a sentence lists.
LISTED = 10


class Check(NamedTuple):
    """``level`` is one of ``const_health.HEALTH_LEVELS``.

    The cure is a sentence and a button: ``opens`` is ``(xmlid of a window, domain)``, ``does`` the
    name of a method of ``kgw.health``.
    """

    code: str
    level: str
    sentence: str
    cure: str = ""
    button: str = ""
    opens: tuple = ()
    does: str = ""


def when(env, moment):
    """Return a moment (naive UTC) for a person, in the language and time zone of ``env``."""
    return format_datetime(env, moment, dt_format="short")


def day(env, date):
    """Return a date for a person, in the language of ``env``."""
    return format_date(env, date)


def number(env, value, digits):
    """Return a number for a person, in the language of ``env``."""
    return formatLang(env, value, digits=digits)


def listed(parts):
    """Return the first of ``parts`` as lines, and how many were left out."""
    parts = list(parts)
    more = len(parts) - LISTED
    return "\n".join([*parts[:LISTED], *([f"… (+{more})"] if more > 0 else [])])
