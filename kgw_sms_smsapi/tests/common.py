import json
import os
from unittest.mock import patch
from urllib.parse import urlsplit

import requests

from odoo.tests import TransactionCase, tagged
from odoo.tools import config

from .. import const
from ..tools.smsapi import SmsapiClient

TOKEN = "token-of-the-test"
NUMBER = "+48 600 100 201"


def key(number):
    """Return a message key: 32 hexadecimal digits, as Odoo makes them."""
    return f"{number:032x}"


def answer(payload, status=200):
    """Return an HTTP response with ``payload`` as JSON, or as it stands if it is bytes."""
    response = requests.Response()
    response.status_code = status
    response._content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return response


def error(code, **details):
    return answer({"error": code, "message": "a text of the gateway", **details})


class FakeGateway:
    """Stands behind the single door. ``script`` holds answers or exceptions for the next calls;
    without one the gateway accepts."""

    def __init__(self, script=()):
        self.forms = []
        self.hosts = []
        self.script = list(script)

    def request(self, client, method, path, data=None):
        self.forms.append(data)
        self.hosts.append(urlsplit(client._base_url).hostname)
        step = self.script.pop(0) if self.script else self.accept
        if isinstance(step, Exception):
            raise step
        return step(data) if callable(step) else step

    @staticmethod
    def accept(form):
        numbers, keys = form["to"].split(","), form["idx"].split("|")
        rows = [
            {"id": f"id-{uuid[-4:]}", "points": 0.16, "number": number, "idx": uuid, "parts": 1}
            for number, uuid in zip(numbers, keys, strict=True)
        ]
        return answer({"count": len(rows), "list": rows})


# After installation: where other modules are installed too, records need their defaults.
@tagged("post_install", "-at_install")
class SmsapiCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls._use_smsapi(cls.company)

    @classmethod
    def _use_smsapi(cls, company, **values):
        company.write(
            {
                "kgw_sms_provider": "smsapi",
                "kgw_smsapi_token": TOKEN,
                "kgw_smsapi_sender": False,
                **values,
            }
        )

    def _gateway(self, *script):
        """Put a fake gateway behind the door for the rest of the test."""
        gateway = FakeGateway(script)

        def request(client, *args, **kwargs):
            return gateway.request(client, *args, **kwargs)

        patcher = patch.object(SmsapiClient, "_request", request)
        self.startPatcher(patcher)
        return gateway

    def _drop_tokens(self):
        """Leave neither the company nor the server with a token for the rest of the test."""
        self.company.kgw_smsapi_token = False
        self.startPatcher(patch.dict(os.environ))
        self.startPatcher(patch.dict(config.options))
        os.environ.pop(const.TOKEN_VARIABLE, None)
        config.options.pop(const.TOKEN_OPTION, None)

    def _api(self, company=None):
        company = company or self.company
        api = company._get_sms_api_class()(self.env)
        api._set_company(company)
        return api

    def _send(self, *numbers, content="Faktura 12/11/2026", **message):
        numbers = [{"uuid": key(i), "number": n} for i, n in enumerate(numbers, start=1)]
        return self._api()._send_sms_batch([{"content": content, "numbers": numbers, **message}])

    def assertOutcomes(self, results, outcomes):
        by_key = {result["uuid"]: result["kgw_outcome"] for result in results}
        self.assertEqual([by_key[uuid] for uuid in sorted(by_key)], outcomes)
        self.assertEqual(len(by_key), len(results), "each message has one result")
