from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .kgw_portal_base import KgwPortalBase

MAX_FILES = 5
MAX_BYTES = 10 * 1024 * 1024
MAX_TEXT = 5000


class KgwPortalTalk(models.AbstractModel):
    """The conversation of creditor and controller about one counterparty."""

    _name = "kgw.portal.talk"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Conversation"

    @api.model
    def _write_message(self, case_id, text, files, now):
        """Put a message of the creditor onto the case; its controller gets it on the list.

        :param files: ``(name, content)`` pairs
        :raise UserError: nothing was written, or the files are too big
        """
        case = self._get_one("kgw.case", case_id)
        text = (text or "").strip()[:MAX_TEXT]
        if not text and not files:
            raise UserError(self.env._("Write a message or choose a file."))
        if len(files) > MAX_FILES or sum(len(content) for _name, content in files) > MAX_BYTES:
            raise UserError(
                self.env._("At most five files of 10 MB together. Send the rest separately.")
            )
        self._record_message(case, text, files, now)
        controller = case.controller_id or case.mandate_id.controller_id
        case.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Message from the creditor"),
            note=plaintext2html(text),
            user_id=controller.id,
        )

    @api.model
    def _get_talk(self, case):
        """Return the messages of a case, the oldest first."""
        events = case.env["kgw.event"].search(
            [("case_id", "=", case.id), ("kind", "=", "message")], limit=50
        )
        return [
            {**self._prepare_event(event), "is_own": event.user_id == self.env.user}
            for event in reversed(events)
        ]

    @api.model
    def _record_message(self, case, text, files, now):
        """Write a message between creditor and controller into the register and the thread.

        Whoever calls answers for whose case it is.

        :param files: ``(name, content)`` pairs
        """
        attachments = case.env["ir.attachment"].create(
            [
                {"name": name, "raw": content, "res_model": case._name, "res_id": case.id}
                for name, content in files
            ]
        )
        payload = {"text": text, "files": [{"id": a.id, "name": a.name} for a in attachments]}
        values = {"case_id": case.id, "mandate_id": case.mandate_id.id, "payload": payload}
        self.env["kgw.event"]._record([{"kind": "message", "at": now, **values}])
        # The thread is for our people: nobody is mailed.
        case.message_post(
            body=plaintext2html(text),
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
            attachment_ids=attachments.ids,
        )

    @api.model
    def _get_file(self, event_id, number):
        """Return ``(file name, content, mimetype)`` of a file of a message of the creditor's case,
        or None."""
        event = self._search_own(
            "kgw.event", [("id", "=", event_id), ("kind", "=", "message")], "case_id"
        )
        files = (event.payload or {}).get("files", []) if event else []
        if not 0 <= number < len(files):
            return None
        attachment = event.env["ir.attachment"].browse(files[number]["id"]).exists()
        return (attachment.name, attachment.raw, attachment.mimetype) if attachment else None
