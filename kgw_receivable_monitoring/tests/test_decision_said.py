from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools import calendar
from .common import DUE, MODULE
from .test_portal_decisions import LATE, DecisionCase


@tagged("post_install", "-at_install", "kgw")
class TestWhatIsSaidOfDecisions(DecisionCase):
    """What the creditor reads about its decisions is what holds."""

    def page(self, hour=12, user=None):
        portal = self.env["kgw.portal"].with_user(user or self.user_a)
        return portal.with_context(kgw_now=self._at(LATE, hour))

    def ask(self, kind="approval", lines=None):
        step = self.env.ref(f"{MODULE}.step_standard_p21_letter")
        lines = lines or self.first | self.second
        return self.env["kgw.decision"]._ask(kind, step, lines, LATE, self._at(LATE, 7))

    def dispute(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")
        return self.env["kgw.dispute"]._open(self.first, reason, "", self._at(LATE, 7))

    def get_told(self, kind):
        return [event for event in self.portal._get_events(self.case)[0] if event["kind"] == kind]

    # === QUESTIONS === #

    def test_question_says_until_when_the_letter_gives_time(self):
        asked = self.ask()
        day = asked._get_first_days(LATE)[asked]
        letter = self._create_letter_of(self.first, step_id=asked.step_id.id, rung="final")
        by = self.env["kgw.text"]._get_answer_by(letter, calendar.noon(day))
        [told] = self.page()._prepare_decisions(asked)
        self.assertIn(f"until {self.portal._format_date(by)}", told["consequence"])

    def test_counterparty_with_a_question_says_that_contact_is_on_hold_too(self):
        self.ask("horizon")
        self._take("pause", until_date=(LATE + timedelta(days=7)).isoformat())
        sentence = self.page()._get_case(self.case.id)["sentence"]
        self.assertIn("Contact is on hold until", sentence)
        self.assertIn("We wait for your decision", sentence)

    def test_who_may_only_look_reads_who_decides(self):
        looks = self._create_portal_user("kgw_looks", self.creditor)
        people = self.env["kgw.portal.access"]
        people.search([("user_id", "=", looks.id)]).may_decide = False
        self.ask()
        for page in (
            self.page(user=looks)._get_case(self.case.id),
            self.page(user=looks)._get_overview(),
        ):
            self.assertIn(self.user_a.name, page["who_decides"])
        self.assertNotIn("your decision", self.page(user=looks)._get_case(self.case.id)["sentence"])
        self.assertFalse(self.page()._get_overview()["who_decides"])

    def test_summary_asks_nobody_to_decide_who_may_not(self):
        self.ask()
        access = self.env["kgw.portal.access"].search([("user_id", "=", self.user_a.id)])
        for may_decide in (True, False):
            access.may_decide = may_decide
            known = self.env["mail.mail"].search([])
            self.env["kgw.summary"]._send(access, self._at(LATE)).unlink()
            mail = self.env["mail.mail"].search([]) - known
            self.assertEqual("decyzję" in mail.body_html, may_decide)

    # === PARTS === #

    def test_preview_of_some_invoices_names_the_others(self):
        until = (LATE + timedelta(days=9)).isoformat()
        for kind, values in (("pause", {"until_date": until}), ("stop", {}), ("collection", {})):
            effect = self.page()._foresee(
                kind, values, self._at(LATE, 9), self.case.ids, self.first.ids
            )
            self.assertIn("go on as before: FV A/2.", " ".join(effect["words"]), kind)
        effect = self.page()._foresee("stop", {}, self._at(LATE, 9), self.case.ids)
        self.assertNotIn("go on as before", " ".join(effect["words"]))

    def test_invoices_with_one_number_are_told_apart_by_their_due_dates(self):
        twin = self._watch(
            self._document(
                "FV A/2",
                buyer=self._other_party("Budmax sp. z o.o.", 1),
                due=DUE + timedelta(days=3),
                issued=DUE - timedelta(days=30),
            )
        )
        self.assertEqual(twin.kgw_case_id, self.case)
        effect = self.page()._foresee("stop", {}, self._at(LATE, 9), self.case.ids, self.first.ids)
        for line in self.second | twin:
            day = self.portal._format_date(line.date_maturity)
            self.assertIn(f"FV A/2 ({day})", " ".join(effect["words"]))

    def test_confirmed_payment_names_the_invoices_on_which_it_is_booked(self):
        oldest = self.first | self.second
        oldest = oldest.sorted(lambda line: (line.date_maturity, line.id))[0]
        values = {"amount": "100.00", "until_date": LATE.isoformat()}
        effect = self.page()._foresee("payment", values, self._at(LATE, 9), self.case.ids)
        number = oldest.move_id.kgw_display_number
        self.assertIn(f"the oldest first: {number}.", " ".join(effect["words"]))
        self._take("payment", **values)
        [told] = self.get_told("decision")
        self.assertEqual(told["invoices"], number)

    # === A NEW DATE === #

    def test_history_of_a_new_date_says_from_when_interest_runs(self):
        until = (LATE + timedelta(days=9)).isoformat()
        for lasting, since in (("0", "only from the new due date"), ("1", "from the old due date")):
            self._take("new_date", until_date=until, is_lasting=lasting)
            self.assertIn(since, self.get_told("decision")[0]["until"])
            self.env["kgw.decision"].search([("state", "=", "scheduled")])._revoke(self._at(LATE))

    def test_page_tells_the_instalments_that_are_expected(self):
        effect = self.page()._foresee(
            "instalments",
            {"number": "2", "until_date": (LATE + timedelta(days=6)).isoformat()},
            self._at(LATE, 9),
            self.case.ids,
        )
        self.assertIn("can't be taken back", " ".join(effect["words"]))
        self._take("instalments", number="2", until_date=(LATE + timedelta(days=6)).isoformat())
        page = self.page()._get_case(self.case.id)
        told = [(step["iso"], step["step"]) for step in page["plan"] if step["act"] == "payment"]
        self.assertEqual([iso for iso, _said in told], ["2026-09-14", "2026-10-14"])
        self.assertIn("865.00", told[0][1])
        self.assertIn(
            "865.00 zł by 14 Sep 2026".replace(" zł", ""),
            page["sentence"].replace("PLN\xa0", "").replace(" PLN", ""),
        )

    def test_sentence_says_that_what_was_given_away_is_not_in_its_sum(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        self.assertNotIn("in monitoring", self.page()._get_case(self.case.id)["sentence"])
        self._take("collection", lines=self.first)
        sentence = self.page()._get_case(self.case.id)["sentence"]
        self.assertIn("invoice in monitoring", sentence)

    def test_question_that_a_decision_makes_idle_says_why_it_is_withdrawn(self):
        self.ask("horizon")
        self._take("withdraw")
        [told] = self.get_told("revoked")
        self.assertEqual(told["reason"], "You decided otherwise")

    def test_settled_counterparty_is_not_listed_as_on_hold(self):
        self._take("pause", until_date=(LATE + timedelta(days=7)).isoformat())
        self.assertEqual(self.page()._count_tabs()["held"], 1)
        self.env["kgw.payment.list"]._mark_paid(
            self.case.creditor_id, (self.first | self.second).ids, LATE, self._at(LATE, 11)
        )
        self.assertEqual(self.case.stage, "closed")
        self.assertEqual(self.page()._count_tabs()["held"], 0)

    def test_counterparty_of_which_one_channel_waits_is_not_listed_as_on_hold(self):
        self._take("no_channel", channel="sms")
        self.assertEqual(self.page()._count_tabs()["held"], 0)

    # === WHAT WAS GIVEN AWAY === #

    def test_nobody_asks_or_reports_about_what_was_handed_over(self):
        day = DUE + timedelta(days=2)
        self.run_days(DUE - timedelta(days=5), day)
        self._take("collection", day, self.first, hour=16)
        self.run_days(day + timedelta(days=1), DUE + timedelta(days=32))
        for kind in ("question", "report"):
            told = self.get_told(kind)
            self.assertTrue(told, kind)
            self.assertEqual({event["invoices"] for event in told}, {"FV A/2"}, kind)
        reports = self.env["mail.mail"].search([("subject", "ilike", "Koniec monitoringu")])
        self.assertFalse(reports.filtered(lambda mail: "FV A/1" in mail.body_html))
        for event in self.get_told("passed"):
            if "FV A/1" in event["invoices"]:
                self.assertEqual(event["reason"], "You decided otherwise")

    def test_dispute_about_what_was_handed_over_announces_no_contact(self):
        dispute = self.dispute()
        self.assertIn("goes on by the scenario", dispute._say_silence(LATE))
        self._take("collection")
        self.assertIn("nobody is contacted", dispute._say_silence(LATE))

    def test_dispute_answered_already_says_when_on_the_clock_of_the_reader(self):
        dispute = self.dispute()
        dispute._answer("reject", "", self._at(LATE, 9))
        moment = self.portal._format_moment(self._at(LATE, 9))
        with self.assertRaisesRegex(UserError, moment):
            dispute._answer("reject", "", self._at(LATE, 10))
