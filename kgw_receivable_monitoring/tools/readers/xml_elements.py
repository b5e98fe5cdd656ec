"""XML from strangers: parsed with everything off that a hostile file could use.

Elements are found by their local names, since exporters mix up namespaces.
"""

import re
from datetime import date
from decimal import Decimal

from lxml import etree

from .base import MAX_VALUE, MEGABYTE, Problem, UnreadableFile, check_size, warning

_AMOUNT = re.compile(r"-?\d{1,16}(?:\.\d{1,2})?", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_CENT = Decimal("0.01")
# KSeF takes 1 MB, 3 MB with attachments; a tree needs some forty times its text.
_MAX_BYTES = 5 * MEGABYTE
_HEAD = 64 * 1024
_DOCTYPE = re.compile(r"<!DOCTYPE", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_FIRST_TAG = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")


def get_root_name(content) -> str:
    """Return the local name of the root without parsing; '' when this is no XML."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = content[:_HEAD].decode("utf-16", "replace")
    else:
        head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    if not head.lstrip().startswith("<"):
        return ""
    match = _FIRST_TAG.search(_COMMENT.sub("", head))
    return match[1] if match else ""


def parse(content):
    """Return the root; no entities, no DTD, no network, no huge trees.

    :raises UnreadableFile: larger than 5 MB, damaged XML or any DOCTYPE
    """
    check_size(content, _MAX_BYTES)
    if _DOCTYPE.search(content.decode("latin-1")):
        raise UnreadableFile("xml_doctype")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableFile("xml_malformed", line=error.lineno) from error
    # the search above does not see a DOCTYPE in another encoding
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableFile("xml_doctype")
    return root


def children(element, name):
    """Return the children of that local name; none of None."""
    return [] if element is None else element.findall(f"{{*}}{name}")


def find(element, path):
    """Return the first element at the path of local names, or None."""
    if element is None:
        return None
    return element.find("/".join(f"{{*}}{name}" for name in path.split("/")))


def text(element, path):
    """Return the text at the path with single spaces, '' when there is none."""
    found = find(element, path)
    return "" if found is None else " ".join("".join(found.itertext()).split())


class ElementReader:
    """Reads elements into values; collects problems (refuse) and warnings (keep)."""

    def __init__(self):
        self.problems = []
        self.warnings = []

    def required(self, element, path, name):
        value = text(element, path)
        if not value:
            self.refuse(name, "value_missing", element)
        return value

    def amount(self, element, path, name, required=False):
        value = self.required(element, path, name) if required else text(element, path)
        if value and not _AMOUNT.fullmatch(value):
            self.refuse(name, "bad_amount", element, value)
            return None
        return Decimal(value).quantize(_CENT) if value else None

    def date(self, element, path, name, required=False):
        value = self.required(element, path, name) if required else text(element, path)
        match = _DATE.fullmatch(value)
        try:
            if match:
                return date.fromisoformat(match[1])
        except ValueError:
            match = None
        if value:
            self.refuse(name, "bad_date", element, value)
        return None

    def refuse(self, name, code, element, value=""):
        line = None if element is None else element.sourceline
        self.problems.append(Problem(line, name, code, value[:MAX_VALUE]))

    def warn(self, name, code, value=""):
        self.warnings.append(warning(None, name, code, value))
