"""The words of SMSAPI and what they mean to us; no ORM, no network.

Sources: SMSAPI's documentation of ``sms.do`` and its callbacks, and SMSAPI's own public client
libraries. Last compared: 2026-11-21.
"""

from typing import NamedTuple

DEFAULT_BASE_URL = "https://api.smsapi.pl"
# RFC 2606 reserves ".invalid": no resolver ever answers for it.
DEAD_URL = "https://neutralized.invalid"
TOKEN_OPTION = "kgw_smsapi_token"
TOKEN_VARIABLE = "KGW_SMSAPI_TOKEN"
REPORT_PATH = "/kgw_sms_smsapi/report/"

# Seconds, for connecting and for each silence while reading. One number and not a pair: Odoo's
# test framework compares it with a number.
TIMEOUT = 20
# SMSAPI takes more numbers in one call; a hundred keeps the damage of one lost answer small.
MAX_RECIPIENTS = 100
# SMSAPI puts 1 to 5 reports into one call; some room, but no unlimited work for a stranger.
MAX_REPORTS = 50

# What became of one message.
ACCEPTED = "accepted"
REFUSED = "refused"
RETRY = "retry"
UNKNOWN = "unknown"

# Result state (the vocabulary of SmsApiBase._send_sms_batch) -> failure type of sms.sms.
# A state that is missing here becomes "unknown" there.
STATE_TO_FAILURE_TYPE = {
    "server_error": "sms_server",
    "sms_number_missing": "sms_number_missing",
    "wrong_number_format": "sms_number_format",
    "smsapi_account": "sms_acc",
    "insufficient_credit": "sms_credit",
    "smsapi_sender": "sms_registration_needed",
}

# sms.sms states: "success" shows as Sent, "processing" as Processing. A message whose fate is
# unknown is *processing*: it is no error, so neither "Retry" nor "Resend failed" picks it up.
STATE_ACCEPTED = "success"
STATE_UNKNOWN = "processing"
STATE_RETRY = "server_error"
STATE_REFUSED = "smsapi_refused"


class Code(NamedTuple):
    """Meaning of one SMSAPI error code."""

    outcome: str
    state: str
    reason: str


def _refused(reason, state=STATE_REFUSED):
    return Code(REFUSED, state, reason)


def _retry(reason):
    return Code(RETRY, STATE_RETRY, reason)


# The gateway's own message text is never shown: it may repeat the number.
ERROR_CODES = {
    8: _refused("The gateway did not understand the request."),
    11: _refused("The message is empty, too long or has characters that are not allowed."),
    12: _refused("The message has too many parts."),
    13: _refused("The phone number is not valid.", "wrong_number_format"),
    14: _refused("The sender name is not approved at the gateway.", "smsapi_sender"),
    17: _refused("A flash message cannot have special characters."),
    18: _refused("The number of parameters is wrong."),
    19: _retry("Too many messages in one call."),
    20: _refused("The number of message keys is wrong."),
    25: _refused("Diacritics cannot be removed from this kind of message."),
    30: _refused("The header of a binary message is missing."),
    33: _refused("There is no valid phone number.", "wrong_number_format"),
    50: _refused("The message is planned too far ahead."),
    52: _retry("Too many messages to one number within a minute."),
    54: _refused("The planned date is wrong."),
    98: _refused("The account is restricted to its owner's number.", "smsapi_account"),
    101: _refused("The API token is missing or wrong.", "smsapi_account"),
    102: _refused("The login or password is wrong.", "smsapi_account"),
    103: _refused("The account has no points left.", "insufficient_credit"),
    105: _refused("The account does not allow this server's IP address.", "smsapi_account"),
    110: _refused("The account may not use this service.", "smsapi_account"),
    200: _retry("The gateway had a temporary failure."),
    201: _retry("The gateway had an internal error."),
    202: _retry("Too many calls at the same time."),
    301: _refused("The gateway does not know this message."),
    999: _retry("The gateway had an internal error."),
    1000: _refused("Only the main user of the account may do this.", "smsapi_account"),
    1001: _refused("The gateway does not know this action.", "smsapi_account"),
}
OTHER_CODE = _refused("The gateway refused the message.")

# The key was used before: this message had been accepted (parameter check_idx).
DUPLICATE_KEY = 53
INVALID_NUMBER_CODES = frozenset({13, 33})
# Codes that may be due to one message of a call: the others get a call of their own.
SPLIT_CODES = INVALID_NUMBER_CODES | {19, 52, DUPLICATE_KEY}

# Reasons that arise on our side.
REASON_NO_NUMBER = "There is no phone number."
REASON_NO_TEXT = "The message is empty."
REASON_NO_TOKEN = "No API token is set for this company."
REASON_SENDER = "The sender name breaks the rules for sender names."
REASON_UNREACHABLE = "The gateway could not be reached; nothing was sent."
REASON_NOT_TRIED = "Not tried, because the gateway failed on an earlier message."
REASON_LOST = "The connection broke after the request; whether it was sent is not known."
REASON_NO_WORD = "The gateway's answer does not mention this message."
REASON_OFF = "Sending of text messages is switched off for this company."

# Kinds of delivery status.
PENDING = "pending"
DELIVERED = "delivered"
UNDELIVERED = "undelivered"


class Status(NamedTuple):
    """Meaning of one delivery status code.

    ``rank`` is a strict order: a tracker only ever moves to a higher rank. So the end is the
    same whatever the order and number of the reports.
    ``error`` is one of Odoo's delivery errors without its prefix ``sms_``.
    """

    rank: int
    kind: str
    error: str = ""


REPORT_CODES = {
    401: Status(1, PENDING),  # NOT_FOUND: says nothing about the message
    409: Status(2, PENDING),  # QUEUE
    410: Status(3, PENDING),  # ACCEPTED
    403: Status(4, PENDING),  # SENT
    408: Status(5, PENDING),  # UNKNOWN: the operator gave no word yet
    402: Status(6, UNDELIVERED, "expired"),  # EXPIRED
    405: Status(7, UNDELIVERED, "not_delivered"),  # UNDELIVERED
    406: Status(8, UNDELIVERED, "not_delivered"),  # FAILED
    407: Status(9, UNDELIVERED, "rejected"),  # REJECTED
    404: Status(10, DELIVERED),  # DELIVERED
}
NOT_FOUND = 401
