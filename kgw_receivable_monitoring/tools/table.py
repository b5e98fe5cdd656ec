"""Rows to CSV and XLSX in which no formula lives, whatever the cells say.

Text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-``, ``@``, a tab or
a line break) gets an apostrophe in CSV; in XLSX text is stored as text. Numbers stay numbers, days
stay days (ISO in CSV), None is an empty cell.
"""

import csv
import io
from datetime import date

import xlsxwriter

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_csv(rows):
    """Return rows as CSV for a Polish spreadsheet: UTF-8 with its mark, semicolons, decimal comma."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([_to_cell(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def _to_cell(value):
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", ",")
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(DANGEROUS) else text


def to_xlsx(rows):
    """Return rows as XLSX: the first is the heading."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        formats = {
            float: book.add_format({"num_format": "#,##0.00"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                write = _get_writer(sheet, value)
                write(number, column, value, formats.get(type(value)) if number else bold)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return out.getvalue()


def _get_writer(sheet, value):
    """Return the method of ``sheet`` for a value: text is never read as anything else."""
    if isinstance(value, date):
        return sheet.write_datetime
    if isinstance(value, (int, float)):
        return sheet.write_number
    return sheet.write_blank if value is None else sheet.write_string


WRITERS = {
    "csv": (to_csv, "text/csv; charset=utf-8"),
    "xlsx": (to_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
