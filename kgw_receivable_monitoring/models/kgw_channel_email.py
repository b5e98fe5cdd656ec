import logging
import smtplib
from contextlib import contextmanager
from email.utils import formataddr
from typing import NamedTuple

from markupsafe import escape

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize, html2plaintext

from ..tools import mime
from .kgw_channel import Outcome

_logger = logging.getLogger(__name__)


class Post:
    """What one run of the dispatcher keeps over its commits: one session per brand, and what is
    ready to be sent."""

    def __init__(self):
        self.sessions = {}
        self.parcels = {}

    def connect(self, parcel):
        """Return the session of a parcel's brand; one that died in the meantime is opened anew.

        :return: None where sending is switched off, as in tests and while modules are loaded
        """
        session = self.sessions.pop(parcel.sender, None)
        if not session or not _answers(session):
            session = _open(parcel)
        if session:
            self.sessions[parcel.sender] = session
        return session

    def drop(self, sender):
        """Close the session of a brand."""
        if session := self.sessions.pop(sender, None):
            _close(session)

    def close(self):
        """Close all sessions."""
        for sender in list(self.sessions):
            self.drop(sender)


class Parcel(NamedTuple):
    """One message ready to be sent; ``message`` is None where it could not be built."""

    sender: str
    domain: str
    servers: object
    message: object
    error: str = ""


def _open(parcel):
    """Open a session that introduces itself by the domain of the brand: mail servers write that
    name into the message (RFC 5321, 4.4), and this machine's is the agency's."""
    session = parcel.servers._connect__(smtp_from=parcel.sender)
    if session is not None:
        session.local_hostname = parcel.domain
        session.ehlo()
    return session


def _answers(session):
    try:
        return session.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        _close(session)
        return False


def _close(session):
    try:
        session.quit()
    except (OSError, smtplib.SMTPException):
        _logger.info("The mail server closed the session first.")


class KgwChannelEmail(models.AbstractModel):
    """E-mail over SMTP: one session per brand and run, the Message-ID is ours.

    SMTP knows no key, so a connection that breaks after the text was handed over leaves an
    *unknown* (RFC 1047); it is never sent again by itself.
    """

    _name = "kgw.channel.email"
    _inherit = "kgw.channel"
    _description = "Channel: E-mail"

    _send_size = 1

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
    def _drop_rows(self, reminders):
        """Nobody was written to: no message says so."""
        self.env["mail.message"].sudo().search(  # technical rows, as above
            [("message_id", "in", reminders.mapped("message_ref"))]
        ).unlink()

    @contextmanager
    def _connected(self):
        post = Post()
        try:
            yield self.with_context(kgw_post=post)
        finally:
            post.close()

    @api.model
    def _pack(self, reminders):
        """Build the messages: between the commits nothing is read any more."""
        parcels = self.env.context["kgw_post"].parcels
        parcels.clear()
        for reminder in reminders:
            brand = reminder.brand_id
            try:
                message = self._build(brand, reminder)
                sender, domain = self._get_sender(brand), self._get_domain(brand)
                parcel = Parcel(sender, domain, self._get_servers(brand), message)
            except Exception as error:  # whatever is wrong with this one, the others go on
                parcel = Parcel("", "", None, None, type(error).__name__)
            parcels[reminder.id] = parcel

    @api.model
    def _send(self, reminders):
        post = self.env.context["kgw_post"]
        return {reminder: self._send_one(post, reminder) for reminder in reminders}

    def _send_one(self, post, reminder):
        """Return the outcome of sending one reminder; a session that broke is closed."""
        parcel = post.parcels.pop(reminder.id)
        if parcel.message is None:
            return Outcome("failed", f"The message can't be built ({parcel.error})")
        try:
            session = post.connect(parcel)
        except (UserError, OSError, smtplib.SMTPException) as error:
            return Outcome("failed", f"No connection to the mail server ({type(error).__name__})")
        if session is None:
            return Outcome("failed", "Sending e-mails is switched off")
        outcome = self._transmit(session, parcel)
        if outcome.state != "sent":
            post.drop(parcel.sender)
        return outcome

    def _transmit(self, session, parcel):
        """Return the outcome of one conversation with the mail server."""
        try:
            sender, recipients, message = parcel.servers._prepare_email_message__(
                parcel.message, session
            )
        except (AssertionError, UserError, ValueError) as error:
            return Outcome("dead", f"The message can't be addressed ({type(error).__name__})")
        if len(recipients) > 1:
            return Outcome("dead", "The message can't be addressed: its address hides another one")
        try:
            session.send_message(message, sender, recipients)
        except (UnicodeError, smtplib.SMTPNotSupportedError) as error:
            # An address that this server can't write to: found before the text is handed over.
            return Outcome("dead", f"The message can't be addressed ({type(error).__name__})")
        except smtplib.SMTPServerDisconnected:
            return Outcome("unknown", "The connection to the mail server broke while sending")
        except smtplib.SMTPResponseException as error:
            return Outcome(*self._read_refusal(error.smtp_code))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            return Outcome(*self._read_refusal(max(codes, default=550)))
        except (TimeoutError, OSError) as error:
            return Outcome(
                "unknown", f"The connection broke while sending ({type(error).__name__})"
            )
        return Outcome("sent")

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
        headers = {
            "Message-Id": reminder.message_ref,
            "Subject": reminder.subject,
            "To": [reminder.recipient],
            "Date": self.env.cr.now(),
            "From": self._get_sender(brand),
            "Reply-To": self._get_reply_to(brand),
            "Return-Path": brand.alias_domain_id.bounce_email or brand.email,
            "Auto-Submitted": "auto-generated",
            "MIME-Version": "1.0",
        }
        papers = [(doc.name, doc.raw, doc.mimetype) for doc in reminder.attachment_id]
        return mime.build(headers, html2plaintext(reminder.body), reminder.body, papers)

    def _get_reply_to(self, brand):
        return brand.alias_domain_id.catchall_email or self._get_sender(brand)
