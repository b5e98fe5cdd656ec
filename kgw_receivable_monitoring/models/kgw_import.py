import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import calendar

CONTENTS = [
    ("invoices", "Invoices"),
    ("open_items", "List of open items"),
    ("payments", "Payments"),
]
STATES = [
    ("draft", "New"),
    ("preview", "Preview"),
    ("taking", "Being taken"),
    ("done", "Taken"),
    ("refused", "Refused"),
    ("withdrawn", "Taken back"),
]

# When a file is taken over, or is being taken, and what can't be changed any more then.
TAKEN_STATES = {"taking", "done", "withdrawn"}
TAKEN = {"mandate_id", "content", "file", "attachment_ids", "known_through", "state"}


class KgwImport(models.Model):
    """One hand-over of files: what each row would do, and then did.

    Nothing is written into the ledger before a person has seen the preview and takes it over;
    then everything is written in one transaction, and can be taken back as a whole.
    """

    _name = "kgw.import"
    _description = "Import"
    _inherit = ["mail.thread"]
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True)
    content = fields.Selection(CONTENTS, required=True, default="invoices")
    file = fields.Binary(attachment=True)
    filename = fields.Char()
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Files",
        help="As many files as you like, ZIPs among them; the format is told by their content.",
    )
    known_through = fields.Date(
        string="Payments Known Through",
        help="Closing date of the list of payments or of open items, not the day of the upload.",
    )
    state = fields.Selection(STATES, required=True, default="draft", copy=False)
    message = fields.Char(readonly=True)
    is_idle = fields.Boolean(
        string="Brings Nothing",
        readonly=True,
        copy=False,
        help="Taking it over would change nothing: all is known already.",
    )
    line_ids = fields.One2many("kgw.import.line", "import_id", readonly=True)
    new_count = fields.Integer(string="New", compute="_compute_counts")
    changed_count = fields.Integer(string="Changed", compute="_compute_counts")
    known_count = fields.Integer(string="Known Already", compute="_compute_counts")
    refused_count = fields.Integer(string="Refused", compute="_compute_counts")
    absent_count = fields.Integer(string="Not on the List", compute="_compute_counts")
    totals = fields.Char(compute="_compute_counts", help="What the new rows amount to.")
    absent_totals = fields.Char(compute="_compute_counts", help="What would be settled.")

    @api.depends("filename", "attachment_ids")
    def _compute_name(self):
        for record in self:
            names = [record.filename, *record.attachment_ids.mapped("name")]
            names = [name for name in names if name]
            more = f" (+{len(names) - 1})" if len(names) > 1 else ""
            record.name = f"{names[0]}{more}" if names else self.env._("Files")

    @api.depends("line_ids.state", "line_ids.amount")
    def _compute_counts(self):
        groups = self.env["kgw.import.line"]._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "state", "currency_id"],
            ["__count", "amount:sum"],
        )
        for record in self:
            own = [group[1:] for group in groups if group[0] == record]
            record.new_count = self._count(own, "new", "done")
            record.changed_count = self._count(own, "changed")
            record.known_count = self._count(own, "known")
            record.refused_count = self._count(own, "refused")
            record.absent_count = self._count(own, "absent")
            is_paid = record.content == "payments"
            totals = self._format_totals(own, "new", "done")
            record.totals = record._format_flows() if is_paid else totals
            record.absent_totals = self._format_totals(own, "absent")

    def _format_flows(self):
        """Return what came in and what went out by the new rows of payments, per currency."""
        self.ensure_one()
        new = [("import_id", "in", self.ids), ("state", "in", ("new", "done"))]
        sums = []
        for sign in (">", "<"):
            groups = self.env["kgw.import.line"]._read_group(
                [*new, ("amount", sign, 0)], ["state", "currency_id"], ["__count", "amount:sum"]
            )
            sums.append(self._format_totals(groups, "new", "done"))
        received, paid_out = sums
        return "; ".join(
            [
                *([self.env._("%s received", received)] if received else []),
                *([self.env._("%s paid out or returned", paid_out)] if paid_out else []),
            ]
        )

    def _count(self, groups, *states):
        return sum(count for state, _currency, count, _amount in groups if state in states)

    def _format_totals(self, groups, *states):
        """Return sums per currency as one text; currencies are never added up."""
        rows = [(None, g[1], None, g[3]) for g in groups if g[0] in states and g[1]]
        return self.env["kgw.case"]._format_sums(rows)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._own_files()
        return records

    def write(self, vals):
        """What was taken stays as it was: its rows are the memory of what is booked."""
        taken = TAKEN_STATES.intersection(self.mapped("state"))
        if not self.env.su and TAKEN.intersection(vals) and taken:
            raise UserError(self.env._("This file was already taken over."))
        res = super().write(vals)
        if "attachment_ids" in vals:
            self._own_files()
        return res

    def _own_files(self):
        """Bind uploaded files to their import: who may see it sees them, and nobody else."""
        for record in self:
            fresh = record.attachment_ids.filtered(
                lambda a: not a.res_id and a.create_uid == self.env.user
            )
            # Uploaded by the user a moment ago, for this very form.
            fresh.sudo().write({"res_model": self._name, "res_id": record.id})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_taken(self):
        if TAKEN_STATES.intersection(self.mapped("state")):
            raise UserError(
                self.env._("A file that was taken over stays: it tells what is booked already.")
            )

    # === ACTION METHODS === #

    def action_preview(self):
        today = calendar.local_date(fields.Datetime.now())
        for record in self:
            record._preview(today)

    # === PREVIEW === #

    def _preview(self, today):
        """Read the files and say, row by row, what they would do; writes only the preview.

        :param today: the day of the hand-over
        :return: ``[(row, what it was read from)]``, of invoices a ``tools.readers`` document, and
            the periods for which statements of account tell all payments
        """
        self.ensure_one()
        # What is being taken is read again by who takes it, and by nobody else.
        if self.state in ("done", "withdrawn") or (self.state == "taking" and not self.env.su):
            raise UserError(self.env._("This file was already taken over."))
        decided = {
            (row.file_name, row.line, row.number): row.decision
            for row in self.line_ids
            if row.decision
        }
        # Rows are written by reading the file, never by hand: nobody has the right to change them.
        self.sudo().line_ids.unlink()
        findings, refusal, periods = self.env["kgw.import.reading"]._read(self, today)
        for vals, _source in findings:
            vals["import_id"] = self.id
            key = vals.get("file_name"), vals.get("line") or 0, vals.get("number")
            vals["decision"] = decided.get(key) or False
        rows = self.env["kgw.import.line"].sudo().create([vals for vals, _source in findings])
        moves_day, note = self._foresee_known(findings, periods)
        self.write(
            {
                "state": "refused" if refusal else "preview",
                "message": refusal or note,
                "is_idle": not refusal and not moves_day and not self._count_acting(),
            }
        )
        return list(zip(rows, (source for _vals, source in findings), strict=True)), periods

    def _foresee_known(self, findings, periods):
        """Return ``(whether it moves the day through which payments are known, why not)``."""
        if self.content == "invoices":
            return False, False
        unread = {vals["file_name"] for vals, source in findings if not source}
        lists = self.env["kgw.payment.list"]
        is_list = self.content == "payments"
        day, why_not = lists._foresee_known(self, periods, sorted(unread) if is_list else [])
        return bool(day and not why_not), why_not if is_list else False

    def _count_acting(self):
        """Return how many rows would do something when they are taken over."""
        if self.content == "invoices":
            return len(
                self.line_ids.filtered(
                    lambda row: row.state == "new" or (row.state == "changed" and row.can_restate)
                )
            )
        return self.new_count + self.changed_count + self.absent_count

    def _get_files(self):
        """Return what was handed over as pairs of name and content."""
        files = [(self.filename or "", base64.b64decode(self.file))] if self.file else []
        own = self.attachment_ids.filtered(
            lambda a: a.res_model == self._name and a.res_id == self.id
        )
        return files + [(attachment.name, attachment.raw or b"") for attachment in own]
