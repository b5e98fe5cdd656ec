from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.notice import notice


class KgwCallMove(models.TransientModel):
    """Pass calls on to another agent, or move them to another day, one or many at once."""

    _name = "kgw.call.move"
    _description = "Pass On or Move Calls"

    reminder_ids = fields.Many2many("kgw.reminder", string="Calls", required=True)
    agent_id = fields.Many2one("res.users", domain=lambda self: self._get_agents_domain())
    day = fields.Date()

    def _get_agents_domain(self):
        group = self.env.ref("kgw_receivable_monitoring.group_kgw_agent")
        return [("all_group_ids", "in", group.ids), ("share", "=", False)]

    def action_move(self):
        """Move what can be moved and say what can't.

        :raise UserError: nothing was chosen, or none of the calls can be moved
        """
        self.ensure_one()
        if not self.agent_id and not self.day:
            raise UserError(self.env._("Choose an agent, a day, or both."))
        refused = []
        for call in self.reminder_ids:
            try:
                with self.env.cr.savepoint():
                    self._move(call, fields.Datetime.now())
            except UserError as error:
                refused.append(f"{call.display_name}: {error}")
        if len(refused) == len(self.reminder_ids):
            raise UserError("\n".join(refused[:20]))
        return self._tell(len(self.reminder_ids) - len(refused), refused)

    def _move(self, call, now):
        if self.agent_id:
            call._check_may_assign()
            call._get_decidable()._assign(self.agent_id, now)
        if self.day:
            call._get_decidable()._reschedule(self.day, now)

    def _tell(self, done, refused):
        """Return the notice of the result, and close the dialogue."""
        message = self.env._("Calls moved: %s.", done)
        if refused:
            message = self.env._(
                "Calls moved: %(done)s. Not moved: %(left)s. %(first)s",
                done=done,
                left=len(refused),
                first=refused[0],
            )
        return notice(
            message,
            kind="warning" if refused else "success",
            sticky=bool(refused),
            then={"type": "ir.actions.client", "tag": "soft_reload"},
        )
