"""Delimited text of unknown make: its encoding, delimiter, heading and rows.

Knows nothing of invoices: the caller brings the names of columns. A damaged line costs
that line only, also when a quotation mark is never closed.
"""

import csv
import re
from dataclasses import dataclass

from ..identifiers import fold, spell
from .base import MAX_VALUE, Problem, UnreadableFile, warning

MAX_ROWS = 100_000
MAX_CELL = 10_000
MAX_HEADER_LINE = 50
DELIMITERS = ";\t,|"
_MAX_QUOTED_LINES = 50
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_TOTAL = re.compile(r"(razem|suma|ogolem|lacznie|podsumowanie|total|saldo razem)\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: its number in the file, the texts by our field, those of no field
    beyond them."""

    line: int
    cells: dict[str, str]
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the heading stands and which column is which field."""

    line: int
    delimiter: str
    columns: dict[str, int]


def decode(content) -> tuple[str, bool]:
    """Return the text of UTF-8, UTF-16 (by its mark) or cp1250, and whether it had to be mended.

    A file with mostly right UTF-8 sequences is UTF-8 with a fault, not cp1250. NUL is left
    out: PostgreSQL refuses it in text.
    """
    text, mended = _decode(content)
    return text.replace("\x00", ""), mended


def _decode(content):
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            text = content.decode(encoding, "replace")
            return text, "\ufffd" in text
    text = content.decode("utf-8", "replace")
    faults = text.count("\ufffd")
    if not faults:
        return text, False
    if sum(1 for char in text if char > "\x7f") > 3 * faults:
        return text, True
    text = content.decode("cp1250", "replace")
    return text, "\ufffd" in text


def split_lines(text):
    """Split at line ends only; ``str.splitlines`` also splits at rarer characters."""
    return re.split(r"\r\n|\r|\n", text)


def find_heading(lines, aliases, required):
    """Return the Heading with the most known columns near the top, or None.

    Two required groups must be there, so that some other list is not taken for ours.
    """
    best = None
    for number, line in enumerate(lines[:MAX_HEADER_LINE]):
        for delimiter in DELIMITERS:
            if delimiter not in line or len(line) > MAX_CELL:
                continue
            cells = _split(line, delimiter, strict=False)
            found = _judge_heading(number, delimiter, cells, aliases, required)
            if found and (best is None or len(found.columns) > len(best.columns)):
                best = found
    return best


def _judge_heading(number, delimiter, cells, aliases, required):
    """Return the Heading that a line is, or None."""
    columns = _match_columns(cells, aliases)
    if sum(any(name in columns for name in group) for group in required) < 2:
        return None
    return Heading(number + 1, delimiter, columns)


def read_rows(content, aliases, required):
    """Return (rows, problems) of a delimited file.

    :param aliases: field -> accepted headings without spaces and diacritics, best first
    :param required: groups of fields of which one must have a column
    :raises UnreadableFile: no heading, a required column missing, too many rows
    """
    text, mended = decode(content)
    if max(text.count("\n"), text.count("\r")) > 3 * MAX_ROWS:
        raise UnreadableFile("too_many_rows", str(MAX_ROWS))
    lines = split_lines(text)
    heading = _check_heading(find_heading(lines, aliases, required), required)
    problems = [warning(None, "file", "encoding_repaired")] if mended else []
    rows = _collect(_iter_cells(lines, heading, problems), heading, problems)
    return rows, problems


def read_cells(table, aliases, required):
    """Return (rows, problems) of a sheet, as :func:`read_rows` of a file.

    :param table: rows of texts, the first one is line 1
    """
    best = None
    for number, cells in enumerate(table[:MAX_HEADER_LINE]):
        found = _judge_heading(number, "", cells, aliases, required)
        if found and (best is None or len(found.columns) > len(best.columns)):
            best = found
    heading, problems = _check_heading(best, required), []
    body = enumerate(table[heading.line :], start=heading.line + 1)
    return _collect(body, heading, problems), problems


def with_columns(aliases, columns):
    """Return the aliases with headings that somebody has mapped by hand, which come first.

    :param columns: ``{heading: field}``
    """
    mapped = {spell(heading[:MAX_VALUE]): name for heading, name in columns.items()}
    return {
        name: (
            *(heading for heading, field in mapped.items() if field == name),
            *(alias for alias in accepted if alias not in mapped),
        )
        for name, accepted in aliases.items()
    }


def guess_columns(table):
    """Return ``[(heading, sample value)]`` of a table of unknown headings: the fullest of the
    first lines names the columns, the next one shows what stands in them."""
    top = table[:MAX_HEADER_LINE]
    if not top:
        return []
    number = max(range(len(top)), key=lambda i: (sum(bool(c.strip()) for c in top[i]), -i))
    sample = table[number + 1] if number + 1 < len(table) else []
    return [
        (cell.strip()[:MAX_VALUE], sample[i].strip()[:MAX_VALUE] if i < len(sample) else "")
        for i, cell in enumerate(top[number])
        if cell.strip()
    ]


def split_table(content):
    """Return the first lines of delimited text as rows of cells, by its likeliest delimiter."""
    lines = split_lines(decode(content)[0])[: MAX_HEADER_LINE + 1]
    lines = [line for line in lines if line.strip() and len(line) <= MAX_CELL]
    delimiter = max(DELIMITERS, key=lambda sign: sum(line.count(sign) for line in lines))
    return [_split(line, delimiter, strict=False) for line in lines]


def _check_heading(heading, required):
    if heading is None:
        raise UnreadableFile("no_header")
    for group in required:
        if not any(name in heading.columns for name in group):
            raise UnreadableFile("column_missing", group[0], heading.line)
    return heading


def _collect(cells, heading, problems):
    rows = []
    for row in _iter_rows(cells, heading, problems):
        if len(rows) >= MAX_ROWS:
            raise UnreadableFile("too_many_rows", str(MAX_ROWS))
        rows.append(row)
    return rows


def is_total(row) -> bool:
    """Tell whether the row sums up others ("Razem", "Suma")."""
    return any(_TOTAL.match(fold(text)) for text in row.cells.values() if len(text) < MAX_VALUE)


def _match_columns(cells, aliases):
    names = {}
    for index, cell in enumerate(cells):
        names.setdefault(spell(cell[:MAX_VALUE]), index)
    found = {}
    for field, accepted in aliases.items():
        index = next((names[name] for name in accepted if name in names), None)
        if index is not None:
            found[field] = index
    return found


def _iter_rows(numbered, heading, problems):
    for line, cells in numbered:
        texts = {
            field: _clean(cells[index]) if index < len(cells) else ""
            for field, index in heading.columns.items()
        }
        too_long = next((name for name, text in texts.items() if len(text) > MAX_CELL), None)
        if too_long:
            problems.append(Problem(line, too_long, "field_too_long"))
        elif any(texts.values()):
            yield Row(line, texts, _get_extra(cells, heading))
        elif any(cell.strip() for cell in cells):
            note = " ".join(cell.strip() for cell in cells if cell.strip())
            problems.append(warning(line, "", "line_skipped", note))


def _get_extra(cells, heading):
    """Return what stands right of the last column that is known."""
    return tuple(_clean(cell) for cell in cells[max(heading.columns.values()) + 1 :])


def _iter_cells(lines, heading, problems):
    position = heading.line
    while position < len(lines):
        start = position
        if len(lines[position]) > 4 * MAX_CELL:
            problems.append(Problem(start + 1, "", "field_too_long"))
            position += 1
            continue
        cells, used = _read_logical_line(lines, position, heading.delimiter)
        position += used
        if cells is None:
            problems.append(
                Problem(start + 1, "", "quote_unclosed", lines[start].strip()[:MAX_VALUE])
            )
        elif cells:
            yield start + 1, cells


def _read_logical_line(lines, position, delimiter):
    """Return (cells, number of lines used); cells is None when a quote never closes."""
    for used in range(1, _MAX_QUOTED_LINES + 1):
        part = "\n".join(lines[position : position + used])
        if position + used > len(lines) or len(part) > 4 * MAX_CELL:
            break
        if '"' not in part:
            return _split(part, delimiter, strict=False), used
        try:
            return _split(part, delimiter, strict=True), used
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                return _split_loosely(part, delimiter), used
    return None, 1


def _split_loosely(part, delimiter):
    try:
        return _split(part, delimiter, strict=False)
    except csv.Error:
        return None


def _split(line, delimiter, strict):
    pieces = (f"{piece}\n" for piece in line.split("\n"))
    return next(csv.reader(pieces, delimiter=delimiter, strict=strict), [])


def _clean(text):
    """Trim, join inner white space, take off a spreadsheet's ="..." around numbers."""
    text = " ".join(text.split())
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1]
    return text
