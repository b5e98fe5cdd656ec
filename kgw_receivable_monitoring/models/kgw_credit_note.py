from odoo import api, models

from ..tools import calendar


class KgwCreditNote(models.AbstractModel):
    """Credit notes of own sales: what one takes off is owed no more, set off or not.

    Odoo sets a credit note off against its invoice when it is posted, if it knows the invoice.
    Until that is done, the balance would demand what is not owed: contact about the invoice waits,
    or about the whole case where the credit note names no invoice.
    """

    _name = "kgw.credit.note"
    _description = "Credit Notes of Monitored Counterparties"

    @api.model
    def _follow(self, moves):
        """Hold what open credit notes among ``moves`` are about; let go what the others are about.

        :param moves: any moves that were posted, set off, reset or cancelled
        """
        # Whoever books a credit note need know nothing of monitoring.
        credits_sudo = moves.sudo().filtered(
            lambda m: m.move_type == "out_refund" and not m.kgw_mandate_id
        )
        if not credits_sudo:
            return
        now = self.env.context.get("kgw_now") or self.env.cr.now()
        holds = self.env["kgw.hold"].sudo().with_context(kgw_now=now)
        held = holds.search([("credit_note_id", "in", credits_sudo.ids), ("is_open", "=", True)])
        waiting = credits_sudo.filtered(lambda m: m.state == "posted" and m.amount_residual > 0)
        held.filtered(lambda hold: hold.credit_note_id not in waiting)._lift(now)
        fresh = (self._prepare_hold_vals(credit, now) for credit in waiting - held.credit_note_id)
        holds.create([vals for vals in fresh if vals])

    @api.model
    def _follow_open(self, mandate, partners):
        """Hold the cases of own sales that begin with credit notes open."""
        if mandate.is_own_sales:
            credits_sudo = self.env["account.move"].sudo()  # as above
            domain = [
                ("move_type", "=", "out_refund"),
                ("state", "=", "posted"),
                ("amount_residual", ">", 0),
                ("company_id", "=", mandate.journal_id.company_id.id),
                ("commercial_partner_id", "in", partners.commercial_partner_id.ids),
            ]
            self._follow(credits_sudo.search(domain))

    def _prepare_hold_vals(self, credit, now):
        """Return the values of the hold, or None where nothing of it is monitored."""
        invoice = credit.reversed_entry_id
        case = invoice.line_ids.kgw_case_id or self._find_case(credit)
        if not case:
            return None
        return {
            "case_id": case.id,
            "move_id": invoice.id if invoice.line_ids.kgw_case_id else False,
            "credit_note_id": credit.id,
            "reason": "credit_note",
            "note": credit.name,
            "from_date": calendar.local_date(now),
        }

    def _find_case(self, credit):
        return self.env["kgw.case"].search(
            [
                ("counterparty_id", "=", credit.commercial_partner_id.id),
                ("mandate_id.is_own_sales", "=", True),
                ("mandate_id.journal_id.company_id", "=", credit.company_id.id),
            ],
            limit=1,
        )
