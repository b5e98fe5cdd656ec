import re
from datetime import date
from decimal import Decimal
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..tools import calendar, words
from .kgw_decision import QUESTIONS

# Entries of which the channel is a part of what happened.
OF_CHANNEL = ("sent", "delivered", "undelivered", "failed", "dead", "unknown", "cancelled")
# Of an SMS as much is shown as fits into a line.
SHOWN = 80
# Of many invoices so many are named.
NAMED = 2
# The day by which the register tells invoices of one number apart: it has no language.
NAMED_DAY = re.compile(r"(?<= \()\d{4}-\d\d-\d\d(?=\)$)")
# What the payload calls the code of a field of another model: entry, key, model, field.
CODES = (
    ("call", "outcome", "kgw.reminder", "outcome"),
    ("hold", "reason", "kgw.hold", "reason"),
    ("lifted", "reason", "kgw.hold", "reason"),
    ("stage", "stage", "kgw.case", "stage"),
    ("decision", "value", "kgw.decision", "value"),
    ("revoked", "value", "kgw.decision", "value"),
    ("revoked", "answer", "kgw.event", "kind"),
    ("question", "question", "kgw.decision", "kind"),
)


class KgwEventWords(models.Model):
    """What the register tells the people who work with it, in their words: what happened, what was
    said, and who did it."""

    _inherit = "kgw.event"

    headline = fields.Char(string="What Happened", compute="_compute_headline")
    told = fields.Char(
        string="What It Was",
        compute="_compute_told",
        help="How a call ended, what was paid, promised or decided, and the note with it.",
    )
    is_trial = fields.Boolean(
        string="Of a Trial Run", compute="_compute_is_trial", search="_search_is_trial"
    )
    invoice = fields.Char(string="Invoice Number", compute="_compute_invoice")
    who = fields.Char(string="Who Did It", compute="_compute_who")

    @api.depends("kind", "channel", "is_trial")
    @api.depends_context("lang")
    def _compute_headline(self):
        for event in self:
            channel = event._get_label("channel") if event.kind in OF_CHANNEL else ""
            label = event._mark_trial(event._get_kind_label())
            event.headline = " · ".join(filter(None, (label, channel)))

    @api.model
    def _tell_trial(self, payload, is_trial):
        """Return ``payload`` of what the creditor was told or asked, marked where it was a trial run:
        :meth:`_mark_trial` reads the mark."""
        return {**payload, "is_trial": True} if is_trial else payload

    def _mark_trial(self, label):
        """Return ``label`` of this entry, marked where it tells of a trial run."""
        return f"TEST · {label}" if self.is_trial else label

    @api.depends("payload", "reminder_id.is_trial")
    def _compute_is_trial(self):
        for event in self:
            told = (event.payload or {}).get("is_trial")
            event.is_trial = event.reminder_id.is_trial or bool(told)

    def _search_is_trial(self, operator, value):
        if operator != "in":
            return NotImplemented
        of_contact = Domain("reminder_id.is_trial", "=", True)
        told = Domain.custom(
            to_sql=lambda model, alias, _query: SQL(
                "%s IS NOT NULL", SQL("%s ->> 'is_trial'", SQL.identifier(alias, "payload"))
            )
        )
        return of_contact | told if True in value else ~(of_contact | told)

    def _get_kind_label(self):
        """Return what happened; a call is made, not sent; a question is withdrawn, no decision."""
        if self._is_question_withdrawn():
            return self.env._("Question to the creditor withdrawn")
        calls = {
            "cancelled": self.env._("Not made"),
            "sent": self.env._("Made"),
            "delivered": self.env._("Spoke with the person"),
            "undelivered": self.env._("Nobody reached"),
            "failed": self.env._("Tried in vain"),
        }
        made = calls.get(self.kind) if self.channel == "phone" else ""
        return made or self._get_label("kind")

    @api.model
    def _name_invoices(self, receivables, format_day=date.isoformat):
        """Return the names of ``receivables`` as of ``_kgw_get_name``, the oldest due date first.

        :param format_day: takes a date and returns it in words; the register has no language
        """
        lines = receivables.sorted(lambda line: (line.date_maturity, line.id))
        return [line._kgw_get_name(format_day) for line in lines]

    def _name_invoice(self, format_day):
        """Return the name of the one invoice, or instalment, that an entry is about; '' without one.

        :param format_day: takes a date and returns it in words
        """
        # Who reads the register need have no rights on invoices.
        move_sudo = self.sudo().move_id
        if not move_sudo:
            return ""
        if not self.instalment or move_sudo.kgw_instalment_count < 2:
            return move_sudo._kgw_get_name(format_day)
        own = move_sudo.line_ids.filtered(lambda line: line.kgw_instalment == self.instalment)
        return (own[:1] or move_sudo)._kgw_get_name(format_day)

    @api.model
    def _say_invoices(self, names, format_day):
        """Return the invoices of an entry as :meth:`_name_invoices` wrote them, with their days in
        words.

        :param format_day: takes a date and returns it in words
        """
        return ", ".join(
            NAMED_DAY.sub(lambda day: format_day(date.fromisoformat(day[0])), name)
            for name in names
            if name
        )

    def _is_question_withdrawn(self):
        """Whether this tells of a question that is asked no more, not of an answer taken back."""
        payload = self.payload or {}
        is_question = payload.get("question") in dict(QUESTIONS)
        return self.kind == "revoked" and is_question and not payload.get("value")

    def _get_label(self, name):
        return self._get_code(self._name, name, self[name])

    @api.model
    def _get_code(self, model, name, code):
        """Return the label of a code of a field, '' without one."""
        labels = dict(self.env[model]._fields[name]._description_selection(self.env))
        return labels.get(code, "") if code else ""

    @api.depends("payload", "reason", "erasure_id")
    @api.depends_context("lang")
    def _compute_told(self):
        for event in self:
            payload = event.payload or {}
            told = (
                *(
                    self._get_code(model, name, payload.get(key))
                    for kind, key, model, name in CODES
                    if kind == event.kind
                ),
                event._tell_money(payload),
                event._say_why_back(payload),
                event._say_erased(lambda moment: format_date(self.env, moment)),
                event._get_label("reason"),
                event._tell_steps(payload),
                event._tell_message(payload),
                self.env._("outside contact hours") if payload.get("outside_hours") else "",
                event._tell_note(payload),
            )
            event.told = ": ".join(filter(None, told))

    def _tell_note(self, payload):
        """Return what was written with it; of a hold, with what it is about."""
        if self.kind in ("hold", "lifted"):
            return self.env["kgw.hold"]._say_told(payload)
        if self.kind == "revoked" and payload.get("reason"):
            reason = self._get_code("kgw.hold", "reason", payload["reason"])
            told = self.env["kgw.hold"]._say_told(payload)
            return ": ".join(filter(None, (reason, told)))
        return payload.get("note")

    def _tell_money(self, payload):
        """Return the amount with its day, or days, of a payment, a credit note or a promise."""
        if not payload.get("amount"):
            return ""
        money = words.format_money(
            Decimal(str(payload["amount"])),
            payload.get("currency") or "PLN",
            self.env.lang or "en_US",
        )
        days = [part["day"] for part in payload.get("parts", [])]
        if self.kind in ("payment", "payment_back", "credit_note"):
            days = [payload.get("paid_on") or payload.get("issued_on")]
        named = [format_date(self.env, date.fromisoformat(day)) for day in days if day]
        if payload.get("credit_note"):
            money = f"{payload['credit_note']}: {money}"
        return f"{money} ({', '.join(named)})" if named else money

    def _say_why_back(self, payload):
        """Return in a sentence why a payment was taken back, '' of what was not."""
        return self._get_back_reasons().get(payload.get("why"), "")

    def _get_back_reasons(self):
        return {
            "person": self.env._("Its assignment to this invoice was taken back."),
            "returned": self.env._("The transfer was returned."),
            "file": self.env._("The file that it came with was taken back."),
            "list": self.env._("A newer list of open items says that this is owed."),
            "books": self.env._("It was undone in the books."),
        }

    def _say_erased(self, format_day):
        """Return in a sentence when and why the content of this entry was erased; of the entry that
        tells it, why; '' of all others.

        :param format_day: takes a date and returns it in words
        """
        note = self.erasure_id or (self if self.kind == "erased" else self.browse())
        if not note:
            return ""
        why = self._get_erasure_reasons()[note.payload["why"]]
        if note == self:
            return why
        day = format_day(calendar.local_date(note.at))
        return self.env._("The content was erased on %(day)s. %(why)s", day=day, why=why)

    def _get_erasure_reasons(self):
        return {
            "request": self.env._("A person asked for the erasure of its data."),
            "retention": self.env._("The time for which such data are kept is over."),
        }

    def _tell_steps(self, payload):
        """Return what else was passed over at once for the same reason: steps and invoices."""
        invoices = payload.get("invoices", []) if self.kind == "passed" else []
        if len(invoices) * len(payload.get("steps", ())) < 2:
            return ""
        steps = dict.fromkeys(self._get_steps().mapped("name"))
        said = self._say_invoices(invoices, partial(format_date, self.env))
        return f"{', '.join(steps)} ({said})"

    def _tell_message(self, payload):
        """Return the subject of what was written, else the beginning of its text."""
        if payload.get("subject"):
            return payload["subject"]
        text = payload.get("text") or ""
        is_short = self.channel == "sms" and text
        return f"{text[:SHOWN]}…" if is_short and len(text) > SHOWN else is_short and text or ""

    @api.depends("move_id", "payload")
    @api.depends_context("lang")
    def _compute_invoice(self):
        """The invoice of an entry; of a contact the first of those it is about, and how many more."""
        in_words = partial(format_date, self.env)
        for event in self:
            names = (event.payload or {}).get("invoices", [])
            said = self._say_invoices(names[:NAMED], in_words)
            more = f"{said} (+{len(names) - NAMED})" if len(names) > NAMED else said
            event.invoice = event._name_invoice(in_words) or more

    @api.depends("user_id", "kind")
    @api.depends_context("lang")
    def _compute_who(self):
        """A person's name; what nobody did is done by the scenario, and replies are not ours."""
        for event in self:
            user = event.user_id
            if event.kind in ("reply", "auto_reply"):
                event.who = event.case_id.counterparty_id.name
            elif not user or user._is_superuser() or user._is_public():
                event.who = self.env._("automatically")
            else:
                event.who = user.name
