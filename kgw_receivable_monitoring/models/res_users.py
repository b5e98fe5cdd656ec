from odoo import api, models


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _kgw_is_manager(self):
        """Whether the rights at hand suffice for what only managers of monitoring do: those of the
        current user, or of the system, which acts after a check of its own."""
        # Asked of the model: a record of env.user always has the system's rights.
        return self.env.su or self.env.user.has_group("kgw_receivable_monitoring.group_kgw_manager")

    @api.model
    def _kgw_get_managers(self):
        """Return the managers of monitoring who are still there."""
        managers = self.env.ref("kgw_receivable_monitoring.group_kgw_manager").all_user_ids
        return managers.filtered("active").sorted("id")
