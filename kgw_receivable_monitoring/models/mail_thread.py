from odoo import api, models

from ..tools import reply


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Let cases know whether a machine answered: only here the headers are at hand."""
        if reply.is_automatic(message):
            self = self.with_context(kgw_is_automatic=True)
        return super()._message_route_process(message, message_dict, routes)
