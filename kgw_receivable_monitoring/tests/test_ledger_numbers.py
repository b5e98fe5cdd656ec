from collections import Counter
from datetime import date

from psycopg2.errors import UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import KgwCommon

# Each shape is filled with the parts of one document. Month and year are those of the number,
# whatever the date of issue: creditors correct, post-date and number by warehouses.
SHAPES = (
    # number/month/year, the commonest of all, and its orders
    "{n}/{m}/{y}",
    "{n}/{m}/{yy}",
    "{n}/{y}",
    "{n}/{yy}",
    "{n}/{y}/{m}",
    "{y}/{m}/{n}",
    "{y}/{n}",
    "{m}/{y}/{n}",
    "{m}/{n}/{y}",
    "{n}-{m}-{y}",
    "{n}.{m}.{y}",
    "{n}_{m}_{y}",
    "{n}\\{m}\\{y}",
    "{n} {m} {y}",
    "{n}/{r}/{y}",
    "{n}/{r}/{yy}",
    "{n}/{r}",
    "{r}/{n}/{y}",
    "{n:04d}/{m}/{y}",
    "{n:06d}/{y}",
    # with the letters of the kind of document
    "FV {n}/{m}/{y}",
    "FV/{n}/{m}/{y}",
    "FV/{y}/{m}/{n:04d}",
    "FV-{n}/{y}",
    "FV{n}/{yy}",
    "FVS/{n}/{y}",
    "FS {n}/{y}",
    "FS-{n}/{m}/{yy}",
    "F/{n}/{m}/{y}",
    "F-{y}-{m}-{n}",
    "F{y}{m}{n:03d}",
    "FA/{n}/{m}/{y}",
    "FA {n}/{y}/KR",
    "FVAT/{n}/{m}/{y}",
    "FAKTURA {n}/{m}/{y}",
    "Faktura VAT nr {n}/{y}",
    "RACH/{n}/{y}",
    "FZ/{n}/{m}/{y}",
    "FE/{y}/{n}",
    "PRO/{n}/{y}",
    # with warehouse, branch, seller, register
    "{n}/MAG/{m}/{yy}",
    "{n}/K/{r}",
    "{n}/KR/{y}",
    "FV/{n}/KRK/{m}/{y}",
    "S{n}/M1/{m}/{y}",
    "FS-{n}/{yy}/WAW",
    "{n}/SKLEP/{y}",
    "FV {n}/O.Gdańsk/{y}",
    "(S)FS-{n}/MAG/{m}/{y}",
    "FA#{n}/{y}",
    # plain numbers, with and without leading zeros
    "{n}",
    "{n:07d}",
    "A{n}",
    "A\\{n}",
    "A-{n:05d}",
    "{y}{m}{n:04d}",
    "{y}{n:06d}",
    "{n:010d}{y}",
    "NR {n}",
    "№ {n}",
)
PARTS = (
    {"n": 12, "m": "11", "y": 2026, "yy": "26", "r": "XI"},
    {"n": 9999, "m": "02", "y": 2025, "yy": "25", "r": "II"},
    {"n": 1, "m": "7", "y": 2031, "yy": "31", "r": "VII"},
)
LITERALS = (
    "12/11/2026",
    "FV 9999/11/2026",
    "77",
    "FV/2026/11/0001",
    "1/MAG/11/26",
    "F-2026-11-15",
    "0001234/K/XI",
    "A\\12",
    "FS/13/13/2026",
    "FV 31/02/2026",
    "00/00/0000",
    "2026",
    "1999/2/2/2",
    "123456789012345678901234567890",
    "2147483648",
    "9999999999/2026",
    "FV/99999999999999999999/11/2026",
    "12/11/2026 KOREKTA",
    "żółta/ŁÓDŹ/12",
    "  12 / 11 / 2026".strip(),
    "FV (12) [11] {2026}",
    "12%/11%d/%s",
    "100%",
    "FV'12\"/26",
    "<b>12</b>/26",
    "12/11/2026/12/11/2026",
    "---",
    "/",
    "FV",
    "x" * 60,
    "FV 12/XI/2026/PL",
    "PL-12-2026-11-30",
    "20261130",
    "30112026",
    "2026-11-30",
    "30.11.2026",
    "1e5",
    "0x1F",
    "-12",
    "+12/2026",
    "12,5/2026",
    "FV:12;2026",
    "FV\u00a012/2026",
    "FV\u201312/2026",
)
# None of the months and years that stand in the shapes, but for the first year.
DATES = (date(2026, 9, 30), date(2024, 2, 29), date(2027, 12, 31))


def get_table():
    """Return the numbers of the table: shapes filled with their parts, then single cases."""
    filled = [shape.format(**parts) for shape in SHAPES for parts in PARTS]
    return tuple(dict.fromkeys([*filled, *LITERALS]))


@tagged("post_install", "-at_install", "kgw")
class TestLedgerNumbers(KgwCommon):
    """The creditor's number is data: whatever it looks like, it is posted as it is."""

    def _book(self, documents):
        partner = self.env["res.partner"].create(
            {"name": "Odbiorca", "kgw_mandate_id": self.mandate.id}
        )
        return self.env["kgw.ledger"]._book_invoices(
            self.mandate, documents, [partner] * len(documents)
        )

    def _book_table(self, numbers, issued):
        return self._book([self._document(number, issued=issued) for number in numbers])

    def test_invoice_and_its_items_bear_the_creditors_number(self):
        move = self._watch(self._document("FV 7/09/2026")).move_id
        self.assertEqual(move.payment_reference, "FV 7/09/2026")
        self.assertEqual(set(move.line_ids.mapped("name")), {"FV 7/09/2026"})
        self.assertEqual(set(move.line_ids.mapped("move_name")), {move.name})
        self.assertEqual(set(move.line_ids.mapped("date")), {move.date})
        self.assertEqual(set(move.line_ids.mapped("parent_state")), {"posted"})
        self.assertEqual(set(move.line_ids.mapped("ref")), {move.ref})
        self.assertEqual(set(move.line_ids.mapped("invoice_date")), {move.invoice_date})

    def test_counterparty_is_no_customer_of_the_agency(self):
        move = self._watch(self._document()).move_id
        self.assertEqual(move.partner_id.customer_rank, 0)
        self.env["res.partner"].browse(move.partner_id.id)._increase_rank("supplier_rank")
        self.assertEqual(move.partner_id.supplier_rank, 0)

    def test_table_holds_at_least_200_different_numbers(self):
        self.assertGreaterEqual(len(get_table()), 200)

    def test_numbers_of_another_month_and_year_post_unchanged(self):
        numbers = get_table()
        for issued, suffix in zip(DATES, ("", " (2024)", " (2027)"), strict=True):
            with self.subTest(issued=issued):
                moves = self._book_table(numbers, issued)
                self.env.flush_all()
                self.assertEqual(
                    moves.mapped("name"), [f"A {number}{suffix}" for number in numbers]
                )
                self.assertEqual(moves.mapped("kgw_number"), list(numbers))
                self.assertEqual(Counter(moves.mapped("state")), {"posted": len(numbers)})
                self.assertEqual(set(moves.mapped("invoice_date")), {issued})
                self.assertEqual(set(moves.mapped("made_sequence_gap")), {False})
                self.assertEqual(moves.mapped("kgw_display_number"), list(numbers))

    def test_number_in_two_years_gets_the_year_into_the_name(self):
        moves = self._book(
            [
                self._document("77", issued=date(2026, 3, 2)),
                self._document("77", issued=date(2027, 3, 2)),
                self._document("77", issued=date(2027, 4, 2)),
            ]
        )
        self.assertEqual(moves.mapped("name"), ["A 77", "A 77 (2027)", "A 77 (2027-04-02)"])
        self.assertEqual(moves.mapped("kgw_number"), ["77", "77", "77"])

    def test_number_taken_by_an_earlier_batch_gets_the_year_into_the_name(self):
        self._book([self._document("77", issued=date(2026, 3, 2))])
        later = self._book([self._document("77", issued=date(2027, 3, 2))])
        self.assertEqual(later.name, "A 77 (2027)")

    def test_same_number_of_two_mandates_stands_side_by_side(self):
        other = self._create_mandate(
            "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
        )
        mine = self._watch(self._document("77"))
        theirs = self._watch(self._document("77"), mandate=other)
        self.assertEqual((mine.move_id.name, theirs.move_id.name), ("A 77", "B 77"))

    def test_same_number_and_date_again_is_refused_by_the_database(self):
        self._book([self._document("77", issued=date(2026, 3, 2))])
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            with self.env.cr.savepoint():
                self._book([self._document("77", issued=date(2026, 3, 2))])
                self.env.flush_all()

    def test_gap_in_the_creditors_numbers_marks_nothing(self):
        moves = self._book([self._document(f"{n}/2026") for n in (1, 2, 9)])
        moves.invalidate_recordset()
        self.assertFalse(any(moves.mapped("made_sequence_gap")))
        self.assertFalse(self.journal.has_sequence_holes)
