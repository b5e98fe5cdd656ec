from odoo import fields, models
from odoo.tools import SQL

from ..const import STAGES


class KgwReceivable(models.Model):
    """Receivables as the people of monitoring see them: read only, without accounting rights.

    The receivable itself is the payment-term line of a posted invoice; this is a view of it.
    """

    _name = "kgw.receivable"
    _inherit = ["kgw.audited"]
    _description = "Monitored Receivable"
    _auto = False
    _order = "due_date, id"
    _rec_name = "number"

    number = fields.Char(string="Invoice")
    move_id = fields.Many2one("account.move")
    instalment = fields.Char(help="Which of how many, where the invoice is paid in several.")
    case_id = fields.Many2one("kgw.case")
    mandate_id = fields.Many2one("kgw.mandate")
    creditor_id = fields.Many2one("res.partner")
    counterparty_id = fields.Many2one("res.partner")
    controller_id = fields.Many2one("res.users")
    invoice_date = fields.Date()
    due_date = fields.Date()
    effective_due_date = fields.Date(help="Moved from a day off by art. 115 of the Civil Code.")
    currency_id = fields.Many2one("res.currency")
    amount = fields.Monetary()
    residual = fields.Monetary(string="Owed")
    interest_label = fields.Char(
        string="Interest Today",
        compute="_compute_interest_label",
        help="Statutory interest for late payment on what is still owed, through today.",
    )
    stage = fields.Selection(STAGES)
    is_overdue = fields.Boolean()
    next_step_id = fields.Many2one("kgw.scenario.step")
    next_act = fields.Char()
    next_label = fields.Char(string="What Comes Next", compute="_compute_next_label")
    next_date = fields.Date()
    coming_on = fields.Date(string="Planned For", compute="_compute_coming")
    coming = fields.Char(
        string="Next in the Plan",
        compute="_compute_coming",
        help="From the plan of the whole case, or why this invoice waits.",
    )
    course = fields.Integer()
    has_original = fields.Boolean()

    @property
    def _table_query(self):
        return SQL("""
            SELECT l.id, l.move_id, (
                       SELECT l.kgw_instalment || '/' || count(*) FROM account_move_line i
                        WHERE i.move_id = l.move_id AND i.kgw_instalment > 0
                       HAVING count(*) > 1) AS instalment,
                   COALESCE(NULLIF(m.kgw_number, ''), m.name) AS number,
                   l.kgw_case_id AS case_id, c.mandate_id, c.creditor_id, c.counterparty_id,
                   c.controller_id, m.invoice_date, l.date_maturity AS due_date,
                   l.kgw_effective_due AS effective_due_date, l.currency_id,
                   l.amount_currency AS amount, l.amount_residual_currency AS residual,
                   l.kgw_stage AS stage, l.kgw_stage IN ('overdue', 'elapsed') AS is_overdue,
                   l.kgw_next_step_id AS next_step_id, l.kgw_next_act AS next_act,
                   l.kgw_next_date AS next_date, l.kgw_course AS course,
                   m.kgw_source_id IS NOT NULL AS has_original
              FROM account_move_line l
              JOIN account_move m ON m.id = l.move_id
              JOIN kgw_case c ON c.id = l.kgw_case_id
        """)

    def _compute_next_label(self):
        name_step = self.env["kgw.upcoming"]._name_step
        for receivable in self:
            step = receivable.next_step_id.name or ""
            receivable.next_label = name_step(receivable.next_act, step)

    def _compute_interest_label(self):
        # People of monitoring have no accounting rights; they see what is owed of their cases.
        lines = self.env["account.move.line"].sudo().browse(self.ids)
        today, rates = fields.Date.context_today(self), self.env["kgw.rate"]
        labels = rates._format_each(lines, today, self.env.lang or "en_US")
        for receivable, line in zip(self, lines, strict=True):
            receivable.interest_label = labels[line]

    def _compute_coming(self):
        """What comes next by the plan of the case, which its creditor reads as well; for pages of
        one case: a list of many cases shows what is stored (``next_date``)."""
        now, upcoming = fields.Datetime.now(), self.env["kgw.upcoming"]
        told = {}
        for case in self.case_id:
            found = upcoming._tell(case, now).items()
            told |= {
                line.id: (tale.day, upcoming._name_step(tale.act, tale.step))
                for line, tale in found
            }
        for receivable in self:
            receivable.coming_on, receivable.coming = told.get(receivable.id, (False, False))

    # === ACTION METHODS === #

    def action_explain(self):
        """Say what was done, what comes next and what stands in the way."""
        self.ensure_one()
        return self.env["kgw.explanation"]._open(self.case_id, self, fields.Datetime.now())

    def action_show_original(self):
        """Show the creditor's own invoice."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/kgw/invoice/{self.id}", "target": "new"}

    def action_preview(self):
        """Open the preview of the days to come for these invoices."""
        return self.env["kgw.preview"]._open(
            {"case_ids": self.case_id.ids, "move_ids": self.move_id.ids}
        )
