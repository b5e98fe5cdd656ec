from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..const import STAGES


class AccountMove(models.Model):
    _inherit = "account.move"

    kgw_mandate_id = fields.Many2one(
        "kgw.mandate",
        string="Mandate",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
        help="Set on invoices of creditors, which live in the ledger of monitored receivables.",
    )
    kgw_number = fields.Char(
        string="Creditor's Number",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The invoice number as the creditor gave it: data, not a sequence.",
    )
    kgw_display_number = fields.Char(
        string="Number for Texts",
        compute="_compute_kgw_display_number",
        groups="base.group_user",
    )
    kgw_instalment_count = fields.Integer(
        string="Number of Instalments",
        compute="_compute_kgw_naming",
        groups="base.group_user",
    )
    kgw_has_twin = fields.Boolean(
        string="Number Borne Twice",
        compute="_compute_kgw_naming",
        groups="base.group_user",
        help="The creditor gave its number to another invoice as well, on another day.",
    )
    kgw_ksef_number = fields.Char(
        string="KSeF Number",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
    )
    kgw_import_id = fields.Many2one(
        "kgw.import",
        string="Import",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="The hand-over that this comes from.",
    )
    kgw_source_id = fields.Many2one(
        "ir.attachment",
        string="Original File",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The creditor's file that is this invoice, as it was handed over.",
    )
    kgw_corrected_ids = fields.Many2many(
        "account.move",
        "kgw_account_move_corrected_rel",
        "correction_id",
        "corrected_id",
        string="Corrects",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    kgw_stamp_code = fields.Char(
        string="Stamp",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The preventive stamp that stands on the invoice.",
    )
    kgw_stage = fields.Selection(
        STAGES,
        string="Monitoring Stage",
        compute="_compute_kgw_stage",
        search="_search_kgw_stage",
        groups="base.group_user",
        help="Stage of the most overdue receivable that is still open.",
    )
    kgw_case_id = fields.Many2one(
        "kgw.case",
        string="Monitoring Case",
        compute="_compute_kgw_stage",
        groups="base.group_user",
    )
    kgw_is_ledger = fields.Boolean(related="company_id.kgw_is_ledger", groups="base.group_user")

    _kgw_once_per_mandate = models.UniqueIndex(
        "(kgw_mandate_id, kgw_number, invoice_date, move_type)"
        " WHERE kgw_mandate_id IS NOT NULL AND state <> 'cancel'",
        "This invoice of the creditor is already in the ledger.",
    )

    # An invoice is found by any part of its number, whatever stands between letters and digits.
    _kgw_search_number = models.Index(
        lambda registry: (
            "USING gin (upper(regexp_replace(COALESCE(NULLIF(kgw_number, ''), name),"
            " '[^[:alnum:]]', '', 'g')) gin_trgm_ops) WHERE move_type = 'out_invoice'"
            if registry.has_trigram
            else "(upper(regexp_replace(COALESCE(NULLIF(kgw_number, ''), name),"
            " '[^[:alnum:]]', '', 'g')) text_pattern_ops) WHERE move_type = 'out_invoice'"
        )
    )

    @api.depends("kgw_number", "name")
    def _compute_kgw_display_number(self):
        for move in self:
            move.kgw_display_number = move.kgw_number or move.name

    @api.depends("line_ids.kgw_instalment", "kgw_number", "kgw_mandate_id", "invoice_date")
    def _compute_kgw_naming(self):
        self.env["account.move.line"].flush_model(["move_id", "kgw_instalment"])
        self.flush_model(["kgw_mandate_id", "kgw_number", "move_type", "state"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT m.id, %s, (SELECT count(*) FROM account_move_line l
                                   WHERE l.move_id = m.id AND l.kgw_instalment > 0)
                  FROM account_move m WHERE m.id = ANY(%s)
                """,
                self._kgw_get_twin_condition(),
                self.ids,
            )
        )
        known = {move_id: found for move_id, *found in rows}
        for move in self:
            move.kgw_has_twin, move.kgw_instalment_count = known.get(move.id, (False, 0))

    @api.model
    def _kgw_get_twin_condition(self):
        """Return the condition that another invoice bears the number of invoice ``m``; own sales are
        numbered by Odoo."""
        return SQL(
            """
            EXISTS (SELECT 1 FROM account_move o
                     WHERE o.kgw_mandate_id = m.kgw_mandate_id AND o.kgw_number = m.kgw_number
                       AND o.move_type = m.move_type AND o.state <> 'cancel' AND o.id <> m.id)
            """
        )

    @api.model
    def _kgw_get_parts_condition(self):
        """Return the condition that invoice ``m`` is due in several instalments."""
        return SQL(
            """
            EXISTS (SELECT 1 FROM account_move_line p
                     WHERE p.move_id = m.id AND p.kgw_instalment > 1)
            """
        )

    def _kgw_get_name(self, format_day):
        """Return the number of an invoice; of one whose number another bears, with its due date.

        :param format_day: takes a date and returns it in words
        """
        self.ensure_one()
        number = self.kgw_display_number or ""
        return f"{number} ({format_day(self.invoice_date_due)})" if self.kgw_has_twin else number

    @api.depends("line_ids.kgw_stage")
    def _compute_kgw_stage(self):
        rank = {
            code: index for index, code in enumerate(("closed", "before_due", "overdue", "elapsed"))
        }
        for move in self:
            monitored = move.line_ids.filtered("kgw_stage")
            move.kgw_case_id = monitored[:1].kgw_case_id
            move.kgw_stage = max(monitored.mapped("kgw_stage"), key=rank.get, default=False)

    def _search_kgw_stage(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("line_ids", "any", [("kgw_stage", "in", value)])

    # === THE LEDGER: the creditor's number is data === #

    def _sequence_matches_date(self):
        if self.kgw_is_ledger:
            return True
        return super()._sequence_matches_date()

    @api.depends("kgw_mandate_id")
    def _compute_made_sequence_gap(self):
        ledger = self.filtered("kgw_is_ledger")
        ledger.made_sequence_gap = False
        return super(AccountMove, self - ledger)._compute_made_sequence_gap()

    def _set_next_made_sequence_gap(self, made_gap):
        # Other people's numbers have no gaps of ours: nothing to look for.
        return super(
            AccountMove, self.filtered(lambda move: not move.kgw_is_ledger)
        )._set_next_made_sequence_gap(made_gap)

    # === THE LEDGER: what Odoo offers for own invoices is refused === #

    def _kgw_refuse_on_ledger(self):
        """Stop what would treat a creditor's invoice as the agency's own.

        The ledger's own methods pass with ``kgw_ledger_entry`` in the context, which counts for
        the superuser only: a caller from outside may set any context.

        :raise UserError: one of the moves belongs to the ledger of monitored receivables
        """
        if self.env.su and self.env.context.get("kgw_ledger_entry"):
            return
        # The stop must hold for whoever asks, also without the right to see our fields.
        if any(self.sudo().mapped("kgw_is_ledger")):
            raise UserError(
                self.env._(
                    "This is a creditor's invoice in the ledger of monitored receivables: it is neither"
                    " entered, changed, sent, paid, printed, reversed, reset nor deleted from here."
                    " Correct it by an import or by the mandate's buttons.",
                )
            )

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Hide on ledger moves every button that Odoo and other modules offer for own invoices."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and arch.xpath("//field[@name='kgw_is_ledger']"):
            for button in arch.xpath("//header//button"):
                if not button.get("name", "").startswith("action_kgw_"):
                    hidden = button.get("invisible")
                    button.set(
                        "invisible", f"({hidden}) or kgw_is_ledger" if hidden else "kgw_is_ledger"
                    )
        return arch, view

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._kgw_refuse_on_ledger()
        return moves

    def write(self, vals):
        # What Odoo and we write by ourselves, as the superuser, are balances, stages and threads.
        if not self.env.su:
            self._kgw_refuse_on_ledger()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kgw_ledger(self):
        self._kgw_refuse_on_ledger()

    def _hash_moves(self, **kwargs):
        """Leave creditors' invoices out: each number is a sequence of its own, which Odoo would look
        up one by one, in a ledger that nobody seals. The register of events is sealed."""
        return super(AccountMove, self.filtered(lambda m: not m.kgw_is_ledger))._hash_moves(
            **kwargs
        )

    def _post(self, soft=True):
        posted = super()._post(soft)
        self.env["kgw.ledger.change"]._follow_dates(posted.line_ids)
        self.env["kgw.credit.note"]._follow(posted)
        return posted

    def button_cancel(self):
        res = super().button_cancel()
        self.env["kgw.credit.note"]._follow(self)
        return res

    def action_register_payment(self):
        self._kgw_refuse_on_ledger()
        return super().action_register_payment()

    def _portal_ensure_token(self):
        """No link opens a creditor's invoice as if it were the agency's."""
        self._kgw_refuse_on_ledger()
        return super()._portal_ensure_token()

    def action_print_pdf(self):
        self._kgw_refuse_on_ledger()
        return super().action_print_pdf()

    def action_reverse(self):
        self._kgw_refuse_on_ledger()
        return super().action_reverse()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._kgw_refuse_on_ledger()
        return super()._reverse_moves(default_values_list, cancel)

    def button_draft(self):
        self._kgw_refuse_on_ledger()
        res = super().button_draft()
        self.env["kgw.credit.note"]._follow(self)
        return res

    def action_kgw_open_case(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "kgw.case",
            "view_mode": "form",
            "res_id": self.kgw_case_id.id,
        }

    def action_kgw_explain(self):
        """Say what was done about this invoice, what comes next and what stands in the way."""
        return self._kgw_get_receivables()[:1].action_explain()

    def action_kgw_preview(self):
        """Open the preview of the days to come for these invoices."""
        return self._kgw_get_receivables().action_preview()

    def _kgw_get_receivable_lines(self):
        """Return the lines of these invoices that are monitored."""
        return self.line_ids.filtered("kgw_case_id")

    def _kgw_get_receivables(self):
        return self.env["kgw.receivable"].search([("move_id", "in", self.ids)])
