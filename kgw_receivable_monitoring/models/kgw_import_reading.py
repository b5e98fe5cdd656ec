import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import api, models

from ..tools import words
from ..tools.readers import PROBLEM_CODES, Instalment, read_all, read_all_payments
from ..tools.readers.base import FIELD_LABELS

# Problems whose value is made of amounts, and how the readers write one.
AMOUNT_CODES = ("balance_differs", "batch_not_split", "amounts_disagree", "paid_over_gross")
AMOUNT = re.compile(r"-?\d+(\.\d+)?")


class KgwImportReading(models.AbstractModel):
    """Reads what was handed over and says what each row would do; writes nothing."""

    _name = "kgw.import.reading"
    _description = "Reading of Handed-over Files"

    @api.model
    def _read(self, record, today):
        """Return ``(findings, refusal, periods)`` of an import handed over on ``today``.

        :return: ``[(values of a row, what it was read from or None)]`` in the order of the files;
            the sentence for which nothing at all can be taken, or False; the ``tools.readers``
            periods for which statements tell all payments
        """
        files = record._get_files()
        if not files:
            nothing = PROBLEM_CODES["file_empty"]
            return [], self.env._(nothing), []
        if record.content == "payments":
            return self._read_payments(record.mandate_id, files)
        if record.content == "open_items":
            if refusal := self.env["kgw.import.open.items"]._get_refusal(record, today):
                return [], refusal, []
        read = list(read_all(files, record.mandate_id._get_columns()))
        if len(read) == 1 and read[0].problem:
            return [], self._describe(read[0].problem), []
        documents = [
            (found.name, self._complete(record.mandate_id, document))
            for found in read
            if found.result
            for document in found.result.documents
        ]
        if not documents and not self._has_problems(read):
            return [], self._say_empty(record, ", ".join(found.name for found in read)), []
        findings = self._judge(record.mandate_id, documents, today)
        problems = self._prepare_all_problems(read)
        if record.content == "open_items":
            lists = self.env["kgw.import.open.items"]
            findings, record.vanish_note = lists._judge(record, findings, len(problems))
        return findings + problems, False, []

    def _read_payments(self, mandate, files):
        read = list(read_all_payments(files))
        if len(read) == 1 and read[0].problem:
            return [], self._describe(read[0].problem), []
        statements = [(found.name, found.result) for found in read if found.result]
        findings = self.env["kgw.payment.list"]._prepare_findings(mandate, statements)
        periods = [period for _name, statement in statements for period in statement.periods]
        return findings + self._prepare_all_problems(read), False, periods

    def _say_empty(self, record, names):
        """Return that files have no invoice: a list without any would settle all that is owed."""
        if record.content == "invoices":
            return self.env._(
                "No invoice was found in: %s. Is it the right file, and whole?", names
            )
        return self.env._(
            "No invoice was found in: %s. Is it the right file, and whole? An empty list would settle"
            " everything: if all is paid indeed, hand over the payments instead.",
            names,
        )

    def _has_problems(self, read):
        return any(found.problem or found.result.problems for found in read)

    def _prepare_all_problems(self, read):
        return [
            finding
            for found in read
            for finding in self._prepare_problems(
                found.name, [found.problem] if found.problem else found.result.problems
            )
        ]

    @api.model
    def _complete(self, mandate, document):
        """Return ``document`` with a due date: from the mandate's term where the file has none."""
        if document.instalments or not document.issue_date or not document.residual:
            return document
        due = document.issue_date + timedelta(days=mandate.default_term_days)
        return replace(document, instalments=(Instalment(due, document.residual),))

    def _judge(self, mandate, documents, today):
        """Return the findings of documents; corrections are judged last, their invoices may stand
        anywhere in the hand-over."""
        known = self.env["kgw.import.known"]._read(
            mandate, [document for _n, document in documents]
        )
        names = self.env["kgw.counterparty"]._get_names(
            mandate, [document.buyer for _n, document in documents]
        )
        last = sorted(range(len(documents)), key=lambda i: documents[i][1].kind == "correction")
        rows = {}
        for index in last:
            name, document = documents[index]
            rows[index] = {
                **self._prepare_row(mandate, known, document, today),
                "counterparty": names[index] or document.buyer.name or document.buyer.nip,
                "file_name": name,
            }
        return [(rows[index], document) for index, (_name, document) in enumerate(documents)]

    def _prepare_row(self, mandate, known, document, today):
        state, message, move = self._get_verdict(mandate, known, document)
        notes = [message] if message else []
        if state in ("new", "changed"):
            notes += self._get_notes(mandate, document, today)
            notes += filter(None, [self.env["kgw.account.doubt"]._get_note(mandate, document)])
        can_restate = state == "changed" and self.env["kgw.import.known"]._can_restate(
            move, document
        )
        if state == "changed" and not can_restate:
            notes.append(self._tell_unchangeable())
        due = document.instalments and min(i.due_date for i in document.instalments)
        return {
            "line": document.line or 0,
            "state": state,
            "number": document.number,
            "due_date": due or False,
            "amount": float(document.residual),
            "known_amount": move.amount_total if move and state == "changed" else 0.0,
            "message": " ".join(notes),
            "currency_id": self.env["kgw.ledger"]._find_currency(document.currency).id,
            "move_id": move.id if move else False,
            "can_restate": can_restate,
        }

    def _tell_unchangeable(self):
        return self.env._(
            "It stays as it is. If this file is right, take back the import that it came in, then"
            " hand it over anew."
        )

    def _get_verdict(self, mandate, known, document):
        """Return ``(state, message, move)``: what the ledger or the checks say of a document."""
        checks, books = self.env["kgw.import.check"], self.env["kgw.import.known"]
        refusal = checks._get_refusal(mandate, document)
        if not refusal and document.kind == "correction":
            moves, unknown = books._find_corrected(known, document)
            refusal = checks._get_unknown_refusal(moves, unknown, document)
        if refusal:
            return "refused", refusal, None
        return books._judge(mandate, known, document)

    def _get_notes(self, mandate, document, today):
        """Return what a person should look at before taking a document over."""
        notes = [self._describe(problem) for problem in document.warnings]
        if document.due_derived and document.instalments:
            notes.append(self._tell_derived(mandate, document))
        if document.issue_date > today:
            notes.append(
                self.env._(
                    "The date of issue (%s) is later than this hand-over: check it with the creditor.",
                    words.format_date(document.issue_date, self.env.lang or "en_US"),
                )
            )
        if document.kind == "correction":
            notes.append(self._tell_correction(document))
        if mandate.is_own_sales and document.claim > document.residual:
            notes.append(
                self.env._(
                    "The file says that a part is paid: register that payment in accounting.",
                )
            )
        return notes

    def _tell_derived(self, mandate, document):
        """Return that the due date is ours, and from what it was made."""
        return self.env._(
            "The due date %(due)s is computed: the date of issue plus %(days)s days, as agreed in the"
            " mandate.",
            due=words.format_date(document.instalments[0].due_date, self.env.lang or "en_US"),
            days=mandate.default_term_days,
        )

    def _tell_correction(self, document):
        numbers = ", ".join(document.corrected_numbers)
        if document.gross < 0:
            return self.env._("Lowers what is owed for %s, as a credit note.", numbers)
        return self.env._("Raises what is owed for %s: watched as an invoice of its own.", numbers)

    def _prepare_problems(self, name, problems):
        """Return the findings of what could not be read: one a line, with a sentence a problem."""
        lines = {}
        for number, problem in enumerate(problems):
            if problem.severity == "error":
                lines.setdefault((problem.line, 0 if problem.line else number), []).append(problem)
        return [
            (
                {
                    "file_name": name,
                    "line": line or 0,
                    "state": "refused",
                    "message": " ".join(map(self._describe, found)),
                },
                None,
            )
            for (line, _number), found in lines.items()
        ]

    @api.model
    def _describe(self, problem):
        """Return the sentence for a problem, in the user's language."""
        template = self.env._(PROBLEM_CODES[problem.code])
        told = template.partition("{line}: ")[2]
        if told and not problem.line:  # the file is one document
            template = told[:1].upper() + told[1:]
        label = self.env._(FIELD_LABELS.get(problem.field, problem.field or "–"))
        value = problem.value
        if problem.code in AMOUNT_CODES:
            value = AMOUNT.sub(self._write_amount, value)
        return template.format(line=problem.line or "–", field=label, value=value)

    def _write_amount(self, match):
        return words.format_number(Decimal(match[0]), self.env.lang or "en_US")
