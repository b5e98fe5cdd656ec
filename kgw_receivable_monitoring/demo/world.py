"""The demo world: the company, its people, three creditors with their brands and mandates."""

import base64
from datetime import timedelta

from odoo import Command
from odoo.tools.misc import file_open

from ..tools import pdf

MODULE = "kgw_receivable_monitoring"

CREDITORS = {
    "krakbud": {
        "name": "Hurtownia Krakbud sp. z o.o.",
        "vat": "9991010003",
        "street": "ul. Magazynowa 5",
        "zip": "30-741",
        "city": "Kraków",
        "email": "ksiegowosc@krakbud.example",
        "account": "PL23999000180000000000001234",
        "foreign_account": "PL43999000180000000000000777",
        "login": "krakbud",
    },
    "ogrod": {
        "name": "Zielony Ogród Anna Wiśniewska",
        "vat": "9991020013",
        "street": "ul. Ogrodowa 1",
        "zip": "32-087",
        "city": "Zielonki",
        "email": "biuro@zielonyogrod.example",
        "account": "PL94999000180000000000004321",
        "login": "ogrod",
    },
}
PASSWORD_OF = {
    login: login for login in ("krakbud", "ogrod", "agent", "marek", "manager", "administrator")
}


class World:
    """Makes the demo world in a database without monitoring.

    :param env: an environment with all rights
    :param start: first day of the story
    """

    def __init__(self, env, start):
        self.env = env
        self.start = start
        self.users = {}
        self.mandates = {}

    def create_all(self):
        """Create company data, users, brands, creditors and mandates."""
        company = self.env.ref("base.main_company")
        with file_open(f"{MODULE}/static/description/icon.png", "rb") as icon:
            logo = base64.b64encode(icon.read())
        company.write({"name": "Krakowska Agencja Monitoringu sp. z o.o.", "logo": logo})
        company.partner_id.write(
            {
                "vat": "9991020125",
                "street": "ul. Rzeczna 7",
                "zip": "30-110",
                "city": "Kraków",
                "email": "biuro@monitoring.example",
                "country_id": self.env.ref("base.pl").id,
            }
        )
        # Whoever comes to the portal without a language of its own reads Polish.
        self.env["ir.default"].set("res.partner", "lang", self._get_lang())
        # Polish groups thousands; Odoo's own Polish format does not (a setting of the language).
        self.env["res.lang"].search([("code", "=", "pl_PL")]).write(
            {"thousands_sep": "\u00a0", "grouping": "[3,0]"}
        )
        if company.chart_template != "pl":
            self.env["account.chart.template"].try_loading("pl", company, install_demo=False)
        self.env["kgw.ledger"]._ensure()
        self.env["res.currency"].with_context(active_test=False).search(
            [("name", "=", "EUR")]
        ).active = True
        self.env["res.currency.rate"].create(
            {
                "name": self.start - timedelta(days=30),
                "company_id": False,
                "inverse_company_rate": 4.25,
                "currency_id": self.env.ref("base.EUR").id,
            }
        )
        self.users = self._create_users()
        self._create_mandates(company)
        self._create_team()

    def _create_users(self):
        groups = {
            "agent": "agent",
            "marek": "agent",
            "manager": "manager",
            "administrator": "administrator",
        }
        users = {}
        names = {
            "agent": "Anna Nowak",
            "marek": "Marek Wójcik",
            "manager": "Piotr Zieliński",
            "administrator": "Ewa Lis",
        }
        for login, group in groups.items():
            users[login] = self._create_user(
                login,
                names[login],
                [
                    self.env.ref("base.group_user").id,
                    self.env.ref(f"{MODULE}.group_kgw_{group}").id,
                ],
            )
        users["administrator"].group_ids |= self.env.ref("base.group_system")
        return users

    def _create_user(self, login, name, group_ids, partner=None):
        return (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": login,
                    "password": PASSWORD_OF[login],
                    "name": name,
                    "lang": self._get_lang(),
                    "tz": "Europe/Warsaw",
                    "group_ids": [(6, 0, group_ids)],
                    **({"partner_id": partner.id} if partner else {}),
                }
            )
        )

    def _get_lang(self):
        return "pl_PL" if self.env["res.lang"]._lang_get("pl_PL") else "en_US"

    def _create_mandates(self, company):
        agency = self._create_brand(
            {
                "name": "Krakowska Agencja Monitoringu sp. z o.o.",
                "short_name": "KAM",
                "vat": "9991020125",
                "street": "ul. Rzeczna 7",
                "zip": "30-110",
                "city": "Kraków",
                "phone": "+48 12 345 67 00",
                "email": "monitoring@kam.example",
                "website": "kam.example",
                "sms_sender": "KAM",
            },
            "kam.example",
        )
        company.kgw_brand_id = agency
        for key, values in CREDITORS.items():
            partner = self._create_creditor(values)
            brand = (
                agency
                if key == "krakbud"
                else self._create_brand(
                    {
                        "name": values["name"],
                        "short_name": "Zielony Ogrod",
                        "vat": values["vat"],
                        "creditor_id": partner.id,
                        "street": values["street"],
                        "zip": values["zip"],
                        "city": values["city"],
                        "phone": "+48 12 345 67 11",
                        "email": values["email"],
                        "sms_sender": "ZIEL.OGROD",
                    },
                    "zielonyogrod.example",
                )
            )
            self.mandates[key] = self._create_mandate(
                key.upper()[:8],
                partner,
                brand,
                values["account"],
                {
                    **self._prepare_papers(values["name"]),
                    "foreign_account_number": values.get("foreign_account"),
                    "journal_id": self.env["kgw.ledger"]._ensure().id,
                },
            )
        company.partner_id.lang = self._get_lang()  # the creditor of its own sales is written to
        sales = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        )
        self.mandates["own"] = self._create_mandate(
            "KAM",
            company.partner_id,
            agency,
            "PL24999000180000000000005678",
            {
                "is_own_sales": True,
                "journal_id": sales.id,
            },
        )

    def _create_team(self):
        """Two agents share the calls of all creditors; the manager leads them."""
        self.env["kgw.team"].create(
            {
                "name": "Zespół monitoringu",
                "lead_id": self.users["manager"].id,
                "member_ids": [
                    (0, 0, {"user_id": self.users["agent"].id, "daily_limit": 80}),
                    (0, 0, {"user_id": self.users["marek"].id, "daily_limit": 2}),
                ],
                "mandate_ids": [(6, 0, [mandate.id for mandate in self.mandates.values()])],
            }
        )

    def _create_creditor(self, values):
        partner = self.env["res.partner"].create(
            {
                **{
                    name: values[name] for name in ("name", "vat", "street", "zip", "city", "email")
                },
                "is_company": True,
                "lang": "pl_PL",
                "country_id": self.env.ref("base.pl").id,
            }
        )
        contact = self.env["res.partner"].create(
            {
                "name": f"Księgowość {values['name']}",
                "parent_id": partner.id,
                "email": values["email"],
            }
        )
        user = self._create_user(
            values["login"], contact.name, [self.env.ref("base.group_portal").id], contact
        )
        self.env["kgw.portal.access"].create({"user_id": user.id, "is_lead": True})
        return partner

    def _create_brand(self, values, domain):
        alias_domain = self.env["mail.alias.domain"].search([("name", "=", domain)]) or self.env[
            "mail.alias.domain"
        ].create({"name": domain})
        return self.env["kgw.brand"].create(
            {
                **values,
                "alias_domain_id": alias_domain.id,
                "sms_sender_approved": True,
            }
        )

    def _create_mandate(self, code, creditor, brand, account, values):
        # The gentle one is agreed for hospitals, so it may be chosen for any company, too.
        agreed = (("", "standard"), ("consumer", "consumer"), ("public_medical", "gentle"))
        scenarios = [
            Command.create(
                {
                    "kind_id": kind and self.env.ref(f"{MODULE}.kind_{kind}").id,
                    "scenario_id": self.env.ref(f"{MODULE}.scenario_{scenario}").id,
                }
            )
            for kind, scenario in agreed
        ]
        mandate = self.env["kgw.mandate"].create(
            {
                "name": creditor.name,
                "code": code,
                "creditor_id": creditor.id,
                "brand_before_id": brand.id,
                "brand_after_id": brand.id,
                "scenario_ids": scenarios,
                "controller_id": self.users["agent"].id,
                "substitute_id": self.users["manager"].id,
                "account_number": account,
                "account_source": "list",
                "privacy_notice": self._get_privacy_notice(creditor),
                **values,
            }
        )
        mandate.action_confirm_account()
        mandate.action_activate()
        return mandate

    def _prepare_papers(self, creditor):
        """Return what the creditor has signed, twenty days before the story begins."""
        signed_on = self.start - timedelta(days=20)
        return {
            "agreement_date": signed_on,
            "agreement_file": self._draw_paper("Umowa powierzenia przetwarzania danych", creditor),
            "agreement_filename": "umowa-powierzenia.pdf",
            "authority_date": signed_on,
            "authority_file": self._draw_paper("Pełnomocnictwo", creditor),
            "authority_filename": "pelnomocnictwo.pdf",
            "may_demand": True,
            "may_note": True,
            "may_warn": True,
            "may_accept": True,
            "informs": "agency",
            "coverage_date": self.start - timedelta(days=30),
        }

    def _draw_paper(self, title, creditor):
        html = f"<h1>{title}</h1><p>{creditor}</p><p>Przykład, bez podpisu.</p>"
        return base64.b64encode(pdf.html_to_pdf(html, "", title, creditor, "pl"))

    def _get_privacy_notice(self, creditor):
        return (
            f"{creditor.name} jako administrator przetwarza dane osobowe w celu dochodzenia"
            " należności (art. 6 ust. 1 lit. f RODO). Przysługuje prawo dostępu do danych, ich"
            " sprostowania oraz wniesienia sprzeciwu."
        )
