from odoo.addons.sms.models.sms_sms import SmsSms
from odoo.addons.sms.tools.sms_api import SmsApi

from .. import const
from ..exceptions import GatewayBusy, GatewayUnreachable, OutcomeUnknown
from .common import NUMBER, FakeGateway, SmsapiCommon, answer, error, key

OTHER = "+48600100202"
THIRD = "+48600100203"


class TestSmsApi(SmsapiCommon):
    def test_accepted_message_tells_id_parts_and_points(self):
        self._gateway()
        (result,) = self._send(NUMBER)
        self.assertEqual(result["kgw_outcome"], "accepted")
        self.assertEqual(result["state"], "success")
        self.assertEqual(result["gateway_id"], "id-0001")
        self.assertEqual((result["parts"], result["points"]), (1, 0.16))
        self.assertFalse(result["failure_reason"])

    def test_same_text_to_several_numbers_is_one_call(self):
        gateway = self._gateway()
        results = self._send(NUMBER, OTHER, THIRD)
        self.assertOutcomes(results, ["accepted"] * 3)
        (form,) = gateway.forms
        self.assertEqual(form["to"], "48600100201,48600100202,48600100203")
        self.assertEqual(form["idx"], "|".join(key(i) for i in (1, 2, 3)))

    def test_more_than_hundred_numbers_are_split(self):
        gateway = self._gateway()
        results = self._send(*[f"+48600{i:06d}" for i in range(205)])
        self.assertOutcomes(results, ["accepted"] * 205)
        sizes = [len(form["to"].split(",")) for form in gateway.forms]
        self.assertEqual(sizes, [100, 100, 5])

    def test_two_messages_to_one_number_go_in_two_calls(self):
        gateway = self._gateway()
        self.assertOutcomes(self._send(NUMBER, NUMBER, OTHER), ["accepted"] * 3)
        self.assertEqual(
            [form["to"] for form in gateway.forms],
            ["48600100201,48600100202", "48600100201"],
        )

    def test_used_key_counts_as_accepted(self):
        self._gateway(error(53))
        (result,) = self._send(NUMBER)
        self.assertEqual((result["kgw_outcome"], result["state"]), ("accepted", "success"))
        self.assertEqual(result["parts"], 1)

    def test_used_key_among_new_ones_does_not_hide_the_new_ones(self):
        gateway = self._gateway(error(53), error(53))
        results = self._send(NUMBER, OTHER)
        self.assertOutcomes(results, ["accepted", "accepted"])
        self.assertEqual([f["idx"] for f in gateway.forms[1:]], [key(1), key(2)])
        self.assertEqual([r["gateway_id"] for r in results], [False, "id-0002"])

    def test_invalid_number_is_refused_and_the_others_go_out(self):
        gateway = self._gateway(error(13, invalid_numbers=[{"number": "48600100202"}]))
        results = self._send(NUMBER, OTHER, THIRD)
        self.assertOutcomes(results, ["accepted", "refused", "accepted"])
        self.assertEqual(gateway.forms[1]["to"], "48600100201,48600100203")

    def test_invalid_number_that_is_not_named_is_found_one_by_one(self):
        self._gateway(error(13), FakeGateway.accept, error(13), FakeGateway.accept)
        self.assertOutcomes(self._send(NUMBER, OTHER, THIRD), ["accepted", "refused", "accepted"])

    def test_number_left_out_of_the_list_is_refused_if_named_else_unknown(self):
        listed = {"id": "1", "number": "48600100201"}
        self._gateway(answer({"list": [listed], "invalid_numbers": [{"number": "48600100202"}]}))
        results = self._send(NUMBER, OTHER, THIRD)
        self.assertOutcomes(results, ["accepted", "refused", "unknown"])

    def test_each_error_code_has_its_outcome_and_failure_type(self):
        expected = {
            8: ("refused", "unknown"),
            13: ("refused", "sms_number_format"),
            14: ("refused", "sms_registration_needed"),
            33: ("refused", "sms_number_format"),
            52: ("retry", "sms_server"),
            98: ("refused", "sms_acc"),
            101: ("refused", "sms_acc"),
            103: ("refused", "sms_credit"),
            105: ("refused", "sms_acc"),
            200: ("retry", "sms_server"),
            201: ("retry", "sms_server"),
            202: ("retry", "sms_server"),
            999: ("retry", "sms_server"),
            4711: ("refused", "unknown"),
        }
        for code, (outcome, failure_type) in expected.items():
            with self.subTest(code=code):
                self._gateway(error(code))
                (result,) = self._send(NUMBER)
                self.assertEqual(result["kgw_outcome"], outcome)
                self.assertEqual(result["failure_type"], failure_type)
                self.assertEqual(result["error_code"], code)
                self.assertTrue(result["failure_reason"])

    def test_failure_types_are_those_of_odoo(self):
        known = dict(self.env["sms.sms"]._fields["failure_type"].selection)
        mapping = self._api().PROVIDER_TO_SMS_FAILURE_TYPE
        for code in const.ERROR_CODES.values():
            self.assertIn(mapping.get(code.state, "unknown"), known)
        for state in (const.STATE_ACCEPTED, const.STATE_UNKNOWN):
            self.assertIn(state, SmsSms.IAP_TO_SMS_STATE_SUCCESS)
        for state in (const.STATE_RETRY, const.STATE_REFUSED):
            self.assertNotIn(state, SmsSms.IAP_TO_SMS_STATE_SUCCESS)

    def test_account_error_reaches_every_message_of_the_call(self):
        gateway = self._gateway(error(103))
        results = self._send(NUMBER, OTHER)
        self.assertEqual([r["failure_type"] for r in results], ["sms_credit"] * 2)
        self.assertEqual(len(gateway.forms), 1)

    def test_busy_gateway_means_retry(self):
        self._gateway(GatewayBusy("HTTP 503"))
        (result,) = self._send(NUMBER)
        self.assertEqual((result["kgw_outcome"], result["state"]), ("retry", "server_error"))

    def test_lost_answer_is_unknown_and_the_rest_is_not_tried(self):
        gateway = self._gateway(OutcomeUnknown(""))
        results = self._send(NUMBER, NUMBER, OTHER)
        self.assertOutcomes(results, ["unknown", "retry", "unknown"])
        self.assertEqual(len(gateway.forms), 1)
        self.assertEqual(results[0]["state"], "processing")
        self.assertFalse(results[0]["failure_type"])

    def test_unreachable_gateway_means_retry_for_all(self):
        gateway = self._gateway(GatewayUnreachable(""))
        self.assertOutcomes(self._send(NUMBER, NUMBER, OTHER), ["retry"] * 3)
        self.assertEqual(len(gateway.forms), 1)

    def test_lost_answer_is_settled_by_sending_the_same_key_again(self):
        gateway = self._gateway(OutcomeUnknown(""), error(53))
        self.assertOutcomes(self._send(NUMBER), ["unknown"])
        self.assertOutcomes(self._send(NUMBER), ["accepted"])
        self.assertEqual(gateway.forms[0], gateway.forms[1])

    def test_what_cannot_be_sent_is_refused_without_a_call(self):
        gateway = self._gateway()
        results = self._send("", "12", "not a number", False)
        self.assertEqual(
            [r["failure_type"] for r in results],
            ["sms_number_missing", "sms_number_format", "sms_number_format", "sms_number_missing"],
        )
        self.assertOutcomes(self._send(NUMBER, content="  "), ["refused"])
        (result,) = self._send(NUMBER, sender="Zażółć")
        self.assertEqual(result["failure_type"], "sms_registration_needed")
        self.assertFalse(gateway.forms)

    def test_sender_of_the_message_goes_before_that_of_the_company(self):
        gateway = self._gateway()
        self._send(NUMBER)
        self.company.kgw_smsapi_sender = "Agencja"
        self._send(NUMBER)
        self._send(NUMBER, sender="Wierzyciel")
        self.assertEqual(
            [form.get("from") for form in gateway.forms], [None, "Agencja", "Wierzyciel"]
        )

    def test_diacritics_are_stripped_only_where_the_company_says_so(self):
        gateway = self._gateway()
        self._send(NUMBER, content="Zapłać „dziś”")
        self.company.kgw_smsapi_normalize = False
        self._send(NUMBER, content="Zapłać „dziś”")
        self.assertEqual(
            [form["message"] for form in gateway.forms], ['Zaplac "dzis"', "Zapłać „dziś”"]
        )
        self.assertEqual(self._api()._kgw_get_text("Zapłać"), "Zapłać")

    def test_missing_token_refuses_without_a_call(self):
        gateway = self._gateway()
        self._drop_tokens()
        (result,) = self._send(NUMBER)
        self.assertEqual(result["failure_type"], "sms_acc")
        self.assertFalse(gateway.forms)

    def test_company_that_is_switched_off_sends_nothing(self):
        gateway = self._gateway()
        self.company.kgw_sms_provider = "off"
        self.assertOutcomes(self._send(NUMBER, OTHER), ["retry", "retry"])
        self.assertFalse(gateway.forms)

    def test_company_with_odoo_keeps_the_class_of_odoo(self):
        self.company.kgw_sms_provider = "odoo"
        self.assertIs(self.company._get_sms_api_class(), SmsApi)

    def test_user_without_rights_on_the_settings_can_send(self):
        self._gateway()
        user = self.env["res.users"].create({"name": "Agent", "login": "agent of the test"})
        api = self.company.with_user(user)._get_sms_api_class()(self.env(user=user))
        api._set_company(self.company.with_user(user))
        numbers = [{"uuid": key(1), "number": NUMBER}]
        results = api._send_sms_batch([{"content": "Faktura", "numbers": numbers}])
        self.assertOutcomes(results, ["accepted"])

    def test_results_and_logs_hold_no_number_and_no_text(self):
        self._gateway(error(13, message=f"{NUMBER} 48600100201"))
        with self.assertLogs(level="DEBUG") as logs:
            self.env["sms.sms"].create({"number": NUMBER, "body": "Bardzo tajne"}).send()
        # The SQL logger writes every value at DEBUG; that is Odoo's and not for production.
        lines = "\n".join(line for line in logs.output if ":odoo.sql_db:" not in line)
        self.assertIn("sms_sms:Send batch", lines)
        self.assertNotRegex(lines, "600.?100.?201")
        self.assertNotIn("tajne", lines)
        self.assertNotIn("token-of-the-test", lines)
