from odoo import api, fields, models
from odoo.exceptions import UserError


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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open_call(self):
        """A call leaves the board by its outcome or by being cancelled, not by deletion."""
        if not self.env.su and self._kgw_get_open_calls():
            raise UserError(
                self.env._(
                    "This is a monitoring call. Open it and record how the call ended, or cancel"
                    " it there.",
                )
            )

    def _kgw_get_open_calls(self):
        return self.kgw_reminder_id.filtered(lambda r: r.state in ("planned", "failed"))

    def _action_done(self, feedback=False, attachment_ids=None):
        """A call is not marked done: how it ended decides what comes next."""
        if self._kgw_get_open_calls():
            raise UserError(
                self.env._(
                    "This is a monitoring call. Open it and record how the call ended:"
                    " the outcome decides what happens next.",
                )
            )
        return super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
