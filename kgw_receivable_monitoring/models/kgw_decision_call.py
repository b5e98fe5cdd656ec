from odoo import models
from odoo.exceptions import UserError


class KgwDecisionCall(models.AbstractModel):
    """The creditor asks for a call: one that is planned, else a task of the controller."""

    _name = "kgw.decision.call"
    _description = "Decision: a Call Asked For"

    def _do_ask_call(self, now):
        """Plan calls, about what is overdue if anything is; where none can be, the controller is
        told.

        :raise UserError: nobody is to be contacted any more
        """
        self._check_still_contacted(now)
        self._cancel_contacts(now)
        lines = self.case_id._get_open_receivables().grouped("kgw_case_id")
        vals = {
            decision: decision._prepare_call_vals(lines.get(decision.case_id), now)
            for decision in self
        }
        calls = self.env["kgw.reminder"].create([own for own in vals.values() if own])
        calls.line_ids.receivable_id._kgw_load()
        self.env["kgw.event"]._record_contacts(calls, "planned", now)
        left = self.filtered(lambda decision: not vals[decision])
        left._tell_controllers(lambda env: env._("The creditor asks for a call."))

    def _prepare_call_vals(self, lines, now):
        """Return the values of the call about open ``lines``, None where none can be planned."""
        message, case = self.env["kgw.message"], self.case_id
        offered = message._get_offered(case, "phone", lines)
        template = (offered.filtered(lambda t: t.rung != "information") or offered)[:1]
        if not template or case.reminder_ids._get_open():
            return None
        # The first moment from now on at which somebody of this kind is called.
        moment = case.kind_id._get_next_moment(now, case.tz)
        vals = message._prepare_contact(case, template, lines, moment)
        return {**vals, "decision_id": self.id}

    def _check_ask_call(self, known):
        self._check_not_on_hold(known)
        self._check_not_called_yet()
        case_id = self.case_id.id
        if "phone" in known.usable.get(case_id, ()):
            return
        raise UserError(self._say_no_call(known.closed.get(case_id, {}).get("phone")))

    def _check_not_called_yet(self):
        call = self.case_id.reminder_ids._get_open().filtered(lambda r: r.channel == "phone")
        if call:
            raise UserError(
                self.env._(
                    "A call is planned already, for %s. Nothing would change.",
                    self.env["kgw.portal"]._format_upcoming(call.planned_on),
                )
            )

    def _say_no_call(self, closed):
        """Return why nobody can be called, and what to do.

        :param closed: of ``kgw.hold._get_closed_channels``, None where the channel is open
        """
        return {
            None: self.env._(
                "There is no phone number to call. Give one first: “Correct contact data”."
            ),
            "given_up": self.env._("You decided that we do not call. Choose “Go on” first."),
            "closed": self.env._("Nobody is called here for now. Ask your controller why."),
        }[closed]
