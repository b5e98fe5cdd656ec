from odoo import fields, models
from odoo.tools import SQL

from ..const_calls import CALL_OUTCOMES, CALL_REACHED


class KgwCallReport(models.Model):
    """Every call of the register as a row, for results per agent; a trial contacts nobody."""

    _name = "kgw.call.report"
    _inherit = ["kgw.audited"]
    _description = "Calls and Their Results"
    _auto = False
    _order = "at desc"
    _rec_name = "outcome"

    at = fields.Datetime(readonly=True)
    user_id = fields.Many2one("res.users", string="Agent", readonly=True)
    mandate_id = fields.Many2one("kgw.mandate", readonly=True)
    case_id = fields.Many2one("kgw.case", readonly=True)
    team_id = fields.Many2one("kgw.team", readonly=True)
    outcome = fields.Selection(CALL_OUTCOMES, readonly=True)
    is_incoming = fields.Boolean(readonly=True)
    call_count = fields.Integer(string="Calls Made", readonly=True)
    reached_count = fields.Integer(string="Reached", readonly=True)
    promise_count = fields.Integer(string="Promises", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT e.id, e.at, e.user_id, e.mandate_id, e.case_id, m.team_id,
                   e.payload ->> 'outcome' AS outcome,
                   COALESCE((e.payload ->> 'incoming')::boolean, FALSE) AS is_incoming,
                   1 AS call_count,
                   (e.payload ->> 'outcome' = ANY(%s))::int AS reached_count,
                   (e.payload ->> 'outcome' IN ('will_pay', 'will_pay_parts'))::int AS promise_count
              FROM kgw_event e LEFT JOIN kgw_mandate m ON m.id = e.mandate_id
              LEFT JOIN kgw_reminder r ON r.id = e.reminder_id
             WHERE e.kind = 'call' AND r.is_trial IS NOT TRUE
        """,
            list(CALL_REACHED),
        )
