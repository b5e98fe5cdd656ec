from odoo import fields, models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Give people of monitoring what the systray shows; later changes come over the bus."""
        info = super().session_info()
        if self.env.user.has_group("kgw_receivable_monitoring.group_kgw_agent"):
            info["kgw_health"] = self.env["kgw.alarm"]._get_systray(fields.Datetime.now())
        return info
