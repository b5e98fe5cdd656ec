from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..const_health import HEALTH_CHECKS
from ..tools.health import Check
from .common import MODULE, KgwCommon
from .test_health import HealthCase


class WatchdogCase(HealthCase):
    def setUp(self):
        super().setUp()
        self.quiet = {"due"}  # the checks that are asked; what the test's database lacks is not
        original = type(self.health)._get_check

        def ask(health, code, now):
            return original(health, code, now) if code in self.quiet else Check(code, "ok", "")

        patcher = patch.object(type(self.health), "_get_check", ask)
        patcher.start()
        self.addCleanup(patcher.stop)

    def watch(self, minutes=0):
        self.env["kgw.alarm"]._watch(self.now + timedelta(minutes=minutes))

    def messages(self):
        return self.env["mail.message"].search(
            [("message_type", "=", "user_notification"), ("partner_ids", "in", self.partner.ids)]
        )

    @property
    def partner(self):
        return self.manager.partner_id

    def alarms(self):
        return self.env["kgw.alarm"].search([], order="id")


@tagged("post_install", "-at_install", "kgw")
class TestWatchdog(WatchdogCase):
    """What is out of order is told once, and recorded until it is over."""

    def test_due_step_raises_the_alarm_once_and_ends_when_it_went_out(self):
        sms = self.draft(state_at=self.now)
        self.watch(5)
        self.assertFalse(self.alarms())
        for minutes in (15, 30, 45):
            self.watch(minutes)
        alarm = self.alarms()
        self.assertEqual((alarm.code, alarm.level), ("due", "alarm"))
        self.assertEqual(alarm.began_at, self.now + timedelta(minutes=15))
        self.assertEqual(len(self.messages()), 1)
        self.dispatch("sms", self.day, minute=50)
        self.assertEqual(sms.state, "sent")
        self.watch(60)
        self.assertEqual(self.alarms(), alarm)
        self.assertEqual(alarm.ended_at, self.now + timedelta(minutes=60))
        self.assertEqual(len(self.messages()), 1)

    def test_alarm_that_comes_back_is_told_again(self):
        sms = self.draft(state_at=self.now)
        self.watch(15)
        sms.not_before = self.now + timedelta(minutes=40)
        self.watch(30)
        self.watch(55)
        self.assertEqual(len(self.alarms()), 2)
        self.assertEqual(len(self.messages()), 2)

    def test_warning_is_recorded_and_told_to_nobody_until_it_is_an_alarm(self):
        self.quiet = {"uncertain"}
        sms = self.draft()
        sms._set_state("claimed", self.now)._set_state("unknown", self.now)
        self.watch()
        self.assertEqual(self.alarms().mapped("level"), ["warning"])
        self.assertFalse(self.messages())
        self.watch(2 * 24 * 60)
        self.assertEqual(self.alarms().mapped("level"), ["warning", "alarm"])
        self.assertEqual(self.alarms().mapped(lambda a: bool(a.ended_at)), [True, False])
        self.assertEqual(len(self.messages()), 1)

    def test_managers_are_told_in_their_language_and_agents_are_not(self):
        self.draft()
        self.watch()
        message = self.messages()
        self.assertIn("/odoo/monitoring-health", message.body)
        self.assertIn(self.partner, message.partner_ids)
        self.assertNotIn(self.agent.partner_id, message.partner_ids)

    def test_alarm_that_goes_on_is_told_in_the_language_of_its_reader(self):
        self.draft()
        self.watch()
        alarm = self.alarms()
        with freeze_time(self.now):
            told = {
                lang: alarm.with_context(lang=lang).told.split()[:3] for lang in ("en_US", "pl_PL")
            }
        self.assertNotEqual(told["en_US"], told["pl_PL"])
        alarm.ended_at = self.now
        self.assertEqual(alarm.told, alarm.sentence, "what is over stays as it was recorded")

    def test_figures_of_a_lasting_alarm_stay_up_to_date(self):
        self.draft()
        self.watch()
        before = self.alarms().sentence
        self.more(2)
        self.watch(30)
        self.assertNotEqual(self.alarms().sentence, before)

    def test_open_pages_are_told_only_when_something_changes(self):
        sent = []
        groups = type(self.env["res.groups"])
        with patch.object(groups, "_bus_send", lambda group, *args: sent.append((group, *args))):
            self.watch()
            self.draft()
            for minutes in (1, 16):
                self.watch(minutes)
        [(group, kind, payload)] = sent
        self.assertEqual(group, self.env.ref(f"{MODULE}.group_kgw_agent"))
        self.assertEqual(kind, "kgw_health")
        self.assertEqual(payload, {"alarms": [{"code": "due", "level": "alarm"}]})

    def test_stop_and_its_end_are_shown_at_once(self):
        self.quiet = {"stop", "brakes"}
        sent, stop = [], {"code": "stop", "level": "alarm"}
        groups = type(self.env["res.groups"])
        alarms = self.env["kgw.alarm"].with_user(self.agent)
        with patch.object(groups, "_bus_send", lambda _group, *args: sent.append(args)):
            for scope in ({}, {"mandate_id": self.mandate.id}, {"brand_id": self.brand.id}):
                with self.subTest(scope=scope):
                    hold = self.hold(self.day, reason="stop", **scope)
                    self.assertEqual(sent.pop(), ("kgw_health", {"alarms": [stop]}))
                    self.assertEqual(alarms._get_systray(self.now)["alarms"], [stop])
                    hold._lift(self.now)
                    self.assertEqual(sent.pop(), ("kgw_health", {"alarms": []}))
            self.hold(self.day, mandate_id=self.mandate.id, reason="volume")
            red = {"code": "brakes", "level": "alarm"}
            self.assertEqual(sent.pop(), ("kgw_health", {"alarms": [red]}))
            self.hold(self.day, case_id=self.line.kgw_case_id.id)
            self.assertFalse(sent)

    def test_watchdog_is_woken_by_a_stop(self):
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_watch")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self.hold(self.day, reason="stop", channel="sms")
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_cron_asks_the_clock(self):
        self.quiet = set()
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_watch")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertFalse(self.alarms())

    def test_systray_says_that_nobody_watches(self):
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_watch")
        now = fields.Datetime.now()
        systray = self.env["kgw.alarm"].with_user(self.agent)._get_systray
        for minutes, alarms in ((59, []), (61, [{"code": "crons", "level": "alarm"}])):
            cron.lastcall = now - timedelta(minutes=minutes)
            self.assertEqual(systray(now)["alarms"], alarms)

    def test_systray_knows_who_may_open_the_page(self):
        for user, can_open in ((self.agent, False), (self.manager, True)):
            shown = self.env["kgw.alarm"].with_user(user)._get_systray(self.now)
            self.assertEqual(shown["can_open"], can_open)
            self.assertEqual(set(shown["titles"]), {code for code, _label in HEALTH_CHECKS})


@tagged("post_install", "-at_install", "kgw", "kgw_http", "kgw_tour")
class TestSystray(KgwCommon, HttpCase):
    """In a browser: red in the systray leads to the page and its cure."""

    def test_manager_sees_red_and_opens_the_page(self):
        self.env.ref(f"{MODULE}.ir_cron_kgw_watch").lastcall = fields.Datetime.now()
        self.env["kgw.alarm"].create(
            [
                {
                    "code": code,
                    "level": level,
                    "began_at": fields.Datetime.now(),
                }
                for code, level in (("due", "alarm"), ("texts", "alarm"), ("dead", "warning"))
            ]
        )
        self.start_tour("/odoo", "kgw_health_systray", login=self.manager.login)
