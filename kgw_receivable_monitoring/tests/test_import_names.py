from datetime import timedelta

from odoo.tests import tagged

from .common import DUE
from .test_import import DAY, ImportCase


@tagged("post_install", "-at_install", "kgw")
class TestImportNames(ImportCase):
    """A new mandate's counterparties wait for the creditor to strike names."""

    def _take_two(self):
        self._take(
            self._hand_over(
                self._row("F/1"), self._row("F/2", name="Inny sp. z o.o.", nip="9991020125")
            )
        )
        return [self._get_receivables(number).kgw_case_id for number in ("F/1", "F/2")]

    def test_new_counterparties_wait_as_long_as_the_mandate_says(self):
        self.mandate.names_hours = 30
        cases = self._take_two()
        holds = cases[0].hold_ids | cases[1].hold_ids
        self.assertEqual(holds.mapped("reason"), ["names", "names"])
        told = self.env["kgw.event"].search([("kind", "=", "hold"), ("case_id", "=", cases[0].id)])
        self.assertEqual(told.at, self._at(DAY, 6), "the moment of the hand-over")
        moment = self._at(DAY, 6) + timedelta(hours=30)
        self.env["kgw.hold"]._release_due(moment - timedelta(seconds=1))
        self.assertTrue(all(holds.mapped("is_open")))
        self.env["kgw.planner"]._run_day(DAY + timedelta(days=1), moment)
        self.assertFalse(any(holds.mapped("is_open")))

    def test_nobody_is_contacted_while_the_names_wait(self):
        self.mandate.names_hours = 24 * 7
        self._take_two()
        for back in (5, 4, 3):
            self.run_day(DUE + timedelta(days=1 - back))
        self.assertFalse(self.gateways.sent)

    def test_struck_name_is_never_contacted_the_other_is(self):
        cases = self._take_two()
        self.env["kgw.planner"]._run_day(DUE - timedelta(days=4), self._at(DAY, 7))
        cases[0]._strike(self._at(DAY, 9))
        cases[1]._confirm_names(self._at(DAY, 9))
        self.assertFalse(cases[1].hold_ids.filtered("is_open"))
        for back in (5, 4, 3, 2):
            self.run_day(DUE + timedelta(days=1 - back))
        contacted = {message["case_id"][0] for message in self.gateways.sent}
        self.assertEqual(contacted, {cases[1].id})

    def test_mandate_that_has_contacted_somebody_does_not_wait_again(self):
        self._take_two()[1]._confirm_names(self._at(DAY, 9))
        for back in (5, 4, 3):
            self.run_day(DUE + timedelta(days=1 - back))
        self.assertTrue(self.gateways.sent)
        self._take(self._hand_over(self._row("F/3", name="Trzeci S.A.", nip="9991020013")))
        self.assertFalse(self._get_receivables("F/3").kgw_case_id.hold_ids)

    def test_wrong_or_made_up_nip_joins_nobody(self):
        for n, nip in enumerate(("0000000000", "1234567890", "DE000000000")):
            with self.subTest(nip=nip):
                rows = [
                    self._row(f"N{n}/{name}", name=name, nip=nip)
                    for name in ("Anna Pierwsza", "Zenon Drugi")
                ]
                self._take(self._hand_over(*rows))
                again = self._take(
                    self._hand_over(self._row(f"N{n}/3", name="Zenon Drugi", nip=nip))
                )
                first, second, third = (
                    self._get_receivables(f"N{n}/{name}").kgw_case_id
                    for name in ("Anna Pierwsza", "Zenon Drugi", "3")
                )
                self.assertEqual((first & second, third), (first.browse(), second), again)

    def test_no_hours_no_waiting(self):
        self.mandate.names_hours = 0
        self.assertFalse(self._take_two()[0].hold_ids)
