from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.kgw_finder import SHORTEST
from ..tools import identifiers
from ..tools.identifiers import fold


class KgwIncoming(models.TransientModel):
    """An incoming call: one field finds the case of whoever calls.

    Who has matters with several creditors is asked for the matter first: until one creditor is
    left, nothing of any of them is shown, and the desk holds one case only.
    """

    _name = "kgw.incoming"
    _description = "Incoming Call"

    query = fields.Char(
        string="Who Calls",
        help="Phone number, name, NIP, number of an invoice, a case or in KSeF.",
    )
    matter = fields.Char(
        string="What About", help="Number of the invoice or the case, or whom it is from."
    )
    brand_id = fields.Many2one(
        "kgw.brand", string="Number Called", help="The brand whose number was called; it greets."
    )
    greeting = fields.Char(compute="_compute_greeting")
    case_ids = fields.Many2many("kgw.case", string="Cases", compute="_compute_case_ids")
    advice = fields.Text(compute="_compute_case_ids")
    message = fields.Text(string="What Was Said", help="What a caller leaves whom we can't find.")

    @api.depends("brand_id")
    def _compute_greeting(self):
        for caller in self:
            brand = caller.brand_id or self.env.company.kgw_brand_id
            caller.greeting = brand._get_greeting()

    @api.depends("query", "matter", "brand_id")
    def _compute_case_ids(self):
        for caller in self:
            cases = caller._find()
            hidden = len(cases.creditor_id) > 1
            caller.case_ids = cases.browse() if hidden else cases
            caller.advice = caller._get_advice(cases, hidden)

    def _find(self):
        """Return the cases that the caller may mean, by what it has said so far."""
        cases = self.env["kgw.finder"]._find(self.query)
        if self.brand_id.creditor_id:  # the number of a white label speaks for its creditor only
            own = self.brand_id.creditor_id
            cases = cases.filtered(lambda case: case.creditor_id == own)
        if len(cases.creditor_id) > 1 and self.matter:
            # Who names us tells whose call it returns, not what it is about.
            name = "" if self._has_our_name() else fold(self.matter)
            cases = cases.filtered(lambda case: self._is_meant(case, name))
        return cases

    def _is_meant(self, case, name):
        """Whether the caller has named this matter: its creditor, its case, one of its invoices."""
        if len(name) >= SHORTEST and name in fold(case.creditor_id.name):
            return True
        number = identifiers.compact(self.matter)
        # Numbers of ledger invoices; the cases are those that the user may see.
        moves = case.sudo().receivable_ids.mapped("number")
        names = {identifiers.compact(name) for name in (case.name, *moves)}
        return bool(number) and number in names

    def _has_our_name(self):
        """Whether the caller has named us, the agency: its company or a brand of its own."""
        said = fold(self.matter)
        if len(said) < SHORTEST:
            return False
        brands = self.env["kgw.brand"].search([("creditor_id", "=", False)])
        companies = brands.company_id | self.env.company
        return any(
            said in fold(name) for name in (*brands.mapped("name"), *companies.mapped("name"))
        )

    def _get_advice(self, cases, hidden):
        """Return what to say to this caller."""
        if not self.query:
            return False
        if (hidden or not cases) and self._has_our_name():
            return self.env._(
                "That is our own name, and says nothing of the matter: ask for the number of the"
                " invoice, or who issued it. Name no firm yourself."
            )
        if hidden:
            return self.env._(
                "Ask what the call is about: the number of an invoice, or the firm it is from. Name"
                " no firm yourself, and write the answer into “What About”."
            )
        if cases:
            return self.env._("Open the case; of a person, make sure of the identity first.")
        return self.env._(
            "Nothing was found. “I can't find your matter under this. May I take your name, your"
            " number and what it is about? We will call you back.” Name no firm and no invoice."
        )

    def action_open_first(self):
        """Open the one case found.

        :raise UserError: it is not one
        """
        self.ensure_one()
        if len(self.case_ids) != 1:
            raise UserError(self.env._("Choose the case, or ask the caller for more."))
        return self._open(self.case_ids)

    def _open(self, case):
        """Put the case on the desk of the user."""
        now = fields.Datetime.now()
        call = self.env["kgw.reminder"].search(
            [
                ("case_id", "=", case.id),
                ("channel", "=", "phone"),
                ("state", "in", ("planned", "failed")),
            ],
            limit=1,
        )
        return (
            self.env["kgw.desk"]
            ._open(case, now, reminder=call, brand=self.brand_id, is_incoming=True)
            ._get_action()
        )

    def action_leave_message(self):
        """Take down what a caller said whom nobody knows; a manager gets it as a task.

        :raise UserError: nothing was written
        """
        self.ensure_one()
        if not (self.message or "").strip():
            raise UserError(self.env._("Write down name, number and what it is about."))
        told = "\n".join(filter(None, (self.query, self.message)))
        self.env["kgw.missed.call"]._add_free_task(
            self.env._("Caller to be called back"), told, fields.Datetime.now()
        )
        return {"type": "ir.actions.act_window_close"}
