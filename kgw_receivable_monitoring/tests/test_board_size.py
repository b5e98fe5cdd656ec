from datetime import timedelta

from odoo.tests.common import tagged
from odoo.tools import SQL

from .common import DUE
from .engine_common import KgwEngineCommon

CARD = {
    name: {}
    for name in (
        "counterparty_id",
        "creditor_id",
        "brand_id",
        "amount_label",
        "days_overdue",
        "phone",
        "can_dial",
        "dial_note",
        "wait_note",
        "call_by",
        "can_take_over",
        "last_contact",
        "promise_on",
        "desk_user_id",
        "call_why",
        "call_points",
        "agent_id",
    )
}


@tagged("post_install", "-at_install", "kgw")
class TestBoardSize(KgwEngineCommon):
    """The board costs the same with 200 and with 20,000 open calls."""

    def test_board_takes_no_more_queries_with_twenty_thousand_calls(self):
        self.count_queries(100)  # what is read once per process
        few = self.count_queries(200)
        many = self.count_queries(20_000)
        self.assertLessEqual(many, few)
        self.assertLess(few, 70)

    def count_queries(self, size):
        """Read the columns and the first page as the board does; return how many queries it took."""
        self.fill(size)
        self.env.invalidate_all()
        calls = self.env["kgw.reminder"].with_user(self.agent)
        self.assertTrue(calls.env.tz)  # read once per request, kept or lost between the sizes
        domain = [("channel", "=", "phone"), ("state", "=", "planned")]
        started = self.cr.sql_log_count
        groups = calls.web_read_group(
            domain, ["call_column"], ["owed_amount:sum", "__count"], auto_unfold=True
        )
        self.assertEqual(sum(group["__count"] for group in groups["groups"]), size)
        page = calls.web_search_read(domain, CARD, limit=40, order="call_points desc, id")
        self.assertEqual(page["length"], size)
        return self.cr.sql_log_count - started

    def fill(self, size):
        """Copy one call with its case, contact point and line until there are ``size``."""
        reminder = self.env["kgw.reminder"].search(
            [("case_id.mandate_id", "=", self.mandate.id)], limit=1
        )
        if not reminder:
            line = self._watch(self._document())
            self.env["account.move.line"]._kgw_flush_stages(DUE + timedelta(days=4))
            reminder = self._draft(line, "p4_call", DUE + timedelta(days=4))
        self.env.flush_all()
        have = self.env["kgw.reminder"].search_count([("mandate_id", "=", self.mandate.id)])
        self.copy_rows(reminder, have, size - have)
        self.env["kgw.reminder"]._sort_calls(self._at(DUE + timedelta(days=4)))

    def copy_rows(self, reminder, first, count):
        """Copy the rows by the database: making 20,000 invoices takes minutes."""
        case, line = reminder.case_id, reminder.line_ids
        numbers = SQL("generate_series(%s, %s) AS n", first, first + count - 1)
        partners = self.insert_copies("res_partner", case.counterparty_id, numbers, {})
        cases = self.insert_copies(
            "kgw_case", case, numbers, {"counterparty_id": partners, "name": None}
        )
        self.insert_copies(
            "kgw_contact_point", case.contact_point_ids[:1], numbers, {"case_id": cases}
        )
        calls = self.insert_copies(
            "kgw_reminder", reminder, numbers, {"case_id": cases, "key": None}
        )
        self.insert_copies(
            "kgw_reminder_line", line, numbers, {"reminder_id": calls, "step_id": False}
        )

    def insert_copies(self, table, record, numbers, changed):
        """Copy a row once per number; ``changed`` maps columns to new ids, a number, or NULL."""
        self.cr.execute(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema AND table_name = %s AND column_name <> 'id'",
                table,
            )
        )
        columns = [row[0] for row in self.cr.fetchall()]
        values = SQL(", ").join(self.get_copied(name, changed) for name in columns)
        self.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s t, %s WHERE t.id = %s RETURNING id",
                SQL.identifier(table),
                SQL(", ").join(SQL.identifier(name) for name in columns),
                values,
                SQL.identifier(table),
                numbers,
                record.id,
            )
        )
        ids = [row[0] for row in self.cr.fetchall()]
        # Without it the database checks foreign keys as if the table were still small.
        self.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        return ids

    def get_copied(self, name, changed):
        if name not in changed:
            return SQL("t.%s", SQL.identifier(name))
        if changed[name] is None:
            return SQL("'copy' || n")
        if not changed[name]:
            return SQL("NULL")
        return SQL("(%s::int[])[row_number() OVER (ORDER BY n)]", changed[name])
