"""Keep the secret of the report address and the recipients' numbers out of the access log.

SMSAPI calls back with GET, so both stand in the address that the HTTP server writes down.
"""

import logging
import re

from ..const import REPORT_PATH

_TAIL = re.compile(re.escape(REPORT_PATH) + r".*?(?= HTTP/|\"|$)", re.DOTALL)


class ReportAddressFilter(logging.Filter):
    """Cuts what follows the path of the report route out of access lines."""

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(map(_mask, record.args))
        record.msg = _mask(record.msg)
        return True


def _mask(value):
    return _TAIL.sub(REPORT_PATH + "***", value) if isinstance(value, str) else value


def install():
    """Put the filter on the HTTP server's logger, once."""
    logger = logging.getLogger("werkzeug")
    if not any(isinstance(item, ReportAddressFilter) for item in logger.filters):
        logger.addFilter(ReportAddressFilter())
