from odoo import api, fields, models

from ..const_mandate import WHITE_LIST
from ..tools import calendar, identifiers, white_list

# The worst answer counts where several accounts are asked about.
WORST = ("not_listed", "unknown", "listed")


class KgwAccount(models.AbstractModel):
    """Bank accounts of a creditor that the list of VAT payers is asked about; the answer blocks
    nothing: who is no VAT payer stands on no list."""

    _name = "kgw.account"
    _description = "Account on the List of VAT Payers"

    white_list_state = fields.Selection(
        WHITE_LIST, string="List of VAT Payers", readonly=True, copy=False
    )
    white_list_at = fields.Datetime(string="List Asked At", readonly=True, copy=False)
    white_list_ref = fields.Char(
        string="Number of the Request",
        readonly=True,
        copy=False,
        help="The register's own number of our request: the proof that it was asked.",
    )

    def _get_asked_numbers(self):
        """Return ``(mandate, numbers)`` that the list is asked about; to be extended."""
        raise NotImplementedError

    def action_ask_white_list(self):
        """Ask the list of VAT payers now."""
        self.check_access("write")
        # Only this button writes what the list said.
        self.sudo()._ask_white_list(fields.Datetime.now())

    def _ask_white_list(self, now):
        """Ask about every account of these records and keep the worst answer, with the register."""
        for record in self:
            mandate, numbers = record._get_asked_numbers()
            nip = identifiers.nip(mandate.creditor_id.vat).value
            today = calendar.local_date(now)
            answers = [
                white_list.check(nip, identifiers.iban(number).value, today) for number in numbers
            ]
            worst = min(answers, key=lambda a: WORST.index(a.state), default=None)
            record._keep_answer(mandate, worst or white_list.Answer("unknown"), numbers, now)

    def _keep_answer(self, mandate, answer, numbers, now):
        self.write(
            {
                "white_list_state": answer.state,
                "white_list_at": now,
                "white_list_ref": answer.ref,
            }
        )
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "account",
                    "at": now,
                    "mandate_id": mandate.id,
                    "payload": {
                        "accounts": numbers,
                        "white_list": answer.state,
                        "request": answer.ref,
                    },
                }
            ]
        )

    @api.model
    def _get_answer_fields(self):
        """Return the names of what the list said."""
        return ("white_list_state", "white_list_at", "white_list_ref")
