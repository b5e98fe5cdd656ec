from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

from ..tools import calendar

WEEK_DAYS = 7


@dataclass
class Count:
    """How often one person was tried on a day, and contacted in the seven days up to it."""

    hash: str
    attempts: int = 0
    contacts: int = 0


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
    def _get_hashes(self, cases):
        """Return ``{case id: keyed hashes of what tells its person}``, sorted: rows are always
        locked in this order."""
        values = {case.id: {case.counterparty_id.vat} for case in cases}
        points = [("case_id", "in", cases.ids), ("kind", "in", ("email", "phone"))]
        groups = self.env["kgw.contact.point"]._read_group(points, ["case_id"], ["value:array_agg"])
        for case, found in groups:
            values[case.id].update(found)
        # The database's secret is the key: without it a hash tells nothing, here or elsewhere.
        env_su = self.env(su=True)
        return {
            case_id: sorted(hmac(env_su, "kgw.person", value) for value in found if value)
            for case_id, found in values.items()
        }

    @api.model
    def _get_counts(self, cases, on_date):
        """Return ``{case id: [Count]}``: one for each thing that tells the person of a case. Where
        cases share one, they share its :class:`Count`."""
        hashes = self._get_hashes(cases)
        counts = {value: Count(value) for values in hashes.values() for value in values}
        self.flush_model()
        rows = self.env.execute_query(
            SQL("SELECT hash, days FROM kgw_person WHERE hash = ANY(%s)", list(counts))
        )
        today, first = on_date.isoformat(), (on_date - timedelta(days=WEEK_DAYS - 1)).isoformat()
        for value, days in rows:
            counts[value].attempts = days.get(today, (0, 0))[0]
            counts[value].contacts = sum(
                count for day, (_tried, count) in days.items() if first <= day <= today
            )
        return {case_id: [counts[value] for value in values] for case_id, values in hashes.items()}

    @api.model
    def _count(self, reminders, now, is_contact):
        """Count an attempt, and with it a contact, for the person of each reminder.

        :raise SerializationFailure: somebody else has just counted the same person
        """
        self._add(self._get_numbers(reminders), calendar.local_date(now), is_contact)

    def _get_numbers(self, reminders):
        """Return ``{hash: how many of reminders}``; a trial contacts nobody."""
        real = reminders.filtered(lambda r: not r.mandate_id.is_trial)
        hashes = self._get_hashes(real.case_id)
        return Counter(value for r in real for value in hashes[r.case_id.id])

    def _add(self, numbers, on_date, is_contact):
        """Add attempts of ``on_date`` to each hash, and forget what is older than a week.

        :param numbers: ``{hash: how many}``
        """
        if not numbers:
            return
        hashes = sorted(numbers)
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO kgw_person (hash, days)
                 SELECT hash, jsonb_build_object(%(day)s,
                                                 jsonb_build_array(number, number * %(contact)s))
                   FROM unnest(%(hashes)s, %(numbers)s) AS fresh(hash, number) ORDER BY hash
            ON CONFLICT (hash) DO UPDATE SET days = (
                    SELECT COALESCE(jsonb_object_agg(key, value), '{}') FROM jsonb_each(kgw_person.days)
                     WHERE key > %(old)s
                ) || jsonb_build_object(%(day)s, jsonb_build_array(
                    COALESCE((kgw_person.days -> %(day)s ->> 0)::int, 0)
                    + (EXCLUDED.days -> %(day)s ->> 0)::int,
                    COALESCE((kgw_person.days -> %(day)s ->> 1)::int, 0)
                    + (EXCLUDED.days -> %(day)s ->> 1)::int))
        """,
                day=on_date.isoformat(),
                old=(on_date - timedelta(days=WEEK_DAYS)).isoformat(),
                contact=int(is_contact),
                hashes=hashes,
                numbers=[numbers[value] for value in hashes],
            ),
            log_exceptions=False,
        )
        self.invalidate_model()

    @api.model
    def _uncount(self, reminders, counted_at):
        """Take back what was counted for ``reminders`` at a moment: nobody was contacted."""
        numbers = self._get_numbers(reminders)
        self.env.cr.execute(
            SQL(
                """
            UPDATE kgw_person p
               SET days = jsonb_set(days, ARRAY[%(day)s], jsonb_build_array(
                       GREATEST((days -> %(day)s ->> 0)::int - number, 0),
                       GREATEST((days -> %(day)s ->> 1)::int - number, 0)))
              FROM unnest(%(hashes)s::varchar[], %(numbers)s::int[]) AS gone(hash, number)
             WHERE gone.hash = p.hash AND days -> %(day)s IS NOT NULL
        """,
                day=calendar.local_date(counted_at).isoformat(),
                hashes=list(numbers),
                numbers=list(numbers.values()),
            )
        )
        self.invalidate_model()
