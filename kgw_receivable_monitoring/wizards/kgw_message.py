import re
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext
from odoo.tools.misc import format_datetime

from ..const import CHANNELS, RUNG_LEVEL
from ..tools import calendar
from ..tools.notice import notice
from ..tools.text import TextError

# By hand nobody demands: a demand stands on the course and on the power of attorney.
HARDEST = RUNG_LEVEL["monit"]
# What a plain text would show as asterisks, slashes and underscores.
EMPHASIS = re.compile(r"</?(?:strong|b|em|i|u)(?:\s[^>]*)?>", re.IGNORECASE)
# Days for which a contact by hand waits for contact hours or payments.
BY_HAND_DAYS = 3


class KgwMessage(models.TransientModel):
    """A contact by hand: it passes the same gate as what the scenario plans."""

    _name = "kgw.message"
    _description = "Contact by Hand"

    case_id = fields.Many2one("kgw.case", required=True, readonly=True)
    channel = fields.Selection(
        [(code, label) for code, label in CHANNELS if code != "letter"],
        required=True,
        default="email",
    )
    template_ids = fields.Many2many(
        "kgw.template", string="Offered Texts", compute="_compute_template_ids"
    )
    template_id = fields.Many2one(
        "kgw.template",
        required=True,
        domain="[('id', 'in', template_ids)]",
        help="The texts agreed with the creditor for this kind of counterparty.",
    )
    is_requested = fields.Boolean(
        string="Asked For",
        help="The counterparty asked to be contacted: caps do not hold, contact hours do.",
    )
    is_trial = fields.Boolean(related="case_id.is_trial")
    recipient = fields.Char(string="Goes To", compute="_compute_outlook")
    outlook = fields.Char(
        string="When",
        compute="_compute_outlook",
        help="What the last check before sending says now; it is asked again then.",
    )
    text = fields.Text(string="Text That Goes Out", compute="_compute_outlook")
    refusal = fields.Text(
        compute="_compute_outlook", help="Why the contact is not taken, and what helps."
    )

    @api.depends("case_id", "channel")
    def _compute_template_ids(self):
        for wizard in self:
            wizard.template_ids = self._get_offered(
                wizard.case_id, wizard.channel, wizard._get_open_lines()
            )

    @api.model
    def _get_offered(self, case, channel, lines):
        """Return the texts agreed with the creditor that may be used by hand about ``lines``."""
        steps, stages = case._get_scenario().step_ids, set(lines.mapped("kgw_stage"))
        return (steps.template_id | steps.fallback_template_id).filtered(
            lambda template: (
                template.channel == channel
                and RUNG_LEVEL[template.rung] <= HARDEST
                and self._get_stage(template) in stages
            )
        )

    def _get_stage(self, template):
        """Return the stage of the receivables that the template speaks about."""
        return "before_due" if template.rung == "information" else "overdue"

    def _get_open_lines(self):
        """Return the receivables of the case that may be spoken about, the oldest first."""
        # Agents have no accounting rights; the case is the fence.
        return (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("kgw_case_id", "=", self.case_id.id),
                    ("kgw_stage", "in", ("before_due", "overdue")),
                ],
                order="date_maturity, id",
            )
        )

    @api.onchange("channel")
    def _onchange_channel(self):
        self.template_id = self.template_ids[:1]

    @api.depends("template_id", "is_requested")
    def _compute_outlook(self):
        now = fields.Datetime.now()
        for wizard in self:
            wizard.update(wizard._foresee(now))

    def _foresee(self, now):
        """Return what would go out at ``now``, where to and when, or in its place why nothing would."""
        empty = {"recipient": False, "outlook": False, "text": False, "refusal": False}
        if not self.template_id:
            return empty
        if self._has_open():
            return {**empty, "refusal": self._say_open()}
        # It names amounts of ledger invoices; the agent's right is on the case.
        self.case_id.check_access("write")
        wizard = self.sudo()
        try:
            reminder = self.env["kgw.reminder"].sudo().new(wizard._prepare_reminder_vals(now))
        except UserError as error:
            return {**empty, "refusal": str(error)}
        verdict = wizard.env["kgw.gate"]._judge(reminder, now)
        return {
            "refusal": wizard._say_refusal(reminder, verdict, now),
            "recipient": reminder._get_channel()._get_recipient(reminder),
            "outlook": self._say_verdict(verdict),
            "text": wizard._write_text(reminder, now),
        }

    def _write_text(self, reminder, now):
        """Return the text as it would go out at ``now``, or why there is none."""
        if not reminder.line_ids._get_kept(now):
            return self.env._("All that this text speaks about is on hold: nothing goes out.")
        try:
            subject, body = reminder._get_channel()._render(
                reminder, self.env["kgw.text"]._get_coming_values(reminder, now)
            )
        except TextError as error:
            return self.template_id._say_error(error)
        body = self._strip_marks(body) if self.channel == "email" else body
        return "\n\n".join(filter(None, (subject, body)))

    def _strip_marks(self, body):
        """Return an e-mail as plain text, without the marks that stand for bold and italic."""
        return html2plaintext(EMPHASIS.sub("", str(body)))

    def _has_open(self):
        """Whether another contact takes the only place that a case has."""
        return bool(self.env["kgw.obstacle"]._get_open(self.case_id))

    def _say_open(self):
        return self.env._(
            "Another contact with this counterparty is planned or on its way. Cancel it first, or let"
            " it go out."
        )

    def _say_refusal(self, reminder, verdict, now):
        """Return why the contact is not taken, with what helps: the gate would never let it through,
        or a hold outlasts it. '' where it goes out or may wait."""
        hold = self.env["kgw.hold"]
        if verdict.reason == "hold":
            today = calendar.local_date(now)
            hold = hold._get_keeping_reminders(reminder, today).get(reminder, hold)
        if not verdict.reason or (
            verdict.until and (not hold or hold._ends_before(reminder.until))
        ):
            return ""
        cures = dict(self.env["kgw.case"]._fields["waiting_cure"]._description_selection(self.env))
        why = hold._describe() if hold else self._say_why(verdict)
        cure = cures[hold._get_cure() if hold else verdict.reason]
        return self.env._("It is not sent: %(why)s. %(cure)s", why=why, cure=cure)

    def _say_why(self, verdict):
        field = self.env["kgw.reminder"]._fields["reason"]
        return dict(field._description_selection(self.env)).get(verdict.reason)

    def _say_verdict(self, verdict):
        """Return in words when what the gate judges so goes out, or why it never does."""
        why = self._say_why(verdict)
        if not why:
            by_person = self.env._("At once: the call comes onto the board.")
            return by_person if self.channel == "phone" else self.env._("At once.")
        if not verdict.until:
            return self.env._("Never: %s.", why)
        until = format_datetime(self.env, verdict.until, tz=self.case_id.tz, dt_format="short")
        return self.env._(
            "Not before %(until)s: %(why)s. What can't go out within %(days)s days is not sent.",
            until=until,
            why=why,
            days=BY_HAND_DAYS,
        )

    def action_send(self):
        """Plan the contact and say what becomes of it; it goes out as soon as the gate lets it
        through.

        :raise UserError: there is nothing to write about, the gate would never let it through, a
            hold outlasts it, or another contact is on its way
        """
        self.ensure_one()
        self.case_id.check_access("write")
        if self.template_id not in self.template_ids:
            raise UserError(self.env._("Choose one of the texts agreed with the creditor."))
        if self._has_open():
            raise UserError(self._say_open())
        # Nobody creates reminders directly; who may work on the case may contact its counterparty.
        now = fields.Datetime.now()
        wizard = self.sudo()
        vals = wizard._prepare_reminder_vals(now)
        foreseen = wizard.env["kgw.reminder"].new(vals)
        verdict = wizard.env["kgw.gate"]._judge(foreseen, now)
        if refusal := wizard._say_refusal(foreseen, verdict, now):
            raise UserError(refusal)
        reminder = wizard.env["kgw.reminder"].create(vals)
        self.env["kgw.event"]._record_contacts(reminder, "planned", now)
        self.env["kgw.dispatcher"]._wake()
        said = self.env._(
            "To %(recipient)s: %(when)s",
            recipient=reminder._get_channel()._get_recipient(reminder),
            when=self._say_verdict(verdict),
        )
        kind = "warning" if verdict.reason else "success"
        return notice(said, kind, then={"type": "ir.actions.act_window_close"})

    def _prepare_reminder_vals(self, now):
        """Return the values of the contact.

        :raise UserError: nothing is owed that the template may speak about
        """
        vals = self._prepare_contact(self.case_id, self.template_id, self._get_open_lines(), now)
        return {**vals, "is_requested": self.is_requested}

    @api.model
    def _prepare_contact(self, case, template, lines, now):
        """Return the values of a contact about those of ``lines`` that the template speaks about.

        :raise UserError: there is none
        """
        today = calendar.local_date(now)
        side = "before" if template.rung == "information" else "after"
        stage = self._get_stage(template)
        lines = lines.filtered(lambda line: line.kgw_stage == stage)
        if not lines:
            raise UserError(
                self.env._("Nothing is owed that this text speaks about. Choose another text.")
            )
        prepare = self.env["kgw.reminder.line"]._prepare_stepless_vals
        rows = [prepare(line, template.channel, template.rung) for line in lines]
        return {
            "case_id": case.id,
            "mandate_id": case.mandate_id.id,
            "brand_id": case.mandate_id._get_brand(side).id,
            "template_id": template.id,
            "channel": template.channel,
            "rung": template.rung,
            "side": side,
            "planned_on": today,
            "until": today + timedelta(days=BY_HAND_DAYS),
            "line_ids": [Command.create(row) for row in rows],
        }
