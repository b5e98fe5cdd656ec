import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models

from ..tools import identifiers, matching
from ..tools.balances import Owed
from ..tools.readers import Payment

# Days by which the creditor's word and its bank may differ about one payment.
SAME_DAYS = 5
# Invoices settled so long before are still known by their numbers.
SETTLED_DAYS = 400


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done with one payment of a file.

    ``state`` is that of the payment, or known or refused; ``related`` the earlier payment that it
    may repeat or that it sends back.
    """

    payment: Payment
    key: str
    state: str
    match: matching.Match | None = None
    refusal: str = ""
    related: int | None = None
    format: str = ""
    file_name: str = ""


@dataclass
class Earlier:
    """What is known to be paid: booked payments, and the last day for which a file of invoices or
    open items told what was paid of an invoice (by its id)."""

    payments: list
    told: dict


class KgwPaymentMatch(models.AbstractModel):
    """Payments against what is owed to one mandate: reads the ledger, asks ``tools/matching.py``."""

    _name = "kgw.payment.match"
    _description = "Matching of Payments"

    @api.model
    def _plan(self, mandate, statements):
        """Return a Plan for each payment of files handed over together; writes nothing.

        Statements overlap: an entry that was read before is known, by the bank's reference or by
        all that it says, counted where one file has several that are equal.

        :param statements: pairs of file name and ``tools.readers`` statement
        """
        payments = [payment for _name, statement in statements for payment in statement.payments]
        if not payments:
            return []
        matcher = self._get_matcher(mandate, min(payment.date for payment in payments))
        earlier = self._get_earlier(mandate, payments)
        plans = [
            Plan(payment, key, "", format=statement.format, file_name=name)
            for name, statement in statements
            for payment, key in self._get_keys(statement.payments)
        ]
        known = self._get_known(mandate, [plan.key for plan in plans])
        planned = []
        for plan in plans:
            planned.append(self._plan_one(mandate, plan, known, matcher, earlier))
            known.add(plan.key)  # files handed over together may overlap, too
        return planned

    def _plan_one(self, mandate, plan, known, matcher, earlier):
        if plan.key in known:
            return replace(plan, state="known")
        refusal = self._get_refusal(mandate, plan.payment)
        if refusal:
            return replace(plan, state="refused", refusal=refusal)
        if plan.payment.amount <= 0 or plan.payment.is_reversal:
            return self._plan_outgoing(plan, earlier)
        return self._plan_incoming(plan, matcher, earlier)

    @api.model
    def _plan_incoming(self, plan, matcher, earlier):
        """Return ``plan`` with what is done about one payment that came in.

        :param earlier: of :meth:`_get_earlier`
        """
        payment = plan.payment
        match = self._match(matcher, payment)
        invoices = self._get_invoices(match, matcher)
        repeated = self._find_repeated(plan, invoices, earlier)
        is_told = any(payment.date <= earlier.told.get(one, date.min) for one in invoices)
        if (repeated or is_told) and match.reason == "settled":
            match = matching.Match("none", "reported", case=match.case)
            return replace(plan, state="aside", match=match, related=repeated and repeated.id)
        if (repeated or is_told) and match.parts:
            match = replace(match, level="likely", reason="maybe_known")
        if match.level == "certain":
            matcher.book.take(match.parts)
        state = {"certain": "booked", "likely": "proposed", "none": "unmatched"}[match.level]
        return replace(plan, state=state, match=match, related=repeated and repeated.id)

    def _get_invoices(self, match, matcher):
        """Return the ids of the invoices that a match is about, settled ones as well."""
        return {matcher.book.owed[one].invoice for one, _amount in match.parts} | set(match.settled)

    def _match(self, matcher, payment):
        credit = matching.Credit(
            payment.date,
            payment.amount,
            payment.currency,
            payment.title,
            payment.payer,
            payment.account,
        )
        if payment.number:
            return matcher.match_listed(payment.number, credit)
        return matcher.match(credit)

    def _plan_outgoing(self, plan, earlier):
        """Money that went out: maybe a payment that was sent back to the payer."""
        payment = plan.payment
        sent_back = [
            one
            for one in earlier.payments
            if payment.amount < 0
            and one.currency_id.compare_amounts(one.amount, -float(payment.amount)) == 0
            and one.currency_id.name == payment.currency
            and one.date <= payment.date
            and (one.account and one.account == payment.account or payment.is_reversal)
        ]
        if len(sent_back) == 1:
            match = matching.Match("likely", "returned", case=sent_back[0].case_id.id)
            return replace(plan, state="proposed", match=match, related=sent_back[0].id)
        return replace(plan, state="aside", match=matching.Match("none", "debit"))

    def _get_refusal(self, mandate, payment):
        """Return why a payment is not taken at all, or ''."""
        if mandate.is_own_sales:
            return self.env._("Payments of own sales are registered in accounting, not by a list.")
        if payment.number and payment.amount <= 0:
            return self.env._(
                "Only amounts above zero are payments. Correct the amount or leave the row out.",
            )
        if not self.env["kgw.ledger"]._find_currency(payment.currency):
            return self.env._(
                "Currency %s is not known. Create it in the accounting settings.",
                payment.currency,
            )
        return ""

    # === WHAT WAS TAKEN BEFORE === #

    def _get_keys(self, payments):
        """Yield each payment with its key: what a later file repeats has the same one."""
        seen = Counter()
        for payment in payments:
            facts = [
                payment.own_account,
                payment.date.isoformat(),
                str(payment.amount.normalize()),
                payment.currency,
                payment.reference,
            ]
            if not payment.reference:
                facts += [payment.number, payment.account, identifiers.fold(payment.title)]
            digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
            seen[digest] += 1
            yield payment, f"{digest}:{seen[digest]}"

    def _get_known(self, mandate, keys):
        domain = [
            ("mandate_id", "=", mandate.id),
            ("key", "in", keys),
            ("state", "!=", "withdrawn"),
        ]
        # Whoever may hand over a mandate's file is told what of it is known.
        return set(self.env["kgw.payment"].sudo().search(domain).mapped("key"))

    @api.model
    def _get_earlier(self, mandate, payments):
        """Return what these payments may repeat or send back."""
        days = [payment.date for payment in payments]
        # As in _get_known.
        booked = (
            self.env["kgw.payment"]
            .sudo()
            .search(
                [
                    ("mandate_id", "=", mandate.id),
                    ("state", "=", "booked"),
                    ("amount", ">", 0),
                    ("date", ">=", min(days) - timedelta(days=SETTLED_DAYS)),
                    ("date", "<=", max(days) + timedelta(days=SAME_DAYS)),
                ]
            )
        )
        known = booked - booked.search([("related_id", "in", booked.ids)]).related_id
        return Earlier(list(known), self._get_told(mandate, min(days)))

    def _get_told(self, mandate, first_day):
        """Return invoice -> last day for which a file told what was paid of it: a payment up to
        that day is in the balance already."""
        entry = "credit_move_id.move_id"
        # As in _get_known.
        partials = (
            self.env["account.partial.reconcile"]
            .sudo()
            .search(
                [
                    (f"{entry}.kgw_import_id.mandate_id", "=", mandate.id),
                    (f"{entry}.move_type", "=", "entry"),
                    ("credit_move_id.date", ">=", first_day),
                ]
            )
        )
        told = {}
        for partial in partials:
            invoice = partial.debit_move_id.move_id.id
            told[invoice] = max(told.get(invoice, date.min), partial.credit_move_id.date)
        return told

    def _find_repeated(self, plan, invoices, earlier):
        """Return the earlier payment of the same invoice, amount and days, and take it off the
        list: it is repeated once."""
        payment = plan.payment
        for one in earlier.payments:
            if (
                invoices.intersection(one.part_ids.move_id.ids)
                and one.currency_id.name == payment.currency
                and one.currency_id.compare_amounts(one.amount, float(payment.amount)) == 0
                and abs((one.date - payment.date).days) <= SAME_DAYS
                and not self._are_two(one, plan)
            ):
                earlier.payments.remove(one)
                return one
        return None

    def _are_two(self, one, plan):
        """Whether these are two payments: by the bank's references, else because both are of one
        kind of file, which would have repeated it word for word."""
        if one.reference and plan.payment.reference:
            return one.reference != plan.payment.reference
        return one.format == plan.format

    # === WHAT IS OWED === #

    @api.model
    def _get_matcher(self, mandate, first_day):
        """Return the Matcher of a mandate for payments from ``first_day`` on."""
        owed = [self._prepare_owed(line) for line in self._get_lines(mandate, first_day)]
        cases = self.env["kgw.case"].sudo().search([("mandate_id", "=", mandate.id)])
        return matching.Matcher(
            owed,
            {case.id: (case.name, case.counterparty_id.name or "") for case in cases},
            self._get_accounts(mandate),
            identifiers.without_country(mandate.sudo().creditor_id.vat),
        )

    def _get_lines(self, mandate, first_day):
        # Importers have no accounting rights: the mandate is the fence.
        return (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("kgw_case_id.mandate_id", "=", mandate.id),
                    ("parent_state", "=", "posted"),
                    "|",
                    ("amount_residual_currency", ">", 0),
                    ("move_id.invoice_date", ">=", first_day - timedelta(days=SETTLED_DAYS)),
                ]
            )
        )

    def _prepare_owed(self, line):
        move = line.move_id
        left = max(line.amount_residual_currency, 0)
        return Owed(
            line.id,
            move.id,
            move.kgw_number or move.name,
            move.kgw_ksef_number or "",
            line.kgw_case_id.id,
            move.invoice_date,
            line.date_maturity or move.invoice_date,
            Decimal(str(line.currency_id.round(left))),
            line.currency_id.name,
        )

    def _get_accounts(self, mandate):
        """Return account -> cases that payments from it were booked to, within this mandate."""
        # As in _get_known; the creditor's own accounts tell nothing about a payer.
        rows = (
            self.env["kgw.payment"]
            .sudo()
            ._read_group(
                [
                    ("mandate_id", "=", mandate.id),
                    ("state", "=", "booked"),
                    ("account", "!=", False),
                    ("case_id", "!=", False),
                ],
                ["account", "case_id"],
            )
        )
        own = self.env["kgw.payment.list"]._get_own_accounts(mandate)
        accounts = defaultdict(set)
        for account, case in rows:
            if account not in own:
                accounts[account].add(case.id)
        return accounts
