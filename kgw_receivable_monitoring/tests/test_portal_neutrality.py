import io
import json
import re
from datetime import timedelta

import openpyxl
import pypdf

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools.decision import SPECS
from .common import DUE, MODULE
from .test_portal_routes import VALUES, RoutesCase

FILES = {
    "invoices": (
        "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Waluta;NIP;Nazwa kontrahenta",
        "1/09/2026;25.08.2026;28.09.2026;1 845,00;PLN;9991010026;Tajemniczy Kontrahent",
        "2/09/2026;25.08.2026;28.09.2026;100,00;PLN;9991010121;Nowy drugi",
    ),
    "open_items": ("Nr faktury;Kwota brutto;Pozostało", "FV A/1;5000,00;4000,00"),
    "payments": ("Data;Kwota;Tytuł", "2026-09-01;10,00;FV A/1"),
}
# What differs from one reading of the same page to the next.
PASSING = re.compile(r'csrf_token["\']?\s*(?::|=|value=)[^,>]*|\d\d:\d\d(:\d\d)?')


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestPortalNeutrality(RoutesCase, HttpCase):
    """Whatever A does, all that B sees stays as it was, though both watch the same firm."""

    @classmethod
    def _create_world(cls):
        """Give B everything that A has, so that each of B's pages has something to show."""
        res = super()._create_world()
        now, case = cls()._at(DUE), cls.theirs.kgw_case_id
        letter = cls._create_letter(cls.theirs, now)
        reason = cls.env["kgw.dispute.reason"].search([], limit=1)
        file = cls.env["ir.attachment"].create({"name": "b.pdf", "raw": b"%PDF b"})
        dispute = cls.env["kgw.dispute"]._open(cls.theirs, reason, "", now, attachments=file)
        question = cls.env["kgw.decision"]._ask("approval", letter.step_id, cls.theirs, DUE, now)
        cls.env["kgw.portal"]._record_message(case, "Wiadomość B", [("b.pdf", b"%PDF b")], now)
        message = cls.env["kgw.event"].search(
            [("kind", "=", "message"), ("case_id", "=", case.id)], limit=1
        )
        upload = cls.env["kgw.import"].create({"mandate_id": cls.other_mandate.id})
        access = cls.env["kgw.portal.access"].search([("user_id", "=", cls.user_b.id)])
        cls.own_ids = {
            "mandate_id": cls.other_mandate.id,
            "summary_id": cls.env["kgw.summary"]._send(access, now).id,
            "user_id": cls.user_b.id,
            "case_id": case.id,
            "reminder_id": letter.id,
            "decision_id": question.id,
            "dispute_id": dispute.id,
            "event_id": message.id,
            "import_id": upload.id,
            "receivable_id": cls.theirs.id,
        }
        return res

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("portal.allow_api_keys", True)
        expires = self.env.cr.now() + timedelta(days=1)
        keys = self.env["res.users.apikeys"].with_user(self.user_b)
        self.key = keys._generate("rpc", "test", expires)

    def _portal(self, user):
        return self.env["kgw.portal"].with_user(user)

    def _find_own(self, argument, rule):
        return self.own_ids.get(argument) or self._get_foreign(argument, rule)

    def _see(self):
        """Return all that B can read, by address: pages, files and answers to its own system."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.authenticate(self.user_b.login, self.user_b.login)
        case = f"/my/monitoring/{self.theirs.kgw_case_id.id}"
        routes = self._get_routes(self._find_own)
        paths = {url for rule, url, methods in routes if "GET" in methods and "/my/" in rule}
        listed = "/my/monitoring/counterparties"
        paths |= {f"{listed}?sort={sort}" for sort in ("name", "overdue", "oldest")}
        paths |= {f"{listed}?search={word}" for word in ("Tajemniczy", "FV", "9991010026", "Nowy")}
        paths |= {"/my", "/my/invoices", f"{case}?limit=3000", f"{case}/live?show=contacts"}
        seen = {path: self._read(self.url_open(path)) for path in sorted(paths)}
        for method, values in (
            ("overview", {}),
            ("cases", {}),
            ("case", {"case_id": self.theirs.kgw_case_id.id}),
            ("foresee", {"kind": "stop", "case_ids": self.theirs.kgw_case_id.ids}),
        ):
            seen[method] = self._json2(method, **values).text
            self.assertNotIn("odoo.exceptions", seen[method])
        return seen

    def _read(self, answer):
        """Return what an answer says, without what differs from one reading to the next."""
        self.assertEqual(answer.status_code, 200, answer.url)
        content = answer.content
        if content.startswith(b"%PDF-1.7\n"):
            pages = pypdf.PdfReader(io.BytesIO(content)).pages
            text = "\n".join(page.extract_text() for page in pages)
        elif content.startswith(b"PK"):
            book = openpyxl.load_workbook(io.BytesIO(content))
            text = "\n".join(str([cell.value for cell in row]) for row in book.active.iter_rows())
        else:
            text = content.decode()
        return PASSING.sub("", text)

    def _json2(self, method, **values):
        return self.url_open(
            f"/json/2/kgw.portal/{method}",
            data=json.dumps(values),
            headers={"Content-Type": "application/json", "Authorization": f"bearer {self.key}"},
        )

    @mute_logger("odoo.http")
    def test_all_that_one_creditor_does_changes_nothing_for_the_other(self):
        before = self._see()
        own = json.dumps(self._portal(self.user_a)._get_case(self.case.id), default=str)
        self._do_everything(self._portal(self.user_a), self._at(DUE))
        after = self._see()
        self.assertEqual(set(after), set(before))
        for path, text in before.items():
            with self.subTest(path=path):
                self.assertEqual(after[path], text)
        self.env.invalidate_all()
        now = json.dumps(self._portal(self.user_a)._get_case(self.case.id), default=str)
        self.assertNotEqual(now, own, "A has done something")

    def _do_everything(self, portal, now):
        """Let A do all that it may: every decision, answer, file, question and switch."""
        self._hand_over(portal, now)
        # A new date takes questions about the old one back.
        portal._decide(self.decision.id, "refuse", now)
        # What waits for the next run is also taken back by what ends the contact.
        portal._revoke(self.scheduled.id, now)
        # What goes on is first held; nothing is overdue yet, and a manager's hold is in force.
        for kind in (*(kind for kind in SPECS if kind != "go_on"), "go_on"):
            values = {**VALUES, "scenario_id": str(self._offer_scenario().id)}
            if kind == "payment":
                values["until_date"] = DUE.isoformat()
            if kind in ("ask_demand", "ask_call"):
                with self.assertRaises(UserError):
                    portal._take(kind, values, now, self.case.ids)
                continue
            portal._foresee(kind, values, now, self.case.ids)
            portal._take(kind, values, now, self.case.ids, None, "203.0.113.7")
        self.env["kgw.decision"]._carry_out_scheduled(now)
        portal._foresee_dispute(self.dispute.id, "reject", {}, now)
        portal._answer_dispute(self.dispute.id, "correction", {}, now)
        portal._reopen_dispute(self.dispute.id, now)
        portal._answer_dispute(self.dispute.id, "correction", {}, now)
        portal._write_message(self.case.id, "Pytanie", [("x.txt", b"x")], now)
        portal._get_letter(self.letter.id)
        portal._get_history(self.case.id)
        portal._set_notices({})
        account = self.env["kgw.portal.account"].with_user(self.user_a)
        account._cancel(self.change.id, now)
        account._ask(self.mandate.id, "account_number", "PL43999000180000000000000777", now)

    def _hand_over(self, portal, now):
        for content, rows in FILES.items():
            files = [(f"{content}.csv", "\r\n".join(rows).encode())]
            known = DUE.isoformat() if content != "invoices" else ""
            taken = portal._upload(self.mandate.id, content, files, known, now)
            if portal._get_import(taken)["state"] == "preview":
                portal._accept(taken, ["Nowy drugi"], now)
        portal._confirm_payments(self.mandate.id, DUE.isoformat(), now)

    def _offer_scenario(self):
        """Return a scenario that A may choose."""
        known = self.mandate.scenario_ids.scenario_id - self.scenario
        if not known:
            known = self.scenario.copy({"name": "Inny"})
            kind = self.env.ref(f"{MODULE}.kind_sole_trader")
            values = {"scenario_id": known.id, "kind_id": kind.id}
            self.mandate.scenario_ids = [(0, 0, values)]
        return known

    def test_reading_of_the_test_sees_a_difference(self):
        """A defence that is taken away is seen: B's pages are read with a note of A's in them."""
        before = self._see()
        self.env["kgw.portal"]._record_message(
            self.theirs.kgw_case_id, "Treść A", [], self._at(DUE)
        )
        after = self._see()
        changed = {path for path, text in before.items() if after[path] != text}
        self.assertIn(f"/my/monitoring/{self.theirs.kgw_case_id.id}", changed)
        self.assertIn("case", changed)
        self.assertIn(f"/my/monitoring/{self.theirs.kgw_case_id.id}/history.pdf", changed)

    def test_archived_user_and_employee_see_nothing(self):
        with self.assertRaises(AccessError):
            self._portal(self.archived)._get_cases()
        self.assertEqual(self._portal(self.employee)._get_cases(), [])
        self.assertEqual(self._portal(self.employee)._get_channels(), [])

    def test_bus_channels_are_those_of_the_login(self):
        own = self._portal(self.user_a)._get_channels()
        self.assertEqual([channel[0] for channel in own], [self.creditor])
        self.assertEqual(
            [channel[0] for channel in self._portal(self.user_b)._get_channels()], [self.other]
        )
        self.assertEqual(self._portal(self.counterparty_user)._get_channels(), [])

    def test_bus_tells_that_something_changed_and_nothing_else(self):
        for left in ("bus.bus.values", "kgw_changed"):
            self.env.cr.precommit.data.pop(left, None)
        self.env["kgw.portal"]._tell_changed(self.case)
        self.env["kgw.portal"]._send_changed()
        [sent] = self.env.cr.precommit.data["bus.bus.values"]
        self.assertEqual(
            json.loads(sent["message"]),
            {"type": "kgw_changed", "payload": {"cases": self.case.ids}},
        )
        self.assertIn(str(self.creditor.id), sent["channel"])
