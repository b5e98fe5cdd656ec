from datetime import timedelta

from odoo.tests import tagged

from ..models.kgw_gate_facts import Facts
from .common import DUE
from .engine_common import KgwEngineCommon

DAY = DUE + timedelta(days=9)


@tagged("post_install", "-at_install", "kgw")
class TestStanding(KgwEngineCommon):
    """What the creditor decided and what holds on: interest waived, a warning consented to."""

    def setUp(self):
        super().setUp()
        buyer = self._other_party("Budmax sp. z o.o.", 1)
        self.lines = self._watch(
            *(self._document(number, buyer=buyer) for number in ("FV 1", "FV 2"))
        )
        self.case = self.lines.kgw_case_id
        self.env["account.move.line"]._kgw_flush_stages(DAY)

    def take(self, kind, lines=None, day=DAY, **values):
        taken = self.env["kgw.decision"]._take(
            kind, self.case, values, self._at(day), lines or self.lines
        )
        taken.filtered(lambda d: d.state == "scheduled")._carry_out(self._at(day))
        return taken

    def compose(self, day=DAY, code="p8_letter", lines=None):
        """Return the text of a demand as it would go out on ``day``."""
        letter = self._draft(lines or self.lines, code, day)
        self.env["account.move.line"]._kgw_flush_stages(day)
        values = self.env["kgw.text"]._get_values(letter, self._at(day))
        body = letter.template_id._get_text("pl_PL")._render(values)[1]
        letter._set_state("cancelled", self._at(day), reason="withdrawn")
        return " ".join(body.replace("\xa0", " ").split())

    def judge(self, scope, day=DAY):
        step = self._step("p8_letter")
        step.template_id.scope = scope
        letter = self._draft(self.lines, "p8_letter", day)
        verdict = self.env["kgw.gate"]._judge_consent(letter, Facts(letter, self._at(day)))
        letter._set_state("cancelled", self._at(day), reason="withdrawn")
        return verdict.reason

    # === WAIVED === #

    def test_texts_leave_waived_interest_out_until_it_is_taken_back(self):
        for code in ("p6_email", "p8_letter", "p11_call", "p21_letter"):
            with self.subTest(code=code), self.cr.savepoint() as point:
                self.assertRegex(self.compose(code=code), "przysługują odset|wraz z odset")
                waiver = self.take("waive")
                self.assertNotRegex(self.compose(code=code), "przysługują odset|wraz z odset")
                waiver._revoke(self._at(DAY))
                self.assertRegex(self.compose(code=code), "przysługują odset|wraz z odset")
                point.rollback()
                self.env.invalidate_all()

    def test_condition_is_told_until_its_day_and_ends_with_it(self):
        last = DAY + timedelta(days=5)
        self.take("waive", until_date=last)
        for day in (DAY, last):
            written = self.compose(day)
            self.assertIn("do 21 września 2026 r., wierzyciel nie będzie żądać odsetek", written)
            self.assertNotIn("przysługują odsetki", written)
        after = self.compose(last + timedelta(days=1))
        self.assertIn("przysługują odsetki", after)
        self.assertNotIn("nie będzie żądać", after)

    def test_interest_waived_for_one_invoice_is_asked_for_in_no_text_about_it(self):
        self.take("waive", self.lines[0], until_date=DAY + timedelta(days=5))
        both, other = self.compose(), self.compose(lines=self.lines[1])
        self.assertNotIn("odset", both, "nor is it offered for the other one")
        self.assertIn("przysługują odsetki", other)

    def test_interest_note_is_not_written_where_interest_is_waived(self):
        self.assertEqual(self.judge("note"), "")
        self.take("waive", self.lines[0])
        self.assertEqual(self.judge("note"), "decision")

    def test_printed_letter_with_interest_is_written_anew(self):
        letter = self._draft(self.lines, "p8_letter", DAY, state="claimed")
        letter.print_run_id = self.env["kgw.print.run"]._get_open(letter, DAY)
        self.take("waive")
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(letter.line_ids.filtered(lambda line: not line.void), "it comes again")

    # === CONSENTED TO === #

    def test_warning_of_a_register_needs_consent_for_every_invoice(self):
        self.mandate.may_warn = True
        self.assertEqual(self.judge("warn"), "consent")
        self.take("warning", self.lines[0])
        self.assertEqual(self.judge("warn"), "consent")
        consent = self.take("warning", self.lines[1])
        self.assertEqual(self.judge("warn"), "")
        consent._revoke(self._at(DAY))
        self.assertEqual(self.judge("warn"), "consent")

    def test_warning_without_consent_is_passed_over_and_the_course_goes_on(self):
        self.mandate.may_warn = True
        self._step("p8_letter").template_id.scope = "warn"
        letter = self._draft(self.lines, "p8_letter", DAY)
        self.env["kgw.gate"]._let_through(Facts(letter, self._at(DAY)))
        self.assertEqual((letter.state, letter.reason), ("cancelled", "consent"))
        self.assertEqual(len(self.events("passed", reason="consent")), 2)
