import io
from datetime import timedelta
from unittest.mock import patch

import pypdf
from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools import text
from .common import DUE
from .test_portal_decisions import DecisionCase

MONDAY = DUE + timedelta(days=14)


@tagged("post_install", "-at_install", "kgw")
class TestSummary(DecisionCase):
    """Each person of a creditor gets the figures of each period once, and no others'."""

    def _send(self, day):
        """Let the scheduled action run on a day; return the summaries."""
        with freeze_time(self._at(day, 7)):
            self.env["kgw.summary"]._cron_send()
        return self.env["kgw.summary"].search([], order="id")

    def _get_mails(self, subject="onitor"):
        return self.env["mail.mail"].search([("subject", "like", f"%{subject}%")], order="id")

    def _choose(self, user, every):
        self.env["kgw.portal.access"].search([("user_id", "=", user.id)]).summary = every

    def test_summary_of_the_last_week_goes_out_once(self):
        self._choose(self.user_b, "never")
        self.run_days(DUE - timedelta(days=5), MONDAY - timedelta(days=1))
        self.pay(self.first, 400, MONDAY - timedelta(days=3))
        before = self._get_mails()
        [summary] = self._send(MONDAY)
        self.assertEqual(
            (summary.user_id, summary.period_from, summary.period_to),
            (self.user_a, DUE + timedelta(days=7), DUE + timedelta(days=13)),
        )
        [mail] = self._get_mails() - before
        self.assertEqual(
            (mail.email_to, mail.attachment_ids), (self.user_a.email, summary.attachment_id)
        )
        paper = pypdf.PdfReader(io.BytesIO(summary.attachment_id.raw))
        told = "".join(page.extract_text() for page in paper.pages)
        self.assertIn("Budmax", told)
        self.assertNotIn("Inny", told, "the counterparty of another creditor")
        for day in (MONDAY, MONDAY + timedelta(days=3)):
            self.assertEqual(self._send(day), summary)
        self.assertEqual(len(self._send(MONDAY + timedelta(days=7))), 2)

    def test_creditor_in_a_trial_run_gets_no_summary(self):
        self._choose(self.user_b, "never")
        self.mandate.write(
            {"is_trial": True, "trial_email": "a@b.example", "trial_phone": "600100200"}
        )
        self.assertFalse(self._send(MONDAY))
        self.mandate.is_trial = False
        self.assertEqual(self._send(MONDAY).user_id, self.user_a)

    def test_summary_waits_while_everything_is_stopped(self):
        self._choose(self.user_b, "never")
        stop = self.env["kgw.hold"].create(
            {"reason": "stop", "from_date": MONDAY, "note": "Awaria"}
        )
        self.assertFalse(self._send(MONDAY))
        stop._lift(self._at(MONDAY, 8))
        self.assertEqual(self._send(MONDAY).user_id, self.user_a)

    def test_figures_are_those_of_the_period(self):
        self.run_days(DUE - timedelta(days=5), MONDAY - timedelta(days=1))
        self.pay(self.first, 400, MONDAY - timedelta(days=3))
        sent = self.reminders(self.first | self.second).filtered("contact_on")
        portal = self.portal.with_context(kgw_now=self._at(MONDAY))
        first = DUE + timedelta(days=7)
        report = portal._get_report(first, MONDAY - timedelta(days=1))
        made = [r for r in sent if first <= r.contact_on < MONDAY]
        self.assertEqual(sum(row["number"] for row in report["contacts"]), len(made))
        self.assertIn("400", report["paid"])
        self.assertIn("1,330.00", report["owed"])
        earlier = portal._get_report(first - timedelta(days=7), first - timedelta(days=1))
        self.assertEqual(earlier["paid"], "")

    def test_calls_in_vain_are_told_beside_those_that_reached_somebody(self):
        self.env["account.move.line"]._kgw_flush_stages(MONDAY)
        phone, day = self.env["kgw.channel.phone"], MONDAY - timedelta(days=3)
        first = day - timedelta(days=day.weekday())
        call = self._draft_call(day)
        for hour, outcome in ((9, "no_answer"), (12, "voicemail"), (15, "refuses")):
            phone._record_call(call, outcome, "", self._at(day, hour))
        portal = self.portal.with_context(kgw_now=self._at(MONDAY))
        report = portal._get_report(first, MONDAY - timedelta(days=1))
        talks = [row["number"] for row in report["contacts"] if row["channel"] == "phone"]
        self.assertEqual((talks, report["calls"]), ([1], 3))
        paper = pypdf.PdfReader(io.BytesIO(portal._draw_report(report, "Agencja")))
        told = "".join(page.extract_text() for page in paper.pages)
        self.assertRegex(told, r"Talks on the phone\s+1")
        self.assertRegex(told, r"Calls in all, those that reached nobody too\s+3")
        access = self.env["kgw.portal.access"].search([("user_id", "=", self.user_a.id)])
        self.env["kgw.creditor.mail"]._post_summary(
            self.mandate, report, self.env["ir.attachment"], access
        )
        body = self._get_mails("odsumowanie")[-1:].body_html
        self.assertRegex(body, r"Rozmowy telefoniczne</td><td[^>]*><strong>1<")
        self.assertRegex(body, r"nieodebran[^<]*</td><td[^>]*><strong>3<")
        call.is_trial = True
        trial = portal._get_report(first, MONDAY - timedelta(days=1))
        self.assertEqual((trial["contacts"], trial["calls"]), ([], 0))

    def _draft_call(self, day):
        """Return a call about the first invoice, planned for ``day``."""
        step = self.scenario.step_ids.filtered(lambda s: s.channel == "phone")[-1:]
        call = self.env["kgw.reminder"].create(
            {
                "case_id": self.case.id,
                "mandate_id": self.mandate.id,
                "step_id": step.id,
                "brand_id": self.mandate._get_brand("after").id,
                "side": "after",
                "rung": step.rung,
                "template_id": step.template_id.id,
                "channel": "phone",
                "planned_on": day,
                "until": day + timedelta(days=9),
            }
        )
        self.env["kgw.reminder.line"].create(
            {
                "reminder_id": call.id,
                "receivable_id": self.first.id,
                "move_id": self.first.move_id.id,
                "instalment": self.first.kgw_instalment,
                "course": self.first.kgw_course,
                "role": "lead",
                "step_id": step.id,
                "rung": step.rung,
                "channel": "phone",
            }
        )
        return call

    def test_month_is_the_last_whole_one_and_never_is_never(self):
        self._choose(self.user_a, "monthly")
        self._choose(self.user_b, "never")
        [summary] = self._send(MONDAY)
        self.assertEqual(str(summary.period_from), "2026-08-01")
        self.assertEqual(str(summary.period_to), "2026-08-31")

    @mute_logger("odoo.addons.kgw_receivable_monitoring.models.kgw_summary")
    def test_one_that_fails_leaves_nothing_and_does_not_stop_the_others(self):
        mails = self._get_mails()
        post = type(self.env["kgw.creditor.mail"])._post_summary

        def fail_for_a(door, mandate, *values):
            if mandate == self.mandate:
                raise ValueError
            return post(door, mandate, *values)

        with patch.object(type(self.env["kgw.creditor.mail"]), "_post_summary", fail_for_a):
            self.assertEqual(self._send(MONDAY).user_id, self.user_b)
        self.assertEqual(len(self._get_mails() - mails), 1)
        self.assertEqual(self._send(MONDAY).user_id, self.user_a | self.user_b)

    def test_broken_promise_is_told_to_its_creditor(self):
        self.run_days(DUE - timedelta(days=5), DUE + timedelta(days=1))
        day = DUE + timedelta(days=2)
        self.env["kgw.promise"]._give(
            self.case, self.first, [(day + timedelta(days=1), 1230.0)], self._at(day)
        )
        self.env["kgw.planner"]._run_day(MONDAY, self._at(MONDAY, 7))
        mails = self.env["mail.mail"].search([("body_html", "like", "%1%230%")])
        told = mails.filtered(lambda m: "Budmax" in (m.subject or ""))
        self.assertEqual(told.mapped("email_to"), [self.user_a.email])

    def test_texts_are_written_in_both_languages(self):
        codes = ("email_promise_broken", "email_creditor_summary")
        templates = self.env["kgw.template"].search([("code", "in", codes)])
        self.assertEqual(len(templates.text_ids), 4)
        for words in templates.text_ids:
            text.check(words.subject)
            text.check(words.body)
