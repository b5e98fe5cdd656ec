"""The scenarios, kinds and notices that we ship are those agreed."""

from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests.common import TransactionCase, tagged

from ..const import RUNG_LEVEL
from ..models.kgw_gate_facts import Facts
from .common import MODULE
from .engine_common import KgwEngineCommon

# Day, channel (or the kind of a step without one), rung, fallback.
SCENARIOS = {
    "consumer": """-3 email information sms, -2 sms information, 3 sms reminder email,
        7 email monit sms, 10 phone monit, 14 letter demand email, 18 phone monit, 22 question,
        24 phone monit, 31 report""",
    "gentle": """-3 email information sms, 3 sms reminder email, 8 phone reminder,
        15 email monit sms, 22 question, 31 report""",
    "calls": """-4 phone information, -2 phone information, 2 phone reminder, 5 phone reminder,
        8 phone reminder, 12 phone monit, 16 phone monit, 20 phone monit, 22 question,
        24 phone monit, 28 phone monit, 31 report""",
}


@tagged("post_install", "-at_install", "kgw")
class TestShippedScenarios(TransactionCase):
    def test_text_that_does_not_fit_the_step_is_refused(self):
        for code, sentence in (
            ("email_demand", "harsher"),
            ("email_creditor_report", "not a text for counterparties"),
            ("sms_information", "another channel"),
        ):
            step = self.env.ref(f"{MODULE}.step_standard_m5_email")
            text = self.env.ref(f"{MODULE}.kgw_template_{code}")
            with self.subTest(code=code), self.assertRaisesRegex(ValidationError, sentence):
                step.template_id = text

    def test_contact_on_the_due_date_itself_is_refused(self):
        step = self.env.ref(f"{MODULE}.step_standard_p2_sms")
        with self.assertRaisesRegex(ValidationError, "nobody is contacted"):
            step.offset_days = 0

    def test_steps_are_those_of_the_issue(self):
        for code, expected in SCENARIOS.items():
            steps = self.env.ref(f"{MODULE}.scenario_{code}").step_ids.sorted("offset_days")
            written = [
                " ".join(
                    filter(
                        None,
                        (
                            str(step.offset_days),
                            step.channel or step.kind,
                            step.rung,
                            step.fallback_channel,
                        ),
                    )
                )
                for step in steps
            ]
            with self.subTest(scenario=code):
                self.assertEqual(written, [" ".join(part.split()) for part in expected.split(",")])

    def test_second_call_before_due_is_only_for_the_unreached(self):
        calls = self.env.ref(f"{MODULE}.scenario_calls").step_ids
        self.assertEqual(calls.filtered("only_unreached").mapped("offset_days"), [-2])

    def test_every_text_is_no_harsher_than_its_step_and_there_in_both_languages(self):
        for step in self.env["kgw.scenario.step"].search([("kind", "=", "contact")]):
            for template in step.template_id | step.fallback_template_id:
                with self.subTest(scenario=step.scenario_id.name, step=step.name):
                    self.assertLessEqual(RUNG_LEVEL[template.rung], step.rung_level)
                    self.assertEqual(
                        set(template.text_ids.mapped("lang")), {"pl_PL", "en_US"}, template.code
                    )

    def test_consumers_get_their_own_demand_and_no_final_one(self):
        steps = self.env.ref(f"{MODULE}.scenario_consumer").step_ids
        demands = steps.filtered(lambda s: s.rung in ("demand", "final"))
        self.assertEqual(
            (demands.template_id | demands.fallback_template_id).mapped("code"),
            ["letter_demand_consumer", "email_demand_consumer"],
        )

    def test_no_caps_are_as_tight_as_those_of_consumers(self):
        caps = {
            kind.code: (kind.attempts_per_day, kind.contacts_per_week)
            for kind in self.env["kgw.kind"].search([])
        }
        self.assertEqual(caps.pop("consumer"), (2, 3))
        self.assertEqual(
            caps,
            dict.fromkeys(
                ("company", "sole_trader", "public", "public_medical", "organisation"), (3, 7)
            ),
        )


@tagged("post_install", "-at_install", "kgw")
class TestKindOfCase(KgwEngineCommon):
    """What a counterparty is, and the notice it gets."""

    def _guess(self, name, **values):
        partner = self.env["res.partner"].create({"name": name, **values})
        return self.env["kgw.enrolment"]._guess_kind(partner, None).code

    def test_kind_of_a_partner_of_the_books_follows_name_number_and_company_flag(self):
        self.assertEqual(self._guess("Krakbud sp. z o.o."), "company")
        self.assertEqual(self._guess("Halina Dąbek"), "consumer")
        self.assertEqual(self._guess("Wapno i Cegły", is_company=True), "company")
        self.assertEqual(self._guess("Stolarnia Jan Kowalski", vat="PL9991010026"), "sole_trader")
        self.assertEqual(self._guess("Gmina Wieliczka", is_company=True), "public")
        self.assertEqual(self._guess("Szpital Miejski w Krakowie"), "public_medical")

    def test_notice_comes_from_the_kind_unless_the_mandate_has_its_own(self):
        line = self._watch(self._document(buyer=self._party("Halina Dąbek")))
        case, texts = line.kgw_case_id, self.env["kgw.text"]
        day = line.kgw_entered_on
        notice = texts._get_parties(case, self.brand, "pl_PL", day)["legal_notice"]
        self.assertIn("art. 6 ust. 1 lit. f RODO", notice)
        self.assertIn("Wierzyciel A sp. z o.o.", notice)
        self.mandate.privacy_notice = "Own words."
        notice = texts._get_parties(case, self.brand, "pl_PL", day)["legal_notice"]
        self.assertEqual(notice, "Own words.")

    def test_step_with_hours_of_its_own_waits_for_them_at_the_gate(self):
        line, day = self._overdue(2)
        reminder = self._draft(line, "p2_sms", day)
        gate = self.env["kgw.gate"]
        self.assertFalse(gate._judge_hours(reminder, Facts(reminder, self._at(day, 10))).reason)
        reminder.step_id.write({"hour_from": 12, "hour_to": 14})
        verdict = gate._judge_hours(reminder, Facts(reminder, self._at(day, 10)))
        self.assertEqual((verdict.reason, verdict.until), ("hours", self._at(day, 12)))

    def test_due_date_on_a_saturday_counts_as_monday_unless_switched_off(self):
        saturday, monday = date(2026, 9, 12), date(2026, 9, 14)
        line = self._watch(self._document(due=saturday))
        self.assertEqual((line.date_maturity, line.kgw_effective_due), (saturday, monday))
        self.company.kgw_moves_due_dates = False
        other = self._watch(self._document(number="FV 2/09/2026", due=saturday))
        self.assertEqual(other.kgw_effective_due, saturday)
        item = self.env["kgw.text"]._get_item(line, "pl_PL", date(2026, 9, 15))
        self.assertEqual((item["due_date"], item["days_overdue"]), ("12.09.2026", "1"))
