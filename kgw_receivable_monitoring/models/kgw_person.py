from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

from ..tools import calendar

WEEK_DAYS = 7


class KgwPerson(models.Model):
    """Whoever stands behind a phone number, an e-mail address or a NIP: a keyed hash and counts.

    This is all that crosses mandates: how often somebody was tried and contacted in the last
    week, whoever the creditor was. Nobody reads it but the gate.
    """

    _name = "kgw.person"
    _description = "Person Behind Contact Data"
    _log_access = False

    hash = fields.Char(required=True, size=64)
    days = fields.Json(help="Attempts and contacts of each day of the last week.")

    _unique_hash = models.UniqueIndex("(hash)")

    @api.model
    def _get_hashes(self, case):
        """Return the keyed hashes of what tells the person of ``case``, sorted: rows are always
        locked in this order."""
        points = case.contact_point_ids.filtered(lambda p: p.kind in ("email", "phone"))
        values = {*points.mapped("value"), case.counterparty_id.vat or ""} - {""}
        # The database's secret is the key: without it a hash tells nothing, here or elsewhere.
        return sorted(hmac(self.env(su=True), "kgw.person", value) for value in values)

    @api.model
    def _get_counts(self, case, on_date):
        """Return ``(attempts of the day, contacts of the last seven days)``; of several hashes
        the highest counts."""
        hashes = self._get_hashes(case)
        if not hashes:
            return 0, 0
        self.flush_model()
        rows = self.env.execute_query(
            SQL("SELECT days FROM kgw_person WHERE hash = ANY(%s)", hashes)
        )
        today, first = on_date.isoformat(), (on_date - timedelta(days=WEEK_DAYS - 1)).isoformat()
        attempts = max((days.get(today, (0, 0))[0] for (days,) in rows), default=0)
        contacts = max(
            (
                sum(count for day, (_tried, count) in days.items() if first <= day <= today)
                for (days,) in rows
            ),
            default=0,
        )
        return attempts, contacts

    @api.model
    def _count(self, reminder, now, is_contact):
        """Count an attempt, and with it a contact, for the person of a reminder.

        :raise SerializationFailure: somebody else has just counted the same person
        """
        if not reminder.mandate_id.is_trial:  # in a trial nobody is contacted
            self._add(self._get_hashes(reminder.case_id), calendar.local_date(now), is_contact)

    def _add(self, hashes, on_date, is_contact):
        """Count an attempt of ``on_date`` for each hash, and forget what is older than a week."""
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO kgw_person (hash, days)
                 SELECT hash, jsonb_build_object(%(day)s, jsonb_build_array(1, %(contact)s))
                   FROM unnest(%(hashes)s) AS hash
            ON CONFLICT (hash) DO UPDATE SET days = (
                    SELECT COALESCE(jsonb_object_agg(key, value), '{}') FROM jsonb_each(kgw_person.days)
                     WHERE key > %(old)s
                ) || jsonb_build_object(%(day)s, jsonb_build_array(
                    COALESCE((kgw_person.days -> %(day)s ->> 0)::int, 0) + 1,
                    COALESCE((kgw_person.days -> %(day)s ->> 1)::int, 0) + %(contact)s))
        """,
                day=on_date.isoformat(),
                old=(on_date - timedelta(days=WEEK_DAYS)).isoformat(),
                contact=int(is_contact),
                hashes=hashes,
            ),
            log_exceptions=False,
        )
        self.invalidate_model()
