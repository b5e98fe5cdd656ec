from odoo import models

ASKED = "kgw_creditor"


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Give a creditor's page its channels: those of its own login, whatever it asks for."""
        asked = [channel for channel in channels if channel == ASKED]
        channels = [channel for channel in channels if channel != ASKED]
        if asked:
            channels.extend(self.env["kgw.portal"]._get_channels())
        return super()._build_bus_channel_list(channels)
