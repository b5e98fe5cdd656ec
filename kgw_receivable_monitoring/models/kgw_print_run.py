import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_date

from ..tools import calendar, pdf


class KgwPrintRun(models.Model):
    """The letters of one posting."""

    _name = "kgw.print.run"
    _description = "Print Run"
    _order = "date desc, id desc"

    name = fields.Char(required=True)
    date = fields.Date(required=True)
    is_registered = fields.Boolean(string="Registered")
    is_trial = fields.Boolean(
        string="Trial Run", help="Letters of trial runs, addressed to the brand: nobody posts them."
    )
    state = fields.Selection(
        [("open", "To print"), ("posted", "Posted")], default="open", required=True
    )
    posted_on = fields.Date(readonly=True)
    reminder_ids = fields.One2many("kgw.reminder", "print_run_id", string="Letters")
    letter_count = fields.Integer(string="Number of Letters", compute="_compute_letter_count")
    document = fields.Binary(string="All Letters", attachment=True, readonly=True)
    document_name = fields.Char(compute="_compute_document_name")

    _one_open = models.UniqueIndex(
        "(date, is_registered, name) WHERE state = 'open'",
        "There is already an open print run for this day.",
    )

    @api.depends("reminder_ids.state")
    def _compute_letter_count(self):
        for run in self:
            run.letter_count = len(run._get_letters())

    @api.depends("name")
    def _compute_document_name(self):
        for run in self:
            run.document_name = f"{run.name}.pdf".replace("/", "-")

    def _describe(self):
        """Return the run in words: its day, and how its letters are posted."""
        self.ensure_one()
        day = format_date(self.env, self.date)
        if self.is_trial:
            return f"TEST · {day}"
        if self.is_registered:
            return self.env._("%s, registered letters", day)
        return self.env._("%s, ordinary letters", day)

    @api.model
    def _get_open(self, reminder, on_date):
        """Return the open run of ``on_date`` for ordinary or registered letters, or for those of
        trial runs, which nobody takes to the post.

        A run whose letters were put into one PDF takes no more: what comes later would count as
        posted without having been printed.
        """
        is_trial = reminder.mandate_id.is_trial
        is_registered = bool(reminder.is_registered) and not is_trial
        runs = self.search(
            [
                ("date", "=", on_date),
                ("is_registered", "=", is_registered),
                ("is_trial", "=", is_trial),
            ]
        )
        fresh = runs.filtered(lambda r: r.state == "open" and not r.document)
        if fresh:
            return fresh[0]
        name = "{} {}".format(on_date, "TEST" if is_trial else "R" if is_registered else "Z")
        return self.create(
            {
                "date": on_date,
                "is_registered": is_registered,
                "is_trial": is_trial,
                "name": f"{name} {len(runs) + 1}" if runs else name,
            }
        )

    def _get_letters(self):
        return self.reminder_ids.filtered(lambda r: r.state in ("claimed", "sent", "delivered"))

    # === ACTION METHODS === #

    def action_merge(self):
        """Put the letters of the run into one PDF for the printer."""
        self._get_printable()._merge(fields.Datetime.now())

    def _merge(self, now):
        """Put what may still go out at ``now`` into one PDF per run.

        :raise UserError: nothing of a run may go out
        """
        for run in self:
            stale = run._get_stale(now)
            letters = run._get_letters().filtered(lambda letter, out=stale: letter not in out)
            if not letters:
                raise UserError(
                    self.env._("Nothing of this print run may go out any more: press “Take Out”.")
                )
            merged = pdf.merge([letter.attachment_id.raw for letter in letters])
            run.document = base64.b64encode(merged)

    def action_posted(self):
        """The letters are about to go to the post: first name those that must not go any more.

        :raise UserError: letters have to be taken out of the pile
        """
        runs, now = self._get_printable(), fields.Datetime.now()
        stale = runs._get_stale(now)
        if stale:
            raise UserError(
                self.env._(
                    "Some letters must not go out any more: %(letters)s. Take them out of the pile"
                    " and press “Take Out”, then mark the others as posted. If they are at the post"
                    " already, press “All Are at the Post”.",
                    letters=runs._name_stale(stale),
                )
            )
        runs._mark_posted(now)

    def action_take_out(self):
        """The letters that must not go out any more were taken out of the pile."""
        self._get_printable()._take_out(fields.Datetime.now())

    def action_all_posted(self):
        """Everything printed is at the post already: the register says what happened."""
        self._get_printable()._mark_posted(fields.Datetime.now())

    def _get_printable(self):
        """Return these runs with the rights to print and post them.

        :raise AccessError: the user is no manager of monitoring
        """
        if not self.env["res.users"]._kgw_is_manager():
            raise AccessError(self.env._("Only managers of monitoring print and post letters."))
        return self.sudo()  # letters, courses and the register move with the run

    # === POSTING === #

    def _get_stale(self, now):
        """Return ``{letter: verdict}`` of printed letters that must not be posted at ``now``."""
        return self.env["kgw.gate"]._get_stale(self._get_open_letters(), now)

    def _get_open_letters(self):
        open_runs = self.filtered(lambda run: run.state == "open")
        return open_runs.reminder_ids.filtered(lambda letter: letter.state == "claimed")

    def _name_stale(self, stale):
        """Return the letters to take out as text: counterparty, case and why."""
        reasons = dict(self.env["kgw.reminder"]._fields["reason"]._description_selection(self.env))
        return "; ".join(
            f"{letter.case_id.display_name} ({reasons[verdict.reason]})"
            for letter, verdict in stale.items()
        )

    def _take_out(self, now):
        """Cancel the letters that must not be posted any more; their PDF is out of date."""
        taken = self.env["kgw.gate"]._take_out(self._get_open_letters(), now)
        taken.print_run_id.document = False

    def _mark_posted(self, now):
        """Record that the letters were posted at ``now``; from then on they can't be called back."""
        today = calendar.local_date(now)
        for run in self.filtered(lambda r: r.state == "open"):
            run._get_open_letters()._mark_posted(now)
            run.write({"state": "posted", "posted_on": today})
