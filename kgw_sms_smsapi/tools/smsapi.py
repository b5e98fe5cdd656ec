"""Client of SMSAPI: the only place of this module that touches the network.

Nothing here logs, and no error carries a number, a text or the token: what ``requests`` says
is dropped (``from None``) because it may quote them.
"""

import re
from dataclasses import dataclass

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from ..const import TIMEOUT
from ..exceptions import (
    GatewayBusy,
    GatewayRefusal,
    GatewayUnreachable,
    OutcomeUnknown,
)

_BAD_REQUEST = 8
_UNAUTHORISED = 101


@dataclass(frozen=True)
class Recipient:
    """One message of a call: our key and the number in digits."""

    uuid: str
    number: str


@dataclass(frozen=True)
class Call:
    """One HTTP call: the same text from the same sender to different numbers."""

    text: str
    sender: str
    recipients: tuple


def gateway_number(number):
    """Return ``number`` in the form that SMSAPI takes (digits only), or ``""`` if it is none.

    Both international forms (``+48…``, ``0048…``) and nine national digits are understood.
    """
    digits = re.sub(r"[\s().-]", "", number or "")
    digits = re.sub(r"^(\+|00)", "", digits)
    return digits if re.fullmatch(r"[0-9]{9,15}", digits) else ""


class BearerAuth(AuthBase):
    """Puts the token into the header; given to the session so that no ``.netrc`` overrides it."""

    def __init__(self, token):
        self._token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class SmsapiClient:
    """Talks to one account. Use as a context manager: one HTTP session per batch."""

    def __init__(self, base_url, token, timeout=TIMEOUT):
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        self._session.auth = BearerAuth(token)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._session.close()

    def send(self, call, notify_url):
        """Hand over one :class:`Call` and return the gateway's answer, a dictionary with ``list``.

        The key of each message goes as ``idx`` with ``check_idx``: the gateway refuses a key
        that it has seen (error 53), so a repeated call never sends twice.

        :raise GatewayRefusal: the gateway answered with an error code
        :raise GatewayBusy: it cannot serve now
        :raise GatewayUnreachable: nothing was sent
        :raise OutcomeUnknown: it cannot be known whether the messages were accepted
        """
        answer = self._answer(self._request("POST", "/sms.do", _form(call, notify_url)))
        if not isinstance(answer.get("list"), list):
            raise OutcomeUnknown("The answer has no list of messages.")
        return answer

    def get_points(self):
        """Return the points left on the account (float); raises as :meth:`send` does."""
        try:
            return float(self._answer(self._request("GET", "/profile")).get("points"))
        except (TypeError, ValueError):
            raise OutcomeUnknown("The answer does not tell the points.") from None

    def _request(self, method, path, data=None):
        """The one door to the network. Redirects are not followed: the token would follow."""
        try:
            return self._session.request(
                method,
                self._base_url + path,
                data=data,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, UnicodeError) as error:
            failure = _classify(error)
        raise failure

    def _answer(self, response):
        """Return the JSON object of ``response`` or raise what its error means."""
        payload = _json_object(response)
        if code := _error_code(payload):
            raise GatewayRefusal(code, invalid_numbers(payload))
        _raise_for_status(response.status_code)
        if payload.get("error"):
            raise GatewayRefusal(_BAD_REQUEST)
        return payload


def _form(call, notify_url):
    form = {
        "to": ",".join(recipient.number for recipient in call.recipients),
        "idx": "|".join(recipient.uuid for recipient in call.recipients),
        "check_idx": "1",
        "message": call.text,
        "encoding": "utf-8",
        "format": "json",
        "notify_url": notify_url,
    }
    if call.sender:
        form["from"] = call.sender
    return form


def _classify(error):
    """Return our error for what ``requests`` raised: did the request leave or not?"""
    if isinstance(error, requests.ConnectTimeout) or _is_not_connected(error):
        return GatewayUnreachable("No connection to the gateway.")
    if isinstance(error, (requests.ConnectionError, requests.Timeout)):
        return OutcomeUnknown("The connection broke.")
    if isinstance(error, ValueError):
        # A wrong address or a token that fits no header: found before anything is sent.
        return GatewayUnreachable("The address or the token of the gateway is not usable.")
    return OutcomeUnknown("The answer could not be read.")


def _is_not_connected(error):
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def _json_object(response):
    try:
        payload = response.json()
    except ValueError:
        payload = None
    if isinstance(payload, dict):
        return payload
    if response.status_code < 300:
        raise OutcomeUnknown("The answer is not a JSON object.")
    return {}


def _error_code(payload):
    """Return the numeric error code, 0 without one (some answers name the error by a word)."""
    code = payload.get("error")
    return int(code) if str(code or "").isdecimal() else 0


def _raise_for_status(status):
    if status == 429 or status >= 500:
        raise GatewayBusy(f"HTTP {status}")
    if status in (401, 403):
        raise GatewayRefusal(_UNAUTHORISED)
    if status >= 300:
        raise GatewayRefusal(_BAD_REQUEST)


def invalid_numbers(payload):
    """Return the digits of the numbers that the gateway names as invalid."""
    items = payload.get("invalid_numbers")
    named = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {
        gateway_number(str(item.get(key) or ""))
        for item in named
        for key in ("number", "submitted_number")
    } - {""}
