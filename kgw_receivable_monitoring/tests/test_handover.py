from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests.common import tagged

from ..models.kgw_handover import BEGIN_ATTEMPTS
from .common import MODULE
from .engine_common import KgwDispatchCommon


@tagged("post_install", "-at_install", "kgw")
class TestHandover(KgwDispatchCommon):
    """What a death leaves behind, and what changes between the claim and the gateway."""

    # === DEATH === #

    def test_claim_of_a_dead_run_becomes_unknown_at_the_next_start(self):
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_dispatch_sms")
        self.sms._set_state("claimed", self.now, cron_id=cron.id, handed_at=self.now)
        [other] = self.watch_more(1)
        other._set_state("claimed", self.now, cron_id=self.env.ref(f"{MODULE}.ir_cron_kgw_plan").id)
        self.dispatch("sms", self.day, cron_id=cron.id)
        self.assertEqual((self.sms.state, other.state), ("unknown", "claimed"))
        self.assertEqual(self.gateways.sent, [])
        self.assertTrue(self.events("unknown", reminder_id=self.sms.id))

    def die(self, channel="sms", at=1, method="_send"):
        """Run a dispatch of a cron that dies at the ``at``-th call of ``method``, before it."""
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_dispatch_{channel}")
        owner = self.env[f"kgw.channel.{channel}" if method == "_send" else "kgw.handover"]
        original, calls = getattr(type(owner), method), []

        def call(model, *args):
            calls.append(1)
            if len(calls) == at:
                raise KeyboardInterrupt  # what no code of ours catches
            return original(model, *args)

        # Not assertRaises, which would undo what is committed in real life.
        with patch.object(type(owner), method, call), suppress(KeyboardInterrupt):
            self.dispatch(channel, self.day, cron_id=cron.id)
        self.assertEqual(len(calls), at)
        self.env.invalidate_all()
        return cron

    def restart(self, cron, channel="sms"):
        self.dispatch(channel, self.day, cron_id=cron.id)

    def test_death_leaves_only_what_was_just_handed_over_unknown(self):
        others = self.watch_more(4, "p6_email")
        cron = self.die("email", at=3)
        self.assertEqual(others.mapped("state"), ["claimed"] * 4)
        self.restart(cron, "email")
        self.assertEqual(others.mapped("state"), ["sent", "sent", "unknown", "sent"])
        self.assertEqual(len(self.gateways.sent), 3)
        self.assertEqual(len(self.events("sent")), 3)
        courses = others.filtered(lambda r: r.state == "sent").line_ids.receivable_id
        self.assertNotIn(self._step("p6_email"), courses.kgw_next_step_id)

    def restart_where_keys_are_known(self, change=lambda: None):
        """Die with an SMS just handed over, to a gateway that knows its keys again; go on."""
        known = patch.object(
            type(self.env["kgw.channel.sms"]), "_get_known_again", lambda _m, reminders: reminders
        )
        with known:
            cron = self.die()
            change()
            self.restart(cron)

    def test_gateway_that_knows_keys_is_given_the_same_message_again(self):
        self.restart_where_keys_are_known()
        self.assertEqual(self.sms.state, "sent")
        self.assertEqual([sms["id"] for sms in self.gateways.sent], self.sms.ids)

    def test_what_the_gate_holds_now_is_not_given_again(self):
        self.restart_where_keys_are_known(lambda: self.hold(self.day, case_id=self.case.id))
        self.assertEqual((self.sms.state, self.gateways.sent), ("unknown", []))

    def test_message_that_would_say_something_else_now_is_not_given_again(self):
        text = self.sms.template_id._get_text(self.case.lang)
        self.restart_where_keys_are_known(lambda: text.write({"body": "{{ brand.short_name }}"}))
        self.assertEqual((self.sms.state, self.gateways.sent), ("unknown", []))

    def test_death_before_the_register_is_written_loses_no_answer(self):
        cron = self.die(method="_settle")
        self.assertEqual((self.sms.state, len(self.gateways.sent)), ("claimed", 1))
        self.restart(cron)
        self.assertEqual((self.sms.state, len(self.gateways.sent)), ("sent", 1))

    def test_claim_that_was_never_begun_goes_back_and_counts_for_nothing(self):
        case = self.sms.case_id
        cron = self.die(method="_begin")
        count = self.env["kgw.person"]._get_counts(case, self.day)[case.id][0]
        self.assertEqual((self.sms.state, count.attempts), ("claimed", 1))
        self.env["kgw.handover"]._take_back(self.sms, self.now)
        count = self.env["kgw.person"]._get_counts(case, self.day)[case.id][0]
        self.assertEqual((self.sms.state, self.sms.attempts), ("planned", 0))
        self.assertEqual((count.attempts, count.contacts), (0, 0))
        self.restart(cron)
        self.assertEqual((self.sms.state, self.sms.attempts), ("sent", 1))

    def test_email_that_goes_back_leaves_no_message(self):
        [email] = self.watch_more(1, "p6_email")
        cron = self.die("email", method="_begin")
        messages = self.env["mail.message"].search([("message_id", "=", email.message_ref)])
        self.assertTrue(messages)
        self.hold(self.day, case_id=email.case_id.id)
        self.restart(cron, "email")
        self.assertEqual((email.state, email.waiting_reason), ("planned", "hold"))
        self.assertFalse(messages.exists())

    # === TIME AND COLLISIONS === #

    def test_what_is_not_begun_when_the_time_is_up_goes_back(self):
        emails = self.watch_more(4, "p6_email")
        left = patch.object(
            type(self.env["ir.cron"]),
            "_commit_progress",
            lambda *_args, **_kwargs: 0 if self.gateways.sent else 9,
        )
        with left:
            self.dispatch("email", self.day)
        self.assertEqual(emails.mapped("state"), ["sent", "sent", "planned", "planned"])
        self.assertEqual(emails.mapped("attempts"), [1, 1, 0, 0])
        self.assertEqual(len(self.gateways.sent), 2)

    def collide(self, times):
        """Let PostgreSQL refuse to begin so many times, as beside other writers; send."""
        owner, refusals = type(self.env["kgw.handover"]), [SerializationFailure()] * times
        original = owner._mark_begun

        def mark(model, *args):
            if refusals:
                raise refusals.pop()
            return original(model, *args)

        with (
            patch.object(owner, "_mark_begun", mark),
            patch.object(self.env.cr, "rollback", self.env.invalidate_all),
        ):
            self.dispatch("sms", self.day)

    def test_begin_beside_another_writer_is_tried_again(self):
        self.collide(2)
        self.assertEqual((self.sms.state, len(self.gateways.sent)), ("sent", 1))

    def assertSentOnce(self):
        case = self.sms.case_id
        count = self.env["kgw.person"]._get_counts(case, self.day)[case.id][0]
        self.assertEqual((self.sms.state, self.sms.attempts, count.attempts), ("sent", 1, 1))
        self.assertEqual(len(self.gateways.sent), 1)

    def test_claim_that_others_do_not_let_begin_goes_back_and_is_claimed_anew(self):
        self.collide(2 * BEGIN_ATTEMPTS)
        self.assertSentOnce()

    def test_claim_that_comes_back_twice_waits_for_a_minute(self):
        """Whatever keeps it from being begun: the run ends, it does not claim for ever."""
        owner, begun = type(self.env["kgw.handover"]), []

        def begin_nothing(model, batch, *_args):
            begun.extend(batch.ids)
            self.assertLess(len(begun), 10, "it is claimed again and again")
            return batch.browse()

        with patch.object(owner, "_begin", begin_nothing):
            self.dispatch("sms", self.day)
        self.assertEqual(begun, self.sms.ids * 2)
        self.assertEqual(self.sms.state, "planned")
        self.assertEqual(self.sms.not_before, self.now + timedelta(minutes=1))
        self.dispatch("sms", self.day, minute=1)
        self.assertSentOnce()

    def test_claim_that_another_run_took_back_is_not_begun(self):
        """As where the lock of the cron was lost and its process was not dead."""
        handover = self.env["kgw.handover"]
        self.change_between_claim_and_call(lambda: handover._take_back(self.sms, self.now))
        self.assertSentOnce()

    # === CHANGES === #

    def change_between_claim_and_call(self, change):
        """Let ``change`` happen once, after the claim was committed; return what went out."""
        owner, changes = type(self.env["kgw.handover"]), [change]
        original = owner._hand_over

        def hand_over(model, *args):
            while changes:
                with self.cr.savepoint():  # rows tell what another transaction wrote
                    changes.pop()()
            return original(model, *args)

        with patch.object(owner, "_hand_over", hand_over):
            self.dispatch("sms", self.day)
        return self.gateways.sent

    def test_payment_between_claim_and_call_stops_the_message(self):
        self.assertEqual(
            self.change_between_claim_and_call(lambda: self.pay(self.line, 1230, self.day)), []
        )
        self.assertEqual((self.sms.state, self.sms.reason), ("cancelled", "paid"))

    def test_part_payment_between_claim_and_call_changes_what_is_demanded(self):
        self.change_between_claim_and_call(lambda: self.pay(self.line, 230, self.day))
        self.assertEqual((self.sms.state, self.sms.line_ids.amount), ("sent", 1000))
        self.assertEqual(len(self.gateways.sent), 1)

    def test_hold_between_claim_and_call_stops_the_message(self):
        for values in (
            {"case_id": self.case.id},
            {"mandate_id": self.mandate.id},
            {"move_id": self.line.move_id.id},
            {"brand_id": self.brand.id, "reason": "stop"},
        ):
            with self.subTest(**values), self.cr.savepoint() as point:
                sent = self.change_between_claim_and_call(
                    lambda values=values: self.hold(self.day, **values)
                )
                self.assertEqual((sent, self.sms.waiting_reason), ([], "hold"))
                point.rollback()
                sent.clear()
                self.env.invalidate_all()

    def test_mandate_suspended_between_claim_and_call_stops_the_message(self):
        sent = self.change_between_claim_and_call(
            lambda: self.mandate.write({"state": "suspended"})
        )
        self.assertEqual((sent, self.sms.reason), ([], "mandate"))

    def test_receivable_set_aside_between_claim_and_call_stops_the_message(self):
        """“No Follow-Up” is Odoo's own: nothing of ours is written with it."""
        sent = self.change_between_claim_and_call(lambda: self.line.write({"no_followup": True}))
        self.assertEqual((sent, self.sms.state), ([], "cancelled"))

    def test_wrong_number_between_claim_and_call_stops_the_message(self):
        phone = self.case.contact_point_ids.filtered(lambda p: p.kind == "phone")
        sent = self.change_between_claim_and_call(lambda: phone.write({"state": "objected"}))
        self.assertEqual(sent, [])
        self.assertEqual((self.sms.state, self.sms.reason), ("cancelled", "no_contact_point"))
