from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """A payment of a monitored receivable goes into its history and ends its reminders."""
        partials = super().create(vals_list)
        self.env["kgw.credit.note"]._follow(partials.credit_move_id.move_id)
        # Whoever books a payment, an accountant or a customer paying online, need know nothing of
        # monitoring: the history is written and the stage follows without their rights.
        watched = partials.sudo().filtered(lambda p: p.debit_move_id.kgw_case_id)
        # What is put back after an amount was corrected is no new payment.
        if watched and not (self.env.su and self.env.context.get("kgw_put_back")):
            now = self.env.context.get("kgw_now") or self.env.cr.now()
            self.env["kgw.event"]._record(
                [partial._kgw_prepare_payment_event(now) for partial in watched]
            )
            watched.debit_move_id._kgw_after_payment(now)
            self.env["kgw.promise"]._follow_payment(watched.debit_move_id, now)
            self.env["kgw.dispute"]._follow_correction(watched, now)
        return partials

    def unlink(self):
        """What a credit note took off is no longer off the balance; a payment of own sales that is
        undone in the books is told. Of the ledger, whoever takes a payment back tells it."""
        credits = self.credit_move_id.move_id
        # As in create.
        undone = [
            (partial.debit_move_id, partial.debit_amount_currency, partial.credit_move_id.date)
            for partial in self.sudo()
            if partial.debit_move_id.kgw_case_id.mandate_id.is_own_sales
            and partial.credit_move_id.move_id.move_type != "out_refund"
        ]
        res = super().unlink()
        now = self.env.context.get("kgw_now") or self.env.cr.now()
        self.env["kgw.mirror"]._record_back(undone, now, "books")
        self.env["kgw.credit.note"]._follow(credits)
        return res

    def _kgw_prepare_payment_event(self, now):
        """Return the event of a payment or a credit note, which is no money that came in: it stands
        where monitoring learned of it, not earlier."""
        self.ensure_one()
        credit = self.credit_move_id.move_id
        if credit.move_type == "out_refund":
            day = credit.invoice_date or credit.date
            kind = "credit_note"
            told = {"credit_note": credit.kgw_display_number, "issued_on": day.isoformat()}
        else:
            kind, told = "payment", {"paid_on": self.credit_move_id.date.isoformat()}
        return self.debit_move_id._kgw_prepare_event_vals(
            kind,
            now,
            payload={
                **told,
                "invoice": self.debit_move_id.move_id.kgw_display_number,
                "amount": self.debit_amount_currency,
                "currency": self.debit_currency_id.name,
                "left": self.debit_move_id.amount_residual_currency,
            },
        )
