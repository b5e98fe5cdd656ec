from email.message import EmailMessage

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools.reply import is_automatic, own_words, says_paid
from .engine_common import KgwEngineCommon

REPLY = """From: faktury@budmax.example
To: {to}
Subject: Re: faktura
Message-ID: <reply-{number}@budmax.example>
In-Reply-To: {ref}
{headers}Content-Type: text/plain; charset=utf-8

{words}

> Jeśli fakturę już opłacono, prosimy pominąć tę wiadomość.
"""
QUOTE = "W dniu 12.09.2026 o 10:15, Agencja <biuro@agencja.example> napisał:\n> już opłacono"


class TestReplyWords(BaseCase):
    def test_machines_are_known_by_their_headers(self):
        for name, value, expected in (
            ("Auto-Submitted", "auto-replied", True),
            ("Auto-Submitted", "auto-generated; owner=x", True),
            ("Auto-Submitted", "no", False),
            ("Precedence", "bulk", True),
            ("Return-Path", "<>", True),
            ("Return-Path", "<jan@budmax.example>", False),
            ("X-Autoreply", "yes", True),
            ("X-Priority", "1", False),
        ):
            message = EmailMessage()
            message[name] = value
            with self.subTest(name=name, value=value):
                self.assertEqual(is_automatic(message), expected)

    def test_quoted_text_is_not_taken_for_the_senders_words(self):
        self.assertEqual(
            own_words(f"Dzień dobry,\nzapłacimy.\n\n{QUOTE}"), "Dzień dobry,\nzapłacimy."
        )
        self.assertFalse(says_paid(own_words(f"Proszę o fakturę.\n{QUOTE}")))

    def test_words_of_having_paid_are_told_from_promises(self):
        for words in (
            "Zapłacone wczoraj",
            "Zapłaciliśmy w piątek",
            "Przelew wyszedł dziś",
            "Faktura opłacona",
        ):
            self.assertTrue(says_paid(words), words)
        for words in (
            "Zapłacimy w piątek",
            "Kiedy mam zapłacić?",
            "Proszę o opłatomat",
            "przelejemy jutro",
        ):
            self.assertFalse(says_paid(words), words)


@tagged("post_install", "-at_install", "kgw")
class TestReplies(KgwEngineCommon):
    def setUp(self):
        super().setUp()
        self.domain = self.brand.alias_domain_id
        self.line, self.day = self._overdue()
        self.case = self.line.kgw_case_id
        self.plan(self.day)
        self.reminder = self.reminders(self.line)
        self.reminder.write(
            {"message_ref": "<key-1@agencja.example>", "recipient": "faktury@budmax.example"}
        )
        self.env["kgw.channel.email"]._prepare_rows(self.reminder)
        self.number = 0

    def reply(self, words="Proszę o fakturę.", headers=""):
        self.number += 1
        raw = REPLY.format(
            to=self.domain.catchall_email,
            ref=self.reminder.message_ref,
            words=words,
            headers=headers,
            number=self.number,
        )
        self.env["mail.thread"].with_context(kgw_now=self._at(self.day)).message_process(False, raw)

    def is_held(self):
        return bool(self.env["kgw.hold"]._get_blocking(self.reminder, self.day))

    def test_reply_that_promises_or_disputes_is_read_when_that_is_taken_down(self):
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        for take, vals in (("promise", {}), ("dispute", {"reason_id": reason.id})):
            self.reply()
            action = getattr(self.case.with_user(self.agent), f"action_reply_{take}")()
            self.assertEqual(action["res_model"], f"kgw.{take}.entry")
            entry = (
                self.env[action["res_model"]]
                .with_user(self.agent)
                .with_context(**action["context"])
                .create({"receivable_ids": [(6, 0, self.line.ids)], **vals})
            )
            # Nothing goes out while the agent types.
            self.assertTrue(self.case._get_reply_holds() and self.case._get_reply_tasks())
            entry.action_save()
            self.assertFalse(self.case._get_reply_holds() or self.case._get_reply_tasks())

    def test_reply_makes_a_task_and_holds_the_case_until_it_is_read(self):
        self.reply()
        task = self.case._get_reply_tasks()
        self.assertEqual(task.user_id, self.agent)
        self.assertIn("Proszę o fakturę.", task.note)
        self.assertNotIn("opłacono", task.note)
        self.assertTrue(self.is_held())
        self.case.with_user(self.agent).action_reply_read()
        self.assertFalse(self.is_held())
        self.assertFalse(self.case._get_reply_tasks())
        self.assertTrue(self.events("lifted", case_id=self.case.id))

    def test_second_reply_is_another_task_under_the_same_hold(self):
        self.reply()
        self.reply("Jeszcze jedno pytanie.")
        self.assertEqual(len(self.case._get_reply_tasks()), 2)
        self.assertEqual(len(self.case._get_reply_holds()), 1)

    def test_paid_in_a_reply_only_suggests(self):
        self.reply("Zapłacone w piątek.")
        self.assertIn("Nothing was booked", self.case._get_reply_tasks().note)
        self.assertEqual(self.line.amount_residual, 1230)

    def test_automatic_reply_is_noted_and_holds_nothing(self):
        self.reply("Jestem na urlopie.", "Auto-Submitted: auto-replied\n")
        self.assertFalse(self.case._get_reply_tasks())
        self.assertFalse(self.is_held())
        self.assertTrue(self.events("auto_reply", case_id=self.case.id))
        self.assertFalse(self.events("reply", case_id=self.case.id))

    def test_company_may_let_the_course_go_on_in_spite_of_replies(self):
        self.mandate.company_id.kgw_holds_on_reply = False
        self.reply()
        self.assertTrue(self.case._get_reply_tasks())
        self.assertFalse(self.is_held())

    def test_reply_to_a_trial_message_is_noted_and_holds_nothing(self):
        self.reminder.is_trial = True
        self.reply()
        self.assertFalse(self.is_held() or self.case._get_reply_holds())
        self.assertTrue(self.case._get_reply_tasks(), "somebody reads it")
        [told] = self.events("reply", case_id=self.case.id)
        self.assertTrue(told.headline.startswith("TEST · "), told.headline)
