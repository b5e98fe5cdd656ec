import base64
from datetime import timedelta

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import DUE, MODULE
from .test_access import AccessCase


@tagged("post_install", "-at_install", "kgw")
class TestWork(AccessCase):
    """People without accounting rights do their work from end to end."""

    def setUp(self):
        super().setUp()
        self.receivable = self._watch(self._document(), on=DUE - timedelta(days=7))
        self.case = self.receivable.kgw_case_id.with_env(self.env)

    def _open_action(self, user, xmlid):
        """Read the records of a window action as the web client does, view by view."""
        action = self.env["ir.actions.actions"].with_user(user)._for_xml_id(f"{MODULE}.{xmlid}")
        model = self.env[action["res_model"]].with_user(user)
        views = model.get_views(
            [(view_id, kind) for view_id, kind in action["views"] if kind != "search"]
            + [(False, "search")]
        )
        for kind in ("list", "form", "kanban"):
            if kind in views["views"]:
                self._read(
                    model, views["models"][model._name]["fields"], views["views"][kind]["arch"]
                )
        return views

    def _read(self, model, known, arch):
        root = etree.fromstring(arch)
        names = {
            node.get("name")
            for node in root.iter("field")
            if not any(parent.tag == "field" for parent in node.iterancestors())
        }
        specification = {}
        for name in names:
            kind = known[name]["type"]
            specification[name] = {"fields": {"display_name": {}}} if kind == "many2one" else {}
            if kind in ("one2many", "many2many"):
                specification[name] = {
                    "fields": self._get_sub_specification(root, name, known[name]["relation"])
                }
        result = model.web_search_read([], specification, limit=80)
        self.assertIsInstance(result["records"], list)
        return result["records"]

    def _get_sub_specification(self, root, name, relation):
        fields = self.env[relation]._fields
        subs = {node.get("name") for node in root.iterfind(f".//field[@name='{name}']//field")} or {
            "display_name"
        }
        return {
            sub: {"fields": {"display_name": {}}} if fields[sub].type == "many2one" else {}
            for sub in subs
        }

    def _run_to_call(self):
        self.run_days(DUE - timedelta(days=5), DUE - timedelta(days=3))
        return self.env["kgw.reminder"].search(
            [("case_id", "=", self.case.id), ("channel", "=", "phone")]
        )

    def test_agent_opens_every_page_of_the_menus(self):
        self._run_to_call()
        self.case.action_hold()
        for action in (
            "call",
            "case",
            "reminder",
            "receivable",
            "print_run",
            "decision",
            "hold",
            "event",
        ):
            with self.subTest(action=action):
                self._open_action(self.agent, f"action_kgw_{action}")

    def test_manager_opens_every_page_of_the_menus(self):
        self._run_to_call()
        for action in (
            "call",
            "case",
            "reminder",
            "receivable",
            "print_run",
            "decision",
            "hold",
            "event",
            "mandate",
            "import",
        ):
            with self.subTest(action=action):
                self._open_action(self.manager, f"action_kgw_{action}")

    def test_administrator_opens_every_page_of_the_menus(self):
        for action in ("scenario", "template", "brand", "kind", "mandate"):
            with self.subTest(action=action):
                self._open_action(self.administrator, f"action_kgw_{action}")

    def _open_desk(self, call, **vals):
        """Open a call as the agent does, and enter the outcome."""
        moment = freeze_time(self._at(call.planned_on))
        moment.start()
        self.addCleanup(moment.stop)
        action = call.with_user(self.agent).action_open_desk()
        desk = self.env["kgw.desk"].with_user(self.agent).browse(action["res_id"])
        desk.write(vals)
        return desk

    def test_agent_records_an_outcome_at_the_desk(self):
        call = self._run_to_call()
        desk = self._open_desk(call, outcome="refuses", note="nie zapłaci")
        self.assertIn("1", desk.script)
        desk.action_save_and_stop()
        self.assertEqual((call.state, call.outcome), ("delivered", "refuses"))
        event = self.env["kgw.event"].search([("reminder_id", "=", call.id), ("kind", "=", "call")])
        self.assertEqual((event.user_id, event.payload["note"]), (self.agent, "nie zapłaci"))
        self.assertFalse(call.activity_ids)

    def test_agent_records_that_nobody_answered_and_the_number_is_wrong(self):
        for outcome, state in (("no_answer", "failed"), ("wrong_number", "undelivered")):
            call = self._run_to_call().filtered(lambda r: r.state in ("planned", "failed"))[:1]
            self._open_desk(call, outcome=outcome).action_save_and_stop()
            self.assertEqual(call.state, state)

    def test_agent_holds_notes_and_corrects_contact_data(self):
        case = self.case.with_user(self.agent)
        with self.assertRaises(AccessError):
            case.write({"description": "<p>Rozmowa z księgową.</p>"})
        case.action_hold()
        self.assertTrue(case.hold_ids.is_open)
        point = case.contact_point_ids.filtered(lambda p: p.kind == "email")
        point.write({"value": "nowy@budmax.example", "state": "verified"})
        case.contact_point_ids.create({"case_id": case.id, "kind": "phone", "value": "600 100 200"})
        case.message_post(body="notatka")
        case.hold_ids.with_user(self.manager).action_lift()
        self.assertFalse(case.hold_ids.filtered("is_open"))

    def test_agent_neither_lifts_a_hold_nor_holds_more_than_a_case(self):
        self.case.with_user(self.agent).action_hold()
        hold = self.case.hold_ids
        holds = self.env["kgw.hold"].with_user(self.agent)
        with self.assertRaises(UserError):
            hold.with_user(self.manager).write({"until_date": DUE - timedelta(days=90)})
        with self.assertRaises(ValidationError):
            other = self._create_mandate(
                "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
            )
            holds.create({"reason": "other", "case_id": self.case.id, "mandate_id": other.id})
        for attempt in (
            lambda: holds.create(
                {"reason": "other", "case_id": self.case.id, "lifted_at": hold.create_date}
            ),
            hold.with_user(self.agent).action_lift,
            lambda: hold.with_user(self.agent).write({"lifted_at": hold.create_date}),
            lambda: hold.with_user(self.manager).write({"lifted_at": hold.create_date}),
            lambda: holds.create({"reason": "other"}),
            lambda: holds.create({"reason": "other", "mandate_id": self.mandate.id}),
            lambda: holds.create({"reason": "other", "channel": "sms"}),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertTrue(hold.is_open)

    def test_case_and_its_contact_data_stay_with_their_creditor(self):
        """Whoever moved them would show one creditor what belongs to another."""
        other = self._create_mandate(
            "B", self._create_creditor("Wierzyciel B", "9991020013"), self.brand
        )
        theirs = self._watch(
            self._document("B/1", buyer=self._party("Inny sp. z o.o.")), mandate=other
        ).kgw_case_id
        for attempt in (
            lambda: self.case.with_user(self.agent).write({"mandate_id": other.id}),
            lambda: self.case.write({"counterparty_id": theirs.counterparty_id.id}),
            lambda: self.case.contact_point_ids.write({"case_id": theirs.id}),
            lambda: self.mandate.write({"creditor_id": other.creditor_id.id}),
        ):
            with self.assertRaises(UserError):
                attempt()
        self.case.write({"mandate_id": self.mandate.id})

    def test_nobody_writes_what_monitoring_keeps_up(self):
        """The creditor of a case is the fence of the portal; its stage and number are facts."""
        for user in (self.agent, self.manager, self.administrator):
            case = self.case.with_user(user)
            for vals in (
                {"creditor_id": self.agent.partner_id.id},
                {"stage": "closed"},
                {"name": "KGW/1"},
                {"was_late": True},
                {"touched_at": False},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(AccessError):
                    case.write(vals)

    def test_payments_are_not_known_through_a_day_ahead(self):
        mandate = self.mandate.with_user(self.manager)
        with freeze_time(self._at(DUE)):
            with self.assertRaises(UserError):
                mandate.coverage_date = DUE + timedelta(days=1)
            mandate.coverage_date = DUE

    def test_agent_cancels_a_call(self):
        call = self._run_to_call().with_user(self.agent)
        call.action_cancel()
        self.assertEqual((call.state, call.reason), ("cancelled", "withdrawn"))

    def test_agent_counts_as_sent_what_is_uncertain(self):
        self.gateways.answer = "unknown"
        self.run_day(DUE - timedelta(days=5))
        message = self.reminders(self.receivable, "unknown").with_user(self.agent)
        self.assertTrue(message)
        message.action_count_as_sent()
        self.assertEqual(message.state, "sent")

    def test_agent_sends_again_what_did_not_go_out(self):
        self.gateways.answer = "unknown"
        self.run_day(DUE - timedelta(days=5))
        message = self.reminders(self.receivable, "unknown").with_user(self.agent)
        message.action_send_again()
        self.assertEqual(message.state, "planned")

    def test_agent_gets_no_further_than_the_matrix(self):
        agent = self.agent
        with self.assertRaises(AccessError):
            self.mandate.with_user(agent).write({"name": "x"})
        with self.assertRaises(AccessError):
            self.env["kgw.import"].with_user(agent).search([])
        with self.assertRaises(AccessError):
            self.receivable.with_user(agent).read(["balance"])
        call = self._run_to_call().with_user(agent)
        for records, values in ((call, {"state": "sent"}), (call.line_ids, {"void": True})):
            with self.assertRaises(AccessError):
                records.write(values)
        with self.assertRaises(AccessError):
            self.env["kgw.print.run"].with_user(agent).create({"name": "x", "date": DUE})
        with self.assertRaises(AccessError):
            self.env["kgw.event"].with_user(agent).create({"kind": "note", "at": "2026-09-01"})

    def test_manager_takes_a_file_over_and_posts_the_letters(self):
        data = (
            "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;NIP;Nazwa kontrahenta;Ulica;"
            "Kod pocztowy;Miasto\r\n7/2026;20.08.2026;07.09.2026;5 000,00;9991010026;Kontrahent;"
            "ul. Polna 3;30-002;Kraków\r\n"
        )
        record = (
            self.env["kgw.import"]
            .with_user(self.manager)
            .create(
                {
                    "mandate_id": self.mandate.id,
                    "filename": "f.csv",
                    "file": base64.b64encode(data.encode("cp1250")),
                }
            )
        )
        record.action_preview()
        with freeze_time(self._at(DUE - timedelta(days=7))):
            record.action_take()
        receivable = (
            self.env["account.move"]
            .search([("kgw_number", "=", "7/2026")])
            .line_ids.filtered("kgw_case_id")
        )
        for number in range(-5, 25):
            self.run_day(DUE + timedelta(days=number), post=False)
            self.reach_calls(DUE + timedelta(days=number))
            self._work_as_manager(DUE + timedelta(days=number))
        letters = self.reminders(receivable, "sent").filtered(lambda r: r.channel == "letter")
        self.assertEqual(letters.mapped("rung"), ["demand", "final"])
        self.assertEqual(set(letters.print_run_id.mapped("state")), {"posted"})

    def _work_as_manager(self, day):
        """Merge and post the open runs and agree to the letters that ask for it, as the manager."""
        runs = self.env["kgw.print.run"].with_user(self.manager).search([("state", "=", "open")])
        decisions = (
            self.env["kgw.decision"]
            .with_user(self.manager)
            .search([("state", "=", "open"), ("kind", "=", "approval")])
        )
        with freeze_time(self._at(day, 15)):
            runs.filtered("letter_count").action_merge()
            runs.action_posted()
            decisions.action_approve()

    def test_manager_opens_suspends_and_ends_a_mandate(self):
        values = self.mandate.copy_data({"code": "Z", "name": "Zlecenie"})[0]
        mandate = (
            self.env["kgw.mandate"]
            .with_user(self.manager)
            .create({**values, "journal_id": self.journal.id, "coverage_date": DUE})
        )
        mandate.action_confirm_account()
        mandate.action_activate()
        self.assertEqual(mandate.state, "active")
        mandate.action_suspend()
        mandate.action_open_cases()
        mandate.coverage_date = DUE
        mandate.action_end()
        self.assertEqual(mandate.state, "ended")

    def test_administrator_edits_scenario_and_text(self):
        scenario = self.scenario.with_user(self.administrator)
        scenario.step_ids[0].write({"offset_days": -4})
        text = scenario.step_ids.template_id.text_ids[:1]
        text.write({"subject": text.subject or "Przypomnienie"})
        self.env["kgw.brand"].with_user(self.administrator).create(
            self.brand.copy_data({"name": "Marka druga"})[0]
        )
        self.assertEqual(scenario.step_ids[0].offset_days, -4)
