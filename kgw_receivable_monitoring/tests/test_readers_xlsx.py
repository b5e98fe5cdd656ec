import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

from openpyxl import Workbook

from ..tools import readers
from .readers_common import ReaderCase

HEADING = ("Nr faktury", "Data wystawienia", "Termin płatności", "Kwota brutto", "NIP", "Nabywca")


def make_xlsx(*rows, sheets=()):
    """Return a workbook: the rows on its last sheet, after sheets of one cell."""
    book = Workbook()
    for title in sheets:
        book.active.title = title
        book.active.append([title])
        book.create_sheet("Faktury")
    for row in rows:
        book[book.sheetnames[-1]].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class TestXlsx(ReaderCase):
    def test_typed_cells_are_read_as_a_polish_list(self):
        row = ("FV 1", datetime(2026, 10, 1), date(2026, 10, 15), 1234.5, 5265877635, "Alfa S.A.")
        content = make_xlsx(["Zestawienie"], HEADING, row, ["Razem", None, None, 1234.5])
        result = readers.read(content, "x.xlsx")
        self.assertEqual((result.format, len(result.documents)), ("xlsx_invoices", 1))
        found = result.documents[0]
        self.assertEqual((found.line, found.number, found.buyer.nip), (3, "FV 1", "5265877635"))
        self.assertEqual((found.gross, found.issue_date), (Decimal("1234.50"), date(2026, 10, 1)))
        self.assertEqual(self._get_instalments(found), [("2026-10-15", "1234.50")])

    def test_text_cells_and_a_later_sheet_are_read(self):
        row = ("FV 1", "01.10.2026", "15.10.2026", "1 234,56 zł", "526-58-77-635", "Alfa S.A.")
        found = readers.read(make_xlsx(HEADING, row, sheets=("Opis",)), "").documents[0]
        self.assertEqual((found.gross, found.currency), (Decimal("1234.56"), "PLN"))

    def test_list_of_goods_is_one_invoice_a_number(self):
        heading = (*HEADING[:2], "Cena brutto faktury łącznie", "NIP", "Nabywca", "Tytuł pozycji")
        rows = [
            ("FV 1", "2026-10-01", 300, "", "Alfa", "Czynsz"),
            ("FV 1", "2026-10-01", 300, "", "Alfa", "Media"),
            ("FV 2", "2026-10-01", 100, "", "Alfa", "Czynsz"),
            ("FV 2", "2026-10-01", 101, "", "Alfa", "Media"),
        ]
        result = readers.read(make_xlsx(heading, *rows), "x.xlsx")
        self.assertEqual([d.gross for d in result.documents], [300, 100])
        self.assertEqual([(p.line, p.code) for p in result.problems], [(5, "duplicate_row")])
        self.assertTrue(result.documents[0].due_derived)

    def test_headings_mapped_by_hand_come_first(self):
        heading = ("Faktura", "Z dnia", "Zapłacić do", "Kwota", "Kwota do ściągnięcia", "Firma")
        row = ("FV 1", "2026-10-01", "2026-10-15", "100", "60", "Alfa")
        columns = {
            "Faktura": "number",
            "Z dnia": "issue_date",
            "Zapłacić do": "due_date",
            "Kwota do ściągnięcia": "open",
            "Firma": "buyer_name",
        }
        content = make_xlsx(heading, row)
        self.assertEqual(readers.describe(content)[0], ("Faktura", "FV 1"))
        found = readers.read(content, "x.xlsx", columns).documents[0]
        self.assertEqual((found.gross, found.residual), (100, 60))

    def test_unsafe_or_damaged_workbook_is_refused(self):
        good = make_xlsx(HEADING)
        with zipfile.ZipFile(io.BytesIO(good)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sheet = "xl/worksheets/sheet1.xml"
        for code, detail, content in (
            (
                "xml_doctype",
                "",
                b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + parts[sheet],
            ),
            ("xlsx_damaged", "", b"<a>"),
            ("zip_bomb", "XLSX", bytes(5_000_000)),
        ):
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, part in {**parts, sheet: content}.items():
                    archive.writestr(name, part)
            with self.subTest(code=code):
                self._assert_unreadable(stream.getvalue(), code, detail)
