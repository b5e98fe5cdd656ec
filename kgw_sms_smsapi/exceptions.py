"""Typed errors of the gateway client; the type says what may be done next.

No message carries a phone number, a text or a token.
"""


class SmsapiError(Exception):
    """Base of all errors of the client."""


class GatewayRefusal(SmsapiError):
    """The gateway answered with an error: nothing of this call was accepted."""

    def __init__(self, code, invalid_numbers=()):
        """:param int code: SMSAPI's error code
        :param invalid_numbers: digits of the numbers that the gateway named as invalid
        """
        super().__init__(f"SMSAPI error {code}")
        self.code = code
        self.invalid_numbers = frozenset(invalid_numbers)


class GatewayBusy(SmsapiError):
    """The gateway cannot serve now (HTTP 429 or 5xx). The same key may be sent again later."""


class GatewayUnreachable(SmsapiError):
    """No connection was made, so nothing was sent."""


class OutcomeUnknown(SmsapiError):
    """The request left, no usable answer came: it cannot be known whether it was accepted."""


class MalformedReport(SmsapiError):
    """A delivery report does not have the agreed form."""
