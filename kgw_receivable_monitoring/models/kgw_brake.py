from datetime import timedelta
from statistics import median

from odoo import api, models
from odoo.tools import html2plaintext, plaintext2html

from ..const import (
    FIRST_RUN_LIMIT,
    OTHER_ENGINES,
    VOLUME_DAYS,
    VOLUME_FACTOR,
    VOLUME_FLOOR,
)
from ..tools.text import TextError

SAMPLE_SIZE = 3
# For so many days a number of contacts that a manager let go on may be planned without a look.
RELEASE_DAYS = 7
# Reasons of the holds that a brake puts.
BRAKES = ("volume", "engine")
TASK = "kgw_receivable_monitoring.mail_activity_type_brake"


class KgwBrake(models.AbstractModel):
    """What stops a plan by itself until a manager has looked: each brake puts a hold."""

    _name = "kgw.brake"
    _description = "Brakes of the Plan"

    # === VOLUME === #

    @api.model
    def _hold_unusual_volume(self, on_date, now):
        """Hold the mandates whose plan of ``on_date`` is far above what they usually have.

        So many contacts as a manager let go on in the last days need no other look: what did not go
        out on that day is planned again on the next. What a trial run brings is neither usual nor
        looked at for those who get it.

        :return: the new holds
        """
        since = on_date - timedelta(days=RELEASE_DAYS)
        looked = self.env["kgw.hold"].search(
            [("reason", "=", "volume"), ("from_date", ">=", since)]
        )
        holds = self.env["kgw.hold"]
        for mandate, days in self._count_planned(on_date).items():
            count = days.pop(on_date, 0)
            own = looked.filtered(lambda hold, mandate=mandate: hold.mandate_id == mandate)
            alike = own.filtered(lambda hold, trial=mandate.is_trial: hold.is_trial == trial)
            released = [volume + VOLUME_FLOOR for volume in alike.mapped("volume")]
            limit = max([self._get_limit(list(days.values())), *released])
            if count > limit and not own.filtered("is_open"):
                holds |= self._hold_volume(mandate, count, limit, on_date, now)
        return holds

    def _count_planned(self, on_date):
        """Return ``{mandate: {day: contacts}}`` of the last weeks and of ``on_date``, without those
        of a trial run that went out."""
        rows = self.env["kgw.reminder"]._read_group(
            [
                ("planned_on", ">=", on_date - timedelta(days=VOLUME_DAYS)),
                ("planned_on", "<=", on_date),
                ("state", "!=", "cancelled"),
                ("is_trial", "=", False),
                ("origin_id", "=", False),
            ],
            ["mandate_id", "planned_on:day"],
            ["__count"],
        )
        counts = {}
        for mandate, day, count in rows:
            counts.setdefault(mandate, {})[day] = count
        return counts

    def _get_limit(self, usual):
        """Return how many contacts a day may have without a look, after the days of ``usual``."""
        if not usual:
            return FIRST_RUN_LIMIT
        return max(VOLUME_FACTOR * median(usual), VOLUME_FLOOR)

    def _hold_volume(self, mandate, count, limit, on_date, now):
        speaker = self._speak_for(mandate)
        hold = self.env["kgw.hold"].create(
            {
                "mandate_id": mandate.id,
                "reason": "volume",
                "from_date": on_date,
                "is_trial": mandate.is_trial,
                "volume": count,
                "volume_limit": round(limit),
                "sample": speaker._get_sample(mandate, on_date, now),
            }
        )
        mandate.message_post(
            body=speaker.env._(
                "Nothing goes out: %(note)s. A manager looks at the texts in Work > Holds and lifts"
                " the hold, or cancels the reminders.",
                note=speaker._say(hold.volume, hold.volume_limit),
            )
        )
        self._add_tasks(hold, on_date)
        return hold

    @api.model
    def _say(self, count, limit):
        """Return in words how many contacts were planned, and how many need no look."""
        return self.env._(
            "%(count)s contacts planned, without a look up to %(limit)s", count=count, limit=limit
        )

    def _speak_for(self, mandate):
        """Return this model in the language of who works for ``mandate``: what the system writes
        down is read by people."""
        return self.with_context(lang=mandate.controller_id.lang or "pl_PL")

    def _get_sample(self, mandate, on_date, now):
        """Return some of the planned texts, one for each channel and template."""
        reminders = self.env["kgw.reminder"]
        rows = reminders._read_group(
            [
                ("mandate_id", "=", mandate.id),
                ("planned_on", "=", on_date),
                ("state", "=", "planned"),
            ],
            ["template_id"],
            ["id:min"],
            order="id:min",
            limit=SAMPLE_SIZE,
        )
        return "\n\n".join(self._write_sample(reminders.browse(row[1]), now) for row in rows)

    def _write_sample(self, reminder, now):
        try:
            subject, body = reminder._get_channel()._render(
                reminder, self.env["kgw.text"]._get_coming_values(reminder, now)
            )
        except TextError as error:
            subject, body = "", reminder.template_id._say_error(error)
        except Exception as error:  # a text that can't be written stops no plan
            subject, body = "", type(error).__name__
        text = html2plaintext(body) if reminder.channel in ("email", "letter") else body
        return "\n".join(filter(None, (reminder.display_name, subject, text)))

    # === WHO LOOKS === #

    def _add_tasks(self, holds, on_date):
        """Give a manager the task of looking at what ``holds`` keep back, one for each mandate as
        long as it is open."""
        kind = self.env.ref(TASK)
        for hold in holds:
            # Odoo's own notice per task would be one more mail beside that of the alarm.
            mandate = hold.mandate_id.with_context(mail_activity_quick_update=True)
            if kind in mandate.activity_ids.activity_type_id:
                continue
            manager = mandate._get_manager()
            name = kind.with_context(lang=manager.lang).name
            mandate.activity_schedule(
                TASK,
                date_deadline=on_date,
                summary=f"{name}: {mandate.code}",
                note=plaintext2html(hold.with_context(lang=manager.lang)._describe()),
                user_id=manager.id,
            )

    @api.model
    def _end_tasks(self, holds):
        """End the tasks of the mandates of ``holds``, which were lifted, if no brake is left."""
        mandates = holds.filtered(lambda hold: hold.reason in BRAKES).mandate_id
        if not mandates:
            return
        left = holds.search([("reason", "in", BRAKES), ("lifted_at", "=", False)]).mandate_id
        (mandates - left).activity_unlink([TASK])

    # === OTHER ENGINES === #

    @api.model
    def _hold_beside_other_engines(self, on_date, now):
        """Hold the mandates whose invoices another reminder engine works on, and lift the holds
        of those where it is gone."""
        holds = self.env["kgw.hold"]
        open_holds = holds.search([("reason", "=", "engine"), ("lifted_at", "=", False)])
        mandates = self.env["kgw.mandate"].search([("state", "=", "active")])
        found = {
            mandate: engines
            for mandate in mandates
            if (engines := self._find_other_engines(mandate.journal_id.company_id))
        }
        open_holds.filtered(lambda hold: hold.mandate_id not in found)._lift(now)
        fresh = holds.create(
            [
                {
                    "mandate_id": mandate.id,
                    "reason": "engine",
                    "from_date": on_date,
                    # names alone, which every reader understands: what helps is told beside it
                    "note": f"{', '.join(engines)} ({mandate.journal_id.company_id.name})",
                }
                for mandate, engines in found.items()
                if mandate not in open_holds.mandate_id
            ]
        )
        self._add_tasks(fresh, on_date)

    def _find_other_engines(self, company):
        """Return the names of other engines that are set up for ``company``."""
        return [
            name
            for model, name in OTHER_ENGINES.items()
            if model in self.env and self._is_set_up(self.env[model], company)
        ]

    def _is_set_up(self, model, company):
        companies = [("company_id", "in", (False, company.id))]
        return bool(model.search_count(companies if "company_id" in model._fields else [], limit=1))
