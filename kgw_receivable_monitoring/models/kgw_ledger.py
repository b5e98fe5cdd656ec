from odoo import Command, api, models
from odoo.tools import SQL, ormcache

# Odoo's query for payment states is planned badly over many fresh rows: 1,000 at once took minutes,
# ten times 100 take seconds.
BATCH = 100
# What an item is given, so that Odoo need not compute it.
GIVEN = ("name", "invoice_date", "ref", "price_subtotal", "price_total")
LEDGER_NAME = "KGW – ledger of monitored receivables"


class KgwLedger(models.AbstractModel):
    """The ledger of other people's invoices: a company of its own, outside the agency's books.

    Each invoice is a receivable on a memorandum account against a memorandum payable, without tax:
    balances, part payments and currencies work, while the agency's own books stay as they were.
    """

    _name = "kgw.ledger"
    _description = "Ledger of Monitored Receivables"

    # === SET-UP === #

    @api.model
    def _ensure(self):
        """Create what the ledger lacks and return its sales journal; safe to repeat."""
        # Companies, accounts and journals are set up once, by a button only administrators see.
        ledger = self.sudo()
        company = ledger._ensure_company()
        ledger = ledger.with_company(company)
        receivable = ledger._ensure_account(
            company, "KGW.R", "asset_receivable", self.env._("Monitored receivables")
        )
        payable = ledger._ensure_account(
            company, "KGW.L", "liability_current", self.env._("Owed to creditors (memorandum)")
        )
        ledger._ensure_journal(
            company, "general", "KGWP", self.env._("Payments reported by creditors"), payable
        )
        journal = ledger._ensure_journal(
            company, "sale", "KGW", self.env._("Monitored invoices"), payable
        )
        # Whoever's receivable account is looked up in the ledger's company, it is this one.
        defaults = self.env["ir.default"].sudo()
        name = "property_account_receivable_id"
        defaults.set("res.partner", name, receivable.id, company_id=company.id)
        company.partner_id.with_company(company).property_account_receivable_id = receivable
        return journal

    def _ensure_company(self):
        # The name finds a ledger that was kept when the module was uninstalled and came back.
        company = self.env["res.company"].search(
            ["|", ("kgw_is_ledger", "=", True), ("name", "=", LEDGER_NAME)],
            limit=1,
        )
        company.kgw_is_ledger = True
        if not company:
            # No chart of accounts is loaded: the ledger has its few accounts of its own.
            company = (
                self.env["res.company"]
                .with_context(chart_template_load=True)
                .create(
                    {
                        "name": LEDGER_NAME,
                        "kgw_is_ledger": True,
                        "currency_id": self.env.ref("base.PLN").id,
                        "country_id": self.env.ref("base.pl").id,
                    }
                )
            )
            self.env.ref("base.PLN").active = True
        return company

    def _ensure_account(self, company, code, account_type, name):
        accounts = self.env["account.account"].with_company(company)
        return accounts.search(
            [("company_ids", "in", company.ids), ("code", "=", code)]
        ) or accounts.create(
            {
                "code": code,
                "name": name,
                "account_type": account_type,
                "reconcile": account_type == "asset_receivable",
                "company_ids": [(6, 0, company.ids)],
            }
        )

    def _ensure_journal(self, company, kind, code, name, account):
        fences = {"show_on_dashboard": False, "alias_name": False}
        journals = self.env["account.journal"].with_company(company)
        journal = journals.search([("company_id", "=", company.id), ("code", "=", code)])
        if journal:
            journal.write(fences)  # somebody may have taken them away
        return journal or journals.create(
            {
                "name": name,
                "code": code,
                "type": kind,
                "company_id": company.id,
                "default_account_id": account.id if kind == "sale" else False,
                **fences,
            }
        )

    # === INVOICES === #

    @api.model
    def _book_invoices(self, mandate, documents, partners):
        """Create and post creditors' invoices, at most ``BATCH`` at once.

        :param documents: list of ``tools.readers`` documents of one mandate, new to it
        :param partners: the counterparties, in the same order
        :return: the posted moves, in the same order
        """
        # PostgreSQL keeps the plans by which it looks up what a row refers to. Those made while the
        # tables were nearly empty read them whole: each row would cost more than the one before.
        self.env.cr.execute("DISCARD PLANS")
        moves_sudo = self._create_invoices(mandate, documents, partners)
        self._post_invoices(moves_sudo)
        return self.env["account.move"].browse(moves_sudo.ids)

    def _create_invoices(self, mandate, documents, partners):
        company = mandate.journal_id.company_id
        # The importer has no accounting rights in the ledger; what it may import is decided before.
        moves_sudo = self.env["account.move"].sudo().with_company(company)
        moves_sudo = moves_sudo.with_context(
            kgw_ledger_entry=True,
            tracking_disable=True,
            mail_create_nolog=True,
            skip_invoice_sync=True,  # its lines are given whole
            skip_invoice_line_sync=True,
            skip_analytic_sync=True,  # the ledger has no analytic accounts
        )
        names = self._get_names(mandate, documents)
        return moves_sudo.create(
            [
                self._prepare_invoice_vals(mandate, document, partner, name)
                for document, partner, name in zip(documents, partners, names, strict=True)
            ]
        )

    def _post_invoices(self, moves_sudo):
        """Post what was given whole: Odoo would compute it all again, and write every item anew."""
        lines_sudo = moves_sudo.line_ids
        given = [lines_sudo._fields[name] for name in GIVEN]
        for field in given:
            self.env.remove_to_compute(field, lines_sudo)
        named = [moves_sudo._fields["payment_reference"]]
        with self.env.protecting([(named, moves_sudo), (given, lines_sudo)]):
            moves_sudo._post(soft=False)
            moves_sudo.flush_recordset()

    def _prepare_invoice_vals(self, mandate, document, partner, name):
        """Return the values of one ledger invoice, its lines given whole: fast and exact."""
        journal = mandate.journal_id
        currency = self._get_currency(document.currency)
        sign = -1 if document.gross < 0 else 1
        lines = self._prepare_line_vals(journal, document, currency, partner)
        # Given with the lines, what they take from their invoice is not written by itself.
        taken = {
            "date": document.issue_date,
            "invoice_date": document.issue_date,
            "move_name": name,
            "ref": document.number,
            "parent_state": "draft",
        }
        return {
            "name": name,
            "move_type": "out_invoice" if sign > 0 else "out_refund",
            "journal_id": journal.id,
            "company_id": journal.company_id.id,
            "partner_id": partner.id,
            "currency_id": currency.id,
            "invoice_date": document.issue_date,
            "date": document.issue_date,
            "invoice_date_due": max(i.due_date for i in document.instalments),
            "kgw_mandate_id": mandate.id,
            "kgw_number": document.number,
            "kgw_ksef_number": document.ksef_number or False,
            "ref": document.number,
            "payment_reference": document.number,
            "fiscal_position_id": False,
            "line_ids": [Command.create({**vals, **taken}) for vals in lines],
        }

    def _prepare_line_vals(self, journal, document, currency, partner):
        """Return the memorandum line and one receivable line per due date."""
        rate = self._get_rate(currency, journal.company_id, document.issue_date)
        company_currency = journal.company_id.currency_id
        receivable = self._get_receivable_account(journal.company_id)
        # What was paid before the hand-over is booked as a payment: the first due date bears it.
        paid = float(document.claim - document.residual)
        terms = []
        for instalment in document.instalments:
            amount, paid = float(instalment.amount) + paid, 0.0
            terms.append(
                {
                    "display_type": "payment_term",
                    "name": document.number,
                    "account_id": receivable.id,
                    "partner_id": partner.id,
                    "currency_id": currency.id,
                    "date_maturity": instalment.due_date,
                    "amount_currency": amount,
                    "balance": company_currency.round(amount * rate),
                    "price_subtotal": 0.0,
                    "price_total": 0.0,
                }
            )
        total = sum(vals["amount_currency"] for vals in terms)
        balance = sum(vals["balance"] for vals in terms)
        return [
            *terms,
            {
                "display_type": "product",
                "account_id": journal.default_account_id.id,
                "partner_id": partner.id,
                "name": document.number,
                "quantity": 1,
                "price_unit": abs(total),
                "price_subtotal": abs(total),
                "price_total": abs(total),
                "analytic_distribution": False,
                "tax_ids": [Command.clear()],
                "currency_id": currency.id,
                "amount_currency": -total,
                "balance": -company_currency.round(balance),
            },
        ]

    def _get_receivable_account(self, company):
        return company.partner_id.with_company(company).property_account_receivable_id

    def _find_currency(self, code):
        """Return the currency of a code, one not in use yet as well; or an empty one."""
        return self.env["res.currency"].browse(self._find_currency_id(code))

    @ormcache("code")
    def _find_currency_id(self, code):
        currencies = self.env["res.currency"].with_context(active_test=False)
        return currencies.search([("name", "=", code)]).id

    def _get_currency(self, code):
        currency = self._find_currency(code)
        if not currency.active:
            currency.sudo().active = True  # a currency in a creditor's file is in use from now on
        return currency

    def _get_rate(self, currency, company, on_date):
        return currency._get_conversion_rate(currency, company.currency_id, company, on_date)

    def _get_names(self, mandate, documents):
        """Return the ledger's names: mandate code and number, with the year or date where taken."""
        offers = [self._get_name_offers(mandate, document) for document in documents]
        taken = self._get_taken_names(mandate.journal_id, [n for names in offers for n in names])
        names = []
        for offer in offers:
            names.append(next(name for name in offer if name not in taken))
            taken.add(names[-1])
        return names

    def _get_taken_names(self, journal, names):
        """Return those of ``names`` that posted entries of ``journal`` bear already."""
        moves = self.env["account.move"]
        moves.flush_model(["name", "journal_id", "state"])
        # One by one in the words of Odoo's unique index. For a list of names PostgreSQL may take the
        # trigram index, and read for each all that was added to it since it was last tidied up.
        self.env.cr.execute(
            SQL(
                """SELECT m.name FROM unnest(%s::varchar[]) AS offer(name) JOIN account_move m
                       ON m.name = offer.name AND m.journal_id = %s AND m.state = 'posted' AND m.name != '/'""",
                names,
                journal.id,
            )
        )
        return {name for (name,) in self.env.cr.fetchall()}

    def _get_name_offers(self, mandate, document):
        """Return the names a document may get, the best first.

        The last one can't be taken: number, date and type are unique within a mandate.
        """
        name = f"{mandate.code} {document.number}"
        kind = "" if document.gross >= 0 else " K"
        issued = document.issue_date
        return [name, f"{name} ({issued.year})", f"{name} ({issued}){kind}"]

    # === PAYMENTS === #

    @api.model
    def _book_payment(self, receivables, amount, on_date, now):
        """Book a payment that the creditor reported, oldest due date first.

        :param receivables: open receivables of one invoice or case, of one currency
        :param amount: what was paid, in that currency
        :return: what is left of ``amount`` when everything is settled
        """
        mirror = self.env["kgw.mirror"]
        parts, left = mirror._share_out(receivables, amount)
        for line, part in parts:
            mirror._book(line, part, on_date, now)
        receivables._kgw_after_payment(now)
        return left
