from datetime import date

from .common import KgwCommon


class BooksCommon(KgwCommon):
    """An agency with books of its own beside the ledger, whatever charts are installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agency = cls._create_agency()
        cls.agency_user = cls._create_user(
            "kgw_books",
            "administrator",
            company_id=cls.agency.id,
            company_ids=[(6, 0, [cls.agency.id, cls.journal.company_id.id])],
        )
        cls.agency_user.group_ids |= cls.env.ref("account.group_account_manager")

    @classmethod
    def _create_agency(cls):
        """Return a company with a few accounts, a sales journal and a tax with tags."""
        company = cls.env["res.company"].create(
            {
                "name": "Agencja neutralna",
                "email": "biuro@agencja-neutralna.example",
                "vat": "PL9991020125",
                "country_id": cls.env.ref("base.pl").id,
                "currency_id": cls.env.ref("base.PLN").id,
            }
        )
        accounts = cls.env["account.account"].with_company(company)
        cls.accounts = {
            code: accounts.create(
                {
                    "code": code,
                    "name": code,
                    "account_type": kind,
                    "reconcile": kind == "asset_receivable",
                    "company_ids": company.ids,
                }
            )
            for code, kind in (
                ("201", "asset_receivable"),
                ("700", "income"),
                ("221", "liability_current"),
            )
        }
        cls.sales = cls.env["account.journal"].create(
            {
                "name": "Sprzedaż",
                "code": "SPR",
                "type": "sale",
                "company_id": company.id,
                "default_account_id": cls.accounts["700"].id,
            }
        )
        cls.tax = cls._create_tax(company)
        return company

    @classmethod
    def _create_tax(cls, company):
        tags = cls.env["account.account.tag"].create(
            [
                {
                    "name": f"KGW_{code}",
                    "applicability": "taxes",
                    "country_id": cls.env.ref("base.pl").id,
                }
                for code in ("19", "20")
            ]
        )
        group = cls.env["account.tax.group"].create({"name": "VAT", "company_id": company.id})
        lines = [
            (0, 0, {"repartition_type": "base", "document_type": document, "tag_ids": tags[0].ids})
            for document in ("invoice", "refund")
        ] + [
            (
                0,
                0,
                {
                    "repartition_type": "tax",
                    "document_type": document,
                    "tag_ids": tags[1].ids,
                    "account_id": cls.accounts["221"].id,
                },
            )
            for document in ("invoice", "refund")
        ]
        return cls.env["account.tax"].create(
            {
                "name": "23%",
                "amount": 23.0,
                "type_tax_use": "sale",
                "company_id": company.id,
                "tax_group_id": group.id,
                "country_id": cls.env.ref("base.pl").id,
                "repartition_line_ids": lines,
            }
        )

    @classmethod
    def _create_own_mandate(cls):
        """Watch the agency's own sales."""
        return cls._create_mandate(
            "OWN",
            cls.agency.partner_id,
            cls.brand,
            is_own_sales=True,
            journal_id=cls.sales.id,
            authority_date=False,
            may_demand=False,
            coverage_date=False,
        )

    @classmethod
    def _create_own_invoice(cls, customer, net, issued=date(2026, 9, 1), due=None):
        """Post an ordinary invoice of the agency with 23 % of tax."""
        customer.with_company(cls.agency).sudo().property_account_receivable_id = cls.accounts[
            "201"
        ]
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "journal_id": cls.sales.id,
                "partner_id": customer.id,
                "company_id": cls.agency.id,
                "invoice_date": issued,
                "invoice_date_due": due or issued,
                "invoice_line_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "usługa",
                            "quantity": 1,
                            "price_unit": net,
                            "tax_ids": [(6, 0, cls.tax.ids)],
                        },
                    )
                ],
            }
        )
        move.action_post()
        return move
