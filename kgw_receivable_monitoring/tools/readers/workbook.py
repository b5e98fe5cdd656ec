"""The first sheet of an XLSX workbook as tab-separated text, row by row as in the sheet.

A workbook is a ZIP of XML: what unpacks to too much, or declares entities, is refused before
openpyxl sees it. Formulas are read as the values that the program stored, links not at all.
"""

import csv
import io
import warnings
import zipfile
from datetime import date, datetime
from decimal import Decimal

from openpyxl import load_workbook

from .base import MEGABYTE, UnreadableFile, check_size

MAX_UNPACKED = 100 * MEGABYTE
MAX_ROWS = 100_000
MAX_COLUMNS = 200
_MAX_PARTS = 2_000
_SHEET = "xl/workbook.xml"
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY", "<!".encode("utf-16-le"), "<!".encode("utf-16-be"))


def is_workbook(content) -> bool:
    """Tell whether this is an XLSX workbook, damaged or not."""
    return content.startswith(b"PK\x03\x04") and _SHEET.encode() in content


def to_table(content) -> bytes:
    """Return the first sheet as tab-separated UTF-8, one line for each of its rows.

    :raises UnreadableFile: damaged, too large when unpacked, or with entities in its XML
    """
    check_size(content)
    try:
        _check_parts(content)
        return _read_sheet(content)
    except UnreadableFile:
        raise
    except Exception as error:
        # openpyxl meets a damaged file with whatever its code runs into
        raise UnreadableFile("workbook_damaged", type(error).__name__) from error


def _check_parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise UnreadableFile("file_too_large", str(MAX_UNPACKED // MEGABYTE))
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as handle:
                    _check_declarations(handle.read(MAX_UNPACKED))


def _check_declarations(xml):
    head = xml[: 64 * 1024].upper()
    if any(mark.upper() in head for mark in _DECLARATIONS):
        raise UnreadableFile("xml_doctype")


def _read_sheet(content):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles that openpyxl does not keep
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # a file may claim any size
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)):
            if number > MAX_ROWS:
                raise UnreadableFile("too_many_rows", str(MAX_ROWS))
            writer.writerow([_to_text(value) for value in row])
        return text.getvalue().encode()
    finally:
        book.close()


def _to_text(value):
    """Return a cell as a person reads it: dates as 2026-11-21, amounts with two decimals."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return _to_amount(value)
    return "" if value is None else " ".join(str(value).split())


def _to_amount(value):
    """0.1 + 0.2 is stored as 0.30000000000000004; a whole number has no decimals."""
    if value.is_integer():
        return str(int(value))
    amount = Decimal(repr(value))
    rounded = round(amount, 2)
    return str(rounded if abs(amount - rounded) < Decimal("1e-6") else amount)
