import hashlib
import hmac
import json
import secrets

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import CHANNELS, EVENT_KINDS
from ..const_reasons import CURES, REASONS

SEAL_BATCH = 1000


class KgwEvent(models.Model):
    """The register of what happened: INSERT only; every time line reads this and nothing else.

    A database trigger refuses UPDATE and DELETE. Two exceptions: the sealer fills ``seq``,
    ``digest`` and ``hash`` once, and the eraser nulls ``payload``. ``digest`` is an HMAC of the
    payload under a salt kept in a side table, and the chain of ``hash`` runs over digests: erasing
    a payload and its salt leaves the chain provable.
    """

    _name = "kgw.event"
    _inherit = ["kgw.audited", "kgw.contact.label"]
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
    invoice = fields.Char(related="move_id.kgw_display_number", string="Invoice Number")
    instalment = fields.Integer(readonly=True)
    course = fields.Integer(readonly=True)
    step_id = fields.Many2one("kgw.scenario.step", readonly=True, ondelete="restrict")
    channel = fields.Selection(CHANNELS, readonly=True)
    reason = fields.Selection(REASONS, readonly=True)
    cure = fields.Selection(CURES, string="What Helps", compute="_compute_cure")
    payload = fields.Json(readonly=True)
    is_part = fields.Boolean(
        string="Told by Another Entry",
        readonly=True,
        help="One of several receivables or steps of one moment: the first entry tells them all.",
    )
    note = fields.Text(compute="_compute_note")
    seq = fields.Integer(string="Number in the Register", readonly=True)
    digest = fields.Char(readonly=True, size=64)
    hash = fields.Char(readonly=True, size=64)

    _by_case = models.Index("(case_id, at)")
    _by_mandate = models.Index("(mandate_id, at)")
    _passed_steps = models.Index(
        "(move_id, instalment, step_id) WHERE kind IN ('passed', 'question', 'report')",
    )
    _by_reminder = models.Index("(reminder_id)")
    _unsealed = models.Index("(id) WHERE hash IS NULL")
    _unique_seq = models.UniqueIndex("(seq) WHERE seq IS NOT NULL")

    def init(self):
        """Create the salts' table, the trigger that keeps the register append-only, and what a
        payment came to, read from its payload and erased with it: sums over many need no payload.
        """
        self.env.cr.execute(
            SQL("""
            CREATE TABLE IF NOT EXISTS kgw_event_salt (
                event_id integer PRIMARY KEY REFERENCES kgw_event(id) ON DELETE CASCADE,
                salt varchar(64) NOT NULL
            );
            ALTER TABLE kgw_event
                ADD COLUMN IF NOT EXISTS paid numeric GENERATED ALWAYS AS (
                    CASE WHEN payload->>'credit_note' IS NULL THEN
                        CASE kind WHEN 'payment' THEN (payload->>'amount')::numeric
                                  WHEN 'payment_back' THEN -(payload->>'amount')::numeric END
                    END) STORED,
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
                erased.payload := OLD.payload;
                IF erased IS NOT DISTINCT FROM OLD AND NEW.payload IS NULL THEN
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
        """)
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
        cases = self.env["kgw.case"].browse({v["case_id"] for v in vals_list if v.get("case_id")})
        for model in (cases, self.env["kgw.reminder"]):
            model.invalidate_model(["event_ids"], flush=False)
        self.env["kgw.portal"]._tell_changed(cases)
        return self.browse(event_id for (event_id,) in rows)

    @api.model
    def _record_passed(self, passed, now):
        """Append the steps passed over: one row for each, since the course goes by them; what was
        passed over in a case for the same reason is told as one entry, by the first row.

        :param passed: ``(receivable, step id, reason)``
        :param now: moment to write, naive UTC
        """
        told = {}
        for line, step_id, reason in passed:
            told.setdefault((line.kgw_case_id, reason), []).append((line, step_id))
        self._record(
            [
                line._kgw_prepare_event_vals(
                    "passed",
                    now,
                    step_id=step_id,
                    reason=reason,
                    **self._prepare_part(rows, number),
                )
                for (_case, reason), rows in told.items()
                for number, (line, step_id) in enumerate(rows)
            ]
        )

    def _prepare_part(self, rows, number):
        """Return what row ``number`` of an entry about several has more than its own values."""
        if number:
            return {"is_part": True}
        numbers = dict.fromkeys(line.move_id.kgw_display_number for line, _step in rows)
        steps = dict.fromkeys(step_id for _line, step_id in rows)
        return {"payload": {"invoices": list(numbers), "steps": list(steps)}}

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

    # === SEAL === #

    @api.model
    def _cron_seal(self):
        """Seal what is new, in batches, in the order of ids."""
        while self._seal(SEAL_BATCH) == SEAL_BATCH:
            if not self.env["ir.cron"]._commit_progress(SEAL_BATCH):
                return
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _seal(self, limit):
        """Seal up to ``limit`` events and return how many were sealed.

        The lock lets one sealer work at a time: the chain can't fork.
        """
        self.flush_model()
        cr = self.env.cr
        cr.execute("SELECT pg_advisory_xact_lock(hashtext('kgw_event_seal'))")
        cr.execute(
            "SELECT seq, hash FROM kgw_event WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1"
        )
        seq, last = cr.fetchone() or (0, "")
        rows = self._fetch_sealable(SQL("hash IS NULL ORDER BY id LIMIT %s", limit))
        sealed = []
        for row_id, meta, payload, _digest, _hash, _seq, _salt in rows:
            seq += 1
            salt = secrets.token_hex(32)
            digest = self._get_digest(salt, payload)
            last = self._get_link(last, seq, meta, digest)
            sealed.append((row_id, seq, digest, last, salt))
        self._write_seals(sealed)
        return len(sealed)

    def _fetch_sealable(self, condition):
        """Return ``(id, meta, payload, digest, hash, seq, salt)`` of the events of ``condition``."""
        return self.env.execute_query(
            SQL(
                """
            SELECT e.id,
                   concat_ws('|', e.id, e.kind, e.at, COALESCE(e.user_id, 0), COALESCE(e.mandate_id, 0),
                             COALESCE(e.case_id, 0), COALESCE(e.reminder_id, 0),
                             COALESCE(e.move_id, 0), COALESCE(e.instalment, 0),
                             COALESCE(e.course, 0), COALESCE(e.step_id, 0),
                             COALESCE(e.channel, ''), COALESCE(e.reason, '')),
                   e.payload::text, e.digest, e.hash, e.seq, s.salt
              FROM kgw_event e LEFT JOIN kgw_event_salt s ON s.event_id = e.id
             WHERE %s
        """,
                condition,
            )
        )

    def _write_seals(self, sealed):
        if not sealed:
            return
        ids, seqs, digests, hashes, salts = (list(column) for column in zip(*sealed, strict=True))
        self.env.cr.execute(
            SQL(
                """
            UPDATE kgw_event e SET seq = v.seq, digest = v.digest, hash = v.hash
              FROM unnest(%s, %s, %s, %s) AS v(id, seq, digest, hash) WHERE e.id = v.id
        """,
                ids,
                seqs,
                digests,
                hashes,
            )
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO kgw_event_salt (event_id, salt) SELECT * FROM unnest(%s, %s)",
                ids,
                salts,
            )
        )
        self.invalidate_model(["seq", "digest", "hash"])

    @api.model
    def _get_digest(self, salt, payload):
        """Return the HMAC-SHA256 of a payload's JSON text under ``salt``."""
        return hmac.new(salt.encode(), (payload or "").encode(), hashlib.sha256).hexdigest()

    @api.model
    def _get_link(self, previous, seq, meta, digest):
        """Return the hash of one link of the chain."""
        return hashlib.sha256(json.dumps([previous, seq, meta, digest]).encode()).hexdigest()

    @api.model
    def _find_broken_link(self):
        """Return the ``seq`` of the first event whose seal does not fit, or None.

        Of an event whose payload was erased, salt and payload are gone: the digest alone is checked.
        """
        self.flush_model()
        last, expected = "", 1
        rows = self._fetch_sealable(SQL("hash IS NOT NULL ORDER BY seq"))
        for _id, meta, payload, digest, link, seq, salt in rows:
            fits = (
                seq == expected
                and self._get_link(last, seq, meta, digest) == link
                and (payload is None if salt is None else self._get_digest(salt, payload) == digest)
            )
            if not fits:
                return expected
            last, expected = link, expected + 1
        return None
