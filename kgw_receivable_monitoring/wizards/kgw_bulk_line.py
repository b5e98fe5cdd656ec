from odoo import fields, models


class KgwBulkLine(models.TransientModel):
    """What became of one case in an act on many."""

    _name = "kgw.bulk.line"
    _description = "Case of an Act on Many"
    _order = "state desc, id"

    bulk_id = fields.Many2one("kgw.bulk", required=True, index=True, ondelete="cascade")
    case_id = fields.Many2one("kgw.case", required=True, ondelete="cascade")
    state = fields.Selection(
        [("waiting", "To do"), ("done", "Done"), ("refused", "Not done")], default="waiting"
    )
    why = fields.Char(readonly=True)
