from datetime import date

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import CHANNELS, DEMANDS, RUNG_LEVEL, RUNGS
from ..tools.case_walk import is_only_named
from .kgw_gate_facts import Facts

ROLES = [("lead", "Leads"), ("taken", "Taken along"), ("carried", "Only named")]


class KgwReminderLine(models.Model):
    """A receivable that a reminder is about."""

    _name = "kgw.reminder.line"
    _description = "Receivable of a Reminder"
    _order = "reminder_id, id"
    _rec_name = "move_id"
    _log_access = False  # who and when stands in the register

    reminder_id = fields.Many2one("kgw.reminder", required=True, index=True, ondelete="cascade")
    receivable_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        ondelete="set null",
        help="Odoo may recreate payment-term lines; invoice and instalment remain.",
    )
    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="restrict")
    invoice = fields.Char(related="move_id.kgw_display_number", string="Invoice Number")
    instalment = fields.Integer(required=True)
    course = fields.Integer(required=True)
    role = fields.Selection(ROLES, required=True)
    step_id = fields.Many2one("kgw.scenario.step", ondelete="restrict")
    rung = fields.Selection(RUNGS)
    channel = fields.Selection(CHANNELS, required=True)
    amount = fields.Monetary(help="What was owed when the reminder was claimed.")
    currency_id = fields.Many2one(related="move_id.currency_id")
    void = fields.Boolean(help="The reminder was cancelled: the step is free again.")

    _once_per_step = models.UniqueIndex(
        "(move_id, course, instalment, step_id, channel) WHERE void IS NOT TRUE AND step_id IS NOT NULL",
        "This step was already taken for this receivable.",
    )

    def _get_own(self):
        """Return the lines that the reminder is about; the others are only named in its text."""
        return self.filtered(lambda line: line.role != "carried")

    def _get_main(self):
        """Return the lines that the contact is for as its text says it: of a demand those that it
        demands. What goes along with it on a lower rung takes its own step, and is only named."""
        return self._get_own().filtered(
            lambda line: (
                not is_only_named(
                    RUNG_LEVEL.get(line.rung, 0), RUNG_LEVEL.get(line.reminder_id.rung, 0)
                )
            )
        )

    @api.model
    def _get_main_condition(self):
        """Return the condition of :meth:`_get_main` on line ``rl`` of reminder ``r``: no line has a
        harder rung than its reminder."""
        return SQL(
            "(rl.role <> 'carried' AND (COALESCE(r.rung, '') <> ALL(%s) OR rl.rung = r.rung))",
            list(DEMANDS),
        )

    def _get_uncovered(self):
        """Return those of these lines, all that is owed in their reminders, that are left out since
        nobody can know of their payments yet: what is only named, and what fell due after that for
        which the whole reminder waits. Their steps are free again."""
        latest = self._get_latest_due()
        if all(mandate._has_coverage(latest) for mandate in self.reminder_id.mandate_id):
            return self.browse()
        late = self.filtered(
            lambda line: (
                line.reminder_id._needs_coverage()
                and not line.reminder_id.mandate_id._has_coverage(
                    line.receivable_id.kgw_effective_due
                )
            )
        )
        return late.filtered(
            lambda line: (
                line.role == "carried"
                or line.receivable_id.kgw_effective_due
                > (self & line.reminder_id.line_ids)._get_first_due()
            )
        )

    def _get_first_due(self):
        """Return the effective due date through which payments must be known before these lines of
        one reminder are spoken of: that of what leads, where nothing does the earliest; None where
        nothing is owed."""
        own = self._get_main()
        leading = own.filtered(lambda line: line.role == "lead") or own
        return min(leading.receivable_id.mapped("kgw_effective_due"), default=None)

    def _get_latest_due(self):
        """Return the latest effective due date of these lines, of whichever reminders."""
        return max(self.receivable_id.mapped("kgw_effective_due"), default=date.min)

    def _prepare_copy_vals(self):
        """Return the values of the same line for another reminder."""
        self.ensure_one()
        return {
            "receivable_id": self.receivable_id.id,
            "move_id": self.move_id.id,
            "instalment": self.instalment,
            "course": self.course,
            "role": self.role,
            "step_id": self.step_id.id,
            "rung": self.rung,
        }

    @api.model
    def _prepare_stepless_vals(self, receivable, channel, rung):
        """Return the values of a line of a contact that is no step of a scenario."""
        return {
            "receivable_id": receivable.id,
            "move_id": receivable.move_id.id,
            "instalment": receivable.kgw_instalment,
            "course": receivable.kgw_course,
            "role": "taken",
            "rung": rung,
            "channel": channel,
        }

    def _get_kept(self, now):
        """Return those of these lines about which their reminders speak if they go out at ``now``
        (naive UTC): still owed, and not on hold by themselves."""
        reminders = self.reminder_id
        return Facts(reminders, now).get_kept(reminders)

    def _freeze(self, facts):
        """Keep what is owed at the moment of the claim; what is settled or held leaves the reminder.

        :param facts: :class:`Facts` of the claim
        """
        owed = facts.get_kept(self.reminder_id)
        (self - owed).write({"void": True})
        self.receivable_id.flush_model(["amount_residual_currency"])
        self.env.cr.execute(
            SQL(
                "UPDATE kgw_reminder_line rl SET amount = l.amount_residual_currency"
                " FROM account_move_line l WHERE l.id = rl.receivable_id AND rl.id = ANY(%s)",
                owed.ids,
            )
        )
        owed.invalidate_recordset(["amount"], flush=False)
