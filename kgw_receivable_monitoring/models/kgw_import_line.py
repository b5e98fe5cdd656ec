from odoo import fields, models
from odoo.exceptions import UserError

STATES = [
    ("new", "New"),
    ("changed", "Changed"),
    ("known", "Known already"),
    ("absent", "Not on the list any more"),
    ("refused", "Refused"),
    ("done", "Taken"),
    ("withdrawn", "Taken back"),
]
DECISIONS = [("take", "Take the new one"), ("keep", "Keep the old one")]


class KgwImportLine(models.Model):
    """What a row of a handed-over file would do, and did."""

    _name = "kgw.import.line"
    _description = "Row of an Import"
    _order = "import_id, id"
    _rec_name = "number"

    import_id = fields.Many2one("kgw.import", required=True, index=True, ondelete="cascade")
    import_state = fields.Selection(related="import_id.state", string="State of the Import")
    file_name = fields.Char(string="File")
    line = fields.Integer()
    state = fields.Selection(STATES, required=True)
    number = fields.Char(string="Document")
    counterparty = fields.Char()
    due_date = fields.Date()
    amount = fields.Monetary()
    known_amount = fields.Monetary(help="What is known already, where the file says otherwise.")
    currency_id = fields.Many2one("res.currency")
    message = fields.Char(help="What is wrong or worth a look, and what to do.")
    can_restate = fields.Boolean(help="The known invoice can be made what the file says.")
    decision = fields.Selection(
        DECISIONS, help="Nothing known is changed before a person decides; undecided is kept."
    )
    before = fields.Json(readonly=True, help="What it was before, to take it back.")
    move_id = fields.Many2one("account.move", string="Invoice", index="btree_not_null")

    def action_take_new(self):
        self._decide("take")

    def action_keep_old(self):
        self._decide("keep")

    def _decide(self, decision):
        """Write down which of two contents of an invoice is right.

        :raise UserError: there is nothing to decide
        """
        self.import_id.check_access("write")
        if any(row.import_id.state != "preview" or not row.can_restate for row in self):
            raise UserError(self.env._("There is nothing to decide about this row."))
        # Rows are written by the product alone; who may take the file over decides.
        self.sudo().write({"decision": decision})
