from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests.common import freeze_time, tagged
from odoo.tools import mute_logger

from ..const_calls import CALL_TABLE
from .test_board import BoardCase, calendar_next


class DeskCase(BoardCase):
    """The agent sits at the desk at ten o'clock; one call stands on its board."""

    def setUp(self):
        super().setUp()
        self.freeze(self.now)

    def freeze(self, moment):
        frozen = freeze_time(moment)
        frozen.start()
        self.addCleanup(frozen.stop)

    def open_desk(self, call=None, user=None, **vals):
        action = (call or self.call).with_user(user or self.agent).action_open_desk()
        desk = self.env["kgw.desk"].with_user(user or self.agent).browse(action["res_id"])
        desk.write(vals)
        return desk

    def end(self, outcome, **vals):
        """Record an outcome at the desk."""
        self.open_desk(outcome=outcome, **vals).action_save_and_stop()

    def add_call(self, name, number, amount="1230.00", **vals):
        """Return another call on the board of the agent."""
        line = self._watch(
            self._document(name, amount=amount, buyer=self._other_party(name, number))
        )
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        call = self._draft(line, "p4_call", self.day, **vals)
        self.dispatch("phone", self.day)
        return call


@tagged("post_install", "-at_install", "kgw")
class TestDesk(DeskCase):
    """Claiming a call, and what the page shows."""

    def test_page_shows_whom_to_call_as_whom_and_what_to_say(self):
        desk = self.open_desk()
        self.assertEqual((desk.phone, desk.can_call), ("+48512000117", True))
        self.assertEqual((desk.brand_id, desk.present_number), (self.brand, "+48123456700"))
        self.assertIn("FV 1/09/2026", desk.script)
        self.assertIn("Agencja Testowa", desk.opening)
        self.assertNotIn("FV 1/09/2026", desk.opening)
        self.assertEqual(desk.open_receivable_ids.residual, 1230)
        self.assertFalse(desk.warning or desk.news)

    def test_matter_of_a_person_is_named_after_its_identity_only(self):
        self.case.kind_id = self.env.ref("kgw_receivable_monitoring.kind_consumer")
        desk = self.open_desk()
        self.assertFalse(desk.script)
        desk.outcome = "reached"
        with self.assertRaises(UserError):
            desk.action_save()
        desk.identity_by = "address"
        self.assertIn("FV 1/09/2026", desk.script)
        desk.action_save_and_stop()
        event = self.events("call", reminder_id=self.call.id)
        self.assertEqual(event.payload["identity"], "address")

    def test_number_is_hidden_and_the_reason_told_while_contact_is_on_hold(self):
        self.hold(self.day, case_id=self.case.id)
        desk = self.open_desk()
        self.assertFalse(desk.phone or desk.can_call)
        self.assertEqual(desk.warning, "Do not call now. Contact is on hold: Other, test.")

    def test_call_that_the_gate_refuses_leaves_the_board_and_opens_nothing(self):
        self.mandate.sudo().state = "suspended"
        action = self.call.with_user(self.agent).action_open_desk()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual((self.call.state, self.call.reason), ("cancelled", "mandate"))
        self.assertFalse(self.env["kgw.desk"].search([]))

    def test_two_agents_never_have_the_same_case(self):
        self.open_desk()
        self.assertEqual(self.call.with_user(self.colleague).desk_user_id, self.agent)
        with self.assertRaises(UserError):
            self.open_desk(user=self.colleague)
        with self.assertRaises(UserError):
            self.open_desk(user=self.manager)

    def test_database_itself_refuses_a_second_desk_on_a_case(self):
        desk = self.open_desk()
        vals = {
            "user_id": self.colleague.id,
            "case_id": self.case.id,
            "brand_id": self.brand.id,
            "opened_at": self.now,
        }
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.env["kgw.desk"].create(vals)
        self.assertEqual(self.env["kgw.desk"].search([]).user_id, desk.user_id)

    def test_case_row_held_by_another_transaction_is_not_opened(self):
        locked = type(self.case)
        with (
            patch.object(locked, "try_lock_for_update", lambda cases, **_k: cases.browse()),
            self.assertRaises(UserError),
        ):
            self.open_desk()

    def test_desk_that_was_left_gives_way_after_an_hour(self):
        self.open_desk(note="mówi, że")
        self.env.flush_all()
        self.cr.execute("UPDATE kgw_desk SET write_date = %s", [self.now - timedelta(minutes=61)])
        self.env.invalidate_all()
        self.open_desk(user=self.colleague)
        self.assertEqual(self.env["kgw.desk"].search([]).user_id, self.colleague)
        self.assertEqual(self.events("note", case_id=self.case.id).payload["note"], "mówi, że")

    def test_opening_another_case_puts_the_first_away(self):
        other = self.add_call("Nowy", 2)
        self.open_desk()
        self.open_desk(other)
        desk = self.env["kgw.desk"].search([("user_id", "=", self.agent.id)])
        self.assertEqual(desk.case_id, other.case_id)
        self.assertEqual(self.call.state, "planned")

    def test_lead_takes_a_case_from_a_desk_and_an_agent_does_not(self):
        desk = self.open_desk()
        with self.assertRaises(AccessError):
            desk.with_user(self.colleague).action_take_desk()
        desk.with_user(self.manager).action_take_desk()
        self.assertEqual(self.env["kgw.desk"].search([]).user_id, self.manager)

    def test_what_lies_on_the_desk_is_not_exchanged(self):
        with self.assertRaises(AccessError):
            self.open_desk().case_id = self.case
        with self.assertRaises(AccessError):
            self.env["kgw.desk"].with_user(self.agent).create({"case_id": self.case.id})

    def test_next_call_is_the_one_with_the_highest_priority(self):
        rich = self.add_call("Bogaty", 2, amount="50000.00")
        colleagues = self.add_call("Cudzy", 3, amount="90000.00")
        colleagues.with_user(self.manager).sudo()._assign(self.colleague, self.now)
        self.open_desk(outcome="no_answer").action_save()
        desk = self.env["kgw.desk"].search([("user_id", "=", self.agent.id)])
        self.assertEqual(desk.reminder_id, rich)

    def test_next_call_skips_what_may_not_be_called_now(self):
        held = self.add_call("Bogaty", 2, amount="50000.00")
        self.hold(self.day, case_id=held.case_id.id)
        self.env["kgw.desk"].with_user(self.agent).action_start()
        desk = self.env["kgw.desk"].search([])
        self.assertEqual(desk.reminder_id, self.call)
        self.assertEqual(held.waiting_reason, "hold")

    def test_gate_is_asked_once_about_the_next_call(self):
        gate, asked = type(self.env["kgw.gate"]), []
        ask = gate._ask

        def note(model, questions, reminder, facts):
            asked.append(reminder.id)
            return ask(model, questions, reminder, facts)

        with patch.object(gate, "_ask", note):
            self.env["kgw.desk"].with_user(self.agent).action_start()
        self.assertEqual(asked, self.call.ids)

    def test_all_calls_made_leads_back_to_the_board_and_says_what_waits(self):
        action = self.open_desk(outcome="no_answer").action_save()
        board = self.env.ref(action["params"]["next"]).with_user(self.agent).run()
        self.assertEqual(board["res_model"], "kgw.reminder")
        self.assertIn("Waiting: 1.", action["params"]["message"])
        action = self.open_desk(outcome="reached").action_save()
        self.assertIn(
            "All calls of today are made. Made: 2, reached: 1", action["params"]["message"]
        )

    def test_words_that_warn_are_saved_for_the_creditor_only_when_ticked(self):
        desk = self.open_desk(outcome="reached", note="Mówił, że to przez chorobę żony.")
        with self.assertRaisesRegex(UserError, "chorob"):
            desk.action_save()
        desk.is_note_checked = True
        desk.action_save()
        self.assertFalse(desk.exists())

    def test_script_says_the_name_of_who_calls(self):
        other = self._create_user("kgw_agent_b", "agent", name="Barbara Druga")
        self.call.with_user(other).action_open_desk()
        desk = self.env["kgw.desk"].with_user(other).search([("case_id", "=", self.case.id)])
        self.assertIn("Barbara Druga", desk.script)

    def test_payment_while_the_desk_is_open_is_told_and_shown(self):
        desk = self.open_desk(outcome="reached")
        sent = []
        with patch.object(
            type(self.env["bus.bus"]), "_sendone", lambda _b, *args: sent.append(args)
        ):
            self.env["kgw.ledger"].with_context(kgw_now=self.now)._book_payment(
                self.line, 1000, self.day, self.now
            )
        messages = [args for args in sent if args[1] == "kgw_desk"]
        self.assertIn((self.agent.partner_id, "kgw_desk", {"desk_id": desk.id}), [*messages])
        self.env.invalidate_all()
        self.assertIn("1,000.00", desk.news)
        self.assertEqual(desk.open_receivable_ids.residual, 230)

    def test_call_that_was_paid_meanwhile_can_not_be_recorded(self):
        desk = self.open_desk(outcome="reached")
        self.pay(self.line, 1230, self.day)
        with self.assertRaises(UserError):
            desk.action_save()
        self.assertEqual(self.call.state, "cancelled")

    def test_desk_opens_in_a_constant_number_of_queries(self):
        spec = {name: {} for name in ("phone", "script", "talk_invoices", "news", "queue_note")}
        spec |= {"open_receivable_ids": {"fields": {"number": {}, "residual": {}}}}
        self.add_invoices(0, 2)
        self.count(spec)  # what is read once per process
        few = self.count(spec)
        self.add_invoices(2, 20)
        for n in range(8):
            self.add_call(f"Nowy {n}", 10 + n)
        self.assertLessEqual(self.count(spec), few)

    def add_invoices(self, first, last):
        more = [self._document(f"FV {n}", amount="10.00") for n in range(first, last)]
        lines = self._watch(*more)
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        self.assertEqual(lines.kgw_case_id, self.case)

    def count(self, spec):
        self.env["kgw.desk"].search([]).unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        started = self.cr.sql_log_count
        self.open_desk().web_read(spec)
        self.env.flush_all()
        return self.cr.sql_log_count - started


@tagged("post_install", "-at_install", "kgw")
class TestOutcomes(DeskCase):
    """What each outcome needs, says and does."""

    def test_every_effect_has_its_method_and_every_key_is_used_once(self):
        effects = self.env["kgw.call.effect"]
        for outcome in CALL_TABLE.values():
            if outcome.effect:
                self.assertTrue(hasattr(effects, f"_do_{outcome.effect}"), outcome)
            self.assertLessEqual(set(outcome.needs), set(self.env["kgw.desk"]._fields))
        keys = [outcome.key for outcome in CALL_TABLE.values()]
        self.assertEqual(len(keys), len(set(keys)))

    def test_every_outcome_is_recorded_and_ends_the_desk(self):
        reason = self.env.ref("kgw_receivable_monitoring.dispute_reason_price")
        entered = {
            "note": "notatka",
            "promise_on": calendar_next(self.day),
            "promise_amount": 615,
            "part_ids": [
                Command.create({"due_on": calendar_next(self.day), "amount": 615}),
                Command.create({"due_on": self.day + timedelta(days=7), "amount": 615}),
            ],
            "dispute_reason_id": reason.id,
            "callback_at": self._at(self.day, 15),
        }
        ends = {"reached": "delivered", "again": "failed", "nobody": "failed"}
        for code, outcome in CALL_TABLE.items():
            with self.subTest(outcome=code), self.cr.savepoint() as point:
                self.end(code, **entered)
                self.assertEqual(self.call.state, ends.get(outcome.group, "undelivered"))
                event = self.events("call", reminder_id=self.call.id)
                self.assertEqual(event.payload["outcome"], code)
                self.assertFalse(self.env["kgw.desk"].search([]))
                point.rollback()
                self.env.invalidate_all()

    def test_outcome_without_what_it_needs_is_not_saved(self):
        for code, outcome in CALL_TABLE.items():
            if outcome.needs:
                with self.subTest(outcome=code), self.assertRaises(UserError):
                    self.open_desk(outcome=code, note=False, promise_on=False).action_save()
        self.assertEqual(self.call.state, "planned")

    def test_dispute_holds_its_invoices_and_asks_the_creditor(self):
        self.end("set_off", note="potrąca")
        dispute = self.env["kgw.dispute"].search([("case_id", "=", self.case.id)])
        self.assertEqual((dispute.receivable_id, dispute.note), (self.line, "potrąca"))
        self.assertEqual(
            dispute.reason_id, self.env.ref("kgw_receivable_monitoring.dispute_reason_set_off")
        )

    def test_transfer_on_its_way_pauses_these_invoices(self):
        self.end("ordered")
        hold = self.env["kgw.hold"].search([("case_id", "=", self.case.id)])
        self.assertEqual((hold.move_id, hold.reason), (self.line.move_id, "paid_claim"))
        self.assertEqual(hold.until_date, calendar_next(calendar_next(self.day)))

    def test_who_asks_to_be_called_comes_back_first_and_is_not_used_up(self):
        for _again in range(3):
            self.end("callback", callback_at=self._at(self.day, 10))
        self.assertEqual((self.call.state, self.call.call_column), ("failed", "asked"))
        self.assertEqual(self.call.call_parts["asked"], 30)
        self.assertFalse(self.call.contact_on)

    def test_interrupted_call_may_be_made_again_at_once(self):
        self.end("interrupted")
        self.end("no_answer")
        self.assertEqual(self.call.attempts, 2)

    def test_second_attempt_in_vain_waits_for_another_part_of_the_day(self):
        self.end("no_answer")
        self.freeze(self._at(self.day, 11))
        with self.assertRaises(UserError):
            self.end("voicemail")
        self.end("reached")
        self.assertEqual(self.call.state, "delivered")

    def test_number_given_on_the_phone_is_tried_first(self):
        self.end("passed_on", note="do pani Anny", new_phone="600 100 200")
        self.assertEqual(self.call.phone, "+48600100200")
        self.assertEqual(self.call.retry_at, self._at(self.day, 13))

    def test_objection_ends_calls_to_this_number_only(self):
        self.end("objection", note="proszę nie dzwonić")
        self.assertNotIn("phone", self.case._get_usable_channels()[self.case.id])
        self.assertIn("email", self.case._get_usable_channels()[self.case.id])

    def test_complaint_stops_the_case_and_calls_a_manager(self):
        self.end("complaint", note="za często")
        self.assertTrue(self.case.hold_ids.is_open)
        task = self.case.activity_ids
        self.assertTrue(task.user_id.has_group("kgw_receivable_monitoring.group_kgw_manager"))

    def test_insolvency_stops_every_contact_and_is_told(self):
        self.end("insolvent", note="upadłość")
        self.assertTrue(self.events("insolvent", case_id=self.case.id))
        self.assertEqual(self.case.hold_ids.reason, "insolvency")
