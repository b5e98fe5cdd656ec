from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.readers import Payment

STATES = [
    ("proposed", "Proposed"),
    ("unmatched", "Not Matched"),
    ("booked", "Booked"),
    ("aside", "Set Aside"),
    ("withdrawn", "Withdrawn"),
]
# How a payment found its receivables, or why it did not; tools/matching.py gives most of them.
MATCH_REASONS = [
    # booked at once
    ("listed", "The list names the invoice"),
    ("portal", "The creditor reported it"),
    ("hand", "A person assigned it"),
    ("number_amount", "The title names the invoice, and the amount is what is owed"),
    ("number_payer", "The title names the invoice, and the payer is its counterparty"),
    ("case_amount", "The title names the case, and the amount is what is owed"),
    # a person confirms
    ("number_only", "The title names the invoice, but the amount differs and the payer is new"),
    ("number_gaps", "The title has the invoice's number with gaps in it"),
    ("several_part", "The title names several invoices, and less was paid than they amount to"),
    ("overpaid", "More was paid than the named invoices amount to, and others are open"),
    ("some_settled", "The title also names an invoice that is settled already"),
    ("other_payer", "The title names the invoice, but the account is known from another case"),
    ("two_parties", "The title names invoices of more than one counterparty"),
    ("other_creditor", "The split payment names the NIP of another creditor"),
    ("vat_only", "The amount is the VAT of a split payment: maybe only moved to the VAT account"),
    ("account_amount", "The account has paid for this case before, and the amount is what is owed"),
    ("account_only", "The account has paid for this case before, but the amount fits no invoice"),
    ("case_only", "The title names the case, but the amount fits no invoice"),
    ("equal_amounts", "The payer is known, and more than one invoice has this amount"),
    ("name_amount", "Name and amount fit"),
    ("maybe_known", "It may be the payment that was reported before"),
    ("returned", "It may be a payment that was sent back to the payer"),
    # a person decides
    ("ambiguous", "More than one invoice has this number"),
    ("settled", "The named invoice is settled already"),
    ("no_invoice", "No invoice of this mandate has this number"),
    ("late", "The due date was more than 90 days before: no longer recorded"),
    ("early", "The day of the payment is before the day on which the invoice was issued"),
    ("other_currency", "The named invoice is in another currency"),
    ("nothing_open", "The payer is known, but nothing that could be paid is open"),
    ("no_number", "Nothing in it names an invoice, a case or a known payer"),
    ("rejected", "A person rejected the proposal"),
    ("taken_back", "It was taken back"),
    ("undone", "What it had settled was undone by another file or a correction"),
    # nothing to do
    ("debit", "Money went out"),
    ("reported", "It was reported before and is booked"),
    ("not_ours", "A person said that it is no payment of a monitored invoice"),
]
ORIGINS = [("file", "File"), ("portal", "Creditor's Portal")]


class KgwPayment(models.Model):
    """One payment that a creditor reported, or an entry of its statement of account.

    Certain matches are booked when they come in, likely ones wait for a person, and so does the
    rest. Booking makes mirror entries in the ledger, each for a part of one receivable; what was
    paid above stays on the counterparty's account. Taking back reverses them.
    """

    _name = "kgw.payment"
    _inherit = ["kgw.audited"]
    _description = "Payment"
    _order = "date desc, id desc"
    _rec_name = "title"

    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True, ondelete="restrict")
    creditor_id = fields.Many2one(related="mandate_id.creditor_id", store=True, index=True)
    import_id = fields.Many2one("kgw.import", index="btree_not_null", ondelete="restrict")
    origin = fields.Selection(ORIGINS, required=True)
    format = fields.Char(help="The reader of the file that it came in.")
    key = fields.Char(required=True, help="What a file that repeats this payment has in common.")
    line = fields.Integer()
    date = fields.Date(required=True, index=True)
    amount = fields.Monetary(required=True, help="Above zero: it came in.")
    currency_id = fields.Many2one("res.currency", required=True)
    title = fields.Char()
    number = fields.Char(string="Document", help="The document that the creditor's list names.")
    payer = fields.Char()
    account = fields.Char(string="Payer's Account")
    own_account = fields.Char(string="Creditor's Account")
    reference = fields.Char(string="Bank's Reference")
    state = fields.Selection(STATES, required=True, index=True)
    reason = fields.Selection(MATCH_REASONS, required=True)
    case_id = fields.Many2one("kgw.case", index="btree_not_null", ondelete="restrict")
    counterparty_id = fields.Many2one(related="case_id.counterparty_id")
    part_ids = fields.One2many("kgw.payment.part", "payment_id", string="For")
    invoices = fields.Char(compute="_compute_invoices")
    surplus = fields.Monetary(
        help="Paid above the receivables: it stays on the counterparty's account."
    )
    surplus_entry_id = fields.Many2one("account.move", ondelete="restrict")
    related_id = fields.Many2one(
        "kgw.payment",
        string="Earlier Payment",
        index="btree_not_null",
        ondelete="restrict",
        help="The payment that this one repeats or sends back.",
    )

    _once = models.UniqueIndex(
        "(mandate_id, key) WHERE state <> 'withdrawn'",
        "This payment was taken before.",
    )

    @api.depends("part_ids.move_id")
    def _compute_invoices(self):
        for payment in self:
            payment.invoices = ", ".join(payment.part_ids.mapped("invoice"))

    # === ACTION METHODS === #

    def action_confirm(self):
        """Book what is proposed."""
        self._get_checked()._confirm(fields.Datetime.now())

    def action_reject(self):
        """Turn proposals down: a person assigns these payments or sets them aside."""
        payments = self._get_checked().filtered(lambda p: p.state == "proposed")
        payments._clear("unmatched", "rejected")

    def action_set_aside(self):
        """These are no payments of monitored invoices."""
        payments = self._get_checked().filtered(lambda p: p.state in ("proposed", "unmatched"))
        payments._clear("aside", "not_ours")

    def action_match(self):
        """Look anew for what these payments are for; proposals are not booked by it."""
        payments = self._get_checked().filtered(lambda p: p.state in ("proposed", "unmatched"))
        self.env["kgw.payment.waiting"]._match(payments.filtered(lambda p: p.amount > 0))

    def action_take_back(self):
        """Take booked payments back: what they settled is owed again."""
        self._get_checked()._take_back(fields.Datetime.now(), "person")

    def action_assign(self):
        """Open the dialogue in which a person says what the payment is for."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Assign Payment"),
            "res_model": "kgw.payment.assign",
            "view_mode": "form",
            "target": "new",
            "context": {"default_payment_id": self.id},
        }

    def _get_checked(self):
        """Return these payments with the rights to book them.

        :raise AccessError: the user is no manager of monitoring
        """
        self.check_access("read")
        if not self.env["res.users"]._kgw_is_manager():
            raise AccessError(self.env._("Only managers of monitoring book payments."))
        # Nobody writes payments by hand: they are booked and taken back by these buttons.
        return self.sudo()

    # === BOOKING === #

    def _confirm(self, now):
        for payment in self.filtered(lambda p: p.state == "proposed"):
            if payment.reason == "returned":
                payment.related_id._take_back(now, "returned")
                payment.write({"state": "aside"})
            else:
                payment._book(now)

    def _book(self, now):
        """Book the parts of one payment, and its surplus on the counterparty's account.

        :raise UserError: a receivable is owed less than its part meanwhile
        """
        self.ensure_one()
        for part in self.part_ids:
            line = part.receivable_id
            if line.currency_id.compare_amounts(part.amount, line.amount_residual_currency) > 0:
                raise UserError(
                    self.env._(
                        "Invoice %s was paid or changed meanwhile. Match the payment again.",
                        part.invoice,
                    )
                )
            part.entry_id = self.env["kgw.mirror"]._book(line, part.amount, self.date, now)
        values = {"state": "booked"}
        if self.case_id and not self.currency_id.is_zero(self.surplus):
            values["surplus_entry_id"] = (
                self.env["kgw.mirror"]
                ._book_surplus(self.case_id, self.surplus, self.currency_id, self.date)
                .id
            )
        self.write(values)

    def _take_back(self, now, why):
        """Reverse what was booked; the payment waits for a person again.

        :param why: a key of ``kgw.event._get_back_reasons``
        """
        booked = self.filtered(lambda p: p.state == "booked")
        entries = booked.part_ids.entry_id | booked.surplus_entry_id
        self.env["kgw.mirror"]._reverse(entries, now, why)
        booked._clear("unmatched", "taken_back")

    def _withdraw(self, now):
        """Take payments back for good, with the file that they came in: it may come again."""
        self._take_back(now, "file")
        self._clear("withdrawn", "taken_back")

    def _clear(self, state, reason):
        self.part_ids.unlink()
        self.write(
            {
                "state": state,
                "reason": reason,
                "surplus": 0,
                "surplus_entry_id": False,
            }
        )

    @api.model
    def _follow_cancelled(self, entries):
        """Mirror entries were cancelled, by whatever: what they settled is not paid by them any
        more. A payment of which nothing is left waits for a person."""
        parts = self.env["kgw.payment.part"].search([("entry_id", "in", entries.ids)])
        payments = parts.payment_id.filtered(lambda p: p.state == "booked")
        parts.unlink()
        empty = payments.filtered(lambda p: not p.part_ids and p.currency_id.is_zero(p.surplus))
        empty._clear("unmatched", "undone")

    @api.model
    def _follow_restated(self, entries):
        """The invoices that these entries settle amount to something else now: what an entry
        settles less than before is surplus of its payment, and the other way round."""
        for part in self.env["kgw.payment.part"].search([("entry_id", "in", entries.ids)]):
            used = sum(part.entry_id.line_ids.matched_debit_ids.mapped("debit_amount_currency"))
            part.payment_id.surplus += part.amount - used
            part.amount = used

    def _assign(self, lines, now):
        """Book one payment to receivables that a person chose, the oldest due date first.

        :param lines: receivables of the payment's mandate and currency
        :raise UserError: they are not, or what is paid above them belongs to nobody
        """
        self.ensure_one()
        self._check_assignable(lines)
        shares, left = self.env["kgw.mirror"]._share_out(lines, self.amount)
        parts = [(line.id, part) for line, part in shares]
        cases = lines.kgw_case_id
        if left and len(cases) > 1:
            raise UserError(
                self.env._(
                    "%s is more than the chosen invoices amount to, and they are of several"
                    " counterparties. Choose those of one.",
                    self.currency_id.format(left),
                )
            )
        self._set_match("hand", parts, left, cases.id if len(cases) == 1 else False)
        self._book(now)

    def _check_assignable(self, lines):
        wrong = lines.filtered(
            lambda r: (
                r.kgw_case_id.mandate_id != self.mandate_id or r.currency_id != self.currency_id
            )
        )
        if wrong or not lines:
            raise UserError(
                self.env._("Choose open invoices of this mandate in the payment's currency.")
            )
        if self.state not in ("proposed", "unmatched") or self.amount <= 0:
            raise UserError(
                self.env._("Only incoming payments that are not booked yet are assigned.")
            )

    def _set_match(self, reason, parts, surplus, case_id):
        """Replace what the payment is for.

        :param parts: pairs of receivable id and amount
        """
        self.part_ids.unlink()
        self.env["kgw.payment.part"].create(
            [{**vals, "payment_id": self.id} for vals in self._prepare_parts(parts)]
        )
        self.write({"reason": reason, "surplus": float(surplus), "case_id": case_id})

    def _prepare_parts(self, parts):
        lines = self.env["account.move.line"].sudo().browse([line for line, _amount in parts])
        return [
            {"receivable_id": line.id, "move_id": line.move_id.id, "amount": float(amount)}
            for line, (_id, amount) in zip(lines, parts, strict=True)
        ]

    def _to_reader(self):
        """Return the payment as a reader gave it."""
        return Payment(
            line=self.line,
            date=self.date,
            number=self.number or "",
            amount=Decimal(str(self.currency_id.round(self.amount))),
            currency=self.currency_id.name,
            title=self.title or "",
            payer=self.payer or "",
            account=self.account or "",
            reference=self.reference or "",
        )
