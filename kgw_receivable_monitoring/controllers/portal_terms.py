from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from .portal import KgwPortalController

PATH = "/my/monitoring/terms/<int:mandate_id>"


class KgwPortalTermsController(KgwPortalController):
    """The agreed scenario and papers: read, and accepted by a signature."""

    @http.route(PATH, type="http", auth="user", website=True)
    def kgw_terms(self, mandate_id):
        terms = request.env["kgw.portal"]._get_mandate_terms(mandate_id)
        if not terms:
            return request.redirect("/my/monitoring")
        return self._kgw_render("portal_terms", handover=True, terms=terms)

    @http.route(f"{PATH}/accept", type="jsonrpc", auth="user", methods=["POST"], website=True)
    def kgw_accept_terms(self, mandate_id, name="", signature=""):
        """Take what core's signature widget sends; it shows an ``error`` beside itself."""
        portal, version = request.env["kgw.portal"], request.httprequest.args.get("version", "")
        try:
            with request.env.cr.savepoint():
                portal._accept_terms(
                    mandate_id,
                    version,
                    name,
                    signature,
                    fields.Datetime.now(),
                    portal._get_address(),
                )
        except UserError as error:
            return {"error": str(error)}
        request.session["kgw_note"] = {
            "text": request.env._("Thank you: the terms are accepted."),
            "is_problem": False,
        }
        return {"force_refresh": True, "redirect_url": f"/my/monitoring/terms/{mandate_id}"}

    @http.route(
        f'{PATH}/<any("agreement","authority"):paper>.pdf', type="http", auth="user", website=True
    )
    def kgw_paper(self, mandate_id, paper):
        found = request.env["kgw.portal"]._get_paper(mandate_id, paper)
        if not found:
            return request.redirect("/my/monitoring")
        # Whatever it is, it is saved, never shown: nothing in it runs under our address.
        return self._kgw_send_file(*found, "application/octet-stream")
