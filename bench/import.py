"""Imports from file to posted invoice, beside plain ``create`` and ``action_post`` of the same
invoices in one ORM batch.

Run by ``./dev bench import`` in ``odoo shell``; see ``docs/performance.md`` for how to read it.
"""

import base64
import io
import os
import random
import zipfile
from datetime import date, timedelta

from odoo.addons.kgw_receivable_monitoring.tools.readers import read_all

from bench._compare import EXCEPTIONS, compare
from bench._meter import Meter, read_peak, reset_peak
from bench._planning import goal
from bench._world import World

SHORT = bool(os.environ.get("KGW_BENCH_SHORT"))
ROWS, FILES, PLAIN, SAMPLE = (240, 60, 120, 60) if SHORT else (10_000, 2_000, 1_000, 500)
SEED = 20261122
DAY = date(2026, 9, 1)
FACTOR, MEMORY = 0.6, 600
HEAD = "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;NIP;Nazwa kontrahenta;Kod;Miasto"
FA3 = """<?xml version="1.0" encoding="UTF-8"?>
<Faktura xmlns="http://crd.gov.pl/wzor/2025/06/25/13775/"><Naglowek>
<KodFormularza kodSystemowy="FA (3)" wersjaSchemy="1-0E">FA</KodFormularza>
<WariantFormularza>3</WariantFormularza></Naglowek>
<Podmiot1><DaneIdentyfikacyjne><NIP>9991010003</NIP><Nazwa>Wierzyciel sp. z o.o.</Nazwa>
</DaneIdentyfikacyjne></Podmiot1>
<Podmiot2><DaneIdentyfikacyjne><NIP>{nip}</NIP><Nazwa>{name}</Nazwa></DaneIdentyfikacyjne>
<Adres><KodKraju>PL</KodKraju><AdresL1>ul. Polna 1</AdresL1><AdresL2>30-001 Kraków</AdresL2>
</Adres></Podmiot2>
<Fa><KodWaluty>PLN</KodWaluty><P_1>{issued}</P_1><P_2>{number}</P_2><P_13_1>{net}</P_13_1>
<P_14_1>{vat}</P_14_1><P_15>{gross}</P_15><Adnotacje><P_18A>2</P_18A></Adnotacje>
<RodzajFaktury>VAT</RodzajFaktury><Platnosc><TerminPlatnosci><Termin>{due}</Termin>
</TerminPlatnosci></Platnosc></Fa></Faktura>
"""


def make_invoices(count, mark, dice):
    """Return the facts of invoices of some buyers, three to four each."""
    buyers = [(f"{n:010}", f"Kontrahent {mark} {n} sp. z o.o.") for n in range(1, count // 4 + 2)]
    for number in range(1, count + 1):
        nip, name = dice.choice(buyers)
        issued = DAY - timedelta(days=dice.randrange(1, 20))
        cents = dice.randrange(10_000, 5_000_000)
        yield {
            "number": f"{mark} {number}/08/2026",
            "nip": nip,
            "name": name,
            "issued": issued,
            "due": issued + timedelta(days=30),
            "net": f"{cents / 100:.2f}",
            "vat": f"{cents * 0.23 / 100:.2f}",
            "gross": f"{cents * 1.23 / 100:.2f}",
        }


def make_csv(dice, count=ROWS, mark="CSV"):
    rows = [
        f"{i['number']};{i['issued']:%d.%m.%Y};{i['due']:%d.%m.%Y};{i['gross'].replace('.', ',')};"
        f"{i['nip']};{i['name']};30-001;Kraków"
        for i in make_invoices(count, mark, dice)
    ]
    return "\r\n".join([HEAD, *rows, ""]).encode("cp1250")


def make_zip(dice):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for invoice in make_invoices(FILES, "FA3", dice):
            name = invoice["number"].replace("/", "_").replace(" ", "_")
            archive.writestr(f"{name}.xml", FA3.format(**invoice))
    return stream.getvalue()


def hand_over(env, world, meter, files):
    """Hand the files over and take them; return the import and the growth of memory in MB."""
    record = env["kgw.import"].create(
        {
            "mandate_id": world.mandate.id,
            "filename": files[0][0],
            "file": base64.b64encode(files[0][1]),
            "attachment_ids": [(0, 0, {"name": name, "raw": raw}) for name, raw in files[1:]],
        }
    )
    env.cr.commit()
    env.invalidate_all()
    before = reset_peak()
    watched = (
        ("reading", env["kgw.import.reading"], "_read"),
        ("partners", env["kgw.counterparty"], "_match"),
        ("ledger", env["kgw.ledger"], "_book_invoices"),
        ("enrolment", env["kgw.enrolment"], "_enrol"),
    )
    with meter.watch(*watched), meter.measure("whole"):
        record._take(DAY, world.morning)
        env.flush_all()
    env.cr.commit()
    return record, read_peak() - before


def create_plainly(env, world, meter, documents, partners):
    """Create and post the same invoices as anybody would; return them."""
    journal = world.mandate.journal_id
    moves = env["account.move"].with_company(journal.company_id)
    moves = moves.with_context(kgw_ledger_entry=True, tracking_disable=True).sudo()
    values = [
        {
            "move_type": "out_invoice",
            "journal_id": journal.id,
            "partner_id": partner.id,
            "currency_id": env.ref("base.PLN").id,
            "invoice_date": document.issue_date,
            "date": document.issue_date,
            "invoice_date_due": document.instalments[0].due_date,
            "invoice_payment_term_id": False,
            "name": f"PLAIN {document.number}",
            "ref": document.number,
            "invoice_line_ids": [
                (
                    0,
                    0,
                    {
                        "name": document.number,
                        "quantity": 1,
                        "price_unit": float(document.gross),
                        "tax_ids": [],
                    },
                )
            ],
        }
        for document, partner in zip(documents, partners, strict=True)
    ]
    with meter.measure("plain"):
        created = moves.create(values)
        created.action_post()
        env.flush_all()
    env.cr.commit()
    return created


def warm_up(env, world, dice):
    """Do both once on a few invoices, so that neither pays for what Odoo does at first use."""
    files = [("proba.csv", make_csv(dice, 20, "WARM"))]
    record, _memory = hand_over(env, world, Meter(env.cr), files)
    moves = env["account.move"].sudo().search([("kgw_import_id", "=", record.id)])
    set_account(world, moves.partner_id)
    [found] = read_all(files)
    documents = {document.number: document for document in found.result.documents}
    chosen = [documents[move.kgw_number] for move in moves]
    create_plainly(env, world, Meter(env.cr), chosen, [move.partner_id for move in moves])


def set_account(world, partners):
    """Give partners the receivable account of the ledger, as a plain invoice needs it."""
    company = world.mandate.journal_id.company_id
    account = company.partner_id.with_company(company).property_account_receivable_id
    for partner in partners:
        partner.with_company(company).property_account_receivable_id = account
    world.cr.commit()


def main(env):
    world = World(env)
    world.create()
    env.cr.commit()
    dice, meter = random.Random(SEED), Meter(env.cr)
    warm_up(env, world, dice)
    files = [("faktury.csv", make_csv(dice)), ("ksef.zip", make_zip(dice))]
    record, memory = hand_over(env, world, meter, files)
    count = len(record.line_ids)
    costs = meter.costs
    posted = costs["whole"] - costs["enrolment"]
    for name in ("whole", "reading", "partners", "ledger", "enrolment"):
        print(f"  {name:<12}{costs[name].cpu / count * 1000:9.3f} ms CPU an invoice", flush=True)
    documents = {
        document.number: document
        for found in read_all(files)
        for document in found.result.documents
    }
    moves = env["account.move"].sudo().search([("kgw_import_id", "=", record.id)])
    chosen = moves.browse(dice.sample(moves.ids, PLAIN))
    set_account(world, chosen.partner_id)
    plain = create_plainly(
        env,
        world,
        meter,
        [documents[move.kgw_number] for move in chosen],
        [move.partner_id for move in chosen],
    )
    print(f"  plain       {costs['plain'].cpu / PLAIN * 1000:9.3f} ms CPU an invoice", flush=True)
    pairs = dice.sample(list(zip(chosen, plain, strict=True)), SAMPLE)
    differences = compare(pairs)
    for difference in sorted(differences)[:20]:
        print(f"  differs: {difference}")
    print(f"  fields that differ by nature: {len(EXCEPTIONS)}, listed in bench/_compare.py")
    print(f"  rows {count}, taken {record.new_count}, memory grew by {memory:.0f} MB", flush=True)
    goal("all_taken", ROWS + FILES - record.new_count, 0)
    ratio = (posted.cpu / count) / (costs["plain"].cpu / PLAIN)
    print(f"  read to posted / plain {ratio:.2f}")
    if not SHORT:  # of a few hundred invoices too much is what happens once
        goal("import_to_posted", ratio, FACTOR)
    goal("fields_that_differ", len(differences), 0)
    goal("memory_mb", memory, MEMORY)


main(env)  # given by odoo shell
