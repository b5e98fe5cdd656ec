from odoo import fields, models

from ..const import CHANNELS, DEMANDS, RUNGS
from ..const_mandate import TEXT_SCOPES


class KgwTemplate(models.Model):
    """The words of a step; one text per language, since legal wording is not a translation."""

    _name = "kgw.template"
    _description = "Monitoring Template"
    _order = "channel, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    channel = fields.Selection(CHANNELS, required=True)
    rung = fields.Selection(RUNGS)
    scope = fields.Selection(
        TEXT_SCOPES,
        string="Legal Act",
        help="What the power of attorney must cover besides reminders and demands.",
    )
    text_ids = fields.One2many("kgw.template.text", "template_id", string="Texts")

    _unique_code = models.UniqueIndex("(code)", "There is already a template with this code.")

    def _get_scope(self, rung):
        """Return what a power of attorney must cover for this text on ``rung``; the text may be
        missing (a call without a script)."""
        return self.scope or ("demand" if rung in DEMANDS else "remind")

    def _get_text(self, lang):
        """Return the text in ``lang``, else in Polish, else the first one (may be empty)."""
        self.ensure_one()
        by_lang = {text.lang: text for text in self.text_ids}
        return by_lang.get(lang) or by_lang.get("pl_PL") or self.text_ids[:1]

    def _say_error(self, error):
        """Return in words that the text can't be written: which, where, and who corrects it.

        :param error: the :class:`TextError` that writing it raised
        """
        return self.env._(
            "The text of “%(template)s” can't be written (line %(line)s). An administrator corrects it"
            " among the templates; until then it does not go out.",
            template=self.name,
            line=error.line or "–",
        )
