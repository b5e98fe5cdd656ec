from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_date

from ..tools import calendar

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
STATE_OF_VALUE = {"accept": "accepted", "reject": "rejected", "correction": "correction"}
# Days for which an announced correction is waited for when the creditor names no day.
CORRECTION_DAYS = 14


class KgwDispute(models.Model):
    """A receivable that its counterparty disputes; it is held until the creditor answers.

    Silence never blocks: after the deadline the default agreed in the scenario is taken.
    """

    _name = "kgw.dispute"
    _inherit = ["kgw.audited"]
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

    # === ANSWERING === #

    def _get_offered_values(self):
        """Return ``(value, label)`` of the answers, in the user's language."""
        return self._fields["default_value"]._description_selection(self.env)

    def _say_silence(self, on_date):
        """Return what happens without an answer, to the creditor in the user's language; about what
        is no longer monitored nobody is contacted, whatever the default."""
        self.ensure_one()
        line = self.receivable_id
        given = self.env["kgw.decision"]._get_given_away(line, on_date)
        if given or line.kgw_stage not in ("before_due", "overdue"):
            return self.env._(
                "Without your answer nothing changes: nobody is contacted about this invoice any more."
            )
        if self.default_value == "reject" and self._is_kept_back_besides(on_date):
            return self.env._(
                "Without your answer the dispute counts as rejected; for another reason the contact"
                " about this invoice stays on hold all the same."
            )
        return {
            "accept": self.env._("Without your answer the contact about this invoice ends."),
            "reject": self.env._("Without your answer the contact goes on by the scenario."),
            "correction": self.env._("Without your answer we wait for a correction."),
        }[self.default_value]

    def _is_kept_back_besides(self, on_date):
        """Whether another hold than its own keeps this receivable back beyond the deadline."""
        line = self.receivable_id
        holds = self.env["kgw.hold"]._get_in_force(self.case_id, line, on_date) - self.hold_ids
        lasting = holds.filtered(lambda hold: not hold._ends_before(self.deadline))
        return bool(lasting._get_keeping(line))

    def _answer(self, value, note, now, until=None, address=""):
        """Record what the creditor answered and let the course go on by it.

        :param value: ``accept``, ``reject`` or ``correction``
        :param note: the creditor's words; may be empty
        :param until: last day on which a correction is waited for; two weeks by default
        :param address: IP address from which it was answered
        :raise UserError: the value does not fit, or the dispute was answered already
        """
        if value not in STATE_OF_VALUE:
            raise UserError(
                self.env._("This answer does not fit the dispute. Choose one of the offered ones.")
            )
        for dispute in self.filtered(lambda dispute: dispute.state != "open"):
            raise UserError(
                self.env._(
                    "This dispute was already answered on %s.",
                    self.env["kgw.portal"]._format_moment(dispute.answered_at),
                )
            )
        vals = {"answer_note": note, "answered_at": now, "answered_by_id": self.env.uid}
        vals["address"] = address
        if value == "correction":
            vals["until_date"] = until or calendar.local_date(now) + timedelta(days=CORRECTION_DAYS)
        self._close(STATE_OF_VALUE[value], now, **vals)

    @api.model
    def _lapse(self, on_date, now, cases=None):
        """Take the agreed default where the creditor was silent; end the wait for corrections.

        :param cases: keep to these cases; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        silent = self.search([*chosen, ("state", "=", "open"), ("deadline", "<", on_date)])
        for value, disputes in silent.grouped("default_value").items():
            disputes._close(STATE_OF_VALUE[value], now, is_by_default=True)
        late = [*chosen, ("state", "=", "correction"), ("until_date", "<", on_date)]
        missed = self.search(late)
        missed._close("lapsed", now)
        for dispute in missed:
            agent = dispute.case_id._get_controller()
            dispute.case_id._add_task(
                "dispute", agent, dispute.invoice, dispute.reason_id.name, now
            )

    @api.model
    def _follow_correction(self, partials, now):
        """End the disputes whose receivable a credit note has just corrected."""
        corrected = partials.filtered(
            lambda p: p.credit_move_id.move_id.move_type == "out_refund"
        ).debit_move_id
        if corrected:
            self._get_pending(corrected)._close("closed", now)

    def _close(self, state, now, **vals):
        """Move on: an accepted receivable stays held, and one that waits for its correction."""
        if not self:
            return
        self.write({"state": state, **vals})
        self.case_id._touch()
        if state not in ("accepted", "correction"):
            self.hold_ids._lift(now)
        self._record(f"dispute_{state}", now)
        self.receivable_id._kgw_refresh_course(calendar.local_date(now), now)

    # === TAKING AN ANSWER BACK === #

    def _get_reopenable(self, on_date):
        """Return those of these disputes whose answer can be taken back on ``on_date``: until its
        deadline, while nobody was contacted about the receivable because of it."""
        answered = self.filtered(lambda d: d.answered_by_id and d.deadline >= on_date)
        pending = self._get_pending(answered.receivable_id) - answered
        return answered.filtered(
            lambda d: d.receivable_id not in pending.receivable_id and not d._has_acted()
        )

    def _has_acted(self):
        """Whether a contact about the receivable was begun since the answer, or a correction came."""
        if self.state not in ("accepted", "rejected", "correction"):
            return True
        since = calendar.local_date(self.answered_at)
        made = self.case_id.reminder_ids.filtered(
            lambda r: r.state == "claimed" or (r.contact_on and r.contact_on >= since)
        )
        return self.receivable_id in made._get_live_lines().receivable_id

    def _reopen(self, now, address=""):
        """Ask again what was answered; the entry of the register tells the answer taken back.

        :param address: IP address from which it was taken back
        :raise UserError: something has come of the answer already
        """
        if self - self._get_reopenable(calendar.local_date(now)):
            raise UserError(
                self.env._(
                    "This answer can't be taken back any more: its deadline is over, or it has acted."
                    " Write to your controller."
                )
            )
        self.address = address
        self._record("revoked", now)
        going_on = self.filtered(lambda dispute: dispute.state == "rejected")
        fresh = dict.fromkeys(("until_date", "answer_note", "answered_at", "answered_by_id"), False)
        self.write({"state": "open", **fresh})
        going_on._hold(now)
        self.case_id._touch()
        self.receivable_id._kgw_refresh_course(calendar.local_date(now), now)

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
