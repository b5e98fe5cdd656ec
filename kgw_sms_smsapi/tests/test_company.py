from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form
from odoo.tools import config, mute_logger

from ..exceptions import GatewayUnreachable
from ..tools.sender import sender_problem
from .common import TOKEN, SmsapiCommon, answer, error


class TestCompany(SmsapiCommon):
    def test_every_company_has_a_secret_of_its_own(self):
        companies = self.env["res.company"].create([{"name": "A"}, {"name": "B"}])
        everyone = self.env["res.company"].search([])
        secrets = everyone.mapped("kgw_smsapi_secret")
        self.assertLessEqual(companies, everyone)
        self.assertEqual(len(set(secrets)), len(everyone))
        self.assertTrue(all(len(secret) >= 32 for secret in secrets))

    def test_user_who_may_only_manage_companies_can_create_one(self):
        groups = self.env.ref("base.group_erp_manager") | self.env.ref("base.group_partner_manager")
        user = self.env["res.users"].create(
            {"name": "Manager", "login": "manager of the test", "group_ids": groups.ids}
        )
        self.assertFalse(user.has_group("base.group_system"))
        company = self.env["res.company"].with_user(user).create({"name": "C"}).sudo()
        self.assertEqual(company.kgw_sms_provider, "odoo")
        self.assertTrue(company.kgw_smsapi_secret)

    def test_company_is_found_by_its_secret_only(self):
        find = self.env["res.company"]._kgw_find_by_smsapi_secret
        self.assertEqual(find(self.company.kgw_smsapi_secret), self.company)
        for wrong in ("", "x", "ł", self.company.kgw_smsapi_secret + "x"):
            self.assertFalse(find(wrong))

    def test_renewed_secret_replaces_the_old_one(self):
        old = self.company.kgw_smsapi_secret
        self.env["res.config.settings"].create({}).action_kgw_renew_smsapi_secret()
        find = self.env["res.company"]._kgw_find_by_smsapi_secret
        self.assertFalse(find(old))
        self.assertEqual(find(self.company.kgw_smsapi_secret), self.company)

    def test_report_address_leads_to_this_server(self):
        url = self.company._kgw_get_smsapi_report_url()
        self.assertTrue(url.startswith(self.company.get_base_url() + "/kgw_sms_smsapi/report/"))

    def test_token_of_the_company_goes_before_that_of_the_server(self):
        with (
            patch.dict("os.environ", {"KGW_SMSAPI_TOKEN": "environment"}),
            patch.dict(config.options, {"kgw_smsapi_token": "file"}),
        ):
            self.assertEqual(self.company._kgw_get_smsapi_token(), TOKEN)
            self.company.kgw_smsapi_token = False
            self.assertEqual(self.company._kgw_get_smsapi_token(), "file")
            del config.options["kgw_smsapi_token"]
            self.assertEqual(self.company._kgw_get_smsapi_token(), "environment")

    def test_settings_are_hidden_from_ordinary_users(self):
        user = self.env["res.users"].create({"name": "Agent", "login": "agent of the test"})
        ours = [name for name in self.company._fields if name.startswith("kgw_sms")]
        self.assertGreaterEqual(len(ours), 6)
        visible = self.company.with_user(user).fields_get(ours)
        self.assertEqual(visible, {})

    def test_unsafe_addresses_are_refused(self):
        for url in (
            False,
            "http://api.smsapi.pl",
            "https://user:word@api.smsapi.pl",
            "https://api.smsapi.pl/sms.do",
            "https://api.smsapi.pl?x=1",
            "https://",
            "https://[",
            "https://api.smsapi.pl:port",
            "ftp://api.smsapi.pl",
            "http://localhost.example.com",
        ):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.company.kgw_smsapi_base_url = url

    def test_safe_addresses_are_taken(self):
        for url in ("https://api2.smsapi.pl", "http://127.0.0.1:8025", "http://localhost:1/"):
            with self.subTest(url=url):
                self.company.kgw_smsapi_base_url = url

    def test_sender_names_follow_the_rules(self):
        cases = {
            "Agencja": "",
            "Kowalski-XY": "",
            "A.B 123": "",
            "": "",
            "ABCDEFGHIJKL": "too_long",
            "Należność": "characters",
            "A_B": "characters",
            " Agencja": "spaces",
            "12-3": "no_letter",
            "Tel 6001": "digits",
            "Info": "generic",
        }
        for name, problem in cases.items():
            with self.subTest(name=name):
                self.assertEqual(sender_problem(name), problem)

    def test_wrong_sender_name_is_refused_with_the_reason(self):
        for name in ("ABCDEFGHIJKL", "Należność", " Agencja", "12-3", "Tel 6001", "Info"):
            with self.subTest(name=name), self.assertRaisesRegex(ValidationError, name):
                self.company.kgw_smsapi_sender = name

    def test_settings_page_saves_what_was_entered(self):
        with Form(self.env["res.config.settings"]) as form:
            form.kgw_sms_provider = "smsapi"
            form.kgw_smsapi_token = "new token"
            form.kgw_smsapi_sender = "Agencja"
            form.kgw_smsapi_normalize = False
        form.record.execute()
        self.assertEqual(self.company.kgw_smsapi_token, "new token")
        self.assertEqual(self.company.kgw_smsapi_sender, "Agencja")
        self.assertFalse(self.company.kgw_smsapi_normalize)

    def test_check_of_the_account_shows_the_points(self):
        self._gateway(answer({"points": 12.5}))
        action = self.env["res.config.settings"].create({}).action_kgw_check_smsapi()
        self.assertIn("12.5", action["params"]["message"])

    def test_check_of_the_account_says_what_to_do_when_it_fails(self):
        self._gateway(error(101), GatewayUnreachable(""))
        settings = self.env["res.config.settings"].create({})
        with self.assertRaisesRegex(UserError, "101"):
            settings.action_kgw_check_smsapi()
        with self.assertRaisesRegex(UserError, "address"):
            settings.action_kgw_check_smsapi()
        self._drop_tokens()
        with self.assertRaisesRegex(UserError, "token"):
            settings.action_kgw_check_smsapi()

    def test_balance_is_asked_daily_and_kept_with_its_moment(self):
        self._gateway(answer({"points": 42.5}))
        self._ask()
        self.assertEqual(self.company.kgw_smsapi_points, 42.5)
        self.assertTrue(self.company.kgw_smsapi_points_at)

    def test_company_that_gets_no_answer_keeps_its_figure_and_does_not_stop_the_others(self):
        self._use_smsapi(self.env["res.company"].create({"name": "B"}))
        first, other = self.env["res.company"].search([("kgw_sms_provider", "=", "smsapi")])
        self._gateway(answer({"points": 42.5}), answer({"points": 7}))
        self._ask()
        asked_at = first.kgw_smsapi_points_at
        self._gateway(GatewayUnreachable(""), answer({"points": 6}))
        with mute_logger("odoo.addons.kgw_sms_smsapi.models.res_company"):
            self._ask()
        self.assertEqual((first.kgw_smsapi_points, first.kgw_smsapi_points_at), (42.5, asked_at))
        self.assertEqual(other.kgw_smsapi_points, 6)

    def test_company_with_another_provider_is_not_asked_about(self):
        gateway = self._gateway()
        self.company.kgw_sms_provider = "off"
        self._ask()
        self.assertEqual(gateway.forms, [])

    def _ask(self):
        cron = self.env.ref("kgw_sms_smsapi.ir_cron_kgw_ask_smsapi_points")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
