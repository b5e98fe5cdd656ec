from odoo.tests import tagged

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

    def test_invoice_with_an_account_that_is_not_the_creditors_is_refused(self):
        self.mandate.foreign_account_number = "PL43999000180000000000000777"
        header = f"{HEADER};Rachunek"
        for account, state in (
            ("23 9990 0018 0000 0000 0000 1234", "refused"),
            ("61 1090 1014 0000 0712 1981 2874", "new"),
            ("43 9990 0018 0000 0000 0000 0777", "new"),
            ("", "new"),
        ):
            record = self._hand_over(f"{self._row()};{account}", header=header)
            record.action_preview()
            with self.subTest(account=account):
                self.assertEqual(record.line_ids.state, state)

    def test_known_number_written_differently_is_refused_and_another_amount_is_named(self):
        self._take(self._hand_over(self._row("FV 210/10/2026")))
        for row, state, words in (
            (self._row("fv210/10/2026"), "refused", "FV 210/10/2026"),
            (self._row("FV 210/10/2026", amount="9 999,00"), "changed", "9999.00"),
            (self._row("FV 210/10/2026"), "known", ""),
            (self._row("FV 211/10/2026"), "new", ""),
        ):
            record = self._hand_over(row)
            record.action_preview()
            with self.subTest(row=row):
                self.assertEqual(record.line_ids.state, state)
                self.assertIn(words, record.line_ids.message or "")
