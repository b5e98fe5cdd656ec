"""Payments in an XLSX workbook: a creditor's list, or a bank's history saved as one."""

from dataclasses import replace

from . import payments_csv
from .workbook import is_workbook, to_table

FORMAT = "payments_xlsx"


def sniff_payments(content, filename=""):
    """Tell whether this is a workbook; its heading is looked for when it is read."""
    return is_workbook(content)


def read_payments(content, filename=""):
    """Read the first sheet as a list of payments.

    :raises UnreadableFile: a damaged workbook, no heading, or a column missing
    """
    return replace(payments_csv.read_payments(to_table(content), filename), format=FORMAT)
