from odoo import fields, models

FIELDS = [
    ("number", "Number of the document"),
    ("issue_date", "Date of issue"),
    ("sale_date", "Date of sale"),
    ("due_date", "Due date"),
    ("gross", "Amount of the document"),
    ("to_pay", "Amount to pay"),
    ("open", "Amount left to pay"),
    ("paid", "Amount paid"),
    ("currency", "Currency"),
    ("buyer_name", "Buyer's name"),
    ("buyer_nip", "Buyer's NIP"),
    ("buyer_number", "Buyer's number with the creditor"),
    ("street", "Street"),
    ("zip", "Postcode"),
    ("city", "Town"),
    ("country", "Country"),
    ("email", "E-mail"),
    ("phone", "Phone"),
    ("account", "Bank account"),
    ("ksef_number", "KSeF number"),
    ("corrected_number", "Number of the corrected invoice"),
    ("notes", "Notes"),
    ("item", "Name of goods (one row for each)"),
]


class KgwImportColumn(models.Model):
    """What a heading of a creditor's tables means: mapped once, used for every file after."""

    _name = "kgw.import.column"
    _description = "Column of a Creditor's Files"
    _order = "mandate_id, id"
    _rec_name = "heading"

    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True, ondelete="cascade")
    heading = fields.Char(required=True)
    sample = fields.Char(readonly=True, help="What stands below it in the last file.")
    field = fields.Selection(FIELDS, string="Meaning", help="Empty: recognised by itself, or left.")

    _once = models.UniqueIndex(
        "(mandate_id, heading)", "This heading has a meaning in this mandate already."
    )
