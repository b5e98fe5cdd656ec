from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import HttpCase, tagged

from ..models import kgw_portal, kgw_portal_case
from ..tools.words import NBSP
from . import test_portal_pages
from .common import DUE
from .test_portal_decisions import LATE, DecisionCase

UNTIL = LATE + timedelta(days=7)
STEP = "kgw_receivable_monitoring.step_standard_p21_letter"
ENDS = {"stop": {}, "withdraw": {}, "collection": {}, "pause": {"until_date": UNTIL.isoformat()}}


@tagged("post_install", "-at_install", "kgw")
class TestEnding(DecisionCase):
    """What a decision ends is over on every page, and its preview says so."""

    def ask(self, lines=None, kind="approval"):
        step = self.env.ref(STEP)
        lines = lines or self.first | self.second
        return self.env["kgw.decision"]._ask(kind, step, lines, LATE, self._at(LATE, 7))

    def foresee(self, kind, **values):
        return self.portal._foresee(kind, values, self._at(LATE, 9), self.case.ids)

    # === QUESTIONS === #

    def test_consent_is_not_asked_for_about_what_the_creditor_has_ended(self):
        for kind, values in ENDS.items():
            with self.subTest(kind=kind), self.env.cr.savepoint() as savepoint:
                asked = self.ask()
                [change] = self.foresee(kind, **values)["changes"]
                self.assertIn("question to you", " ".join(change["cancelled"]))
                self.assertEqual(asked.state, "open", "nothing stays of a preview")
                self._take(kind, **values)
                self.assertEqual(asked.state, "revoked")
                page = self.portal.with_context(kgw_now=self._at(LATE, 10))
                self.assertNotIn("your decision until", page._get_case(self.case.id)["sentence"])
                self.assertFalse(page._get_overview()["question_count"])
                facts = self.env["kgw.course.facts"]
                self.assertFalse(facts._read_approvals(self.first), "it can be asked anew")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_consent_about_other_invoices_is_still_asked_for(self):
        mine, theirs = self.ask(self.first), self.ask(self.second)
        both = self.ask()
        self._take("stop", lines=self.first)
        self.assertEqual((mine.state, theirs.state, both.state), ("revoked", "open", "open"))
        self.assertEqual(both.receivable_ids, self.second)

    def test_what_follows_is_still_asked_of_who_only_waits(self):
        asked = self.ask(kind="horizon")
        self._take("pause", until_date=UNTIL.isoformat())
        self.assertEqual(asked.state, "open")
        self._take("withdraw")
        self.assertEqual(asked.state, "revoked")

    def test_dispute_counts_as_a_question_in_the_list(self):
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        self.env["kgw.dispute"]._open(self.first, reason, "", self._at(LATE))
        self.ask(self.second)
        [row] = self.portal._get_cases(tab="decision")
        self.assertEqual(row["decision_count"], 2)

    # === NEW DATE === #

    def test_new_date_of_one_invoice_with_interest_leaves_the_contacts_of_others(self):
        other = self._create_letter_of(self.second, planned_on=LATE)
        values = {"until_date": UNTIL.isoformat(), "is_lasting": "1"}
        self._take("new_date", lines=self.first, **values)
        [told] = self.portal._get_case(self.case.id)["scheduled"]
        day = self.portal._format_date(UNTIL)
        self.assertIn(f"{day}, interest runs from the old due date", told["said"])
        self.assertEqual(told["invoices"], "FV A/1")
        self.env["kgw.decision"]._carry_out_scheduled(self._at(LATE, 10))
        self.assertEqual(other.state, "planned")
        rows = self.portal._get_case(self.case.id)["receivables"]
        since = {row["number"]: row["interest_due"] for row in rows}
        self.assertEqual(since, {"FV A/1": self.portal._format_date(DUE), "FV A/2": ""})

    # === WORDS === #

    def test_preview_says_whether_invoices_to_come_are_meant(self):
        for kind in ("stop", "withdraw"):
            told = [self.foresee(kind, is_lasting=lasting)["words"] for lasting in ("", "1")]
            self.assertTrue(all(told), kind)
            self.assertNotEqual(*told, kind)

    def test_payment_of_all_says_that_everything_is_settled(self):
        values = {"amount": "1730.00", "until_date": LATE.isoformat()}
        [change] = self.foresee("payment", **values)["changes"]
        self.assertTrue(change["before"])
        self.assertEqual(change["after"], "Everything is settled.")

    def test_contact_in_place_of_one_with_the_same_name_is_told(self):
        planned = self._plan(DUE - timedelta(days=3))
        before = self.portal._take_pictures(self.case)
        copy = planned.copy({"state": "cancelled", "reason": "decision"})
        planned._set_state("cancelled", self._at(LATE), reason="decision")
        copy.state = "planned"
        after = self.portal._take_pictures(self.case)
        differs = self.portal._find_difference(before[self.case], after[self.case])
        [change] = self.portal._compare({self.case: differs}, before, after, {})
        self.assertTrue(change["cancelled"] and change["planned"])
        self.assertEqual(change["cancelled"], change["planned"])

    # === STATE === #

    def test_state_says_what_ended_for_one_invoice_while_others_are_monitored(self):
        self._take("collection", lines=self.first)
        apart = (
            "Handed over to collection: 1\xa0invoice (PLN\xa01,230.00)."
            " Monitoring of the others goes on: 1\xa0invoice."
        )
        page = self.portal.with_context(kgw_now=self._at(LATE, 12))
        self.assertIn(apart, page._get_case(self.case.id)["sentence"])
        [row] = page._get_cases(search="Budmax")
        self.assertEqual(row["apart"], apart)
        head, line = page._get_export(search="Budmax")
        self.assertIn(apart, line[3])
        self._take("collection", lines=self.second, hour=10)
        self.assertNotIn("goes on", page._get_case(self.case.id)["sentence"])

    def test_state_of_one_hold_over_all_says_of_no_invoice_that_it_goes_on(self):
        self._take("collection", lines=self.first)
        self._take("pause", hour=10, until_date=(LATE + timedelta(days=9)).isoformat())
        page = self.portal.with_context(kgw_now=self._at(LATE, 12))
        self.assertNotIn("goes on", page._get_case(self.case.id)["sentence"])

    # === MANY INVOICES, FILES === #

    def test_report_is_told_once_and_to_the_creditor_who_reads_it(self):
        step = self.scenario.step_ids.filtered(lambda s: s.kind == "report")
        self.assertNotIn("creditor", step.name, "the plan tells it to the creditor")
        self.env["kgw.creditor.mail"]._report(
            self.mandate, self.first | self.second, LATE, self._at(LATE)
        )
        reports = [e for e in self.portal._get_events(self.case)[0] if e["kind"] == "report"]
        [told] = reports
        self.assertEqual(told["invoices"], "FV A/1, FV A/2")
        self.assertEqual((told["kind_label"], told["step"]), ("A report to you", ""))

    def test_entry_of_a_stage_names_its_invoice_and_is_no_payment(self):
        overdue = self.first._kgw_prepare_event_vals(
            "stage", self._at(LATE), payload={"stage": "overdue"}
        )
        self.env["kgw.event"]._record([overdue])
        [told] = [e for e in self.portal._get_events(self.case)[0] if e["kind"] == "stage"]
        self.assertEqual((told["kind_label"], told["invoices"]), ("Overdue", "FV A/1"))
        self.assertFalse(self.portal._get_events(self.case, "payments")[0])
        self.assertNotIn("stage", {e["kind"] for e in self.portal._get_latest(self.mandate)})

    def test_no_subject_of_the_portal_replaces_a_method_of_another(self):
        subjects = [value for name, value in vars(kgw_portal).items() if name != "KgwPortalBase"]
        subjects = [value for value in subjects if isinstance(value, type)]
        names = Counter(
            name for value in subjects for name, own in vars(value).items() if callable(own)
        )
        self.assertGreater(len(subjects), 10)
        self.assertFalse([name for name, number in names.items() if number > 1])

    def test_what_is_owed_is_shown_before_what_is_settled(self):
        self.env["kgw.payment.list"]._mark_paid(
            self.creditor, self.second.ids, LATE, self._at(LATE, 9), {self.second.id: 500.0}
        )
        self.first.date_maturity = DUE - timedelta(days=30)
        with patch.object(kgw_portal_case, "MAX_LINES", 1):
            page = self.portal._get_case(self.case.id)
        self.assertEqual([row["number"] for row in page["receivables"]], ["FV A/1"])
        self.assertIn("1", page["more_receivables"])

    def test_invoices_stand_in_the_order_of_their_due_dates(self):
        self.first.date_maturity = DUE + timedelta(days=3)
        rows = self.portal._get_case(self.case.id)["receivables"]
        self.assertEqual([row["number"] for row in rows], ["FV A/2", "FV A/1"])

    def test_days_and_amount_are_those_of_what_is_still_monitored(self):
        self.second.date_maturity = DUE - timedelta(days=20)
        self._take("collection", lines=self.second)
        with freeze_time(self._at(LATE + timedelta(days=4))):
            self.env["account.move.line"]._kgw_flush_stages(LATE + timedelta(days=4))
            said = self.portal._get_case(self.case.id)["sentence"]
            [row] = self.portal._get_cases()
        self.assertIn(
            "5 days past due, PLN 1,230.00 from 1 invoice in monitoring.", said.replace(NBSP, " ")
        )
        self.assertIn("Handed over to collection: ", said)
        self.assertIn("500.00)", row["apart"])

    def test_list_and_export_say_what_acts_in_the_next_run(self):
        self._take("warning")
        [row] = self.portal._get_cases()
        self.assertIn("Acts in the next run: consent to the warning", row["scheduled"])
        told = list(self.portal._get_export())[1]
        self.assertIn(row["scheduled"], told[3])

    def test_export_of_a_figure_has_the_figure(self):
        self.env["kgw.payment.list"]._mark_paid(
            self.creditor, self.first.ids, LATE, self._at(LATE, 9), {self.first.id: 230.0}
        )
        portal = self.portal.with_context(kgw_now=self._at(LATE, 12))
        head, row = portal._get_export(tab="paid")
        told = dict(zip(head, row, strict=True))
        self.assertEqual((told["Paid this month"], told["Owed"]), (230.0, 1500.0))
        self.assertNotIn("Paid this month", next(portal._get_export()))


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestDecisionOfTooMany(DecisionCase, HttpCase):
    """A form that no page offers is answered in words."""

    _post = test_portal_pages.TestPortalPages._post

    def test_decision_that_is_not_for_many_is_refused_in_words(self):
        buyer = self._other_party("Firma 9", 9)
        more = self._watch(self._document("FV A/9", buyer=buyer)).kgw_case_id
        ids = f"{self.case.id},{more.id}"
        for kind in ("instalments", "payment", "contact"):
            answer = self._post("/my/monitoring/decide", self.user_a, kind=kind, case_ids=ids)
            self.assertEqual(answer.status_code, 303, kind)
            self.assertIn("/my/monitoring/counterparties", answer.headers["Location"])
