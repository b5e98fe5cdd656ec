from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tests.common import freeze_time

from .common import DUE, MODULE, PAPER
from .engine_common import KgwEngineCommon

NEW = "PL43999000180000000000000777"
OTHER = "PL23999000180000000000001234"


class AccountCase(KgwEngineCommon):
    """A creditor with two logins, another creditor with one, two managers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_manager = cls._create_user("kgw_manager2", "manager", email="m2@agencja.example")
        cls.manager.email = "m1@agencja.example"
        cls.first = cls._create_login("Ewa", cls.creditor)
        cls.second = cls._create_login("Jan", cls.creditor)
        cls.other_creditor = cls._create_creditor("Wierzyciel B", "9991020013")
        cls.stranger = cls._create_login("Obcy", cls.other_creditor)
        cls.mandate._remember_addresses()
        cls.old = cls.mandate.account_number
        cls.now = cls.env.cr.now()

    @classmethod
    def _create_login(cls, name, creditor):
        email = f"{name.lower()}@{creditor.name[-1].lower()}.example"
        partner = cls.env["res.partner"].create(
            {"name": name, "parent_id": creditor.id, "email": email}
        )
        users = cls.env["res.users"].with_context(no_reset_password=True)
        return users.create(
            {
                "login": email,
                "name": name,
                "partner_id": partner.id,
                "group_ids": [(6, 0, cls.env.ref("base.group_portal").ids)],
            }
        )

    def portal(self, user):
        return self.env["kgw.portal.account"].with_user(user)

    def ask(self, user=None, number=NEW, target="account_number"):
        self.portal(user or self.first)._ask(self.mandate.id, target, number, self.now)
        return self.env["kgw.account.change"].search([], limit=1)

    def letters(self):
        """Return the addresses and subjects of what was queued for creditors."""
        mails = self.env["mail.mail"].search([("email_to", "!=", False)], order="id")
        return {(mail.email_to, mail.subject) for mail in mails}

    def on_paper(self, **values):
        return (
            self.env["kgw.account.change"]
            .with_user(self.manager)
            .create({"mandate_id": self.mandate.id, "number": NEW, "paper": PAPER, **values})
        )


@tagged("post_install", "-at_install", "kgw")
class TestAccountChange(AccountCase):
    """Another account needs two people and a day, and everybody hears of it."""

    def test_account_holds_a_day_after_the_second_person_agreed(self):
        change = self.ask()
        self.assertEqual((change.state, change.old_number), ("asked", self.old))
        agreed = self.now + timedelta(hours=5)
        self.portal(self.second)._agree(change.id, agreed)
        self.assertEqual(change.effective_at, agreed + timedelta(hours=24))
        changes = self.env["kgw.account.change"]
        changes._take_effect(agreed + timedelta(hours=23, minutes=59))
        self.assertEqual(self.mandate.account_number, self.old)
        changes._take_effect(agreed + timedelta(hours=24))
        self.assertEqual((self.mandate.account_number, change.state), (NEW, "done"))
        self.assertEqual(self.mandate.account_confirmed_by_id, self.second)

    def test_change_that_nobody_agreed_to_never_holds(self):
        self.ask()
        self.env["kgw.account.change"]._take_effect(self.now + timedelta(days=365))
        self.assertEqual(self.mandate.account_number, self.old)

    def test_asker_is_not_the_second_person_nor_is_who_shares_the_mailbox(self):
        change = self.ask()
        with self.assertRaises(UserError):
            self.portal(self.first)._agree(change.id, self.now)
        self.second.partner_id.email = self.first.partner_id.email.upper()
        with self.assertRaises(UserError):
            self.portal(self.second)._agree(change.id, self.now)
        self.assertEqual(change.state, "asked")

    def test_people_of_another_creditor_neither_see_nor_ask_nor_agree_nor_cancel(self):
        change = self.ask()
        stranger = self.portal(self.stranger)
        self.assertEqual(stranger._get_page(), {"mandates": [], "changes": []})
        for act, *values in (
            (stranger._ask, self.mandate.id, "foreign_account_number", NEW),
            (stranger._agree, change.id),
            (stranger._cancel, change.id),
        ):
            with self.assertRaises(AccessError):
                act(*values, self.now)
        self.assertEqual(change.state, "asked")

    def test_page_of_the_creditor_offers_consent_to_the_second_person_only(self):
        self.ask()
        can_agree = [
            self.portal(user)._get_page()["changes"][0]["can_agree"]
            for user in (self.first, self.second)
        ]
        self.assertEqual(can_agree, [False, True])

    def test_cancelled_until_it_holds_and_not_after(self):
        change = self.ask()
        self.portal(self.second)._agree(change.id, self.now)
        self.portal(self.first)._cancel(change.id, self.now)
        self.env["kgw.account.change"]._take_effect(self.now + timedelta(days=2))
        self.assertEqual((change.state, self.mandate.account_number), ("cancelled", self.old))
        again = self.ask()
        self.portal(self.second)._agree(again.id, self.now)
        self.env["kgw.account.change"]._take_effect(self.now + timedelta(days=2))
        with self.assertRaises(UserError):
            again.with_user(self.manager).action_cancel()
        self.assertEqual(self.mandate.account_number, NEW)

    def test_alarm_goes_at_once_to_the_addresses_known_before_and_to_managers(self):
        """Who took over the creditor's mailboxes does not keep the old ones from knowing."""
        before = self.mandate.account_addresses.split(",")
        self.assertEqual(len(before), 3)
        self.creditor.email = "zlodziej@oszust.example"
        self.first.partner_id.email = "zlodziej2@oszust.example"
        known = self.env["mail.message"].search([], order="id desc", limit=1).id
        self.ask()
        written = {address for address, _subject in self.letters()}
        self.assertTrue(written >= {*before, "zlodziej@oszust.example"}, written)
        told = self.env["mail.message"].search(
            [("id", ">", known), ("message_type", "=", "user_notification")]
        )
        self.assertTrue(told.partner_ids >= (self.manager | self.second_manager).partner_id)

    def test_every_turn_is_in_the_register_and_told_in_its_own_words(self):
        change = self.ask()
        self.portal(self.second)._agree(change.id, self.now)
        self.env["kgw.account.change"]._take_effect(self.now + timedelta(days=2))
        self.portal(self.first)._cancel(self.ask(number=OTHER).id, self.now)
        events = self.events("account", mandate_id=self.mandate.id)
        states = [event.payload["state"] for event in events]
        self.assertEqual(states, ["asked", "agreed", "done", "asked", "cancelled"])
        self.assertEqual(
            [(e.payload["old"], e.payload["new"]) for e in events[:1]], [(self.old, NEW)]
        )
        self.assertEqual(events[1].user_id, self.second)
        self.assertEqual(len({subject for _address, subject in self.letters()}), 4)

    def test_addresses_of_the_alarm_are_renewed_only_when_a_change_holds(self):
        self.creditor.email = "nowy@wierzyciel.example"
        change = self.ask()
        self.assertNotIn("nowy@", self.mandate.account_addresses)
        self.portal(self.second)._agree(change.id, self.now)
        self.env["kgw.account.change"]._take_effect(self.now + timedelta(days=2))
        self.assertIn("nowy@wierzyciel.example", self.mandate.account_addresses)

    def test_second_open_change_wrong_number_and_the_same_number_are_refused(self):
        for number in ("PL43999000180000000000000778", "123", self.old):
            with self.subTest(number=number), self.assertRaises(UserError):
                self.ask(number=number)
        self.ask()
        with self.assertRaises(UserError):
            self.ask(number=OTHER)
        self.ask(number=OTHER, target="foreign_account_number")

    def test_health_page_and_panel_show_an_open_change(self):
        self.ask()
        check = self.env["kgw.health"]._get_check("accounts", self._at(DUE))
        self.assertEqual(check.level, "warning")
        lines = self.env["kgw.readiness"]._get_lines(self.mandate, DUE)
        [line] = [line for line in lines if line.title == "Creditor's account"]
        self.assertEqual((line.level, line.model), ("warning", "kgw.account.change"))


@tagged("post_install", "-at_install", "kgw")
class TestAccountOnPaper(AccountCase):
    """Where nobody has a second login, two managers act on a signed letter and a call."""

    def test_second_manager_agrees_after_a_call(self):
        change = self.on_paper()
        with self.assertRaises(UserError):
            change.with_user(self.second_manager).action_agree()
        change.with_user(self.second_manager).called = "Anna Wiśniewska, 12 345 67 11"
        with self.assertRaises(UserError):
            change.with_user(self.manager).action_agree()
        with freeze_time("2026-09-07 10:00:00"):
            change.with_user(self.second_manager).action_agree()
        self.assertEqual(str(change.effective_at), "2026-09-08 10:00:00")

    def test_without_the_letter_a_manager_asks_for_nothing(self):
        with self.assertRaises(UserError):
            self.on_paper(paper=False)

    def test_manager_does_not_agree_to_what_was_asked_in_the_portal(self):
        change = self.ask()
        change.with_user(self.manager).called = "ktoś"
        with self.assertRaises(UserError):
            change.with_user(self.manager).action_agree()

    def test_course_of_a_change_is_not_entered(self):
        change = self.on_paper()
        manager = change.with_user(self.second_manager)
        for values in (
            {"state": "agreed"},
            {"effective_at": self.now},
            {"number": OTHER},
            {"agreed_by_id": self.second_manager.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                manager.write(values)
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.on_paper(target="foreign_account_number", state="agreed")
        with self.assertRaises(AccessError):
            change.with_user(self.agent).action_agree()
        manager.called = "Anna Nowak, 12 345 67 00"
        manager.action_agree()
        with self.assertRaises(AccessError):
            manager.called = "somebody else"

    def test_email_or_upload_never_changes_an_account(self):
        """What comes from outside by mail or file has no way to a change: no alias, no thread."""
        change = self.env["kgw.account.change"]
        self.assertNotIn("mail.thread", change._inherit)
        self.assertFalse(hasattr(change, "message_new"))
        model = self.env["ir.model"]._get("kgw.account.change")
        self.assertFalse(self.env["mail.alias"].search([("alias_model_id", "=", model.id)]))
        document = self._document(account=NEW)
        self.env["kgw.import.check"]._get_refusal(self.mandate, document)
        self.assertEqual(self.mandate.account_number, self.old)
        self.assertFalse(change.search([("mandate_id", "=", self.mandate.id)]))


@tagged("post_install", "-at_install", "kgw")
class TestAccountTemplate(AccountCase):
    def test_both_languages_tell_every_turn(self):
        template = self.env.ref(f"{MODULE}.kgw_template_email_account_change")
        for text in template.text_ids:
            for state in ("asked", "agreed", "done", "cancelled"):
                change = {
                    "state": state,
                    "old": "11",
                    "new": "22",
                    "asked_by": "Ewa",
                    "effective_at": "8.09.2026, 10:00",
                }
                values = {
                    "brand": {"phone": "12 345", "name": "KAM"},
                    "creditor": {"name": "W"},
                    "account_change": change,
                    "link": "https://portal.example/my",
                }
                subject, body = text._render(values)
                with self.subTest(lang=text.lang, state=state):
                    self.assertTrue(subject)
                    self.assertTrue("11" in body and "22" in body and "12 345" in body)
