from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import Command, api, models
from odoo.tools.misc import format_date

from ..tools import calendar, promise

# Numbers of payments that are offered.
COUNTS = (2, 3, 4, 6)


class KgwPromisePlan(models.AbstractModel):
    """What is offered where a promise is taken down: days, and a plan of several payments."""

    _name = "kgw.promise.plan"
    _description = "Plan of Promised Payments"

    @api.model
    def _get_offer(self, today):
        """Return the days on which people promise to pay, with their keys, and the numbers of
        payments; no day is a day off."""
        names = {}
        for day, name in self._get_named_days(today):
            names.setdefault(day, name)
        return {
            "counts": COUNTS,
            "days": [
                {
                    "key": str(key),
                    "day": day.isoformat(),
                    "label": f"{name}, {format_date(self.env, day, date_format='EEE d.MM')}",
                }
                for key, (day, name) in enumerate(sorted(names.items()), start=1)
            ],
        }

    def _get_named_days(self, today):
        """Return ``(day, name)`` of the days offered; of two names of a day the first is shown."""
        next_day = calendar.add_working_days(today, 1)
        is_tomorrow = next_day == today + timedelta(days=1)
        return [
            (next_day, self.env._("tomorrow") if is_tomorrow else self.env._("next working day")),
            (self._find_end(today, self._get_week_end), self.env._("end of week")),
            (calendar.forward(today + timedelta(days=7)), self.env._("in 7 days")),
            (calendar.forward(today + timedelta(days=14)), self.env._("in 14 days")),
            (self._find_end(today, self._get_month_end), self.env._("end of month")),
        ]

    def _find_end(self, today, get_end):
        """Return the last working day of this week or month, once it is over of the next one."""
        end = get_end(today)
        while calendar.back(end) <= today:
            end = get_end(end + timedelta(days=7))
        return calendar.back(end)

    def _get_week_end(self, day):
        return day + timedelta(days=4 - day.weekday())

    def _get_month_end(self, day):
        return day + relativedelta(day=31)

    @api.model
    def _plan_parts(self, total, count, first):
        """Return the commands that write a plan of ``count`` payments, the first one on ``first``."""
        parts = promise.split(Decimal(str(round(total, 2))), count, first)
        return [
            Command.clear(),
            *(
                Command.create({"due_on": day, "amount": float(amount)})
                for day, amount in parts
                if amount > 0
            ),
        ]
