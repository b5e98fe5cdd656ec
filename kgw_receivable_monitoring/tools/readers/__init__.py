"""Readers of creditors' files: one module per format, found by its ``sniff`` function.

A new format is a new module here with ``sniff(content, filename) -> bool``, true for its own
files only, and ``read(content, filename) -> ReadResult``, raising UnreadableFile only. One of
tables, whose columns people may map by hand, has ``describe`` as well and takes ``columns``. A
format of payments has ``sniff_payments`` and ``read_payments(content, filename) -> Statement``.
"""

import functools
import importlib
import pkgutil
from dataclasses import replace

from .archive import FileResult, expand
from .base import (
    FIELD_LABELS,
    PROBLEM_CODES,
    Document,
    Instalment,
    Party,
    Problem,
    ReadResult,
    TaxLine,
    UnreadableFile,
    check_size,
)
from .payments_base import Payment, Period, Statement

__all__ = [
    "FIELD_LABELS",
    "PROBLEM_CODES",
    "Document",
    "FileResult",
    "Instalment",
    "Party",
    "Payment",
    "Period",
    "Problem",
    "ReadResult",
    "Statement",
    "TaxLine",
    "UnreadableFile",
    "describe",
    "get_readers",
    "read",
    "read_all",
    "read_all_payments",
    "read_payments",
]


@functools.cache
def get_readers():
    """Return the modules of this package that read invoices, in the order of their names."""
    return _get_modules("sniff")


@functools.cache
def get_payment_readers():
    """Return the modules of this package that read payments; tables come last, they are the
    least particular about what they take for theirs."""
    modules = _get_modules("sniff_payments")
    return tuple(sorted(modules, key=lambda module: module.__name__.endswith("payments_csv")))


def _get_modules(attribute):
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(module for module in modules if hasattr(module, attribute))


def read(content: bytes, filename: str = "", columns=None) -> ReadResult:
    """Read a creditor's file of any known format.

    :param columns: ``{heading: field}`` of tables, as somebody has mapped them by hand
    :raises UnreadableFile: when no reader knows the file, or its own reader refuses it whole
    """
    _check(content)
    for reader in get_readers():
        if reader.sniff(content, filename):
            if hasattr(reader, "describe"):  # a table, whose columns have names
                return reader.read(content, filename, columns)
            return reader.read(content, filename)
    raise UnreadableFile("unknown_format", filename)


def describe(content: bytes, filename: str = ""):
    """Return ``[(heading, sample value)]`` of a table, so that somebody can map its columns.

    :raises UnreadableFile: the file is no table
    """
    for reader in get_readers():
        if hasattr(reader, "describe") and reader.sniff(content, filename):
            return reader.describe(content)
    raise UnreadableFile("unknown_format", filename)


def read_all(files, columns=None):
    """Read files handed over together, ZIPs among them; yields a FileResult of each.

    A file that can't be read costs only itself; so does a ZIP that is refused whole.

    :param files: pairs of name and content
    :param columns: as for :func:`read`
    """
    return _read_each(files, functools.partial(_read_invoices, columns=columns))


def read_all_payments(files):
    """As :func:`read_all`, of payments: the result of each FileResult is a Statement."""
    return _read_each(files, read_payments)


def _read_each(files, reader):
    for name, content in files:
        try:
            for found in expand(name, content):
                yield _read_file(found, reader)
        except UnreadableFile as error:
            yield FileResult(name, problem=error.problem)


def _read_file(found, reader):
    if found.problem:
        return FileResult(found.name, problem=found.problem)
    try:
        return FileResult(found.name, reader(found.content, found.name.rpartition("/")[2]))
    except UnreadableFile as error:
        return FileResult(found.name, problem=error.problem)


def _read_invoices(content, filename, columns):
    result = read(content, filename, columns)
    if len(result.documents) == 1 and result.documents[0].line is None:
        document = replace(result.documents[0], original=content)
        result = replace(result, documents=(document,))
    return result


def read_payments(content: bytes, filename: str = "") -> Statement:
    """Read a statement or a list of payments of any known format.

    :raises UnreadableFile: when no reader knows the file, or its own reader refuses it whole
    """
    _check(content)
    for reader in get_payment_readers():
        if reader.sniff_payments(content, filename):
            return reader.read_payments(content, filename)
    raise UnreadableFile("unknown_format", filename)


def _check(content):
    if not content.strip(b"\xef\xbb\xbf\x00 \t\r\n"):
        raise UnreadableFile("file_empty")
    check_size(content)
