from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..const import RETRY_MINUTES
from ..tools.text import TextError
from .common import MODULE
from .engine_common import KgwDispatchCommon

DISPATCHER = f"odoo.addons.{MODULE}.models.kgw_dispatcher"


@tagged("post_install", "-at_install", "kgw")
class TestDispatcher(KgwDispatchCommon):
    """Claim, commit, send, commit; what fails, what nobody can know, what is poisoned."""

    def track(self, channel="sms", left=lambda _number: float("inf"), outcome="sent"):
        """Record what a dispatch does in order; ``left`` is the time that each commit answers."""
        steps = []

        def states():
            self.env.flush_all()
            self.env.cr.execute("SELECT state FROM kgw_reminder ORDER BY id")
            return ",".join(row[0] for row in self.env.cr.fetchall())

        def commit(_model, *_args, **_kwargs):
            steps.append(("commit", states()))
            return left(len([step for step in steps if step[0] == "commit"]))

        def send(_model, reminders):
            steps.append(("send", states()))
            self.gateways.answer = outcome
            return self.gateways.send(reminders)

        for name, method, replacement in (
            ("ir.cron", "_commit_progress", commit),
            (f"kgw.channel.{channel}", "_send", send),
        ):
            patcher = patch.object(type(self.env[name]), method, replacement)
            patcher.start()
            self.addCleanup(patcher.stop)
        return steps

    def sizes(self, left):
        """Dispatch and return how many reminders each claim asked for."""
        owner, asked = type(self.env["kgw.dispatcher"]), []
        original = owner._lock_candidates

        def lock(model, channel, now, limit=None, cases=None):
            asked.append(limit)
            return original(model, channel, now, min(limit, 1), cases)

        self.track(left=left)
        with patch.object(owner, "_lock_candidates", lock):
            self.dispatch("sms", self.day)
        return asked

    def test_run_without_a_limit_of_time_claims_as_many_as_the_channel_takes(self):
        self.assertEqual(set(self.sizes(lambda _number: float("inf"))), {500})

    def test_claim_is_no_larger_than_what_goes_out_while_the_run_lasts(self):
        """The first claim, of one, takes four of ten seconds: then one more goes out, not a hundred."""
        seconds = iter((10, 10, 10, 10, 6))
        self.assertEqual(self.sizes(lambda _number: next(seconds, 6))[:2], [100, 1])

    def test_claim_takes_no_more_queries_for_many_than_for_few(self):
        many = self.watch_more(12)
        self.count_queries(many)  # what is read once per process
        self.assertLessEqual(self.count_queries(many), self.count_queries(many[:3]))

    def count_queries(self, reminders):
        with closing(self.env.cr.savepoint()):
            self.env.flush_all()
            self.env.invalidate_all()
            started = self.cr.sql_log_count
            claimed = self.env["kgw.dispatcher"]._claim(reminders, self.now)
            self.env.flush_all()
            self.assertEqual(claimed, reminders)
            return self.cr.sql_log_count - started

    def collide(self, times):
        """Let PostgreSQL refuse the lock on what is to be sent so many times."""
        execute, refusals = self.env.cr.execute, [SerializationFailure() for _n in range(times)]

        def refuse(query, *args, **kwargs):
            if "FROM kgw_reminder r" in str(query) and "SKIP LOCKED" in str(query) and refusals:
                raise refusals.pop()
            return execute(query, *args, **kwargs)

        for name, replacement in (("execute", refuse), ("rollback", self.env.invalidate_all)):
            patcher = patch.object(self.env.cr, name, replacement)
            patcher.start()
            self.addCleanup(patcher.stop)

    def test_row_that_another_dispatcher_has_just_moved_is_looked_at_again(self):
        self.collide(2)
        self.dispatch("sms", self.day)
        self.assertEqual((self.sms.state, len(self.gateways.sent)), ("sent", 1))

    def test_endless_collisions_leave_the_rest_to_the_other_dispatcher(self):
        self.collide(100)
        self.dispatch("sms", self.day)
        self.assertEqual((self.sms.state, self.gateways.sent), ("planned", []))

    # === THE ORDER === #

    def test_claim_is_committed_before_and_the_outcome_after_the_sending(self):
        steps = self.track()
        self.dispatch("sms", self.day)
        self.assertEqual(
            steps,
            [
                ("commit", "planned"),
                ("commit", "claimed"),  # texts and counts stand
                ("commit", "claimed"),  # begun
                ("send", "claimed"),
                ("commit", "claimed"),  # the answer is kept
                ("commit", "sent"),
            ],
        )

    def test_text_is_written_before_the_claim_is_committed(self):
        seen = []

        def send(_model, reminders):
            seen.extend(reminders.mapped("body"))
            return self.gateways.send(reminders)

        with patch.object(type(self.env["kgw.channel.sms"]), "_send", send):
            self.dispatch("sms", self.day)
        self.assertEqual(seen, [self.sms.body])
        self.assertIn("FV 1/09/2026", self.sms.body)

    def test_same_moment_again_sends_nothing_new(self):
        for _round in range(3):
            self.dispatch("sms", self.day)
        self.assertEqual(len(self.gateways.sent), 1)

    def test_run_whose_time_is_up_leaves_nothing_claimed(self):
        for stop_at in (1, 2, 3, 4, 5):
            with self.subTest(stop_at=stop_at), self.cr.savepoint() as point:
                self.track(left=lambda number, stop_at=stop_at: 0 if number >= stop_at else 9)
                self.dispatch("sms", self.day)
                self.assertIn(self.sms.state, ("planned", "sent"))
                point.rollback()
                self.env.invalidate_all()

    def test_case_locked_by_another_transaction_is_left_for_later(self):
        empty = self.env["kgw.case"]
        with patch.object(type(empty), "try_lock_for_update", lambda *_a, **_k: empty):
            self.dispatch("sms", self.day)
        self.assertEqual((self.sms.state, self.gateways.sent), ("planned", []))
        self.dispatch("sms", self.day, 11)
        self.assertEqual(self.sms.state, "sent")

    def test_only_the_asked_channel_and_day_are_sent(self):
        for channel in ("email", "letter", "phone"):
            self.dispatch(channel, self.day)
        self.dispatch("sms", self.day - timedelta(days=1))
        self.assertEqual((self.sms.state, self.gateways.sent), ("planned", []))

    # === FAILURES === #

    def test_failed_sending_is_repeated_with_growing_pauses_then_given_up(self):
        self.gateways.answer = "failed"
        now, pauses = self.now, []
        for attempt in range(1, len(RETRY_MINUTES) + 2):
            self.env["kgw.dispatcher"]._dispatch("sms", now)
            self.assertEqual(self.sms.attempts, attempt)
            if self.sms.state == "failed":
                pauses.append((self.sms.retry_at - now).total_seconds() / 60)
                early = self.sms.retry_at - timedelta(seconds=1)
                self.env["kgw.dispatcher"]._dispatch("sms", early)
                self.assertEqual(self.sms.attempts, attempt, "repeated before its time")
                now = self.sms.retry_at
        self.assertEqual(pauses, [1, 5, 15, 60])
        self.assertEqual((self.sms.state, self.sms.attempts), ("dead", 5))
        fallback = self.reminders(self.line, "planned")
        self.assertEqual((fallback.channel, fallback.origin_id), ("email", self.sms))
        self.assertFalse(self.sms.contact_on)

    def test_failed_sending_that_passes_later_is_sent_once(self):
        self.gateways.answer = "failed"
        self.dispatch("sms", self.day)
        self.gateways.answer = "sent"
        self.dispatch("sms", self.day, 10, 2)
        self.dispatch("sms", self.day, 11)
        self.assertEqual((self.sms.state, len(self.gateways.sent)), ("sent", 1))
        self.assertFalse(self.sms.retry_at or self.sms.detail)

    def test_repeated_email_leaves_one_message_for_replies(self):
        self.sms._set_state("cancelled", self.now, reason="withdrawn")
        email = self._draft(self.line, "p6_email", self.day)
        self.gateways.answer = "failed"
        self.dispatch("email", self.day)
        self.gateways.answer = "sent"
        self.dispatch("email", self.day, 10, 2)
        messages = self.env["mail.message"].search([("message_id", "like", email.key)])
        self.assertEqual(email.state, "sent")
        self.assertEqual((len(messages), len(messages.notification_ids)), (1, 1))

    def test_refused_for_ever_goes_to_the_fallback_at_once(self):
        self.gateways.answer = "dead"
        self.dispatch("sms", self.day)
        self.assertEqual(self.sms.state, "dead")
        self.gateways.answer = "sent"
        self.dispatch("email", self.day)
        [mail] = self.gateways.sent
        self.assertEqual((mail["channel"], mail["recipient"]), ("email", "faktury@budmax.example"))

    def test_paid_between_two_attempts_is_not_repeated(self):
        self.gateways.answer = "failed"
        self.dispatch("sms", self.day)
        self.pay(self.line, 1230, self.day)
        self.gateways.answer = "sent"
        self.dispatch("sms", self.day, 12)
        self.assertEqual((self.sms.state, self.gateways.sent), ("cancelled", []))

    # === WHAT NOBODY CAN KNOW === #

    def make_unknown(self):
        self.gateways.answer = "unknown"
        self.dispatch("sms", self.day)
        self.assertEqual(self.sms.state, "unknown")
        self.gateways.answer = "sent"

    def test_unknown_is_never_sent_again_by_itself(self):
        self.make_unknown()
        for day in (self.day, self.day + timedelta(days=1), self.day + timedelta(days=3)):
            self.plan(day)
            for channel in ("sms", "email", "phone"):
                self.dispatch(channel, day, 15)
        self.assertEqual((self.sms.state, self.gateways.sent), ("unknown", []))
        self.assertEqual(self.reminders(self.line), self.sms)

    def test_person_counts_an_unknown_as_sent(self):
        self.make_unknown()
        self.sms.action_count_as_sent()
        self.assertEqual((self.sms.state, self.gateways.sent), ("sent", []))
        self.assertTrue(self.sms.effective_at)

    def test_person_sends_an_unknown_again(self):
        self.make_unknown()
        self.sms.action_send_again()
        self.dispatch("sms", self.day, 11)
        self.assertEqual((self.sms.state, len(self.gateways.sent)), ("sent", 1))

    def test_buttons_for_unknown_leave_alone_what_is_being_sent(self):
        self.sms._set_state("claimed", self.now)
        self.sms.action_send_again()
        self.sms.action_count_as_sent()
        self.assertEqual(self.sms.state, "claimed")

    def test_buttons_for_unknown_move_nothing_else(self):
        self.dispatch("sms", self.day)
        self.sms.action_send_again()
        self.assertEqual(self.sms.state, "sent")
        self.dispatch("sms", self.day, 12)
        self.assertEqual(len(self.gateways.sent), 1)

    def test_claim_remembers_its_cron(self):
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_dispatch_sms")
        self.dispatch("sms", self.day, cron_id=cron.id)
        self.assertEqual(self.sms.cron_id, cron)

    # === POISON === #

    def poison(self, error):
        """Let the text of the first reminder fail, and dispatch it with others."""
        others = self.watch_more(2)
        channel = type(self.env["kgw.channel.sms"])
        original = channel._render

        def render(model, reminder, values):
            if reminder == self.sms:
                raise error
            return original(model, reminder, values)

        with patch.object(channel, "_render", render):
            self.dispatch("sms", self.day)
        return others

    def test_text_that_can_not_be_written_does_not_stop_the_others(self):
        others = self.poison(TextError("unknown", 3, "unknown variable"))
        self.assertEqual(set(others.mapped("state")), {"sent"})
        self.assertEqual((self.sms.state, self.sms.waiting_reason), ("planned", "text"))
        self.assertIn("unknown variable", self.sms.detail)
        self.assertEqual(self.sms.not_before, self.now + timedelta(hours=1))

    def test_unexpected_error_does_not_stop_the_others_and_hides_what_it_said(self):
        with mute_logger(DISPATCHER):
            others = self.poison(ZeroDivisionError("jan.kowalski@budmax.example"))
        self.assertEqual(set(others.mapped("state")), {"sent"})
        self.assertEqual(
            (self.sms.state, self.sms.waiting_reason, self.sms.detail),
            ("planned", "error", "ZeroDivisionError"),
        )

    def test_database_error_of_one_reminder_does_not_stop_the_others(self):
        others = self.watch_more(1)
        gate = type(self.env["kgw.gate"])
        original = gate._judge_contact_point

        def judge(model, reminder, facts):
            if reminder == self.sms:
                model.env.cr.execute("SELECT 1 / 0")
            return original(model, reminder, facts)

        with (
            patch.object(gate, "_judge_contact_point", judge),
            mute_logger(DISPATCHER, "odoo.sql_db"),
        ):
            self.dispatch("sms", self.day)
        self.assertEqual((others.state, self.sms.waiting_reason), ("sent", "error"))

    def test_mended_text_goes_out_at_the_next_attempt(self):
        self.poison(TextError("unknown", 3, "unknown variable"))
        self.dispatch("sms", self.day, 11)
        self.assertEqual(self.sms.state, "sent")
        self.assertFalse(self.sms.waiting_reason and self.sms.not_before > self._at(self.day, 11))
