from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_date

from ..tools import calendar
from .kgw_dispute_answer import KgwDisputeAnswer

STATES = [
    ("open", "Waits for the creditor"),
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
    ("correction", "Correction follows"),
    ("closed", "Corrected"),
    ("lapsed", "No correction came"),
]
VALUES = [
    ("accept", "Accept: stop the contact about this invoice"),
    ("reject", "Reject: go on by the scenario"),
    ("correction", "A correction follows"),
]


class KgwDispute(models.Model):
    """A receivable that its counterparty disputes; it is held until the creditor answers.

    Silence never blocks: after the deadline the default agreed in the scenario is taken.
    """

    _name = "kgw.dispute"
    _inherit = ["kgw.audited", KgwDisputeAnswer._name]
    _description = "Dispute about a Receivable"
    _order = "id desc"

    case_id = fields.Many2one("kgw.case", required=True, index=True, ondelete="restrict")
    mandate_id = fields.Many2one(related="case_id.mandate_id", store=True, index=True)
    creditor_id = fields.Many2one(related="case_id.creditor_id", store=True, index=True)
    controller_id = fields.Many2one(related="case_id.controller_id", store=True, index=True)
    receivable_id = fields.Many2one("account.move.line", required=True, ondelete="restrict")
    invoice = fields.Char(compute="_compute_invoice")
    reason_id = fields.Many2one("kgw.dispute.reason", required=True, ondelete="restrict")
    note = fields.Text(string="What Was Said")
    attachment_ids = fields.Many2many("ir.attachment", string="Documents")
    opened_at = fields.Datetime(required=True)
    deadline = fields.Date(required=True, help="Until when the creditor is to answer.")
    default_value = fields.Selection(VALUES, string="Without an Answer", required=True)
    state = fields.Selection(STATES, required=True, default="open", index=True)
    is_by_default = fields.Boolean(help="The creditor did not answer in time.")
    until_date = fields.Date(string="Correction Until")
    answer_note = fields.Text(string="The Creditor's Words")
    answered_at = fields.Datetime()
    answered_by_id = fields.Many2one("res.users")
    address = fields.Char(string="From", help="IP address from which it was answered.")
    hold_ids = fields.One2many("kgw.hold", "dispute_id", string="Holds")

    _one_open = models.UniqueIndex(
        "(receivable_id) WHERE state IN ('open', 'correction')",
        "This receivable is disputed already.",
    )
    _to_lapse = models.Index("(deadline) WHERE state IN ('open', 'correction')")

    @api.depends("case_id", "invoice")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = f"{dispute.case_id.display_name} · {dispute.invoice or ''}"

    @api.depends("receivable_id")
    @api.depends_context("lang")
    def _compute_invoice(self):
        in_words = partial(format_date, self.env)
        for dispute in self:
            # The people of monitoring see the number without accounting rights.
            dispute.invoice = dispute.sudo().receivable_id._kgw_get_name(in_words)

    # === OPENING === #

    @api.model
    def _open(self, receivables, reason, note, now, attachments=None):
        """Open a dispute about each of ``receivables`` of one case; returns the disputes.

        Only these are held; the rest of the case goes on. The creditor is asked by e-mail.

        :param reason: a record of ``kgw.dispute.reason``
        :param note: what the counterparty said; may be empty
        :param attachments: documents that the creditor should see
        :raise UserError: there is none, or all of them are disputed already
        """
        # Who notes a dispute needs no accounting rights; holds and register go with it.
        receivables = receivables.sudo()
        known = self._get_pending(receivables).receivable_id
        if not receivables - known:
            raise UserError(self.env._("Choose the invoices that are disputed; these are already."))
        disputes = self.sudo().create(
            [
                self._prepare_vals(line, reason, note, now, attachments)
                for line in receivables - known
            ]
        )
        disputes._hold(now)
        disputes._record("dispute", now)
        self.env["kgw.creditor.mail"].sudo()._ask_disputes(disputes, now)
        return disputes

    @api.model
    def _get_pending(self, receivables):
        """Return the disputes about ``receivables`` that are not settled yet."""
        # Whoever books a credit note need know nothing of monitoring.
        return self.sudo().search(
            [
                ("receivable_id", "in", receivables.ids),
                ("state", "in", ("open", "correction")),
            ]
        )

    def _prepare_vals(self, line, reason, note, now, attachments):
        case = line.kgw_case_id
        scenario = case._get_scenario()
        today = calendar.local_date(now)
        return {
            "case_id": case.id,
            "receivable_id": line.id,
            "reason_id": reason.id,
            "note": note,
            "attachment_ids": [(6, 0, attachments.ids if attachments else [])],
            "opened_at": now,
            "deadline": calendar.add_working_days(today, scenario.dispute_answer_days or 5),
            "default_value": scenario.dispute_default or "reject",
        }

    def _hold(self, now):
        self.env["kgw.hold"].with_context(kgw_now=now).create(
            [
                {
                    "case_id": dispute.case_id.id,
                    "move_id": dispute.receivable_id.move_id.id,
                    "dispute_id": dispute.id,
                    "reason": "dispute",
                    "from_date": calendar.local_date(now),
                }
                for dispute in self
            ]
        )

    # === REGISTER === #

    def _record(self, kind, now):
        self.env["kgw.event"]._record(
            [
                dispute.receivable_id._kgw_prepare_event_vals(
                    kind, now, payload=dispute._prepare_payload(kind)
                )
                for dispute in self
            ]
        )

    def _prepare_payload(self, kind):
        """Return what the register keeps of a dispute; of an answer taken back, which one it was."""
        self.ensure_one()
        answered = self.state != "open"
        answer = {"answer": f"dispute_{self.state}"} if kind == "revoked" else {}
        return answer | {
            "invoice": self.invoice,
            "dispute_reason": self.reason_id.id,
            "note": (self.answer_note if answered else self.note) or "",
            "by_default": self.is_by_default,
            "address": (self.address or "") if answered else "",
            "deadline": self.deadline.isoformat(),
            "until": self.until_date and self.until_date.isoformat() or "",
        }

    # === ACTION METHODS === #

    def _answer_for_creditor(self, value):
        """Record what the creditor said on the phone or in a letter.

        :raise AccessError: the user is no manager of monitoring
        """
        if not self.env["res.users"]._kgw_is_manager():
            raise AccessError(self.env._("Only managers of monitoring answer for a creditor."))
        # The course and the register move with it.
        self.sudo()._answer(value, "", fields.Datetime.now())

    def action_accept(self):
        self._answer_for_creditor("accept")

    def action_reject(self):
        self._answer_for_creditor("reject")

    def action_correction(self):
        self._answer_for_creditor("correction")
