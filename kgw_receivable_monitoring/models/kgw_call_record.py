from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import format_datetime

from ..const_calls import CALL_RETRY_HOURS, CALL_TABLE, CALLED_DAYS


class KgwCallRecord(models.AbstractModel):
    """What has to be said of a call before its outcome is recorded, and what is written of it."""

    _name = "kgw.call.record"
    _description = "Recording of a Call"

    # === CHECKS === #

    def _check_complete(self, now):
        """
        :raise UserError: the outcome, or something that it needs, is missing
        """
        if not self.outcome:
            raise UserError(self.env._("Choose how the call ended."))
        table = CALL_TABLE[self.outcome]
        problems = [*self._find_missing(table), *self._find_wrong_moment(now)]
        if problems:
            raise UserError("\n".join(problems))
        self._check_words()
        if table.group == "nobody" and not self.is_incoming:
            self._check_pause(self._get_moment(now))

    def _find_missing(self, table):
        """Return what the outcome ``table`` still needs, all of it at once."""
        problems = []
        if self.is_incoming and table.is_outgoing:
            problems.append(self.env._("Who calls us was reached: choose how the talk ended."))
        labels = {name: self._fields[name]._description_string(self.env) for name in table.needs}
        if missing := [label for name, label in labels.items() if not self[name]]:
            problems.append(self.env._("Still missing: %s.", ", ".join(missing)))
        if self.needs_identity and not self.identity_by and table.group == "reached":
            problems.append(
                self.env._(
                    "Say how the identity was confirmed: nothing is said to anybody else about a"
                    " person's matter. If it was not, choose “Identity not confirmed”."
                )
            )
        return problems

    def _check_pause(self, now):
        """Attempts in vain are made in different parts of the day; a call back counts at once.

        :raise UserError: the last attempt was a moment ago
        """
        retry_at = self.reminder_id.retry_at
        if retry_at and now < retry_at:
            raise UserError(
                self.env._(
                    "The last attempt was a moment ago. Try again after %s, in another part of"
                    " the day.",
                    format_datetime(self.env, retry_at, tz=self.case_id.tz, dt_format="short"),
                )
            )

    def _find_wrong_moment(self, now):
        """Return what is wrong with the moment of the call: where calls are not made at ``now``, it
        was made before, and whoever records it says when."""
        if not self.asks_when:
            return []
        if not self.called_at:
            return [
                self.env._(
                    "Now nobody is called. If this call was made before, say at the top of the page"
                    " when: the caps, the gap to the next contact and the register go by it.",
                )
            ]
        if not now - timedelta(days=CALLED_DAYS) <= self.called_at <= now:
            return [
                self.env._(
                    "A call that is recorded was made within the last %s days. Correct when it was.",
                    CALLED_DAYS,
                )
            ]
        return []

    def _get_moment(self, now):
        """Return when the call was made: now, but where somebody records it later."""
        return self.called_at if self.asks_when and self.called_at else now

    # === RECORD === #

    def _record(self, now):
        """Write the call into the register, and end the planned one that it was."""
        told = {"identity": self.identity_by or "", "incoming": self.is_incoming}
        call, group = self.reminder_id, CALL_TABLE[self.outcome].group
        if self.asks_when and call._get_next_slot(now) > now:
            told["outside_hours"] = True
        # Who calls us and is not the right person is no attempt in vain of ours.
        if call and not (self.is_incoming and group == "nobody"):
            if call.state not in ("planned", "failed"):
                raise UserError(
                    self.env._(
                        "This call is not on the board any more: it was recorded or cancelled"
                        " meanwhile."
                    )
                )
            # The course and the ledger's lines move with it; the right on the case was checked.
            self.env["kgw.channel.phone"].sudo()._record_call(
                call.sudo(), self.outcome, self.note, now, again_at=self._get_again_at(now), **told
            )
        else:
            self._record_conversation(now, told)

    def _get_again_at(self, now):
        """Return when to call again: as asked, for who is fetched later, at once when cut off."""
        if self.outcome == "passed_on":
            later = now + timedelta(hours=CALL_RETRY_HOURS)
            return self.reminder_id._get_next_slot(later) if self.reminder_id else later
        return self.callback_at or now

    def _record_conversation(self, now, told):
        """Write a conversation into the register that no call was planned for."""
        case = self.case_id
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "call",
                    "at": now,
                    "case_id": case.id,
                    "mandate_id": case.mandate_id.id,
                    "channel": "phone",
                    "payload": {"outcome": self.outcome, "note": self.note or "", **told},
                }
            ]
        )
        if CALL_TABLE[self.outcome].group == "again":
            self._add_call_back(now)

    def _add_call_back(self, now):
        """Give the agent the task of calling back who has no call on the board to come back."""
        again_at = self._get_again_at(now)
        time = format_datetime(self.env, again_at, tz=self.case_id.tz, dt_format="short")
        label = dict(self._fields["outcome"]._description_selection(self.env))[self.outcome]
        self.case_id._add_task(
            "outcome", self.env.user, f"{label}, {time}", self.note or "", again_at
        )
