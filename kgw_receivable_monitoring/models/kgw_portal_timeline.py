import re
from datetime import date

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from ..const_reasons import PLANNED_ANEW
from ..tools.decision import FOR_FUTURE
from .kgw_portal_base import KgwPortalBase

PAGE = 30
# So many entries a page shows at most; the history on paper has all.
MAX_SHOWN = 3000

# Why a step was passed over, where the creditor should know.
TOLD_REASONS = (
    "given_up",
    "closed",
    "authority",
    "approval",
    "consent",
    "decision",
    "no_contact_point",
    "no_route",
    "sender",
    "horizon",
)

PROMISES = ("promise", "promise_kept", "promise_partly", "promise_broken", "promise_replaced")
DISPUTES = (
    "dispute",
    "dispute_accepted",
    "dispute_rejected",
    "dispute_correction",
    "dispute_closed",
    "dispute_lapsed",
)

BOOKED = ("payment", "payment_back", "credit_note", "corrected", "withdrawn")
# What the creditor said to a dispute.
ANSWERS = ("dispute_accepted", "dispute_rejected", "dispute_correction")

# Chips above the history; "" is everything.
SHOWN = {
    "contacts": ("sent", "delivered", "undelivered", "dead", "unknown", "call", "reply"),
    "payments": (*BOOKED, *PROMISES),
    "decisions": ("question", "decision", "revoked", "hold", "lifted", *DISPUTES),
    "not_sent": ("waiting", "cancelled", "passed", "failed"),
}
ICONS = {
    "sent": "fa-paper-plane-o",
    "delivered": "fa-check",
    "undelivered": "fa-times",
    "dead": "fa-times",
    "failed": "fa-times",
    "cancelled": "fa-ban",
    "passed": "fa-ban",
    "waiting": "fa-clock-o",
    "call": "fa-phone",
    "reply": "fa-reply",
    "payment": "fa-money",
    "payment_back": "fa-undo",
    "credit_note": "fa-file-text-o",
    "withdrawn": "fa-undo",
    "question": "fa-question",
    "decision": "fa-gavel",
    "revoked": "fa-undo",
    "hold": "fa-pause",
    "lifted": "fa-play",
    "message": "fa-comment-o",
    "promise": "fa-handshake-o",
    "promise_kept": "fa-check",
    "promise_broken": "fa-times",
    "dispute": "fa-exclamation",
    "erased": "fa-eraser",
}


class KgwPortalTimeline(models.AbstractModel):
    """The history of one case, from the register alone."""

    _name = "kgw.portal.timeline"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Time Line"

    @api.model
    def _get_events(self, case, show="", limit=PAGE):
        """Return ``(events, has_more)``: what the creditor reads of the register, newest first.

        :param show: a key of ``SHOWN``, '' for everything
        """
        events = self._find_events(case, show, limit + 1)
        return [self._prepare_event(event) for event in events[:limit]], len(events) > limit

    def _find_events(self, case, show="", limit=None, offset=0):
        """Return the records of the register that the creditor may read, newest first."""
        domain = Domain("case_id", "=", case.id) & self._get_told_domain(show)
        return case.env["kgw.event"].search(domain, limit=limit, offset=offset)

    def _count_entries(self, case):
        """Return how many entries :meth:`_find_events` would find."""
        domain = Domain("case_id", "=", case.id) & self._get_told_domain()
        return case.env["kgw.event"].search_count(domain)

    def _get_told_domain(self, show=""):
        """Return what is told to the creditor.

        The plan has its own place; a call is told by its outcome. Of the steps passed over those
        are told that something kept from being done; that a step did not apply, or its day was
        over, is no news.
        """
        told = (
            Domain("kind", "not in", ("note", "moved", "planned"))
            & (Domain("kind", "!=", "passed") | Domain("reason", "in", TOLD_REASONS))
            & Domain("is_part", "=", False)
            & (Domain("kind", "!=", "cancelled") | Domain("reason", "not in", PLANNED_ANEW))
            & (
                Domain("channel", "!=", "phone")
                | Domain("kind", "not in", ("sent", "delivered", "undelivered", "failed"))
            )
        )
        return told & Domain("kind", "in", SHOWN[show]) if show in SHOWN else told

    def _prepare_event(self, event):
        payload = event.payload or {}
        return {
            "id": event.id,
            "at": self._format_moment(event.at),
            "iso": event.at.isoformat() + "Z",
            "kind": event.kind,
            "icon": ICONS.get(event.kind, "fa-circle-o"),
            "kind_label": event._mark_trial(self._get_kind_label(event, payload)),
            "channel": event.channel or "",
            "channel_label": "" if event.kind == "call" else self._get_label(event, "channel"),
            "step": self._get_step_label(event),
            "reason": self._get_label(event, "reason"),
            "invoices": self._get_invoices(event, payload),
            "recipient": payload.get("recipient", ""),
            "subject": payload.get("subject", ""),
            "note": self._get_note(event, payload),
            "text": payload.get("text", ""),
            "is_html": event.channel in ("email", "letter") and event.kind == "sent",
            "amount": self._format_amount(payload),
            "outcome": self._get_code_label("kgw.reminder", "outcome", payload.get("outcome")),
            "decision": self._get_decision_label(payload),
            "until": self._get_until(payload),
            "who": self._get_who(event),
            "files": [
                {"number": number, "name": file["name"]}
                for number, file in enumerate(payload.get("files", []))
            ],
            "letter_id": event.reminder_id.id
            if event.kind == "sent" and event.channel == "letter" and payload
            else 0,
        }

    def _prepare_printed(self, event):
        """Return an entry as paper shows it: the text of an e-mail or letter in plain words."""
        told = self._prepare_event(event)
        if told["text"] and told["is_html"]:
            # In HTML a line of the source is no line of the text, but a row of a table is one.
            html = re.sub(
                r"</(tr|table|div|h\d)>", r"</\1><br/>", re.sub(r"\s+", " ", told["text"])
            )
            # Bold type and headings are no part of the words: plain text would show it as stars.
            html = re.sub(r"</?(b|strong|i|em|h\d)\b[^>]*>", "", html)
            told["text"] = re.sub(r"\s*\n\s*", "\n", html2plaintext(html))
        return told

    def _get_kind_label(self, event, payload):
        if event.kind == "message":
            return self.env._("A message")
        if event.kind == "question":
            return self.env._("A question to you")
        if event.kind == "report":
            return self.env._("A report to you")
        if event._is_question_withdrawn():
            return self.env._("A question to you is withdrawn")
        if event.kind == "decision":
            if payload.get("by_default"):
                return self.env._("No answer came: the agreed default")
            return self.env._("Decision")
        if payload.get("is_agreed") and (said := self._get_instalment_labels().get(event.kind)):
            return said
        if event.kind == "stage" and payload.get("stage"):
            return self._get_code_label("kgw.case", "stage", payload["stage"])
        return event._get_kind_label()

    def _get_instalment_labels(self):
        """Return ``{kind: label}`` of promises that are instalments to which the creditor agreed."""
        return {
            "promise": self.env._("Instalments agreed"),
            "promise_kept": self.env._("Instalments paid"),
            "promise_partly": self.env._("Instalments paid in part"),
            "promise_broken": self.env._("Instalment not paid"),
            "promise_replaced": self.env._("Instalments agreed anew"),
        }

    def _get_who(self, event):
        """Return who did it, where a person did: the creditor's own people and the controllers."""
        if event.kind not in ("decision", "revoked", "message", "call", *ANSWERS):
            return ""
        if event._is_question_withdrawn():  # it follows from what somebody did
            return ""
        return "" if event.user_id._is_superuser() else event.user_id.name or ""

    def _get_note(self, event, payload):
        if erased := event._say_erased(self._format_date):
            return erased
        if event.kind in ("payment", "payment_back", "credit_note"):
            told = self._get_money_note(payload), event._say_why_back(payload)
            return ". ".join(filter(None, told))
        if event.kind in ("hold", "lifted") or event._is_question_withdrawn():
            return self._get_hold_note(event, payload)
        reason = event.env["kgw.dispute.reason"]._say(payload.get("dispute_reason"))
        return ". ".join(filter(None, (reason, payload.get("note") or payload.get("detail"))))

    def _get_hold_note(self, event, payload):
        """Return why contact is on hold; a decision says it by itself."""
        told = event.env["kgw.hold"]._say_told(payload)
        reason = self._get_code_label("kgw.hold", "reason", payload.get("reason"))
        said = (told,) if payload.get("decision") else (reason, told)
        return ". ".join(map(self._begin, filter(None, said)))

    def _begin(self, sentence):
        """Return a sentence with a capital letter, whatever it was kept with."""
        return sentence[:1].upper() + sentence[1:]

    def _get_invoices(self, event, payload):
        """Return the invoices of an entry: those it is about, and those that it covers too."""
        name = event._name_invoice(self._format_date)
        own = payload.get("invoices") or [name or payload.get("invoice")]
        said = event._say_invoices(own, self._format_date)
        named = event._say_invoices(payload.get("named", ()), self._format_date)
        if said and named:
            return self.env._("%(own)s; named too: %(others)s", own=said, others=named)
        return said or named

    def _get_until(self, payload):
        """Return in words the day or days that an entry names: until when contact is on hold, by
        when an instalment is due, what day a decision sets."""
        if parts := payload.get("parts"):
            return self._say_parts(parts, payload.get("currency", "PLN"))
        day = self._read_date(payload.get("until"))
        if not day:
            return ""
        since = (
            self.env._("%s, interest runs from the old due date, also until the new one", day)
            if payload.get("is_lasting")
            else self.env._("%s, interest runs only from the new due date", day)
        )
        return {
            "new_date": since,
            "payment": self.env._("of %s", day),
            "instalments": self.env._("starting %s", day),
            "waive": self.env._("if paid by %s", day),
        }.get(payload.get("question")) or self.env._("until %s", day)

    def _say_parts(self, parts, code):
        days = [self._read_date(part["day"]) for part in parts]
        if len(parts) == 1:
            return self.env._("by %s", days[0])
        amounts = [self._format_money(part["amount"], code) for part in parts]
        said = [
            self.env._("%(amount)s by %(day)s", amount=amount, day=day)
            for amount, day in zip(amounts, days, strict=True)
        ]
        return f"({'; '.join(said)})"

    def _get_decision_label(self, payload):
        if payload.get("value"):
            return self._get_decision_noun(payload["value"])
        if payload.get("answer"):
            return self._get_code_label("kgw.event", "kind", payload["answer"])
        kind = self._get_decision_noun(payload.get("question"))
        is_for_future = payload.get("is_lasting") and payload.get("question") in FOR_FUTURE
        future = self.env._("future invoices too") if is_for_future else ""
        return ", ".join(filter(None, (kind, payload.get("scenario"), future)))

    def _get_step_label(self, event):
        """Return the step, and which channel it replaces where it went another way; a report says
        by itself what it is."""
        if event.kind == "report":
            return ""
        step = event.step_id
        if event.kind == "passed":
            return ", ".join(dict.fromkeys(event._get_steps().mapped("name")))
        if not step and event.reminder_id:
            return self._begin(self._name_single(event.reminder_id))
        if not event.channel or event.channel == step.channel or not step.channel:
            return step.name or ""
        return self.env._(
            "%(step)s, in place of: %(channel)s",
            step=step.name,
            channel=self._get_label(step, "channel"),
        )

    def _get_money_note(self, payload):
        """Return the day of a payment, or number and day of a credit note."""
        if number := payload.get("credit_note"):
            day = self._read_date(payload["issued_on"])
            return self.env._("No. %(number)s of %(day)s", number=number, day=day)
        day = self._read_date(payload.get("paid_on"))
        return self.env._("Paid on %s", day) if day else ""

    def _read_date(self, text):
        return self._format_date(date.fromisoformat(text)) if text else ""

    def _format_amount(self, payload):
        if not payload.get("amount"):
            return ""
        return self._format_money(payload["amount"], payload.get("currency", "PLN"))

    # === THE LAST THINGS === #

    @api.model
    def _get_latest(self, mandates, limit=10):
        """Return the latest contacts, payments and decisions in all cases of the creditor.

        The newest of each mandate by its index, then the newest of these.
        """
        kinds = (*SHOWN["contacts"], *SHOWN["payments"], *SHOWN["decisions"], "message")
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id FROM unnest(%(mandates)s::int[]) AS m(id) JOIN LATERAL (
                    SELECT id, at FROM kgw_event
                     WHERE mandate_id = m.id AND case_id IS NOT NULL AND kind = ANY(%(kinds)s)
                       AND NOT (kind IN ('sent', 'delivered', 'undelivered') AND channel = 'phone')
                     ORDER BY at DESC LIMIT %(limit)s) e ON TRUE
                 ORDER BY e.at DESC, e.id DESC LIMIT %(limit)s
                """,
                mandates=mandates.ids,
                kinds=list(kinds),
                limit=limit,
            )
        )
        events = mandates.env["kgw.event"].browse(row[0] for row in rows)
        return [
            {
                **self._prepare_event(event),
                "text": "",
                "case_id": event.case_id.id,
                "counterparty": event.case_id.counterparty_id.name,
            }
            for event in events
        ]
