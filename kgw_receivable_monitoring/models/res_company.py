from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import calendar


class ResCompany(models.Model):
    _inherit = "res.company"

    kgw_is_ledger = fields.Boolean(
        string="Ledger of Monitored Receivables",
        readonly=True,
        groups="base.group_user",
    )
    kgw_brand_id = fields.Many2one(
        "kgw.brand",
        string="Brand for Creditors",
        groups="base.group_user",
        help="In whose name the company writes to its creditors.",
    )
    kgw_coverage_days = fields.Integer(
        string="Payments Known At Most",
        default=3,
        groups="base.group_user",
        help="Working days. After the due date nobody is contacted on older knowledge of payments.",
    )
    kgw_vanish_rows = fields.Integer(
        string="Rows That May Vanish",
        default=20,
        groups="base.group_user",
        help="Percent of the open invoices that a list of open items may settle by not naming them"
        " before a person has to confirm it.",
    )
    kgw_vanish_value = fields.Integer(
        string="Value That May Vanish",
        default=30,
        groups="base.group_user",
        help="Percent of the open value, in any currency.",
    )
    kgw_moves_due_dates = fields.Boolean(
        string="Due Dates Move From Days Off",
        default=True,
        groups="base.group_user",
        help="A due date on a Saturday, Sunday or statutory holiday counts as the next working day"
        " (Civil Code, art. 115). The printed date stays in all texts. Holds for what is taken"
        " over from then on.",
    )

    kgw_holds_on_reply = fields.Boolean(
        string="Replies Hold the Case",
        default=True,
        groups="base.group_user",
        help="After a reply by e-mail nothing goes out by itself until a person has read it.",
    )

    kgw_team_only = fields.Boolean(
        string="Agents See Their Team's Cases Only",
        groups="base.group_user",
        help="An agent sees the cases of mandates of its own team only; managers see all.",
    )

    def write(self, vals):
        # KSeF is joined by a certificate; the field belongs to Odoo's KSeF module, which may be installed or not.
        if vals.get("l10n_pl_edi_certificate") and any(self.sudo().mapped("kgw_is_ledger")):
            raise UserError(
                self.env._(
                    "The ledger of monitored receivables holds other people's invoices: their sellers"
                    " issue them in KSeF, you don't. Register your own company."
                )
            )
        return super().write(vals)

    def _kgw_get_effective_due(self, due):
        """Return the last day to pay in time for a printed due date."""
        self.ensure_one()
        return calendar.effective_due_date(due) if self.kgw_moves_due_dates else due
