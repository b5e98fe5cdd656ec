import json
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import DUE
from .test_portal_decisions import DecisionCase

DATA = {"name": "a.csv", "data": "YQ=="}
NUMBERS = ("7", 7.5, True, None, [7], 0, -1, 2**40)
TEXTS = (7, None, ["a"], {"a": 1}, "a\0b")
# Of each method its arguments as they should be, then of each argument what is wrong for it.
WRONG = {
    "cases": (
        {},
        {
            "tab": (*TEXTS, "", "overdeu"),
            "search": TEXTS,
            "sort": (*TEXTS, "amount"),
            "offset": ("0", 1.5, True, None, -1, 2**40),
            "limit": NUMBERS,
        },
    ),
    "case": ({"case_id": 1}, {"case_id": NUMBERS, "show": (*TEXTS, "all"), "limit": NUMBERS}),
    "foresee": (
        {"kind": "stop", "case_ids": [1]},
        {
            "kind": (*TEXTS, "halt"),
            "case_ids": (1, "1", None, {"1": 1}, ["1"], [None], [[1]]),
            "receivable_ids": (1, "1", ["1"], [None]),
            "values": ("x", [1], 7, {"no_field": 1}, {"until_date": "2026-12-01"}),
        },
    ),
    "answer": (
        {"decision_id": 1, "value": "approve"},
        {"decision_id": NUMBERS, "value": TEXTS},
    ),
    "foresee_answer": (
        {"decision_id": 1, "value": "approve"},
        {"decision_id": NUMBERS, "value": TEXTS},
    ),
    "foresee_dispute": (
        {"dispute_id": 1, "value": "accept"},
        {"dispute_id": NUMBERS, "value": TEXTS, "until": TEXTS},
    ),
    "reopen_dispute": ({"dispute_id": 1}, {"dispute_id": NUMBERS}),
    "answer_dispute": (
        {"dispute_id": 1, "value": "accept"},
        {"dispute_id": NUMBERS, "value": TEXTS, "note": TEXTS, "until": TEXTS},
    ),
    "revoke": ({"decision_id": 1}, {"decision_id": NUMBERS}),
    "message": (
        {"case_id": 1},
        {"case_id": NUMBERS, "text": TEXTS, "files": ("a", 7, None, DATA)},
    ),
    "handover": ({"import_id": 1}, {"import_id": NUMBERS}),
    "upload": (
        {"mandate_id": 1, "files": [DATA]},
        {
            "mandate_id": NUMBERS,
            "files": ("a", 7, None, DATA),
            "content": (*TEXTS, "", "invoice"),
            "known_through": TEXTS,
        },
    ),
    "accept": (
        {"import_id": 1},
        {
            "import_id": NUMBERS,
            "struck": ("Anna Nowak", 7, None, [7]),
            "restated": (7, "7", None, ["7"]),
            "seen_note": TEXTS,
        },
    ),
    "no_more_payments": (
        {"mandate_id": 1, "known_through": "2026-09-01"},
        {"mandate_id": NUMBERS, "known_through": TEXTS},
    ),
}
WRONG["decide"] = WRONG["foresee"]
# Values of decisions: the kind, the others that it wants, what is wrong.
VALUES = {
    "is_lasting": ("stop", {}, ("yes", "fałsz", 7, [True])),
    "until_date": ("pause", {}, (20261201, "1.12.2026", "2026-13-01", ["2026-12-01"])),
    "number": ("instalments", {"until_date": "2026-12-01"}, ("two", 2.5, -2, [2], "9" * 5000)),
    "scenario_id": ("scenario", {}, ("Standard", 1.5, -1, [1])),
    "channel": ("no_channel", {}, ("fax", 7, ["sms"])),
    "amount": ("payment", {"until_date": "2026-09-01"}, ("a lot", -5, [5], 1e30)),
    "point_kind": ("contact", {"note": "a@b.example"}, (7, ["email"])),
    "note": ("stop", {}, (7, ["a"], "a\0b")),
}


class OutsideCase(DecisionCase):
    def send(self, method, **values):
        return getattr(self.portal.with_context(kgw_now=self._at(DUE)), method)(**values)


@tagged("post_install", "-at_install", "kgw")
class TestPortalOutside(OutsideCase):
    """What a foreign system sends wrongly is refused with the name of the argument, never guessed."""

    def test_wrong_argument_is_refused_by_its_name(self):
        for method, (right, wrong) in WRONG.items():
            for name, values in wrong.items():
                for value in values:
                    with self.subTest(method=method, argument=name, value=value):
                        with self.assertRaises(UserError) as refused:
                            self.send(method, **{**right, name: value})
                        said = str(refused.exception)
                        is_file = name == "files" and "base64" in said
                        self.assertTrue(is_file or said.startswith(f"{name}: "), said)

    def test_every_documented_argument_is_tried(self):
        portal = self.env.registry["kgw.portal"]
        for method, (_right, wrong) in WRONG.items():
            code = getattr(portal, method).__code__
            self.assertEqual(set(wrong), set(code.co_varnames[1 : code.co_argcount]), method)

    def test_wrong_value_of_a_decision_is_refused(self):
        for name, (kind, others, values) in VALUES.items():
            for value in values:
                for method in ("foresee", "decide"):
                    with self.subTest(name=name, value=value, method=method):
                        sent = {"kind": kind, "case_ids": self.case.ids}
                        with self.assertRaises(UserError):
                            self.send(method, **sent, values={**others, name: value})
        self.assertFalse(self.case.decision_ids)

    def test_text_false_is_not_true(self):
        for value, is_lasting in ((True, True), ("true", True), ("1", True), ("false", False)):
            with self.subTest(value=value):
                read = self.portal._read_values("stop", {"is_lasting": value}, self.case)
                self.assertEqual(read["is_lasting"], is_lasting)


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestPortalOutsideHttp(OutsideCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("portal.allow_api_keys", True)
        keys = self.env["res.users.apikeys"].with_user(self.user_a)
        self.key = keys._generate("rpc", "test", self.env.cr.now() + timedelta(days=1))

    def post(self, method, values):
        return self.url_open(
            f"/json/2/kgw.portal/{method}",
            data=json.dumps(values),
            headers={"Content-Type": "application/json", "Authorization": f"bearer {self.key}"},
        )

    @mute_logger("odoo.http")
    def test_wrong_and_missing_arguments_answer_422_and_are_named(self):
        for method, (right, wrong) in WRONG.items():
            missing = [{name: right[name] for name in right if name != left} for left in right]
            tried = {name: {**right, name: values[0]} for name, values in wrong.items()}
            for name, values in (*tried.items(), *zip(right, missing, strict=True)):
                with self.subTest(method=method, argument=name):
                    answer = self.post(method, values)
                    self.assertEqual(answer.status_code, 422)
                    message = answer.json()["message"]
                    self.assertTrue(name in message or "base64" in message, message)
