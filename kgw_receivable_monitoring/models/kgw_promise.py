from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..tools import calendar, promise, words

STATES = [
    ("open", "Open"),
    ("kept", "Kept"),
    ("partly", "Partly kept"),
    ("broken", "Broken"),
    ("replaced", "Replaced by a later one"),
]
EVENT_OF_STATE = {
    "kept": "promise_kept",
    "partly": "promise_partly",
    "broken": "promise_broken",
    "replaced": "promise_replaced",
}


class KgwPromise(models.Model):
    """What a counterparty promised to pay and until when; kept or not is decided from payments.

    An open promise holds the contact about its invoices only. Part payment and a promise in
    writing are also evidence that the debt was acknowledged (art. 123 of the Civil Code), so
    nothing of it is ever deleted.
    """

    _name = "kgw.promise"
    _inherit = ["kgw.audited"]
    _description = "Promise to Pay"
    _order = "given_at desc, id desc"

    case_id = fields.Many2one("kgw.case", required=True, index=True, ondelete="restrict")
    mandate_id = fields.Many2one(related="case_id.mandate_id", store=True, index=True)
    creditor_id = fields.Many2one(related="case_id.creditor_id", store=True, index=True)
    controller_id = fields.Many2one(related="case_id.controller_id", store=True, index=True)
    receivable_ids = fields.Many2many("account.move.line", string="Receivables")
    invoices = fields.Char(compute="_compute_invoices")
    part_ids = fields.One2many("kgw.promise.part", "promise_id", string="Parts")
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(string="Promised", required=True)
    owed_amount = fields.Monetary(string="Owed Then", help="Owed when the promise was given.")
    paid_amount = fields.Monetary(string="Paid Since", compute="_compute_paid_amount")
    due_on = fields.Date(string="Promised For", required=True, help="Day of the last part.")
    check_on = fields.Date(help="When payments are looked at the next time.")
    state = fields.Selection(STATES, required=True, default="open", index=True)
    given_at = fields.Datetime(required=True)
    decided_at = fields.Datetime()
    decision_id = fields.Many2one(
        "kgw.decision",
        index="btree_not_null",
        readonly=True,
        help="The creditor's decision that agreed to these instalments; empty: the counterparty"
        " promised.",
    )
    note = fields.Char()
    hold_ids = fields.One2many("kgw.hold", "promise_id", string="Holds")
    confirmation_ids = fields.One2many("kgw.reminder", "promise_id", string="Confirmations")

    _to_check = models.Index("(check_on) WHERE state = 'open'")

    @api.depends("case_id", "amount", "due_on")
    def _compute_display_name(self):
        for given in self:
            given.display_name = f"{given.case_id.display_name} · {given._describe()}"

    @api.depends("receivable_ids")
    @api.depends_context("lang")
    def _compute_invoices(self):
        in_words = partial(format_date, self.env)
        for given in self:
            # The people of monitoring see the numbers without accounting rights.
            lines = given.sudo().receivable_ids
            given.invoices = ", ".join(self.env["kgw.event"]._name_invoices(lines, in_words))

    @api.depends("receivable_ids.amount_residual_currency", "owed_amount")
    def _compute_paid_amount(self):
        for given in self:
            given.paid_amount = given._get_paid_by(date.max)

    # === GIVING === #

    @api.model
    def _give(self, case, receivables, parts, now, note="", decision=None):
        """Take down a promise: hold its invoices, confirm it in writing; returns the promise.

        An open promise about one of the receivables is replaced.

        :param receivables: open payment-term lines of ``case``, all of one currency
        :param parts: ``(day, amount)`` of each payment
        :param now: moment of the promise, naive UTC
        :param decision: the creditor's decision that agreed to the parts, None for a promise
        :raise UserError: no day or amount, a past day, more than is owed, several currencies
        """
        # Who takes the promise needs no accounting rights: the case is the fence.
        receivables = receivables.sudo()
        self._check_given(receivables, parts, now)
        self._get_open(receivables)._close("replaced", now)
        # Nobody writes promises directly: hold, register and confirmation go with them.
        values = self._prepare_vals(case, receivables, parts, now, note)
        given = self.sudo().create({**values, "decision_id": decision and decision.id})
        given._hold(now)
        given._record("promise", now)
        given.env["kgw.promise.confirmation"]._plan(given, now)
        return given

    def _check_given(self, receivables, parts, now):
        owed = sum(receivables.mapped("amount_residual_currency"))
        currency = receivables.currency_id[:1]
        if not receivables or len(receivables.currency_id) > 1:
            raise UserError(
                self.env._("Choose the invoices that the promise is about, all in one currency.")
            )
        if not parts or any(amount <= 0 for _day, amount in parts):
            raise UserError(self.env._("Write down how much is promised, and for which day."))
        if min(day for day, _amount in parts) < calendar.local_date(now):
            raise UserError(self.env._("The promised day is past. Ask for a day from today on."))
        if currency.compare_amounts(float(sum(amount for _day, amount in parts)), owed) > 0:
            raise UserError(
                self.env._(
                    "More is promised than is owed. Correct the amount or choose more invoices."
                )
            )

    @api.model
    def _get_open(self, receivables):
        """Return the open promises about any of ``receivables``."""
        # Whoever books a payment need know nothing of monitoring.
        return self.sudo().search(
            [("state", "=", "open"), ("receivable_ids", "in", receivables.ids)]
        )

    def _prepare_vals(self, case, receivables, parts, now, note):
        days = [day for day, _amount in parts]
        grace = self._get_grace(case)
        return {
            "case_id": case.id,
            "receivable_ids": [Command.set(receivables.ids)],
            "part_ids": [
                Command.create({"due_on": day, "amount": float(amount)}) for day, amount in parts
            ],
            "currency_id": receivables.currency_id.id,
            "amount": float(sum(amount for _day, amount in parts)),
            "owed_amount": sum(receivables.mapped("amount_residual_currency")),
            "due_on": max(days),
            "check_on": promise.last_day(min(days), grace) + timedelta(days=1),
            "given_at": now,
            "note": note,
        }

    @api.model
    def _get_grace(self, case):
        """Return the working days that a promised transfer may take."""
        return case._get_scenario().promise_grace_days

    def _hold(self, now):
        """Keep the contact about these invoices back; the rest of the case goes on."""
        self.env["kgw.hold"].with_context(kgw_now=now).create(
            [
                {
                    "case_id": self.case_id.id,
                    "move_id": move.id,
                    "promise_id": self.id,
                    "reason": "instalments" if self.decision_id else "promise",
                    "from_date": calendar.local_date(now),
                }
                for move in self.receivable_ids.move_id
            ]
        )

    def _describe(self):
        """Return amount and day of the promise in words."""
        return self._say(**self._get_promised())

    def _get_promised(self):
        """Return amount and day as JSON values."""
        return {
            "amount": self.amount or 0,
            "currency": self.currency_id.name or "PLN",
            "day": self.due_on and self.due_on.isoformat() or "",
        }

    @api.model
    def _say(self, amount, currency, day):
        """Return amount and day of a promise, of :meth:`_get_promised`, in the reader's language."""
        lang = self.env.lang or "en_US"
        money = words.format_money(Decimal(str(amount)), currency, lang)
        if not day:
            return money
        day = words.format_date(fields.Date.to_date(day), lang)
        return self.env._("%(amount)s by %(day)s", amount=money, day=day)

    def _prepare_text_values(self, lang):
        """Return the promise as strings for a text to the creditor."""
        code = self.currency_id.name
        paid = self.currency_id.round(self.paid_amount)
        return {
            "counterparty": self.case_id.counterparty_id.name or "",
            "invoices": self.invoices or "",
            "amount": words.format_money(Decimal(str(self.amount)), code, lang),
            "day": words.format_date(self.due_on, lang),
            "paid": words.format_money(Decimal(str(paid)), code, lang) if paid else "",
        }

    # === DECIDING === #

    @api.model
    def _decide_due(self, on_date, now, cases=None):
        """Decide the open promises whose day and grace days are over by ``on_date``; ask creditors
        for the payments that are missing to tell.

        :param cases: keep to these cases; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        due = self.search([*chosen, ("state", "=", "open"), ("check_on", "<=", on_date)])
        due._decide(on_date, now)
        if cases is None:
            due.filtered(lambda given: given.state == "open")._ask_for_payments(on_date)

    def _decide(self, on_date, now):
        """Decide these open promises from the payments known on ``on_date``."""
        verdicts = {}
        for given in self.filtered(lambda given: given.state == "open"):
            verdict = given._judge(on_date)
            verdicts[verdict.state] = verdicts.get(verdict.state, self.browse()) | given
            given._mark_parts(on_date)
            if verdict.check_on and verdict.check_on != given.check_on:
                given.check_on = verdict.check_on
        for state in ("kept", "partly", "broken"):
            verdicts.get(state, self.browse())._close(state, now)

    def _judge(self, on_date):
        """Return the :class:`promise.Verdict` on one promise as seen on ``on_date``."""
        return promise.decide(*self._get_facts(on_date))

    def _mark_parts(self, on_date):
        """Write what became of each part as seen on ``on_date``."""
        states = promise.judge_parts(*self._get_facts(on_date))
        for part, state in zip(self.part_ids.sorted("due_on"), states, strict=True):
            if part.state != state:
                part.state = state

    def _get_facts(self, on_date):
        """Return what a promise is decided from: parts, payments, how far they are known, grace."""
        self.ensure_one()
        mandate = self.mandate_id
        # Of the day itself nobody knows all payments yet.
        known = on_date - timedelta(days=1)
        if not mandate.is_own_sales:
            known = min(known, mandate.coverage_date or date.min)
        parts = [(part.due_on, self._to_decimal(part.amount)) for part in self.part_ids]
        return (
            parts,
            lambda day: self._to_decimal(self._get_paid_by(day)),
            known,
            self._get_grace(self.case_id),
        )

    def _to_decimal(self, amount):
        return Decimal(str(self.currency_id.round(amount)))

    def _get_paid_by(self, day):
        """Return what was paid of the receivables since the promise, through ``day``.

        What is owed less than then, but for payments dated later; so payments taken back and
        credit notes count as well.
        """
        self.ensure_one()
        lines = (
            self.sudo().receivable_ids
        )  # as above: amounts of the case, without accounting rights
        later = lines.matched_credit_ids.filtered(lambda p: p.credit_move_id.date > day)
        left = sum(lines.mapped("amount_residual_currency"))
        return max(self.owed_amount - left - sum(later.mapped("debit_amount_currency")), 0.0)

    @api.model
    def _follow_payment(self, receivables, now):
        """Decide at once the promises that a payment of ``receivables`` has fulfilled."""
        today = calendar.local_date(now)
        for given in self._get_open(receivables):
            given._mark_parts(today)
            if given._get_paid_by(date.max) >= given.amount:
                given._decide(today, now)

    def _ask_for_payments(self, on_date):
        """Ask creditors, once a day, for the payments without which nobody can tell."""
        for mandate, promises in self.grouped("mandate_id").items():
            if mandate.coverage_asked_on != on_date:
                needed = max(promises.mapped("check_on")) - timedelta(days=1)
                lines = promises.receivable_ids
                self.env["kgw.creditor.mail"]._ask_payments(mandate, lines, needed, on_date)
                mandate.coverage_asked_on = on_date

    def _close(self, state, now):
        """End these promises: their holds are lifted and the course goes on."""
        if not self:
            return
        self.write({"state": state, "decided_at": now})
        self.case_id._touch()
        self.hold_ids._lift(now)
        self._record(EVENT_OF_STATE[state], now)
        self.receivable_ids._kgw_refresh_course(calendar.local_date(now), now)
        if state in ("partly", "broken"):
            self._add_tasks(now)

    def _add_tasks(self, now):
        """Bring broken promises back to the controllers: a person calls, the course goes on; their
        creditors learn of it."""
        owing = self.filtered(lambda g: sum(g.receivable_ids.mapped("amount_residual")))
        self.env["kgw.creditor.mail"]._tell_broken(owing, now)
        for given in owing:
            agent = given.case_id._get_controller()
            summary = given.with_context(lang=agent.lang)._describe()
            given.case_id._add_task("promise", agent, summary, given.invoices, now)

    def _record(self, kind, now):
        self.env["kgw.event"]._record(
            [
                {
                    "kind": kind,
                    "at": now,
                    "case_id": given.case_id.id,
                    "mandate_id": given.mandate_id.id,
                    "payload": given._prepare_payload(),
                }
                for given in self
            ]
        )

    def _prepare_payload(self):
        """Return what the register keeps: invoices, amount, every part with its day."""
        return {
            "invoices": self.env["kgw.event"]._name_invoices(self.receivable_ids),
            "amount": self.amount,
            "currency": self.currency_id.name,
            "parts": [
                {"day": part.due_on.isoformat(), "amount": part.amount} for part in self.part_ids
            ],
            "paid": self.paid_amount,
            "note": self.note or "",
            "is_agreed": bool(self.decision_id),
        }
