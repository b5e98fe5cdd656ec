from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..tools import calendar


class KgwAgenda(models.AbstractModel):
    """What people do with a case: tasks, promises, disputes, insolvency, its lists.

    A part of ``kgw.case``, in a room of its own.
    """

    _name = "kgw.agenda"
    _description = "What People Do with a Case"

    note_ids = fields.One2many(
        "kgw.event",
        "case_id",
        string="Notes",
        domain=[("kind", "in", ("description", "note"))],
    )
    document_count = fields.Integer(compute="_compute_document_count")
    reminder_count = fields.Integer(compute="_compute_counts")
    promise_count = fields.Integer(compute="_compute_counts")
    dispute_count = fields.Integer(compute="_compute_counts")
    hold_count = fields.Integer(string="Holds in Force", compute="_compute_counts")

    def _compute_document_count(self):
        for case in self:
            case.document_count = len(case._get_documents())

    def _get_documents(self):
        """Return the papers of the case: its own, letters sent, documents of disputes."""
        letters = self.reminder_ids.attachment_id
        # Attachments follow the rights of what they hang on; who reads the case reads its papers.
        own = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "kgw.case"),
                    ("res_id", "in", self.ids),
                    ("res_field", "=", False),
                ]
            )
        )
        return own | letters.sudo() | self.dispute_ids.attachment_ids.sudo()

    @api.depends("reminder_ids", "promise_ids", "dispute_ids", "hold_ids.lifted_at")
    def _compute_counts(self):
        open_holds = [("lifted_at", "=", False)]
        counts = {
            "reminder_count": self._count_own("kgw.reminder"),
            "promise_count": self._count_own("kgw.promise"),
            "dispute_count": self._count_own("kgw.dispute"),
            "hold_count": self._count_own("kgw.hold", open_holds),
        }
        for case in self:
            case.update({name: found.get(case, 0) for name, found in counts.items()})

    def _count_own(self, model, domain=()):
        """Return ``{case: number of its records}``."""
        rows = self.env[model]._read_group(
            [("case_id", "in", self.ids), *domain], ["case_id"], ["__count"]
        )
        return dict(rows)

    # === TASKS === #

    def _get_controller(self):
        """Return who answers for the case: its controller, else that of the mandate."""
        self.ensure_one()
        return self.controller_id or self.mandate_id.controller_id or self.env.user

    def _add_task(self, code, user, summary, note, now):
        """Give ``user`` a task on this case for the day of ``now``.

        :param code: the end of the name of its activity type, as ``promise``
        :param note: plain text
        """
        type_xmlid = f"kgw_receivable_monitoring.mail_activity_type_{code}"
        kind = self.env.ref(type_xmlid)
        # Odoo's own notice per task would mail the controllers all morning.
        quick = self.with_context(mail_activity_quick_update=True)
        return quick.activity_schedule(
            type_xmlid,
            date_deadline=calendar.local_date(now),
            summary=f"{kind.with_context(lang=user.lang).name}: {summary}",
            note=plaintext2html(note or ""),
            user_id=user.id,
        )

    def _mark_insolvent(self, note, now):
        """Stop every contact of these cases: bankruptcy, restructuring or liquidation was named.

        The creditor is told at once: its claim has to be lodged in the proceedings (KRZ).

        :param note: what was said, which court, which number; may be empty
        """
        for case in self:
            case.check_access("write")
            # Nobody writes reminders or the end of a contact directly; the right is on the case.
            case_sudo = case.sudo()
            self.env["kgw.hold"].with_context(kgw_now=now).create(
                {
                    "case_id": case.id,
                    "reason": "insolvency",
                    "note": note,
                    "from_date": calendar.local_date(now),
                }
            )
            case_sudo.reminder_ids.filtered(lambda r: r.state in ("planned", "failed"))._set_state(
                "cancelled", now, reason="withdrawn"
            )
            self.env["kgw.event"]._record(
                [
                    {
                        "kind": "insolvent",
                        "at": now,
                        "case_id": case.id,
                        "mandate_id": case.mandate_id.id,
                        "payload": {"note": note or ""},
                    }
                ]
            )
            self.env["kgw.creditor.mail"].sudo()._tell_insolvency(case_sudo, note, now)

    # === ACTION METHODS === #

    def action_insolvent(self):
        """Stop all contact: the counterparty is said to be insolvent."""
        if self.hold_ids.filtered(lambda h: h.is_open and h.reason == "insolvency"):
            raise UserError(self.env._("All contact has been stopped for insolvency already."))
        self._mark_insolvent("", fields.Datetime.now())

    def action_promise(self):
        """Open the dialogue for a promise to pay."""
        return self._open_dialogue("action_kgw_promise_entry")

    def action_dispute(self):
        """Open the dialogue for a dispute."""
        owed = self.receivable_ids.filtered(lambda receivable: receivable.stage != "closed")
        only = owed.ids if len(owed) == 1 else []
        return self._open_dialogue("action_kgw_dispute_entry", default_receivable_ids=only)

    def action_note(self):
        """Open the dialogue for a note on the course of monitoring."""
        return self._open_dialogue("action_kgw_note")

    def _open_dialogue(self, name, **context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"kgw_receivable_monitoring.{name}")
        context |= {"default_case_id": self.id, "dialog_size": "large"}
        return {**action, "context": context}

    def action_hand_over_file(self):
        """Make the file for the creditor's lawyer, keep it among the documents, download it."""
        self.ensure_one()
        self.check_access("write")
        # The papers hang on reminders and disputes; who works on the case hands it over.
        name, content = self.env["kgw.case.file"].sudo()._make(self.sudo(), fields.Datetime.now())
        attachment = self.env["ir.attachment"].create(
            {"name": name, "raw": content, "res_model": self._name, "res_id": self.id}
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    def action_open_reminders(self):
        return self._open_own("action_kgw_reminder")

    def action_open_promises(self):
        return self._open_own("action_kgw_promise")

    def action_open_disputes(self):
        return self._open_own("action_kgw_dispute")

    def action_open_holds(self):
        return self._open_own("action_kgw_hold")

    def action_open_documents(self):
        """Open the papers of the case."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Documents"),
            "res_model": "ir.attachment",
            "view_mode": "kanban,list",
            "domain": [("id", "in", self._get_documents().ids)],
            "context": {"create": False},
        }

    def action_open_events(self):
        return self._open_own("action_kgw_event")

    def _open_own(self, name):
        """Return the list of an action, kept to this case."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"kgw_receivable_monitoring.{name}")
        return {**action, "domain": [("case_id", "=", self.id)], "context": {}}
