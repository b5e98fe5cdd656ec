"""Plain values for tests of the course: the standard scenario and the facts of a receivable."""

from datetime import date, timedelta
from decimal import Decimal

from ..const import RUNG_LEVEL
from ..tools import calendar, course

# A Monday whose scenario days -5 ... +31 meet no statutory holiday.
MONDAY = date(2026, 9, 7)


def contact(number, offset, rung, *channels, **values):
    """Return a contact step; ``rung`` is its word."""
    return course.Step(number, offset, RUNG_LEVEL[rung], channels=channels, **values)


# The standard scenario for companies, as the issue words it; the number is the position.
STANDARD = (
    contact(1, -5, "information", "email", "sms"),
    contact(2, -3, "information", "phone", if_new=True, if_late=True, if_amount=Decimal(10000)),
    contact(3, -2, "information", "sms", only_unreached=True),
    contact(4, 2, "reminder", "sms", "email"),
    contact(5, 4, "reminder", "phone"),
    contact(6, 6, "monit", "email", "sms"),
    contact(7, 8, "demand", "letter", "email", answer_days=7),
    contact(8, 11, "monit", "phone"),
    contact(9, 15, "monit", "phone"),
    contact(10, 18, "monit", "phone"),
    contact(11, 21, "final", "letter", answer_days=3, needs_approval=True),
    course.Step(12, 22, kind="question"),
    contact(13, 24, "monit", "phone"),
    contact(14, 28, "monit", "phone"),
    course.Step(15, 31, kind="report"),
)


def facts_of(due, entered=None, **values):
    """Return the facts of a receivable printed as due on ``due``."""
    return course.Facts(
        due=due,
        effective_due=calendar.effective_due_date(due),
        entered_on=entered or due - timedelta(days=20),
        **values,
    )
