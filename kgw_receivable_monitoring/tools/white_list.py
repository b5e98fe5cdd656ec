"""Client of the Polish list of VAT payers ("biała lista"): is this account one of that payer?

The only place of the product that talks to it. What comes back is one of our words; whatever goes
wrong is "unknown" and never an error: nobody may be stopped by a register that does not answer.
Not checked live: written after the description of the interface by the Ministry of Finance (API
Wykazu podatników VAT, method "check nip/bank-account").
"""

import logging
from typing import NamedTuple

import requests

BASE_URL = "https://wl-api.mf.gov.pl"
TIMEOUT = 7  # seconds: a person may be waiting
_WORDS = {"TAK": "listed", "NIE": "not_listed"}

_logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """``state`` is ``listed``, ``not_listed`` or ``unknown``; ``ref`` is the register's own number of
    the request, the proof that it was asked (Tax Ordinance, art. 117ba)."""

    state: str
    ref: str = ""


def check(nip, account, on_date) -> Answer:
    """Ask whether ``account`` (26 digits or a Polish IBAN) stood with ``nip`` on ``on_date``."""
    digits = account.removeprefix("PL")
    answer = Answer("unknown")
    if len(digits) == 26 and digits.isdigit() and len(nip) == 10 and nip.isdigit():
        path = f"/api/check/nip/{nip}/bank-account/{digits}"
        answer = _read(_request(path, {"date": on_date.isoformat()}))
    _logger.info("List of VAT payers: account …%s is %s", digits[-4:], answer.state)
    return answer


def _request(path, params):
    """The one door to the network: return the decoded answer, or None."""
    try:
        response = requests.get(
            BASE_URL + path, params=params, timeout=TIMEOUT, allow_redirects=False
        )
        # A page of the firewall in front of the register is no answer either.
        return response.json() if response.status_code == 200 else None
    except (requests.RequestException, ValueError):
        return None


def _read(payload) -> Answer:
    result = payload.get("result") if isinstance(payload, dict) else None
    if not isinstance(result, dict):
        return Answer("unknown")
    state = _WORDS.get(result.get("accountAssigned"), "unknown")
    return Answer(state, str(result.get("requestId") or "")[:64])
