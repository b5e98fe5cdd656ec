import io
import zipfile
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools.table import to_csv, to_xlsx
from .common import DUE
from .payments_common import OWN, make_entry, make_mt940
from .test_portal_isolation import IsolationCase

DANGEROUS = ("=1+1", "+48512", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1+1")


@tagged("post_install", "-at_install", "kgw")
class TestPortalHandover(IsolationCase):
    """Files of the creditor: preview first, strangers kept out, who is struck is not contacted."""

    @property
    def portal(self):
        return self.env["kgw.portal"].with_user(self.user_a)

    def _upload(self):
        rows = (
            "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Waluta;NIP;Nazwa kontrahenta",
            "1/09/2026;25.08.2026;28.09.2026;1 845,00;PLN;9991010109;Nowy pierwszy",
            "2/09/2026;25.08.2026;28.09.2026;100,00;PLN;9991010121;Nowy drugi",
        )
        files = [("x.csv", "\r\n".join(rows).encode("cp1250"))]
        return self.portal._upload(self.mandate.id, "invoices", files, "", self._at(DUE))

    def test_nothing_counts_before_it_is_taken_over_and_who_is_struck_is_withdrawn(self):
        moves = self.env["account.move"].search_count([])
        import_id = self._upload()
        preview = self.portal._get_import(import_id)
        self.assertEqual(preview["state"], "preview")
        self.assertGreater(preview["new"], 0)
        self.assertEqual(self.env["account.move"].search_count([]), moves)
        struck = preview["newcomers"][0]
        state = self.portal._accept(import_id, [struck], self._at(DUE), "203.0.113.7")
        self.assertEqual(state, "done")
        taken = self.portal._get_import(import_id)
        self.assertEqual(taken["struck"], [struck])
        cases = {row["counterparty"]: row["case_id"] for row in taken["rows"]}
        self.assertEqual(self.portal._get_case(cases[struck])["counterparty"], struck)
        holds = self.env["kgw.hold"].search([("case_id.counterparty_id.name", "=", struck)])
        self.assertEqual(holds.mapped("is_open"), [True])
        others = set(preview["newcomers"]) - {struck}
        waiting = self.env["kgw.hold"].search(
            [("case_id.counterparty_id.name", "in", list(others)), ("is_open", "=", True)]
        )
        self.assertTrue(others)
        self.assertFalse(waiting)
        with self.assertRaises(AccessError):
            self.portal._accept(import_id, [], self._at(DUE))

    def test_who_paid_is_no_new_counterparty(self):
        rows = "data_wplaty;numer_faktury;kwota;waluta;nadawca", "25.08.2026;9/1;10,00;PLN;Płatnik"
        files = [("x.csv", "\r\n".join(rows).encode())]
        import_id = self.portal._upload(self.mandate.id, "payments", files, "", self._at(DUE))
        preview = self.portal._get_import(import_id)
        self.assertEqual((preview["new"], preview["newcomers"]), (1, []))
        self.assertIn("Płatnik", preview["rows"][0]["counterparty"])

    def _upload_open_items(self):
        rows = (
            "Nr faktury;Data wystawienia;Termin płatności;Pozostało;Nazwa kontrahenta",
            "9/09/2026;25.08.2026;28.09.2026;100,00;Nowy dziewiąty",
        )
        files = [("x.csv", "\r\n".join(rows).encode())]
        day = DUE.isoformat()
        return self.portal._upload(self.mandate.id, "open_items", files, day, self._at(DUE))

    def test_list_that_lacks_much_is_taken_over_once_the_creditor_has_looked(self):
        import_id = self._upload_open_items()
        preview = self.portal._get_import(import_id)
        self.assertIn("FV A/1", [row["number"] for row in preview["rows"]])
        self.assertIn("100 %", preview["vanish_note"])
        seen = preview["vanish_note"]
        for note in ("", seen.replace("100 %", "30 %")):  # not seen, or read again meanwhile
            with self.assertRaises(UserError):
                self.portal._accept(import_id, [], self._at(DUE), seen_note=note)
        self.assertEqual(self.receivable.amount_residual, 5000)
        state = self.portal._accept(import_id, [], self._at(DUE), seen_note=seen)
        self.assertEqual((state, self.receivable.amount_residual), ("done", 0))

    def test_files_are_their_creditors_own(self):
        import_id = self._upload()
        foreign = self.env["kgw.portal"].with_user(self.user_b)
        self.assertIsNone(foreign._get_import(import_id))
        for act in (
            lambda: foreign._accept(import_id, [], self._at(DUE)),
            lambda: foreign._upload(self.mandate.id, "invoices", [("x", b"x")], "", self._at(DUE)),
            lambda: foreign._confirm_payments(self.mandate.id, "2026-09-01", self._at(DUE)),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_payments_are_known_through_a_day_that_is_no_later_than_today(self):
        self.mandate.coverage_date = DUE - timedelta(days=5)
        day = DUE - timedelta(days=1)
        self.portal._confirm_payments(self.mandate.id, day.isoformat(), self._at(DUE))
        self.assertEqual(self.mandate.coverage_date, day)
        later = (DUE + timedelta(days=1)).isoformat()
        with self.assertRaises(UserError):
            self.portal._confirm_payments(self.mandate.id, later, self._at(DUE))

    def test_who_may_not_hand_over_uploads_nothing(self):
        access = self.env["kgw.portal.access"].search([("user_id", "=", self.user_a.id)])
        access.may_hand_over = False
        with self.assertRaises(AccessError):
            self._upload()

    def test_no_formula_lives_in_an_export(self):
        lines = to_csv([[text] for text in DANGEROUS]).decode("utf-8-sig").split('"\r\n')
        for line in filter(None, lines):
            self.assertTrue(line.startswith("\"'"), line)
        self.assertEqual(to_csv([[-2.5]]).decode("utf-8-sig"), '"-2,50"\r\n')
        book = to_xlsx([[text] for text in DANGEROUS])
        self.assertNotIn(b"<f>", self._unpack(book))
        self.assertNotIn(b"<hyperlink", self._unpack(to_xlsx([["https://x.example"]])))

    def _unpack(self, book):
        with zipfile.ZipFile(io.BytesIO(book)) as archive:
            return archive.read("xl/worksheets/sheet1.xml")

    def _hand_over(self, content, *rows):
        files = [("x.csv", "\r\n".join(rows).encode("cp1250"))]
        known = DUE.isoformat() if content != "invoices" else ""
        return self.portal._upload(self.mandate.id, content, files, known, self._at(DUE))

    def test_changed_invoice_is_kept_or_taken_as_the_creditor_chooses(self):
        head = (
            "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Waluta;NIP;Nazwa kontrahenta"
        )
        row = "{};25.08.2026;28.09.2026;{};PLN;9991010109;Nowy pierwszy"
        first = self._hand_over(
            "invoices", head, row.format("1/Z", "100,00"), row.format("2/Z", "200,00")
        )
        self.portal._accept(first, [], self._at(DUE))
        again = self._hand_over(
            "invoices", head, row.format("1/Z", "110,00"), row.format("2/Z", "220,00")
        )
        one, two = self.portal._get_import(again)["restatable"]
        self.assertEqual((one["number"], two["number"]), ("1/Z", "2/Z"))
        self.assertEqual(one["known"], self.portal._format_money(100, "PLN"))
        self.assertEqual(one["new"], self.portal._format_money(110, "PLN"))
        self.assertIn("another amount", one["difference"])
        foreign = self.env["kgw.import.line"].search([("import_id", "!=", again)], limit=1)
        self.portal._accept(again, [], self._at(DUE), "", [two["id"], foreign.id])
        rows = self.env["kgw.import"].browse(again).line_ids
        self.assertEqual(rows.mapped("decision"), ["keep", "take"])
        amounts = {move.kgw_number: move.amount_total for move in self._find(("1/Z", "2/Z"))}
        self.assertEqual(amounts, {"1/Z": 100, "2/Z": 220})

    def test_computed_due_date_is_told_with_what_it_was_made_from(self):
        self.mandate.default_term_days = 21
        head = "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Waluta;Nazwa kontrahenta"
        import_id = self._hand_over(
            "invoices",
            head,
            "1/Z;25.08.2026;;100,00;PLN;Nowy",
            "2/Z;25.08.2026;28.09.2026;100,00;PLN;Nowy",
        )
        told = {row["number"]: row["message"] for row in self.portal._get_import(import_id)["rows"]}
        self.assertIn("15 Sep 2026 is computed: the date of issue plus 21 days", told["1/Z"])
        self.assertNotIn("computed", told["2/Z"])

    def _upload_statement(self, content):
        files = [("w.sta", content)]
        import_id = self.portal._upload(self.mandate.id, "payments", files, "", self._at(DUE))
        return self.portal._get_import(import_id)

    def test_statement_of_a_foreign_account_says_before_it_is_taken_what_to_do(self):
        self.mandate.coverage_date = False
        preview = self._upload_statement(
            make_mt940(
                make_entry(), closing="C260905PLN1230,00", account="PL43999000180000000000000777"
            )
        )
        self.assertIn("43 9990 0018 0000 0000 0000 0777", preview["message"])
        self.assertIn("have the controller add this one", preview["message"])

    def test_payment_without_a_title_shows_its_amount_before_it_is_taken(self):
        self.mandate.account_number = OWN
        statement = make_mt940(make_entry(title=""), closing="C260905PLN1230,00")
        [row] = self._upload_statement(statement)["rows"]
        self.assertEqual((row["number"], row["amount"]), ("", "PLN\xa01,230.00"))

    def test_statement_that_moves_no_day_says_so_before_it_is_taken(self):
        self.mandate.account_number = OWN
        self.mandate.coverage_date = DUE
        preview = self._upload_statement(make_mt940(make_entry(), closing="C260905PLN1230,00"))
        self.assertEqual(
            preview["message"],
            "Payments are known through 7 Sep 2026 already: this file does not move that day.",
        )
        self.assertFalse(preview["is_idle"], "it brings a payment")

    def test_what_brings_nothing_says_so(self):
        first = self._upload()
        self.assertFalse(self.portal._get_import(first)["is_idle"])
        self.portal._accept(first, [], self._at(DUE))
        again = self.portal._get_import(self._upload())
        self.assertEqual((again["known"], again["is_idle"]), (2, True))

    def test_payments_that_are_known_bring_nothing_but_the_day_they_are_complete_through(self):
        row = "data_wplaty;numer_faktury;kwota;waluta", "25.08.2026;9/1;10,00;PLN"
        self.mandate.coverage_date = DUE - timedelta(days=1)
        first = self._hand_over("payments", *row)
        self.portal._accept(first, [], self._at(DUE))
        self.assertTrue(self.portal._get_import(self._hand_over("payments", *row))["is_idle"])
        self.mandate.coverage_date = DUE - timedelta(days=1)
        self.assertFalse(self.portal._get_import(self._hand_over("payments", *row))["is_idle"])

    def test_reasons_speak_to_the_creditor_and_not_of_it(self):
        for model, field in (
            ("kgw.hold", "reason"),
            ("kgw.event", "reason"),
            ("kgw.case", "waiting_reason"),
        ):
            for code in self.env[model]._fields[field].get_values(self.env):
                with self.subTest(model=model, code=code):
                    self.assertNotRegex(
                        self.portal._get_code_label(model, field, code), "[Cc]reditor"
                    )

    def _find(self, numbers):
        return self.env["account.move"].search([("kgw_number", "in", numbers)])

    def test_words_after_taking_over_are_those_of_the_content(self):
        payments = self._hand_over("payments", "Data;Kwota;Tytuł", "2026-09-01;10,00;FV A/1")
        self.assertEqual(self.portal._get_import(payments)["content_code"], "payments")
        head = (
            "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Waluta;NIP;Nazwa kontrahenta"
            ";Faktura korygowana"
        )
        row = "{};25.08.2026;28.09.2026;{};PLN;9991010109;Nowy pierwszy;{}"
        for import_id, words in (
            (payments, "whose invoice is not clear"),
            (self._hand_over("invoices", head, row.format("1/K", "100,00", "")), "begins"),
            (self._hand_over("invoices", head, row.format("2/K", "-40,00", "1/K")), "corrections"),
            (self._hand_over("invoices", head, row.format("1/K", "100,00", "")), "Nothing"),
        ):
            with self.subTest(words=words):
                self.portal._get_import(import_id)
                self.env["kgw.import"].browse(import_id)._preview(DUE)
                self.env["kgw.import"].browse(import_id)._take(DUE, self._at(DUE))
                self.assertIn(words, self.portal._say_taken(import_id))
        with self.assertRaises(AccessError):
            self.env["kgw.portal"].with_user(self.user_b)._say_taken(payments)
