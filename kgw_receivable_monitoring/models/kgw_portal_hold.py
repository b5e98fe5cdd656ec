from odoo import models

from .kgw_portal_base import KgwPortalBase


class KgwPortalHold(models.AbstractModel):
    """What keeps the contact back, in the creditor's words."""

    _name = "kgw.portal.hold"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: What Keeps the Contact Back"

    def _say_hold(self, hold):
        """Return in a sentence what keeps the contact back, and until when."""
        if ended := self._say_ended(hold):
            return self.env._("%s: nobody is contacted any more.", ended)
        reason = self._say_reason(hold)
        if part := hold.promise_id.part_ids._get_awaited()[:1]:
            reason = f"{reason} ({self._say_part(part)})"
        said = self.env._("Contact is on hold: %s.", reason)
        if hold.until_date:
            said = self.env._(
                "Contact is on hold until %(day)s: %(reason)s.",
                day=self._format_date(hold.until_date),
                reason=reason,
            )
        return " ".join(filter(None, (said, self._say_beyond(hold.promise_id))))

    def _say_kept(self, lines, holds):
        """Return in words what keeps all of ``lines`` back, '' for nothing.

        :param holds: in force, of :meth:`_search_holds`
        """
        hold = holds._get_keeping(lines)
        return " ".join(map(self._say_hold, [*hold, *self._get_also(hold, holds)]))

    def _get_also(self, hold, holds):
        """Return what the creditor itself decided for the whole counterparty, beside ``hold``, which
        keeps the contact back longer for another reason."""
        if not hold or hold._is_ending() or hold in holds._get_of_creditor():
            return hold.browse()
        own = holds._get_of_creditor()._get_of_every_channel()
        return own.filtered(lambda h: not h.move_id)._get_last()

    def _say_reason(self, hold):
        """Return why a hold was put, with the day to which the creditor's correction is waited for."""
        reason, dispute = self._get_label(hold, "reason"), hold.dispute_id
        if dispute.state != "correction" or not dispute.until_date:
            return reason
        return self.env._(
            "%(reason)s; we wait for your correction until %(day)s",
            reason=reason,
            day=self._format_date(dispute.until_date),
        )

    def _say_beyond(self, promise):
        """Return how much is owed that nobody promised, since a payment was taken back, or ''."""
        left = sum(promise.receivable_ids.mapped("amount_residual_currency"))
        beyond = promise.currency_id.round(left - promise.owed_amount) if promise else 0.0
        if beyond <= 0:
            return ""
        return self.env._(
            "A payment was taken back since: %s more is owed than was agreed.",
            self._format_money(beyond, promise.currency_id.name),
        )

    def _say_ended(self, hold):
        """Return in words how the creditor ended the contact, '' where it was only put off."""
        if hold.dispute_id.state == "accepted":
            return self.env._("Dispute accepted")
        decision = hold.decision_id
        return {
            "collection": self.env._("Handed over to collection"),
            "hand_over": self.env._("Handed over to collection"),
            "withdraw": self.env._("Withdrawn from monitoring"),
            "stop": self.env._("Contact ended by your decision"),
            "end": self.env._("Monitoring ended by your decision"),
        }.get(decision.value or decision.kind, "")

    def _say_held(self, holds):
        """Return why an invoice waits: by the hold that ends last."""
        last = holds._get_last()
        if ended := self._say_ended(last):
            return ended
        reason = self._say_reason(last)
        if last.channel:
            return self._say_held_channel(last)
        if not last.until_date:
            return self.env._("On hold: %s", reason)
        return self.env._(
            "On hold until %(day)s: %(reason)s",
            day=self._format_date(last.until_date),
            reason=reason,
        )

    def _say_held_channel(self, hold):
        """Return until when and why one channel waits."""
        words = {
            "channel": self._get_label(hold, "channel"),
            "day": self._format_date(hold.until_date) if hold.until_date else "",
            "reason": self._get_label(hold, "reason"),
        }
        if not hold.until_date:
            return self.env._("%(channel)s on hold: %(reason)s", **words)
        return self.env._("%(channel)s on hold until %(day)s: %(reason)s", **words)
