from unittest.mock import patch

from odoo.tools import file_open

from .. import const
from .common import NUMBER, SmsapiCommon


class TestNeutralize(SmsapiCommon):
    def _neutralize(self):
        self.env.flush_all()
        with file_open("kgw_sms_smsapi/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()

    def test_copied_database_sends_nothing(self):
        gateway = self._gateway()
        secret = self.company.kgw_smsapi_secret
        self._neutralize()
        with patch.dict("os.environ", {const.TOKEN_VARIABLE: "token of the server"}):
            self.assertOutcomes(self._send(NUMBER), ["retry"])
        self.assertFalse(gateway.forms)
        self.assertFalse(self.company.kgw_smsapi_token)
        self.assertEqual(self.company.kgw_smsapi_base_url, const.DEAD_URL)
        self.assertNotEqual(self.company.kgw_smsapi_secret, secret)

    def test_company_with_odoo_stays_with_odoo(self):
        self.company.kgw_sms_provider = "odoo"
        self._neutralize()
        self.assertEqual(self.company.kgw_sms_provider, "odoo")
