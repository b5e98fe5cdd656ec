from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..const_mandate import MANDATE_SOURCES
from ..tools import calendar, words

STATES = [
    ("draft", "Draft"),
    ("active", "Active"),
    ("suspended", "Suspended"),
    ("ended", "Ended"),
]


class KgwMandate(models.Model):
    """A creditor's order to watch its receivables: scenarios, brands, people, papers."""

    _name = "kgw.mandate"
    _description = "Mandate"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "kgw.authority",
        "kgw.creditor.account",
        "kgw.contact.trial",
    ]
    _order = "code"

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True,
        size=8,
        help="Short mark, set before the numbers of the creditor's invoices.",
    )
    state = fields.Selection(STATES, required=True, default="draft", tracking=True, copy=False)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="The company that carries the mandate out: its SMS gateway and mail servers are used.",
    )
    creditor_id = fields.Many2one("res.partner", required=True, index=True, tracking=True)
    is_own_sales = fields.Boolean(
        string="Own Sales",
        help="The company watches its own sales: invoices stay in its ordinary sales journal.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', '=', 'sale')]",
        copy=False,
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        help="Where the invoices are: the ledger of monitored receivables, or the own sales journal.",
    )
    brand_before_id = fields.Many2one("kgw.brand", string="Brand Before Due", required=True)
    brand_after_id = fields.Many2one("kgw.brand", string="Brand After Due", required=True)
    scenario_ids = fields.One2many(
        "kgw.mandate.scenario", "mandate_id", string="Scenarios", copy=True
    )
    controller_id = fields.Many2one(
        "res.users",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
    )
    substitute_id = fields.Many2one("res.users")
    team_id = fields.Many2one(
        "kgw.team", index="btree_not_null", help="Shares the calls; empty: the controller calls."
    )
    default_term_days = fields.Integer(
        string="Payment Term",
        default=14,
        help="Days from the issue where a file gives no due date.",
    )
    coverage_date = fields.Date(
        string="Payments Known Through",
        tracking=True,
        copy=False,
        help="Closing date of the last statement or open-items list. After the due date a"
        " counterparty is contacted only when payments are known through that date.",
    )
    coverage_asked_on = fields.Date(
        readonly=True, copy=False, help="When the creditor was last asked for its payments."
    )
    case_ids = fields.One2many("kgw.case", "mandate_id")
    case_count = fields.Integer(compute="_compute_case_count")
    stop_note = fields.Char(
        compute="_compute_stop_note", help="Why nothing goes out under this mandate."
    )

    _unique_code = models.UniqueIndex("(code)", "There is already a mandate with this code.")
    _own_journal = models.UniqueIndex(
        "(journal_id) WHERE is_own_sales AND state <> 'ended'",
        "Another mandate already watches this sales journal.",
    )

    def _compute_case_count(self):
        counts = dict(
            self.env["kgw.case"]._read_group(
                [("mandate_id", "in", self.ids)],
                ["mandate_id"],
                ["__count"],
            )
        )
        for mandate in self:
            mandate.case_count = counts.get(mandate, 0)

    def _compute_stop_note(self):
        for mandate in self:
            mandate.stop_note = self.env["kgw.hold"]._get_stop_note(mandate)

    @api.depends("is_own_sales", "company_id")
    def _compute_journal_id(self):
        # Managers of monitoring need no rights on journals to set a mandate up.
        journals = self.env["account.journal"].sudo()
        for mandate in self:
            where = (
                [("company_id", "=", mandate.company_id.id)]
                if mandate.is_own_sales
                else [("company_id.kgw_is_ledger", "=", True)]
            )
            mandate.journal_id = journals.search([("type", "=", "sale"), *where], limit=1)

    @api.constrains("is_own_sales", "journal_id")
    def _check_journal(self):
        for mandate in self.filtered("journal_id"):
            if mandate.is_own_sales == mandate.journal_id.company_id.kgw_is_ledger:
                raise ValidationError(
                    self.env._(
                        "Mandate %s: own sales are watched in an ordinary sales journal, a creditor's"
                        " invoices in the ledger of monitored receivables.",
                        mandate.name,
                    )
                )

    @api.constrains("brand_before_id", "brand_after_id", "creditor_id")
    def _check_brands(self):
        for mandate in self:
            for brand in mandate.brand_before_id | mandate.brand_after_id:
                if brand.creditor_id and brand.creditor_id != mandate.creditor_id:
                    message = self.env._(
                        "Brand %(brand)s belongs to %(owner)s and can't speak for %(creditor)s.",
                        brand=brand.name,
                        owner=brand.creditor_id.name,
                        creditor=mandate.creditor_id.name,
                    )
                    raise ValidationError(words.one_stop(message))

    @api.constrains("controller_id", "substitute_id")
    def _check_substitute(self):
        if self.filtered(lambda mandate: mandate.controller_id == mandate.substitute_id):
            raise ValidationError(
                self.env._("Nobody is their own substitute. Choose another person.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_kept(vals, "draft")
        return super().create(vals_list)

    def write(self, vals):
        for state in set(self.mapped("state")):
            self._check_kept(vals, state)
        self._check_stays(vals)
        if not self.env.su and vals.get("coverage_date"):
            self._check_not_future(fields.Date.to_date(vals["coverage_date"]))
        res = super().write(vals)
        if "coverage_date" in vals:
            self._release_covered()
        return res

    def _check_kept(self, vals, state):
        """Refuse what only buttons write, since they ask before.

        :param state: the state as it is; back in a draft anybody could enter another account
        :raise AccessError: ``vals`` hold another state or a confirmation
        """
        if not self.env.su and vals.get("state", state) != state:
            raise AccessError(
                self.env._("Use the buttons of the mandate: they ask what is needed.")
            )
        self._check_confirmation_kept(vals)

    def _check_stays(self, vals):
        """Refuse to give a mandate with cases to another creditor, who would read them, and to
        make it one of own sales, which need no power of attorney, or the other way round.

        :raise UserError: a mandate has cases
        """
        for mandate in self:
            moved = vals.get("creditor_id", mandate.creditor_id.id) != mandate.creditor_id.id
            turned = vals.get("is_own_sales", mandate.is_own_sales) != mandate.is_own_sales
            if (moved or turned) and mandate.case_count:
                raise UserError(
                    self.env._(
                        "Mandate %s has cases already and stays with its creditor: end it and"
                        " create another one.",
                        mandate.name,
                    )
                )

    def _check_not_future(self, known_through):
        """
        :raise UserError: the day lies ahead
        """
        if known_through > fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "Payments can't be known through a day that lies ahead. Correct the date."
                )
            )

    def _release_covered(self):
        """Let reminders that waited for payments to be known be tried at once."""
        self.env["kgw.dispatcher"]._release("coverage", [("mandate_id", "in", self.ids)])

    # === ACTION METHODS === #

    def action_activate(self):
        today = calendar.local_date(fields.Datetime.now())
        for mandate in self:
            mandate._check_ready(today)
        self._set_state("active")

    def action_suspend(self):
        self._set_state("suspended")
        self._cancel_planned(fields.Datetime.now())

    def action_end(self):
        self._set_state("ended")
        now = fields.Datetime.now()
        self._cancel_planned(now)
        # Nothing comes any more; whoever ends a mandate need not have rights on invoices.
        open_sudo = self.sudo().case_ids._get_open_receivables()
        open_sudo._kgw_refresh_course(calendar.local_date(now), now)

    def _set_state(self, target):
        """Let these mandates go over to ``target``.

        :raise UserError: one of them can't, by ``MANDATE_SOURCES``
        """
        self.check_access("write")
        labels = dict(self._fields["state"]._description_selection(self.env))
        for mandate in self:
            if mandate.state not in (target, *MANDATE_SOURCES[target]):
                raise UserError(
                    self.env._(
                        "Mandate %(mandate)s is “%(state)s” and can't become “%(target)s”.",
                        mandate=mandate.name,
                        state=labels[mandate.state],
                        target=labels[target],
                    )
                )
        self.sudo().write({"state": target})  # nobody writes a state directly

    def _cancel_planned(self, now):
        """Take what is planned back, calls off the board too; printed letters wait for a person."""
        # Who may suspend a mandate may have its reminders cancelled; nobody writes them directly.
        planned = (
            self.env["kgw.reminder"]
            .sudo()
            .search([("mandate_id", "in", self.ids), ("state", "in", ("planned", "failed"))])
        )
        planned._set_state("cancelled", now, reason="mandate")

    def action_preview(self):
        """Open the preview of the days to come."""
        self.ensure_one()
        return self.env["kgw.preview"]._open({"mandate_id": self.id})

    def action_open_holds(self):
        """Open what holds this mandate, with all others."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "kgw_receivable_monitoring.action_kgw_hold"
            ),
            "domain": [("mandate_id", "in", (False, self.id)), ("case_id", "=", False)],
        }

    def action_open_cases(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "kgw_receivable_monitoring.action_kgw_case"
            ),
            "domain": [("mandate_id", "=", self.id)],
            "context": {"default_mandate_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _get_scenario(self, kind):
        """Return the scenario agreed for ``kind``: its own line, else the line for the others."""
        self.ensure_one()
        own = self.scenario_ids.filtered(lambda line: line.kind_id == kind)
        return (own or self.scenario_ids.filtered(lambda line: not line.kind_id))[:1].scenario_id

    def _knows_payments(self, due, on_date):
        """Whether payments are known through ``due`` and lately enough to contact anybody on
        ``on_date``; in own sales always, since they are in the same books."""
        return self._has_coverage(self._get_needed_coverage(due, on_date))

    def _get_needed_coverage(self, due, on_date):
        """Return the day through which payments must be known to contact anybody on ``on_date``."""
        oldest = calendar.add_working_days(on_date, -self.company_id.kgw_coverage_days)
        return max(due, oldest)

    def _has_coverage(self, day):
        """Whether payments are known through ``day``; in own sales always."""
        self.ensure_one()
        return self.is_own_sales or bool(self.coverage_date and self.coverage_date >= day)

    def _get_coverage_lag(self, on_date):
        """Return by how many working days the knowledge of payments lags behind ``on_date``, None
        where nothing is known."""
        if not self.coverage_date:
            return None
        return calendar.count_working_days(self.coverage_date, on_date)

    def _get_manager(self):
        """Return the manager of monitoring who looks after the mandate: of its people, else any;
        its controller where there is no manager at all."""
        self.ensure_one()
        managers = self.env["res.users"]._kgw_get_managers()
        own = (self.controller_id | self.substitute_id | self.team_id.lead_id) & managers
        return own[:1] or managers[:1] or self.controller_id

    def _get_own_brand(self):
        """Return who speaks to the creditor: the company's brand, else that of the mandate."""
        self.ensure_one()
        return self.company_id.kgw_brand_id or self.brand_before_id

    def _get_brand(self, side):
        """Return who speaks on ``side`` (``before`` or ``after`` the due date)."""
        self.ensure_one()
        return self.brand_before_id if side == "before" else self.brand_after_id
