from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..const import CHANNELS
from ..tools import calendar

REASONS = [
    ("creditor", "The creditor asked to wait"),
    ("promise", "The counterparty promised to pay"),
    ("instalments", "The creditor agreed to instalments"),
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
    _inherit = ["kgw.audited"]
    _description = "Hold"
    _order = "id desc"

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
    decision_id = fields.Many2one("kgw.decision", index="btree_not_null", readonly=True)
    credit_note_id = fields.Many2one("account.move", index="btree_not_null", readonly=True)
    channel = fields.Selection(CHANNELS, help="Only this channel waits; empty: every channel.")
    reason = fields.Selection(REASONS, required=True)
    note = fields.Char()
    account = fields.Char(
        readonly=True, help="The account that the invoice names, empty for that of a factor."
    )
    told = fields.Char(
        string="What It Is About",
        compute="_compute_told",
        help="What was decided, promised or disputed, and the note with it.",
    )
    note_warning = fields.Char(string="Words That Warn", compute="_compute_note_warning")
    from_date = fields.Date(required=True, default=fields.Date.context_today)
    until_date = fields.Date(help="Last day of the hold; empty: until it is lifted.")
    release_at = fields.Datetime(readonly=True, help="It ends by itself at this moment.")
    lifted_at = fields.Datetime(readonly=True)
    volume = fields.Integer(readonly=True, help="How many contacts were planned.")
    volume_limit = fields.Integer(readonly=True, help="How many of them need no look.")
    is_trial = fields.Boolean(readonly=True, help="The contacts planned were those of a trial run.")
    lifted_by_id = fields.Many2one("res.users", readonly=True)
    sample = fields.Text(readonly=True, help="Some of the texts that wait.")
    is_open = fields.Boolean(compute="_compute_is_open", search="_search_is_open")

    _open_holds = models.Index("(from_date) WHERE lifted_at IS NULL")
    # The plan knows which channel a contact takes before it knows which invoices it is about, and
    # an invoice on hold is left out of a contact whatever its channel.
    _whole_invoice = models.Constraint(
        "CHECK (move_id IS NULL OR channel IS NULL)",
        "An invoice waits with every channel: leave the channel empty, or put the whole case on hold.",
    )

    @api.depends("reason", "case_id", "mandate_id", "brand_id", "channel", "move_id")
    def _compute_display_name(self):
        for hold in self:
            reason, channel = hold._get_labels()
            # Whoever reads a hold need not have rights on invoices.
            move_sudo = hold.move_id.sudo()
            invoice = move_sudo and move_sudo._kgw_get_name(partial(format_date, self.env))
            scopes = (hold.mandate_id.display_name, hold.brand_id.display_name)
            scope = [*filter(None, (hold.case_id.display_name, invoice, *scopes))]
            what = scope or [self.env._("everything")]
            hold.display_name = f"{reason} ({', '.join(filter(None, [*what, channel]))})"

    @api.depends("lifted_at")
    def _compute_is_open(self):
        for hold in self:
            hold.is_open = not hold.lifted_at

    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("lifted_at", "=" if True in value else "!=", False)]

    @api.depends("note", "reason", "account", "volume", "volume_limit")
    @api.depends_context("lang")
    def _compute_told(self):
        for hold in self:
            hold.told = self._say_told(hold._get_facts())

    @api.depends("note", "case_id")
    def _compute_note_warning(self):
        """The creditor reads why its counterparty is on hold."""
        for hold in self:
            found = hold.case_id and self.env["kgw.sensitive.word"]._find(hold.note)
            hold.note_warning = ", ".join(found or [])

    @api.model_create_multi
    def create(self, vals_list):
        """Every hold stands in the history of what it holds."""
        if not self.env.su and any(vals.get("lifted_at") for vals in vals_list):
            raise AccessError(self.env._("Press Lift: the end of a hold stands in the register."))
        holds = super().create(vals_list)
        if any(not hold.case_id and not hold.move_id for hold in holds):
            holds._check_manager()
        cases = holds.case_id | holds._get_cases_of_invoices()
        cases._touch()
        now = self.env.context.get("kgw_now") or self.env.cr.now()
        holds._tell_wide(now)
        holds._record("hold", now)
        holds._refresh_ways(now)
        # Whoever puts a hold need have no rights on questions and invoices; those of wide holds are
        # found by the planner.
        self.env["kgw.decision"].sudo()._withdraw_kept_back(now, cases)
        return holds

    def write(self, vals):
        """A hold ends by being lifted, which stands in the register; never by a write."""
        if "lifted_at" in vals and not self.env.su:
            raise AccessError(self.env._("Press Lift: the end of a hold stands in the register."))
        if not self.env.su and vals.keys() - {"note"}:
            raise UserError(
                self.env._(
                    "What a hold keeps back, and until when, is not changed: lift it and put another"
                    " one. Both stand in the register."
                )
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

    @api.constrains("reason", "from_date", "until_date", "release_at")
    def _check_stop(self):
        """A stop works at once, and until a second person lifts it."""
        stops = self.filtered(lambda hold: hold.reason == "stop")
        if stops.filtered(lambda hold: hold.until_date or hold.release_at):
            raise ValidationError(
                self.env._(
                    "A stop does not end by itself: another manager lifts it. Leave “Until Date” empty."
                )
            )
        today = calendar.local_date(self.env.context.get("kgw_now") or fields.Datetime.now())
        if stops.filtered(lambda hold: hold.from_date > today):
            raise ValidationError(
                self.env._("A stop works at once: it can't begin on a day that lies ahead.")
            )

    def action_lift(self):
        self._check_manager()
        if self.filtered(lambda hold: hold.reason == "stop" and hold.create_uid == self.env.user):
            raise UserError(
                self.env._("You have stopped this yourself: another manager has to let it go on.")
            )
        held_sudo = self.filtered("is_open").sudo()  # nobody writes the end of a hold directly
        held_sudo.lifted_by_id = self.env.user
        held_sudo._lift(fields.Datetime.now())

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
        self.env["kgw.brake"]._end_tasks(held)
        held._tell_wide(now)
        held._record("lifted", now)
        held._refresh_ways(now)
        self.env["kgw.dispatcher"]._release("hold")

    def _tell_wide(self, now):
        """Tell open pages and desks that a stop of more than one case began or ended."""
        wide = self.filtered(lambda hold: not hold.case_id and not hold.move_id)
        if not wide:
            return
        self.env["kgw.alarm"]._tell_at_once(now)
        if of_calls := wide.filtered(lambda hold: hold.channel in (False, "phone")):
            self.env["kgw.desk"]._tell_of_stop(of_calls)

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
                        **hold._get_facts(),
                        "until": hold.until_date and hold.until_date.isoformat() or "",
                    },
                }
                for hold in self
            ]
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

    def _get_labels(self):
        """Return reason and channel of a hold in words, '' for every channel."""
        return [
            self._fields[name].convert_to_export(self[name], self) for name in ("reason", "channel")
        ]

    def _describe(self):
        """Return a hold in words: reason, note, what of the mandate waits."""
        reason, channel = self._get_labels()
        who = self.create_uid.name if self.reason == "stop" else ""
        return ", ".join(filter(None, (reason, self.told, channel, self.brand_id.name, who)))

    def _get_facts(self):
        """Return what the hold is about as JSON values, of which :meth:`_say_told` makes words."""
        # Who reads a hold need have no right on what it came from.
        hold_sudo = self.sudo()
        decision, promise = hold_sudo.decision_id, hold_sudo.promise_id
        facts = {
            "decision": decision.value or decision.kind,
            "promise": promise and promise._get_promised(),
            "dispute_reason": hold_sudo.dispute_id.reason_id.id,
            "account": self.account or "" if self.reason == "account" else None,
            "volume": self.volume and {"count": self.volume, "limit": self.volume_limit},
            "note": self.note,
        }
        return {name: fact for name, fact in facts.items() if fact or fact == ""}

    @api.model
    def _say_told(self, facts):
        """Return in words what a hold is about, '' for nothing.

        :param facts: of :meth:`_get_facts`
        """
        env, account = self.env, facts.get("account")
        said = (
            env["kgw.portal"]._get_decision_noun(facts.get("decision")),
            env["kgw.promise"]._say(**facts["promise"]) if "promise" in facts else "",
            env["kgw.dispute.reason"]._say(facts.get("dispute_reason")),
            "" if account is None else env["kgw.account.doubt"]._say(account),
            env["kgw.brake"]._say(**facts["volume"]) if "volume" in facts else "",
            facts.get("note"),
        )
        return ": ".join(filter(None, said))

    def _refresh_ways(self, now):
        """Let the steps of the cases whose channel was closed or is open again find their way."""
        closing = self.filtered(lambda h: h.channel and not h.until_date and h.reason != "stop")
        wide = closing.filtered(lambda h: not h.case_id and not h.move_id and not h.brand_id)
        # Whoever puts or lifts a hold need not have rights on invoices.
        cases_sudo = (closing.case_id | wide.mandate_id.case_ids).sudo()
        lines_sudo = cases_sudo._get_open_receivables()
        lines_sudo._kgw_refresh_course(calendar.local_date(now), now)
