from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import LANGUAGES
from ..tools import text


class KgwTemplateText(models.Model):
    """One text of a template in one language, written in sandboxed Jinja2."""

    _name = "kgw.template.text"
    _description = "Monitoring Text"
    _order = "template_id, lang"
    _rec_name = "lang"

    template_id = fields.Many2one("kgw.template", required=True, index=True, ondelete="cascade")
    channel = fields.Selection(related="template_id.channel")
    lang = fields.Selection(LANGUAGES, string="Language", required=True)
    subject = fields.Char(
        help="Subject of the e-mail or letter. The same variables as in the text."
    )
    body = fields.Text(
        required=True,
        help="HTML for e-mails and letters, plain text for SMS and call scripts.",
    )

    _unique_lang = models.UniqueIndex(
        "(template_id, lang)",
        "This template already has a text in this language.",
    )

    @api.constrains("subject", "body")
    def _check_renders(self):
        """Refuse a text that would fail later, at the moment of sending."""
        for record in self:
            try:
                for source in filter(None, (record.subject, record.body)):
                    text.check(source)
                record._render(text.SAMPLE_VALUES)
            except text.TextError as error:
                raise ValidationError(
                    self.env._(
                        "The text of “%(template)s” (%(lang)s) can't be written: %(detail)s (line %(line)s)."
                        " Correct that line; the variables that may be used are listed below the text.",
                        template=record.template_id.name,
                        lang=record.lang,
                        detail=error.detail,
                        line=error.line or "–",
                    )
                ) from error

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last(self):
        """What is to be sent with a template needs its words."""
        for template in self.template_id:
            if not template.text_ids - self:
                raise UserError(
                    self.env._(
                        "“%s” would have no words left, and whoever is to get them would get nothing:"
                        " change the text instead.",
                        template.name,
                    )
                )

    def _render(self, values):
        """Return ``(subject, body)`` written with ``values``, strings and lists of dictionaries.

        :raise text.TextError: the text uses what is not there
        """
        self.ensure_one()
        is_html = self.channel in ("email", "letter")
        render_body = text.render_html if is_html else text.render_plain
        subject = text.render_plain(self.subject, values) if self.subject else ""
        return " ".join(subject.split()), render_body(self.body, values)
