import base64
import binascii
import contextlib
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import calendar, words
from ..tools.readers import UnreadableFile, describe
from .kgw_import import CONTENTS


class KgwImportWays(models.Model):
    """The ways beside the form: in by e-mail and JSON-2, which lead to a preview and no further;
    what a person confirms or names before; and back, for an import as a whole."""

    _inherit = "kgw.import"

    is_by_email = fields.Boolean(string="By E-mail", readonly=True, copy=False)
    vanish_note = fields.Char(
        readonly=True, copy=False, help="So much is missing on a list that a person looks first."
    )
    vanish_confirmed = fields.Char(readonly=True, copy=False)
    coverage_before = fields.Date(readonly=True, copy=False)
    contact_ids = fields.Many2many(
        "kgw.reminder",
        string="What Had Gone Out",
        compute="_compute_contact_ids",
        help="Contacts about invoices of this import that was taken back.",
    )
    contact_count = fields.Integer(compute="_compute_contact_ids")
    can_withdraw = fields.Boolean(compute="_compute_can_withdraw")

    @api.depends("state", "line_ids.state")
    def _compute_can_withdraw(self):
        """What was taken over, and what stayed of it when it was taken back."""
        for record in self:
            is_left = record.state == "withdrawn" and "done" in record.line_ids.mapped("state")
            record.can_withdraw = record.state == "done" or is_left

    @api.depends("state", "line_ids.state")
    def _compute_contact_ids(self):
        # The ledger's invoices are nobody's to read; who was contacted about them is.
        withdrawal_sudo = self.env["kgw.import.withdrawal"].sudo()
        for record in self:
            contacts = self.env["kgw.reminder"]
            if record.state == "withdrawn":
                contacts = withdrawal_sudo._get_contacts(record.sudo()).sudo(False)
            record.contact_ids = contacts
            record.contact_count = len(contacts)

    def action_name_columns(self):
        """Open the columns of the file, so that somebody says what they mean.

        :raise UserError: no file of the import is a table
        """
        self.ensure_one()
        for name, content in self._get_files():
            with contextlib.suppress(UnreadableFile):
                self.mandate_id._offer_columns(describe(content, name))
        if not self.mandate_id.import_column_ids:
            raise UserError(self.env._("No file of this import is a table with columns."))
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "kgw_receivable_monitoring.action_kgw_import_column"
            ),
            "domain": [("mandate_id", "=", self.mandate_id.id)],
            "context": {"default_mandate_id": self.mandate_id.id},
        }

    def action_confirm_vanish(self):
        """A person has looked: what is not on the list is settled."""
        for record in self:
            record.vanish_confirmed = record.vanish_note

    def action_withdraw(self):
        now = fields.Datetime.now()
        for record in self:
            record._withdraw(calendar.local_date(now), now)

    def action_correct(self):
        """Write to exactly those who were contacted about what was taken back."""
        self.ensure_one()
        self.check_access("write")
        # Nobody creates reminders directly; whoever may take an import back may have it corrected.
        planned, busy = (
            self.sudo()
            .env["kgw.import.withdrawal"]
            ._plan_corrections(self.sudo(), fields.Datetime.now())
        )
        self.env["kgw.dispatcher"]._wake()
        if planned:
            self.message = self.env._(
                "The correction is planned for %s and goes out in contact hours.",
                ", ".join(planned.case_id.mapped("name")),
            )
        if busy:
            message = self.env._(
                "Another contact is on its way to %s: press the button again later.",
                ", ".join(busy.mapped("name")),
            )
            said = self.message if planned else ""
            self.message = " ".join(filter(None, (said, words.one_stop(message))))

    def _withdraw(self, on_date, now):
        """Take the import back.

        What stayed, since something was booked on it, is taken back when that is taken back.

        :raise UserError: it was not taken over, or its kind is taken back elsewhere
        """
        self.ensure_one()
        self.check_access("write")
        is_left = self.state == "withdrawn"
        if is_left and not self.can_withdraw:
            raise UserError(
                self.env._("This import was taken back already: nothing of it is left.")
            )
        if not self.can_withdraw or self.mandate_id.is_own_sales:
            raise UserError(
                self.env._(
                    "Only what was taken over is taken back here; own sales are cancelled in"
                    " accounting."
                )
            )
        # Booking and its undoing need rights that nobody has; who may take over may take back.
        record = self.sudo()
        if self.content == "payments":
            record._withdraw_payments(now)
            return
        kept = record.env["kgw.import.withdrawal"]._withdraw(record, on_date, now)
        if not is_left:
            record._restore_coverage()
        vals = {"state": "withdrawn", "message": False}
        if kept:
            vals["message"] = self.env._(
                "Not taken back, since something was booked on them: %s.",
                ", ".join(kept.mapped("kgw_number")),
            )
        record.write(vals)

    def _withdraw_payments(self, now):
        """Take back what a statement or list of payments has booked."""
        self.env["kgw.payment"].search([("import_id", "=", self.id)])._withdraw(now)
        self.line_ids.filtered(lambda row: row.state == "done").state = "withdrawn"
        self._restore_coverage()
        self.write({"state": "withdrawn", "message": False})

    def _restore_coverage(self):
        """What a list of open items or payments taught about payments is not known any more."""
        mandate = self.mandate_id
        if (
            self.content != "invoices"
            and self.known_through
            and mandate.coverage_date == self.known_through
        ):
            mandate.coverage_date = self.coverage_before

    # === E-MAIL === #

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Files sent to the address of a mandate; the alias names the mandate."""
        values = {"filename": False, "is_by_email": True, **(custom_values or {})}
        return super().message_new(msg_dict, custom_values=values)

    def _message_post_after_hook(self, message, msg_values):
        """The files of an e-mail are the files of the import, and are shown as a preview; a reply
        about files handed over by hand is only a message."""
        res = super()._message_post_after_hook(message, msg_values)
        if message.message_type != "email" or self.state != "draft" or not self.is_by_email:
            return res
        if message.attachment_ids:
            self.attachment_ids = message.attachment_ids
            self._preview(calendar.local_date(fields.Datetime.now()))
        else:
            no_file = self.env._("The e-mail has no file attached: read below what it says.")
            self.write({"state": "refused", "message": no_file})
        return res

    # === JSON-2 === #

    @api.model
    def upload(self, mandate, files, content="invoices", known_through=None):
        """Hand files over and read them; nothing is booked before :meth:`action_take`.

        The caller needs the right to create imports. See ``docs/guide-administrator.md``.

        :param mandate: code of the mandate
        :param files: ``[{"name": "…", "data": "<base64>"}]``
        :param content: ``invoices``, ``open_items`` or ``payments``
        :param known_through: ISO date; required for open items
        :return: ``{"id", "state", "message", "totals", "counts": {…}, "refused": [{…}]}``
        :raise UserError: no such mandate, content or day, no file, or data that is not base64
        """
        found = self.env["kgw.mandate"].search([("code", "=", str(mandate))])
        if len(found) != 1:
            raise UserError(self.env._("There is no mandate with the code %s.", mandate))
        if content not in (codes := [code for code, _label in CONTENTS]):
            raise UserError(self.env._("The content is one of: %s.", ", ".join(codes)))
        if not files or not isinstance(files, list):
            raise UserError(self.env._("Send at least one file."))
        record = self.create(
            {
                "mandate_id": found.id,
                "content": content,
                "known_through": self._read_day(known_through),
                "attachment_ids": [(0, 0, self._decode_file(file)) for file in files],
            }
        )
        record._preview(calendar.local_date(fields.Datetime.now()))
        return record._describe_preview()

    def _read_day(self, text):
        """
        :raise UserError: the text is no ISO date
        """
        try:
            return date.fromisoformat(str(text)) if text else False
        except ValueError as error:
            raise UserError(self.env._("“%s” is no date: write it as 2026-11-20.", text)) from error

    def _decode_file(self, file):
        """Return the values of an attachment.

        :raise UserError: the file lacks its name, or its data are not base64
        """
        try:
            raw = base64.b64decode(file["data"], validate=True)
            return {"name": str(file["name"]), "raw": raw}
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise UserError(self.env._("Each file needs a name and its data in base64.")) from error

    def _describe_preview(self):
        self.ensure_one()
        refused = self.line_ids.filtered(lambda row: row.state == "refused")
        return {
            "id": self.id,
            "state": self.state,
            "message": self.message or self.vanish_note or "",
            "is_idle": self.is_idle,
            "totals": self.totals or "",
            "counts": {
                "new": self.new_count,
                "changed": self.changed_count,
                "known": self.known_count,
                "absent": self.absent_count,
                "refused": self.refused_count,
            },
            "refused": [
                {
                    "file": row.file_name or "",
                    "line": row.line,
                    "number": row.number or "",
                    "message": row.message or "",
                }
                for row in refused
            ],
        }
