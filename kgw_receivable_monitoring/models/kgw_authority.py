from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const_mandate import INFORMS


class KgwAuthority(models.AbstractModel):
    """What a mandate rests on: processing agreement, power of attorney, information duty; and the
    panel that says what it still lacks."""

    _name = "kgw.authority"
    _description = "Authority of a Mandate"

    agreement_date = fields.Date(
        string="Processing Agreement Of",
        tracking=True,
        help="The agency processes personal data for the creditor: an agreement is needed"
        " (RODO, art. 28).",
    )
    agreement_file = fields.Binary(string="Signed Agreement", attachment=True)
    agreement_filename = fields.Char()
    authority_date = fields.Date(string="Power of Attorney From", tracking=True)
    authority_until = fields.Date(string="Power of Attorney Until", tracking=True)
    authority_file = fields.Binary(string="Signed Power of Attorney", attachment=True)
    authority_filename = fields.Char()
    may_remind = fields.Boolean(
        string="Covers Reminders",
        default=True,
        tracking=True,
        help="Information before the due date, reminders and calls. To remind is no legal act: it"
        " rests on the order, also when the power of attorney has ended.",
    )
    may_demand = fields.Boolean(
        string="Covers Demands",
        tracking=True,
        help="Demands for payment. Without it they are passed over.",
    )
    may_note = fields.Boolean(
        string="Covers Interest Notes",
        tracking=True,
        help="Interest notes and the compensation for costs of recovery.",
    )
    may_warn = fields.Boolean(
        string="Covers Register Warnings",
        tracking=True,
        help="Warnings that the debt will be entered in a credit bureau (act of 9 April 2010, art."
        " 14 and 15).",
    )
    may_accept = fields.Boolean(
        string="Covers Accepting Declarations",
        tracking=True,
        help="Declarations, acknowledgements of the debt and settlements are accepted for the"
        " creditor.",
    )
    informs = fields.Selection(
        INFORMS,
        string="Information Duty",
        tracking=True,
        help="Who tells counterparties that their data is processed, by whom and where it came from"
        " (RODO, art. 14).",
    )
    privacy_notice = fields.Text(
        help="Who processes the data and on whose behalf (RODO art. 13 and 14); printed at the end"
        " of e-mails and letters.",
    )

    readiness = fields.Json(compute="_compute_readiness")

    @api.depends_context("lang", "uid")
    def _compute_readiness(self):
        """The panel of a saved mandate; it shows today, as the whole form does."""
        today = fields.Date.context_today(self)
        for mandate in self:
            saved = mandate._origin
            lines = self.env["kgw.readiness"]._get_lines(saved, today) if saved else []
            mandate.readiness = [line._asdict() for line in lines]

    def _check_ready(self, on_date):
        """
        :raise UserError: a line of the readiness panel is red
        """
        self.ensure_one()
        missing = self.env["kgw.readiness"]._get_missing(self, on_date)
        if missing:
            lines = [f"– {line.title}: {line.sentence}" for line in missing]
            raise UserError(
                self.env._(
                    "Mandate %(mandate)s can't be activated yet:\n%(missing)s",
                    mandate=self.name,
                    missing="\n".join(lines),
                )
            )

    def _is_authority_in_force(self, on_date):
        """Whether the power of attorney holds on ``on_date``, its last day included."""
        self.ensure_one()
        return bool(
            self.authority_date
            and self.authority_date <= on_date
            and (not self.authority_until or on_date <= self.authority_until)
        )

    def _has_authority(self, scope, on_date):
        """Whether a contact that needs ``scope`` may be made for the creditor on ``on_date``.

        :param scope: ``remind``, ``demand``, ``note``, ``warn`` or ``accept``
        """
        self.ensure_one()
        if self.is_own_sales:
            return True
        return self[f"may_{scope}"] and (scope == "remind" or self._is_authority_in_force(on_date))
