from datetime import date, timedelta

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon
from .test_portal_decisions import DecisionCase

DAY = DUE + timedelta(days=10)


@tagged("post_install", "-at_install", "kgw")
class TestRates(KgwEngineCommon):
    """What interest comes to by the kind of counterparty, and how far the rate is known."""

    def setUp(self):
        super().setUp()
        self.line, _day = self._overdue(10)
        self.case = self.line.kgw_case_id
        self.rates = self.env["kgw.rate"]

    def say(self, kind, day=DAY):
        self.case.kind_id = self.env.ref(f"{MODULE}.kind_{kind}")
        label = self.rates._format_each(self.line, day, "en_US")[self.line]
        return label.replace("\N{NO-BREAK SPACE}", " ")

    def test_each_kind_owes_by_its_law(self):
        self.assertEqual(self.say("company"), "PLN 4.63")
        self.assertEqual(self.say("public_medical"), "PLN 3.96")
        self.rates.search([], limit=1).confirmed_until = DAY
        self.assertEqual(self.say("consumer"), "PLN 3.12")

    def test_rate_not_looked_up_for_the_day_is_marked(self):
        self.assertEqual(self.rates._get_known_until(), date(2026, 8, 31))
        self.assertEqual(self.say("consumer"), "PLN 3.12 (rate not confirmed)")
        self.assertEqual(self.say("company"), "PLN 4.63", "the half-year takes that of 1 July")
        self.assertIn("not confirmed", self.say("company", date(2027, 1, 4)))

    def test_without_rates_interest_is_not_known(self):
        self.rates.search([]).unlink()
        self.assertIsNone(self.rates._get_known_until())
        self.assertEqual(self.say("company"), "not known")
        self.assertEqual(self.rates._format_sum(self.line, DAY, "en_US"), "")

    def test_what_was_paid_is_not_counted(self):
        self.case.kind_id = self.env.ref(f"{MODULE}.kind_company")
        self.env["kgw.ledger"]._book_payment(self.line, 1000, DAY, self._at(DAY, 6))
        self.assertEqual(f"{self.rates._accrue(self.line, DAY)[self.line]}", "0.87")
        self.assertEqual(self.say("company", DUE), "", "nothing before the due date")

    def test_many_receivables_ask_for_the_rates_as_often_as_one(self):
        lines = self._watch(*(self._document(f"FV {n}/10/2026") for n in range(4)))
        counts = []
        for some in (lines[:1], lines):
            self.env.flush_all()
            self.env.invalidate_all()
            some.mapped("kgw_case_id.kind_id.interest_law")
            before = self.cr.sql_log_count
            self.assertTrue(all(self.rates._format_each(some, DAY, "en_US").values()))
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_agent_reads_interest_on_the_case(self):
        receivable = self.env["kgw.receivable"].with_user(self.agent).browse(self.line.id)
        self.assertTrue(receivable.interest_label)

    def test_rate_is_entered_once_and_not_known_before_it_is_in_force(self):
        for values in ({"date_from": "2026-03-05"}, {"confirmed_until": "2026-10-07"}):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.rates.create({"date_from": "2026-10-08", "rate": 3.5, **values})


@tagged("post_install", "-at_install", "kgw")
class TestWaivedInterest(DecisionCase):
    def test_creditor_is_told_what_it_gives_up(self):
        told = self.portal._foresee("waive", {}, self._at(DAY), self.case.ids)
        words = " ".join(told["words"]).replace("\N{NO-BREAK SPACE}", " ")
        self.assertIn("Statutory interest on these invoices through today: PLN 6.51.", words)
        told = self.portal._foresee("waive", {}, self._at(DUE), self.case.ids)
        self.assertNotIn("Statutory interest", " ".join(told["words"]))


@tagged("post_install", "-at_install", "kgw")
class TestInterestMeanwhile(DecisionCase):
    """A new due date with interest meanwhile, or without."""

    UNTIL = DAY + timedelta(days=20)

    def take(self, **values):
        values |= {"until_date": self.UNTIL.isoformat()}
        told = self.portal._foresee("new_date", values, self._at(DAY), self.case.ids)
        self._take("new_date", DAY, **values)._carry_out(self._at(DAY, 10))
        return " ".join(told["words"])

    def get_interest(self):
        rates = self.env["kgw.rate"]
        return rates._accrue(self.first, self.UNTIL + timedelta(days=3))[self.first]

    def test_interest_meanwhile_runs_from_the_old_due_date_and_says_so(self):
        old = self.get_interest()
        self.assertIn("from the old due date", self.take(is_lasting="1"))
        self.assertEqual(self.first.date_maturity, self.UNTIL)
        self.assertEqual(self.get_interest(), old)
        entry = self.portal._get_case(self.case.id, "decisions")["events"][0]
        self.assertIn("interest runs from the old due date", entry["until"])

    def test_without_interest_meanwhile_it_runs_from_the_new_due_date(self):
        old = self.get_interest()
        self.assertIn("from the new due date", self.take())
        self.assertLess(self.get_interest() * 5, old)
        entry = self.portal._get_case(self.case.id, "decisions")["events"][0]
        self.assertIn("interest runs only from the new due date", entry["until"])
