from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..const import CHANNELS

REASONS = [
    ("creditor", "The creditor asked to wait"),
    ("promise", "The counterparty promised to pay"),
    ("dispute", "The counterparty disputes the receivable"),
    ("paid_claim", "The counterparty says it is paid"),
    ("reply", "A reply waits to be read"),
    ("credit_note", "A credit note is not set off yet"),
    ("names", "New counterparties: the creditor may strike names first"),
    ("struck", "The creditor struck this name"),
    ("insolvency", "Insolvency"),
    ("stop", "Stop"),
    ("volume", "Unusually many contacts: a manager looks first"),
    ("engine", "Another reminder engine works on the same invoices"),
    ("account", "The invoice names another account"),
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
    brand_id = fields.Many2one("kgw.brand", index="btree_not_null", ondelete="cascade")
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="cascade",
        help="Only this invoice waits; the rest of the case goes on.",
    )
    promise_id = fields.Many2one("kgw.promise", index="btree_not_null", readonly=True)
    dispute_id = fields.Many2one("kgw.dispute", index="btree_not_null", readonly=True)
    credit_note_id = fields.Many2one("account.move", index="btree_not_null", readonly=True)
    channel = fields.Selection(CHANNELS, help="Only this channel waits; empty: every channel.")
    reason = fields.Selection(REASONS, required=True)
    note = fields.Char()
    from_date = fields.Date(required=True, default=fields.Date.context_today)
    until_date = fields.Date(help="Last day of the hold; empty: until it is lifted.")
    release_at = fields.Datetime(readonly=True, help="It ends by itself at this moment.")
    lifted_at = fields.Datetime(readonly=True)
    sample = fields.Text(readonly=True, help="Some of the texts that wait.")
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
        if not self.env.su and any(vals.get("lifted_at") for vals in vals_list):
            raise AccessError(self.env._("Press Lift: the end of a hold stands in the register."))
        holds = super().create(vals_list)
        if any(not hold.case_id and not hold.move_id for hold in holds):
            holds._check_manager()
        (holds.case_id | holds._get_cases_of_invoices())._touch()
        holds._record("hold", self.env.context.get("kgw_now") or self.env.cr.now())
        return holds

    def write(self, vals):
        """A hold ends by being lifted, which stands in the register; never by a write."""
        if "lifted_at" in vals and not self.env.su:
            raise AccessError(self.env._("Press Lift: the end of a hold stands in the register."))
        until = fields.Date.to_date(vals.get("until_date"))
        if not self.env.su and until and until < fields.Date.context_today(self):
            raise UserError(self.env._("Press Lift: the end of a hold stands in the register."))
        if not self.env.su and vals.keys() - {"note"} and "stop" in self.mapped("reason"):
            raise UserError(
                self.env._("A stop is not changed: a second person lifts it. Add a note if needed.")
            )
        return super().write(vals)

    @api.constrains("case_id", "mandate_id", "move_id")
    def _check_scope(self):
        """A hold of a case under another's mandate would hold nothing."""
        for hold in self.filtered("case_id"):
            other_mandate = hold.mandate_id and hold.mandate_id != hold.case_id.mandate_id
            other_invoice = hold.move_id and hold.case_id not in hold.move_id.line_ids.kgw_case_id
            if other_mandate or other_invoice:
                raise ValidationError(
                    self.env._(
                        "Case %s does not belong to this mandate or invoice.", hold.case_id.name
                    )
                )

    @api.constrains("reason", "note")
    def _check_note(self):
        if self.filtered(lambda hold: hold.reason == "stop" and not (hold.note or "").strip()):
            raise ValidationError(self.env._("Write down why everything stops: others will ask."))

    def action_lift(self):
        self._check_manager()
        if self.filtered(lambda hold: hold.reason == "stop" and hold.create_uid == self.env.user):
            raise UserError(
                self.env._("You have stopped this yourself: another manager has to let it go on.")
            )
        self.sudo()._lift(fields.Datetime.now())  # nobody writes the end of a hold directly

    def _check_manager(self):
        """
        :raise AccessError: the user is no manager of monitoring
        """
        if not self.env["res.users"]._kgw_is_manager():
            raise AccessError(
                self.env._(
                    "Only managers of monitoring lift holds, or hold more than a single case."
                )
            )

    def _get_cases_of_invoices(self):
        # Whoever puts one invoice on hold need not be an accountant.
        return self.sudo().move_id.line_ids.kgw_case_id

    def _lift(self, now):
        """End the holds at ``now``."""
        held = self.filtered("is_open")
        held.write({"lifted_at": now})
        held.case_id._touch()
        held._record("lifted", now)
        self.env["kgw.dispatcher"]._release("hold")

    @api.model
    def _release_due(self, now):
        """Lift the holds whose moment to end by themselves has come."""
        self.search([("lifted_at", "=", False), ("release_at", "<=", now)])._lift(now)

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

    @api.model
    def _in_force(self, on_date):
        """Return the domain of the holds in force on ``on_date``."""
        return (
            Domain("lifted_at", "=", False)
            & Domain("from_date", "<=", on_date)
            & (Domain("until_date", "=", False) | Domain("until_date", ">=", on_date))
        )

    @api.model
    def _get_blocking(self, reminders, on_date):
        """Return the holds in force on ``on_date`` for the cases of ``reminders``, their mandates,
        brands, channels or everything; :meth:`_covers` tells for which of them.

        Holds of single invoices are not among them: they take lines out, not the reminder.
        """
        scope = [
            ("move_id", "=", False),
            ("case_id", "in", (False, *reminders.case_id.ids)),
            ("mandate_id", "in", (False, *reminders.mandate_id.ids)),
            ("brand_id", "in", (False, *reminders.brand_id.ids)),
            ("channel", "in", (False, *set(reminders.mapped("channel")))),
        ]
        return self.search(self._in_force(on_date) & Domain(scope))

    def _covers(self, reminder):
        """Tell whether one of these holds is about ``reminder``."""
        return any(
            all(
                not hold[name] or hold[name] == reminder[name]
                for name in ("case_id", "mandate_id", "brand_id", "channel")
            )
            for hold in self
        )

    @api.model
    def _get_stop_note(self, mandate):
        """Return why nothing goes out under ``mandate`` for the time being, or ''."""
        brands = (mandate.brand_before_id | mandate.brand_after_id).ids
        scope = [
            ("move_id", "=", False),
            ("case_id", "=", False),
            ("mandate_id", "in", (False, mandate.id)),
            ("brand_id", "in", (False, *brands)),
        ]
        held = self.search(self._in_force(fields.Date.context_today(self)) & Domain(scope))
        return "; ".join(hold._describe() for hold in held)

    def _describe(self):
        """Return a hold in words: reason, note, what of the mandate waits."""
        reason, channel = (
            self._fields[name].convert_to_export(self[name], self) for name in ("reason", "channel")
        )
        return ", ".join(filter(None, (reason, self.note, channel, self.brand_id.name)))

    @api.model
    def _get_in_force(self, case, receivables, on_date):
        """Return every hold in force on ``on_date`` that keeps the next contact about
        ``receivables`` of ``case`` back."""
        steps, mandate = receivables.kgw_next_step_id, case.mandate_id
        sides = {"before" if step.offset_days < 0 else "after" for step in steps}
        scope = [
            ("case_id", "in", (False, case.id)),
            ("mandate_id", "in", (False, mandate.id)),
            ("move_id", "in", (False, *receivables.move_id.ids)),
            ("brand_id", "in", (False, *(mandate._get_brand(side).id for side in sides))),
            ("channel", "in", (False, *steps.mapped("channel"), *steps.mapped("fallback_channel"))),
        ]
        return self.search(self._in_force(on_date) & Domain(scope))

    @api.model
    def _get_held_moves(self, moves, on_date, promise=None):
        """Return those of ``moves`` that are on hold by themselves on ``on_date``.

        :param promise: its own hold does not keep back what confirms it
        """
        holds = self.search(self._in_force(on_date) & Domain("move_id", "in", moves.ids))
        return holds.filtered(lambda h: not promise or h.promise_id != promise).move_id
