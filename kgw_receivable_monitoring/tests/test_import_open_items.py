from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools.words import format_date
from .test_import import DAY, ImportCase

LIST_HEADER = "Nr dokumentu;Data wystawienia;Termin płatności;Kwota dokumentu;Saldo;NIP;Kontrahent"
AS_OF = date(2026, 9, 4)


@tagged("post_install", "-at_install", "kgw")
class TestImportOpenItems(ImportCase):
    """A list of open items is the truth as of its day."""

    def setUp(self):
        super().setUp()
        self.mandate.coverage_date = date(2026, 8, 31)
        rows = [self._row(f"F/{n}", amount="1 000,00") for n in range(1, 11)]
        self._take(self._hand_over(*rows))

    def _item(self, number, left, total="1 000,00", issued="25.08.2026"):
        return f"{number};{issued};08.09.2026;{total};{left};9991010026;Budmax sp. z o.o."

    def _list(self, *rows, as_of=AS_OF, **values):
        return self._hand_over(
            *rows, header=LIST_HEADER, content="open_items", known_through=as_of, **values
        )

    def _all_but(self, *left_out):
        return [self._item(f"F/{n}", "1 000,00") for n in range(1, 11) if n not in left_out]

    def _take_list(self, record):
        record.action_preview()
        return self._take(record, AS_OF + timedelta(days=1))

    def _get_owed(self):
        return {
            move.kgw_number: move.amount_residual
            for move in self._get_moves()
            if move.state == "posted" and move.amount_residual
        }

    def test_list_without_any_row_is_refused_and_settles_nothing(self):
        record = self._list()
        record.action_preview()
        self.assertEqual((record.state, record.absent_count), ("refused", 0))
        self.assertIn("would settle everything", record.message)

    def test_list_creates_corrects_and_settles(self):
        rows = [
            *self._all_but(3, 4),
            self._item("F/3", "250,00"),
            self._item("NOWA/1", "400,00", "500,00"),
        ]
        record = self._list(*rows)
        record.action_preview()
        states = {row.number: row.state for row in record.line_ids}
        self.assertEqual(
            (states["F/1"], states["F/3"], states["F/4"], states["NOWA/1"]),
            ("known", "changed", "absent", "new"),
        )
        [absent] = record.line_ids.filtered(lambda row: row.state == "absent")
        self.assertEqual(
            absent.message, f"Not on the list: settled as of {format_date(AS_OF, 'en')}."
        )
        self.assertFalse(record.vanish_note)
        before = self._get_owed()
        self.assertEqual(before["F/4"], 1000)
        self._take(record, AS_OF + timedelta(days=1))
        owed = self._get_owed()
        self.assertEqual((owed["F/3"], owed["NOWA/1"], "F/4" in owed), (250, 400, False))
        self.assertEqual(self._get_receivables("F/4").kgw_stage, "closed")
        self.assertEqual(self.mandate.coverage_date, AS_OF)
        again = self._list(*rows)
        again.action_preview()
        self.assertEqual(set(again.line_ids.mapped("state")), {"known"})

    def test_instalment_that_the_list_names_is_the_one_that_is_left(self):
        rows = [self._row("R/1", due=due, amount="50,00") for due in ("08.09.2026", "08.10.2026")]
        self._take(self._hand_over(*rows))
        header = "Nr dokumentu;Termin płatności;Saldo;Kontrahent"
        known = [f"F/{number};08.09.2026;1 000,00;x" for number in range(1, 11)]
        terms = self._get_receivables("R/1")
        for left, expected in (
            ("R/1;08.09.2026;40,00;x", [40, 0]),
            ("R/1;08.10.2026;30,00;x", [0, 30]),
            ("R/1;31.12.2026;30,00;x", [0, 30]),
        ):
            record = self._hand_over(
                *known, left, header=header, content="open_items", known_through=AS_OF
            )
            self._take_list(record)
            self.assertEqual(terms.mapped("amount_residual"), expected)
            record._withdraw(AS_OF, self._at(AS_OF))
            self.assertEqual(terms.mapped("amount_residual"), [50, 50])

    def test_one_button_undoes_a_list(self):
        self.pay(self._get_receivables("F/2"), 600, DAY)
        before = self._get_owed()
        record = self._list(
            *self._all_but(2, 3, 4),
            self._item("F/2", "900,00"),
            self._item("F/3", "1,00"),
            self._item("NOWA/1", "5,00"),
        )
        self._take_list(record)
        self.assertEqual(self._get_owed()["F/2"], 900)
        record._withdraw(AS_OF + timedelta(days=1), self._at(AS_OF, 15))
        self.assertEqual(self._get_owed(), before)
        self.assertEqual(self.mandate.coverage_date, date(2026, 8, 31))
        self.assertEqual(self._get_receivables("F/4").kgw_stage, "before_due")
        self.assertTrue(self._get_receivables("F/4").kgw_next_date)

    def test_list_taken_back_again_for_what_stayed_restores_nothing_twice(self):
        self.pay(self._get_receivables("F/2"), 600, DAY)
        record = self._list(
            *self._all_but(2), self._item("F/2", "900,00"), self._item("NOWA/1", "5,00")
        )
        self._take_list(record)
        self.pay(self._get_receivables("NOWA/1"), 1, AS_OF)
        for _press in range(2):
            record._withdraw(AS_OF + timedelta(days=1), self._at(AS_OF, 15))
            self.assertEqual(self._get_receivables("F/2").amount_residual, 400)

    def test_payment_that_was_none_is_owed_again(self):
        self.pay(self._get_receivables("F/2"), 1000, DAY)
        self.assertEqual(self._get_receivables("F/2").kgw_stage, "closed")
        self._take_list(self._list(*self._all_but()))
        self.assertEqual(self._get_receivables("F/2").amount_residual, 1000)
        self.assertEqual(self._get_receivables("F/2").kgw_stage, "before_due")

    def test_more_than_the_invoice_amounts_to_is_refused(self):
        record = self._list(*self._all_but(2), self._item("F/2", "1 500,00", "1 500,00"))
        record.action_preview()
        row = record.line_ids.filtered(lambda r: r.number == "F/2")
        self.assertEqual(row.state, "refused")
        self._take(record, AS_OF)
        self.assertEqual(self._get_owed()["F/2"], 1000)

    def test_much_that_would_vanish_waits_for_a_person(self):
        record = self._list(*self._all_but(1, 2, 3))
        record.action_preview()
        self.assertIn("30", record.vanish_note)
        with self.assertRaises(UserError):
            self._take(record, AS_OF)
        self.assertEqual(len(self._get_owed()), 10)
        record.action_confirm_vanish()
        self._take(record, AS_OF)
        self.assertEqual(len(self._get_owed()), 7)

    def test_balances_of_nothing_vanish_like_what_is_not_on_the_list(self):
        record = self._list(*(self._item(f"F/{number}", "0,00") for number in range(1, 11)))
        record.action_preview()
        self.assertEqual((record.absent_count, record.changed_count), (0, 10))
        self.assertIn("10 of 10", record.vanish_note)
        with self.assertRaises(UserError):
            self._take(record, AS_OF + timedelta(days=1))
        record.action_confirm_vanish()
        self._take(record, AS_OF + timedelta(days=1))
        self.assertFalse(self._get_owed())

    def test_value_that_would_vanish_waits_for_a_person(self):
        self._take(self._hand_over(self._row("DUZA", amount="90 000,00")))
        record = self._list(*self._all_but())
        record.action_preview()
        self.assertIn("90", record.vanish_note)

    def test_unreadable_row_lets_nothing_vanish_unseen(self):
        record = self._list(*self._all_but(4), self._item("F/4", "dużo"))
        record.action_preview()
        self.assertTrue(record.vanish_note)
        with self.assertRaises(UserError):
            self._take(record, AS_OF)

    def test_list_needs_a_day_that_does_not_go_back_nor_lie_ahead(self):
        self._take_list(self._list(*self._all_but()))
        for as_of in (False, AS_OF - timedelta(days=1), date(2999, 1, 1)):
            record = self._list(*self._all_but(), as_of=as_of)
            record.action_preview()
            with self.subTest(as_of=as_of):
                self.assertEqual(record.state, "refused")
                self.assertGreater(len(record.message), 20)

    def test_list_without_dates_of_issue_finds_what_is_known(self):
        rows = [self._item(f"f / {n}", "1 000,00", issued="") for n in range(1, 11)]
        record = self._list(*rows, self._item("NOWA", "1,00", issued=""))
        record.action_preview()
        states = record.line_ids.mapped("state")
        self.assertEqual(states, ["known"] * 10 + ["refused"])

    def test_row_that_names_another_account_corrects_nothing(self):
        rows = [f"{self._item('F/1', '1,00')};23 9990 0018 0000 0000 0000 1234"]
        rows += [f"{row};" for row in self._all_but(1)]
        record = self._hand_over(
            *rows, header=f"{LIST_HEADER};Rachunek", content="open_items", known_through=AS_OF
        )
        record.action_preview()
        self.assertEqual(record.line_ids[0].state, "refused")
        self.assertEqual(record.absent_count, 0)

    def test_invoice_issued_after_the_day_of_the_list_is_not_settled_by_it(self):
        self._take(self._hand_over(self._row("PO/1", issued="07.09.2026", due="21.09.2026")))
        record = self._list(*self._all_but())
        record.action_preview()
        self.assertEqual(record.absent_count, 0)

    def test_other_mandates_invoices_are_no_matter_of_a_list(self):
        other = self._create_mandate(
            "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
        )
        self._take(self._hand_over(self._row("OBCA"), mandate=other))
        record = self._list(*self._all_but())
        record.action_preview()
        self.assertNotIn("OBCA", record.line_ids.mapped("number"))
