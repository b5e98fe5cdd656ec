import base64
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import calendar, identifiers
from ..tools.readers import PROBLEM_CODES, Instalment, UnreadableFile, read
from ..tools.readers.base import FIELD_LABELS
from ..tools.readers.payments_csv import read_payments

CONTENTS = [("invoices", "Invoices"), ("payments", "Payments")]
STATES = [("draft", "New"), ("preview", "Preview"), ("done", "Taken"), ("refused", "Refused")]

# What can't be changed once the file was taken over.
TAKEN = {"mandate_id", "content", "file", "known_through", "state"}


class KgwImport(models.Model):
    """One hand-over of a file: what each row would do, and then did.

    Nothing is written into the ledger before a person has seen the preview and takes it over;
    then everything is written in one transaction.
    """

    _name = "kgw.import"
    _description = "Import"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _rec_name = "filename"

    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True)
    content = fields.Selection(CONTENTS, required=True, default="invoices")
    file = fields.Binary(required=True, attachment=True)
    filename = fields.Char(required=True)
    known_through = fields.Date(
        string="Payments Known Through",
        help="Closing date of the list of payments, not the day of the upload.",
    )
    state = fields.Selection(STATES, required=True, default="draft", copy=False)
    message = fields.Char(readonly=True)
    line_ids = fields.One2many("kgw.import.line", "import_id", readonly=True)
    new_count = fields.Integer(string="New", compute="_compute_counts")
    known_count = fields.Integer(string="Known Already", compute="_compute_counts")
    refused_count = fields.Integer(string="Refused", compute="_compute_counts")

    @api.depends("line_ids.state")
    def _compute_counts(self):
        for record in self:
            states = record.line_ids.mapped("state")
            record.new_count = states.count("new") + states.count("done")
            record.known_count = states.count("known")
            record.refused_count = states.count("refused")

    def write(self, vals):
        """What was taken stays as it was: its rows are the memory of what is booked."""
        if not self.env.su and TAKEN.intersection(vals) and "done" in self.mapped("state"):
            raise UserError(self.env._("This file was already taken over."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_taken(self):
        if "done" in self.mapped("state"):
            raise UserError(
                self.env._("A file that was taken over stays: it tells what is booked already.")
            )

    # === ACTION METHODS === #

    def action_preview(self):
        for record in self:
            record._preview()

    def action_take(self):
        now = fields.Datetime.now()
        for record in self:
            record._take(calendar.local_date(now), now)

    # === PREVIEW === #

    def _preview(self):
        """Read the file and say, row by row, what it would do; writes nothing but the preview."""
        self.ensure_one()
        if self.state not in ("draft", "preview", "refused"):
            raise UserError(self.env._("This file was already taken over."))
        # Rows are written by reading the file, never by hand: nobody has the right to change them.
        self.sudo().line_ids.unlink()
        try:
            values = self._prepare_lines()
        except UnreadableFile as error:
            self.write({"state": "refused", "message": self._describe(error.problem)})
            return
        rows = self.env["kgw.import.line"].sudo()
        rows.create([{**vals, "import_id": self.id} for vals in values])
        self.write({"state": "preview", "message": False})

    def _get_bytes(self):
        return base64.b64decode(self.file or b"")

    def _read_documents(self):
        """Return the documents of the file and what is wrong with the rest.

        :raise UnreadableFile: nothing of the file can be read
        """
        result = read(self._get_bytes(), self.filename or "")
        return [self._complete(document) for document in result.documents], result.problems

    def _complete(self, document):
        """Return ``document`` with a due date: from the mandate's term where the file has none."""
        if document.instalments or not document.issue_date or not document.residual:
            return document
        due = document.issue_date + timedelta(days=self.mandate_id.default_term_days)
        return replace(document, instalments=(Instalment(due, document.residual),))

    def _prepare_lines(self):
        """Return the values of the rows: what each would do.

        :raise UnreadableFile: nothing of the file can be read
        """
        if self.content == "payments":
            payments, problems = read_payments(self._get_bytes())
            rows = self.env["kgw.payment.list"]._prepare_lines(self.mandate_id, payments)
        else:
            documents, problems = self._read_documents()
            known = self.env["kgw.import.known"]._read(self.mandate_id, documents)
            rows = [self._prepare_document_line(document, known) for document in documents]
        return rows + [self._prepare_problem_line(p) for p in problems if p.severity == "error"]

    def _prepare_document_line(self, document, known):
        refusal = self.env["kgw.import.check"]._get_refusal(self.mandate_id, document)
        state, note = "refused", refusal
        if not refusal:
            state, note = self.env["kgw.import.known"]._judge(known, document)
        notes = [note] if state != "new" else self._get_notes(document)
        due = document.instalments and min(i.due_date for i in document.instalments)
        return {
            "line": document.line or 0,
            "state": state,
            "number": document.number,
            "counterparty": document.buyer.name,
            "due_date": due or False,
            "amount": float(document.residual),
            "message": " ".join(notes),
            "currency_id": self.env["kgw.ledger"]._find_currency(document.currency).id,
        }

    def _get_notes(self, document):
        """Return what a person should look at before taking a document over."""
        notes = [self._describe(problem) for problem in document.warnings]
        if self.mandate_id.is_own_sales and document.claim > document.residual:
            notes.append(
                self.env._(
                    "The file says that a part is paid: register that payment in accounting.",
                )
            )
        return notes

    def _prepare_problem_line(self, problem):
        return {"line": problem.line or 0, "state": "refused", "message": self._describe(problem)}

    def _describe(self, problem):
        """Return the sentence for a problem, in the user's language."""
        template = self.env._(PROBLEM_CODES[problem.code])
        label = self.env._(FIELD_LABELS.get(problem.field, problem.field or "–"))
        return template.format(line=problem.line or "–", field=label, value=problem.value)

    # === TAKE OVER === #

    def _take(self, on_date, now):
        """Write what the preview showed, in the current transaction.

        :param on_date: the day of the hand-over
        :raise UserError: the mandate is not active, or there is nothing to take
        """
        self.ensure_one()
        self.check_access("write")
        # Booking reads journals and writes moves, cases and courses, for which importers have no
        # rights; who may hand over a mandate's file may have it booked.
        self.sudo()._take_over(on_date, now)

    def _take_over(self, on_date, now):
        self._preview()  # what was seen may have been taken meanwhile, by another file
        if self.state == "refused":
            raise UserError(self.message)
        if self.mandate_id.state != "active":
            raise UserError(self.env._("Activate the mandate first, then take over its files."))
        if self.content == "payments":
            self._take_payments(now)
        else:
            self._take_invoices(on_date, now)
        self.state = "done"

    def _take_invoices(self, on_date, now):
        documents, _problems = self._read_documents()
        rows = {(row.line, row.number): row for row in self._get_new_rows()}
        fresh = [document for document in documents if self._get_row_key(document) in rows]
        if not fresh:
            return
        partners = [self._find_partner(document.buyer) for document in fresh]
        moves = self._book(fresh, partners)
        parties = {move: document.buyer for move, document in zip(moves, fresh, strict=True)}
        self.env["kgw.enrolment"]._enrol(self.mandate_id, moves, on_date, now, parties)
        if not self.mandate_id.is_own_sales:
            self._book_earlier_payments(fresh, moves, on_date, now)
        for move, document in zip(moves, fresh, strict=True):
            rows[self._get_row_key(document)].write({"state": "done", "move_id": move.id})

    def _take_payments(self, now):
        payments, _problems = read_payments(self._get_bytes())
        rows = {row.line: row for row in self._get_new_rows()}
        for payment in payments:
            if payment.line in rows:
                state, message = self.env["kgw.payment.list"]._take(self.mandate_id, payment, now)
                rows[payment.line].write({"state": state, "message": message})
        if self.known_through:
            # An older list taken later does not unlearn what is known, nor is the future known.
            known = min(self.known_through, calendar.local_date(now))
            self.mandate_id.coverage_date = max(self.mandate_id.coverage_date or known, known)

    def _get_row_key(self, document):
        return document.line or 0, document.number

    def _get_new_rows(self):
        return self.line_ids.filtered(lambda row: row.state == "new")

    def _book(self, documents, partners):
        if self.mandate_id.is_own_sales:
            return self.env["kgw.own.sales"]._book_invoices(self.mandate_id, documents, partners)
        return self.env["kgw.ledger"]._book_invoices(self.mandate_id, documents, partners)

    def _book_earlier_payments(self, documents, moves, on_date, now):
        """Book what the file says was paid before the hand-over."""
        for document, move in zip(documents, moves, strict=True):
            paid = document.claim - document.residual
            if paid > 0:
                lines = move.line_ids.filtered("kgw_case_id")
                self.env["kgw.ledger"]._book_payment(lines, float(paid), on_date, now)

    def _find_partner(self, party):
        """Return the counterparty within this mandate: by NIP, then by name and postcode."""
        partners = self._get_partners()
        if party.nip:
            found = partners.filtered(
                lambda p: identifiers.compact(p.vat).removeprefix("PL") == party.nip
            )
        else:
            found = partners.filtered(lambda p: p.name == party.name and (p.zip or "") == party.zip)
        # The counterparty is created for this mandate alone: creditors share none. A wrong NIP is
        # kept, and the preview warned of it.
        partners_sudo = self.env["res.partner"].sudo().with_context(no_vat_validation=True)
        return found[:1] or partners_sudo.create(self._prepare_partner_vals(party))

    def _get_partners(self):
        if self.mandate_id.is_own_sales:
            return (
                self.env["res.partner"]
                .sudo()
                .search(
                    [
                        ("kgw_mandate_id", "=", False),
                        ("parent_id", "=", False),
                    ]
                )
            )
        return (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    ("kgw_mandate_id", "=", self.mandate_id.id),
                ]
            )
        )

    def _prepare_partner_vals(self, party):
        country = self.env["res.country"].search([("code", "=", party.country or "PL")], limit=1)
        return {
            "name": party.name or party.nip,
            "vat": party.nip or False,
            "street": party.street,
            "zip": party.zip,
            "city": party.city,
            "country_id": country.id,
            "is_company": bool(party.nip),
            "kgw_mandate_id": False if self.mandate_id.is_own_sales else self.mandate_id.id,
            "company_id": False,
            "lang": "pl_PL",
        }
