import base64

from odoo import api, models
from odoo.tools.mimetypes import guess_mimetype

from ..tools import calendar, pdf


class KgwChannelLetter(models.AbstractModel):
    """Letter: a PDF in the print run of the day, where it waits; a person posts it: *sent*."""

    _name = "kgw.channel.letter"
    _inherit = "kgw.channel"
    _description = "Channel: Letter"

    _knows_hours = False
    _claim_size = 20

    @api.model
    def _mark_trial(self, body):
        return f"<p><strong>TEST</strong></p>{body}"

    @api.model
    def _prepare_content(self, reminder, now):
        """Besides the text, draw the letter: whatever fails here fails before the claim.

        In a simulation there is no paper: drawing takes half a second, and files outlive a rollback.
        """
        content = super()._prepare_content(reminder, now)
        if self.env.context.get("kgw_simulation"):
            return content
        document = self._draw(reminder, content, self.env["kgw.text"]._get_values(reminder, now))
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{reminder.case_id.name.replace('/', '-')}-{reminder.rung}.pdf",
                "raw": document,
                "mimetype": "application/pdf",
                "res_model": "kgw.reminder",
                "res_id": reminder.id,
            }
        )
        run = self.env["kgw.print.run"]._get_open(reminder, calendar.local_date(now))
        return {**content, "attachment_id": attachment.id, "print_run_id": run.id}

    def _draw(self, reminder, content, values):
        """Return the PDF of a letter; every mark on it is the brand's."""
        letter = self._prepare_letter(reminder, content, values)
        html = self.env["ir.qweb"]._render(
            "kgw_receivable_monitoring.letter_document", {"letter": letter}
        )
        brand = reminder.brand_id.name
        return pdf.html_to_pdf(
            str(html), pdf.letter_css(), title=brand, author=brand, lang=letter["lang"]
        )

    def _prepare_letter(self, reminder, content, values):
        """Return the plain values of the letter's layout."""
        brand, case = reminder.brand_id, reminder.case_id
        address = [
            {"line": part.strip()} for part in content["recipient"].split(",") if part.strip()
        ]
        return {
            "lang": case.lang[:2],
            "brand": {**values["brand"], "logo": self._get_logo(brand)},
            "recipient_lines": [{"line": self._get_addressee(reminder)}, *address],
            "place_date": ", ".join(filter(None, (brand.city, values["today"]))),
            "case_number": case.name,
            "subject": content["subject"],
            "body": content["body"],
            "is_registered": bool(reminder.is_registered),
            "footer": "",
        }

    def _get_addressee(self, reminder):
        """Return whose name stands above the address: in a trial run that of the brand."""
        mandate = reminder.mandate_id
        to = mandate._get_brand("after") if mandate.is_trial else reminder.case_id.counterparty_id
        return to.name

    def _get_logo(self, brand):
        if not brand.image_512:
            return ""
        mimetype = guess_mimetype(base64.b64decode(brand.image_512))
        return f"data:{mimetype};base64,{brand.image_512.decode()}"
