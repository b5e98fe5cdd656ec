"""Lists of open invoices as workbooks: the first sheet with a heading that is known.

Cells become the texts that a Polish list would have, and are read like one. Nothing of the
workbook is computed: values are those that the program last saved.
"""

import io
import re
import zipfile
import zlib
from datetime import date, datetime

from openpyxl import load_workbook

from .archive import MAX_RATIO, MAX_UNPACKED, is_spreadsheet
from .base import MEGABYTE, UnreadableFile
from .csv_polish import ALIASES, REQUIRED, read_documents
from .table import MAX_CELL, MAX_HEADER_LINE, MAX_ROWS, guess_columns, read_cells, with_columns

FORMAT = "xlsx_invoices"
MAX_COLUMNS = 200
MAX_SHEETS = 20
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)|<\x00!\x00(D\x00O|E\x00N)|\x00<\x00!\x00[DE]")


def sniff(content, filename=""):
    """Tell whether this is an XLSX workbook."""
    return is_spreadsheet(content)


def read(content, filename="", columns=None):
    """Read the rows of the first sheet that has a heading.

    :param columns: ``{heading: field}`` of headings that somebody has mapped by hand
    :raises UnreadableFile: damaged, unsafe, or no sheet with a heading
    """
    aliases, refusal = with_columns(ALIASES, columns or {}), None
    for table in read_sheets(content):
        try:
            rows, problems = read_cells(table, aliases, REQUIRED)
        except UnreadableFile as error:
            if refusal is None or refusal.code == "no_header":
                refusal = error
            continue
        return read_documents(FORMAT, rows, problems)
    raise refusal or UnreadableFile("file_empty")


def describe(content):
    """Return ``[(heading, sample value)]`` of the first sheet."""
    table = next(iter(read_sheets(content, MAX_HEADER_LINE + 1)), [])
    return guess_columns(table)


def read_sheets(content, limit=MAX_ROWS + MAX_HEADER_LINE):
    """Yield the sheets as rows of texts.

    :raises UnreadableFile: damaged, too large, or with a document type
    """
    _check_safe(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets[:MAX_SHEETS]:
            yield _read_sheet(sheet, limit)
    except UnreadableFile:
        raise
    except Exception as error:  # openpyxl fails in every way that a damaged part can be wrong
        raise UnreadableFile("xlsx_damaged") from error


def _check_safe(content):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED:
                raise UnreadableFile("zip_too_large", str(MAX_UNPACKED // MEGABYTE))
            for member in members:
                _check_member(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise UnreadableFile("xlsx_damaged") from error


def _check_member(archive, member):
    if member.file_size > max(MEGABYTE, MAX_RATIO * max(member.compress_size, 1)):
        raise UnreadableFile("zip_bomb", "XLSX")
    if not member.filename.endswith((".xml", ".rels", ".vml")):
        return
    with archive.open(member) as stream:
        if _DOCTYPE.search(stream.read(member.file_size + 1)):
            raise UnreadableFile("xml_doctype")


def _read_sheet(sheet, limit):
    # What a program says about the size of its sheet is often wrong.
    sheet.reset_dimensions()
    table = []
    for cells in sheet.iter_rows(max_row=limit + 1, max_col=MAX_COLUMNS, values_only=True):
        if len(table) >= limit:
            raise UnreadableFile("too_many_rows", str(MAX_ROWS))
        table.append([_write(value) for value in cells])
    return table


def _write(value):
    """Return a cell as a Polish list would write it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "tak" if value else "nie"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.2f}"
    return " ".join(str(value).replace("\x00", "").split())[: MAX_CELL + 1]
