import uuid
from datetime import date

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import calendar, identifiers, words
from .kgw_ledger import BATCH

# The state of an import's row by that of the payment; what is not booked is taken all the same.
ROW_STATES = {"known": "known", "refused": "refused"}


class KgwPaymentList(models.AbstractModel):
    """Payments that a creditor hands over: as a file, or one by one in its portal."""

    _name = "kgw.payment.list"
    _description = "List of Payments"

    # === FILES === #

    @api.model
    def _prepare_findings(self, mandate, statements):
        """Return ``[(values of an import's row, plan)]`` for the payments of files.

        :param statements: pairs of file name and ``tools.readers`` statement
        """
        plans = self.env["kgw.payment.match"]._plan(mandate, statements)
        return [(self._prepare_line(plan), plan) for plan in plans]

    def _prepare_line(self, plan):
        payment, match = plan.payment, plan.match
        case = self.env["kgw.case"].sudo().browse(match.case if match else None)
        return {
            "file_name": plan.file_name,
            "line": payment.line or 0,
            "state": ROW_STATES.get(plan.state, "new"),
            "number": payment.number or payment.title[:80],
            "due_date": payment.date,
            "amount": float(payment.amount),
            "message": self._describe(plan),
            "counterparty": case.counterparty_id.name or payment.payer,
            "currency_id": self.env["kgw.ledger"]._find_currency(payment.currency).id,
        }

    def _describe(self, plan):
        """Return what is done with a payment, and why, as a sentence."""
        if plan.state in ("known", "refused"):
            return plan.refusal
        labels = dict(self.env["kgw.payment"]._fields["reason"]._description_selection(self.env))
        reason = labels[plan.match.reason]
        lines = self.env["account.move.line"].sudo().browse(one for one, _a in plan.match.parts)
        if plan.match.reason == "returned":  # it is about what the earlier payment settled
            lines = self.env["kgw.payment"].sudo().browse(plan.related).part_ids.receivable_id
        invoices = ", ".join(dict.fromkeys(lines.move_id.mapped("kgw_display_number")))
        templates = {
            "booked": self.env._("For %(invoices)s. %(reason)s."),
            "proposed": self.env._("Maybe for %(invoices)s, a person confirms. %(reason)s."),
            "unmatched": self.env._("A person assigns it. %(reason)s."),
            "aside": self.env._("Set aside. %(reason)s."),
        }
        told = templates[plan.state] % {"invoices": invoices or "–", "reason": reason}
        return f"{told} {self._describe_surplus(plan)}".strip()

    def _describe_surplus(self, plan):
        if not plan.match.surplus:
            return ""
        currency = self.env["kgw.ledger"]._find_currency(plan.payment.currency)
        return self.env._(
            "%s is more than is owed and stays on the counterparty's account.",
            currency.format(float(plan.match.surplus)),
        )

    @api.model
    def _take_file(self, record, rows, periods, now):
        """Keep the payments of an import and book the certain ones.

        :param rows: pairs of the import's row and what it was read from, planned a moment ago
        :param periods: for which the files tell all payments
        """
        today = calendar.local_date(now)
        for done, (row, plan) in enumerate(rows, 1):
            if not done % BATCH:
                record._tell("payments", done, len(rows))
            if row.state == "new" and plan.payment.date > today:
                row.write({"state": "refused", "message": self._get_future_refusal()})
            elif row.state == "new":
                self._keep(record.mandate_id, plan, now, import_id=record.id)
                row.state = "done"
        unread = sorted({row.file_name for row, plan in rows if not plan})
        self._cover(record, periods, today, unread)

    def _get_future_refusal(self):
        return self.env._("The day of the payment lies in the future. Correct the date.")

    def _cover(self, record, periods, today, unread):
        """Payments are known through the day that a person entered, else that the files tell; where
        something could not be read, nobody knows what was paid.

        :param unread: names of the files that could not be read, or not all of them
        """
        mandate = record.mandate_id
        record.coverage_before = mandate.coverage_date
        record.known_through, _why_not = self._foresee_known(record, periods, unread)
        if record.known_through:
            self._extend_coverage(mandate, record.known_through, today)

    @api.model
    def _foresee_known(self, record, periods, unread):
        """Return ``(day through which payments are known by an import, why it moves no day)``.

        :param periods: for which the files tell all payments
        :param unread: names of the files that could not be read, or not all of them
        """
        if unread:
            return False, self.env._(
                "Through which day payments are known is not moved: not everything could be read"
                " (%s). Hand over what is missing, or enter the day by itself if nothing is.",
                ", ".join(unread),
            )
        day, why_not = record.known_through, False
        if not day:
            day, why_not = self._get_known_through(record.mandate_id, periods)
        known = record.mandate_id.coverage_date
        if day and known and day <= known:
            why_not = self.env._(
                "Payments are known through %s already: this file does not move that day.",
                words.format_date(known, self.env.lang or "en_US"),
            )
        return day, why_not

    def _keep(self, mandate, plan, now, **values):
        """Write down one payment, and book it if its match is certain."""
        payment, match = plan.payment, plan.match
        currency = self.env["kgw.ledger"]._get_currency(payment.currency)
        # Nobody has the right to enter payments by hand: they come from files and the portal.
        payments = self.env["kgw.payment"].sudo()
        kept = payments.create(
            {
                "mandate_id": mandate.id,
                "origin": "file",
                "format": plan.format,
                "key": plan.key,
                "line": payment.line or 0,
                "date": payment.date,
                "amount": float(payment.amount),
                "currency_id": currency.id,
                "title": payment.title,
                "number": payment.number,
                "payer": payment.payer,
                "account": payment.account,
                "own_account": payment.own_account,
                "reference": payment.reference,
                "state": "proposed" if plan.state == "booked" else plan.state,
                "reason": match.reason,
                "case_id": match.case,
                "surplus": float(match.surplus),
                "related_id": plan.related,
                "part_ids": [(0, 0, vals) for vals in payments._prepare_parts(match.parts)],
                **values,
            }
        )
        if plan.state == "booked":
            kept._book(now)
        return kept

    # === PAYMENTS KNOWN === #

    @api.model
    def _get_known_through(self, mandate, periods):
        """Return ``(day through which statements tell all payments, why there is none)``.

        They must be of the creditor's account in the mandate, and each begin where payments are
        known already: of working days between them nobody knows.
        """
        own = self._get_own_accounts(mandate)
        reached = {}
        for period in sorted(periods, key=lambda p: p.closed_on or date.min):
            known = reached.get(period.account) or mandate.coverage_date
            refusal = self._get_period_refusal(period, own, known)
            if refusal:
                return False, refusal
            reached[period.account] = max(known or period.closed_on, period.closed_on)
        if not reached:
            return False, self.env._(
                "Through which day payments are known is not moved: the list does not say through"
                " which day it is complete. Enter that day."
            )
        return min(reached.values()), False

    def _get_period_refusal(self, period, own, known):
        """Return why a statement does not tell through which day payments are known, or ''."""
        if not period.closed_on:
            return self.env._(
                "Through which day payments are known is not moved: a statement has no closing"
                " balance, or its entries do not add up to it. Export it whole, or enter the day by"
                " itself."
            )
        if period.account not in own:
            return self.env._(
                "Through which day payments are known is not moved: the statement is of the account"
                " %s, which the mandate does not name. Choose the statement of the account in the"
                " mandate, have the controller add this one, or enter the day by itself if no other"
                " payments came in.",
                words.format_account(period.account or "–"),
            )
        if known and period.opened_on and self._has_gap(known, period.opened_on):
            return self.env._(
                "Through which day payments are known is not moved: the statement begins on"
                " %(opened)s, but payments are known only through %(known)s. Hand over what lies"
                " between, or enter the day by itself.",
                opened=words.format_date(period.opened_on, self.env.lang or "en_US"),
                known=words.format_date(known, self.env.lang or "en_US"),
            )
        return ""

    def _has_gap(self, known, opened_on):
        return opened_on > known and calendar.count_working_days(known, opened_on) > 1

    def _get_own_accounts(self, mandate):
        numbers = (mandate.account_number, mandate.foreign_account_number)
        return {identifiers.iban(number).value for number in numbers if number} - {""}

    def _extend_coverage(self, mandate, day, today):
        """An older list taken later does not unlearn what is known, nor is the future known."""
        known = min(day, today)
        mandate.coverage_date = max(mandate.coverage_date or known, known)

    # === THE CREDITOR'S WORD === #

    @api.model
    def _mark_paid(self, creditor, receivable_ids, paid_on, now, amounts=None):
        """Book payments that a creditor reports for its own receivables.

        :param creditor: the partner of the creditor, the fence
        :param receivable_ids: ids of ``kgw.receivable``
        :param amounts: ``{id: amount}`` of what was not paid whole, in its currency
        :return: ``{"booked": count, "known": count}``; known are those settled already
        :raise UserError: one is not the creditor's, or day or amount can't be
        """
        lines = self._get_own_lines(creditor, receivable_ids)
        self._check_day(lines, paid_on, calendar.local_date(now))
        opened = lines.filtered(lambda r: r.amount_residual_currency > 0)
        for line in opened:
            amount = (amounts or {}).get(line.id, line.amount_residual_currency)
            self._check_amount(line, amount)
            self._book_reported(line, line.currency_id.round(amount), paid_on, now)
        return {"booked": len(opened), "known": len(lines) - len(opened)}

    def _get_own_lines(self, creditor, receivable_ids):
        domain = [
            ("id", "in", list(receivable_ids)),
            ("kgw_case_id.creditor_id", "child_of", creditor.id),
        ]
        # A creditor has no right on any model: it is the fence.
        lines = self.env["account.move.line"].sudo().search(domain, order="date_maturity, id")
        if len(lines) != len(set(receivable_ids)) or not lines:
            raise UserError(self.env._("An invoice was not found. Load the page again."))
        if any(lines.kgw_case_id.mandate_id.mapped("is_own_sales")):
            raise UserError(
                self.env._("Payments of own sales are registered in accounting, not by a list.")
            )
        return lines

    def _check_day(self, lines, paid_on, today):
        if paid_on > today:
            raise UserError(self._get_future_refusal())
        early = lines.move_id.filtered(lambda move: move.invoice_date > paid_on)
        if early:
            raise UserError(
                self.env._(
                    "Invoice %s was issued after the day of the payment. Correct the date.",
                    early[0].kgw_display_number,
                )
            )

    def _check_amount(self, line, amount):
        owed = line.amount_residual_currency
        compare = line.currency_id.compare_amounts
        if compare(amount, 0) <= 0 or compare(amount, owed) > 0:
            raise UserError(
                self.env._(
                    "Of invoice %(invoice)s %(owed)s is owed: enter an amount above zero and not"
                    " above it.",
                    invoice=line.move_id.kgw_display_number,
                    owed=line.currency_id.format(owed),
                )
            )

    def _book_reported(self, line, amount, paid_on, now):
        mandate = line.kgw_case_id.mandate_id
        payment = (
            self.env["kgw.payment"]
            .sudo()
            .create(
                {
                    "mandate_id": mandate.id,
                    "origin": "portal",
                    "key": f"portal:{uuid.uuid4().hex}",
                    "date": paid_on,
                    "amount": amount,
                    "currency_id": line.currency_id.id,
                    "number": line.move_id.kgw_display_number,
                    "state": "proposed",
                    "reason": "portal",
                    "case_id": line.kgw_case_id.id,
                    "part_ids": [
                        (
                            0,
                            0,
                            {
                                "receivable_id": line.id,
                                "move_id": line.move_id.id,
                                "amount": amount,
                            },
                        )
                    ],
                }
            )
        )
        payment._book(now)

    @api.model
    def _mark_known_through(self, creditor, mandate_id, day, now):
        """Take a creditor's word that no further payments came in through ``day``.

        :return: the day through which payments are known now
        :raise UserError: the mandate is not the creditor's, or the day lies in the future
        """
        domain = [("id", "=", mandate_id), ("creditor_id", "child_of", creditor.id)]
        # A creditor has no right on any model: it is the fence.
        mandate = self.env["kgw.mandate"].sudo().search(domain)
        if not mandate:
            raise UserError(self.env._("The mandate was not found. Load the page again."))
        today = calendar.local_date(now)
        if day > today:
            raise UserError(
                self.env._("Payments can't be known through a day to come. Correct the date.")
            )
        self._extend_coverage(mandate, day, today)
        return mandate.coverage_date
