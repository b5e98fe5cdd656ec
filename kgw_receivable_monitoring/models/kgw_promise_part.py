from odoo import fields, models


class KgwPromisePart(models.Model):
    """One payment of a promise; a promise of one payment has one part."""

    _name = "kgw.promise.part"
    _description = "Part of a Promise to Pay"
    _order = "due_on, id"
    _rec_name = "due_on"

    promise_id = fields.Many2one("kgw.promise", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="promise_id.currency_id")
    due_on = fields.Date(string="Promised For", required=True)
    amount = fields.Monetary(required=True)
    state = fields.Selection(
        [
            ("open", "Not decided yet"),
            ("kept", "Kept"),
            ("partly", "Partly kept"),
            ("broken", "Broken"),
        ],
        required=True,
        default="open",
        help="What is paid counts for the earlier part first.",
    )

    _positive = models.Constraint("CHECK (amount > 0)", "A promised amount is more than zero.")

    def _get_awaited(self):
        """Return those of these parts that are still to be paid, or of which nobody knows yet whether
        they were, the first one first."""
        waiting = self.filtered(lambda p: (p.promise_id.state, p.state) == ("open", "open"))
        return waiting.sorted("due_on")
