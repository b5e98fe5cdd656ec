from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import HttpCase, freeze_time, tagged

from ..models import kgw_missed_call
from ..tools.rate import Window
from .common import DUE
from .engine_common import KgwEngineCommon

PHONE = "+48512100001"
NIP = "5260250274"
KSEF = "5260250274-20260901-0100A1B2C300-5D"


class IncomingCase(KgwEngineCommon):
    """One counterparty of creditor A, and the same one of creditor B."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_creditor("Wierzyciel B", "9991020013")
        cls.other_mandate = cls._create_mandate("B", cls.other, cls._create_brand("Druga Marka"))
        world = cls()
        buyer = world._party("Żółw Spółka z o.o.", nip=NIP, phone=PHONE)
        cls.line = world._watch(world._document("FV/117/09/2026", buyer=buyer))
        cls.theirs = world._watch(
            world._document("B 5/2026", buyer=buyer), mandate=cls.other_mandate
        )
        alone = world._other_party("Samotny sp. z o.o.", 2)
        cls.alone_line = world._watch(world._document("FV/9/2026", buyer=alone)).with_env(cls.env)
        cls.alone = cls.alone_line.kgw_case_id
        cls.line, cls.theirs = cls.line.with_env(cls.env), cls.theirs.with_env(cls.env)
        cls.case, cls.their_case = cls.line.kgw_case_id, cls.theirs.kgw_case_id
        cls.line.move_id.kgw_ksef_number = KSEF

    def find(self, text):
        return self.env["kgw.finder"].with_user(self.agent)._find(text)

    def ask(self, query, matter="", **vals):
        return (
            self.env["kgw.incoming"]
            .with_user(self.agent)
            .create({"query": query, "matter": matter, **vals})
        )


@tagged("post_install", "-at_install", "kgw")
class TestFinder(IncomingCase):
    """A case is found by whatever the caller can name, in any form."""

    def test_case_is_found_by_every_form_of_what_a_caller_names(self):
        number = self.alone.name
        forms = {
            "512 10 00 02": self.alone,
            "+48 512-100-002": self.alone,
            "0048512100002": self.alone,
            number: self.alone,
            number.lower().replace("/", "", 1): self.alone,
            number.partition("/")[2]: self.alone,
            "fv 9 2026": self.alone,
            "samotny": self.alone,
            "SAMOTN": self.alone,
            "fv/117/09/2026": self.case,
            "117/09": self.case,
            "B5-2026": self.their_case,
        }
        for text, expected in forms.items():
            with self.subTest(text=text):
                self.assertEqual(self.find(text), expected)

    def test_ksef_number_leads_to_its_case(self):
        with patch("odoo.addons.kgw_receivable_monitoring.tools.identifiers._crc8") as check:
            check.return_value = int(KSEF[-2:], 16)
            self.assertEqual(self.find(KSEF.lower()), self.case)

    def test_caller_of_two_creditors_is_found_by_phone_nip_and_name(self):
        for text in (PHONE, "526-025-02-74", f"PL{NIP}", "zolw", "Żółw spółka"):
            with self.subTest(text=text):
                self.assertEqual(self.find(text), self.case | self.their_case)

    def test_what_is_too_short_or_unknown_finds_nothing(self):
        for text in ("", None, "1", "zz", "nieznany", "999888777", "FV/404/2026"):
            with self.subTest(text=text):
                self.assertFalse(self.find(text))


@tagged("post_install", "-at_install", "kgw")
class TestIncoming(IncomingCase):
    """What an agent sees of a caller, and what it does not see."""

    def test_brand_whose_number_was_called_greets(self):
        brand = self.other_mandate.brand_after_id
        self.assertIn("Druga Marka", self.ask("", brand_id=brand.id).greeting)

    def test_caller_of_one_creditor_is_shown_at_once(self):
        caller = self.ask("512 100 002")
        self.assertEqual(caller.case_ids, self.alone)
        action = caller.action_open_first()
        desk = self.env["kgw.desk"].browse(action["res_id"])
        self.assertEqual((desk.case_id, desk.is_incoming), (self.alone, True))

    def test_caller_of_two_creditors_is_asked_for_the_matter_first(self):
        caller = self.ask(PHONE)
        self.assertFalse(caller.case_ids)
        self.assertNotIn("Wierzyciel", caller.advice)
        with self.assertRaises(UserError):
            caller.action_open_first()
        for matter in ("FV 117/09/2026", "wierzyciel a", self.case.name):
            caller.matter = matter
            with self.subTest(matter=matter):
                self.assertEqual(caller.case_ids, self.case)

    def test_our_own_name_is_no_matter(self):
        self.creditor.name = "Agencja Testowa i Wspólnicy"
        caller = self.ask(PHONE, "agencja testowa")
        self.assertFalse(caller.case_ids)
        self.assertIn("our own name", caller.advice)
        for short in ("a", "-", "ag"):
            caller.matter = short
            self.assertFalse(caller.case_ids)
            self.assertNotIn("our own name", caller.advice)
        caller.matter = "wspólnicy"
        self.assertEqual(caller.case_ids, self.case)

    def test_case_found_shows_what_it_owes_before_it_is_opened(self):
        typed = {"query": "512 100 002"}
        spec = {"query": {}, "case_ids": {"fields": {"owed_label": {}}}}
        answer = self.env["kgw.incoming"].with_user(self.agent).onchange(typed, ["query"], spec)
        [(_command, _id, row)] = answer["value"]["case_ids"]
        self.assertIn("1,230.00", row["owed_label"])

    def test_number_of_a_white_label_speaks_for_its_creditor_only(self):
        brand = self.other_mandate.brand_after_id
        brand.creditor_id = self.other
        self.assertEqual(self.ask(PHONE, brand_id=brand.id).case_ids, self.their_case)

    def test_cases_of_two_creditors_are_never_open_side_by_side(self):
        self.ask(PHONE, "FV 117/09/2026").action_open_first()
        self.ask(PHONE, "B 5/2026").action_open_first()
        desk = self.env["kgw.desk"].search([("user_id", "=", self.agent.id)])
        self.assertEqual(desk.case_id, self.their_case)

    def test_incoming_conversation_stands_in_the_register_without_a_planned_call(self):
        self.ask("512 100 002").action_open_first()
        desk = self.env["kgw.desk"].with_user(self.agent).search([])
        desk.write({"outcome": "ordered"})
        desk.action_save_and_stop()
        event = self.events("call", case_id=self.alone.id)
        self.assertEqual((event.payload["outcome"], event.payload["incoming"]), ("ordered", True))
        self.assertEqual(self.alone.hold_ids.reason, "paid_claim")

    def test_unknown_caller_hears_nothing_and_leaves_a_message(self):
        caller = self.ask("600 700 800")
        self.assertNotIn("Wierzyciel", caller.advice)
        with self.assertRaises(UserError):
            caller.action_leave_message()
        caller.message = "Pan Nowak, prosi o telefon"
        caller.action_leave_message()
        task = self.env["mail.activity"].search([("summary", "=", "Caller to be called back")])
        self.assertIn("Nowak", task.note)
        self.assertFalse(task.res_id)


@tagged("post_install", "-at_install", "kgw")
class TestMissedCalls(IncomingCase):
    """What a telephone exchange reports becomes a task."""

    def take(self, number, called=""):
        with freeze_time(self._at(DUE)):
            self.env["kgw.missed.call"]._take(number, called, self._at(DUE))

    def test_missed_call_of_one_case_is_a_task_on_it(self):
        self.take("512100002")
        self.assertEqual(self.alone.activity_ids.user_id, self.agent)

    def test_missed_call_moves_the_planned_call_to_who_asked_to_be_called(self):
        call = self._draft(self.alone_line, "p4_call", DUE)
        self.env["kgw.channel.phone"]._prepare_rows(call)
        self.take("512100002")
        self.assertEqual(call.call_column, "asked")

    def test_missed_call_of_several_creditors_names_none(self):
        self.take(PHONE)
        self.assertFalse(self.case.activity_ids | self.their_case.activity_ids)
        task = self.env["mail.activity"].search([("summary", "=", "Missed call")])
        self.assertIn("512100001", task.note)

    def test_called_number_tells_which_matter_it_is(self):
        self.other_mandate.brand_after_id.phone = "+48123456799"
        self.other_mandate.brand_before_id.phone = "+48123456799"
        self.take(PHONE, "12 345 67 99")
        self.assertTrue(self.their_case.activity_ids)
        self.assertFalse(self.case.activity_ids)

    def test_unknown_number_is_a_task_of_a_manager(self):
        self.take("600700800")
        task = self.env["mail.activity"].search([("summary", "=", "Missed call")])
        self.assertTrue(task.user_id.has_group("kgw_receivable_monitoring.group_kgw_manager"))


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestMissedCallEndpoint(HttpCase):
    """Only who knows the token is heard, and nobody too often."""

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param(kgw_missed_call.TOKEN, "tajny")
        window = patch.object(kgw_missed_call, "_window", Window(3, 60))
        window.start()
        self.addCleanup(window.stop)

    def post(self, token="tajny", **data):
        return self.url_open(
            "/kgw/missed_call", data=data, headers={"X-Kgw-Token": token}
        ).status_code

    def test_only_the_token_opens_and_too_many_are_turned_away(self):
        number = "600700801"
        self.assertEqual(self.post("zgadywany", number=number), 403)
        self.assertEqual(self.post(number=number), 200)
        self.assertEqual(self.post(called="123456700"), 400)
        self.assertEqual(self.post(number=number), 429)
        tasks = self.env["mail.activity"].search([("note", "ilike", number)])
        self.assertEqual(len(tasks), 1)

    def test_without_a_token_in_the_settings_nobody_is_heard(self):
        self.env["ir.config_parameter"].set_param(kgw_missed_call.TOKEN, False)
        self.assertEqual(self.post("", number="600700801"), 403)
