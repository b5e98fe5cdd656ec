import base64
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.tests.common import TransactionCase

from ..const import CHANNELS
from ..models.kgw_channel import Outcome
from ..tools import calendar
from ..tools.readers import Document, Instalment, Party

MODULE = "kgw_receivable_monitoring"
# A Monday whose scenario days −5 … +31 meet no statutory holiday.
DUE = date(2026, 9, 7)
PAPER = base64.b64encode(b"%PDF-1.4 signed")


def post_letters(runs, now):
    """Take to the post what may still go out at ``now``, as the buttons of a print run do."""
    runs._take_out(now)
    runs._mark_posted(now)


class FakeGateways:
    """Stands in for the doors to the SMTP server and the SMS provider, and keeps what went out.

    ``answer`` is the state given to every message, or a function of the reminder.
    """

    def __init__(self, env):
        self.env = env
        self.sent = []
        self.answer = "sent"

    def send(self, reminders):
        outcomes = {}
        for reminder in reminders:
            state = self.answer(reminder) if callable(self.answer) else self.answer
            if state == "sent":
                self.sent.append(
                    reminder.read(["channel", "recipient", "subject", "body", "case_id"])[0]
                )
            outcomes[reminder] = Outcome(
                state, "" if state == "sent" else "refused by the test", reminder.key
            )
        return outcomes


class KgwCommon(TransactionCase):
    """A small world: one agency, the ledger, one creditor with an active mandate.

    Days are passed in: ``run_day(day)`` plans and sends as the scheduled actions do.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.company = cls.env.company
        cls.env.ref("base.PLN").active = True
        cls.journal = cls.env["kgw.ledger"]._ensure()
        cls.agent = cls._create_user("kgw_agent", "agent")
        cls.manager = cls._create_user("kgw_manager", "manager")
        cls.scenario = cls.env.ref(f"{MODULE}.scenario_standard")
        cls.brand = cls._create_brand("Agencja Testowa")
        cls.creditor = cls._create_creditor("Wierzyciel A sp. z o.o.", "9991010003")
        cls.mandate = cls._create_mandate("A", cls.creditor, cls.brand)

    @classmethod
    def _create_user(cls, login, group, **values):
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": login,
                    "name": login,
                    "password": login,
                    "tz": "Europe/Warsaw",
                    "group_ids": [
                        (
                            6,
                            0,
                            [
                                cls.env.ref("base.group_user").id,
                                cls.env.ref(f"{MODULE}.group_kgw_{group}").id,
                            ],
                        )
                    ],
                    **values,
                }
            )
        )

    @classmethod
    def _create_brand(cls, name, **values):
        domain = f"{name.split()[0].lower()}.example"
        if not domain.isascii():
            domain = "marka.example"
        return cls.env["kgw.brand"].create(
            {
                "name": name,
                "short_name": name[:30],
                "phone": "+48123456700",
                "email": f"kontakt@{domain}",
                "alias_domain_id": cls._get_alias_domain(domain).id,
                "city": "Kraków",
                "sms_sender": "TEST",
                "sms_sender_approved": True,
                **values,
            }
        )

    @classmethod
    def _get_alias_domain(cls, name):
        domains = cls.env["mail.alias.domain"]
        return domains.search([("name", "=", name)]) or domains.create({"name": name})

    @classmethod
    def _create_creditor(cls, name, vat):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "vat": vat,
                "is_company": True,
                "email": "ksiegowosc@wierzyciel.example",
                "country_id": cls.env.ref("base.pl").id,
                "lang": "pl_PL" if cls.env["res.lang"]._lang_get("pl_PL") else "en_US",
            }
        )

    @classmethod
    def _create_mandate(cls, code, creditor, brand, **values):
        mandate = cls.env["kgw.mandate"].create(
            {
                "name": creditor.name,
                "code": code,
                "creditor_id": creditor.id,
                "brand_before_id": brand.id,
                "brand_after_id": brand.id,
                "journal_id": cls.journal.id,
                "scenario_ids": [(0, 0, {"scenario_id": cls.scenario.id})],
                "controller_id": cls.agent.id,
                "substitute_id": cls.manager.id,
                "account_number": "PL61109010140000071219812874",
                "account_source": "invoice",
                "agreement_date": date(2026, 1, 2),
                "agreement_file": PAPER,
                "informs": "agency",
                "authority_date": date(2026, 1, 2),
                "authority_file": PAPER,
                "may_demand": True,
                "coverage_date": date(2030, 1, 1),
                **values,
            }
        )
        mandate.action_confirm_account()
        mandate.action_activate()
        return mandate

    def setUp(self):
        super().setUp()
        self.gateways = FakeGateways(self.env)
        stack = ExitStack()
        self.addCleanup(stack.close)
        self.doors = {}
        for channel in ("email", "sms"):
            self.doors[channel] = patch.object(
                type(self.env[f"kgw.channel.{channel}"]),
                "_send",
                lambda _m, reminders: self.gateways.send(reminders),
            )
            self.doors[channel].start()
            stack.callback(self.doors[channel].stop)
        # Inside a test nothing is committed: progress is only counted.
        stack.enter_context(
            patch.object(
                type(self.env["ir.cron"]),
                "_commit_progress",
                lambda *_a, **_k: float("inf"),
            )
        )

    # === FACTORIES === #

    def _party(self, name="Budmax sp. z o.o.", **values):
        return Party(
            **{
                "name": name,
                "nip": "",
                "street": "ul. Polna 1",
                "zip": "30-001",
                "city": "Kraków",
                "email": "faktury@budmax.example",
                "phone": "+48512000117",
                **values,
            }
        )

    def _other_party(self, name, number):
        """Return a buyer who shares no contact data with any other of the test."""
        return self._party(
            name, email=f"faktury{number}@firma.example", phone=f"+4851210{number:04}"
        )

    def _document(
        self, number="FV 1/09/2026", due=DUE, amount="1230.00", issued=None, buyer=None, **values
    ):
        """Return a document as a reader gives it; ``due`` may be a list of dates (instalments)."""
        dates = due if isinstance(due, (list, tuple)) else [due]
        share = Decimal(amount) / len(dates)
        return Document(
            **{
                "line": None,
                "number": number,
                "kind": "invoice",
                "sale_date": None,
                "currency": "PLN",
                "issue_date": issued or dates[0] - timedelta(days=14),
                "gross": Decimal(amount),
                "residual": Decimal(amount),
                "seller": None,
                "buyer": buyer or self._party(),
                "instalments": tuple(Instalment(day, share) for day in dates),
                **values,
            }
        )

    def _watch(self, *documents, on=None, mandate=None):
        """Book documents of a mandate and start monitoring on the day; returns the receivables."""
        mandate = mandate or self.mandate
        on = on or documents[0].instalments[0].due_date - timedelta(days=7)
        buyers = [document.buyer for document in documents]
        partners = self.env["kgw.counterparty"]._match(mandate, buyers)
        moves = self.env["kgw.ledger"]._book_invoices(mandate, documents, partners)
        parties = {move: document.buyer for move, document in zip(moves, documents, strict=True)}
        self.env["kgw.enrolment"]._enrol(mandate, moves, on, self._at(on, 6), parties)
        return moves.line_ids.filtered("kgw_case_id").sorted(
            lambda r: (r.move_id.id, r.date_maturity)
        )

    # === DAYS === #

    def _at(self, day, hour=10):
        """Return an hour of a day in Poland as naive UTC."""
        return calendar.noon(day) + timedelta(hours=hour - 12)

    def run_day(self, day, hour=10, post=True):
        """Plan and send one day; letters are posted unless told otherwise."""
        self.env["kgw.planner"]._run_day(day, self._at(day, 7))
        for _round in range(2):
            for channel, _label in CHANNELS:
                self.env["kgw.dispatcher"]._dispatch(channel, self._at(day, hour))
        if post:
            post_letters(
                self.env["kgw.print.run"].search([("state", "=", "open")]), self._at(day, 15)
            )

    def run_days(self, first, last, **kwargs):
        """Run every day from ``first`` to ``last``."""
        for number in range((last - first).days + 1):
            self.run_day(first + timedelta(days=number), **kwargs)

    def reach_calls(self, day, outcome="reached"):
        """Record the same outcome for every call that stands on the board."""
        calls = (
            self.env["kgw.reminder"]
            .search(
                [
                    ("channel", "=", "phone"),
                    ("state", "in", ("planned", "failed")),
                ]
            )
            .filtered("activity_ids")
        )
        for call in calls:
            self.env["kgw.channel.phone"]._record_call(call, outcome, "", self._at(day, 11))
        return calls

    def pay(self, receivable, amount, day):
        """Book a payment reported by the creditor."""
        return self.env["kgw.ledger"]._book_payment(receivable, amount, day, self._at(day, 6))

    def reminders(self, receivables, *states):
        """Return the reminders about receivables, in the given states or all."""
        found = (
            self.env["kgw.reminder.line"]
            .search([("receivable_id", "in", receivables.ids)])
            .reminder_id
        )
        return found.filtered(lambda r: not states or r.state in states).sorted("id")
