import time

from odoo import fields, http
from odoo.http import request


class KgwMissedCallController(http.Controller):
    @http.route(
        "/kgw/missed_call",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def kgw_missed_call(self, number="", called="", **_params):
        """Take in a missed call that a telephone exchange posts (docs/guide-administrator.md).

        The token comes in the header ``X-Kgw-Token``: addresses are written into logs.
        """
        missed = request.env["kgw.missed.call"]
        status = missed._admit(request.httprequest.headers.get("X-Kgw-Token"), time.monotonic())
        if status == 200 and not number:
            status = 400
        if status == 200:
            # sudo: the caller is nobody; the token replaced the access rights.
            missed.sudo()._take(number, called, fields.Datetime.now())
        return request.make_response(
            "OK" if status == 200 else "",
            [("Content-Type", "text/plain; charset=utf-8")],
            status=status,
        )
