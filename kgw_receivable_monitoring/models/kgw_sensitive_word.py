from odoo import api, fields, models

from ..tools import sensitive

CATEGORIES = [
    ("health", "Health"),
    ("family", "Family"),
    ("religion", "Religion"),
    ("union", "Trade union"),
    ("convictions", "Convictions"),
]


class KgwSensitiveWord(models.Model):
    """The beginning of a word that warns before a note is saved for the creditor.

    Health, religion, trade union membership, convictions and offences are special data (RODO,
    art. 9 and 10); family is nobody's business in a matter of invoices.
    """

    _name = "kgw.sensitive.word"
    _description = "Word That Warns"
    _order = "category, stem"
    _rec_name = "stem"

    stem = fields.Char(
        string="Word Begins With", required=True, help="With or without Polish marks."
    )
    is_whole = fields.Boolean(string="This Word Only", help="Longer words do not warn.")
    category = fields.Selection(CATEGORIES, required=True)
    active = fields.Boolean(default=True)

    _once = models.UniqueIndex("(stem)", "This word is in the list already.")

    @api.model
    def _find(self, text):
        """Return the words of ``text`` that warn, as they stand in it."""
        stems = [(word.stem, word.is_whole) for word in self.search([])]
        return sensitive.find_words(text or "", stems)
