from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.misc import format_date, format_datetime

from ..const import OPEN_STATES
from ..tools import calendar, words
from ..tools.calendar import POLAND

# Why a step was passed over, where the creditor should know.
TOLD_REASONS = ("authority", "approval", "no_contact_point", "no_route", "sender", "horizon")


class KgwPortal(models.AbstractModel):
    """All that a creditor sees and does: plain dictionaries, of its own cases only.

    Portal users have no right on any model of monitoring. Every method takes the creditor from
    the logged-in user, adds it to every domain and returns strings and numbers, never records.
    """

    _name = "kgw.portal"
    _description = "Creditor's Portal"

    @api.model
    def _get_creditor_domain(self):
        """Return the fence: cases of the creditor whose user asks.

        :raise AccessError: nobody is logged in
        """
        if self.env.user._is_public():
            raise AccessError(self.env._("Please log in to see your cases."))
        return [("creditor_id", "child_of", self.env.user.partner_id.commercial_partner_id.id)]

    def _search_cases(self, domain, **kwargs):
        # Portal users can read no case; the creditor's own domain stands in for their rights.
        return self.env["kgw.case"].sudo().search([*self._get_creditor_domain(), *domain], **kwargs)

    @api.model
    def _count_cases(self):
        """Return how many cases the creditor has."""
        return self.env["kgw.case"].sudo().search_count(self._get_creditor_domain())  # as above

    @api.model
    def _get_cases(self, offset=0, limit=40):
        """Return the creditor's cases as dictionaries: those with a decision to take first, then
        the longest overdue."""
        cases = self.env["kgw.case"].sudo()  # the creditor's own domain stands in for their rights
        query = cases._search(self._get_creditor_domain(), offset=offset, limit=limit)
        query.order = SQL("""
            EXISTS (SELECT 1 FROM kgw_decision d WHERE d.case_id = kgw_case.id AND d.state = 'open') DESC,
            array_position(ARRAY['elapsed', 'overdue', 'before_due', 'closed'], kgw_case.stage::text),
            kgw_case.id
        """)
        return [self._prepare_case(case) for case in cases.browse(query.get_result_ids())]

    @api.model
    def _get_case(self, case_id):
        """Return one case with receivables, plan, decisions and history, or None."""
        case = self._search_cases([("id", "=", case_id)])
        if not case:
            return None
        return {
            **self._prepare_case(case),
            "counterparty_nip": case.counterparty_id.vat or "",
            "controller": (case.controller_id or case.mandate_id.controller_id).name or "",
            "description": case.description or "",
            "receivables": [self._prepare_receivable(r) for r in case.receivable_ids],
            "decisions": [
                self._prepare_decision(d) for d in case.decision_ids if d.state == "open"
            ],
            "events": [self._prepare_event(e) for e in self._get_events(case)],
        }

    @api.model
    def _decide(self, decision_id, value, now):
        """Take an open decision of the creditor; returns its case id.

        :raise AccessError: there is no such decision among the creditor's own
        """
        decision = (
            self.env["kgw.decision"]
            .sudo()
            .search(
                [  # fenced by the creditor's domain
                    *self._get_creditor_domain(),
                    ("id", "=", decision_id),
                ]
            )
        )
        if not decision:
            raise AccessError(self.env._("This decision is not there any more."))
        decision._decide(value, now)
        return decision.case_id.id

    @api.model
    def _get_letter(self, reminder_id):
        """Return ``(file name, PDF)`` of a letter that was posted for the creditor, or None."""
        reminder = (
            self.env["kgw.reminder"]
            .sudo()
            .search(
                [  # fenced by the creditor's domain
                    ("case_id", "any", self._get_creditor_domain()),
                    ("id", "=", reminder_id),
                    ("state", "in", ("sent", "delivered", "undelivered")),
                    ("attachment_id", "!=", False),
                ]
            )
        )
        return (reminder.attachment_id.name, reminder.attachment_id.raw) if reminder else None

    # === PLAIN VALUES === #

    def _prepare_case(self, case):
        planned = case.reminder_ids.filtered(lambda r: r.state in OPEN_STATES)[:1]
        return {
            "id": case.id,
            "number": case.name,
            "counterparty": case.counterparty_id.name,
            "mandate": case.mandate_id.name,
            "stage": case.stage or "",
            "stage_label": self._get_label(case, "stage"),
            "owed": case.owed_label,
            "overdue": case.overdue_label,
            "next_step": (planned.step_id or case.next_step_id).name or "",
            "next_date": self._format_upcoming(planned.planned_on or case.next_date),
            "decision_count": len(case.decision_ids.filtered(lambda d: d.state == "open")),
        }

    def _prepare_receivable(self, receivable):
        return {
            "number": receivable.number,
            "due_date": self._format_date(receivable.due_date),
            "amount": self._format_money(receivable.amount, receivable.currency_id.name),
            "residual": self._format_money(receivable.residual, receivable.currency_id.name),
            "stage": receivable.stage,
            "stage_label": self._get_label(receivable, "stage"),
            "next_step": receivable.next_step_id.name or "",
            "next_date": self._format_upcoming(receivable.next_date),
        }

    def _prepare_decision(self, decision):
        return {
            "id": decision.id,
            "kind": decision.kind,
            "kind_label": self._get_label(decision, "kind"),
            "step": decision.step_id.name if decision.kind == "approval" else "",
            "deadline": self._format_date(decision.deadline),
            "default": self._get_silence(decision),
            "values": [
                {"value": value, "label": label} for value, label in decision._get_offered_values()
            ],
        }

    def _get_silence(self, decision):
        """Return what happens without an answer."""
        if decision.kind == "approval":
            return self.env._("Without your answer it will not be sent.")
        return self.env._("Without your answer we wait for the payment and contact nobody.")

    def _get_events(self, case):
        """Return what the creditor reads of the register, the newest first.

        A call is told by its outcome, a plan by what came of it: their technical events and past
        plans are left out. Of the steps passed over those are told that something kept from being
        done; that a step did not apply, or its day was over, is no news.
        """
        return case.event_ids.filtered(
            lambda e: (
                e.kind not in ("note", "moved")
                and (e.kind != "passed" or e.reason in TOLD_REASONS)
                and not (
                    e.channel == "phone"
                    and e.kind in ("sent", "delivered", "undelivered", "failed")
                )
                and (e.kind != "planned" or e.reminder_id.state in OPEN_STATES)
            )
        )

    def _prepare_event(self, event):
        payload = event.payload or {}
        return {
            "at": format_datetime(self.env, event.at, tz=POLAND, dt_format="short"),
            "iso": event.at.isoformat(),
            "kind": event.kind,
            "kind_label": self._get_kind_label(event),
            "channel": event.channel or "",
            "channel_label": "" if event.kind == "call" else self._get_label(event, "channel"),
            "step": self._get_step_label(event),
            "reason": self._get_label(event, "reason"),
            "invoices": ", ".join(
                payload.get("invoices") or filter(None, [payload.get("invoice")])
            ),
            "subject": payload.get("subject", ""),
            "note": payload.get("note", "") or self._get_payment_day(event),
            "text": payload.get("text", ""),
            "is_html": event.channel in ("email", "letter"),
            "amount": self._format_amount(payload),
            "outcome": self._get_code_label("kgw.reminder", "outcome", payload.get("outcome")),
            "decision": self._get_code_label("kgw.decision", "value", payload.get("value")),
            "letter_id": event.reminder_id.id
            if event.kind == "sent" and event.channel == "letter"
            else 0,
        }

    def _get_kind_label(self, event):
        if event.kind == "decision":
            return self.env._("Your decision")
        return self._get_label(event, "kind")

    def _get_step_label(self, event):
        """Return the step, and which channel it replaces where it went another way."""
        step = event.step_id
        if not event.channel or event.channel == step.channel or not step.channel:
            return step.name or ""
        return self.env._(
            "%(step)s, in place of: %(channel)s",
            step=step.name,
            channel=self._get_label(step, "channel"),
        )

    def _get_payment_day(self, event):
        day = (event.payload or {}).get("paid_on") if event.kind == "payment" else None
        return self.env._("Paid on %s", self._format_date(date.fromisoformat(day))) if day else ""

    def _format_amount(self, payload):
        if "amount" not in payload:
            return ""
        return self._format_money(payload["amount"], payload.get("currency", "PLN"))

    def _format_money(self, amount, currency):
        """Return an amount with grouped thousands, which Odoo's own Polish format lacks."""
        return words.format_money(Decimal(str(amount)), currency, self.env.lang or "en_US")

    def _format_upcoming(self, day):
        """What is due since a past day is due on the next working day."""
        if not day:
            return ""
        return self._format_date(calendar.forward(max(day, fields.Date.context_today(self))))

    def _format_date(self, day):
        return format_date(self.env, day) if day else ""

    def _get_label(self, record, field):
        """Return the label of a selection in the reader's language."""
        return self._get_code_label(record._name, field, record[field])

    def _get_code_label(self, model, field, code):
        labels = dict(self.env[model]._fields[field]._description_selection(self.env))
        return labels.get(code, "") if code else ""
