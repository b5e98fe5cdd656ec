import json
import re
from datetime import date

from lxml import html

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..const import STAGES
from .common import DUE, MODULE
from .test_portal_isolation import SECRET, IsolationCase

# What a creditor's own system may call over JSON-2; each takes the creditor from the login.
PUBLIC = {
    "foresee_answer",
    "foresee_dispute",
    "reopen_dispute",
    "overview",
    "cases",
    "case",
    "foresee",
    "decide",
    "answer",
    "answer_dispute",
    "revoke",
    "message",
    "handovers",
    "handover",
    "upload",
    "accept",
    "no_more_payments",
}
PRIVATE = (
    "_get_cases",
    "_get_case",
    "_count_cases",
    "_get_own",
    "_decide",
    "_get_letter",
    "_search_cases",
    "_get_creditor_domain",
)


@tagged("post_install", "-at_install", "kgw", "kgw_http")
class TestPortalPages(IsolationCase, HttpCase):
    """The same over HTTP: pages, routes, files and RPC, as a stranger would try them."""

    def _post(self, path, user, **data):
        self.authenticate(user.login, user.login)
        page = self.url_open("/my/account").text
        token = re.search(r'csrf_token["\']?\s*[:=]\s*["\']([^"\']+)', page).group(1)
        return self.url_open(path, data={"csrf_token": token, **data}, allow_redirects=False)

    def _get(self, path, user):
        self.authenticate(user.login, user.login)
        return self.url_open(path, allow_redirects=False)

    def _call(self, user, model, method, *args, **kwargs):
        """Return the JSON-RPC answer of ``call_kw``."""
        self.authenticate(user.login, user.login)
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "params": {"model": model, "method": method, "args": args, "kwargs": kwargs},
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        return answer.json()

    def test_creditor_reads_its_case_and_nobody_else_does(self):
        path = f"/my/monitoring/{self.case.id}"
        counterparties = "/my/monitoring/counterparties"
        page = self._get(path, self.user_a)
        self.assertEqual(page.status_code, 200)
        self.assertIn(SECRET, page.text)
        self.assertIn("FV A/1", page.text)
        for user in (self.user_b, self.counterparty_user):
            answer = self._get(path, user)
            self.assertEqual(answer.status_code, 303)
            self.assertEqual(
                answer.headers["Location"],
                self._get("/my/monitoring/999999", user).headers["Location"],
            )
            self.assertNotIn(
                SECRET if user != self.user_b else self.case.name,
                self._get(counterparties, user).text,
            )
        self.logout()
        self.assertIn("/web/login", self.url_open(path, allow_redirects=False).headers["Location"])

    def test_signature_is_not_filled_with_the_name_of_the_login(self):
        answer = self._get(f"/my/monitoring/terms/{self.mandate.id}", self.user_a)
        page = html.fromstring(answer.content)
        [form] = page.xpath("//owl-component[@name='portal.signature_form']")
        self.assertEqual(json.loads(form.get("props"))["defaultName"], "")

    def test_report_is_told_to_the_creditor_and_not_of_it(self):
        lines = self.case._get_open_receivables()
        self.env["kgw.creditor.mail"]._report(self.mandate, lines, DUE, self._at(DUE))
        told = self.env["kgw.portal"].with_user(self.user_a)._get_case(self.case.id)["events"]
        self.assertIn("A report to you", [event["kind_label"] for event in told])

    def test_tabs_figures_and_states_have_one_word_for_one_thing(self):
        for lang, settled in (("en_US", "Settled"), ("pl_PL", "Rozliczone")):
            self.user_a.lang = lang
            self.authenticate(self.user_a.login, self.user_a.login)
            page = html.fromstring(self.url_open("/my/monitoring/counterparties").content)
            portal = self.env["kgw.portal"].with_user(self.user_a).with_context(lang=lang)
            for code, _label in STAGES:
                with self.subTest(lang=lang, stage=code):
                    label = portal._get_code_label("kgw.case", "stage", code)
                    [tab] = page.xpath(
                        f"//a[contains(@class, 'nav-link') and contains(@href, 'tab={code}')]"
                    )
                    self.assertEqual(tab.text.strip(), label)
            self.assertEqual(label, settled)
            before_due = portal._get_code_label("kgw.case", "stage", "before_due")
            self.assertEqual(portal._get_figure("age_0")["label"], before_due)
            self.assertEqual(portal._get_money()["ages"][0]["label"], before_due)

    def test_letter_route_and_file_are_closed_to_others(self):
        path = f"/my/monitoring/letter/{self.letter.id}"
        self.assertEqual(self._get(path, self.user_a).headers["Content-Type"], "application/pdf")
        for user in (self.user_b, self.counterparty_user):
            self.assertEqual(self._get(path, user).status_code, 303)
            for file in (
                f"/web/content/{self.letter.attachment_id.id}",
                f"/web/content/kgw.reminder/{self.letter.id}/attachment_id",
                f"/web/image/{self.letter.attachment_id.id}",
            ):
                self.assertNotIn(b"%PDF", self._get(file, user).content)

    @mute_logger("odoo.http")
    def test_decision_route_takes_the_creditors_answer_only(self):
        path = f"/my/monitoring/decision/{self.decision.id}"
        self._post(path, self.user_b, value="approve")
        self.assertEqual(self.decision.state, "open")
        page = self._post(path, self.user_a, value="refuse").text
        self.assertIn("What will change", page)
        self.assertEqual(self.decision.state, "open", "it is not confirmed yet")
        self._post(path, self.user_a, value="refuse", confirmed="1")
        self.assertEqual((self.decision.state, self.decision.value), ("taken", "refuse"))

    def test_page_of_a_list_asks_for_the_creditors_word_on_what_is_missing(self):
        # Of long ago, since pages go by the clock.
        owed = self._watch(self._document("FV A/0", due=date(2024, 3, 4)))
        rows = "Nr faktury;Data wystawienia;Pozostało;Nabywca", "FV A/00;2024-02-01;1,00;X"
        imports, day = self.env["kgw.portal"].with_user(self.user_a), date(2024, 3, 5)
        import_id = imports._upload(
            self.mandate.id,
            "open_items",
            [("x.csv", "\n".join(rows).encode())],
            day.isoformat(),
            self._at(day),
        )
        path = f"/my/monitoring/handover/{import_id}"
        record = self.env["kgw.import"].browse(import_id)
        page = self._get(path, self.user_a).text
        self.assertRegex(page, f'name="seen_note"[^>]* value="{re.escape(record.vanish_note)}"')
        answer = self._post(f"{path}/accept", self.user_a)
        self.assertTrue(answer.headers["Location"].endswith(path))
        self.assertEqual(record.state, "preview")
        self._post(f"{path}/accept", self.user_a, seen_note=record.vanish_note)
        self.assertEqual((record.state, owed.amount_residual), ("done", 0))

    def test_refused_decision_leaves_nothing_that_acts_later(self):
        decisions = self.env["kgw.decision"].search([])
        for values in (
            {"kind": "pause", "until_date": "2020-01-01"},
            {"kind": "payment", "until_date": "2020-01-01", "amount": "99999999"},
            {"kind": "payment", "until_date": "2020-01-01", "amount": "nan"},
        ):
            page = self._post(
                "/my/monitoring/decide",
                self.user_a,
                case_ids=self.case.id,
                confirmed="1",
                **values,
            )
            self.assertIn("alert-danger", page.text)
            self.assertIn(values["until_date"], page.text)
            self.assertEqual(self.env["kgw.decision"].search([]), decisions)

    @mute_logger("odoo.http")
    def test_rpc_gives_portal_users_nothing_of_our_models(self):
        for model in sorted(
            name for name, m in self.env.items() if name.startswith("kgw.") and not m._abstract
        ):
            for method, args in (
                ("search_read", [[], ["id"]]),
                ("search_count", [[]]),
                ("name_search", [""]),
                ("formatted_read_group", [[], ["id"], ["__count"]]),
                ("web_search_read", [[], {"id": {}}]),
                ("read", [[1], ["id"]]),
                ("export_data", [[1], ["id"]]),
            ):
                answer = self._call(self.user_a, model, method, *args)
                self.assertIn("error", answer, f"{model}.{method}: {answer}")

    @mute_logger("odoo.http")
    def test_rpc_calls_no_private_method_of_the_portal(self):
        for method in PRIVATE:
            for user in (self.user_b, self.counterparty_user):
                self.assertIn("error", self._call(user, "kgw.portal", method), method)
        self.assertEqual(self._get_public_methods(), PUBLIC, "everybody can call what is public")

    def _get_public_methods(self):
        """Return the methods of ours on ``kgw.portal`` that RPC may call."""
        classes = [c for c in type(self.env["kgw.portal"]).__mro__ if MODULE in c.__module__]
        return {
            name
            for c in classes
            for name, value in vars(c).items()
            if not name.startswith("_") and callable(value)
        }

    @mute_logger("odoo.http")
    def test_invoices_of_the_ledger_are_hidden_from_their_counterparty(self):
        move = self.receivable.move_id
        self.assertEqual(move.partner_id, self.counterparty_user.commercial_partner_id)
        page = self._get("/my/invoices", self.counterparty_user)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(move.name, page.text)
        self.assertEqual(
            self._get(f"/my/invoices/{move.id}", self.counterparty_user).status_code, 303
        )
        found = self._call(self.counterparty_user, "account.move", "search_read", [], ["name"])
        self.assertEqual(found.get("result"), [])
        self.assertIn(
            "error", self._call(self.counterparty_user, "account.move", "read", [move.id], ["name"])
        )
        lines = self._call(self.counterparty_user, "account.move.line", "search_count", [])
        self.assertEqual(lines.get("result"), 0)

    @mute_logger("odoo.http")
    def test_fields_of_ours_on_invoices_and_partners_are_closed(self):
        for model, field in (
            ("account.move", "kgw_mandate_id"),
            ("account.move.line", "kgw_stage"),
            ("res.partner", "kgw_mandate_id"),
        ):
            answer = self._call(self.user_a, model, "search_read", [], [field])
            self.assertIn("error", answer, model)
            answer = self._call(self.user_a, model, "search_count", [(field, "!=", False)])
            self.assertIn("error", answer, model)

    def test_html_of_a_letter_is_shown_without_scripts(self):
        page = self._get(f"/my/monitoring/{self.case.id}", self.user_a).text
        self.assertIn('sandbox=""', page)
        self.assertNotIn("<script>alert", page)
        self.assertIn("&lt;script&gt;alert", page)

    def test_home_counts_the_creditors_cases(self):
        self.authenticate(self.user_b.login, self.user_b.login)
        answer = self.url_open(
            "/my/counters",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "params": {"counters": ["kgw_case_count"]},
                }
            ),
            headers={"Content-Type": "application/json"},
        ).json()
        self.assertEqual(answer["result"]["kgw_case_count"], 1)
