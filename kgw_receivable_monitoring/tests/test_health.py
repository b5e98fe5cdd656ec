from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..const_health import HEALTH_CHECKS, HEALTH_LEVELS
from ..tools import calendar
from .common import MODULE, post_letters
from .engine_common import KgwEngineCommon


class HealthCase(KgwEngineCommon):
    """One SMS that is due; everything else is in order."""

    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue()
        self.now = self._at(self.day)
        self.health = self.env["kgw.health"]
        self.env["kgw.rate"].search([], limit=1).confirmed_until = self.day

    def draft(self, code="p2_sms", **values):
        values = {"state_at": self._at(self.day, 7), **values}
        return self._draft(self.line, code, self.day, **values)

    def check(self, code, now=None):
        return self.health._get_check(code, now or self.now)

    def level(self, code, now=None):
        return self.check(code, now).level

    def more(self, count):
        """Return reminders of further counterparties."""
        lines = self._watch(
            *(
                self._document(f"M {number}", buyer=self._party(f"Firma {number} sp. z o.o."))
                for number in range(count)
            )
        )
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        drafts = (self._draft(line, "p2_sms", self.day, state_at=self.now) for line in lines)
        return self.env["kgw.reminder"].union(*drafts)


@tagged("post_install", "-at_install", "kgw")
class TestHealthEngine(HealthCase):
    """Is the engine running, and is nothing stuck in it?"""

    def test_every_check_answers_in_order_or_says_that_it_can_not_know(self):
        self.env["ir.mail_server"].create({"name": "SMTP", "smtp_host": "127.0.0.1"})
        self.env["kgw.event"]._seal(100000)
        levels = {check.code: check.level for check in self.health._get_checks(self.now)}
        self.assertEqual(list(levels), [code for code, _label in HEALTH_CHECKS])
        self.assertEqual(
            {code for code, level in levels.items() if level not in ("ok", "unknown")}, set()
        )

    def test_check_that_fails_is_an_alarm_and_hides_what_it_said(self):
        def fail(_health, _now):
            raise ZeroDivisionError("jan.kowalski@budmax.example")

        with (
            patch.object(type(self.health), "_check_due", fail),
            mute_logger(f"odoo.addons.{MODULE}.wizards.kgw_health"),
        ):
            check = self.check("due")
        self.assertEqual(check.level, "alarm")
        self.assertIn("ZeroDivisionError", check.sentence)
        self.assertNotIn("kowalski", check.sentence)

    # === SCHEDULED ACTIONS === #

    def test_cron_late_switched_off_or_failing_is_told(self):
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_dispatch_sms")
        now = fields.Datetime.now()
        everyone = self.health._get_crons_sudo()
        everyone.lastcall = now
        self.assertEqual(self.level("crons", now), "ok")
        for values, level in (
            ({"lastcall": now - timedelta(minutes=24)}, "ok"),
            ({"lastcall": now - timedelta(minutes=26)}, "alarm"),
            ({"active": False}, "alarm"),
            ({"failure_count": 2}, "warning"),
        ):
            with self.subTest(values=values):
                cron.write({"lastcall": now, "active": True, "failure_count": 0, **values})
                self.assertEqual(self.level("crons", now), level)
        self.assertIn(cron.name, self.check("crons", now).sentence.splitlines()[0])

    # === REMINDERS === #

    def test_due_reminder_older_than_one_period_is_an_alarm(self):
        self.draft(state_at=self.now)
        self.assertEqual(self.level("due", self.now + timedelta(minutes=10)), "ok")
        self.assertEqual(self.level("due", self.now + timedelta(minutes=11)), "alarm")

    def test_due_reminder_that_rightly_waits_is_none(self):
        sms = self.draft()
        late = self.now + timedelta(hours=1)
        for values in (
            {"not_before": late},
            {"state": "failed", "retry_at": late},
            {"planned_on": self.day + timedelta(days=1)},
            {"state": "sent"},
        ):
            with self.subTest(values=values), self.cr.savepoint() as point:
                self.assertEqual(self.level("due"), "alarm")
                sms.write(values)
                self.assertEqual(self.level("due"), "ok")
                point.rollback()
                self.env.invalidate_all()

    def test_due_reminder_outside_contact_hours_waits_for_them(self):
        self.draft()
        kind = self.line.kgw_case_id.kind_id
        night = self._at(self.day, kind.hour_to + 1)
        self.assertEqual(self.level("due", night), "ok")
        sunday = self.now + timedelta(days=6 - self.day.weekday())
        self.assertEqual(self.level("due", sunday), "ok")
        self.assertEqual(self.level("due", self.now + timedelta(days=1)), "alarm")

    def test_call_on_the_board_is_not_late(self):
        call = self.draft("p4_call")
        self.assertEqual(self.level("due"), "alarm")
        self.env["kgw.channel.phone"]._prepare_rows(call)
        self.assertEqual(self.level("due"), "ok")

    def test_uncertain_ones_are_counted_and_become_an_alarm_with_time(self):
        sms = self.draft()
        sms._set_state("claimed", self.now)._set_state("unknown", self.now)
        self.assertEqual(self.level("uncertain"), "warning")
        self.assertIn("1", self.check("uncertain").sentence)
        self.assertEqual(self.level("uncertain", self.now + timedelta(days=2)), "alarm")
        self.assertEqual(self.check("uncertain").opens[1], [("state", "=", "unknown")])

    def test_given_up_after_five_attempts_is_in_a_persons_queue(self):
        sms, self.gateways.answer = self.draft(), "failed"
        now = self.now
        for _attempt in range(5):
            self.env["kgw.dispatcher"]._dispatch("sms", now)
            now = sms.retry_at or now
        self.assertEqual((sms.state, sms.attempts), ("dead", 5))
        self.assertEqual(self.reminders(self.line, "planned").origin_id, sms)
        check = self.check("dead", now)
        self.assertEqual(check.level, "warning")
        self.assertEqual(self.env["kgw.reminder"].search(check.opens[1]), sms)
        self.assertEqual(self.level("dead", now + timedelta(days=8)), "ok")

    def test_claim_of_a_cron_that_does_not_run_is_an_alarm(self):
        sms = self.draft()
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_dispatch_sms")
        sms._set_state("claimed", self.now, cron_id=cron.id)
        later = self.now + timedelta(minutes=16)
        self.assertEqual(self.level("claimed", self.now), "ok")
        self.assertEqual(self.level("claimed", later), "alarm")
        with self.registry.cursor() as other:  # as Odoo does while the scheduled action runs
            other.execute("SELECT 1 FROM ir_cron WHERE id = %s FOR NO KEY UPDATE NOWAIT", [cron.id])
            self.assertEqual(self.level("claimed", later), "ok")

    def test_asking_whether_a_cron_runs_does_not_keep_it_from_starting(self):
        sms = self.draft()
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_dispatch_sms")
        sms._set_state("claimed", self.now, cron_id=cron.id)
        self.level("claimed", self.now + timedelta(minutes=16))
        with self.registry.cursor() as other:
            other.execute("SELECT 1 FROM ir_cron WHERE id = %s FOR NO KEY UPDATE NOWAIT", [cron.id])
            self.assertTrue(other.fetchone())

    def test_text_that_can_not_be_written_is_an_alarm(self):
        sms = self.draft(waiting_reason="hours")
        self.assertEqual(self.level("texts"), "ok")
        sms.waiting_reason = "text"
        self.assertEqual(self.level("texts"), "alarm")
        self.assertIn(sms.template_id.name, self.check("texts").sentence)

    def test_letters_lying_for_two_working_days_are_told(self):
        letter = self.draft("p8_letter")
        self.dispatch("letter", self.day)
        self.assertEqual(letter.state, "claimed")
        for days, level in ((1, "ok"), (2, "warning")):
            day = calendar.add_working_days(self.day, days)
            self.assertEqual(self.level("letters", self._at(day)), level)
        post_letters(self.env["kgw.print.run"].search([]), self._at(day))
        self.assertEqual(self.level("letters", self._at(day)), "ok")

    # === REGISTER === #

    def test_register_not_sealed_is_told(self):
        self.env["kgw.event"]._seal(100000)
        self.assertEqual(self.level("register"), "ok")
        self.env["kgw.event"]._record([{"kind": "note", "at": self.now}])
        for hours, level in ((2, "ok"), (4, "warning"), (25, "alarm")):
            self.assertEqual(self.level("register", self.now + timedelta(hours=hours)), level)

    def test_call_recorded_days_later_is_no_alarm(self):
        self.env["kgw.event"]._record([{"kind": "note", "at": self.now}])
        self.env["kgw.event"]._seal(100000)
        self.env["kgw.event"]._record([{"kind": "call", "at": self.now - timedelta(days=2)}])
        self.assertEqual(self.level("register", self.now + timedelta(hours=1)), "ok")

    def test_chain_is_verified_by_the_button(self):
        self.env["kgw.event"]._seal(100000)
        row = self.health.create({"code": "register", "level": "ok"})
        self.assertEqual(row.action_cure()["params"]["type"], "success")
        with patch.object(type(self.env["kgw.event"]), "_find_broken_link", lambda _m: 7):
            told = row.action_cure()["params"]
        self.assertEqual(told["type"], "danger")
        self.assertIn("7", told["message"])


@tagged("post_install", "-at_install", "kgw")
class TestHealthPage(HealthCase):
    def open(self, user):
        action = self.health.with_user(user).action_open()
        return self.env[action["res_model"]].with_user(user).search(action["domain"])

    def test_page_shows_the_worst_first_with_a_button(self):
        self.env["ir.mail_server"].search([]).active = False
        rows = self.open(self.manager)
        self.assertEqual(len(rows), len(HEALTH_CHECKS))
        order = [level for level, _label in HEALTH_LEVELS]
        self.assertEqual(rows.mapped("level"), sorted(rows.mapped("level"), key=order.index))

    def test_place_that_the_user_may_not_enter_has_no_button(self):
        rows = {row.code: row for row in self.open(self.manager)}
        self.assertTrue(rows["dead"].button)
        self.assertFalse(rows["crons"].button, "scheduled actions are the system's")
        self.assertIn("right Settings", rows["crons"].cure)
        admin = self._create_user("kgw_admin", "administrator")
        admin.group_ids |= self.env.ref("base.group_system")
        rows = {row.code: row for row in self.open(admin)}
        self.assertTrue(rows["crons"].button)

    def test_button_opens_the_place_of_the_cure(self):
        self.draft(waiting_reason="text")
        row = self.open(self.manager).filtered(lambda r: r.code == "texts")
        action = row.action_cure()
        self.assertEqual(action["res_model"], "kgw.reminder")
        self.assertEqual(len(self.env["kgw.reminder"].search(action["domain"])), 1)

    def test_agents_may_not_open_it(self):
        with self.assertRaises(AccessError):
            self.open(self.agent)

    def test_sentences_are_read_without_rights_of_the_system(self):
        """A manager sees what the watchdog sees."""
        for code, _label in HEALTH_CHECKS:
            with self.subTest(code=code):
                mine = self.health.with_user(self.manager)._get_check(code, self.now)
                self.assertEqual(mine.level, self.level(code))
