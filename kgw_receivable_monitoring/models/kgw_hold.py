from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..const import CHANNELS

REASONS = [
    ("creditor", "The creditor asked to wait"),
    ("promise", "The counterparty promised to pay"),
    ("dispute", "The counterparty disputes the receivable"),
    ("paid_claim", "The counterparty says it is paid"),
    ("reply", "A reply waits to be read"),
    ("insolvency", "Insolvency"),
    ("stop", "Stop"),
    ("other", "Other"),
]


class KgwHold(models.Model):
    """A waiting that somebody or something must lift, or that ends on its day."""

    _name = "kgw.hold"
    _description = "Hold"
    _order = "id desc"
    _rec_name = "reason"

    case_id = fields.Many2one("kgw.case", index="btree_not_null", ondelete="cascade")
    mandate_id = fields.Many2one("kgw.mandate", index="btree_not_null", ondelete="cascade")
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="cascade",
        help="Only this invoice waits; the rest of the case goes on.",
    )
    channel = fields.Selection(CHANNELS, help="Only this channel waits; empty: every channel.")
    reason = fields.Selection(REASONS, required=True)
    note = fields.Char()
    from_date = fields.Date(required=True, default=fields.Date.context_today)
    until_date = fields.Date(help="Last day of the hold; empty: until it is lifted.")
    lifted_at = fields.Datetime(readonly=True)
    is_open = fields.Boolean(compute="_compute_is_open", search="_search_is_open")

    _open_holds = models.Index("(from_date) WHERE lifted_at IS NULL")

    @api.depends("lifted_at")
    def _compute_is_open(self):
        for hold in self:
            hold.is_open = not hold.lifted_at

    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("lifted_at", "=" if True in value else "!=", False)]

    @api.model_create_multi
    def create(self, vals_list):
        """Every hold stands in the history of what it holds."""
        holds = super().create(vals_list)
        if any(not hold.case_id and not hold.move_id for hold in holds):
            holds._check_manager()
        holds.case_id._touch()
        holds._record("hold", self.env.context.get("kgw_now") or self.env.cr.now())
        return holds

    def write(self, vals):
        """A hold ends by being lifted, which stands in the register; never by a write."""
        if "lifted_at" in vals and not self.env.su:
            raise AccessError(self.env._("Press Lift: the end of a hold stands in the register."))
        return super().write(vals)

    def action_lift(self):
        self._check_manager()
        self.sudo()._lift(fields.Datetime.now())  # nobody writes the end of a hold directly

    def _check_manager(self):
        """
        :raise AccessError: the user is no manager of monitoring
        """
        if not self.env.su and not self.env.user.has_group(
            "kgw_receivable_monitoring.group_kgw_manager"
        ):
            raise AccessError(
                self.env._(
                    "Only managers of monitoring lift holds, or hold more than a single case."
                )
            )

    def _lift(self, now):
        """End the holds at ``now``."""
        held = self.filtered("is_open")
        held.write({"lifted_at": now})
        held.case_id._touch()
        held._record("lifted", now)

    def _record(self, kind, now):
        self.env["kgw.event"]._record(
            [
                {
                    "kind": kind,
                    "at": now,
                    "case_id": hold.case_id.id,
                    "move_id": hold.move_id.id,
                    "mandate_id": (hold.case_id.mandate_id or hold.mandate_id).id,
                    "channel": hold.channel,
                    "payload": {
                        "reason": hold.reason,
                        "note": hold.note or "",
                        "until": hold.until_date and hold.until_date.isoformat() or "",
                    },
                }
                for hold in self
            ]
        )

    def _get_label(self):
        """Return the reason and the note of a hold."""
        self.ensure_one()
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        return " · ".join(filter(None, (reasons[self.reason], self.note)))

    def _get_blocking(self, reminder, on_date):
        """Return the holds in force on ``on_date`` for the case, mandate or everything.

        Holds of single invoices are not among them: they take lines out, not the reminder.
        """
        return self.search(
            [
                ("lifted_at", "=", False),
                ("move_id", "=", False),
                ("from_date", "<=", on_date),
                "|",
                ("until_date", "=", False),
                ("until_date", ">=", on_date),
                ("case_id", "in", (False, reminder.case_id.id)),
                ("mandate_id", "in", (False, reminder.mandate_id.id)),
                ("channel", "in", (False, reminder.channel)),
            ],
            limit=1,
        )

    def _get_held_moves(self, moves, on_date):
        """Return those of ``moves`` that are on hold by themselves on ``on_date``."""
        return self.search(
            [
                ("lifted_at", "=", False),
                ("move_id", "in", moves.ids),
                ("from_date", "<=", on_date),
                "|",
                ("until_date", "=", False),
                ("until_date", ">=", on_date),
            ]
        ).move_id
