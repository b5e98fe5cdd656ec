from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests.common import freeze_time, tagged

from ..tools import calendar
from .common import DUE, post_letters
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestLetters(KgwEngineCommon):
    """Letters wait, claimed, in their print run; a person posts them."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue(8)
        self.letter = self._draft(self.line, "p8_letter", self.day)

    def print_letter(self):
        self.dispatch("letter", self.day)
        return self.letter.print_run_id

    def test_letter_is_claimed_until_it_is_posted(self):
        run = self.print_letter()
        self.assertEqual((self.letter.state, run.state, run.date), ("claimed", "open", self.day))
        self.assertFalse(self.letter.contact_on or self.letter.effective_at)
        self.assertEqual(self.letter.attachment_id.mimetype, "application/pdf")
        post_letters(run, self._at(self.day, 15))
        self.assertEqual((self.letter.state, run.state), ("sent", "posted"))
        self.assertEqual(self.letter.contact_on, self.day)

    def test_printed_letter_reads_as_printed_until_it_is_posted(self):
        now = self._at(self.day)
        case = self.line.kgw_case_id.with_context(kgw_now=now)
        portal = self.env["kgw.portal"].with_context(kgw_now=now)
        run = self.print_letter()
        self.assertEqual((self.letter.state, self.letter.shown_state), ("claimed", "printed"))
        self.assertEqual((case.waiting_reason, case.waiting_cure), ("posting", "posting"))
        said = "A printed letter waits to be posted."
        self.assertEqual(portal._read_ahead(case)[case]["blocked"], said)
        self.assertEqual(portal._say_coming(case, self.line, [], self.env["kgw.hold"]), said)
        post_letters(run, self._at(self.day, 15))
        case.invalidate_recordset()
        self.assertEqual((self.letter.shown_state, case.waiting_reason), ("sent", False))

    def test_printed_letter_that_lay_too_long_waits_to_be_taken_out(self):
        self.print_letter()
        later = calendar.add_working_days(self.day, 2)
        for day, reason in (
            (calendar.add_working_days(self.day, 1), "posting"),
            (later, "late_letter"),
        ):
            with self.subTest(day=day):
                cases = self.env["kgw.case"].with_context(kgw_now=self._at(day))
                own = cases.browse(self.line.kgw_case_id.id)
                self.assertEqual(own.waiting_reason, reason)
                for code in ("posting", "late_letter"):
                    found = cases.search([("waiting_reason", "=", code)])
                    self.assertEqual(own in found, code == reason, "the filter says the same")
        portal = self.env["kgw.portal"].with_context(kgw_now=self._at(later))
        blocked = portal._read_ahead(self.line.kgw_case_id)[self.line.kgw_case_id]["blocked"]
        self.assertIn("lay too long", blocked)

    def test_message_that_is_being_sent_reads_so(self):
        self.letter._set_state("cancelled", self._at(self.day), reason="withdrawn")
        sms = self._draft(self.line, "p2_sms", self.day)
        self.assertEqual(sms.shown_state, "planned")
        sms._set_state("claimed", self._at(self.day))
        self.assertEqual(sms.shown_state, "claimed")

    def test_dispatching_again_prints_no_second_letter(self):
        run = self.print_letter()
        attachment = self.letter.attachment_id
        cron = self.env.ref("kgw_receivable_monitoring.ir_cron_kgw_dispatch_letter")
        self.dispatch("letter", self.day, 12, cron_id=cron.id)
        self.assertEqual((self.letter.print_run_id, self.letter.attachment_id), (run, attachment))
        self.assertEqual(self.letter.state, "claimed", "a printed letter is no lost claim")

    def test_ordinary_letter_counts_four_working_days_after_posting(self):
        for posted, effect in (
            (date(2026, 9, 15), date(2026, 9, 21)),
            (date(2026, 9, 18), date(2026, 9, 24)),
            (date(2026, 11, 6), date(2026, 11, 13)),  # Independence Day lies between
        ):
            with self.subTest(posted=posted), self.cr.savepoint() as point:
                run = self.print_letter()
                self.letter.state_at = self._at(posted)
                post_letters(run, self._at(posted, 15))
                self.assertEqual(self.letter.effective_at, calendar.noon(effect))
                point.rollback()
                self.env.invalidate_all()

    def test_registered_letter_counts_seven_working_days_after_posting_or_from_its_proof(self):
        self.letter._set_state("cancelled", self._at(self.day), reason="withdrawn")
        final = self._draft(self.line, "p21_letter", self.day)
        decision = self.env["kgw.decision"]._ask(
            "approval", final.step_id, self.line, self.day, self._at(self.day)
        )
        decision._decide("approve", self._at(self.day))
        self.dispatch("letter", self.day)
        self.assertTrue(final.print_run_id.is_registered)
        post_letters(final.print_run_id, self._at(self.day, 15))
        self.assertEqual(final.effective_at, calendar.noon(date(2026, 9, 24)))
        proof = self._at(self.day + timedelta(days=2))
        final._mark_delivered(proof)
        self.assertEqual(final.effective_at, proof)

    def test_letter_can_be_taken_back_until_it_is_posted(self):
        run = self.print_letter()
        self.letter.action_cancel()
        self.assertEqual((self.letter.state, run.letter_count), ("cancelled", 0))
        post_letters(run, self._at(self.day, 15))
        self.assertEqual(self.letter.state, "cancelled")

    def test_posted_letter_can_not_be_taken_back(self):
        post_letters(self.print_letter(), self._at(self.day, 15))
        self.assertFalse(self.letter._set_state("cancelled", self._at(self.day, 16)))

    def test_letter_paid_before_posting_is_not_posted(self):
        run = self.print_letter()
        self.pay(self.line, 1230, self.day)
        post_letters(run, self._at(self.day, 15))
        self.assertEqual((self.letter.state, self.letter.reason), ("cancelled", "paid"))
        self.assertFalse(self.letter.contact_on)

    def change_after_printing(self, name):
        """Let something happen that forbids a letter which lies printed."""
        if name == "paid":
            self.pay(self.line, 1230, self.day)
        elif name == "hold":
            self.hold(self.day, case_id=self.line.kgw_case_id.id)
        elif name == "mandate":
            self.mandate.action_suspend()
        elif name == "authority":
            self.mandate.may_demand = False
        return self._at(self.day + timedelta(days=90 if name == "lapsed" else 0), 15)

    def test_what_happened_after_printing_takes_the_letter_out_at_posting(self):
        run = self.print_letter()
        for reason in ("paid", "hold", "mandate", "authority", "lapsed"):
            with self.subTest(reason=reason), self.cr.savepoint() as point:
                now = self.change_after_printing(reason)
                self.assertEqual(self.letter.state, "claimed")
                run.document = b"JVBERi0="
                post_letters(run, now)
                self.assertEqual((self.letter.state, self.letter.reason), ("cancelled", reason))
                self.assertFalse(self.letter.contact_on or run.document)
                point.rollback()
                self.env.invalidate_all()

    def test_letter_that_lay_too_long_is_drawn_anew(self):
        """What it says of the time to answer counts from the day of printing."""
        self.print_letter()
        gate, next_day = self.env["kgw.gate"], calendar.add_working_days(self.day, 1)
        self.assertFalse(gate._get_stale(self.letter, self._at(next_day, 15)))
        later = calendar.add_working_days(self.day, 2)
        self.assertEqual(gate._take_out(self.letter, self._at(later, 15)), self.letter)
        self.assertEqual(self.letter.reason, "late_letter")
        self.assertTrue(self.letter.line_ids.void, "the step is free to be taken anew")

    def test_posting_names_the_letters_to_take_out_and_changes_nothing(self):
        run = self.print_letter().with_user(self.manager)
        self.change_after_printing("hold")
        with freeze_time(self._at(self.day, 15)):
            with self.assertRaisesRegex(UserError, self.line.kgw_case_id.name):
                run.action_posted()
            self.assertEqual((self.letter.state, run.state), ("claimed", "open"))
            run.action_take_out()
            self.assertEqual((self.letter.state, run.letter_count), ("cancelled", 0))

    def test_what_is_at_the_post_already_is_recorded_as_sent(self):
        run = self.print_letter().with_user(self.manager)
        self.change_after_printing("paid")
        with freeze_time(self._at(self.day, 15)):
            run.action_all_posted()
        self.assertEqual((self.letter.state, self.letter.contact_on), ("sent", self.day))

    def test_letter_that_comes_after_printing_goes_into_another_run(self):
        runs = self.env["kgw.print.run"]
        printed = runs._get_open(self.letter, DUE)
        printed.document = b"JVBERi0="
        later = runs._get_open(self.letter, DUE)
        self.assertNotEqual(later, printed)
        self.assertEqual(runs._get_open(self.letter, DUE), later)

    def test_letter_paid_before_printing_is_not_in_the_printers_file(self):
        run = self.print_letter()
        self.pay(self.line, 1230, self.day)
        with self.assertRaises(UserError):
            run._merge(self._at(self.day, 14))
        run._take_out(self._at(self.day, 14))
        self.assertEqual(run.letter_count, 0)

    def test_answer_by_of_a_registered_letter_counts_from_its_later_receipt(self):
        """Tuesday 15 September, deemed received 7 working days later, 3 days to answer."""
        self.letter._set_state("cancelled", self._at(self.day), reason="withdrawn")
        final = self._draft(self.line, "p21_letter", self.day)
        answer_by = self.env["kgw.text"]._get_answer_by(final, self._at(self.day))
        self.assertEqual(answer_by, date(2026, 9, 28))

    def test_answer_by_counts_from_the_expected_receipt(self):
        self.print_letter()
        # Tuesday 15 September, received on Monday 21, 7 days to answer: Monday 28.
        self.assertEqual(self.letter.answer_by, date(2026, 9, 28))

    def test_letters_of_a_day_share_one_run_by_kind_of_posting(self):
        other = self._watch(self._document("2", buyer=self._party("Inny sp. z o.o.")))
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        second = self._draft(other, "p8_letter", self.day)
        run = self.print_letter()
        self.assertEqual(run.reminder_ids, self.letter | second)
        self.assertEqual((run.letter_count, run.is_registered, DUE < run.date), (2, False, True))
