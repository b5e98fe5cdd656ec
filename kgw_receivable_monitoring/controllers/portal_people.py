from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .portal import KgwPortalController

PATH = "/my/monitoring/people"


class KgwPortalPeopleController(KgwPortalController):
    """The creditor's lead sets the rights of its colleagues."""

    @http.route(PATH, type="http", auth="user", website=True)
    def kgw_people(self):
        try:
            people = request.env["kgw.portal"]._get_colleagues()
        except UserError as error:  # no lead
            return self._kgw_go("/my/monitoring", str(error), is_problem=True)
        return self._kgw_render("portal_people", people={"rows": people})

    @http.route(f"{PATH}/<int:user_id>", type="http", auth="user", methods=["POST"], website=True)
    def kgw_set_rights(self, user_id, **values):
        try:
            request.env["kgw.portal"]._set_rights(user_id, values)
        except UserError as error:
            return self._kgw_go("/my/monitoring", str(error), is_problem=True)
        return self._kgw_go(PATH, request.env._("The rights are set."))
