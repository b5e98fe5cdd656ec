from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

PAGE_SIZE = 40


class KgwPortalController(CustomerPortal):
    """Thin pages over ``kgw.portal``: parse, call one method, render plain dictionaries."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kgw_case_count" in counters:
            values["kgw_case_count"] = request.env["kgw.portal"]._count_cases()
        return values

    @http.route(
        ["/my/monitoring", "/my/monitoring/page/<int:page>"], type="http", auth="user", website=True
    )
    def kgw_cases(self, page=1):
        portal = request.env["kgw.portal"]
        pages = pager(url="/my/monitoring", total=portal._count_cases(), page=page, step=PAGE_SIZE)
        return request.render(
            "kgw_receivable_monitoring.portal_cases",
            {
                "page_name": "kgw_monitoring",
                "pager": pages,
                "cases": portal._get_cases(offset=pages["offset"], limit=PAGE_SIZE),
            },
        )

    @http.route("/my/monitoring/<int:case_id>", type="http", auth="user", website=True)
    def kgw_case(self, case_id):
        case = request.env["kgw.portal"]._get_case(case_id)
        if not case:
            return request.redirect("/my")
        return request.render(
            "kgw_receivable_monitoring.portal_case",
            {
                "page_name": "kgw_monitoring",
                "case": case,
            },
        )

    @http.route(
        "/my/monitoring/decision/<int:decision_id>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def kgw_decide(self, decision_id, value=""):
        try:
            case_id = request.env["kgw.portal"]._decide(decision_id, value, fields.Datetime.now())
        except UserError:  # not its own, or taken already in another tab
            return request.redirect("/my/monitoring")
        return request.redirect(f"/my/monitoring/{case_id}")

    @http.route("/my/monitoring/letter/<int:reminder_id>", type="http", auth="user", website=True)
    def kgw_letter(self, reminder_id):
        letter = request.env["kgw.portal"]._get_letter(reminder_id)
        if not letter:
            return request.redirect("/my/monitoring")
        name, content = letter
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", http.content_disposition(name, disposition_type="inline")),
            ],
        )
