import hashlib
import hmac
import json
import secrets

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import KEPT_KINDS

SEAL_BATCH = 1000


class KgwChain(models.AbstractModel):
    """What makes the register provable: each event is sealed into a chain, once and in order.

    ``digest`` is an HMAC of the payload under a salt kept in a side table, and the chain of
    ``hash`` runs over digests: erasing a payload and its salt leaves the chain provable.
    """

    _name = "kgw.chain"
    _description = "Chain of the Register"

    seq = fields.Integer(string="Number in the Register", readonly=True)
    digest = fields.Char(readonly=True, size=64)
    hash = fields.Char(readonly=True, size=64)

    _unsealed = models.Index("(id) WHERE hash IS NULL")
    _unique_seq = models.UniqueIndex("(seq) WHERE seq IS NOT NULL")

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

    def _erase(self, why, now):
        """Empty these entries for good; one more entry of each case tells it. What is no more than
        amounts, days and codes stays.

        :param why: a key of ``kgw.event._get_erasure_reasons``
        :param now: moment to write, naive UTC
        """
        self.flush_model()
        content = self.filtered(lambda event: event.payload and event.kind not in KEPT_KINDS)
        for case, events in content.grouped("case_id").items():
            [note] = self._record([events._prepare_erasure_vals(case, why, now)])
            query = "UPDATE kgw_event SET payload = NULL, erasure_id = %s WHERE id = ANY(%s)"
            self.env.cr.execute(SQL(query, note.id, events.ids))
        query = "DELETE FROM kgw_event_salt WHERE event_id = ANY(%s)"
        self.env.cr.execute(SQL(query, content.ids))
        content.invalidate_recordset()

    def _prepare_erasure_vals(self, case, why, now):
        return {
            "kind": "erased",
            "at": now,
            "case_id": case.id,
            "mandate_id": case.mandate_id.id,
            "payload": {"why": why, "count": len(self)},
        }

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
