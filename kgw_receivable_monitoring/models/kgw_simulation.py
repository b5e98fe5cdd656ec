from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from odoo import SUPERUSER_ID, api, models
from odoo.tools.misc import format_date

from ..const import CHANNELS
from ..const_reasons import PLANNED_ANEW
from ..tools import calendar

# How long a simulation waits for a row that somebody works on, in milliseconds.
LOCK_TIMEOUT = 500
# A contact takes some hundredths of a second; so many end within a quarter of a minute.
MAX_ENTRIES = 300


class KgwSimulation(models.AbstractModel):
    """What would happen: the planner, the gate and the texts of the engine itself, in a
    transaction of its own that is never committed.

    A transaction of its own, not a savepoint: what the engine leaves for after the commit (waking
    scheduled actions, the bus) and what it read into caches ends with it.
    """

    _name = "kgw.simulation"
    _description = "Simulation of Days to Come"

    @contextmanager
    def _open(self, cases):
        """Yield ``cases`` in a transaction that ends without a trace.

        Cases that somebody works on at this moment are left out, and no row is waited for long:
        a simulation gives way to what really goes on.
        """
        cr = self.env.registry.cursor()
        try:
            cr.execute("SELECT set_config('lock_timeout', %s, true)", (f"{LOCK_TIMEOUT}ms",))
            # What scheduled actions do is done with their rights, as they do it; whether a person
            # may look at these cases was asked by the caller.
            context = {"kgw_simulation": True, "tracking_disable": True, "lang": self.env.lang}
            env = api.Environment(cr, SUPERUSER_ID, context)
            yield env["kgw.case"].browse(cases.ids).try_lock_for_update(allow_referencing=True)
        finally:
            cr.rollback()
            cr.close()

    @api.model
    def _run(self, cases, first, last, now):
        """Live through the days from ``first`` to ``last`` and return what each would bring.

        Nothing more is paid, payments stay known as far behind as now, messages arrive, calls
        reach their person, letters are posted on their day, the creditor does not answer, a
        manager lets unusually many contacts go on.

        :param cases: the cases of :meth:`_open`
        :param now: moment from which on things happen, naive UTC
        :return: ``(entries, day)``: dictionaries with the values of ``kgw.preview.line``, in order,
            and the last day lived through, which is an earlier one when there is too much to tell
        """
        found, told, day = [], {}, first
        self._suppose_looked_at(cases, now)
        lags = self._get_lags(cases.mandate_id, first)
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            self._move_coverage(lags, day)
            found += self._run_day(cases, day, self._get_start(cases, day, now), told)
            if len(found) > MAX_ENTRIES:
                break
        return found, day

    def _suppose_looked_at(self, cases, now):
        """Let a manager have lifted what keeps unusually many contacts back."""
        held = [("reason", "=", "volume"), ("lifted_at", "=", False)]
        self.env["kgw.hold"].search([*held, ("mandate_id", "in", cases.mandate_id.ids)]).write(
            {"lifted_at": now}
        )
        self.env["kgw.dispatcher"]._release("hold", [("case_id", "in", cases.ids)])

    # === ONE DAY === #

    def _run_day(self, cases, day, start, told):
        last_event = self.env["kgw.event"].search([], order="id desc", limit=1).id
        moment = start
        self._get_reminders(cases, ("claimed",), "!=")._mark_sent(moment)  # on the way just now
        self.env["kgw.planner"]._run_day(day, moment, cases)
        found = []
        while moment and calendar.local_date(moment) == day:
            found += self._contact(cases, moment)
            last_moment, moment = moment, self._get_next_moment(cases, moment)
        if calendar.is_working_day(day):
            found += self._post_letters(cases, last_moment)
        found += self._read_events(cases, last_event)
        found += self._read_waiting(cases, day, found, told)
        return [{"day": day, **values} for values in found]

    def _get_start(self, cases, day, now):
        """Return the first moment of ``day``, not before ``now``, at which one of the cases may be
        contacted; where there is none, the first moment of the day."""
        begin = max(now, calendar.midnight(day))
        moments = []
        for (kind, tz), _cases in cases.grouped(lambda c: (c.kind_id, c.tz)).items():
            moments.append(kind._get_next_moment(begin, tz))
        start = min(moments, default=begin)
        return start if calendar.local_date(start) == day else begin

    def _contact(self, cases, moment):
        """Do what the dispatchers do at ``moment``, but for handing anything over."""
        dispatcher = self.env["kgw.dispatcher"]
        board = self._get_reminders(cases, ("planned", "failed"), "=", "phone").filtered(
            lambda call: call.activity_ids and (call.retry_at or moment) <= moment
        )
        made = board.filtered(lambda call: dispatcher._prepare(call, moment))
        for channel, _label in CHANNELS:
            candidates = dispatcher._lock_candidates(channel, moment, cases=cases)
            made |= dispatcher._claim(candidates, moment)
        made = made.filtered(lambda r: r.channel != "letter")  # those go out by being posted
        found = [self._tell(reminder, moment) for reminder in made]
        calls = made.filtered(lambda r: r.channel == "phone")
        (made - calls)._mark_sent(moment)
        for call in calls:
            self.env["kgw.channel.phone"]._record_call(call, "reached", "", moment)
        return found

    def _post_letters(self, cases, moment):
        letters = self._get_reminders(cases, ("claimed",), "=")
        posted = letters - self.env["kgw.gate"]._take_out(letters, moment)
        found = [self._tell(letter, moment) for letter in posted]
        posted._mark_posted(moment)
        return found

    def _get_reminders(self, cases, states, operator, channel="letter"):
        return self.env["kgw.reminder"].search(
            [
                ("case_id", "in", cases.ids),
                ("state", "in", states),
                ("channel", operator, channel),
            ],
            order="id",
        )

    def _get_next_moment(self, cases, moment):
        """Return when the next of the open reminders may be tried again, or None."""
        waiting = self.env["kgw.reminder"].search(
            [("case_id", "in", cases.ids), ("state", "in", ("planned", "failed"))]
        )
        moments = [r.retry_at if r.state == "failed" else r.not_before for r in waiting]
        return min((m for m in moments if m and m > moment), default=None)

    # === COVERAGE === #

    def _get_lags(self, mandates, first):
        """Return ``{mandate: working days}`` by which the knowledge of payments lags behind."""
        told = mandates.filtered("coverage_date")
        return {mandate: mandate._get_coverage_lag(first) for mandate in told}

    def _move_coverage(self, lags, day):
        """Let payments be known as far behind ``day`` as they are now."""
        for mandate, lag in lags.items():
            known = calendar.add_working_days(day, -lag) if lag else day
            if known > mandate.coverage_date:
                mandate.coverage_date = known

    # === WHAT IS TOLD === #

    def _tell(self, reminder, moment):
        """Return the values of a contact that goes out, exactly as it would."""
        return {
            "kind": "contact",
            "at": moment,
            "recipient": reminder.recipient,
            "subject": reminder.subject,
            "body": reminder.body,
            **self._describe(reminder),
        }

    def _describe(self, reminder):
        lines = reminder._get_live_lines().sorted(lambda r: (r.receivable_id.date_maturity, r.id))
        return {
            "case_id": reminder.case_id.id,
            "channel": reminder.channel,
            "step_id": reminder.step_id.id,
            "rung": reminder.rung,
            "invoices": self._name_invoices(lines._get_main().receivable_id),
            "move_ids": sorted(lines.move_id.ids),
        }

    def _name_invoices(self, receivables):
        in_words = partial(format_date, self.env)
        return ", ".join(self.env["kgw.event"]._name_invoices(receivables, in_words))

    def _read_events(self, cases, last_event):
        """Return what the register says since ``last_event``: questions and reports to the
        creditor, and what was not done and why, once."""
        events = self.env["kgw.event"].search(
            [
                ("id", ">", last_event),
                ("case_id", "in", cases.ids),
                ("kind", "in", ("cancelled", "passed", "question", "report")),
                ("reason", "not in", PLANNED_ANEW),
                "|",
                ("kind", "!=", "passed"),
                ("reminder_id", "=", False),
            ],
            order="id",
        )
        events = events.sorted(lambda e: (e.case_id.id, e.move_id.id, e.instalment, e.id))
        groups = events.grouped(lambda e: (e.case_id, e.kind, e.step_id, e.reason, e.reminder_id))
        return [self._tell_event(group) for group in groups.values()]

    def _tell_event(self, events):
        event = events[0]
        if event.reminder_id:
            return {"kind": "not_sent", "reason": event.reason, **self._describe(event.reminder_id)}
        to_creditor, mail = event.kind != "passed", self.env["kgw.creditor.mail"]
        return {
            "kind": event.kind if to_creditor else "not_sent",
            "reason": event.reason,
            "case_id": event.case_id.id,
            "channel": "email" if to_creditor else event.step_id.channel,
            "recipient": mail._get_recipient_of(event) if to_creditor else False,
            "step_id": event.step_id.id,
            "rung": not to_creditor and event.step_id.rung,
            "invoices": ", ".join(events.mapped(lambda e: e.invoice or "")),
            "move_ids": sorted(events.move_id.ids),
        }

    def _read_waiting(self, cases, day, found, told):
        """Return what waits at the end of ``day``, each told again only when its reason changes.

        :param told: ``{(case id, whether “No Follow-Up” was told): (step id, reason)}`` of what was
            told last; brought up to date
        """
        for values in found:
            if values["kind"] == "contact":
                told.pop((values["case_id"], False), None)
        waiting = self._get_waiting(cases, day)
        busy = {values["case_id"] for values in [*found, *waiting]}
        fresh = []
        for values in [*waiting, *self._get_unplanned(cases, day, busy)]:
            about = values["case_id"], values["reason"] == "no_followup"
            key = (values["step_id"], values["reason"])
            if told.get(about) != key:
                told[about] = key
                fresh.append(values)
        return fresh

    def _get_waiting(self, cases, day):
        reminders = self.env["kgw.reminder"].search(
            [("case_id", "in", cases.ids), ("state", "in", ("planned", "failed", "unknown"))],
            order="id",
        )
        return [
            {
                "kind": "not_sent",
                "reason": reason,
                "note": self.env["kgw.obstacle"]._say_waiting(reminder, reason, day),
                **self._describe(reminder),
            }
            for reminder in reminders
            if (reason := reminder._get_waiting_reason())
        ]

    def _get_unplanned(self, cases, day, busy):
        """Return why cases that have a contact due on ``day`` have nothing planned, and which
        invoices are left out whatever happens to the others."""
        if not calendar.is_working_day(day):
            return []  # nobody expects anything
        due = self.env["account.move.line"].search(
            [
                ("kgw_case_id", "in", cases.ids),
                ("kgw_next_act", "=", "contact"),
                ("kgw_next_date", "<=", day),
                ("kgw_next_until", ">=", day),
            ],
            order="kgw_case_id, date_maturity, id",
        )
        silent = due.filtered("no_followup")
        found = [
            self._prepare_unplanned(lines, "no_followup", "")
            for lines in silent.grouped("kgw_case_id").values()
        ]
        idle = (due - silent).filtered(lambda line: line.kgw_case_id.id not in busy)
        for case, lines in idle.grouped("kgw_case_id").items():
            obstacles = self.env["kgw.obstacle"]._get_planning(case, lines, day)
            found += [self._prepare_unplanned(lines, o.reason, o.note) for o in obstacles[:1]]
        return found

    def _prepare_unplanned(self, lines, reason, note):
        """Return the values of a contact about ``lines`` of one case that nothing is planned for."""
        step = lines[0].kgw_next_step_id
        return {
            "kind": "not_sent",
            "reason": reason,
            "note": note,
            "case_id": lines.kgw_case_id.id,
            "channel": step.channel,
            "step_id": step.id,
            "rung": step.rung,
            "invoices": self._name_invoices(lines),
            "move_ids": sorted(lines.move_id.ids),
        }
