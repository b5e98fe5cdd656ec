from datetime import date

from odoo import api, models

from .kgw_portal_access import NOTICES, RIGHTS
from .kgw_portal_base import KgwPortalBase

# So many questions and disputes the first page shows.
SHOWN_QUESTIONS = 10


class KgwPortalOverview(models.AbstractModel):
    """The creditor's first page: decisions first, then money, then what comes next."""

    _name = "kgw.portal.overview"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Overview"

    @api.model
    def _get_overview(self):
        """Return what the first page shows."""
        questions, question_count = self._find_open("kgw.decision")
        disputes, dispute_count = self._find_open("kgw.dispute")
        mandates, rights = self._get_mandates(), self._get_rights()
        return {
            "decisions": [
                {
                    **told,
                    "case_id": decision.case_id.id,
                    "counterparty": decision.case_id.counterparty_id.name,
                    "owed": self._format_sums(self._sum_residuals(decision.receivable_ids)),
                }
                for decision, told in zip(
                    questions, self._prepare_decisions(questions), strict=True
                )
            ],
            "disputes": [self._prepare_dispute(dispute) for dispute in disputes],
            "question_count": question_count + dispute_count,
            "promised": self._format_sums(self._read_promised()),
            "tabs": self._count_tabs(),
            "rights": rights,
            "who_decides": self._say_who_decides(rights),
            **self._get_money(),
            "upcoming": self._get_upcoming(),
            "latest": self._get_latest(mandates),
            "known": self._get_known(mandates),
            "people": self._get_people(mandates),
            "notices": self._get_notices(),
            "summary": self._get_summary_choice(),
            "summaries": self._get_summaries(),
            "terms": self._get_unaccepted(mandates) if rights["may_hand_over"] else [],
        }

    def _find_open(self, model):
        """Return ``(records, number)``: the first open ones of the creditor, and how many there are."""
        is_open = [("state", "=", "open")]
        found = self._search_own(model, is_open, limit=SHOWN_QUESTIONS)
        is_whole = len(found) < SHOWN_QUESTIONS
        return found, len(found) if is_whole else self._count_own(model, is_open)

    def _get_known(self, mandates):
        """Return through which day the creditor's payments are known, the oldest of its mandates."""
        mandates = mandates.filtered(lambda m: m.state == "active" and not m.is_own_sales)
        days, today = mandates.mapped("coverage_date"), self._get_today()
        if not days or not all(days):
            return {"day": "", "is_old": bool(mandates)}
        return {
            "day": self._format_date(min(days)),
            "is_old": not all(m._knows_payments(date.min, today) for m in mandates),
        }

    def _get_access(self):
        """Return the rights and choices of the user who asks; empty where nobody granted any."""
        self._get_creditor_domain()
        # The user's own row, which it has no right to read itself.
        return self.env["kgw.portal.access"].sudo().search([("user_id", "=", self.env.uid)])

    @api.model
    def _get_notices(self):
        """Return ``{notice: bool}``: which e-mails the user gets."""
        access = self._get_access()
        return {name: bool(access[name]) for name in NOTICES}

    def _get_summary_choice(self):
        """Return how often the user gets a summary, and how often it may."""
        field = self.env["kgw.portal.access"]._fields["summary"]
        return {
            "every": self._get_access().summary or "never",
            "offers": [
                {"code": code, "label": label}
                for code, label in field._description_selection(self.env)
            ],
        }

    @api.model
    def _set_notices(self, values):
        """Let the user get the notices named in ``values`` and no others; rights stay."""
        access = self._get_access()
        wanted = {name: bool(values.get(name)) for name in NOTICES}
        if values.get("summary") in dict(access._fields["summary"].selection):
            wanted["summary"] = values["summary"]
        if access:
            access.write(wanted)
        elif self._search_own("kgw.mandate", [], limit=1):
            nothing = dict.fromkeys(RIGHTS, False)
            access.create({"user_id": self.env.uid, **nothing, **wanted})

    def _get_people(self, mandates):
        """Return the controllers of the creditor's mandates, as the contact box shows them."""
        controllers = mandates.filtered(lambda m: m.state == "active").controller_id
        return [
            {
                "name": user.name,
                "email": user.email or "",
                "phone": user.partner_id.phone or "",
            }
            for user in controllers
        ]
