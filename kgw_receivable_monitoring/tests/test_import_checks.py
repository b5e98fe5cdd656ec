from datetime import date

from odoo.tests import tagged

from .common import DUE
from .test_import import HEADER, ImportCase


@tagged("post_install", "-at_install", "kgw")
class TestImportChecks(ImportCase):
    """What is not this creditor's, not to its account, or known already, is not taken."""

    def test_file_of_another_seller_is_refused(self):
        record = self._hand_over_bytes(self._read_ksef_file(), filename="fa.xml")
        record.action_preview()
        self.assertEqual(record.line_ids.state, "refused")
        self.assertIn("Zielony Ogród", record.line_ids.message)
        self._take(record)
        self.assertFalse(self._get_moves())

    def test_file_without_nip_of_another_seller_is_refused_by_name(self):
        header, row = f"{HEADER};Sprzedawca", self._row()
        for seller, state in (
            ("Zielony Ogród Anna Wiśniewska", "refused"),
            ("WIERZYCIEL A SP. Z O.O.", "new"),
            ("Wierzyciel A", "new"),
        ):
            record = self._hand_over(f"{row};{seller}", header=header)
            record.action_preview()
            with self.subTest(seller=seller):
                self.assertEqual(record.line_ids.state, state)

    def test_invoice_with_another_account_is_taken_held_and_the_creditor_asked_once(self):
        self.mandate.foreign_account_number = "PL43999000180000000000000777"
        rows = [
            f"{self._row(f'{number}/2026')};{account}"
            for number, account in enumerate(
                (
                    "23 9990 0018 0000 0000 0000 1234",
                    "94 9990 0018 0000 0000 0000 4321",
                    "61 1090 1014 0000 0712 1981 2874",
                    "43 9990 0018 0000 0000 0000 0777",
                    "",
                )
            )
        ]
        record = self._hand_over(*rows, header=f"{HEADER};Rachunek")
        record.action_preview()
        self.assertEqual(set(record.line_ids.mapped("state")), {"new"})
        doubted = record.line_ids.filtered(lambda row: "held" in (row.message or ""))
        self.assertEqual(sorted(doubted.mapped("number")), ["0/2026", "1/2026"])
        self._take(record)
        holds = self.env["kgw.hold"].search([("reason", "=", "account")])
        self.assertEqual(sorted(holds.move_id.mapped("kgw_number")), ["0/2026", "1/2026"])
        self.assertEqual(self.mandate.account_number, "PL61109010140000071219812874")
        [mail] = self.env["mail.mail"].search([("email_to", "=", self.creditor.email)])
        for words in ("0/2026", "1/2026", "23 9990 0018", "61 1090 1014", self.brand.phone[-2:]):
            self.assertIn(words, mail.body_html)
        self.assertNotIn("2/2026", mail.body_html.replace("12/2026", ""))

    def test_invoice_with_a_factors_account_is_held(self):
        doubt = self.env["kgw.account.doubt"]
        document = self._document(factor_account=True)
        self.assertIn("factor", doubt._get_note(self.mandate, document))
        line = self._watch(document)
        doubt._hold(self.mandate, line.move_id, [document], self._at(DUE))
        held = self.env["kgw.hold"]._get_held_moves(line.move_id, DUE)
        self.assertEqual(held, line.move_id)
        own = self.mandate.copy({"code": "OWN", "is_own_sales": True, "journal_id": False})
        self.assertEqual(doubt._get_note(own, document), "")

    def test_changed_or_corrected_invoice_is_asked_about_its_account_again(self):
        header = f"{HEADER};Numer faktury korygowanej;Rachunek"
        rows = {name: f"{self._row(name)};;" for name in ("1/2026", "2/2026", "3/2026")}
        self._take(self._hand_over(*rows.values(), header=header))
        other = "23 9990 0018 0000 0000 0000 1234"
        record = self._hand_over(
            f"{self._row('1/2026', amount='900,00')};;{other}",
            f"{self._row('2/2026', amount='900,00')};;{other}",
            f"{self._row('K/1', amount='-100,00')};3/2026;{other}",
            header=header,
        )
        record.with_context(lang="en_US").action_preview()
        self.assertEqual(record.line_ids.mapped("state"), ["changed", "changed", "new"])
        self.assertTrue(all("held" in row.message for row in record.line_ids))
        record.line_ids[0].action_take_new()
        self._take(record)
        holds = self.env["kgw.hold"].search([("reason", "=", "account")])
        self.assertEqual(sorted(holds.move_id.mapped("kgw_number")), ["1/2026", "3/2026"])
        again = self._hand_over(f"{self._row('1/2026', amount='800,00')};;{other}", header=header)
        again.action_preview()
        again.line_ids.action_take_new()
        self._take(again)
        self.assertEqual(self.env["kgw.hold"].search_count([("reason", "=", "account")]), 2)

    def test_known_number_written_differently_is_refused_and_another_amount_is_named(self):
        self._take(self._hand_over(self._row("FV 210/10/2026")))
        for row, state, words in (
            (self._row("fv210/10/2026"), "refused", "FV 210/10/2026"),
            (self._row("FV 210/10/2026", amount="9 999,00"), "changed", "9,999.00"),
            (self._row("FV 210/10/2026"), "known", ""),
            (self._row("FV 211/10/2026"), "new", ""),
        ):
            record = self._hand_over(row)
            record.action_preview()
            with self.subTest(row=row):
                self.assertEqual(record.line_ids.state, state)
                self.assertIn(words, record.line_ids.message or "")

    def test_date_of_issue_after_the_hand_over_is_pointed_out(self):
        for issued, is_told in (("26.08.2026", True), ("25.08.2026", False)):
            record = self._hand_over(self._row(issued=issued))
            record._preview(date(2026, 8, 25))
            with self.subTest(issued=issued):
                self.assertEqual(record.line_ids.state, "new")
                told = "later than this hand-over" in (record.line_ids.message or "")
                self.assertEqual(told, is_told)

    def test_file_of_one_document_has_no_line_to_name(self):
        self.creditor.vat = "9991020013"
        lacking = self._read_ksef_file().replace(b"<Termin>", b"<X>").replace(b"</Termin>", b"</X>")
        record = self._hand_over_bytes(lacking, filename="faktura.xml")
        record.action_preview()
        self.assertIn("The document names no due date.", record.line_ids.message)
        self.assertNotIn("–:", record.line_ids.message)

    def test_amount_that_the_ledger_can_not_keep_costs_only_its_row(self):
        record = self._hand_over(self._row("1", amount="1000000000000"), self._row("2"))
        self._take(record)
        self.assertEqual(record.line_ids.mapped("state"), ["refused", "done"])
        self.assertIn("12 digits", record.line_ids[0].message)
        self._take(self._hand_over(self._row("3", amount="999999999999,99")))
        self.assertEqual(self._get_receivables("3").amount_residual, 999999999999.99)

    def test_list_without_a_row_is_refused_with_a_sentence(self):
        record = self._hand_over(";;;;;;;")
        record.action_preview()
        self.assertEqual(record.state, "refused")
        self.assertIn("No invoice was found in: plik.csv", record.message)
