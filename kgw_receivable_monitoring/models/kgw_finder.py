import re

from odoo import api, models
from odoo.tools import SQL

from ..tools import identifiers

# As many cases as anybody can look through while a caller waits.
LIMIT = 40
# Letters and digits of which a number or name has to have so many to be looked for.
SHORTEST = 3
# With the letters before it, or with all its digits: shorter ones are an invoice's.
CASE_NUMBER = re.compile(r"(?:[A-Z]+/?|(?=\d+/\d{5}))(?P<year>20\d\d)/0*(?P<number>\d{1,7})")
# As their indexes have them (res_partner.py, account_move.py).
FOLDED_NAME = SQL("translate(lower(p.name), 'ąćęłńóśźż', 'acelnoszz')")
COMPACT_NUMBER = SQL(
    "upper(regexp_replace(COALESCE(NULLIF(m.kgw_number, ''), m.name), '[^[:alnum:]]', '', 'g'))"
)


def compact_number(text):
    """Return a number as ``COMPACT_NUMBER`` has it: letters and digits alone, in capitals."""
    return re.sub(r"[\W_]", "", text).upper()


class KgwFinder(models.AbstractModel):
    """Finds the cases that a caller may mean, from whatever it can name; each way has its index."""

    _name = "kgw.finder"
    _description = "Finder of Cases"

    @api.model
    def _find(self, text):
        """Return the cases that ``text`` may mean: a phone number, NIP, KSeF number, number of a
        case or an invoice, or a name; what fits more exactly is tried first.

        Only cases that the user may see.
        """
        text = (text or "").strip()
        if len(identifiers.spell(text)) < SHORTEST:
            return self.env["kgw.case"]
        self.env.flush_all()
        for find in self._get_ways():
            ids = find(text)
            cases = self.env["kgw.case"].search([("id", "in", ids)], limit=LIMIT) if ids else ()
            if cases:
                return cases
        return self.env["kgw.case"]

    def _get_ways(self):
        return (
            self._find_by_case,
            self._find_by_ksef,
            self._find_by_phone,
            self._find_by_vat,
            self._find_by_invoice,
            self._find_by_name,
        )

    def _fetch(self, query):
        return [row[0] for row in self.env.execute_query(query)]

    def _find_by_case(self, text):
        """By the whole number, or by year and number, with or without the letters before them."""
        found = CASE_NUMBER.fullmatch(text.upper().replace(" ", ""))
        if not found:
            return []
        # How cases are numbered is no secret; the sequence itself is an administrator's.
        sequence_sudo = self.env.ref("kgw_receivable_monitoring.sequence_kgw_case").sudo()
        prefix = (sequence_sudo.prefix or "").replace("%(year)s", found["year"])
        name = prefix + found["number"].zfill(sequence_sudo.padding)
        return self._fetch(SQL("SELECT id FROM kgw_case WHERE name = %s", name))

    def _find_by_ksef(self, text):
        number = identifiers.ksef_number(text).value
        return self._find_by_move(SQL("m.kgw_ksef_number = %s", number)) if number else []

    def _find_by_phone(self, text):
        if not (number := identifiers.phone(text).value):
            return []
        return self._fetch(
            SQL(
                "SELECT DISTINCT case_id FROM kgw_contact_point WHERE kind = 'phone' AND value = %s"
                " LIMIT %s",
                number,
                LIMIT,
            )
        )

    def _find_by_vat(self, text):
        if not (number := identifiers.nip(text).value):
            return []
        return self._fetch(
            SQL(
                "SELECT c.id FROM res_partner p JOIN kgw_case c ON c.counterparty_id = p.id"
                " WHERE p.vat IN (%s, %s) LIMIT %s",
                number,
                f"PL{number}",
                LIMIT,
            )
        )

    def _find_by_invoice(self, text):
        number = compact_number(text)
        if not any(char.isdigit() for char in number):
            return []
        whole = SQL("%s = %s", COMPACT_NUMBER, number)
        part = SQL(
            "%s LIKE %s AND EXISTS (SELECT 1 FROM account_move_line l"
            " WHERE l.move_id = m.id AND l.kgw_case_id IS NOT NULL) LIMIT %s",
            COMPACT_NUMBER,
            f"%{number}%",
            LIMIT,
        )
        return self._find_by_move(whole) or self._find_by_move(part)

    def _find_by_move(self, condition):
        """Return the cases of the invoices ``m`` of a condition.

        The invoices are found first and by themselves: with a limit over all of it PostgreSQL may
        read the whole table in the hope of meeting enough of them soon.
        """
        return self._fetch(
            SQL(
                """
            WITH found AS MATERIALIZED (
                 SELECT m.id FROM account_move m WHERE m.move_type = 'out_invoice' AND %s)
            SELECT DISTINCT l.kgw_case_id
              FROM found JOIN account_move_line l ON l.move_id = found.id
             WHERE l.kgw_case_id IS NOT NULL LIMIT %s
        """,
                condition,
                LIMIT,
            )
        )

    def _find_by_name(self, text):
        words = identifiers.fold(text).split()
        # Shorter ones (sp. z o.o.) are in no index and in every name.
        words = [word for word in words if len(word) >= SHORTEST] or words
        named = SQL(" AND ").join(SQL("%s LIKE %s", FOLDED_NAME, f"%{word}%") for word in words)
        return self._fetch(
            SQL(
                "SELECT c.id FROM res_partner p JOIN kgw_case c ON c.counterparty_id = p.id"
                " WHERE %s LIMIT %s",
                named,
                LIMIT,
            )
        )
