from odoo import fields, models

STATES = [("new", "New"), ("known", "Known already"), ("refused", "Refused"), ("done", "Taken")]


class KgwImportLine(models.Model):
    """What a row of a handed-over file would do, and did."""

    _name = "kgw.import.line"
    _description = "Row of an Import"
    _order = "import_id, line, id"
    _rec_name = "number"

    import_id = fields.Many2one("kgw.import", required=True, index=True, ondelete="cascade")
    line = fields.Integer()
    state = fields.Selection(STATES, required=True)
    number = fields.Char(string="Document")
    counterparty = fields.Char()
    due_date = fields.Date()
    amount = fields.Monetary()
    currency_id = fields.Many2one("res.currency")
    message = fields.Char(help="What is wrong or worth a look, and what to do.")
    move_id = fields.Many2one("account.move", string="Invoice")
