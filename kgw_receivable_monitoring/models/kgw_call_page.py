from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_date, format_datetime, format_time

from ..const_calls import IDENTITY
from ..const_reasons import PLANNED_ANEW
from ..tools import calendar, words
from ..tools.text import TextError

# What the page shows of the history; the whole of it stands on the case.
TIME_LINE = 30
# Invoices named in the header; the list below has them all.
NAMED_INVOICES = 4
# Who speaks with somebody needs what was said and done, not how it was planned or postponed; that
# a planned call was made stands in the entry of the call itself.
TOLD = (
    Domain("kind", "not in", ("planned", "waiting", "moved", "passed"))
    & (Domain("kind", "!=", "cancelled") | Domain("reason", "not in", PLANNED_ANEW))
    & (
        Domain("channel", "!=", "phone")
        | Domain("kind", "not in", ("sent", "delivered", "undelivered", "failed"))
    )
)
# What tells an open desk that something changed while the agent speaks.
NEWS = (
    "payment",
    "payment_back",
    "credit_note",
    "hold",
    "lifted",
    "decision",
    "stage",
    "reply",
    "contact_point",
)


class KgwCallPage(models.AbstractModel):
    """What lies on a desk and is entered there, and what its page shows: read from the case at
    this moment, never stored."""

    _name = "kgw.call.page"
    _description = "Page of the Call Desk"

    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    case_id = fields.Many2one("kgw.case", required=True, readonly=True, ondelete="cascade")
    reminder_id = fields.Many2one(
        "kgw.reminder", string="Call", readonly=True, index=True, ondelete="cascade"
    )
    brand_id = fields.Many2one("kgw.brand", string="Speaking As", required=True, readonly=True)
    is_incoming = fields.Boolean(readonly=True)
    opened_at = fields.Datetime(required=True, readonly=True)
    # what the agent enters
    identity_by = fields.Selection(IDENTITY, string="Identity")
    called_at = fields.Datetime(
        string="When the Call Was Made",
        help="Asked where calls are not made at the moment of saving.",
    )
    note = fields.Text()
    receivable_ids = fields.Many2many("kgw.receivable", string="Invoices Spoken About")
    promise_on = fields.Date(string="Pays On")
    promise_amount = fields.Monetary(string="Amount")
    part_count = fields.Integer(string="Payments in All", default=2)
    part_ids = fields.One2many("kgw.desk.part", "desk_id", string="Payments")
    dispute_reason_id = fields.Many2one("kgw.dispute.reason", string="Why Disputed")
    callback_at = fields.Datetime(string="Call Again At")
    new_phone = fields.Char(string="New Number")
    # what the page shows
    counterparty_id = fields.Many2one(related="case_id.counterparty_id")
    creditor_id = fields.Many2one(related="case_id.creditor_id")
    kind_id = fields.Many2one(related="case_id.kind_id")
    owed_label = fields.Char(related="case_id.owed_label")
    talk_label = fields.Char(string="In This Talk", compute="_compute_talk")
    talk_invoices = fields.Char(compute="_compute_talk")
    is_part_of_case = fields.Boolean(compute="_compute_talk")
    contact_point_ids = fields.One2many(related="case_id.contact_point_ids", readonly=False)
    open_receivable_ids = fields.Many2many("kgw.receivable", compute="_compute_lists")
    event_ids = fields.Many2many("kgw.event", string="Time Line", compute="_compute_lists")
    currency_id = fields.Many2one("res.currency", compute="_compute_lists")
    needs_identity = fields.Boolean(related="kind_id.is_natural_person")
    present_number = fields.Char(related="brand_id.phone", string="Number to Present")
    opening = fields.Text(compute="_compute_opening")
    script = fields.Text(compute="_compute_script")
    phone = fields.Char(string="Number", compute="_compute_gate")
    is_trial = fields.Boolean(compute="_compute_is_trial")
    can_call = fields.Boolean(compute="_compute_gate")
    was_allowed = fields.Boolean(
        readonly=True, help="Nothing stood in the way of the call when the desk was opened."
    )
    asks_when = fields.Boolean(compute="_compute_gate")
    warning = fields.Char(compute="_compute_gate")
    news = fields.Text(compute="_compute_news")
    last_contact = fields.Char(compute="_compute_lists")
    queue_note = fields.Char(compute="_compute_queue_note")

    def _compute_lists(self):
        """Invoices that something is owed of, with the amounts of this moment; the last events."""
        for desk in self:
            case = desk.case_id
            owed = self.env["kgw.receivable"].search(
                [("case_id", "=", case.id), ("stage", "!=", "closed"), ("residual", ">", 0)]
            )
            desk.open_receivable_ids = owed
            desk.currency_id = owed[:1].currency_id or self.env.company.currency_id
            desk.event_ids = self.env["kgw.event"].search(
                Domain("case_id", "=", case.id) & TOLD, limit=TIME_LINE
            )
            desk.last_contact = desk.reminder_id.last_contact

    @api.depends("receivable_ids", "reminder_id")
    def _compute_talk(self):
        """What the talk is about, with the amounts and days that the script names; the case may owe
        more than that: what is not due yet, or not named in this call."""
        now, lang = fields.Datetime.now(), self.env.lang or "en_US"
        today, texts = calendar.local_date(now), self.env["kgw.text"]
        for desk in self:
            # Numbers of ledger invoices; the agent's right is on the case.
            owed = desk._get_all_lines()
            lines = desk.sudo().reminder_id.line_ids._get_kept(now).receivable_id or owed
            lines = lines.sorted("date_maturity")
            desk.talk_label = texts._format_total(lines, lang)
            desk.is_part_of_case = bool(owed - lines)
            named = [desk._name_invoice(line, lang, today) for line in lines[:NAMED_INVOICES]]
            more = len(lines) - len(named)
            if more:
                named.append(self.env._("and %s more", more))
            desk.talk_invoices = " · ".join(named)

    def _get_all_lines(self):
        # As above: a talk that no call was planned for may be about all that is owed.
        lines = self.env["account.move.line"].sudo().browse(self.open_receivable_ids.ids)
        return lines.filtered(lambda line: line.kgw_case_id == self.case_id)

    def _name_invoice(self, line, lang, today):
        """Return one invoice with its amount and days, as the script names them."""
        item = self.env["kgw.text"]._get_item(line, lang, today)
        if item["days_overdue"]:
            return self.env._(
                "%(number)s: %(amount)s, days overdue: %(days)s",
                number=item["number"],
                amount=item["residual"],
                days=item["days_overdue"],
            )
        return self.env._(
            "%(number)s: %(amount)s, due %(day)s",
            number=item["number"],
            amount=item["residual"],
            day=item["due_date"],
        )

    @api.depends("brand_id", "is_incoming")
    def _compute_opening(self):
        """What is said first, in the brand's name and the counterparty's language, before it is
        known who speaks: nothing of the matter."""
        for desk in self:
            said = desk.with_context(lang=desk.case_id.lang)
            name = desk.counterparty_id.name or ""
            me, brand = self.env.user.name, desk.brand_id.name or ""
            if desk.is_incoming:
                # The caller was greeted when the call was taken.
                desk.opening = said.env._("“Whom am I speaking to, please?”")
            else:
                desk.opening = words.one_stop(
                    said.env._(
                        "“Good morning, this is %(me)s from %(brand)s. Do I speak with %(name)s?”",
                        me=me,
                        brand=brand,
                        name=name,
                    )
                )

    @api.depends("reminder_id", "identity_by")
    def _compute_script(self):
        """The text agreed with the creditor; of a person's matter only after the identity."""
        now = fields.Datetime.now()
        for desk in self:
            hidden = desk.needs_identity and not desk.identity_by
            desk.script = False if hidden else desk._write_script(now)

    def _write_script(self, now):
        """Return the script with the amounts of ``now``, or why there is none."""
        if not self.reminder_id:
            return False
        # The script names amounts of ledger invoices; the agent's right is on the case.
        reminder = self.sudo().reminder_id
        try:
            values = self.env["kgw.text"].sudo()._get_coming_values(reminder, now)
            return reminder._get_channel()._render(reminder, values)[1]
        except TextError as error:
            return reminder.template_id._say_error(error)

    @api.depends("case_id", "is_incoming")
    def _compute_is_trial(self):
        """In a trial run the trial number is called; who calls us is the counterparty itself."""
        for desk in self:
            desk.is_trial = desk.case_id.is_trial and not desk.is_incoming

    @api.depends("reminder_id")
    def _compute_gate(self):
        """The number to call, while nothing stands in the way; else what the gate says."""
        now = fields.Datetime.now()
        for desk in self:
            call = desk.reminder_id
            verdict = call and self.env["kgw.gate"].sudo()._judge(call.sudo(), now)
            stands = "" if desk.is_incoming or not call else verdict.reason
            desk.warning = stands and desk._say_warning(stands, now)
            desk.can_call = bool(call) and not stands
            desk.phone = desk._get_phone() if desk.can_call else False
            desk.asks_when = bool(stands) and not desk._has_begun_in_time(now)

    def _has_begun_in_time(self, now):
        """Whether the talk began today when nothing stood in its way: it may end a little later."""
        begun_on = calendar.local_date(self.opened_at)
        return self.was_allowed and begun_on == calendar.local_date(now)

    def _say_warning(self, reason, now):
        """Return in a sentence or two why nobody calls at ``now``, and from when on one may."""
        if reason != "hours":
            field = self.env["kgw.reminder"]._fields["reason"]
            why = dict(field._description_selection(self.env)).get(reason, "")
            if reason == "hold":
                why = ": ".join(filter(None, (why, self._say_hold(calendar.local_date(now)))))
            return words.one_stop(self.env._("Do not call now. %s.", why))
        call, today = self.reminder_id, calendar.local_date(now)
        opens = call._get_next_slot(now)
        if opens <= now:  # today is used up
            opens = call._get_next_slot(calendar.noon(today) + timedelta(hours=12))
        day = calendar.local_date(opens)
        when = {
            "day": format_date(self.env, day),
            "time": format_time(self.env, opens, tz=self.case_id.tz, time_format="H:mm"),
        }
        if call.until and call.until < day:
            return self.env._(
                "Do not call now: outside contact hours. When the next ones begin, on %(day)s at"
                " %(time)s, the time of this step is over: this call is not made any more.",
                **when,
            )
        return self.env._(
            "Do not call now: outside contact hours. The next ones begin on %(day)s at %(time)s.",
            **when,
        )

    def _say_hold(self, today):
        """Return the hold that keeps the whole case back, in words: reason, note, who."""
        # A word of it, for who has the case; it may be the mandate's or everybody's.
        call_sudo = self.reminder_id.sudo()
        holds = call_sudo.env["kgw.hold"]._get_blocking(call_sudo, today)
        return holds.filtered(lambda hold: hold._covers(call_sudo))._get_last()._describe()

    def _get_phone(self):
        model = self.reminder_id._get_channel_model("phone")
        return model._get_recipient(self.reminder_id)

    def _compute_news(self):
        """What happened to the case since the desk was opened."""
        for desk in self:
            events = self.env["kgw.event"].search(
                [
                    ("case_id", "=", desk.case_id.id),
                    ("at", ">=", desk.opened_at),
                    ("kind", "in", NEWS),
                ]
            )
            desk.news = "\n".join(desk._tell_event(event) for event in events)

    def _tell_event(self, event):
        time = format_datetime(self.env, event.at, tz=self.case_id.tz, dt_format="HH:mm")
        return ": ".join(filter(None, (f"{time} {event.headline}", event.told)))

    def _compute_queue_note(self):
        left = self._count_left(fields.Datetime.now())
        for desk in self:
            desk.queue_note = self.env._("Calls to make today: %s", left)

    @api.model
    def _count_left(self, now):
        """Return how many calls the user still has on the day of ``now``."""
        calls = self.env["kgw.reminder"]
        today = calls._get_day_domain(calendar.local_date(now))
        return calls.search_count(today & Domain("agent_id", "=", self.env.uid))

    def _say_no_call(self, now):
        """Return why there is no call to make at ``now``."""
        if left := self._count_left(now):
            return self.env._(
                "No call can be made right now. Waiting: %s. Each card says what for: contact hours,"
                " another part of the day, a hold, a colleague's desk.",
                left,
            )
        return self.env._("All calls of today are made.") + " " + self._sum_up(now)

    def _sum_up(self, now):
        """Return what the user did on the day of ``now``, in words."""
        midnight = calendar.midnight(calendar.local_date(now))
        self.env["kgw.event"].flush_model()
        # The report is the lead's; its own figures are everybody's.
        report_sudo = self.env["kgw.call.report"].sudo()
        [(made, reached, promises)] = report_sudo._read_group(
            [("user_id", "=", self.env.uid), ("at", ">=", midnight)],
            [],
            ["call_count:sum", "reached_count:sum", "promise_count:sum"],
        )
        return self.env._(
            "Made: %(made)s, reached: %(reached)s, promises: %(promises)s.",
            made=made or 0,
            reached=reached or 0,
            promises=promises or 0,
        )
