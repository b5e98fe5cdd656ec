"""Small files of payments that tests of readers and of matching share."""

import io

from openpyxl import Workbook

OWN = "PL61109010140000071219812874"
PAYER = "PL27114020040000300201355387"


def make_entry(amount="1230,00", title="FV 1/09/2026", payer="BUDMAX SP. Z O.O.", **parts):
    """One entry of an MT940 in ZBP's style; the title is cut into sub-fields of 27 signs."""
    values = {
        "day": "260905",
        "booked": "0905",
        "sign": "C",
        "ref": "B1",
        "account": PAYER,
        **parts,
    }
    chunks = [title[start : start + 27] for start in range(0, len(title), 27)]
    fields = "".join(f"~{20 + number}{chunk}" for number, chunk in enumerate(chunks))
    return (
        f":61:{values['day']}{values['booked']}{values['sign']}N{amount}NTRFNONREF//{values['ref']}\n"
        f":86:020~00PRZELEW{fields}~32{payer}~38{values['account']}"
    )


def make_mt940(*entries, opening="C260904PLN0,00", closing="", account=OWN):
    """One statement; without ``closing`` the file ends before the closing balance."""
    lines = [":20:1", f":25:{account}", ":28C:1", f":60F:{opening}", *entries]
    lines += [f":62F:{closing}"] if closing else []
    return "\n".join([*lines, "-"]).encode()


def make_camt(*entries, version="08", closed="2026-09-05", message="BkToCstmrStmt", head=""):
    """One statement of camt.053 with the entries given as XML."""
    balance = (
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Dt><Dt>{day}</Dt></Dt></Bal>".format
    )
    closing = balance(code="CLBD", day=closed) if closed else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><{message}>'
        f"<Stmt><Acct><Id><IBAN>{OWN}</IBAN></Id></Acct>"
        f"{balance(code='OPBD', day='2026-09-04')}{closing}{''.join(entries)}"
        f"</Stmt></{message}></Document>"
    ).encode()


def make_camt_entry(amount="1230.00", details="", currency=' Ccy="PLN"', side="CRDT", **parts):
    values = {"status": "<Sts>BOOK</Sts>", "day": "<BookgDt><Dt>2026-09-05</Dt></BookgDt>", **parts}
    return (
        f"<Ntry><Amt{currency}>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{values['status']}"
        f"{values['day']}<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )


def make_transfer(title="FV 1/09/2026", amount="", payer="Budmax sp. z o.o."):
    amount = f'<Amt Ccy="PLN">{amount}</Amt>' if amount else ""
    return (
        f"<TxDtls>{amount}<RltdPties><Dbtr><Pty><Nm>{payer}</Nm></Pty></Dbtr>"
        f"<DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{title}</Ustrd></RmtInf></TxDtls>"
    )


def make_workbook(*rows):
    """An XLSX whose first sheet has these rows."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def known_through(statement):
    """Return the day through which the payments of every account of a file are known, or None."""
    closed = {}
    for period in statement.periods:
        closed.setdefault(period.account, []).append(period.closed_on)
    if not closed or any(None in days for days in closed.values()):
        return None
    return min(max(days) for days in closed.values())
