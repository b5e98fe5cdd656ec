from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.kgw_portal_handover import MAX_BYTES
from .portal import KgwPortalController

PATH = "/my/monitoring/handover"


class KgwPortalHandoverController(KgwPortalController):
    """The creditor's files: upload, preview, take over."""

    @http.route(PATH, type="http", auth="user", website=True)
    def kgw_handover(self):
        return self._kgw_render(
            "portal_handover", handover=request.env["kgw.portal"]._get_handover()
        )

    @http.route(
        f"{PATH}/upload",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        max_content_length=MAX_BYTES + 1024 * 1024,
    )
    def kgw_upload(self, mandate_id="", content="", known_through="", **_files):
        try:
            import_id = request.env["kgw.portal"]._upload(
                self._kgw_read_number(mandate_id),
                content,
                self._kgw_read_uploads(),
                known_through,
                fields.Datetime.now(),
            )
        except UserError as error:
            return self._kgw_go(PATH, str(error), is_problem=True)
        return request.redirect(f"{PATH}/{import_id}")

    @http.route(f"{PATH}/<int:import_id>", type="http", auth="user", website=True)
    def kgw_import(self, import_id):
        found = request.env["kgw.portal"]._get_import(import_id)
        if not found:
            return request.redirect(PATH)
        return self._kgw_render("portal_import", handover=True, record=found)

    @http.route(
        f"{PATH}/<int:import_id>/accept", type="http", auth="user", methods=["POST"], website=True
    )
    def kgw_accept(self, import_id, seen_note="", **values):
        struck = request.httprequest.form.getlist("struck")
        restated = [
            self._kgw_read_number(name.removeprefix("restate_"))
            for name, value in values.items()
            if name.startswith("restate_") and value == "take"
        ]
        try:
            with request.env.cr.savepoint():  # all of it is taken over, or nothing
                portal = request.env["kgw.portal"]
                state = portal._accept(
                    import_id,
                    struck,
                    fields.Datetime.now(),
                    portal._get_address(),
                    restated,
                    seen_note,
                )
        except UserError as error:
            return self._kgw_go(f"{PATH}/{import_id}", str(error), is_problem=True)
        if state == "taking":  # the page itself says so
            return request.redirect(f"{PATH}/{import_id}")
        return self._kgw_go(f"{PATH}/{import_id}", portal._say_taken(import_id))

    @http.route(f"{PATH}/known", type="http", auth="user", methods=["POST"], website=True)
    def kgw_confirm_payments(self, mandate_id="", known_through=""):
        try:
            request.env["kgw.portal"]._confirm_payments(
                self._kgw_read_number(mandate_id), known_through, fields.Datetime.now()
            )
        except UserError as error:
            return self._kgw_go(PATH, str(error), is_problem=True)
        return self._kgw_go(PATH, request.env._("Thank you: reminders need not wait for payments."))
