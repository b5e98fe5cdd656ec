from odoo import models

from ..tools.decision import SPECS


class KgwDecisionStanding(models.AbstractModel):
    """What the creditor decided and what holds on: interest waived, a warning consented to."""

    _name = "kgw.decision.standing"
    _description = "Decision: What Holds On"

    def _is_standing(self):
        """Whether this decision has acted, holds on, and can be taken back."""
        self.ensure_one()
        return self.state == "taken" and self.kind in SPECS and SPECS[self.kind].standing

    def _get_standing(self, kind, on_date):
        """Return those of these decisions that are of ``kind`` and hold on ``on_date``.

        :param on_date: the last day of a decision with a condition is its ``until_date``
        """
        return self.filtered(
            lambda decision: (
                decision.kind == kind
                and decision._is_standing()
                and (not decision.until_date or decision.until_date >= on_date)
            )
        )

    def _get_receivables(self):
        """Return what these decisions are about."""
        # Whoever reads a text or asks the gate needs no accounting rights: the case is the fence.
        return self.sudo().receivable_ids

    def _do_waive(self, now):
        """Texts leave interest out from now on; a letter printed with it is written anew."""
        printed = self.env["kgw.reminder"].search(
            [
                ("case_id", "in", self.case_id.ids),
                ("state", "=", "claimed"),
                ("print_run_id.state", "=", "open"),
            ]
        )
        lines = self.receivable_ids
        self._take_back(
            printed.filtered(lambda letter: letter._get_live_lines().receivable_id & lines), now
        )

    def _do_warning(self, now):
        """Nothing to do: the gate asks for this consent before a warning goes out."""
