from odoo import api, models

from .kgw_payment_match import Plan

# What lacked something that may have come in now. Where something spoke against a match, it still
# does when one of two invoices was settled by another payment; and what a person has judged is
# not judged again.
LACKING = (
    "no_number",
    "no_invoice",
    "other_currency",
    "early",
    "nothing_open",
    "number_only",
    "number_gaps",
    "case_only",
    "account_only",
    "account_amount",
    "name_amount",
)


class KgwPaymentWaiting(models.AbstractModel):
    """Payments that wait for their invoice, or for a person: asked again when something came in."""

    _name = "kgw.payment.waiting"
    _description = "Waiting Payments"

    @api.model
    def _follow(self, mandate, now):
        """Invoices or payments of ``mandate`` came in: what fits now is booked or proposed.

        What may repeat an earlier payment stays with a person.
        """
        # Whoever may hand over the mandate's files may have its payments booked.
        waiting = self.env["kgw.payment"].sudo()
        waiting = waiting.search(
            [
                ("mandate_id", "=", mandate.id),
                ("state", "in", ("proposed", "unmatched")),
                ("reason", "in", LACKING),
                ("amount", ">", 0),
                ("related_id", "=", False),
            ]
        )
        self._match(waiting, now)

    @api.model
    def _match(self, payments, now=None):
        """Ask the matcher again about payments that are not booked.

        :param now: when certain ones are booked; without it they are proposed only
        """
        match = self.env["kgw.payment.match"]
        for mandate, own in payments.grouped("mandate_id").items():
            own = own.sorted(lambda p: (p.date, p.id))
            asked = [payment._to_reader() for payment in own]
            matcher = match._get_matcher(mandate, asked[0].date)
            earlier = match._get_earlier(mandate, asked)
            for payment, read in zip(own, asked, strict=True):
                plan = Plan(read, payment.key, "", format=payment.format or "")
                self._take(payment, match._plan_incoming(plan, matcher, earlier), now)

    def _take(self, payment, plan, now):
        """Let a payment be what the matcher says; nothing is written where it says the same."""
        match = plan.match
        state = "proposed" if plan.state == "booked" else plan.state
        before = [(p.receivable_id.id, p.amount) for p in payment.part_ids]
        parts = [(one, float(amount)) for one, amount in match.parts]
        if (payment.state, payment.reason, before) != (state, match.reason, parts):
            payment.write({"state": state, "related_id": plan.related})
            payment._set_match(match.reason, match.parts, match.surplus, match.case)
        if plan.state == "booked" and now:
            payment._book(now)
