import logging
import smtplib
from email.utils import formataddr

from markupsafe import escape

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize

from .kgw_channel import Outcome

_logger = logging.getLogger(__name__)


class KgwChannelEmail(models.AbstractModel):
    """E-mail over SMTP: one session per brand and run, the Message-ID is ours.

    SMTP knows no key, so a connection that breaks after the text was handed over leaves an
    *unknown* (RFC 1047); it is never sent again by itself.
    """

    _name = "kgw.channel.email"
    _inherit = "kgw.channel"
    _description = "Channel: E-mail"

    @api.model
    def _mark_trial(self, body):
        return f"<p><strong>TEST</strong></p>{body}"

    @api.model
    def _prepare_content(self, reminder, now):
        return {
            **super()._prepare_content(reminder, now),
            "message_ref": f"<{reminder.key}@{self._get_domain(reminder.brand_id)}>",
        }

    @api.model
    def _get_domain(self, brand):
        """Return the domain of the brand: nothing of the agency's may stand in what is sent."""
        return brand.alias_domain_id.name or brand.email.rpartition("@")[2]

    @api.model
    def _prepare_rows(self, reminders):
        """One message with our Message-ID and one notification per reminder: all that Odoo needs
        to thread replies and to match returns. It shows the subject: Odoo would call an empty
        message a deleted one."""
        # The register holds the text; these technical rows are not the dispatcher's own documents.
        messages_sudo = self.env["mail.message"].sudo()
        repeated = reminders.filtered(lambda r: r.attempts > 1)
        known = messages_sudo.search([("message_id", "in", repeated.mapped("message_ref"))])
        fresh = reminders.filtered(lambda r: r.message_ref not in known.mapped("message_id"))
        note_id = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        messages = messages_sudo.create(
            [
                {
                    "message_type": "email_outgoing",
                    "model": "kgw.case",
                    "res_id": reminder.case_id.id,
                    "message_id": reminder.message_ref,
                    "body": escape(reminder.subject or ""),
                    "author_id": False,
                    "email_from": reminder.brand_id.email,
                    "reply_to": self._get_reply_to(reminder.brand_id),
                    "subtype_id": note_id,
                }
                for reminder in fresh
            ]
        )
        self.env["mail.notification"].sudo().create(
            [
                {
                    "mail_message_id": message.id,
                    "notification_type": "email",
                    "notification_status": "sent",
                    "mail_email_address": reminder.recipient,
                }
                for message, reminder in zip(messages, fresh, strict=True)
            ]
        )

    @api.model
    def _send(self, reminders):
        outcomes = {}
        for brand, batch in reminders.grouped("brand_id").items():
            outcomes |= self._send_as(brand, batch)
        return outcomes

    def _send_as(self, brand, reminders):
        """Send over one session; a session that broke is opened anew for the next reminder."""
        outcomes, session = {}, None
        for reminder in reminders:
            session, outcomes[reminder] = self._send_one(brand, reminder, session)
        if session:
            self._close(session)
        return outcomes

    def _send_one(self, brand, reminder, session):
        """Return ``(session or None, outcome)`` after sending one reminder."""
        servers = self._get_servers(brand)
        try:
            message = self._build(brand, reminder)
            session = session or self._connect(servers, brand)
            if session is None:  # Odoo's own switch, as in tests and while modules are loaded
                return None, Outcome("failed", "Sending e-mails is switched off")
        except (UserError, OSError, smtplib.SMTPException) as error:
            return None, Outcome(
                "failed", f"No connection to the mail server ({type(error).__name__})"
            )
        try:
            sender, recipients, message = servers._prepare_email_message__(message, session)
            session.send_message(message, sender, recipients)
        except smtplib.SMTPServerDisconnected:
            return None, Outcome("unknown", "The connection to the mail server broke while sending")
        except smtplib.SMTPResponseException as error:
            return None, Outcome(*self._read_refusal(error.smtp_code))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            return None, Outcome(*self._read_refusal(max(codes, default=550)))
        except (TimeoutError, OSError) as error:
            return None, Outcome(
                "unknown", f"The connection broke while sending ({type(error).__name__})"
            )
        return session, Outcome("sent", ref=reminder.message_ref)

    def _connect(self, servers, brand):
        """Open a session that introduces itself by the domain of the brand: mail servers write that
        name into the message (RFC 5321, 4.4), and this machine's is the agency's."""
        session = servers._connect__(smtp_from=self._get_sender(brand))
        if session is not None:
            session.local_hostname = self._get_domain(brand)
            session.ehlo()
        return session

    def _get_sender(self, brand):
        """Return the brand as counterparties see it, with its name."""
        return formataddr((brand.name, email_normalize(brand.email)))

    def _get_servers(self, brand):
        """Return the mail servers as this brand uses them: where Odoo puts an address of the
        company's own into a message or its envelope, the brand's stands instead."""
        return self.env["ir.mail_server"].with_context(
            domain_notifications_email=brand.email,
            domain_bounce_address=brand.alias_domain_id.bounce_email or brand.email,
        )

    def _read_refusal(self, code):
        """A 4xx answer may pass later, a 5xx never (RFC 5321, 4.2.1)."""
        state = "failed" if 400 <= code < 500 else "dead"
        return state, f"The mail server refused the message ({code})"

    def _build(self, brand, reminder):
        """Return the MIME message; every address of it is the brand's."""
        alias, sender = brand.alias_domain_id, self._get_sender(brand)
        return self.env["ir.mail_server"]._build_email__(
            email_from=sender,
            email_to=[reminder.recipient],
            subject=reminder.subject,
            body=reminder.body,
            subtype="html",
            message_id=reminder.message_ref,
            reply_to=self._get_reply_to(brand),
            headers={
                "Return-Path": alias.bounce_email or brand.email,
                "Auto-Submitted": "auto-generated",
            },
        )

    def _get_reply_to(self, brand):
        return brand.alias_domain_id.catchall_email or self._get_sender(brand)

    def _close(self, session):
        try:
            session.quit()
        except (OSError, smtplib.SMTPException):
            _logger.info("The mail server closed the session first.")
