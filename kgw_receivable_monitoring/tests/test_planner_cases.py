from contextlib import nullcontext
from datetime import timedelta
from unittest.mock import patch

from odoo.tests.common import tagged

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestPlannerCases(KgwEngineCommon):
    """The nasty cases: backlogs, holds, part payments, instalments, currencies."""

    def day(self, offset):
        return DUE + timedelta(days=offset)

    def rungs(self, receivables):
        return [r.rung for r in self.reminders(receivables) if r.contact_on or r.state == "claimed"]

    # === BACKLOG === #

    def test_backlog_at_24_days_begins_with_the_mildest_rung_and_never_demands(self):
        line = self._watch(self._document(), on=self.day(24))
        self.live(self.day(24), self.day(32))
        self.assertEqual(self.rungs(line), ["reminder", "monit", "monit"])
        first = self.reminders(line)[0]
        self.assertEqual((first.channel, first.contact_on), ("sms", self.day(24)))
        self.assertEqual(line.kgw_stage, "elapsed")
        self.assertTrue(self.events("question", move_id=line.move_id.id))
        self.assertTrue(self.events("report", move_id=line.move_id.id))

    def test_nothing_but_questions_after_the_horizon(self):
        line = self._watch(self._document(), on=self.day(29))
        self.live(self.day(31), self.day(36))
        self.assertFalse(self.reminders(line).filtered("contact_on"))
        self.assertEqual(self.gateways.sent, [])

    # === HOLDS === #

    def test_hold_of_any_scope_stops_planning_until_it_is_lifted(self):
        line = self._watch(self._document())
        case = line.kgw_case_id
        for values in (
            {"case_id": case.id},
            {"mandate_id": self.mandate.id},
            {"move_id": line.move_id.id},
            {},
            {"channel": "email"},
            {"case_id": case.id, "until_date": self.day(-5)},
        ):
            hold = self.hold(self.day(-6), **values)
            with self.subTest(values=values):
                self.assertEqual(self.plan(self.day(-5)), 0)
            hold._lift(self._at(self.day(-5)))
        self.assertEqual(self.plan(self.day(-5)), 1)

    def test_hold_that_ended_or_concerns_others_stops_nothing(self):
        line = self._watch(self._document())
        buyer = self._party("Inny sp. z o.o.")
        other = self._watch(self._document("2", due=self.day(30), buyer=buyer))
        self.hold(self.day(-9), case_id=line.kgw_case_id.id, until_date=self.day(-6))
        self.hold(self.day(-9), case_id=other.kgw_case_id.id)
        self.hold(self.day(-9), case_id=line.kgw_case_id.id, channel="sms")
        self.hold(self.day(-4), case_id=line.kgw_case_id.id)
        self.assertEqual(self.plan(self.day(-5)), 1)

    def test_held_invoice_leaves_the_text_and_the_rest_goes_on(self):
        held = self._watch(self._document("TRZYMANA/1"))
        free = self._watch(self._document("WOLNA/2"))
        self.hold(self.day(-6), move_id=held.move_id.id)
        self.run_day(self.day(-5))
        [mail] = self.gateways.sent
        self.assertIn("WOLNA/2", mail["body"])
        self.assertNotIn("TRZYMANA/1", mail["body"])
        self.assertFalse(self.reminders(held))
        self.assertEqual(self.reminders(free).line_ids.receivable_id, free)

    def test_invoice_that_odoo_excludes_from_follow_up_is_neither_planned_nor_named(self):
        flagged = self._watch(self._document("BEZ/1"))
        free = self._watch(self._document("WOLNA/2"))
        flagged.move_id.no_followup = True
        self.run_day(self.day(-5))
        [mail] = self.gateways.sent
        self.assertIn("WOLNA/2", mail["body"])
        self.assertNotIn("BEZ/1", mail["body"])
        self.assertFalse(self.reminders(flagged))
        self.assertTrue(self.reminders(free, "sent"))

    def test_flag_of_odoo_set_after_planning_stops_the_message(self):
        line = self._watch(self._document())
        self.plan(self.day(-5))
        line.move_id.no_followup = True
        self.dispatch("email", self.day(-5))
        reminder = self.reminders(line)
        self.assertEqual((reminder.state, reminder.reason), ("cancelled", "no_followup"))
        self.assertEqual(self.gateways.sent, [])

    def test_after_a_hold_the_course_goes_on_with_the_mildest_rung(self):
        line = self._watch(self._document())
        hold = self.hold(self.day(-6), case_id=line.kgw_case_id.id)
        self.live(self.day(-6), self.day(14))
        self.assertEqual(self.gateways.sent, [])
        hold._lift(self._at(self.day(14)))
        self.live(self.day(15), self.day(18))
        self.assertEqual(self.rungs(line)[:2], ["reminder", "monit"])

    # === PAYMENTS === #

    def test_paid_invoice_gets_nothing_more(self):
        line = self._watch(self._document())
        self.live(self.day(-5), self.day(2))
        sent = len(self.gateways.sent)
        self.pay(line, 1230, self.day(3))
        self.assertEqual((line.kgw_stage, line.kgw_next_date), ("closed", False))
        self.live(self.day(3), self.day(14))
        self.live(self.day(30), self.day(33))
        self.assertEqual(len(self.gateways.sent), sent)
        self.assertFalse(self.reminders(line, "planned", "claimed", "failed"))

    def test_part_payment_leaves_the_residual_in_the_text(self):
        line = self._watch(self._document())
        self.pay(line, 1000, self.day(-6))
        self.run_day(self.day(-5))
        [mail] = self.gateways.sent
        self.assertIn("230,00\u00a0zł", mail["body"])
        self.assertEqual(self.reminders(line).line_ids.amount, 230)

    def test_payment_counts_by_its_balance_not_by_the_state_of_the_invoice(self):
        first, second = self._watch(self._document(due=[DUE, self.day(14)]))
        self.pay(first, 615, self.day(-6))
        self.run_day(self.day(-5))
        self.assertEqual((first.kgw_stage, self.gateways.sent), ("closed", []))
        self.run_day(self.day(9))
        self.assertTrue(self.reminders(second, "sent"))

    # === INSTALMENTS AND CURRENCIES === #

    def test_instalments_have_courses_of_their_own(self):
        first, second = self._watch(self._document(due=[DUE, self.day(21)]))
        self.assertEqual((first.kgw_instalment, second.kgw_instalment), (1, 2))
        self.run_day(self.day(-5))
        self.pay(first, 615, self.day(1))
        self.run_day(self.day(16))
        told = self.reminders(first | second, "sent").line_ids.filtered(
            lambda line: line.step_id.offset_days == -5
        )
        self.assertEqual(told.mapped("instalment"), [1, 2])

    def test_invoice_in_euro_is_named_in_euro(self):
        self.env.ref("base.EUR").active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.EUR").id,
                "name": self.day(-60),
                "company_id": self.journal.company_id.id,
                "inverse_company_rate": 4.25,
            }
        )
        line = self._watch(self._document(currency="EUR", amount="1000.00"))
        self.pay(line, 400, self.day(-6))
        self.run_day(self.day(-5))
        [mail] = self.gateways.sent
        self.assertIn("600,00\u00a0EUR", mail["body"].replace("€", "EUR"))
        self.assertNotIn("zł", mail["body"])
        self.pay(line, 600, self.day(-4))
        self.assertEqual(line.kgw_stage, "closed")

    # === CREDITORS, COVERAGE === #

    def test_one_counterparty_of_two_creditors_has_two_cases_never_mixed(self):
        creditor = self._create_creditor("Wierzyciel B sp. z o.o.", "9991020013")
        other = self._create_mandate("B", creditor, self._create_brand("Druga"))
        buyer = self._party(nip="9991020125")
        lines = self._watch(self._document("OD-A", buyer=buyer))
        lines |= self._watch(self._document("OD-B", buyer=buyer), mandate=other)
        self.assertEqual((len(lines.partner_id), len(lines.kgw_case_id)), (2, 2))
        self.run_day(self.day(-5))
        self.assertEqual(len(self.gateways.sent), 2)
        for mail in self.gateways.sent:
            self.assertNotEqual("OD-A" in mail["body"], "OD-B" in mail["body"])

    def test_same_partner_has_a_case_in_each_mandate(self):
        creditor = self._create_creditor("Wierzyciel B sp. z o.o.", "9991020013")
        other = self._create_mandate("B", creditor, self._create_brand("Druga"))
        line = self._watch(self._document())
        case = self.env["kgw.enrolment"]._find_cases(other, line.move_id, {})[line.move_id]
        self.assertEqual((case.mandate_id, case.counterparty_id), (other, line.partner_id))
        self.assertNotEqual(case, line.kgw_case_id)

    def test_without_coverage_the_creditor_is_asked_once_a_day(self):
        self.mandate.coverage_date = self.day(-1)
        self._watch(self._document(), self._document("FV 2/09/2026"))
        mails = self.env["mail.mail"].search([])
        asked = []
        for number in (-5, 2, 2, 3, 3):
            self.run_day(self.day(number))
            asked.append(len(self.env["mail.mail"].search([]) - mails))
        self.assertEqual(asked, [0, 1, 1, 2, 2])
        mail = (self.env["mail.mail"].search([]) - mails)[0]
        self.assertEqual(mail.email_to, self.creditor.email)
        self.assertIn("FV 2/09/2026", mail.body_html)
        self.mandate.coverage_date = self.day(3)
        self.run_day(self.day(4))
        self.assertEqual(len(self.env["mail.mail"].search([]) - mails), 2)

    def test_creditor_is_not_asked_for_payments_on_days_off(self):
        """A call stays planned over the weekend; the bookkeeper who reads the question does not."""
        self.mandate.scenario_ids.scenario_id = self.env.ref(f"{MODULE}.scenario_calls")
        self.mandate.coverage_date = self.day(-1)
        self._watch(self._document())
        self.run_days(self.day(1), self.day(4))  # a Friday; the call waits
        asked, mails = self.mandate.coverage_asked_on, self.env["mail.mail"].search_count([])
        self.assertEqual(asked, self.day(4))
        self.run_days(self.day(5), self.day(6))
        self.assertEqual(self.mandate.coverage_asked_on, asked)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.run_day(self.day(7))
        self.assertEqual(self.mandate.coverage_asked_on, self.day(7))

    def test_creditor_is_not_asked_while_everything_is_stopped(self):
        self.mandate.coverage_date = self.day(-1)
        line = self._watch(self._document())
        mails = self.env["mail.mail"].search([])
        stop = self.hold(self.day(0), reason="stop")
        for number in (2, 22):
            self.run_day(self.day(number))
        self.assertEqual(self.env["mail.mail"].search([]), mails)
        self.assertFalse(line.kgw_case_id.decision_ids)
        stop._lift(self._at(self.day(22), 12))
        self.run_day(self.day(23))
        self.assertTrue(line.kgw_case_id.decision_ids)

    def test_creditor_who_can_not_be_written_to_is_a_task_for_the_controller(self):
        for cause in ("no e-mail", "no text"):
            with self.subTest(cause):
                self.mandate.activity_ids.unlink()
                self.creditor.email = cause == "no text" and "a@wierzyciel.example"
                self.mandate.coverage_date = self.day(-1)
                self.mandate.coverage_asked_on = False
                line = self._watch(self._document(f"FV {cause}", buyer=self._party(cause)))
                broken = patch.object(
                    type(self.env["kgw.template.text"]), "_render", side_effect=ValueError("none")
                )
                with broken if cause == "no text" else nullcontext():
                    for number in (2, 3):
                        self.plan(self.day(number))
                self.assertTrue(self.reminders(line, "planned"))
                [task] = self.mandate.activity_ids
                self.assertEqual(task.user_id, self.agent)
                self.assertIn("yourself", task.summary)

    def test_without_coverage_the_reminder_waits_and_goes_out_when_payments_are_known(self):
        self.mandate.coverage_date = self.day(-1)
        line = self._watch(self._document())
        self.run_day(self.day(-5))
        self.run_day(self.day(2))
        [waiting] = self.reminders(line, "planned")
        self.assertEqual((waiting.waiting_reason, len(self.gateways.sent)), ("coverage", 1))
        self.mandate.coverage_date = DUE
        self.dispatch("sms", self.day(2), 12)
        self.assertEqual(waiting.state, "sent")

    def test_mandate_that_is_not_active_plans_nothing(self):
        self._watch(self._document())
        self.mandate.action_suspend()
        self.assertEqual(self.plan(self.day(-5)), 0)

    # === THE WHOLE WAY === #

    def test_final_demand_follows_only_a_posted_demand_and_the_creditors_consent(self):
        line = self._watch(self._document())

        def consent(day):
            asked = self.env["kgw.decision"].search(
                [("kind", "=", "approval"), ("state", "=", "open")]
            )
            asked._decide("approve", self._at(day, 16))

        self.live(self.day(-5), self.day(30), consent)
        demand, final = self.reminders(line).filtered(lambda r: r.rung in ("demand", "final"))
        self.assertEqual((demand.rung, final.rung), ("demand", "final"))
        self.assertGreater(final.contact_on, demand.answer_by)
        self.assertGreater(self._at(final.contact_on), demand.effective_at)

    def test_demand_that_was_never_posted_is_followed_by_no_final_demand(self):
        line = self._watch(self._document())
        self.live(self.day(-5), self.day(30), post=False)
        self.assertNotIn("final", self.reminders(line).mapped("rung"))
