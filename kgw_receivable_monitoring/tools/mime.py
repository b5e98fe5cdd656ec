"""A text as an e-mail message of Python's own package, which checks every header.

That package makes a class for each header of each message and reads each value anew: more than half
of the work. Classes are kept here, and the headers that many messages share are read once.
"""

import functools
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP


class _Registry(HeaderRegistry):
    """Makes the class of a header once."""

    def __init__(self):
        super().__init__()
        self.classes = {}

    def __getitem__(self, name):
        if name not in self.classes:
            self.classes[name] = super().__getitem__(name)
        return self.classes[name]


_POLICY = SMTP.clone(header_factory=_Registry())


@functools.lru_cache(maxsize=1024)
def _read(name, value):
    return _POLICY.header_store_parse(name, value)[1]


def build(own, shared, plain, html, attachments=()):
    """Return the message with its text in both forms.

    :param own: ``{name: value}`` of the headers of this message alone
    :param shared: ``{name: value}`` of those that many messages have, strings
    :param attachments: ``(file name, content, MIME type)`` of each
    :raise ValueError: a header has a line break
    """
    message = EmailMessage(policy=_POLICY)
    for name, value in own.items():
        message[name] = value
    for name, value in shared.items():
        message[name] = _read(name, value)
    message.add_alternative(plain, subtype="plain", charset="utf-8")
    message.add_alternative(html, subtype="html", charset="utf-8")
    for name, content, mimetype in attachments:
        maintype, _slash, subtype = mimetype.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message
