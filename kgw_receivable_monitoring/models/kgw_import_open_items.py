from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import calendar, identifiers, words
from .kgw_ledger import BATCH


@dataclass
class OpenItems:
    """The invoices of a mandate beside those of a list."""

    by_number: dict
    listed: set = field(default_factory=set)


class KgwImportOpenItems(models.AbstractModel):
    """A list of open items: the truth about what is owed as of its day.

    What stands on it is created, or its balance is corrected; what does not stand on it any more
    is settled, once a person has taken the list over.
    """

    _name = "kgw.import.open.items"
    _description = "Lists of Open Items"

    @api.model
    def _get_refusal(self, record, today):
        """Return why a list can't be taken at all, or ''."""
        if record.mandate_id.is_own_sales:
            return self.env._("What is owed of own sales stands in accounting, not on a list.")
        if not record.known_through:
            return self.env._(
                "Enter the day of the list: its balances are the truth as of that day."
            )
        if record.known_through > today:
            return self.env._("The day of the list lies ahead. Correct the date.")
        last = self._get_last(record)
        if last and last.known_through > record.known_through:
            return self.env._(
                "A newer list, as of %s, was taken over already. Take it back first, or hand over"
                " the latest list.",
                last.known_through,
            )
        return ""

    def _get_last(self, record):
        return self.env["kgw.import"].search(
            [
                ("mandate_id", "=", record.mandate_id.id),
                ("content", "=", "open_items"),
                ("state", "=", "done"),
            ],
            order="known_through desc",
            limit=1,
        )

    # === PREVIEW === #

    @api.model
    def _judge(self, record, findings, unreadable):
        """Say what a list would do: correct the verdicts on its rows, add what is absent.

        :param findings: ``[(values of a row, document)]`` as judged for an invoice list
        :param unreadable: number of rows that could not be read at all
        :return: ``(findings, note)``; a person has to confirm the note, '' when there is none
        """
        items = self._read(record.mandate_id, [document for _vals, document in findings])
        judged = [(self._judge_row(record, items, *finding), finding[1]) for finding in findings]
        open_moves = self._get_open(record)
        absent = open_moves.filtered(
            lambda move: identifiers.spell(move.kgw_number) not in items.listed
        )
        rows = [(self._prepare_absent(record, move), move) for move in absent]
        paid = [v["move_id"] for v, _d in judged if v["state"] == "changed" and not v["amount"]]
        gone = absent | (open_moves & open_moves.browse(paid))
        return judged + rows, self._get_note(record, open_moves, gone, unreadable)

    def _read(self, mandate, documents):
        items = OpenItems({})
        # Importers have no accounting rights: the mandate is the fence.
        moves = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("kgw_mandate_id", "=", mandate.id),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                ],
                order="invoice_date, id",
            )
        )
        for move in moves:
            items.by_number.setdefault(identifiers.spell(move.kgw_number), []).append(move)
        items.listed = {identifiers.spell(document.number) for document in documents}
        return items

    def _get_open(self, record):
        """Return the invoices that a list of its day must have while they are owed."""
        lines = (
            self.env["account.move.line"]
            .sudo()  # importers have no accounting rights: the mandate is the fence
            .search(
                [
                    ("move_id.kgw_mandate_id", "=", record.mandate_id.id),
                    ("kgw_case_id", "!=", False),
                    ("parent_state", "=", "posted"),
                    ("amount_residual_currency", ">", 0),
                    ("move_id.invoice_date", "<=", record.known_through),
                ]
            )
        )
        return lines.move_id.sorted("id")

    def _judge_row(self, record, items, vals, document):
        """Return the values of a row: of a known invoice whether its balance changes."""
        mandate = record.mandate_id
        if self.env["kgw.import.check"]._get_seller_refusal(mandate, document):
            return vals
        move, is_unclear = self._find(items, document)
        if is_unclear:
            message = self.env._(
                "Several invoices have this number. Add the date of issue to the list."
            )
            return {**vals, "state": "refused", "message": message, "move_id": False}
        if not move or document.residual < 0:
            return vals
        if self.env["kgw.account.doubt"]._get_note(mandate, document):
            message = self.env._(
                "The list names another account for this invoice than the mandate: its balance stays"
                " as it is. Ask the creditor which account is right."
            )
            return {**vals, "state": "refused", "message": message, "move_id": move.id}
        owed, listed = self._get_owed(move), float(document.residual)
        vals = {**vals, "move_id": move.id, "amount": listed, "can_restate": False}
        return {**vals, **self._compare(move, owed, listed, document)}

    def _find(self, items, document):
        """Return ``(move, whether it can't be told which)`` of a row."""
        same = items.by_number.get(identifiers.spell(document.number), [])
        if document.issue_date:
            same = [move for move in same if move.invoice_date == document.issue_date]
        return (same[0] if len(same) == 1 else None), len(same) > 1

    def _compare(self, move, owed, listed, document):
        currency = move.currency_id
        if currency.name != document.currency:
            message = self.env._("The invoice is in another currency (%s).", currency.name)
            return {"state": "refused", "message": message}
        if currency.compare_amounts(owed, listed) == 0:
            return {"state": "known", "message": False}
        if listed - owed > self._get_reported(move) + currency.rounding / 2:
            message = self.env._(
                "More is owed according to the list (%(listed)s) than the invoice amounts to"
                " (%(total)s). Hand over the correction, or ask the creditor.",
                listed=currency.format(listed),
                total=currency.format(owed + self._get_reported(move)),
            )
            return {"state": "refused", "message": message}
        message = self.env._(
            "%(listed)s is owed according to the list, %(owed)s was known.",
            listed=currency.format(listed),
            owed=currency.format(owed),
        )
        return {"state": "changed", "known_amount": owed, "message": message}

    def _get_owed(self, move):
        return sum(move._kgw_get_receivable_lines().mapped("amount_residual_currency"))

    def _get_reported(self, move):
        """Return what the creditor reported as paid: a list may say that it was not."""
        partials = move._kgw_get_receivable_lines().matched_credit_ids
        return sum(
            partial.debit_amount_currency
            for partial in partials
            if partial.credit_move_id.move_id.move_type == "entry"
        )

    def _prepare_absent(self, record, move):
        lines = move._kgw_get_receivable_lines()
        return {
            "state": "absent",
            "number": move.kgw_number,
            "counterparty": move.partner_id.name,
            "due_date": min(lines.mapped("date_maturity")),
            "amount": sum(lines.mapped("amount_residual_currency")),
            "currency_id": move.currency_id.id,
            "move_id": move.id,
            "message": self.env._(
                "Not on the list: settled as of %s.",
                words.format_date(record.known_through, self.env.lang or "en_US"),
            ),
        }

    # === WHAT A PERSON CONFIRMS === #

    def _get_note(self, record, open_moves, absent, unreadable):
        """Return the sentence that a person has to confirm before the list is taken, or ''."""
        if not absent:
            return ""
        company = record.mandate_id.company_id.sudo()  # its two limits, whoever imports
        rows = 100 * len(absent) / len(open_moves)
        value = max(self._get_shares(open_moves, absent))
        notes = []
        if rows > company.kgw_vanish_rows or value > company.kgw_vanish_value:
            notes.append(
                self.env._(
                    "%(count)s of %(total)s open invoices (%(rows)s %% of the rows, %(value)s %% of"
                    " the value) are not on the list, or with nothing owed, and would count as"
                    " settled.",
                    count=len(absent),
                    total=len(open_moves),
                    rows=round(rows),
                    value=round(value),
                )
            )
        if unreadable:
            notes.append(
                self.env._(
                    "Rows that could not be read: %s. What seems to be missing may stand in them.",
                    unreadable,
                )
            )
        return " ".join(notes)

    def _get_shares(self, open_moves, absent):
        """Return which part of the value would vanish, in percent, one figure a currency."""
        for _currency, moves in open_moves.grouped("currency_id").items():
            total = sum(self._get_owed(move) for move in moves)
            gone = sum(self._get_owed(move) for move in moves & absent)
            yield 100 * Decimal(str(gone)) / Decimal(str(total)) if total else Decimal()

    # === TAKE OVER === #

    @api.model
    def _book(self, record, rows, on_date, now):
        """Correct balances, settle what is absent, and move the knowledge of payments."""
        for done, (row, source) in enumerate(rows, 1):
            if not done % BATCH:
                record._tell("balances", done, len(rows))
            if row.state == "changed":
                self._correct(record, row, source, on_date, now)
            elif row.state == "absent":
                self._correct(record, row, None, on_date, now)
        mandate = record.mandate_id
        record.coverage_before = mandate.coverage_date
        self.env["kgw.payment.list"]._extend_coverage(
            mandate, record.known_through, calendar.local_date(now)
        )

    @api.model
    def _check_confirmed(self, record):
        """
        :raise UserError: so much would vanish that a person has to confirm it
        """
        if record.vanish_note and record.vanish_note != record.vanish_confirmed:
            raise UserError(
                self.env._(
                    "%s Look at these rows; if the list is right, press Confirm and take it over.",
                    record.vanish_note,
                )
            )

    def _correct(self, record, row, document, on_date, now):
        """Let a known invoice owe what the list says; nothing where it does not name it."""
        lines = row.move_id._kgw_get_receivable_lines()
        listed = float(document.residual) if document else 0.0
        difference = lines[:1].currency_id.round(listed - self._get_owed(row.move_id))
        vals = {"state": "done"}
        if difference < 0:
            ledger = self.env["kgw.ledger"].with_context(default_kgw_import_id=record.id)
            for paid_lines, paid in self._share_out(lines, document, -difference):
                ledger._book_payment(paid_lines, paid, record.known_through, now)
        else:
            left = self.env["kgw.ledger.change"]._raise_residual(lines, difference, on_date, now)
            vals["before"] = {"raised": difference - left}
        row.write(vals)

    def _share_out(self, lines, document, paid):
        """Return ``[(receivables, what was paid of them)]``: by their days where the list names
        those, else the oldest first."""
        listed = () if not document or document.due_derived else document.instalments
        left = {one.due_date: float(one.amount) for one in listed}
        rest = {
            line: line.currency_id.round(
                line.amount_residual_currency - left.pop(line.date_maturity, 0.0)
            )
            for line in lines
        }
        if not listed or left or min(rest.values()) < 0:
            return [(lines, paid)]
        return [(line, amount) for line, amount in rest.items() if amount]
