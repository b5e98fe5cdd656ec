from odoo import fields, http
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from .portal import KgwPortalController

PAGE = "/my/monitoring/account"


class KgwPortalAccountController(KgwPortalController):
    """The creditor's bank account: thin pages over ``kgw.portal.account``."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kgw_account_count" in counters:
            page = request.env["kgw.portal.account"]._get_page()
            values["kgw_account_count"] = len(page["mandates"])
        return values

    @http.route(PAGE, type="http", auth="user", website=True)
    def kgw_account(self):
        return self._kgw_render_account("")

    @http.route(f"{PAGE}/ask", type="http", auth="user", methods=["POST"], website=True)
    def kgw_account_ask(self, mandate_id="", target="", number=""):
        return self._kgw_change("_ask", self._kgw_read_number(mandate_id), target, number)

    @http.route(
        f"{PAGE}/<int:change_id>/agree", type="http", auth="user", methods=["POST"], website=True
    )
    def kgw_account_agree(self, change_id):
        return self._kgw_change("_agree", change_id)

    @http.route(
        f"{PAGE}/<int:change_id>/cancel", type="http", auth="user", methods=["POST"], website=True
    )
    def kgw_account_cancel(self, change_id):
        return self._kgw_change("_cancel", change_id)

    def _kgw_change(self, method, *values):
        """Call a method of ``kgw.portal.account`` and show the page again, with what went wrong."""
        try:
            with request.env.cr.savepoint():
                portal = request.env["kgw.portal.account"]
                getattr(portal, method)(*values, fields.Datetime.now())
                request.env.flush_all()
        except (UserError, ValidationError) as error:
            return self._kgw_render_account(str(error))
        return request.redirect(PAGE)

    def _kgw_render_account(self, error):
        page = request.env["kgw.portal.account"]._get_page()
        return self._kgw_render("portal_account", page_name="kgw_account", error=error, page=page)
