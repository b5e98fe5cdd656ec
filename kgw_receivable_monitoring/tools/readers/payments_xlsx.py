"""Payments in an XLSX workbook: a creditor's list, or a bank's history saved as one."""

from .archive import is_spreadsheet
from .base import UnreadableFile
from .payments_base import Statement
from .payments_csv import ALIASES, REQUIRED, read_rows_of
from .table import read_cells
from .xlsx_invoices import read_sheets

FORMAT = "payments_xlsx"


def sniff_payments(content, filename=""):
    """Tell whether this is a workbook; its heading is looked for when it is read."""
    return is_spreadsheet(content)


def read_payments(content, filename=""):
    """Read the first sheet that has a heading of payments.

    :raises UnreadableFile: a damaged or unsafe workbook, no heading, or a column missing
    """
    refusal = None
    for table in read_sheets(content):
        try:
            rows, problems = read_cells(table, ALIASES, REQUIRED)
        except UnreadableFile as error:
            refusal = refusal or error
            continue
        payments, refused = read_rows_of(rows, "")
        return Statement(FORMAT, payments, (*problems, *refused))
    raise refusal or UnreadableFile("file_empty")
