"""Files handed over together: many at once, or packed in a ZIP.

Nothing is written to the disk: a name in a ZIP is only a label. What a hostile ZIP could use
(bombs, ZIPs in ZIPs, names that lead out of a folder, links, passwords) is refused by name.
"""

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass

from .base import MAX_BYTES, MAX_VALUE, MEGABYTE, Problem, ReadResult, UnreadableFile, check_size

MAX_MEMBERS = 10_000
MAX_UNPACKED = 200 * MEGABYTE
# Text packs 10 to 50 times, a bomb thousands of times; small files may pack better.
MAX_RATIO = 200
_SMALL = MEGABYTE
_CHUNK = 256 * 1024
_MAGIC = b"PK\x03\x04"
# What systems put beside the files: no document, and nobody asked for it.
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class File:
    """A file by its name; of one that was refused only the problem."""

    name: str
    content: bytes = b""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one file gave; ``problem`` when nothing of it could be read."""

    name: str
    result: ReadResult | None = None
    problem: Problem | None = None


def is_archive(content) -> bool:
    """Tell whether this is a ZIP of files and no spreadsheet, which is a ZIP as well."""
    return content.startswith((_MAGIC, b"PK\x05\x06")) and not is_spreadsheet(content)


def is_spreadsheet(content) -> bool:
    """Tell whether this is an XLSX workbook."""
    if not content.startswith(_MAGIC):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()[:MAX_MEMBERS]
    except _DAMAGE:
        return False
    return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def expand(name, content):
    """Yield the :class:`File` of a hand-over: itself, or those of a ZIP one after the other.

    :raises UnreadableFile: the ZIP as a whole is damaged, too large or a bomb
    """
    if not is_archive(content):
        yield File(name, content)
        return
    check_size(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from _iter_members(archive, name)
    except _DAMAGE as error:
        raise UnreadableFile("zip_damaged", name[:MAX_VALUE]) from error


def _iter_members(archive, name):
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UnreadableFile("zip_too_many", str(MAX_MEMBERS))
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise UnreadableFile("zip_too_large", str(MAX_UNPACKED // MEGABYTE))
    total = 0
    for member in members:
        if member.is_dir() or any(litter in member.filename for litter in _LITTER):
            continue
        found = _read_member(archive, member, f"{name}/{_label(member.filename)}")
        total += len(found.content)
        if total > MAX_UNPACKED:
            raise UnreadableFile("zip_too_large", str(MAX_UNPACKED // MEGABYTE))
        yield found


def _read_member(archive, member, label):
    code = _get_refusal(member)
    if code:
        return _refuse(label, code)
    content = bytearray()
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
                if len(content) > MAX_BYTES:  # the size that the ZIP tells is not believed
                    return _refuse(label, "file_too_large", str(MAX_BYTES // MEGABYTE))
                if len(content) > max(_SMALL, MAX_RATIO * max(member.compress_size, 1)):
                    raise UnreadableFile("zip_bomb", label[:MAX_VALUE])
    except _DAMAGE:
        return _refuse(label, "zip_damaged", label)
    content = bytes(content)
    return _refuse(label, "zip_nested") if is_archive(content) else File(label, content)


def _get_refusal(member):
    """Return the code for which a member is not even opened, or ''."""
    parts = member.filename.replace("\\", "/").split("/")
    is_outside = member.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]
    if is_outside or not member.filename.isprintable():
        return "zip_name"
    if member.flag_bits & 0x1:
        return "zip_encrypted"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "zip_link"
    return ""


def _refuse(label, code, value=""):
    return File(label, problem=Problem(None, label[:MAX_VALUE], code, value or label[:MAX_VALUE]))


def _label(name):
    """Return a name that may be shown: without signs that can't be printed."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:200]
