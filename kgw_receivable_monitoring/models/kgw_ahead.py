from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain

from ..const import OPEN_STATES
from ..const_reasons import CURES, HOLD_CURES, REASONS
from ..tools import calendar


class KgwAhead(models.AbstractModel):
    """What comes next for a case: on its own page as its plan says, in lists of many cases from
    what is stored.

    A part of ``kgw.case``, in a room of its own.
    """

    _name = "kgw.ahead"
    _description = "What Lies Ahead of a Case"

    next_date = fields.Date(string="Next Step On", compute="_compute_next")
    next_label = fields.Char(string="What Comes Next", compute="_compute_next")
    coming_on = fields.Date(string="Planned For", compute="_compute_coming")
    coming = fields.Char(string="Next in the Plan", compute="_compute_coming")
    waiting_reason = fields.Selection(
        REASONS,
        string="Waits For",
        compute="_compute_waiting",
        search="_search_waiting_reason",
    )
    waiting_cure = fields.Selection(
        CURES + HOLD_CURES, string="What Helps", compute="_compute_waiting"
    )
    is_stopped = fields.Boolean(
        compute="_compute_stopped",
        help="A stop keeps the open reminder back: nothing else that it waits for matters.",
    )

    def _compute_next(self):
        """What is planned already, else what the plan of the case begins with, else why everything
        waits or nothing comes."""
        # Plan and words are those of the creditor's pages; who asks has the right on the cases.
        cases_sudo = self.sudo()
        portal = self.env["kgw.portal"]._speak_to_agency()
        known = portal._read_facts(cases_sudo)
        first = portal._get_first_stops(known)
        for case, case_sudo in zip(self, cases_sudo, strict=True):
            case._set_next(portal, known, first[case_sudo])

    def _set_next(self, portal, known, first):
        """Fill what comes next in.

        :param known: facts of the case, as ``kgw.portal.ahead`` reads them
        :param first: what its plan begins with, None where nothing comes
        """
        case_sudo = self.sudo()  # as above
        lines, holds = known.lines[case_sudo], known.holds[case_sudo]
        keeping = holds._get_keeping(lines)
        reminder = known.planned[case_sudo].filtered(lambda r: self._goes_on(r, holds.move_id))
        if keeping.move_id and reminder:  # it confirms a promise, which holds its invoices
            keeping = keeping.browse()
        self.next_date = False
        if keeping:
            self.next_label = self.env["kgw.upcoming"]._say_held(keeping)
        elif lines and (stuck := portal._say_stuck(self, known)):
            self.next_label = stuck
        elif first:
            self.next_date = date.fromisoformat(first["day_iso"])
            self.next_label = portal._name_coming(first)
        else:
            self.next_label = portal._say_why_nothing(self, known) if lines else ""

    def _goes_on(self, reminder, held):
        """Whether a reminder is for more than the invoices ``held``; what confirms a promise is not
        kept back by it."""
        own = reminder._get_live_lines()._get_main()
        return bool(reminder.promise_id or own.move_id - held)

    @api.depends("receivable_ids")
    def _compute_coming(self):
        for case in self:
            # Each receivable names what comes for it; the soonest of them is the case's.
            told = case.receivable_ids.filtered("coming")
            first = told.sorted(lambda r: r.coming_on or date.max)[:1]
            case.coming_on, case.coming = first.coming_on, first.coming

    # === WHAT IT WAITS FOR === #

    @api.depends_context("kgw_now")
    def _compute_waiting(self):
        """What the open reminder waits for: a case has at most one."""
        waiting = self._find_open_reminders()
        reasons = {reminder.case_id: reminder._get_waiting_reason() for reminder in waiting}
        held = waiting.filtered(lambda reminder: reasons[reminder.case_id] == "hold")
        today = fields.Date.context_today(self)
        keeping = self.env["kgw.hold"]._get_keeping_reminders(held, today)
        cures = {reminder.case_id: hold._get_cure() for reminder, hold in keeping.items()}
        for case in self:
            case.waiting_reason = reasons.get(case) or False
            case.waiting_cure = cures.get(case) or case.waiting_reason

    def _compute_stopped(self):
        waiting, today = self._find_open_reminders(), fields.Date.context_today(self)
        stops = self.env["kgw.hold"]._get_blocking(waiting, today).filtered(lambda h: not h.case_id)
        stopped = {*waiting.filtered(stops._covers).case_id}
        for case in self:
            case.is_stopped = case in stopped

    def _find_open_reminders(self):
        return self.env["kgw.reminder"].search(
            [("case_id", "in", self.ids), ("state", "in", OPEN_STATES)]
        )

    @api.model
    def _search_waiting_reason(self, operator, value):
        """Find cases by what their open reminder waits for, as ``_get_waiting_reason`` tells it."""
        if operator != "in":
            return NotImplemented
        is_open = Domain("state", "in", OPEN_STATES)
        unknown = Domain("state", "=", "unknown")
        printed = Domain("state", "=", "claimed") & Domain("print_run_id", "!=", False)
        today = self.env["kgw.portal"]._get_today()
        since = calendar.midnight(self.env["kgw.reminder"]._get_last_printing(today))
        late = printed & Domain("answer_by", "!=", False) & Domain("state_at", "<", since)
        failed = Domain("state", "=", "failed") & Domain("channel", "!=", "phone")
        written = Domain("waiting_reason", "!=", False)
        special = {
            "unknown": unknown,
            "posting": printed & ~late,
            "late_letter": late,
            "backoff": failed & ~written,
        }
        codes = [code for code in value if code]
        other = is_open & ~unknown & ~printed & Domain("waiting_reason", "in", codes)
        found = Domain.OR([other, *(special[code] for code in codes if code in special)])
        waits = Domain("reminder_ids", "any", found)
        if False not in value:
            return waits
        any_reason = Domain.OR([*special.values(), is_open & written])
        return waits | ~Domain("reminder_ids", "any", any_reason)
