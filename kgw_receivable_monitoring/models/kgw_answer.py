from odoo import api, fields, models
from odoo.tools import html2plaintext

from ..tools import calendar, reply

# Of a reply, as much stands in the task as fits on a screen; the whole is in the thread.
SHOWN = 1000


class KgwAnswer(models.AbstractModel):
    """What comes in by e-mail: replies wait for a person, machines are only noted, returned
    messages are no contact."""

    _name = "kgw.answer"
    _description = "Incoming E-mails of a Case"

    has_unread_reply = fields.Boolean(compute="_compute_has_unread_reply")

    @api.depends("hold_ids.lifted_at", "hold_ids.reason")
    def _compute_has_unread_reply(self):
        for case in self:
            case.has_unread_reply = bool(case._get_reply_holds() or case._get_reply_tasks())

    def message_update(self, msg_dict, update_vals=None):
        """A reply landed in the thread of the case: the register says so and a person reads it.

        What a machine answered is noted only.
        """
        now = self.env.context.get("kgw_now") or fields.Datetime.now()
        is_automatic = bool(self.env.context.get("kgw_is_automatic"))
        trial = self._find_trial(msg_dict)
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "auto_reply" if is_automatic else "reply",
                    "at": now,
                    "case_id": case.id,
                    "channel": "email",
                    "mandate_id": case.mandate_id.id,
                    "reminder_id": trial.id,
                    "payload": {"subject": msg_dict.get("subject") or ""},
                }
                for case in self
            ]
        )
        if not is_automatic:
            words = reply.own_words(html2plaintext(msg_dict.get("body") or ""))
            for case in self:
                case._ask_to_read(msg_dict.get("subject") or "", words, now, bool(trial))
        return super().message_update(msg_dict, update_vals)

    def _find_trial(self, msg_dict):
        """Return the trial message that an e-mail answers, none for an answer of the counterparty."""
        # The row of what went out is a technical one.
        answered_sudo = self.env["mail.message"].sudo().browse(msg_dict.get("parent_id") or [])
        sent = [
            ("case_id", "in", self.ids),
            ("message_ref", "in", answered_sudo.mapped("message_id")),
        ]
        return self.env["kgw.reminder"].search([*sent, ("is_trial", "=", True)], limit=1)

    def _ask_to_read(self, subject, words, now, is_trial):
        """Give the controller the reply to read and hold the case until that is done; who answers a
        trial message holds nothing."""
        user = self._get_controller()
        hint = ""
        if reply.says_paid(words):
            hint = self.with_context(lang=user.lang)._get_paid_hint() + "\n\n"
        subject = f"TEST {subject}" if is_trial else subject
        self._add_task("reply", user, subject, hint + words[:SHOWN], now)
        if is_trial:
            return
        if self.mandate_id.company_id.sudo().kgw_holds_on_reply and not self._get_reply_holds():
            self.env["kgw.hold"].with_context(kgw_now=now).create(
                {"case_id": self.id, "reason": "reply", "from_date": calendar.local_date(now)}
            )

    def _get_paid_hint(self):
        return self.env._(
            "It may be paid already. Nothing was booked: ask for the proof of payment and ask the"
            " creditor."
        )

    def _get_reply_holds(self):
        return self.hold_ids.filtered(lambda hold: hold.is_open and hold.reason == "reply")

    def _get_reply_tasks(self):
        kind = self.env.ref("kgw_receivable_monitoring.mail_activity_type_reply")
        return self.activity_ids.filtered(lambda task: task.activity_type_id == kind)

    def action_reply_read(self):
        """The user has read the replies: the tasks are done and the case goes on."""
        self.check_access("write")
        for case in self:
            case._get_reply_tasks().action_feedback()
            # Only managers lift holds; this one waited for nothing but a reader.
            case.sudo()._get_reply_holds()._lift(fields.Datetime.now())

    def action_reply_promise(self):
        """The reply promises to pay: open the dialogue that takes it down; it is read when that is
        saved, and the case is held until then."""
        return self._take_down(self.action_promise())

    def action_reply_dispute(self):
        """The reply disputes an invoice: as :meth:`action_reply_promise`."""
        return self._take_down(self.action_dispute())

    def _take_down(self, action):
        return {**action, "context": {**action["context"], "kgw_reply_read": True}}

    def _message_receive_bounce(self, email, partner):
        """An e-mail came back: it was no contact, its address is wrong, the fallback is planned."""
        result = super()._message_receive_bounce(email, partner)
        now = fields.Datetime.now()
        for case in self:
            case.contact_point_ids.filtered(
                lambda p: p.kind == "email" and p.value == email
            ).state = "wrong"
            returned = case.reminder_ids.filtered(
                lambda r: r.channel == "email" and r.recipient == email and r._is_handed_over()
            ).sorted("id")[-1:]
            returned._mark_sent(now)  # it may come back before the dispatcher has recorded it
            returned._mark_undelivered(now, detail=self.env._("The e-mail came back"))
        return result
