"""Readers of creditors' files: one module per format, found by its ``sniff`` function.

A new format is a new module here with ``sniff(content, filename) -> bool``, true for its own
files only, and ``read(content, filename) -> ReadResult``, raising UnreadableFile only.
"""

import functools
import importlib
import pkgutil

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

__all__ = [
    "FIELD_LABELS",
    "PROBLEM_CODES",
    "Document",
    "Instalment",
    "Party",
    "Problem",
    "ReadResult",
    "TaxLine",
    "UnreadableFile",
    "get_readers",
    "read",
]


@functools.cache
def get_readers():
    """Return the modules of this package that read a format, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(module for module in modules if hasattr(module, "sniff"))


def read(content: bytes, filename: str = "") -> ReadResult:
    """Read a creditor's file of any known format.

    :raises UnreadableFile: when no reader knows the file, or its own reader refuses it whole
    """
    if not content.strip(b"\xef\xbb\xbf\x00 \t\r\n"):
        raise UnreadableFile("file_empty")
    check_size(content)
    for reader in get_readers():
        if reader.sniff(content, filename):
            return reader.read(content, filename)
    raise UnreadableFile("unknown_format", filename)
