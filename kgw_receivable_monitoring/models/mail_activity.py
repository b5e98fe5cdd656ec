from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError

# What an activity of a call shares with it: moving either one moves the other.
SHARED = {"date_deadline", "user_id"}
# What ties it to its call, or would take it off the board.
FIXED = {"kgw_reminder_id", "res_id", "res_model_id", "activity_type_id", "active"}


class MailActivity(models.Model):
    _inherit = "mail.activity"

    kgw_reminder_id = fields.Many2one(
        "kgw.reminder",
        string="Monitoring Call",
        index="btree_not_null",
        ondelete="cascade",
        groups="base.group_user",
        help="This activity is the shadow of a call: the outcome is recorded on the call itself.",
    )

    def write(self, vals):
        """Who moves the activity of a call in any of Odoo's views moves the call, and the board."""
        calls = self._kgw_get_open_calls()
        if calls and not self.env.context.get("kgw_shadow"):
            if FIXED.intersection(vals):
                raise UserError(
                    self.env._(
                        "This is a monitoring call: it stays with its case until it is recorded how"
                        " the call ended."
                    )
                )
            self._kgw_move_calls(calls, vals)
        return super().write(vals)

    def _kgw_move_calls(self, calls, vals):
        """Move the calls to the day and the agent of ``vals``, under the rules of the board."""
        now = fields.Datetime.now()
        if "user_id" in vals:
            user = self.env["res.users"].browse(vals["user_id"])
            calls._check_may_assign()
            calls._get_decidable()._assign(user, now)
        if "date_deadline" in vals:
            day = fields.Date.to_date(vals["date_deadline"])
            calls._get_decidable()._reschedule(day, now)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open_call(self):
        """A call leaves the board by its outcome or by being cancelled, not by deletion."""
        if not self.env.su:
            self._kgw_refuse_without_outcome()

    def _kgw_get_open_calls(self):
        return self.kgw_reminder_id._get_open_calls()

    def _kgw_refuse_without_outcome(self):
        """Send whoever takes a call off the board to the place where its outcome is recorded.

        :raise RedirectWarning: one of the activities is a call that still has to be made
        """
        calls = self._kgw_get_open_calls()
        if calls:
            raise RedirectWarning(
                self.env._(
                    "This is a monitoring call. Open it and record how the call ended: the outcome"
                    " decides what happens next. A call that is not to be made is cancelled there."
                ),
                self.env.ref("kgw_receivable_monitoring.action_kgw_desk_of_call").id,
                self.env._("Open the call"),
                {"kgw_call_id": calls[0].id},
            )

    def _action_done(self, feedback=False, attachment_ids=None):
        """A call is not marked done: how it ended decides what comes next."""
        self._kgw_refuse_without_outcome()
        return super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
