from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import freeze_time, tagged
from odoo.tools.misc import format_date

from .test_board import calendar_next
from .test_desk import DeskCase


@tagged("post_install", "-at_install", "kgw")
class TestDeskRecord(DeskCase):
    """What the talk is about, when the call was made, and who called whom."""

    def setUp(self):
        super().setUp()
        self.sunday = self.day + timedelta(days=6 - self.day.weekday())

    def test_script_that_can_not_be_written_is_said_with_its_template(self):
        texts = self.call.template_id.text_ids
        self.env.cr.execute(
            "UPDATE kgw_template_text SET body = '{{ nope }}' WHERE id = ANY(%s)", [texts.ids]
        )
        self.env.invalidate_all()
        script = self.open_desk().script
        self.assertIn(self.call.template_id.name, script)
        self.assertRegex(script, "line 1.*administrator")

    def test_header_names_the_talk_as_the_script_does_and_the_case_apart(self):
        whole = self.open_desk()
        self.assertFalse(whole.is_part_of_case)
        whole.action_close()
        later = self.day + timedelta(days=20)
        self._watch(self._document("FV 2/09/2026", due=later, amount="500.00"))
        desk = self.open_desk()
        self.assertTrue(desk.is_part_of_case)
        self.assertIn("1,230.00", desk.talk_label)
        self.assertIn("1,730.00", desk.owed_label)
        self.assertIn("days overdue: 4", desk.talk_invoices)
        self.assertNotIn("FV 2/09/2026", desk.talk_invoices + desk.script)

    def test_talk_about_all_that_is_owed_is_no_part_of_it_in_whatever_currency(self):
        earlier = self.day - timedelta(days=9)
        self._watch(self._document("FV 2/09/2026", due=earlier, currency="EUR"))
        desks = self.env["kgw.desk"].with_user(self.agent)
        desk = desks._open(self.case, self.now, is_incoming=True)
        self.assertEqual(len(desk.open_receivable_ids), 2)
        self.assertFalse(desk.is_part_of_case)

    def test_stop_at_an_open_desk_says_why_and_whose_it_is(self):
        desk = self.open_desk()
        self.hold(self.day, reason="stop", note="Awaria bramki")
        self.env.invalidate_all()
        self.assertFalse(desk.can_call)
        self.assertRegex(desk.warning, r"on hold: Stop, Awaria bramki, .+\.$")

    def test_call_recorded_on_a_sunday_is_asked_when_it_was_made(self):
        self.freeze(self._at(self.sunday, 11))
        desk = self.open_desk(outcome="reached")
        self.assertTrue(desk.asks_when)
        for wrong in (False, self._at(self.sunday, 12), self._at(self.day - timedelta(days=9))):
            desk.called_at = wrong
            with self.subTest(called_at=wrong), self.assertRaises(UserError):
                desk.action_save()
        desk.called_at = made = self._at(self.day, 15)
        desk.action_save_and_stop()
        event = self.events("call", reminder_id=self.call.id)
        self.assertEqual((event.at, self.call.contact_on), (made, self.day))
        self.assertNotIn("outside_hours", event.payload)

    def test_call_made_outside_contact_hours_says_so_in_the_register(self):
        self.freeze(self._at(self.sunday, 11))
        self.open_desk(outcome="reached", called_at=self._at(self.sunday, 10)).action_save()
        event = self.events("call", reminder_id=self.call.id)
        self.assertTrue(event.payload["outside_hours"])
        self.assertIn("outside contact hours", event.told)

    def test_talk_that_ends_after_the_hours_is_saved_without_a_question(self):
        self.freeze(self._at(self.day, 16) + timedelta(minutes=55))
        desk = self.open_desk(outcome="reached")
        with freeze_time(self._at(self.day, 17) + timedelta(minutes=10)):
            desk.invalidate_recordset()
            self.assertTrue(desk.warning)
            self.assertEqual(self.open_desk(), desk)  # its card is clicked again
            desk.invalidate_recordset()
            desk.action_save_and_stop()
        self.assertEqual(self.call.state, "delivered")

    def test_outside_hours_the_number_waits(self):
        self.freeze(self._at(self.day, 20))
        desk = self.open_desk()
        self.assertFalse(desk.phone)
        opens = calendar_next(self.day)
        told = f"The next ones begin on {format_date(self.env, opens)} at 8:00."
        self.assertEqual(desk.warning, f"Do not call now: outside contact hours. {told}")
        self.call.until = self.day
        desk.invalidate_recordset(["warning"])
        self.assertIn("the time of this step is over", desk.warning)
        self.assertNotIn("The next ones", desk.warning)

    def test_incoming_talk_that_a_lead_takes_over_stays_an_incoming_one(self):
        brand = self._create_brand("Druga Marka")
        desks = self.env["kgw.desk"].with_user(self.agent)
        desk = desks._open(self.case, self.now, brand=brand, is_incoming=True)
        desk.with_user(self.manager).action_take_desk()
        taken = desks.sudo().search([])
        self.assertEqual((taken.user_id, taken.is_incoming), (self.manager, True))
        self.assertEqual(taken.brand_id, brand)

    def test_desk_that_a_lead_takes_over_knows_that_the_call_could_be_made(self):
        self.open_desk().with_user(self.manager).action_take_desk()
        self.assertTrue(self.env["kgw.desk"].search([]).was_allowed)

    def test_desk_left_open_over_night_asks_and_no_agent_says_it_was_allowed(self):
        desk = self.open_desk(outcome="reached")
        with self.assertRaises(AccessError):
            desk.was_allowed = True
        with freeze_time(self._at(self.sunday, 11)), self.assertRaises(UserError):
            desk.invalidate_recordset()
            desk.action_save()

    def test_name_of_a_brand_that_ends_with_a_stop_ends_the_greeting_with_one(self):
        self.brand.name = "Agencja Testowa sp. z o.o."
        self.assertIn("sp. z o.o. Czy rozmawiam", self.open_desk().opening)

    def test_stop_of_everything_is_told_to_open_desks_and_one_of_e_mails_is_not(self):
        desk, sent = self.open_desk(), []
        for vals, told in (
            ({"channel": "email"}, 0),
            ({}, 1),
            ({"mandate_id": self.mandate.id}, 1),
        ):
            with (
                self.subTest(stop=vals),
                patch.object(type(desk), "_tell_users", lambda desks: sent.extend(desks.ids)),
            ):
                sent.clear()
                self.hold(self.day, **{"reason": "stop", **vals})
                self.assertEqual(len(sent), told)

    # === WHO CALLED WHOM === #

    def answer(self, **vals):
        """Take a call of this case at the desk."""
        action = self.case.with_user(self.agent).action_answer()
        desk = self.env["kgw.desk"].with_user(self.agent).browse(action["res_id"])
        desk.write(vals)
        return desk

    def test_who_calls_us_is_offered_no_end_of_a_call_that_nobody_answered(self):
        offered = {
            outcome["code"]
            for group in self.answer().outcome_table
            for outcome in group["outcomes"]
        }
        impossible = {"no_answer", "busy", "voicemail", "wrong_number", "out_of_service"}
        self.assertFalse(offered & impossible)
        self.assertLessEqual({"will_pay", "third_person", "callback"}, offered)
        with self.assertRaises(UserError):
            self.answer(outcome="no_answer").action_save()

    def test_stranger_who_calls_us_uses_up_no_attempt(self):
        self.end("no_answer")
        desk = self.answer(outcome="third_person")
        self.assertIn("no attempt of ours", desk.consequence_note)
        desk.action_save_and_stop()
        self.assertEqual((self.call.attempts, self.call.state), (1, "failed"))
        self.assertEqual(len(self.events("call", case_id=self.case.id)), 2)

    def test_caller_who_asks_to_be_called_comes_back_to_the_board_at_that_time(self):
        again = self._at(calendar_next(self.day), 9)
        self.answer(outcome="callback", callback_at=again).action_save_and_stop()
        self.assertEqual((self.call.state, self.call.retry_at), ("failed", again))

    def test_caller_without_a_planned_call_is_called_back_by_a_task(self):
        self.call._set_state("cancelled", self.now, reason="withdrawn")
        again = self._at(calendar_next(self.day), 9)
        desk = self.answer(outcome="callback", callback_at=again, note="o rozłożeniu")
        self.assertTrue(desk.consequence_note)
        desk.action_save_and_stop()
        [task] = self.case.activity_ids
        self.assertEqual((task.user_id, task.date_deadline), (self.agent, again.date()))
        self.assertIn("rozłożeniu", task.note)
