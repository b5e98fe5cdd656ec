from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import UserError, ValidationError
from odoo.tests.common import freeze_time, tagged

from ..const import FIRST_RUN_LIMIT
from ..models import kgw_brake
from .common import DUE, KgwCommon


@tagged("post_install", "-at_install", "kgw")
class TestStop(KgwCommon):
    """A stop works before the next message, and another person lets it go on."""

    def setUp(self):
        super().setUp()
        self.line = self._watch(self._document())
        self.day = DUE - timedelta(days=5)
        self.other_manager = self._create_user("kgw_manager_2", "manager")

    def stop(self, user=None, **scope):
        return (
            self.env["kgw.hold"]
            .with_user(user or self.manager)
            .create({"reason": "stop", "note": "zły wzór", "from_date": self.day, **scope})
        )

    def test_stop_of_any_scope_lets_nothing_out_that_is_planned(self):
        for scope in (
            {},
            {"mandate_id": self.mandate.id},
            {"brand_id": self.brand.id},
            {"channel": "email"},
        ):
            with self.subTest(scope=scope), self.cr.savepoint() as point:
                self.env["kgw.planner"]._run_day(self.day, self._at(self.day, 7))
                self.stop(**scope)
                self.env["kgw.dispatcher"]._dispatch("email", self._at(self.day))
                self.assertEqual(self.gateways.sent, [])
                self.assertEqual(self.reminders(self.line).waiting_reason, "hold")
                point.rollback()
                self.env.invalidate_all()

    def test_stop_of_another_brand_mandate_or_channel_stops_nothing(self):
        self.stop(brand_id=self._create_brand("Inna marka").id)
        self.stop(channel="sms")
        self.run_day(self.day)
        self.assertEqual(len(self.gateways.sent), 1)

    def test_stop_between_claim_and_sending_keeps_the_message_back(self):
        self.env["kgw.planner"]._run_day(self.day, self._at(self.day, 7))
        commits = []

        def commit(*_args, **_kwargs):
            commits.append(self.reminders(self.line).state)
            if commits[-1] == "claimed":
                self.stop()
            return float("inf")

        with patch.object(type(self.env["ir.cron"]), "_commit_progress", commit):
            self.env["kgw.dispatcher"]._dispatch("email", self._at(self.day))
        self.assertIn("claimed", commits)
        self.assertEqual(self.gateways.sent, [])
        self.assertEqual(self.reminders(self.line).state, "planned")

    def test_stop_needs_a_reason_and_a_second_person_lifts_it(self):
        with self.assertRaises(ValidationError):
            self.stop(note=" ")
        hold = self.stop()
        with self.assertRaises(UserError):
            hold.action_lift()
        with self.assertRaises(UserError):
            hold.write({"until_date": self.day - timedelta(days=1)})
        with self.assertRaises(UserError):
            hold.write({"reason": "other"})
        with self.assertRaisesRegex(ValidationError, "does not end by itself"):
            self.stop(until_date=self.day)
        with self.assertRaisesRegex(ValidationError, "works at once"):
            self.stop(from_date="2099-01-01")
        hold.with_user(self.other_manager).action_lift()
        self.assertFalse(hold.is_open)

    def test_what_waited_goes_out_at_once_when_the_stop_is_lifted(self):
        self.env["kgw.planner"]._run_day(self.day, self._at(self.day, 7))
        hold = self.stop()
        self.env["kgw.dispatcher"]._dispatch("email", self._at(self.day))
        with freeze_time(self._at(self.day, 11)):
            hold.with_user(self.other_manager).action_lift()
        self.env["kgw.dispatcher"]._dispatch("email", self._at(self.day, 12))
        self.assertEqual(len(self.gateways.sent), 1)

    def test_stop_stands_on_mandate_and_case_for_everybody(self):
        case = self.line.kgw_case_id.with_user(self.agent)
        with freeze_time(self._at(self.day, 11)):
            self.assertFalse(case.stop_note)
            self.stop(channel="sms")
            case.invalidate_recordset()
            self.mandate.invalidate_recordset()
            self.assertIn("zły wzór", case.stop_note)

    def test_stopped_case_says_only_that_it_is_stopped(self):
        """What else the reminder waits for would go out “by itself”: not while it is stopped."""
        self.env["kgw.planner"]._run_day(self.day, self._at(self.day, 1))
        reminder, case = self.reminders(self.line), self.line.kgw_case_id.with_user(self.agent)
        reminder.waiting_reason = "hours"
        with freeze_time(self._at(self.day, 6)):
            for channel, stopped in ((False, True), ("sms", False), ("email", True)):
                hold = self.stop(channel=channel)
                case.invalidate_recordset()
                self.assertEqual((case.waiting_reason, case.is_stopped), ("hours", stopped))
                hold.with_user(self.other_manager).action_lift()
        form = etree.fromstring(case.get_view(view_type="form")["arch"])
        [told] = form.xpath("//field[@name='waiting_cure']/ancestor::div[@role='alert']")
        self.assertIn("is_stopped", told.get("invisible"))

    def test_stop_of_a_channel_hides_no_button_that_stops_the_mandate(self):
        with freeze_time(self._at(self.day, 11)):
            self.stop(channel="sms")
            self.assertIn("SMS", self.mandate.stop_note)
        form = etree.fromstring(
            self.mandate.with_user(self.manager).get_view(view_type="form")["arch"]
        )
        [button] = form.xpath("//header/button[@string='Stop']")
        self.assertNotIn("stop_note", button.get("invisible"))
        self.assertNotIn("Nothing goes out", "".join(form.itertext()))


@tagged("post_install", "-at_install", "kgw")
class TestVolume(KgwCommon):
    """A plan far above the usual waits for a manager."""

    def setUp(self):
        super().setUp()
        self.day = DUE - timedelta(days=5)

    def watch(self, count, due=DUE, prefix="V", first=0):
        return self._watch(
            *(
                self._document(
                    f"{prefix} {number}",
                    due=due,
                    buyer=self._other_party(f"Firma {prefix} {number}", first + number),
                )
                for number in range(count)
            )
        )

    def get_holds(self):
        return self.env["kgw.hold"].search([("reason", "=", "volume")])

    def test_first_run_above_the_limit_waits_with_a_sample(self):
        lines = self.watch(FIRST_RUN_LIMIT + 1)
        self.run_day(self.day)
        self.assertEqual(self.gateways.sent, [])
        hold = self.get_holds()
        self.assertEqual(hold.mandate_id, self.mandate)
        self.assertIn("51", hold.told)
        self.assertIn("V 0", hold.sample)
        hold._lift(self._at(self.day, 9))
        self.run_day(self.day, 11)
        self.assertEqual(len(self.gateways.sent), len(lines))
        self.assertEqual(self.get_holds(), hold)

    def test_what_a_trial_run_brought_lets_no_first_run_go_out_without_a_look(self):
        self.mandate.write({"trial_email": "proba@agencja.example", "trial_phone": "600100200"})
        self.mandate.is_trial = True
        with patch.object(kgw_brake, "FIRST_RUN_LIMIT", 3):
            self.watch(4)
            self.run_day(self.day)
            self.get_holds()._lift(self._at(self.day, 11))
            self.run_day(self.day, 12)
            trial = self.env["kgw.reminder"].search([("state", "=", "sent")])
            self.assertEqual(len(trial), 4)
            with freeze_time(self._at(self.day, 18)):
                self.mandate.action_release_trial()
            self.run_day(self.day + timedelta(days=1))
        self.assertEqual(self.env["kgw.reminder"].search([("state", "=", "sent")]), trial)
        self.assertEqual(self.get_holds().filtered("is_open").volume, 4)

    def test_one_manager_gets_one_task_that_ends_with_the_hold(self):
        task = self.env.ref("kgw_receivable_monitoring.mail_activity_type_brake")
        self.watch(4)
        with patch.object(kgw_brake, "FIRST_RUN_LIMIT", 3):
            self.run_day(self.day, 6)
            self.run_day(self.day, 7)
            self.run_day(self.day + timedelta(days=1), 6)
        activity = self.mandate.activity_ids.filtered(lambda a: a.activity_type_id == task)
        self.assertEqual((len(activity), activity.user_id), (1, self.manager))
        self.assertIn("4 contacts planned", activity.note)
        with freeze_time(self._at(self.day, 9)):
            self.get_holds().with_user(self.manager).action_lift()
        self.assertFalse(activity.exists())

    def test_sample_is_headed_in_the_language_of_the_note(self):
        self.agent.lang = "pl_PL"
        self.watch(2)
        with patch.object(kgw_brake, "FIRST_RUN_LIMIT", 1):
            self.run_day(self.day)
        step = self.env.ref("kgw_receivable_monitoring.step_standard_m5_email")
        heading = self.get_holds().sample.splitlines()[0]
        self.assertIn(step.with_context(lang="pl_PL").name, heading)
        self.assertNotIn(step.with_context(lang="en_US").name, heading)

    def test_what_a_manager_let_go_on_needs_no_other_look_on_the_next_day(self):
        lines = self.watch(FIRST_RUN_LIMIT + 1)
        self.run_day(self.day)
        self.get_holds()._lift(self._at(self.day, 21))
        self.run_day(self.day + timedelta(days=1))
        self.assertEqual(len(self.get_holds()), 1)
        self.assertEqual(len(self.gateways.sent), len(lines))

    def test_far_more_than_a_manager_let_go_on_waits_again(self):
        with (
            patch.object(kgw_brake, "FIRST_RUN_LIMIT", 3),
            patch.object(kgw_brake, "VOLUME_FLOOR", 2),
        ):
            self.watch(4)
            self.run_day(self.day, 6)
            self.get_holds()._lift(self._at(self.day, 7))
            self.watch(3, prefix="W", first=10)
            self.run_day(self.day, 9)
        self.assertEqual(sorted(self.get_holds().mapped("volume")), [4, 7])
        self.assertEqual(self.gateways.sent, [])

    def test_text_that_can_not_be_written_stops_no_plan(self):
        self.watch(2)
        text = self.env["kgw.template.text"]
        broken = patch.object(type(text), "_render", side_effect=ValueError("no text"))
        with patch.object(kgw_brake, "FIRST_RUN_LIMIT", 1), broken:
            self.env["kgw.planner"]._run_day(self.day, self._at(self.day, 6))
        self.assertIn("ValueError", self.get_holds().sample)

    def test_first_run_up_to_the_limit_goes_out(self):
        self.watch(3)
        with patch.object(kgw_brake, "FIRST_RUN_LIMIT", 3):
            self.run_day(self.day)
        self.assertFalse(self.get_holds())
        self.assertEqual(len(self.gateways.sent), 3)

    def crowd(self, count):
        """Have two days of two e-mails, then so many beside the four calls that follow from those;
        return how many e-mails went out then."""
        for number in (0, 1):
            self.watch(2, DUE + timedelta(days=number), prefix=f"A{number}", first=10 * number)
        self.watch(count, DUE + timedelta(days=3), prefix="B", first=30)
        # −5 of a Monday is a Wednesday: two ordinary days, then the crowd on Saturday → Friday
        self.run_day(self.day)
        self.run_day(self.day + timedelta(days=1))
        self.assertFalse(self.get_holds())
        sent = len(self.gateways.sent)
        self.run_day(self.day + timedelta(days=2))
        return len(self.gateways.sent) - sent

    def test_day_above_three_medians_waits(self):
        with patch.object(kgw_brake, "VOLUME_FLOOR", 2):
            self.assertEqual(self.crowd(3), 0)
        self.assertEqual(len(self.get_holds()), 1)

    def test_day_of_three_medians_goes_out(self):
        with patch.object(kgw_brake, "VOLUME_FLOOR", 2):
            self.assertEqual(self.crowd(2), 2)

    def test_small_day_goes_out_whatever_is_usual(self):
        self.assertEqual(self.crowd(7), 7)


@tagged("post_install", "-at_install", "kgw")
class TestOtherEngines(KgwCommon):
    """Two engines that remind of the same invoice send twice."""

    def test_company_with_another_engine_is_not_planned_until_it_is_gone(self):
        line = self._watch(self._document())
        day = DUE - timedelta(days=5)
        # Any model with a record of the company stands in for the other engine's.
        with patch.dict(kgw_brake.OTHER_ENGINES, {"account.journal": "Inny silnik"}):
            self.run_day(day)
            self.assertFalse(self.reminders(line))
            self.run_day(day)
        hold = self.env["kgw.hold"].search([("reason", "=", "engine")])
        self.assertEqual((hold.mandate_id, len(hold)), (self.mandate, 1))
        self.assertIn("Inny silnik", hold.note)
        self.assertEqual(self.mandate.activity_ids.user_id, self.manager)
        self.run_day(day)
        self.assertFalse(self.mandate.activity_ids)
        self.assertFalse(hold.is_open)
        self.assertTrue(self.reminders(line, "sent"))
