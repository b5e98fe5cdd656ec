from odoo import Command, models

from ..tools import calendar
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
        self._write_anew(now)

    def _undo_waive(self, now):
        """Texts speak of interest again; a letter printed without it is written anew."""
        self._write_anew(now)

    def _write_anew(self, now):
        """Take the printed letters about these receivables back and plan the same ones: no step
        brings every one of them again."""
        printed = self.env["kgw.reminder"].search(
            [
                ("case_id", "in", self.case_id.ids),
                ("state", "=", "claimed"),
                ("print_run_id.state", "=", "open"),
            ]
        )
        lines = self.receivable_ids
        printed = printed.filtered(lambda letter: letter._get_live_lines().receivable_id & lines)
        vals = [self._prepare_anew_vals(letter, calendar.local_date(now)) for letter in printed]
        self._take_back(printed, now)
        anew = self.env["kgw.reminder"].create(vals)
        anew.line_ids.receivable_id._kgw_load()
        anew.line_ids.receivable_id._kgw_refresh_course(calendar.local_date(now), now)
        self.env["kgw.event"]._record_contacts(anew, "planned", now)
        self.env["kgw.dispatcher"]._wake()

    def _prepare_anew_vals(self, letter, today):
        """Return the values of the contact that ``letter`` was, planned for ``today``."""
        names = ("case_id", "mandate_id", "brand_id", "step_id", "template_id", "origin_id")
        day = calendar.forward(today)
        lines = letter._get_live_lines()
        return {
            **{name: letter[name].id for name in (*names, "decision_id", "promise_id")},
            **{name: letter[name] for name in ("channel", "rung", "side", "is_requested")},
            "planned_on": day,
            "until": letter.until and max(letter.until, day),
            "line_ids": [
                Command.create({**line._prepare_copy_vals(), "channel": letter.channel})
                for line in lines
            ],
        }

    def _do_warning(self, now):
        """Nothing to do: the gate asks for this consent before a warning goes out."""
