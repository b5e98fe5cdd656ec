import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import CHANNELS, EVENT_KINDS, KEPT_KINDS
from ..const_reasons import CURES, REASONS


class KgwEvent(models.Model):
    """The register of what happened: INSERT only; every time line reads this and nothing else.

    A database trigger refuses UPDATE and DELETE. Two exceptions: the sealer fills ``seq``,
    ``digest`` and ``hash`` once, and the eraser nulls ``payload`` and names the entry that tells of
    it (both ``kgw.chain``).
    """

    _name = "kgw.event"
    _inherit = ["kgw.audited", "kgw.contact.label", "kgw.chain"]
    _description = "Event of Monitoring"
    _order = "at desc, id desc"
    _rec_name = "kind"
    _log_access = False
    _allow_sudo_commands = False

    kind = fields.Selection(EVENT_KINDS, required=True, readonly=True)
    at = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    mandate_id = fields.Many2one("kgw.mandate", readonly=True, ondelete="restrict")
    case_id = fields.Many2one("kgw.case", readonly=True, ondelete="restrict")
    reminder_id = fields.Many2one("kgw.reminder", readonly=True, ondelete="restrict")
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True, ondelete="restrict")
    instalment = fields.Integer(readonly=True)
    course = fields.Integer(readonly=True)
    step_id = fields.Many2one("kgw.scenario.step", readonly=True, ondelete="restrict")
    channel = fields.Selection(CHANNELS, readonly=True)
    reason = fields.Selection(REASONS, readonly=True)
    cure = fields.Selection(CURES, string="What Helps", compute="_compute_cure")
    payload = fields.Json(readonly=True)
    erasure_id = fields.Many2one(
        "kgw.event",
        string="Erased By",
        readonly=True,
        ondelete="restrict",
        help="The entry that tells when and why the content of this one was erased.",
    )
    is_part = fields.Boolean(
        string="Told by Another Entry",
        readonly=True,
        help="One of several receivables or steps of one moment: the first entry tells them all.",
    )
    note = fields.Text(compute="_compute_note")

    _by_case = models.Index("(case_id, at)")
    _by_mandate = models.Index("(mandate_id, at)")
    _passed_steps = models.Index(
        "(move_id, instalment, step_id) WHERE kind IN ('passed', 'question', 'report')",
    )
    _by_reminder = models.Index("(reminder_id)")

    def init(self):
        """Create the salts' table, the trigger that keeps the register append-only, and what a
        payment came to, read from its payload, which is never erased: sums over many need none.
        """
        self.env.cr.execute(
            SQL(
                """
            CREATE TABLE IF NOT EXISTS kgw_event_salt (
                event_id integer PRIMARY KEY REFERENCES kgw_event(id) ON DELETE CASCADE,
                salt varchar(64) NOT NULL
            );
            ALTER TABLE kgw_event
                ADD COLUMN IF NOT EXISTS paid numeric GENERATED ALWAYS AS (
                    CASE kind WHEN 'payment' THEN (payload->>'amount')::numeric
                              WHEN 'payment_back' THEN -(payload->>'amount')::numeric END
                    ) STORED,
                ADD COLUMN IF NOT EXISTS paid_currency varchar GENERATED ALWAYS AS (
                    CASE WHEN kind IN ('payment', 'payment_back')
                         THEN COALESCE(payload->>'currency', 'PLN') END) STORED;
            CREATE INDEX IF NOT EXISTS kgw_event_paid ON kgw_event (mandate_id, at)
                INCLUDE (case_id, paid_currency, paid) WHERE paid IS NOT NULL;
            CREATE OR REPLACE FUNCTION kgw_event_append_only() RETURNS trigger AS $$
            DECLARE
                sealed kgw_event;
                erased kgw_event;
            BEGIN
                IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
                    RAISE EXCEPTION 'kgw_event is append-only: an event is never deleted';
                END IF;
                sealed := NEW;
                erased := NEW;
                -- What is generated is not there yet: it follows from the payload.
                sealed.paid := OLD.paid; sealed.paid_currency := OLD.paid_currency;
                erased.paid := OLD.paid; erased.paid_currency := OLD.paid_currency;
                sealed.seq := OLD.seq; sealed.digest := OLD.digest; sealed.hash := OLD.hash;
                IF sealed IS NOT DISTINCT FROM OLD AND OLD.hash IS NULL AND NEW.hash IS NOT NULL THEN
                    RETURN NEW;
                END IF;
                erased.payload := OLD.payload; erased.erasure_id := OLD.erasure_id;
                IF erased IS NOT DISTINCT FROM OLD AND NEW.payload IS NULL
                        AND OLD.payload IS NOT NULL AND NEW.erasure_id IS NOT NULL
                        AND OLD.kind <> ALL(%s) THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'kgw_event is append-only: an event is never changed';
            END;
            $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS kgw_event_append_only ON kgw_event;
            CREATE TRIGGER kgw_event_append_only BEFORE UPDATE OR DELETE ON kgw_event
                FOR EACH ROW EXECUTE FUNCTION kgw_event_append_only();
            DROP TRIGGER IF EXISTS kgw_event_no_truncate ON kgw_event;
            CREATE TRIGGER kgw_event_no_truncate BEFORE TRUNCATE ON kgw_event
                FOR EACH STATEMENT EXECUTE FUNCTION kgw_event_append_only();
        """,
                list(KEPT_KINDS),
            )
        )

    @api.depends("reason")
    def _compute_cure(self):
        for event in self:
            event.cure = event.reason

    @api.depends("payload")
    def _compute_note(self):
        for event in self:
            event.note = (event.payload or {}).get("note") or ""

    @api.model
    def _record(self, vals_list):
        """Append events.

        :param vals_list: values of events; ``at`` (naive UTC) and ``kind`` are required, ``payload``
            is a dictionary of JSON values, the exact text for what was sent
        """
        if not vals_list:
            return self.browse()
        names = sorted({"user_id"}.union(*vals_list))
        # Nobody has the right to create events directly: they come from what people and crons do,
        # whose own rights were checked there.
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO kgw_event (%s) VALUES %s RETURNING id",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(
                    self._prepare_row({"user_id": self.env.uid, **vals}, names)
                    for vals in vals_list
                ),
            )
        )
        self._tell_recorded({v["case_id"] for v in vals_list if v.get("case_id")})
        return self.browse(event_id for (event_id,) in rows)

    @api.model
    def _record_contacts(self, reminders, kind, now, reason=None, told=None):
        """Append one event about each of ``reminders``, in one statement that reads what was sent
        where it is: many go out at once, and their texts are long.

        :param now: moment of the event, naive UTC
        :param reason: of a waiting; of what was cancelled it is that of the reminder
        :param told: ``{reminder id: JSON values}`` that only the caller knows
        """
        if not reminders:
            return
        self.env.flush_all()
        told = told or {}
        values = [json.dumps(told.get(reminder_id, {})) for reminder_id in reminders.ids]
        rows = self.env.execute_query(
            SQL(
                """
            INSERT INTO kgw_event (kind, at, user_id, case_id, mandate_id, reminder_id, step_id,
                                   channel, reason, payload)
            SELECT %(kind)s, %(now)s, %(uid)s, r.case_id, r.mandate_id, r.id, r.step_id, r.channel,
                   CASE %(kind)s WHEN 'cancelled' THEN r.reason ELSE %(reason)s END,
                   jsonb_build_object('invoices', about.own) || %(sent)s || jsonb_strip_nulls(
                       jsonb_build_object('outcome', %(outcome)s, 'detail', NULLIF(r.detail, ''))
                   ) || chosen.told::jsonb
              FROM unnest(%(ids)s, %(told)s) WITH ORDINALITY AS chosen(id, told, place)
              JOIN kgw_reminder r ON r.id = chosen.id
              JOIN kgw_brand b ON b.id = r.brand_id
              LEFT JOIN ir_attachment a ON a.id = r.attachment_id
             CROSS JOIN LATERAL (%(about)s) about
             ORDER BY chosen.place
         RETURNING case_id
        """,
                kind=kind,
                now=now,
                uid=self.env.uid,
                reason=reason,
                # How an earlier try ended is not why a call is not made.
                outcome=SQL("NULL") if kind == "cancelled" else SQL("r.outcome"),
                sent=self._get_sent_payload() if kind == "sent" else SQL("'{}'::jsonb"),
                ids=reminders.ids,
                told=values,
                about=self._get_invoices_query(),
            )
        )
        self._tell_recorded({case_id for (case_id,) in rows})

    def _get_sent_payload(self):
        """Return the expression of what is kept of reminder ``r`` when it went out."""
        return SQL(
            """jsonb_build_object(
                   'named', about.named, 'recipient', COALESCE(r.recipient, ''),
                   'subject', COALESCE(r.subject, ''), 'text', COALESCE(r.body, ''), 'brand', b.name
               ) || jsonb_strip_nulls(jsonb_build_object('document', a.name))"""
        )

    def _get_invoices_query(self):
        """Return the query for the numbers that reminder ``r`` is for, and of those it only names;
        of a cancelled one as it was planned. They are named as in :meth:`_name_invoices`."""
        return SQL(
            """
            SELECT COALESCE(jsonb_agg(name ORDER BY due, move_id) FILTER (WHERE is_own), '[]') AS own,
                   COALESCE(jsonb_agg(name ORDER BY due, move_id) FILTER (WHERE NOT is_own), '[]')
                       AS named
              FROM (SELECT rl.move_id, bool_or(%(main)s) AS is_own, due.due,
                           COALESCE(NULLIF(m.kgw_number, ''), m.name) || CASE
                               WHEN %(is_part)s OR %(has_twin)s
                               THEN to_char(due.due, ' (YYYY-MM-DD)') ELSE '' END AS name
                      FROM kgw_reminder_line rl JOIN account_move m ON m.id = rl.move_id
                      LEFT JOIN account_move_line l ON l.id = rl.receivable_id
                     CROSS JOIN LATERAL (
                               SELECT COALESCE(l.date_maturity, m.invoice_date_due) AS due) due
                     WHERE rl.reminder_id = r.id
                       AND (rl.void IS NOT TRUE OR r.state = 'cancelled')
                     GROUP BY rl.move_id, m.id, l.id, due.due) named
            """,
            main=self.env["kgw.reminder.line"]._get_main_condition(),
            is_part=self.env["account.move"]._kgw_get_parts_condition(),
            has_twin=self.env["account.move"]._kgw_get_twin_condition(),
        )

    def _tell_recorded(self, case_ids):
        """Forget what was read of the histories of these cases, and tell their pages."""
        cases = self.env["kgw.case"].browse(case_ids)
        for model in (cases, self.env["kgw.reminder"]):
            model.invalidate_model(["event_ids"], flush=False)
        self.env["kgw.portal"]._tell_changed(cases)

    @api.model
    def _record_passed(self, passed, now):
        """Append the steps passed over: one row for each, since the course goes by them; what was
        passed over in a case for the same reason is told as one entry, by the first row. What a
        reminder told by being cancelled is told by that.

        :param passed: ``(receivable, step id, reason)``
        :param now: moment to write, naive UTC
        """
        told, cancelled = {}, self._get_cancelled(passed, now)
        for line, step_id, reason in passed:
            if (line, step_id, reason) not in cancelled:
                told.setdefault((line.kgw_case_id, reason), []).append((line, step_id))
        self._record(
            [
                self._prepare_passed(
                    line, step_id, reason, now, is_part=True, reminder_id=reminder.id
                )
                for (line, step_id, reason), reminder in cancelled.items()
            ]
            + [
                self._prepare_passed(line, step_id, reason, now, **self._prepare_part(rows, number))
                for (_case, reason), rows in told.items()
                for number, (line, step_id) in enumerate(rows)
            ]
        )

    def _prepare_passed(self, line, step_id, reason, now, payload=None, **vals):
        """Return the values of a step passed over. What a trial run passed over counts in that alone:
        it may have made way for a contact that nobody got."""
        is_trial = line.kgw_case_id.mandate_id.is_trial
        return line._kgw_prepare_event_vals(
            "passed",
            now,
            step_id=step_id,
            reason=reason,
            payload=self._tell_trial(payload or {}, is_trial) or None,
            **vals,
        )

    def _get_cancelled(self, passed, now):
        """Return ``{what was passed: reminder}`` of what a reminder was cancelled for on the day
        before ``now``: the course may follow a moment later."""
        # Whoever decides over a course need not see what is planned by it.
        lines_sudo = self.env["kgw.reminder.line"].sudo()
        found = lines_sudo.search(
            [
                ("receivable_id", "in", [line.id for line, _step, _reason in passed]),
                ("step_id", "in", [step_id for _line, step_id, _reason in passed]),
                ("reminder_id.state", "=", "cancelled"),
                ("reminder_id.state_at", ">=", now - timedelta(days=1)),
            ]
        )
        own = {
            (r.receivable_id.id, r.step_id.id, r.reminder_id.reason): r.reminder_id for r in found
        }
        keys = {row: (row[0].id, *row[1:]) for row in passed}
        return {row: own[key] for row, key in keys.items() if key in own}

    def _prepare_part(self, rows, number):
        """Return what row ``number`` of an entry about several has more than its own values."""
        if number:
            return {"is_part": True}
        first, _step = rows[0]
        lines = first.union(*(line for line, _step in rows)).with_prefetch(first._prefetch_ids)
        steps = dict.fromkeys(step_id for _line, step_id in rows)
        return {"payload": {"invoices": self._name_invoices(lines), "steps": list(steps)}}

    def _get_steps(self):
        """Return the steps that an entry is about: several where it tells of several."""
        self.ensure_one()
        return self.step_id | self.step_id.browse((self.payload or {}).get("steps", ())).exists()

    def _prepare_row(self, vals, names):
        """Return the columns ``names`` of one event, their values checked as ``create`` does."""
        return tuple(
            self._fields[name].convert_to_column_insert(vals[name], self) if name in vals else None
            for name in names
        )
