"""What became of one message, as the dictionary that ``_send_sms_batch`` returns; no ORM.

Keys that Odoo's ``sms`` reads: ``uuid``, ``state``, ``failure_reason``. Ours, for callers that
decide themselves: ``kgw_outcome`` (accepted, refused, retry, unknown), ``failure_type`` (a
value of ``sms.sms.failure_type`` or ``False``), ``error_code`` (SMSAPI's or ``False``),
``gateway_id``, ``parts``, ``points``.
"""

from .. import const


def accepted(uuid, gateway_id=False, parts=0, points=False):
    """The gateway took the message over, now or on an earlier try with the same key."""
    return _result(
        uuid,
        const.ACCEPTED,
        const.STATE_ACCEPTED,
        gateway_id=gateway_id,
        parts=parts,
        points=points,
    )


def answered(uuid, code):
    """The gateway answered with the error ``code``: refused for good, or to be tried later."""
    outcome, state, reason = const.ERROR_CODES.get(code, const.OTHER_CODE)
    return _result(uuid, outcome, state, reason, error_code=code)


def refused(uuid, state, reason):
    """We found out ourselves that the message cannot be sent."""
    return _result(uuid, const.REFUSED, state, reason)


def retry(uuid, reason):
    """Nothing was sent, or sending the same key again does no harm."""
    return _result(uuid, const.RETRY, const.STATE_RETRY, reason)


def unknown(uuid, reason):
    """The message may have been accepted; only the gateway knows."""
    return _result(uuid, const.UNKNOWN, const.STATE_UNKNOWN, reason)


def _result(uuid, outcome, state, reason=False, **details):
    failed = outcome in (const.REFUSED, const.RETRY)
    failure_type = const.STATE_TO_FAILURE_TYPE.get(state, "unknown") if failed else False
    return {
        "uuid": uuid,
        "state": state,
        "kgw_outcome": outcome,
        "failure_type": failure_type,
        "failure_reason": reason,
        "error_code": False,
        "gateway_id": False,
        "parts": 0,
        "points": False,
        **details,
    }
