import io
import logging
import sys
from unittest.mock import patch

from pypdf import PdfReader

from odoo.tests.common import TransactionCase

from ..tools import pdf, text

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
AGENCY = "Kancelaria Przykładowa sp. z o.o."


def _read(document):
    return PdfReader(io.BytesIO(document))


def _text_of(document):
    return [page.extract_text().replace("\u00a0", " ") for page in _read(document).pages]


class TestPdf(TransactionCase):
    def _make(self, body, css="", **options):
        page = f'<!DOCTYPE html><html lang="pl"><body>{body}</body></html>'
        options = {"title": "Marka", "author": "Marka", "lang": "pl_PL", **options}
        return pdf.html_to_pdf(page, css, **options)

    def test_polish_letters_come_out_as_text_in_embedded_fonts(self):
        document = self._make("<p>Zażółć gęślą jaźń – ŻÓŁĆ 12 zł</p>")
        self.assertIn("Zażółć gęślą jaźń – ŻÓŁĆ 12 zł", _text_of(document)[0])
        fonts = _read(document).pages[0]["/Resources"]["/Font"].values()
        for font in fonts:
            descriptor = font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]
            self.assertTrue({"/FontFile2", "/FontFile3"} & set(descriptor))

    def test_document_is_pdf_a_3b_with_the_brand_as_title_and_author(self):
        reader = _read(self._make("<p>x</p>", title="Marka Ż", author="Marka Ź"))
        metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
        self.assertIn('pdfaid:part="3"', metadata)
        self.assertIn('pdfaid:conformance="B"', metadata)
        self.assertIn("/OutputIntents", reader.trailer["/Root"])
        self.assertEqual((reader.metadata.title, reader.metadata.author), ("Marka Ż", "Marka Ź"))
        self.assertEqual(reader.trailer["/Root"]["/Lang"], "pl-PL")

    def test_same_page_gives_the_same_bytes(self):
        body = f'<p>Ta sama treść</p><img src="{PIXEL}">'
        self.assertEqual(self._make(body), self._make(body))
        self.assertNotEqual(self._make(body), self._make(body + "."))

    def test_anything_from_outside_stops_the_page(self):
        wanted = (
            '<img src="file:///etc/hostname">',
            '<img src="http://127.0.0.1:9/x.png">',
            '<img src="https://example.com/x.png">',
            '<link rel="stylesheet" href="file:///x.css">',
            '<style>@import "http://127.0.0.1:9/x.css"</style>',
            '<p style="background: url(ftp://example.com/x)">x</p>',
            '<object data="file:///etc/hostname"></object>',
            "<style>@font-face{font-family:X;src:url(file:///x)}p{font-family:X}</style><p>x</p>",
        )
        for body in wanted:
            with self.subTest(body=body), self.assertLogs("weasyprint"):
                with self.assertRaises(pdf.PdfError) as caught:
                    self._make(body)
                self.assertEqual(caught.exception.code, "foreign")

    def test_picture_inside_the_page_is_drawn(self):
        document = self._make(f'<img src="{PIXEL}">')
        self.assertEqual(len(_read(document).pages[0].images), 1)

    def test_missing_library_says_what_to_install(self):
        with (
            patch.dict(sys.modules, {"weasyprint": None}),
            self.assertRaises(pdf.PdfError) as caught,
        ):
            self._make("<p>x</p>")
        self.assertEqual(caught.exception.code, "missing")
        self.assertIn("pip install weasyprint", caught.exception.detail)

    def test_short_words_never_end_a_polish_line(self):
        document = self._make("<p title='a b'>w domu i z psem, dnia 2 maja 2026 r. A&amp;w b</p>")
        raw = _read(document).pages[0].extract_text()
        self.assertIn("w\u00a0domu i\u00a0z\u00a0psem, dnia 2\u00a0maja 2026\u00a0r. A&w b", raw)
        english = self._make("<p>a dog i saw</p>", lang="en_US")
        self.assertIn("a dog i saw", _read(english).pages[0].extract_text())

    def test_merged_parts_keep_order_and_pages(self):
        two = self._make('<p>Drugi</p><p style="break-before: page">Trzeci</p>')
        merged = pdf.merge([self._make("<p>Pierwszy</p>"), two])
        pages = [page.strip() for page in _text_of(merged)]
        self.assertEqual(pages, ["Pierwszy", "Drugi", "Trzeci"])

    def test_broken_part_is_named(self):
        with self.assertLogs("pypdf"), self.assertRaises(pdf.PdfError) as caught:
            pdf.merge([self._make("<p>x</p>"), b"not a pdf"])
        self.assertEqual(caught.exception.code, "broken")
        self.assertIn("2", caught.exception.detail)

    def test_loggers_are_quiet_while_a_page_is_made_and_as_before_afterwards(self):
        logger = logging.getLogger("fontTools")
        before = logger.level
        self.addCleanup(logger.setLevel, before)
        logger.setLevel(logging.DEBUG)
        with self.assertNoLogs("fontTools.subset", "INFO"):
            self._make("<p>Zażółć</p>")
        self.assertEqual(logger.level, logging.DEBUG)

    def test_inner_quiet_does_not_end_the_outer_one(self):
        logger = logging.getLogger("fontTools")
        before = logger.level
        with pdf._quiet():
            with pdf._quiet():
                pass
            self.assertEqual(logger.level, logging.WARNING)
        self.assertEqual(logger.level, before)


class TestLetterDocument(TransactionCase):
    """The sheet around a text, as the printer gets it."""

    def _letter(self, **changes):
        brand = {**text.SAMPLE_VALUES["brand"], "logo": PIXEL}
        return {
            "lang": "pl_PL",
            "brand": brand,
            "place_date": "Kraków, 21 listopada 2026 r.",
            "recipient_lines": [{"line": "Budmax <Józef>"}, {"line": "30-001 Kraków"}],
            "case_number": "KGW/2026/00123",
            "subject": "Wezwanie do zapłaty",
            "body": text.render_html("<p>Treść {{ total }}</p>", text.SAMPLE_VALUES),
            "is_registered": True,
            "footer": "KRS 0000123456",
            **changes,
        }

    def _html(self, **changes):
        letter = self._letter(**changes)
        return str(
            self.env["ir.qweb"]._render(
                "kgw_receivable_monitoring.letter_document",
                {"letter": letter},
            )
        )

    def _draw(self, **changes):
        letter = self._letter(**changes)
        name = letter["brand"]["name"]
        return pdf.html_to_pdf(self._html(**changes), pdf.letter_css(), name, name, letter["lang"])

    def test_sheet_carries_every_part_and_escapes_them(self):
        [page] = _text_of(self._draw())
        for part in (
            AGENCY,
            "Budmax <Józef>",
            "30-001 Kraków",
            "Kraków, 21 listopada 2026 r.",
            "Nr sprawy: KGW/2026/00123",
            "List polecony",
            "Wezwanie do zapłaty",
            "Treść 10 000,00 zł",
            "KRS 0000123456",
            "Strona 1 z 1",
        ):
            self.assertIn(part, page)

    def test_following_pages_repeat_case_number_and_table_head(self):
        rows = "<tr><td>wiersz</td></tr>" * 120
        head = "<thead><tr><th>NAGŁÓWEK</th></tr></thead>"
        body = text.render_html(f'<table class="kgw-items">{head}{rows}</table>', {})
        pages = _text_of(self._draw(body=body))
        self.assertGreater(len(pages), 2)
        for number, page in enumerate(pages, start=1):
            self.assertIn(f"Strona {number} z {len(pages)}", page)
            self.assertIn("NAGŁÓWEK", page)
            self.assertEqual("Sprawa KGW/2026/00123" in page, number > 1)

    def test_english_letter_has_no_polish_word_of_the_sheet(self):
        [page] = _text_of(self._draw(lang="en_US", is_registered=False, footer=""))
        self.assertIn("Page 1 of 1", page)
        self.assertIn("Our reference: KGW/2026/00123", page)
        for word in ("Strona", "Sprawa", "Nr sprawy"):
            self.assertNotIn(word, page)

    def test_only_the_address_stands_in_the_window(self):
        """Window of a DL or C5 envelope, as letter.css works it out (millimetres from top left)."""
        inside = []

        def visit(fragment, page, place, _font, _size):
            left = (place[4] * page[0] + place[5] * page[2] + page[4]) / 72 * 25.4
            top = 297 - (place[4] * page[1] + place[5] * page[3] + page[5]) / 72 * 25.4
            if fragment.strip() and 39 < top < 102 and left > 100:
                inside.append((fragment.strip(), left, top))

        _read(self._draw()).pages[0].extract_text(visitor_text=visit)
        self.assertEqual([line for line, _x, _y in inside], ["Budmax <Józef>", "30-001 Kraków"])
        for _line, left, top in inside:
            self.assertTrue(119 <= left <= 190 and 57 <= top <= 84, (left, top))

    def test_white_label_document_names_the_agency_nowhere(self):
        absent = dict.fromkeys(("website", "address", "phone", "nip", "logo"), "")
        brand = {"name": "Hurtownia Żelazo", "email": "z@zelazo.example", **absent}
        document = self._draw(brand=brand)
        everything = "".join(_text_of(document)) + str(_read(document).metadata)
        metadata = _read(document).trailer["/Root"]["/Metadata"].get_data().decode()
        self.assertIn("Hurtownia Żelazo", everything)
        for trace in ("Kancelaria", "kancelaria", "Odoo"):
            self.assertNotIn(trace, everything + metadata)
