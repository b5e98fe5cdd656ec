from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..const import LANGUAGES, STAGES
from ..tools import calendar, words

# Kept up by the product: the creditor is the fence of the portal, the others tell what happened.
FIXED = {
    "name",
    "creditor_id",
    "scenario_id",
    "stage",
    "was_late",
    "touched_at",
    "description",
    "described_at",
}


class KgwCase(models.Model):
    """One counterparty of one mandate: the unit of contact.

    The counterparty is never called ``partner_id``: Odoo mails access tokens and sign-up links to
    the partner of a document.
    """

    _name = "kgw.case"
    _description = "Monitoring Case"
    _inherit = [
        "kgw.answer",
        "kgw.agenda",
        "kgw.ahead",
        "kgw.audited",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"

    name = fields.Char(
        string="Case Number", required=True, readonly=True, copy=False, default="/", index=True
    )
    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True, ondelete="restrict")
    creditor_id = fields.Many2one(related="mandate_id.creditor_id", store=True, index=True)
    counterparty_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict")
    kind_id = fields.Many2one("kgw.kind", required=True, tracking=True)
    scenario_id = fields.Many2one(
        "kgw.scenario",
        string="Own Scenario",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Chosen by the creditor in place of the one agreed for this kind of counterparty.",
    )
    lang = fields.Selection(LANGUAGES, string="Language", required=True, default="pl_PL")
    tz = fields.Char(string="Time Zone", required=True, default="Europe/Warsaw")
    controller_id = fields.Many2one("res.users", tracking=True, index=True)
    stage = fields.Selection(
        STAGES, readonly=True, index=True, copy=False, group_expand="_expand_stages"
    )
    touched_at = fields.Datetime(readonly=True, copy=False, string="Last Change")
    was_late = fields.Boolean(
        string="Was Overdue",
        readonly=True,
        copy=False,
        help="A receivable of this case was, or is, past its due date.",
    )
    description = fields.Html(
        string="Course of Monitoring",
        readonly=True,
        help="In the controller's words; the creditor reads it.",
    )
    described_at = fields.Datetime(string="Described", readonly=True, copy=False)
    contact_point_ids = fields.One2many("kgw.contact.point", "case_id", string="Contact Points")
    receivable_ids = fields.One2many("kgw.receivable", "case_id", string="Receivables")
    reminder_ids = fields.One2many("kgw.reminder", "case_id", string="Reminders")
    event_ids = fields.One2many(
        "kgw.event", "case_id", string="History", domain=[("is_part", "=", False)]
    )
    hold_ids = fields.One2many("kgw.hold", "case_id", string="Holds")
    promise_ids = fields.One2many("kgw.promise", "case_id", string="Promises")
    dispute_ids = fields.One2many("kgw.dispute", "case_id", string="Disputes")
    decision_ids = fields.One2many("kgw.decision", "case_id", string="Decisions")
    currency_id = fields.Many2one(related="mandate_id.journal_id.company_id.currency_id")
    owed_amount = fields.Monetary(
        string="Owed in All",
        compute="_compute_owed_amount",
        help="In the currency of the books, for sums of columns; the case shows each currency.",
    )
    overdue_label = fields.Char(string="Overdue", compute="_compute_balance")
    owed_label = fields.Char(string="Owed", compute="_compute_balance")
    stop_note = fields.Char(related="mandate_id.stop_note")
    is_trial = fields.Boolean(related="mandate_id.is_trial")

    _once = models.UniqueIndex(
        "(mandate_id, counterparty_id)",
        "This counterparty already has a case in this mandate.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_fixed(vals)
            if vals.get("name", "/") == "/":
                # Anybody who may open a case takes a number; the sequence itself stays closed.
                vals["name"] = self.env["ir.sequence"].sudo().next_by_code("kgw.case")
        return super().create(vals_list)

    def write(self, vals):
        """A case never moves to another creditor or counterparty: its history would go along."""
        self._check_fixed(vals)
        for name in ("mandate_id", "counterparty_id"):
            if name in vals and any(case[name].id != vals[name] for case in self):
                raise UserError(
                    self.env._(
                        "A case stays with its mandate and counterparty. Open another case instead."
                    )
                )
        if "kind_id" not in vals:
            return super().write(vals)
        # Another kind may mean another scenario: what is running follows it, from now on.
        change = self.env["kgw.scenario.change"]
        lines = change._get_running([("kgw_case_id", "in", self.ids)])
        return change._carry_out(
            lines, lambda: super(KgwCase, self).write(vals), fields.Datetime.now()
        )[0]

    def _check_fixed(self, vals):
        """Refuse values that only the product itself writes, whoever asks for it.

        :raise AccessError: ``vals`` hold one of them
        """
        if not self.env.su and (names := FIXED.intersection(vals)):
            raise AccessError(
                self.env._("%s can't be entered: monitoring keeps it up.", ", ".join(sorted(names)))
            )

    @api.depends("counterparty_id.name", "name")
    def _compute_display_name(self):
        for case in self:
            case.display_name = f"{case.name} {case.counterparty_id.name or ''}".strip()

    def _compute_balance(self):
        sums = self.env["kgw.receivable"]._read_group(
            [("case_id", "in", self.ids), ("stage", "!=", "closed")],
            ["case_id", "currency_id", "is_overdue"],
            ["residual:sum"],
        )
        for case in self:
            own = [row for row in sums if row[0] == case._origin]
            case.owed_label = self._format_sums(row for row in own)
            case.overdue_label = self._format_sums(row for row in own if row[2])

    def _compute_owed_amount(self):
        owed = dict(self._read_group([("id", "in", self.ids)], ["id"], ["owed_amount:sum"]))
        for case in self:
            case.owed_amount = owed.get(case, 0.0)

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists and kanban columns sum up what is owed without storing it a second time."""
        if field_expr != "owed_amount":
            return super()._field_to_sql(alias, field_expr, query)
        self.env["account.move.line"].flush_model(["amount_residual", "kgw_stage", "kgw_case_id"])
        return SQL(
            "(SELECT COALESCE(sum(l.amount_residual), 0) FROM account_move_line l"
            " WHERE l.kgw_case_id = %s AND l.kgw_stage IN ('before_due', 'overdue', 'elapsed'))",
            SQL.identifier(alias, "id"),
        )

    @api.model
    def _format_sums(self, rows):
        """Return sums per currency as one text; currencies are never added up."""
        totals = {}
        for _case, currency, _overdue, amount in rows:
            totals[currency] = totals.get(currency, 0.0) + amount
        lang = self.env.lang or "en_US"
        return ", ".join(
            words.format_money(Decimal(str(amount)), currency.name, lang)
            for currency, amount in totals.items()
        )

    def _mail_get_partner_fields(self, introspect_fields=False):
        # Nobody is mailed by Odoo itself about a case: the counterparty least of all.
        return []

    # === BUSINESS METHODS === #

    def _get_scenario(self):
        """Return the scenario of the case: its own, else the one agreed for its kind."""
        return self.scenario_id or self.mandate_id._get_scenario(self.kind_id)

    def _get_scenarios(self):
        """Return ``{case: its scenario}``, the agreement of each mandate and kind read once."""
        agreed, scenarios = {}, {}
        for case in self:
            scenario, key = case.scenario_id, (case.mandate_id, case.kind_id)
            if not scenario and key not in agreed:
                agreed[key] = case._get_scenario()
            scenarios[case] = scenario or agreed[key]
        return scenarios

    def _get_open_receivables(self):
        """Return the receivables of these cases that are not closed, the oldest due date first."""
        return self.env["account.move.line"].search(
            [("kgw_case_id", "in", self.ids), ("kgw_stage", "!=", "closed")],
            order="date_maturity, id",
        )

    def _get_last_contacts(self):
        """Return ``{case: day}`` of the last contact of each of these cases that had one."""
        made = [("case_id", "in", self.ids), ("contact_on", "!=", False)]
        reminders = self.env["kgw.reminder"]
        return dict(reminders._read_group(made, ["case_id"], ["contact_on:max"]))

    def _get_usable_channels(self, closed=None):
        """Return ``{case id: frozenset of channels}`` that have a usable contact point and were not
        closed.

        :param closed: what ``kgw.hold._get_closed_channels`` says of these cases, if known already
        """
        point_channels = {"email": ("email",), "phone": ("sms", "phone"), "address": ("letter",)}
        groups = self.env["kgw.contact.point"]._read_group(
            [("case_id", "in", self.ids), ("state", "in", ("unverified", "verified"))],
            ["case_id"],
            ["kind:array_agg"],
        )
        if closed is None:
            closed = self.env["kgw.hold"]._get_closed_channels(self)
        return {
            case.id: frozenset(c for kind in set(kinds) for c in point_channels[kind])
            - set(closed.get(case.id, ()))
            for case, kinds in groups
        }

    def _expand_stages(self, stages, _domain):
        """Show the stages in the order in which a receivable goes through them."""
        return [code for code, _label in STAGES if code != "closed" or code in stages]

    def _update_stages(self):
        """Let these cases show the stage of their most overdue open receivable."""
        if not self:
            return
        self.env["account.move.line"].flush_model(["kgw_stage"])
        self.env.cr.execute(
            SQL(
                """
            UPDATE kgw_case c SET stage = fresh.stage, was_late = c.was_late OR fresh.was_late
              FROM (
                    SELECT kgw_case_id AS id,
                           (array_agg(kgw_stage ORDER BY array_position(
                               ARRAY['elapsed', 'overdue', 'before_due', 'closed'], kgw_stage::text)))[1] AS stage,
                           bool_or(kgw_stage IN ('overdue', 'elapsed')) AS was_late
                      FROM account_move_line WHERE kgw_case_id = ANY(%s) GROUP BY kgw_case_id
                   ) fresh
             WHERE fresh.id = c.id
               AND (c.stage IS DISTINCT FROM fresh.stage OR (fresh.was_late AND c.was_late IS NOT TRUE))
        """,
                list(self.ids),
            )
        )
        self.invalidate_recordset(["stage", "was_late"])

    def _touch(self):
        """Update the rows of the cases: whoever changes what the gate reads (holds, payments,
        decisions) meets the gate's lock on them, so that neither works on an old snapshot."""
        # In SQL: the ORM would leave a row alone that was touched a moment ago, and the dispatcher
        # sees from the row's version that somebody wrote it.
        self.env.cr.execute(
            SQL(
                "UPDATE kgw_case SET touched_at = %s WHERE id = ANY(%s)",
                self.env.cr.now(),
                list(self.ids),
            )
        )
        self.invalidate_recordset(["touched_at"])
        # The order of the agents' board follows whatever anybody changes.
        self.env["kgw.reminder"].sudo()._sort_calls(self.env.cr.now(), self)
        self.env["kgw.desk"]._tell(self)

    # === ACTION METHODS === #

    def action_hold(self):
        """Put the contact with these counterparties on hold until a person lifts it."""
        today = calendar.local_date(fields.Datetime.now())
        self.env["kgw.hold"].create(
            [{"case_id": case.id, "reason": "other", "from_date": today} for case in self]
        )

    def action_answer(self):
        """Put the case of a caller on the desk."""
        self.ensure_one()
        brand = self.env["kgw.brand"].browse(self.env.context.get("kgw_called_brand_id"))
        caller = self.env["kgw.incoming"].new({"brand_id": brand.id})
        return caller._open(self)

    def action_contact(self):
        """Open the dialogue for a contact by hand."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "kgw_receivable_monitoring.action_kgw_message"
            ),
            "context": {"default_case_id": self.id, "dialog_size": "large"},
        }

    def action_lift_holds(self):
        self.hold_ids.action_lift()

    def action_explain(self):
        """Say what was done, what comes next and what stands in the way."""
        return self.env["kgw.explanation"]._open(self, now=fields.Datetime.now())

    def action_preview(self):
        """Open the preview of the days to come."""
        return self.env["kgw.preview"]._open({"case_ids": self.ids})
