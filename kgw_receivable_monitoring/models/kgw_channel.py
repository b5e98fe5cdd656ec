from contextlib import contextmanager
from typing import NamedTuple

from odoo import api, models

from ..const import CHANNEL_POINT


class Outcome(NamedTuple):
    """What became of one message: ``sent``, ``failed`` (repeat), ``dead``, ``unknown``."""

    state: str
    detail: str = ""
    ref: str = ""


class KgwChannel(models.AbstractModel):
    """The contract of a channel: it knows *how*, never *whether*, and never writes a state.

    A channel is one value of the Selection ``channel`` and one model ``kgw.channel.<value>``.
    """

    _name = "kgw.channel"
    _description = "Channel"

    # Whether the contact hours of the counterparty's kind hold for this channel.
    _knows_hours = True
    # How many reminders are claimed in one transaction, and of those handed over in one call: so
    # many may be unknown when a process dies. 0: a person makes the contact, or posts it.
    _claim_size = 500
    _send_size = 0
    # Whether a person at the desk makes the contact, not the dispatcher.
    _at_desk = False

    @api.model
    def _get_obstacle(self, reminder):
        """Return the code of what keeps this channel from being used at all, or ''."""
        return ""

    @api.model
    def _prepare_content(self, reminder, now):
        """Return the values of what goes out: recipient, subject, body, answer-by date.

        :raise TextError: the text of the template can't be written
        """
        values = self.env["kgw.text"]._get_values(reminder, now)
        subject, body = self._render(reminder, values)
        return {
            "recipient": self._get_recipient(reminder),
            "subject": subject,
            "body": body,
            "answer_by": self.env["kgw.text"]._get_answer_by(reminder, now) or False,
            "is_trial": reminder.mandate_id.is_trial,
        }

    @api.model
    def _get_recipient(self, reminder):
        """Return where it goes: the case's contact point, in a trial run the mandate's address."""
        kind = CHANNEL_POINT[reminder.channel]
        if reminder.mandate_id.is_trial:
            return reminder.mandate_id._get_trial_recipient(kind)
        return reminder.case_id.contact_point_ids._get_usable(kind).value

    @api.model
    def _render(self, reminder, values):
        """Return ``(subject, body)`` in the language of the case."""
        text = reminder.template_id._get_text(reminder.case_id.lang)
        subject, body = text._render(values)
        if not reminder.mandate_id.is_trial:
            return subject, body
        return f"TEST {subject}" if subject else subject, self._mark_trial(body)

    @api.model
    def _mark_trial(self, body):
        """Return the text of a trial run, which nobody may take for a real one."""
        return f"TEST {body}"

    @api.model
    def _prepare_rows(self, reminders):
        """Write, in the claim's transaction, what Odoo needs to match replies and returns."""

    @api.model
    def _drop_rows(self, reminders):
        """Undo :meth:`_prepare_rows` for what was claimed and never handed over."""

    @contextmanager
    def _connected(self):
        """Yield this model for one run of the dispatcher, which keeps what it needs of its gateway
        over the commits; everything is closed at the end, whatever happens."""
        yield self

    @api.model
    def _pack(self, reminders):
        """Make ready, in the claim's transaction, what :meth:`_send` will hand over; never raises."""

    @api.model
    def _get_known_again(self, reminders):
        """Return those of ``reminders`` whose gateway takes the same key once only, so that handing
        them over again does no harm."""
        return reminders.browse()

    @api.model
    def _send(self, reminders):
        """Hand claimed reminders over; called between two commits, writes nothing.

        :return: ``{reminder: Outcome}`` for every reminder; it never raises
        """
        raise NotImplementedError
