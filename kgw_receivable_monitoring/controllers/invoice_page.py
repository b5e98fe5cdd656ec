from odoo import http
from odoo.http import request

from ..tools.readers import UnreadableFile


class KgwInvoicePageController(http.Controller):
    """The creditor's own invoice as a page, for people of monitoring."""

    @http.route("/kgw/invoice/<int:receivable_id>", type="http", auth="user", readonly=True)
    def kgw_invoice(self, receivable_id):
        receivable = request.env["kgw.receivable"].search([("id", "=", receivable_id)])
        # The right asked for is that on the receivable: agents have none on accounting.
        move = receivable.move_id.sudo()
        if request.env.user.share or not move.kgw_source_id:
            raise request.not_found()
        try:
            page = (
                request.env["kgw.invoice.page"].sudo()._get_page(move, request.env.lang or "pl_PL")
            )
        except UnreadableFile:
            return request.redirect(f"/web/content/{move.kgw_source_id.id}?download=1")
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return request.make_response(page, [*headers.items(), ("Content-Type", "text/html")])
