"""Odoo's SMS provider classes for SMSAPI; see ``SmsApiBase`` in ``odoo.addons.sms``."""

from collections import defaultdict, deque
from dataclasses import replace

from odoo.tools import split_every

from odoo.addons.sms.tools.sms_api import SmsApiBase

from .. import const
from ..exceptions import GatewayBusy, GatewayRefusal, GatewayUnreachable, OutcomeUnknown
from . import gsm, outcomes
from .sender import sender_problem
from .smsapi import Call, Recipient, SmsapiClient, gateway_number, invalid_numbers


class SmsApiOff(SmsApiBase):
    """Provider that sends nothing: for companies that are switched off and copied databases."""

    def _send_sms_batch(self, messages, delivery_reports_url=False):
        """Return *retry* for every message, so that nothing is taken for sent or for wrong."""
        return [
            outcomes.retry(number["uuid"], const.REASON_OFF)
            for message in messages
            for number in message.get("numbers") or []
        ]


class SmsApiSmsapi(SmsApiBase):
    """Sends through the SMSAPI account of ``self.company``."""

    PROVIDER_TO_SMS_FAILURE_TYPE = (
        SmsApiBase.PROVIDER_TO_SMS_FAILURE_TYPE | const.STATE_TO_FAILURE_TYPE
    )
    # A uuid that the gateway has seen is never sent twice: see _send_sms_batch.
    kgw_knows_keys = True

    def _send_sms_batch(self, messages, delivery_reports_url=False):
        """Send ``messages`` and tell what became of each; never raises for a gateway's fault.

        There is no SQL between two HTTP calls. A call carries up to 100 numbers with the same
        text and sender; when the gateway fails in a way that concerns all, the rest of the
        batch is not tried. The same uuid may be given again at any time: the gateway refuses
        a key that it has seen, which counts as accepted. So *unknown* is settled by sending
        the same uuid with the same text once more.

        :param list messages: as in ``SmsApiBase``; besides ``content`` and ``numbers``, a
            message may have ``sender`` (a name approved at the gateway) in place of the
            company's
        :param delivery_reports_url: not used; reports come to our own route
        :return: one dictionary per number, see ``tools/outcomes.py``
        """
        results, calls = self._prepare_calls(messages)
        company_sudo = self.company.sudo()  # settings of the gateway: system group only
        token = company_sudo._kgw_get_smsapi_token()
        if not token:
            return results + [
                outcomes.refused(recipient.uuid, "smsapi_account", const.REASON_NO_TOKEN)
                for call in calls
                for recipient in call.recipients
            ]
        notify_url = company_sudo._kgw_get_smsapi_report_url()
        with SmsapiClient(company_sudo.kgw_smsapi_base_url, token) as client:
            return results + _send_calls(client, calls, notify_url)

    def _kgw_get_text(self, content):
        """Return ``content`` exactly as it would be sent from this company."""
        text = content or ""
        return gsm.strip_diacritics(text) if self._kgw_strips_diacritics() else text

    def _kgw_strips_diacritics(self):
        return self.company.sudo().kgw_smsapi_normalize  # settings: system group only

    def _prepare_calls(self, messages):
        """Return the results known without asking the gateway, and the calls to make."""
        results, groups = [], defaultdict(list)
        default_sender = self.company.sudo().kgw_smsapi_sender or ""  # settings, as above
        for message in messages:
            text = self._kgw_get_text(message.get("content"))
            sender = message.get("sender") or default_sender
            for number in message.get("numbers") or []:
                recipient = Recipient(number["uuid"], gateway_number(number["number"]))
                if refusal := _find_refusal(recipient, number["number"], text, sender):
                    results.append(refusal)
                else:
                    groups[text, sender].append(recipient)
        return results, [
            Call(text, sender, recipients)
            for (text, sender), group in groups.items()
            for recipients in _split_recipients(group)
        ]


def _find_refusal(recipient, raw_number, text, sender):
    """Return the result of a message that cannot be sent, ``None`` if it can."""
    if not recipient.number:
        missing = not (raw_number or "").strip()
        state = "sms_number_missing" if missing else "wrong_number_format"
        reason = const.REASON_NO_NUMBER if missing else const.ERROR_CODES[13].reason
        return outcomes.refused(recipient.uuid, state, reason)
    if not text.strip():
        return outcomes.refused(recipient.uuid, const.STATE_REFUSED, const.REASON_NO_TEXT)
    if sender_problem(sender):
        return outcomes.refused(recipient.uuid, "smsapi_sender", const.REASON_SENDER)
    return None


def _split_recipients(recipients):
    """Yield tuples of at most 100 recipients, no number twice in one.

    The gateway drops the second of two equal numbers of one call, and answers are matched to
    messages by number where they do not repeat the key.
    """
    rounds = []
    seen = defaultdict(int)
    for recipient in recipients:
        index = seen[recipient.number]
        seen[recipient.number] += 1
        if index == len(rounds):
            rounds.append([])
        rounds[index].append(recipient)
    for group in rounds:
        yield from split_every(const.MAX_RECIPIENTS, group, tuple)


def _send_calls(client, calls, notify_url):
    """Make the calls in order; after a failure that concerns all, try no further."""
    results, queue = [], deque(calls)
    while queue:
        call = queue.popleft()
        try:
            done, again = _send_call(client, call, notify_url)
        except GatewayUnreachable:
            results += _for_all(call, outcomes.retry, const.REASON_UNREACHABLE)
        except OutcomeUnknown:
            results += _for_all(call, outcomes.unknown, const.REASON_LOST)
        else:
            results += done
            queue.extendleft(reversed(again))
            continue
        break
    for call in queue:
        results += _for_all(call, outcomes.retry, const.REASON_NOT_TRIED)
    return results


def _send_call(client, call, notify_url):
    """Make one call. Return its results and the calls that are to be made instead of it."""
    try:
        answer = client.send(call, notify_url)
    except GatewayBusy:
        return _for_all(call, outcomes.retry, const.ERROR_CODES[200].reason), []
    except GatewayRefusal as refusal:
        return _take_refusal(call, refusal)
    return _read_answer(call, answer), []


def _take_refusal(call, refusal):
    """A refused call accepted nothing; the innocent messages in it get calls of their own."""
    if len(call.recipients) > 1 and refusal.code in const.SPLIT_CODES:
        bad, good = _partition(call.recipients, refusal.invalid_numbers)
        if refusal.code in const.INVALID_NUMBER_CODES and bad:
            results = [outcomes.answered(recipient.uuid, refusal.code) for recipient in bad]
            return results, [replace(call, recipients=good)] if good else []
        return [], [replace(call, recipients=(recipient,)) for recipient in call.recipients]
    if refusal.code == const.DUPLICATE_KEY:
        return [
            outcomes.accepted(recipient.uuid, parts=gsm.parts(call.text))
            for recipient in call.recipients
        ], []
    return _for_all(call, outcomes.answered, refusal.code), []


def _partition(recipients, numbers):
    bad = tuple(recipient for recipient in recipients if recipient.number in numbers)
    return bad, tuple(recipient for recipient in recipients if recipient not in bad)


def _read_answer(call, answer):
    """Match the gateway's list to the messages of ``call``, by key or by number."""
    items = [item for item in answer["list"] if isinstance(item, dict)]
    by_key = {str(item["idx"]): item for item in items if item.get("idx")}
    by_number = {
        gateway_number(str(item.get(key) or "")): item
        for item in items
        if not item.get("idx")
        for key in ("number", "submitted_number")
    }
    invalid = invalid_numbers(answer)
    return [
        _read_item(
            recipient,
            by_key.get(recipient.uuid) or by_number.get(recipient.number),
            recipient.number in invalid,
            call.text,
        )
        for recipient in call.recipients
    ]


def _read_item(recipient, item, is_invalid, text):
    if item is None:
        if is_invalid:
            return outcomes.answered(recipient.uuid, 13)
        return outcomes.unknown(recipient.uuid, const.REASON_NO_WORD)
    if item.get("error"):
        return _read_item_error(recipient, item["error"], text)
    return outcomes.accepted(
        recipient.uuid,
        gateway_id=str(item.get("id") or "") or False,
        parts=item.get("parts") or gsm.parts(text),
        points=item.get("points") or False,
    )


def _read_item_error(recipient, error, text):
    code = int(error) if str(error).isdecimal() else 0
    if code == const.DUPLICATE_KEY:
        return outcomes.accepted(recipient.uuid, parts=gsm.parts(text))
    return outcomes.answered(recipient.uuid, code)


def _for_all(call, make, argument):
    return [make(recipient.uuid, argument) for recipient in call.recipients]
