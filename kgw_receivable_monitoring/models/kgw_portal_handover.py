from odoo import api, models
from odoo.exceptions import UserError

from ..tools import calendar
from .kgw_portal_base import KgwPortalBase

MAX_FILES = 50
MAX_BYTES = 30 * 1024 * 1024
SHOWN_ROWS = 300
LAST = 10


class KgwPortalHandover(models.AbstractModel):
    """The creditor hands over invoices and payments; nothing counts before it saw the preview."""

    _name = "kgw.portal.handover"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Hand-Over"

    @api.model
    def _get_handover(self):
        """Return the mandates that files can be handed over for, and the last hand-overs."""
        imports = self._search_own("kgw.import", [], "mandate_id", limit=LAST)
        return {
            "mandates": [
                {"id": m.id, "name": m.name, "known": self._format_date(m.coverage_date)}
                for m in self._get_open_mandates()
            ],
            "terms": self._get_unaccepted(self._get_mandates()),
            "contents": [
                {"code": code, "label": label}
                for code, label in imports._fields["content"]._description_selection(self.env)
            ],
            "imports": [self._prepare_import(record) for record in imports],
            "rights": self._get_rights(),
            "today": self._get_today().isoformat(),
        }

    def _get_open_mandates(self):
        return self._search_own(
            "kgw.mandate", [("state", "=", "active"), ("is_own_sales", "=", False)]
        )

    def _prepare_import(self, record):
        return {
            "id": record.id,
            "name": record.name,
            "at": self._format_moment(record.create_date),
            "content": self._get_label(record, "content"),
            "content_code": record.content,
            "state": record.state,
            "state_label": self._get_label(record, "state"),
            "new": record.new_count,
            "changed": record.changed_count,
            "known": record.known_count,
            "refused": record.refused_count,
            "absent": record.absent_count,
            "totals": record.totals or "",
        }

    @api.model
    def _upload(self, mandate_id, content, files, known_through, now):
        """Take files in and read them; returns the id of the import, whose preview is to be seen.

        :param files: ``(name, content)`` pairs
        :param known_through: ISO day through which a list of payments or open items is complete
        :raise UserError: no file, too much, or a day that lies ahead
        """
        self._check_right("may_hand_over")
        mandate = self._get_one("kgw.mandate", mandate_id, domain=[("state", "=", "active")])
        if not files:
            raise UserError(self.env._("Choose at least one file."))
        if len(files) > MAX_FILES or sum(len(data) for _name, data in files) > MAX_BYTES:
            raise UserError(
                self.env._("At most %s files of 30 MB together. Send the rest after.", MAX_FILES)
            )
        attachments = mandate.env["ir.attachment"].create(
            [{"name": name, "raw": data} for name, data in files]
        )
        record = mandate.env["kgw.import"].create(
            {
                "mandate_id": mandate.id,
                "content": content if content in ("open_items", "payments") else "invoices",
                "attachment_ids": [(6, 0, attachments.ids)],
                "known_through": self._read_known(known_through, now),
            }
        )
        record._preview(calendar.local_date(now))
        return record.id

    def _read_known(self, text, now):
        day = self._read_day(text) if text else None
        if day and day > calendar.local_date(now):
            raise UserError(
                self.env._(
                    "Payments can't be known through a day that lies ahead. Correct the date."
                )
            )
        return day

    @api.model
    def _get_import(self, import_id):
        """Return the preview of a hand-over of the creditor, or None."""
        record = self._search_own("kgw.import", [("id", "=", import_id)], "mandate_id")
        if not record:
            return None
        rows = record.line_ids.sorted(
            lambda row: (row.state != "refused", row.state != "absent", row.id)
        )
        return {
            **self._prepare_import(record),
            "message": record.message or "",
            "is_idle": record.is_idle,
            "rows": [self._prepare_import_row(row) for row in rows[:SHOWN_ROWS]],
            "row_count": len(rows),
            "newcomers": self._get_newcomers(record),
            "struck": (record.struck or {}).get("names", []),
            "vanish_note": record.vanish_note or "",
            "restatable": [self._prepare_restatable(row) for row in self._get_restatable(record)],
            "rights": self._get_rights(),
        }

    def _prepare_import_row(self, row):
        return {
            "file": row.file_name or "",
            "line": row.line or "",
            "state": row.state,
            "state_label": self._get_label(row, "state"),
            "number": row.number or "",
            "counterparty": row.counterparty or "",
            "case_id": row.move_id.line_ids.kgw_case_id[:1].id,
            "due": self._format_date(row.due_date),
            "amount": self._format_money(row.amount, row.currency_id.name or "PLN")
            if row.amount
            else "",
            "message": row.message or "",
        }

    def _get_restatable(self, record):
        """Return the rows that say otherwise than a known invoice, where the creditor chooses."""
        rows = record.line_ids.filtered(lambda row: row.state == "changed" and row.can_restate)
        return rows[:SHOWN_ROWS]

    def _prepare_restatable(self, row):
        code = row.currency_id.name or "PLN"
        return {
            "id": row.id,
            "number": row.number or "",
            "counterparty": row.counterparty or "",
            "difference": row.message or "",
            "known": self._format_money(row.known_amount, code),
            "new": self._format_money(row.amount, code),
            "is_taken": row.decision == "take",
        }

    def _get_newcomers(self, record):
        """Return the names of counterparties whom nobody watches yet: they can be struck. Who paid
        is none of them: payments open no case."""
        if record.content == "payments":
            return []
        names = set(
            record.line_ids.filtered(lambda row: row.state == "new").mapped("counterparty")
        ) - {False, ""}
        known = record.env["kgw.case"].search(
            [
                ("mandate_id", "=", record.mandate_id.id),
                ("counterparty_id.name", "in", list(names)),
            ]
        )
        return sorted(names - set(known.counterparty_id.mapped("name")))

    @api.model
    def _accept(self, import_id, struck, now, address="", restated=(), seen_note=""):
        """Take over what the preview showed: those who are struck are never contacted, the others
        need not wait any longer for the creditor to look at their names.

        :param struck: names of new counterparties
        :param restated: ids of rows whose known invoice becomes what the file says; the other known
            ones stay as they are
        :param seen_note: what a person has confirmed of what a list of open items lacks; who read
            the files again meanwhile has made another sentence of it, which nobody has seen
        :return: the state of the hand-over: a large one is being taken from now on
        :raise UserError: it was taken over already, or can't be
        """
        self._check_right("may_hand_over")
        record = self._get_one("kgw.import", import_id, "mandate_id", [("state", "=", "preview")])
        newcomers = set(self._get_newcomers(record))
        for row in self._get_restatable(record):
            row._decide("take" if row.id in restated else "keep")
        if seen_note and seen_note == record.vanish_note:
            record.action_confirm_vanish()
        record.struck = {"names": sorted(newcomers.intersection(struck))}
        record.message_post(
            body=self.env._("Handed over in the portal from %s.", address or "–"),
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )
        record._request_taking(now)
        return record.state

    def _say_taken_payments(self, record):
        waiting = [("import_id", "=", record.id), ("state", "in", ("proposed", "unmatched"))]
        if record.env["kgw.payment"].search_count(waiting, limit=1):
            return self.env._(
                "Taken over: the payments are booked, but for those whose invoice is not clear: your"
                " controller assigns them."
            )
        return self.env._("Taken over: the payments are booked.")

    def _say_taken(self, import_id):
        """Return what a hand-over that was just taken over means."""
        record = self._get_one("kgw.import", import_id, "mandate_id")
        if record.content == "open_items":
            return self.env._("Taken over: what is owed is now as on your list.")
        taken = record.line_ids.filtered(lambda row: row.state == "done")
        if not taken:
            return self.env._("Nothing was taken over: the rows below say why.")
        if record.content == "payments":
            return self._say_taken_payments(record)
        if set(taken.move_id.mapped("move_type")) == {"out_refund"}:
            return self.env._("Taken over: the corrections are booked.")
        return self.env._("Taken over: monitoring begins.")

    @api.model
    def _confirm_payments(self, mandate_id, known_through, now):
        """Say that there are no further payments up to a day: reminders need not wait for them."""
        self._check_right("may_hand_over")
        mandate = self._get_one("kgw.mandate", mandate_id, domain=[("is_own_sales", "=", False)])
        day = self._read_known(known_through, now)
        if not day:
            raise UserError(self.env._("Choose the day through which you have told us everything."))
        self.env["kgw.payment.list"]._mark_known_through(mandate.creditor_id, mandate.id, day, now)
        mandate.message_post(
            body=self.env._(
                "No further payments up to %s, said in the portal.", self._format_date(day)
            ),
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )
