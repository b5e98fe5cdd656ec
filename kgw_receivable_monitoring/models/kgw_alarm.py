from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from ..const_health import HEALTH_CHECKS, HEALTH_LEVELS
from ..tools import calendar

AGENTS = "kgw_receivable_monitoring.group_kgw_agent"
WATCHDOG = "kgw_receivable_monitoring.ir_cron_kgw_watch"
# The type of the message that tells open pages that the alarms have changed.
BUS_TYPE = "kgw_health"
# What begins and ends by what somebody does: shown as it is now, not as the watchdog last saw it.
AT_ONCE = ("brakes", "stop")


class KgwAlarm(models.Model):
    """Something that the watchdog found out of order: when it began, when it was over.

    Managers are told once, when an alarm begins; a warning only shows in the systray.
    """

    _name = "kgw.alarm"
    _description = "Alarm"
    _order = "began_at desc, id desc"
    _rec_name = "code"

    code = fields.Selection(HEALTH_CHECKS, string="Check", required=True, readonly=True)
    level = fields.Selection(HEALTH_LEVELS, required=True, readonly=True)
    sentence = fields.Text(readonly=True)
    told = fields.Text(string="What Is Wrong", compute="_compute_told")
    began_at = fields.Datetime(required=True, readonly=True)
    ended_at = fields.Datetime(readonly=True)

    _one_open = models.UniqueIndex("(code) WHERE ended_at IS NULL")

    @api.depends("sentence", "ended_at")
    @api.depends_context("lang")
    def _compute_told(self):
        """What goes on is told as it stands, in the reader's language; what is over in the words in
        which it was recorded."""
        health, now = self.env["kgw.health"], fields.Datetime.now()
        for alarm in self:
            check = None if alarm.ended_at else health._get_check(alarm.code, now)
            is_same = check and check.level == alarm.level
            alarm.told = check.sentence if is_same else alarm.sentence

    # === WATCHDOG === #

    @api.model
    def _cron_watch(self):
        self._watch(fields.Datetime.now())

    @api.model
    def _watch(self, now):
        """Ask every check at ``now`` (naive UTC); record what begins, what goes on, what is over."""
        managers = self.env["res.users"]._kgw_get_managers()
        speaker = self._speak_to(max(managers.grouped("lang").values(), key=len, default=managers))
        found = {
            check.code: check
            for check in speaker.env["kgw.health"]._get_checks(now)
            if check.level in ("alarm", "warning")
        }
        current = self._get_current()
        over = current.filtered(lambda a: a.code not in found or found[a.code].level != a.level)
        over.write({"ended_at": now})
        over.flush_recordset()  # the unique index knows one open alarm of a check
        for alarm in current - over:
            if alarm.sentence != found[alarm.code].sentence:
                alarm.sentence = found[alarm.code].sentence
        begun = self.create(
            [
                {
                    "code": check.code,
                    "level": check.level,
                    "sentence": check.sentence,
                    "began_at": now,
                }
                for code, check in found.items()
                if code not in (current - over).mapped("code")
            ]
        )
        begun.filtered(lambda a: a.level == "alarm")._tell(managers, now)
        if over or begun:
            self._tell_pages(now)

    @api.model
    def _get_current(self):
        return self.search([("ended_at", "=", False)])

    def _speak_to(self, users):
        """Return these records in the language and time zone of ``users``, who share it."""
        return self.with_context(lang=users[:1].lang, tz=users[:1].tz or calendar.POLAND)

    def _tell(self, managers, now):
        """Tell the managers, each in their language, of all these alarms in one message."""
        if not self:
            return
        for users in managers.grouped("lang").values():
            speaker = self._speak_to(users)
            checks = [
                speaker.env["kgw.health"]._get_check(code, now) for code in self.mapped("code")
            ]
            titles = speaker._get_titles()
            items = Markup().join(
                Markup("<li><b>%s</b><br/>%s<br/>%s</li>")
                % (
                    titles[check.code],
                    Markup("<br/>").join(check.sentence.splitlines()),
                    check.cure,
                )
                for check in checks
            )
            link = Markup('<p><a href="/odoo/monitoring-health">%s</a></p>') % speaker.env._(
                "Open the state of the system"
            )
            speaker.env["mail.thread"].message_notify(
                partner_ids=users.partner_id.ids,
                subject=speaker.env._(
                    "Monitoring alarm: %s", ", ".join(titles[check.code] for check in checks)
                ),
                body=Markup("<ul>%s</ul>%s") % (items, link),
            )

    # === SYSTRAY === #

    @api.model
    def _tell_at_once(self, now):
        """Show in the open pages what somebody has just stopped or let go on, and have it
        recorded."""
        # Waking a scheduled action is nobody's own right; what it then does is checked there.
        self.env.ref(WATCHDOG).sudo()._trigger()
        self._tell_pages(now)

    def _tell_pages(self, now):
        self.env.ref(AGENTS)._bus_send(BUS_TYPE, {"alarms": self._get_shown(now)})

    @api.model
    def _get_shown(self, now):
        """Return what the systray shows at ``now``: codes and levels, no figures."""
        # Agents may not open the page; nothing but codes and levels of it is told.
        health = self.env["kgw.health"].sudo()
        checks = [health._get_check(code, now) for code in AT_ONCE]
        recorded = self._get_current().filtered(lambda alarm: alarm.code not in AT_ONCE)
        return recorded._get_short() + [
            {"code": check.code, "level": check.level}
            for check in checks
            if check.level in ("alarm", "warning")
        ]

    def _get_short(self):
        """Return what the systray needs of these alarms: codes and levels, no figures."""
        return [{"code": alarm.code, "level": alarm.level} for alarm in self]

    @api.model
    def _get_titles(self):
        """Return ``{code: title}`` in the language of the context."""
        return dict(self._fields["code"]._description_selection(self.env))

    @api.model
    def _get_systray(self, now):
        """Return what the web client of a user of ours is told when it loads."""
        alarms = self._get_shown(now)
        if self._is_watchdog_late(now) and "crons" not in [alarm["code"] for alarm in alarms]:
            alarms.append({"code": "crons", "level": "alarm"})
        return {
            "alarms": alarms,
            "titles": self._get_titles(),
            "can_open": self.env["kgw.health"].has_access("read"),
        }

    @api.model
    def _is_watchdog_late(self, now):
        """Whether nobody watches: the watchdog can't tell that itself."""
        # Only the system may read scheduled actions; nothing but its last run is asked.
        cron_sudo = self.env.ref(WATCHDOG).sudo()
        last = cron_sudo.lastcall or cron_sudo.create_date
        return now - last > timedelta(hours=1)
