import base64
from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.misc import file_open
from odoo.tools.translate import TranslationModuleReader

from ..tools.readers import FIELD_LABELS, PROBLEM_CODES, Instalment
from .common import DUE, MODULE, KgwCommon

DAY = date(2026, 9, 1)
HEADER = (
    "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Zapłacono;Waluta;NIP;"
    "Nazwa kontrahenta;E-mail"
)
ROW = "{number};{issued};{due};{amount};{paid};{currency};{nip};{name};ksiegowosc@budmax.example"


class ImportCase(KgwCommon):
    """Files handed over by the manager, who has no accounting rights."""

    def _read_ksef_file(self):
        folder = f"{MODULE}/demo/files/zielony_ogrod"
        with file_open(f"{folder}/9991020013-20261005-0100A1B2C300-47.xml", "rb") as handle:
            return handle.read()

    def _row(
        self,
        number="12/11/2026",
        issued="25.08.2026",
        due="08.09.2026",
        amount="1 845,00",
        paid="",
        currency="PLN",
        nip="9991010026",
        name="Budmax sp. z o.o.",
    ):
        return ROW.format(
            number=number,
            issued=issued,
            due=due,
            amount=amount,
            paid=paid,
            currency=currency,
            nip=nip,
            name=name,
        )

    def _hand_over(self, *rows, header=HEADER, mandate=None, **values):
        data = "\r\n".join([header, *rows, ""]).encode("cp1250")
        return self._hand_over_bytes(data, mandate=mandate, **values)

    def _hand_over_bytes(self, data, mandate=None, filename="plik.csv", **values):
        return (
            self.env["kgw.import"]
            .with_user(self.manager)
            .create(
                {
                    "mandate_id": (mandate or self.mandate).id,
                    "filename": filename,
                    "file": base64.b64encode(data),
                    **values,
                }
            )
        )

    def _hand_over_payments(self, *rows, **values):
        return self._hand_over(
            *rows, header="data_wplaty;numer_faktury;kwota;waluta", content="payments", **values
        )

    def _take(self, record, day=DAY):
        record._take(day, self._at(day, 6))
        return record

    def _get_moves(self, mandate=None):
        return self.env["account.move"].search(
            [("kgw_mandate_id", "=", (mandate or self.mandate).id)]
        )

    def _get_receivables(self, number):
        return (
            self._get_moves()
            .filtered(lambda m: m.kgw_number == number)
            .line_ids.filtered("kgw_case_id")
            .sorted("date_maturity")
        )

    def _count_all(self):
        """Count what a hand-over may write outside its own rows."""
        return {
            model: self.env[model].sudo().with_context(active_test=True).search_count([])
            for model in (
                "account.move",
                "res.partner",
                "kgw.case",
                "kgw.contact.point",
                "kgw.event",
                "kgw.reminder",
                "account.partial.reconcile",
                "res.currency",
            )
        }


@tagged("post_install", "-at_install", "kgw")
class TestImportInvoices(ImportCase):
    def test_known_number_of_another_day_is_taken_with_a_warning(self):
        self._watch(self._document("FV 7/09/2026", due=DUE, issued=DUE - timedelta(days=14)))
        books = self.env["kgw.import.known"]
        again = self._document("FV 7/09/2026", due=DUE, issued=DUE - timedelta(days=10))
        state, message, _move = books._judge(
            self.mandate, books._read(self.mandate, [again]), again
        )
        self.assertEqual(state, "new")
        self.assertIn("asked for twice", message)
        other = self._document("FV 8/09/2026", due=DUE)
        known = books._read(self.mandate, [other])
        self.assertEqual(books._judge(self.mandate, known, other)[:2], ("new", ""))

    def test_known_buyer_is_told_by_the_name_under_which_it_is_watched(self):
        buyer = self._party("Dekarz-Bud sp. z o.o.", nip="9991010026")
        self._watch(self._document("FV 7/09/2026", buyer=buyer))
        again = self._party("DEKARZ BUD", nip="9991010026")
        stranger = self._party("Nowy", nip="9991010121")
        names = self.env["kgw.counterparty"]._get_names(self.mandate, [again, stranger])
        self.assertEqual(names, ["Dekarz-Bud sp. z o.o.", ""])

    def test_preview_writes_nothing_but_rows(self):
        before = self._count_all()
        record = self._hand_over(self._row(), self._row("13/11/2026", currency="CHF"))
        record.action_preview()
        self.assertEqual((record.state, record.new_count), ("preview", 2))
        self.assertEqual(record.line_ids.mapped("number"), ["12/11/2026", "13/11/2026"])
        self.assertEqual(record.line_ids.currency_id.mapped("name"), ["PLN", "CHF"])
        self.assertEqual(self._count_all(), before)

    def test_take_books_and_watches_each_row(self):
        record = self._take(self._hand_over(self._row(), self._row("13/11/2026", amount="100,00")))
        self.assertEqual(
            (record.state, record.line_ids.mapped("state")), ("done", ["done", "done"])
        )
        moves = self._get_moves().sorted("kgw_number")
        self.assertEqual(moves.mapped("amount_residual"), [1845, 100])
        self.assertEqual(record.sudo().line_ids.move_id, moves)
        receivable = self._get_receivables("12/11/2026")
        self.assertEqual(receivable.kgw_stage, "before_due")
        self.assertEqual(receivable.kgw_entered_on, DAY)
        self.assertEqual(
            receivable.kgw_case_id.contact_point_ids.filtered(lambda p: p.kind == "email").value,
            "ksiegowosc@budmax.example",
        )

    def test_same_file_again_is_known_and_changes_nothing(self):
        rows = self._row(), self._row("13/11/2026", amount="100,00")
        self._take(self._hand_over(*rows))
        before = self._count_all()
        again = self._hand_over(*rows)
        again.action_preview()
        self.assertEqual((again.new_count, again.known_count), (0, 2))
        self._take(again)
        self.assertEqual(again.line_ids.mapped("state"), ["known", "known"])
        self.assertEqual(self._count_all(), before)

    def test_two_previews_of_the_same_rows_book_them_once(self):
        first, second = self._hand_over(self._row()), self._hand_over(self._row())
        (first | second).action_preview()
        self._take(first)
        self._take(second)
        self.assertEqual((first.line_ids.state, second.line_ids.state), ("done", "known"))
        self.assertEqual(len(self._get_moves()), 1)

    def test_one_number_of_two_years_in_one_file_is_two_invoices(self):
        record = self._take(
            self._hand_over(self._row("77"), self._row("77", issued="25.08.2025", due="08.09.2025"))
        )
        moves = record.sudo().line_ids.mapped("move_id")
        self.assertEqual(moves.mapped("invoice_date"), [date(2026, 8, 25), date(2025, 8, 25)])

    def test_refused_rows_say_line_and_what_to_do(self):
        record = self._hand_over(
            self._row("1/2026", due="32.13.2026"),
            self._row("2/2026", amount="dużo"),
            self._row("3/2026", issued=""),
            self._row("4/2026", paid="1 845,00"),
            self._row("5/2026"),
        )
        record.with_context(lang="en_US").action_preview()
        refused = record.line_ids.filtered(lambda row: row.state == "refused")
        messages = {row.line: row.message for row in refused}
        self.assertIn("Line 2: “32.13.2026” in “due date” is not a date", messages[2])
        self.assertIn("Line 3: “dużo” in “amount” is not an amount", messages[3])
        self.assertIn("The date of issue is missing", messages[4])
        self.assertIn("Nothing is owed any more", messages[5])
        self.assertEqual(record.new_count, 1)
        self._take(record)
        self.assertEqual(self._get_moves().mapped("kgw_number"), ["5/2026"])

    def test_row_with_three_faults_is_one_refused_row_with_three_sentences(self):
        record = self._hand_over(
            self._row("1/2026", due="32.13.2026", amount="dużo", issued="wczoraj"),
            self._row("2/2026"),
        )
        record.with_context(lang="en_US").action_preview()
        self.assertEqual((record.refused_count, record.new_count), (1, 1))
        [row] = record.line_ids.filtered(lambda r: r.state == "refused")
        self.assertEqual(row.line, 2)
        for words in ("32.13.2026", "dużo", "wczoraj"):
            self.assertIn(words, row.message)

    def test_unknown_currency_is_refused(self):
        record = self._hand_over(self._row(currency="QQQ"))
        record.action_preview()
        self.assertEqual(record.line_ids.state, "refused")
        self.assertIn("QQQ", record.line_ids.message)

    def test_currency_of_a_file_is_in_use_after_it_is_taken(self):
        chf = self.env.ref("base.CHF")
        chf.active = False
        self._take(self._hand_over(self._row(currency="CHF")))
        self.assertTrue(chf.active)
        self.assertEqual(self._get_moves().currency_id, chf)

    def test_mandate_that_is_not_active_takes_nothing(self):
        self.mandate.action_suspend()
        record = self._hand_over(self._row())
        record.action_preview()
        before = self._count_all()
        with self.assertRaisesRegex(UserError, "mandat|zlecen|Activate"):
            self._take(record)
        self.assertEqual(self._count_all(), before)
        self.assertEqual(record.state, "preview")

    def test_file_is_taken_once(self):
        record = self._take(self._hand_over(self._row()))
        with self.assertRaises(UserError):
            self._take(record)
        with self.assertRaises(UserError):
            record.action_preview()

    def test_unreadable_file_is_refused_with_a_sentence(self):
        for data, name in (
            (b"\x00\x01\x02", "x.bin"),
            (b"   ", "pusty.csv"),
            (b"<?xml version='1.0'?><a>", "x.xml"),
            (b"<?xml version='1.0'?><a/>", "y.xml"),
            (b"%PDF-1.7 x", "skan.pdf"),
        ):
            with self.subTest(name=name):
                record = self._hand_over_bytes(data, filename=name)
                record.action_preview()
                self.assertEqual(record.state, "refused")
                self.assertGreater(len(record.message), 15)
                self.assertNotIn("{", record.message)
                with self.assertRaisesRegex(UserError, ".{15}"):
                    self._take(record)

    def test_instalments_become_receivables_with_their_own_dates(self):
        self._take(
            self._hand_over(
                self._row("R/1", due="08.09.2026", amount="500,00"),
                self._row("R/1", due="08.10.2026", amount="300,00"),
            )
        )
        receivables = self._get_receivables("R/1")
        self.assertEqual(receivables.mapped("date_maturity"), [date(2026, 9, 8), date(2026, 10, 8)])
        self.assertEqual(receivables.mapped("amount_residual"), [500, 300])
        self.assertEqual(receivables.mapped("kgw_instalment"), [1, 2])

    def test_what_was_paid_before_the_hand_over_is_booked(self):
        self._take(self._hand_over(self._row("P/1", amount="1 000,00", paid="400,00")))
        receivable = self._get_receivables("P/1")
        self.assertEqual((receivable.balance, receivable.amount_residual), (1000, 600))
        event = self.env["kgw.event"].search(
            [("move_id", "=", receivable.move_id.id), ("kind", "=", "payment")]
        )
        self.assertEqual((event.payload["amount"], event.payload["left"]), (400, 600))

    def test_file_without_due_date_takes_the_mandates_term(self):
        self.mandate.default_term_days = 21
        document = self._document(issued=date(2026, 8, 25), instalments=(), due_derived=True)
        completed = self.env["kgw.import.reading"]._complete(self.mandate, document)
        self.assertEqual(completed.instalments, (Instalment(date(2026, 9, 15), document.residual),))

    def test_counterparty_is_found_again_within_the_mandate_only(self):
        other = self._create_mandate(
            "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
        )
        self._take(self._hand_over(self._row("1/2026")))
        self._take(self._hand_over(self._row("2/2026")))
        self._take(self._hand_over(self._row("1/2026"), mandate=other))
        mine, theirs = self._get_moves().partner_id, self._get_moves(other).partner_id
        self.assertEqual((len(mine), len(theirs)), (1, 1))
        self.assertNotEqual(mine, theirs)

    def test_taken_file_is_neither_deleted_nor_taken_again(self):
        """Its rows are the memory of what is booked: without them payments would count twice."""
        record = self._take(self._hand_over(self._row()))
        with self.assertRaises(UserError):
            record.unlink()
        for vals in ({"state": "draft"}, {"file": base64.b64encode(b"x")}, {"content": "payments"}):
            with self.assertRaises(UserError):
                record.write(vals)
        self.assertEqual(record.state, "done")

    def test_empty_file_is_refused_with_a_sentence(self):
        record = self._hand_over_bytes(b"")
        record.action_preview()
        self.assertEqual(record.state, "refused")
        self.assertTrue(record.message)

    def test_ksef_file_is_one_invoice_with_its_number(self):
        self.creditor.vat = "PL9991020013"
        self.mandate.account_number = "94 9990 0018 0000 0000 0000 4321"
        data = self._read_ksef_file()
        record = self._take(self._hand_over_bytes(data, filename="fa.xml"), date(2026, 10, 13))
        self.assertEqual(record.line_ids.state, "done")
        self.assertEqual(len(self._get_moves()), 1)
        again = self._hand_over_bytes(data, filename="fa.xml")
        again.action_preview()
        self.assertEqual(again.line_ids.state, "known")
        self._check_original(self._get_moves(), data)

    def _check_original(self, move, data):
        """The file stays with the case, and people of monitoring can read it."""
        receivable = self.env["kgw.receivable"].search([("move_id", "=", move.id)])
        self.assertTrue(receivable.has_original)
        files = self.env["ir.attachment"].with_user(self.agent)
        kept = files.search(
            [("res_model", "=", "kgw.case"), ("res_id", "=", receivable.case_id.id)]
        )
        self.assertEqual(kept.raw, data)
        page = self.env["kgw.invoice.page"]._get_page(move, "pl_PL")
        for words in (move.kgw_number, "Zielony Ogród", move.partner_id.name):
            self.assertIn(words, page)
        self.assertNotIn("<script", page)


@tagged("post_install", "-at_install", "kgw")
class TestImportSentences(KgwCommon):
    def test_sentences_of_problems_are_offered_for_translation(self):
        reader = TranslationModuleReader(self.env.cr, modules=[MODULE], lang=None)
        offered = {row[4] for row in reader if row[1] == "code"}
        wanted = {*PROBLEM_CODES.values(), *FIELD_LABELS.values()}
        self.assertFalse(wanted - offered)
