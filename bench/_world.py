"""A world of many monitored invoices: a few made by the ORM, the rest their copies by SQL.

The day is given, so that figures and crashes do not depend on when they are run.
"""

import base64
from datetime import date, timedelta
from decimal import Decimal

from odoo.tools import SQL

from odoo.addons.kgw_receivable_monitoring.tools import calendar
from odoo.addons.kgw_receivable_monitoring.tools.readers import Document, Instalment, Party

MODULE = "kgw_receivable_monitoring"
# A Wednesday on which the standard scenario writes an e-mail to whom owes on Monday in a week,
# and an SMS to who owed on the Monday before.
DAY = date(2026, 9, 9)
PAPER = base64.b64encode(b"%PDF-1.4 signed")
DUE_OF = {"email": DAY + timedelta(days=5), "sms": DAY - timedelta(days=2)}
# Nothing is due of these on that day: one side of the due date each.
QUIET_DUES = (DAY + timedelta(days=30), DAY - timedelta(days=1))
# From so many rows on a table is loaded without its indexes.
BULK = 50_000


class World:
    """One agency, one creditor with an active mandate, and as many invoices as asked for."""

    def __init__(self, env):
        self.env = env(context={**env.context, "tracking_disable": True})
        self.cr = env.cr
        self.number = 0
        self.morning = calendar.noon(DAY) - timedelta(hours=4)

    def create(self):
        """Create the ledger, the brand, the creditor and the mandate."""
        env = self.env
        env.ref("base.PLN").active = True
        journal = env["kgw.ledger"]._ensure()
        brand = env["kgw.brand"].create(
            {
                "name": "Agencja Pomiarowa",
                "short_name": "Agencja",
                "phone": "+48123456700",
                "email": "kontakt@agencja.example",
                "alias_domain_id": env["mail.alias.domain"].create({"name": "agencja.example"}).id,
                "city": "Kraków",
                "sms_sender": "POMIAR",
                "sms_sender_approved": True,
            }
        )
        creditor = env["res.partner"].create(
            {
                "name": "Wierzyciel sp. z o.o.",
                "vat": "9991010003",
                "is_company": True,
                "email": "ksiegowosc@wierzyciel.example",
                "country_id": env.ref("base.pl").id,
                "lang": "pl_PL",
            }
        )
        self.mandate = env["kgw.mandate"].create(
            {
                "name": creditor.name,
                "code": "POMIAR",
                "creditor_id": creditor.id,
                "brand_before_id": brand.id,
                "brand_after_id": brand.id,
                "journal_id": journal.id,
                "scenario_ids": [
                    (0, 0, {"scenario_id": env.ref(f"{MODULE}.scenario_standard").id})
                ],
                "controller_id": env.ref("base.user_admin").id,
                "substitute_id": self._create_substitute().id,
                "account_number": "PL61109010140000071219812874",
                "account_source": "invoice",
                "agreement_date": date(2026, 1, 2),
                "agreement_file": PAPER,
                "informs": "agency",
                "authority_date": date(2026, 1, 2),
                "authority_file": PAPER,
                "may_demand": True,
                "coverage_date": date(2030, 1, 1),
            }
        )
        self.mandate.action_confirm_account()
        self.mandate.action_activate()

    def _create_substitute(self):
        users = self.env["res.users"].with_context(no_reset_password=True)
        return users.create({"login": "zastepca", "name": "Zastępca"})

    def add(self, due, count, per_case=1):
        """Add ``count`` open invoices with that due date, ``per_case`` of each counterparty."""
        pattern = self._book(due)
        self.env.flush_all()
        cases = (count + per_case - 1) // per_case
        self._multiply(pattern, count, per_case, cases)
        self.env.invalidate_all()

    def plan_day(self):
        """Plan the day; what a manager would let go on after a look goes on."""
        planned = self.env["kgw.planner"]._run_day(DAY, self.morning)
        self.env["kgw.hold"].search([("reason", "=", "volume")])._lift(self.morning)
        return planned

    def analyze(self):
        """Let PostgreSQL look at the tables, as its own vacuum does sooner or later."""
        self.env.flush_all()
        self.cr.commit()
        self.cr.execute("ANALYZE")
        self.cr.commit()

    def _book(self, due):
        """Return one invoice made by the ORM, monitored since ten days before the day."""
        self.number += 1
        party = Party(
            name=f"Kontrahent {self.number} sp. z o.o.",
            nip="",
            street="ul. Polna 1",
            zip="30-001",
            city="Kraków",
            email=f"wzor{self.number}@kontrahent.example",
            phone="+48512000100",
        )
        document = Document(
            line=None,
            number=f"FV {self.number}/08/2026",
            kind="invoice",
            sale_date=None,
            currency="PLN",
            issue_date=due - timedelta(days=14),
            gross=Decimal("1230.00"),
            residual=Decimal("1230.00"),
            seller=None,
            buyer=party,
            instalments=(Instalment(due, Decimal("1230.00")),),
        )
        partners = self.env["kgw.counterparty"]._match(self.mandate, [party])
        move = self.env["kgw.ledger"]._book_invoices(self.mandate, [document], partners)
        since = min(DAY, due) - timedelta(days=10)
        self.env["kgw.enrolment"]._enrol(
            self.mandate, move, since, calendar.noon(since), {move: party}
        )
        self.env["account.move.line"]._kgw_flush_stages(DAY)
        move.line_ids._kgw_refresh_course(DAY, self.morning)
        return move

    def _multiply(self, move, count, per_case, cases):
        """Copy the invoice with its case and counterparty; the pattern itself is the first."""
        mark = f"{self.number}-"
        line = move.line_ids.filtered("kgw_case_id")
        case, partner = line.kgw_case_id, move.partner_id
        new_partner = self._copy(
            partner,
            cases - 1,
            name=SQL("p.name || ' nr ' || n"),
            complete_name=SQL("p.name || ' nr ' || n"),
            commercial_partner_id=SQL("id_of_copy"),
        )
        new_case = self._copy(
            case,
            cases - 1,
            name=SQL("p.name || %s || n", f"/{mark}"),
            counterparty_id=self._id_of(new_partner, partner, SQL("n")),
        )
        values = {"email": "wzor%s@kontrahent.example", "phone": "+48%s", "address": "ul. Polna %s"}
        for point in case.contact_point_ids:
            head, _mark, tail = values[point.kind].partition("%s")
            number = SQL("(%s + n)::text", 512000000 + self.number * 10**6)
            unique = number if point.kind == "phone" else SQL("%s || n", mark)
            self._copy(
                point,
                cases - 1,
                case_id=self._id_of(new_case, case, SQL("n")),
                value=SQL("%s || %s || %s", head, unique, tail),
            )
        owner = SQL("(n / %s)", per_case)  # the pattern's own case takes the first ones
        new_partner_id = self._id_of(new_partner, partner, owner)
        number = SQL("%s || n || '/08/2026'", f"FV {mark}")
        new_move = self._copy(
            move,
            count - 1,
            name=SQL("%s || n", f"POMIAR/{mark}"),
            kgw_number=number,
            sequence_number=SQL("1000 + n"),
            partner_id=new_partner_id,
            commercial_partner_id=new_partner_id,
            partner_shipping_id=new_partner_id,
            payment_reference=number,
        )
        for item in move.line_ids:
            changes = {"kgw_case_id": self._id_of(new_case, case, owner)} if item == line else {}
            self._copy(
                item,
                count - 1,
                move_id=self._id_of(new_move, move, SQL("n")),
                move_name=SQL("%s || n", f"POMIAR/{mark}"),
                partner_id=new_partner_id,
                **changes,
            )
        # Without them the course would pass the same steps over again when it is asked next.
        for event in self.env["kgw.event"].search([("move_id", "=", move.id)]):
            self._copy(
                event,
                count - 1,
                case_id=self._id_of(new_case, case, owner),
                move_id=self._id_of(new_move, move, SQL("n")),
            )

    def _id_of(self, first, pattern, number):
        """Return the id of a copy by its number; number 0 is the pattern."""
        return SQL("CASE %s WHEN 0 THEN %s ELSE %s + %s END", number, pattern.id, first, number)

    def _copy(self, record, count, **changes):
        """Insert ``count`` copies of a row, numbered ``n`` from 1; return the id before the first.

        :param changes: SQL by column, on the pattern ``p`` and the number ``n``
        """
        table = SQL.identifier(record._table)
        [[first]] = self.env.execute_query(SQL("SELECT max(id) FROM %s", table))
        rows = self.env.execute_query(
            SQL(
                """SELECT column_name FROM information_schema.columns
                    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'""",
                record._table,
            )
        )
        names = [name for (name,) in rows]
        own_id = SQL("%s + n", first)
        changes = {name: self._resolve(change, own_id) for name, change in changes.items()}
        changes["id"] = own_id
        insert = SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s p, generate_series(1, %s) n WHERE p.id = %s",
            table,
            SQL(", ").join(SQL.identifier(name) for name in names),
            SQL(", ").join(changes.get(name, SQL.identifier("p", name)) for name in names),
            table,
            count,
            record.id,
        )
        if count < BULK:
            self.cr.execute(insert)
        else:
            self._load(record._table, insert)
        self.cr.execute(
            SQL("SELECT setval(%s, %s)", f"{record._table}_id_seq", first + max(count, 1))
        )
        return first

    def _load(self, table, insert):
        """Insert many rows: keys of copies of good rows are not looked up again, and indexes are
        built at the end, as in any restore."""
        indexes = self.env.execute_query(
            SQL(
                """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
                    WHERE indrelid = %s::regclass AND NOT indisunique""",
                table,
            )
        )
        for name, _definition in indexes:
            self.cr.execute(SQL("DROP INDEX %s", SQL.identifier(name.strip('"'))))
        self.cr.execute("SET LOCAL session_replication_role = replica")
        self.cr.execute(insert)
        self.cr.execute("SET LOCAL session_replication_role = origin")
        for _name, definition in indexes:
            self.cr.execute(definition)

    def _resolve(self, change, own_id):
        return own_id if change.code == "id_of_copy" else change
