"""A text as an e-mail message of Python's own package, which checks every header.

That package makes a class for each header of each message, reads each value anew and folds it anew:
two thirds of the work. Classes are kept here, and what many messages share is read and folded once.
"""

import functools
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, SMTPUTF8, EmailPolicy

# Headers that are different in each message.
_OWN = {"message-id", "subject", "to", "date", "content-disposition"}
# No line of a text in quoted-printable has "=_" (RFC 2045, 6.7).
_ALTERNATIVE = 'multipart/alternative; boundary="=_alternative"'


class _Registry(HeaderRegistry):
    """Makes the class of a header once."""

    def __init__(self):
        super().__init__()
        self.classes = {}

    def __getitem__(self, name):
        if name not in self.classes:
            self.classes[name] = super().__getitem__(name)
        return self.classes[name]


_PLAIN = SMTP.clone(header_factory=_Registry())


@functools.lru_cache(maxsize=1024)
def _read(name, value):
    return _PLAIN.header_store_parse(name, value)


@functools.lru_cache(maxsize=1024)
def _fold(name, value, utf8):
    return (SMTPUTF8 if utf8 else SMTP).fold_binary(name, value)


class _Policy(EmailPolicy):
    """Reads and folds once what many messages share: all but the headers of one message alone."""

    def header_store_parse(self, name, value):
        is_own = name.lower() in _OWN
        return super().header_store_parse(name, value) if is_own else _read(name, value)

    def fold_binary(self, name, value):
        is_own = name.lower() in _OWN
        return super().fold_binary(name, value) if is_own else _fold(name, value, self.utf8)


_POLICY = _Policy(linesep=SMTP.linesep, header_factory=_PLAIN.header_factory)


def _make_part(text, subtype):
    part = MIMEPart(policy=_POLICY)
    part.set_content(text, subtype=subtype, charset="utf-8", cte="quoted-printable")
    return part


def build(headers, plain, html, attachments=()):
    """Return the message with its text in both forms.

    :param headers: ``{name: value}``
    :param attachments: ``(file name, content, MIME type)`` of each
    :raise ValueError: a header has a line break
    """
    message = EmailMessage(policy=_POLICY)
    for name, value in headers.items():
        message[name] = value
    message["Content-Type"] = _ALTERNATIVE
    message.attach(_make_part(plain, "plain"))
    message.attach(_make_part(html, "html"))
    for name, content, mimetype in attachments:
        maintype, _slash, subtype = mimetype.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message
