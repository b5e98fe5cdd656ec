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
    # How many reminders are claimed in one transaction: many where the gateway honours keys.
    _claim_size = 1
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
    def _send(self, reminders):
        """Hand claimed reminders over; called between two commits, writes nothing.

        :return: ``{reminder: Outcome}`` for every reminder; it never raises
        """
        raise NotImplementedError
