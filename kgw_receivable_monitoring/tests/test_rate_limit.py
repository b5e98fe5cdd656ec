from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import api
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


class RateCase(KgwEngineCommon):
    """Ten SMS due at once, and room for a few of them."""

    def setUp(self):
        super().setUp()
        lines = self._watch(
            *(
                self._document(
                    f"X {number}", buyer=self._other_party(f"Firma {number} sp. z o.o.", number)
                )
                for number in range(10)
            )
        )
        self.day = DUE + timedelta(days=2)
        self.env["account.move.line"]._kgw_flush_stages(self.day)
        drafts = (self._draft(line, "p2_sms", self.day) for line in lines)
        self.sms = self.env["kgw.reminder"].union(*drafts)
        self.now = self._at(self.day)

    def limit(self, per_minute=4, per_hour=0, **values):
        return self.env["kgw.rate.limit"].create(
            {"channel": "sms", "per_minute": per_minute, "per_hour": per_hour, **values}
        )

    def send(self, seconds=0):
        """Dispatch some seconds later and return how many SMS went out then."""
        before = len(self.gateways.sent)
        self.env["kgw.dispatcher"]._dispatch("sms", self.now + timedelta(seconds=seconds))
        return len(self.gateways.sent) - before


@tagged("post_install", "-at_install", "kgw")
class TestRateLimit(RateCase):
    """What a gateway may take in a minute and in an hour is never exceeded, and nothing is lost."""

    def test_without_a_limit_all_go_out_at_once(self):
        self.assertEqual(self.send(), 10)

    def test_rest_follows_in_waves(self):
        self.limit(4)
        sent = [self.send(seconds) for seconds in (0, 30, 59, 60, 90, 120, 180)]
        self.assertEqual(sent, [4, 0, 0, 4, 0, 2, 0])
        self.assertEqual(set(self.sms.mapped("state")), {"sent"})

    def test_no_minute_holds_more_than_the_limit_whenever_the_dispatcher_looks(self):
        self.limit(3)
        moments = [second for second in range(0, 300, 7) for _one in range(self.send(second))]
        self.assertEqual(len(moments), 10)
        for first in moments:
            self.assertLessEqual(len([m for m in moments if first <= m < first + 60]), 3)

    def test_hour_holds_too(self):
        self.limit(4, 6)
        sent = [self.send(minutes * 60) for minutes in (0, 1, 2, 59, 60, 61)]
        self.assertEqual(sent, [4, 2, 0, 0, 4, 0])

    def test_waiting_has_its_reason_and_moment(self):
        self.limit(4)
        self.send()
        waiting = self.sms.filtered(lambda r: r.state == "planned")
        self.assertEqual(set(waiting.mapped("waiting_reason")), {"rate"})
        waves = [(r.not_before - self.now).total_seconds() for r in waiting]
        self.assertEqual(waves, [60] * 4 + [120] * 2)
        events = self.env["kgw.event"].search([("reason", "=", "rate")])
        self.assertEqual(events.reminder_id, waiting)
        self.send(60)
        again = self.env["kgw.event"].search([("reason", "=", "rate")])
        self.assertEqual(again, events, "the same reason is told once")

    def test_waves_wake_the_dispatcher(self):
        cron = self.env.ref(f"{MODULE}.ir_cron_kgw_dispatch_sms")
        self.limit(4)
        self.send()
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        moments = {self.now + timedelta(seconds=60), self.now + timedelta(seconds=120)}
        self.assertLessEqual(moments, set(triggers.mapped("call_at")))

    def test_what_the_gate_stops_takes_no_token(self):
        self.limit(4)
        for line in self.sms[:3].line_ids.receivable_id:
            self.pay(line, 1230, self.day)
        self.sms[:3].write({"state": "planned"})
        self.assertEqual(self.send(), 4)

    def test_failed_sending_takes_a_token(self):
        """The gateway counts what it was asked, not what it took."""
        self.limit(4)
        self.gateways.answer = "failed"
        self.send()
        self.gateways.answer = "sent"
        self.assertEqual(self.send(59), 0)
        self.assertEqual(self.send(60), 4)

    def test_other_company_and_channel_are_not_held_up(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.limit(1, company_id=other.id)
        self.limit(1, channel="email")
        self.assertEqual(self.send(), 10)

    def test_limit_of_nothing_is_refused(self):
        for sizes in ((0, 0), (-1, 5)):
            with (
                self.subTest(sizes=sizes),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.limit(*sizes)

    def test_old_tokens_are_forgotten(self):
        limit = self.limit(4)
        limit._take(3, self.now - timedelta(hours=1))
        limit._take(1, self.now)
        self.assertEqual(list(limit.taken.values()), [1])


@tagged("post_install", "-at_install", "kgw")
class TestTwoDispatchers(KgwEngineCommon):
    """Two connections to the database, as two dispatchers have them."""

    def setUp(self):
        super().setUp()
        self.now = self._at(DUE)
        waking = patch.object(type(self.env["kgw.dispatcher"]), "_wake", lambda *_a: None)
        waking.start()
        self.addCleanup(waking.stop)
        with self.connect() as env:  # what the others see must be committed
            limit = env["kgw.rate.limit"].create({"channel": "sms", "per_minute": 8})
            self.limit_id = limit.id
        self.addCleanup(self.forget)

    def forget(self):
        with self.connect() as env:
            env["kgw.rate.limit"].browse(self.limit_id).unlink()

    @contextmanager
    def connect(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, api.SUPERUSER_ID, {})

    def candidates(self, env, count):
        """Return SMS that are to go out; they need not be stored to be counted."""
        mandate = env["kgw.mandate"].new({"company_id": env.company.id})
        return env["kgw.reminder"].union(
            *(
                env["kgw.reminder"].new({"channel": "sms", "mandate_id": mandate})
                for _number in range(count)
            )
        )

    def claim(self, env, count):
        """Claim as a dispatcher does, without the commit; returns how many were admitted."""
        limits = env["kgw.rate.limit"]
        admitted = limits._admit(self.candidates(env, count), self.now)
        limits._count(admitted, self.now)
        env.flush_all()
        return len(admitted)

    def test_two_dispatchers_together_never_exceed_the_limit(self):
        with self.connect() as one, self.connect() as two:
            two.cr.execute("SELECT 1")  # its transaction began before the other one counted
            self.assertEqual(self.claim(one, 5), 5)
            one.cr.commit()  # pylint: disable=invalid-commit
            self.assertEqual(self.claim(two, 5), 0, "counted on an old snapshot")
            two.cr.commit()  # pylint: disable=invalid-commit
            self.assertEqual(self.claim(two, 5), 3)
            two.cr.commit()  # pylint: disable=invalid-commit
            self.assertEqual(self.claim(one, 5), 0)
