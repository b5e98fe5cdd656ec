import io
import zipfile
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_import import HEADER, ImportCase

KOR_HEADER = f"{HEADER};Numer faktury korygowanej"


def pack(files):
    """Return a ZIP of ``{name: content}``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@tagged("post_install", "-at_install", "kgw")
class TestImportMany(ImportCase):
    """Many files at once, ZIPs, corrections and changed invoices."""

    def _csv(self, *rows):
        return "\r\n".join([HEADER, *rows, ""]).encode()

    def test_damaged_xml_is_told_with_its_line_and_no_word_of_the_library(self):
        record = self._hand_over_bytes(
            b"<?xml version='1.0'?>\n<Faktura>\n<b></Faktura>", filename="x.xml"
        )
        record.action_preview()
        self.assertRegex(record.message, "can't be read from line 3 on. Export it anew")
        self.assertNotIn("mismatch", record.message)

    def test_many_files_and_a_zip_are_one_hand_over(self):
        record = self._hand_over_bytes(
            pack({"a/1.csv": self._csv(self._row("Z/1")), "b/1.csv": self._csv(self._row("Z/2"))}),
            filename="paczka.zip",
            attachment_ids=[
                (0, 0, {"name": "luzem.csv", "raw": self._csv(self._row("L/1", currency="EUR"))})
            ],
        )
        record.action_preview()
        self.assertEqual(
            record.line_ids.mapped("file_name"),
            ["paczka.zip/a/1.csv", "paczka.zip/b/1.csv", "luzem.csv"],
        )
        self.assertEqual(record.new_count, 3)
        self.assertIn("EUR", record.totals)
        self.assertIn("3", record.totals)
        self._take(record)
        self.assertEqual(len(self._get_moves()), 3)
        self.assertEqual(self._get_moves().kgw_import_id, record)

    def test_bad_file_of_a_zip_costs_only_itself(self):
        record = self._hand_over_bytes(
            pack(
                {
                    "ok.csv": self._csv(self._row("Z/1")),
                    "../zly.csv": self._csv(self._row("Z/2")),
                    "w.zip": pack({"x.csv": self._csv(self._row("Z/3"))}),
                    "zepsuty.xml": b"<Faktura><a></Faktura>",
                }
            ),
            filename="p.zip",
        )
        record.action_preview()
        states = {row.file_name: row.state for row in record.line_ids}
        self.assertEqual(
            states,
            {
                "p.zip/ok.csv": "new",
                "p.zip/../zly.csv": "refused",
                "p.zip/w.zip": "refused",
                "p.zip/zepsuty.xml": "refused",
            },
        )
        self.assertTrue(all(r.message for r in record.line_ids if r.state == "refused"))

    def test_zip_bomb_is_refused_whole(self):
        record = self._hand_over_bytes(pack({"b.csv": b"a" * 9_000_000}), filename="b.zip")
        record.with_context(lang="en_US").action_preview()
        self.assertEqual(record.state, "refused")
        self.assertIn("safety", record.message)

    def test_document_twice_in_one_hand_over_is_taken_once(self):
        record = self._hand_over_bytes(
            pack(
                {
                    "1.csv": self._csv(self._row("Z/1")),
                    "2.csv": self._csv(self._row("Z/1")),
                    "3.csv": self._csv(self._row("Z/1", amount="7,00")),
                }
            ),
            filename="p.zip",
        )
        record.action_preview()
        self.assertEqual(record.line_ids.mapped("state"), ["new", "known", "refused"])

    # === CHANGED === #

    def test_other_content_is_shown_and_kept_until_a_person_decides(self):
        self._take(self._hand_over(self._row("F/1")))
        record = self._hand_over(self._row("F/1", amount="1 000,00"))
        record.action_preview()
        row = record.line_ids
        self.assertEqual((row.state, row.known_amount, row.amount), ("changed", 1845, 1000))
        self._take(record)
        self.assertEqual(self._get_receivables("F/1").amount_residual, 1845)
        self.assertEqual(record.line_ids.state, "changed")

    def test_new_content_is_taken_in_place_with_its_payments(self):
        self._take(self._hand_over(self._row("F/1", paid="345,00")))
        receivable = self._get_receivables("F/1")
        record = self._hand_over(self._row("F/1", amount="1 000,00", due="15.09.2026"))
        record.action_preview()
        record.line_ids.action_take_new()
        self._take(record)
        self.assertEqual(self._get_receivables("F/1"), receivable)
        self.assertEqual(receivable.amount_residual, 655)
        self.assertEqual(receivable.date_maturity, date(2026, 9, 15))
        self.assertEqual(receivable.kgw_effective_due, date(2026, 9, 15))
        self.assertEqual(receivable.kgw_course, 1)
        events = self.env["kgw.event"].search([("move_id", "=", receivable.move_id.id)])
        self.assertEqual(events.mapped("kind").count("payment"), 1)
        self.assertIn("corrected", events.mapped("kind"))
        self.assertEqual(record.line_ids.state, "done")

    def test_old_content_is_kept_when_a_person_says_so(self):
        self._take(self._hand_over(self._row("F/1")))
        record = self._hand_over(self._row("F/1", amount="1 000,00"))
        record.action_preview()
        record.line_ids.action_keep_old()
        self._take(record)
        self.assertEqual(self._get_receivables("F/1").amount_residual, 1845)
        with self.assertRaises(UserError):
            record.line_ids.action_take_new()

    def test_invoice_of_another_buyer_or_currency_can_not_be_restated(self):
        self._take(self._hand_over(self._row("F/1")))
        for changes in ({"nip": "9991020125"}, {"currency": "EUR"}):
            record = self._hand_over(self._row("F/1", **changes))
            record.action_preview()
            with self.subTest(changes=changes):
                self.assertEqual(record.line_ids.state, "changed")
                self.assertFalse(record.line_ids.can_restate)
                self.assertIn("take back the import", record.line_ids.message)

    # === CORRECTIONS === #

    def _kor(self, number, amount, corrected):
        return f"{self._row(number, amount=amount)};{corrected}"

    def test_lower_correction_is_a_credit_note_on_its_invoice(self):
        # the correction stands before its invoice
        record = self._hand_over(
            self._kor("K/1", "-845,00", "F/1"), self._kor("F/1", "1 845,00", ""), header=KOR_HEADER
        )
        record.action_preview()
        self.assertEqual(record.line_ids.mapped("state"), ["new", "new"])
        self._take(record)
        receivable = self._get_receivables("F/1")
        self.assertEqual((receivable.amount_residual, receivable.balance), (1000, 1845))
        credit = self._get_moves().filtered(lambda m: m.move_type == "out_refund")
        self.assertEqual(
            (credit.kgw_number, credit.amount_total, credit.amount_residual), ("K/1", 845, 0)
        )
        self.assertEqual(credit.kgw_corrected_ids, receivable.move_id)
        again = self._hand_over(self._kor("K/1", "-845,00", "F/1"), header=KOR_HEADER)
        again.action_preview()
        self.assertEqual(again.line_ids.state, "known")

    def test_correction_to_zero_closes_the_invoice_and_tells_what_is_left(self):
        self._take(self._hand_over(self._row("F/1")))
        record = self._hand_over(self._kor("K/1", "-2 000,00", "F/1"), header=KOR_HEADER)
        self._take(record.with_context(lang="en_US"))
        self.assertEqual(self._get_receivables("F/1").kgw_stage, "closed")
        self.assertIn("155", record.line_ids.message)

    def test_raising_correction_is_watched_as_an_invoice_of_its_own(self):
        self._take(self._hand_over(self._row("F/1")))
        self._take(self._hand_over(self._kor("K/1", "100,00", "F/1"), header=KOR_HEADER))
        self.assertEqual(self._get_receivables("K/1").amount_residual, 100)
        self.assertEqual(self._get_receivables("K/1").kgw_stage, "before_due")

    def test_correction_of_an_unknown_invoice_is_refused_with_its_number(self):
        for corrected in ("F/99", ""):
            record = self._hand_over(self._kor("K/1", "-10,00", corrected), header=KOR_HEADER)
            record.action_preview()
            with self.subTest(corrected=corrected):
                self.assertEqual(record.line_ids.state, "refused")
                self.assertIn(corrected, record.line_ids.message)

    # === TABLES === #

    def test_correction_for_another_buyer_is_refused(self):
        self._take(self._hand_over(self._row("F/1")))
        row = f"{self._row('K/1', amount='-45,00', nip='9991010109')};F/1"
        record = self._take(self._hand_over(row, header=KOR_HEADER))
        self.assertEqual(record.line_ids.state, "refused")
        self.assertIn("9991010026", record.line_ids.message)
        self.assertEqual(self._get_receivables("F/1").amount_residual, 1845)

    def test_columns_mapped_once_are_read_ever_after(self):
        header = "Faktura VAT;Z dnia;Zapłacić do;Do zapłacenia;Firma"
        row = "{};25.08.2026;08.09.2026;12,50;Budmax sp. z o.o."
        record = self._hand_over(row.format("M/1"), header=header)
        record.action_preview()
        self.assertEqual(record.state, "refused")
        action = record.action_name_columns()
        columns = self.env["kgw.import.column"].search(action["domain"])
        self.assertEqual([(c.heading, c.sample) for c in columns][0], ("Faktura VAT", "M/1"))
        names = ("number", "issue_date", "due_date", "to_pay", "buyer_name")
        for column, name in zip(columns, names, strict=True):
            column.with_user(self.manager).field = name
        self._take(record)
        self._take(self._hand_over(row.format("M/2"), header=header))
        self.assertEqual(self._get_moves().mapped("amount_residual"), [12.5, 12.5])

    # === STAMP AND COUNTERPARTY === #

    def test_stamped_invoice_is_marked(self):
        self.mandate.stamp_code = "MONITORING KGW"
        header = f"{HEADER};Uwagi"
        self._take(
            self._hand_over(
                f"{self._row('S/1')};Faktura objęta: monitoring kgw",
                f"{self._row('S/2')};bez",
                header=header,
            )
        )
        moves = {move.kgw_number: move.kgw_stamp_code for move in self._get_moves()}
        self.assertEqual(moves, {"S/1": "MONITORING KGW", "S/2": False})

    def test_counterparty_is_told_by_nip_then_number_then_name_and_address(self):
        def match(**values):
            party = self._party(**{"zip": "30-001", "street": "ul. Polna 1", **values})
            return self.env["kgw.counterparty"]._match(self.mandate, [party])[0]

        first = match(name="Budmax", nip="9991010026", number="K7")
        self.assertEqual(match(name="Budmax po zmianie", nip="9991010026"), first)
        self.assertEqual(match(name="BUDMAX", number="K7"), first)
        self.assertEqual(match(name="budmax"), first)
        self.assertNotEqual(match(name="Budmax", street="ul. Inna 2"), first)
        self.assertNotEqual(match(name="Budmax", nip="9991020013", number="K7"), first)
        twins = self.env["kgw.counterparty"]._match(
            self.mandate, [self._party("Nowy"), self._party("Nowy")]
        )
        self.assertEqual(twins[0], twins[1])
