from odoo import api, fields, models
from odoo.exceptions import UserError


class KgwCreditorWords(models.AbstractModel):
    """Mixin of the pages on which somebody writes what the creditor reads.

    Words of health, family, religion, union or convictions warn before they are saved; who saves
    them all the same is recorded.
    """

    _name = "kgw.creditor.words"
    _description = "Words for the Creditor"

    # The field of the page that the creditor reads.
    _words_field = "note"

    note_warning = fields.Char(string="Words That Warn", compute="_compute_note_warning")
    is_note_checked = fields.Boolean(string="Save It All the Same")

    @api.depends(lambda self: (self._words_field,))
    def _compute_note_warning(self):
        for page in self:
            found = self.env["kgw.sensitive.word"]._find(page[self._words_field])
            page.note_warning = ", ".join(found)

    def _check_words(self):
        """
        :raise UserError: words warn, and nobody has said that they are meant
        """
        if self.note_warning and not self.is_note_checked:
            raise UserError(
                self.env._(
                    "The creditor reads the note. Leave these words out, or tick “Save It All the"
                    " Same”: %s.",
                    self.note_warning,
                )
            )

    def _record_words(self, cases, now):
        """Note for ourselves that words which warn were saved for the creditor of ``cases``."""
        if not self.note_warning:
            return
        said = self.env._("Saved for the creditor in spite of the warning: %s", self.note_warning)
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "note",
                    "at": now,
                    "case_id": case.id,
                    "mandate_id": case.mandate_id.id,
                    "payload": {"note": said, "warned": self.note_warning},
                }
                for case in cases
            ]
        )
