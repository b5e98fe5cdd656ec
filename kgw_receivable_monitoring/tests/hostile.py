"""Files that somebody sends to do harm, or that a broken program wrote; made by a seed.

The same seed gives the same file on every machine. Nothing here reads or reaches anything. Shared by
the tests and ``bench/hostile.py``.
"""

import io
import random
import sys
import zipfile
from contextlib import contextmanager

WATCHED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "ftplib.", "urllib.")
# What Python itself reads when a module is first used.
OWN = (".py", ".pyc", ".so", "__pycache__", "/dev/null", "/dev/urandom", "/mime.types")
_spies = []


def _listen(event, arguments):
    if _spies and event.startswith(WATCHED):
        path = str(arguments[0]) if arguments else ""
        if event != "open" or not path.endswith(OWN):
            _spies[-1].append((event, path))


sys.addaudithook(_listen)


@contextmanager
def watch_the_world():
    """Yield the list of the files and connections that are opened meanwhile."""
    seen = []
    _spies.append(seen)
    try:
        yield seen
    finally:
        _spies.pop()


def read_as_anything(readers, name, content):
    """Read a file as invoices and as payments, as if it had been handed over as either.

    :param readers: the package ``tools.readers``
    :return: ``(format or None, problems)`` of each file that was found in it
    """
    for found in readers.read_all([(name, content)]):
        result = found.result
        yield result and result.format, [found.problem] if found.problem else result.problems
    try:
        statement = readers.read_payments(content, name)
        yield statement.format, statement.problems
    except readers.UnreadableFile as error:
        yield None, [error.problem]


def names_line_and_reason(readers, format_name, problem):
    """Whether a refusal has a sentence, and of a table the line."""
    is_row = format_name == "csv_polish" and problem.severity == "error"
    return problem.code in readers.PROBLEM_CODES and (bool(problem.line) or not is_row)


HEAD = "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;NIP;Nazwa kontrahenta;E-mail"
ROW = "H/{n};25.08.2026;08.09.2026;{amount};9991010026;Budmax sp. z o.o.;a@budmax.example"
FA3 = (
    '<?xml version="1.0" encoding="UTF-8"?>{doctype}<Faktura xmlns="http://crd.gov.pl/wzor/2025/06/'
    '25/13775/"><Naglowek><KodFormularza kodSystemowy="FA (3)">FA</KodFormularza>'
    "<WariantFormularza>3</WariantFormularza></Naglowek><Podmiot1><DaneIdentyfikacyjne>"
    "<NIP>9991010003</NIP><Nazwa>Wierzyciel A sp. z o.o.</Nazwa></DaneIdentyfikacyjne></Podmiot1>"
    "<Podmiot2><DaneIdentyfikacyjne><NIP>9991010026</NIP><Nazwa>{name}</Nazwa>"
    "</DaneIdentyfikacyjne></Podmiot2><Fa><KodWaluty>PLN</KodWaluty><P_1>2026-08-25</P_1>"
    "<P_2>{number}</P_2><P_15>{gross}</P_15><RodzajFaktury>VAT</RodzajFaktury><Platnosc>"
    "<TerminPlatnosci><Termin>2026-09-08</Termin></TerminPlatnosci></Platnosc></Fa></Faktura>"
)
NASTY = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "'; DROP TABLE account_move; --",
    "{{ env }}",
    "%(name)s {0.__class__}",
    "\u202eecilop\u202c",
    "a" * 20_000,
    "\x00\x01\x1b[31m",
    "\ufeff\u200b",
    "NaN",
    "Infinity",
    "1e999",
    "-0,00",
    "99999999999999999999,99",
    "31.02.2026",
    "0000-00-00",
    "٣٤٥,٠٠",
    '"',
    '"""',
    "\\N",
    "../../etc/passwd",
    "file:///etc/passwd",
    "http://169.254.169.254/latest",
    "",
)
DOCTYPES = (
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
    "<!doctype a [<!ELEMENT a ANY>]>",
    '<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>',
)
NAMES = ("../x.csv", "/etc/x.csv", "C:\\x.csv", "a/../../x.csv", "x\n.csv", "\u202ex.csv", "..")


def make(seed):
    """Return ``(name, content)`` of the hostile file of a seed."""
    dice = random.Random(f"hostile {seed}")
    maker = MAKERS[seed % len(MAKERS)]
    return maker(dice)


def _rows(dice, count=3):
    rows = [ROW.format(n=n, amount=f"{dice.randrange(1, 9999)},00") for n in range(1, count + 1)]
    return [HEAD, *rows, ""]


def _encode(dice, text):
    encoding = dice.choice(("utf-8", "cp1250", "utf-16", "utf-8-sig", "latin-1"))
    return text.encode(encoding, "replace")


def _nasty_cells(dice):
    rows = [row.split(";") for row in _rows(dice)]
    for _n in range(dice.randrange(1, 6)):
        row = dice.choice(rows)
        row[dice.randrange(len(row))] = dice.choice(NASTY)
    return "cells.csv", _encode(dice, "\r\n".join(";".join(row) for row in rows))


def _broken_lines(dice):
    text = "\n".join(_rows(dice, 5))
    for _n in range(dice.randrange(1, 8)):
        place = dice.randrange(len(text))
        text = text[:place] + dice.choice(('"', ";", "\r", "\n", "\t", "\x00", "'")) + text[place:]
    return "lines.csv", _encode(dice, text)


def _flipped(dice, content):
    content = bytearray(content)
    for _n in range(dice.randrange(1, 40)):
        if content:
            content[dice.randrange(len(content))] = dice.randrange(256)
    return bytes(content[: dice.randrange(1, len(content) + 1)])


def _flipped_csv(dice):
    return "flip.csv", _flipped(dice, "\r\n".join(_rows(dice)).encode("cp1250"))


def _xml(dice, **values):
    parts = {"doctype": "", "name": "Budmax", "number": f"X/{dice.random()}", "gross": "10.00"}
    return FA3.format(**{**parts, **values}).encode("utf-8", "replace")


def _doctype(dice):
    name = dice.choice(("&x;", "&c;", "Budmax"))
    content = _xml(dice, doctype=dice.choice(DOCTYPES), name=name)
    if dice.random() < 0.3:
        content = content.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    return "doctype.xml", content


def _deep(dice):
    depth = dice.choice((50, 300, 5000))
    return "deep.xml", _xml(dice, name="<a>" * depth + "</a>" * depth)


def _nasty_xml(dice):
    text = dice.choice(NASTY).replace("&", "&amp;").replace("<", "&lt;")
    field = dice.choice(("name", "number", "gross"))
    return "nasty.xml", _xml(dice, **{field: text})


def _flipped_xml(dice):
    return "flip.xml", _flipped(dice, _xml(dice))


def _pack(files, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def _good(dice):
    return "\r\n".join(_rows(dice)).encode()


def _zip_names(dice):
    files = [(dice.choice(NAMES), _good(dice)), ("dobry.csv", _good(dice))]
    return "names.zip", _pack(files)


def _zip_bomb(dice):
    return "bomb.zip", _pack([("b.csv", bytes(dice.choice((3, 8)) * 1_000_000))])


def _zip_nested(dice):
    inner = _pack([("x.csv", _good(dice))])
    for _n in range(dice.randrange(1, 4)):
        inner = _pack([("x.zip", inner)])
    return "nested.zip", inner


def _zip_link(dice):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return "link.zip", stream.getvalue()


def _zip_flipped(dice):
    return "flip.zip", _flipped(dice, _pack([("a.csv", _good(dice)), ("b.xml", _xml(dice))]))


def _workbook(dice):
    from openpyxl import Workbook

    book = Workbook()
    for row in _rows(dice):
        book.active.append(row.split(";"))
    book.active.cell(2, 4).value = dice.choice(("=1+1", "=WEBSERVICE(A1)", 12.5, "dużo", True))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _xlsx_flipped(dice):
    return "flip.xlsx", _flipped(dice, _workbook(dice))


def _xlsx_parts(dice):
    """A workbook one of whose parts is replaced by something else."""
    with zipfile.ZipFile(io.BytesIO(_workbook(dice))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    victim = dice.choice(sorted(parts))
    parts[victim] = dice.choice(
        (
            b"",
            b"<a>",
            dice.choice(DOCTYPES).encode() + parts[victim],
            parts[victim].replace(b"?>", b"?>" + dice.choice(DOCTYPES[:5]).encode(), 1),
            _flipped(dice, parts[victim]),
            bytes(2_000_000),
        )
    )
    return "parts.xlsx", _pack(parts.items())


def _noise(dice):
    start = dice.choice(
        (b"", b"%PDF-1.7", b"PK\x03\x04", b"MZ", b"<Faktura>", b"\xff\xfe", b"[INFO]")
    )
    return dice.choice(("a.csv", "a.xml", "a", "a.xlsx")), start + dice.randbytes(
        dice.randrange(2000)
    )


def _wide(dice):
    width = dice.choice((2_000, 50_000))
    return "wide.csv", "\n".join(
        (";".join(["Nr faktury"] * width), ";".join(["1"] * width))
    ).encode()


def _many_rows(dice):
    return "many.csv", f"{HEAD}\n".encode() + b"1;2\n" * dice.choice((120_000, 1_000_000))


def _mt940(dice):
    entries = "".join(
        f":61:26090{n}090{n}CN{dice.randrange(1, 999)},00NTRFNONREF//B{n}\n"
        f":86:020~00PRZELEW~20FV {n}/09/2026~32BUDMAX~38PL27114020040000300201355387\n"
        for n in range(1, 4)
    )
    head = ":20:1\n:25:PL61109010140000071219812874\n:28C:1\n:60F:C260904PLN0,00\n"
    return f"{head}{entries}:62F:C260905PLN0,00\n-".encode("cp1250")


def _flipped_mt940(dice):
    return "flip.sta", _flipped(dice, _mt940(dice))


def _camt(dice, doctype="", title="FV 1/09/2026"):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<Document xmlns="urn:iso:std:iso:20022:'
        'tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Acct><Id><IBAN>PL61109010140000071219812874'
        '</IBAN></Id></Acct><Ntry><Amt Ccy="PLN">'
        f"{dice.randrange(1, 999)}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>"
        "2026-09-05</Dt></BookgDt><NtryDtls><TxDtls><RmtInf><Ustrd>"
        f"{title}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _flipped_camt(dice):
    return "flip.xml", _flipped(dice, _camt(dice))


def _camt_doctype(dice):
    return "camt.xml", _camt(dice, dice.choice(DOCTYPES), dice.choice(("&x;", "&c;", "FV 1")))


MAKERS = (
    _nasty_cells,
    _broken_lines,
    _flipped_csv,
    _doctype,
    _deep,
    _nasty_xml,
    _flipped_xml,
    _zip_names,
    _zip_bomb,
    _zip_nested,
    _zip_link,
    _zip_flipped,
    _xlsx_flipped,
    _xlsx_parts,
    _noise,
    _wide,
    _many_rows,
    _flipped_mt940,
    _flipped_camt,
    _camt_doctype,
)
