from odoo import fields
from odoo.http import Controller, request, route

from ..const import REPORT_PATH
from ..exceptions import MalformedReport
from ..tools import access_log
from ..tools.reports import parse_reports

access_log.install()


class SmsapiReportController(Controller):
    @route(
        f"{REPORT_PATH}<string:secret>",
        type="http",
        auth="public",
        methods=["GET"],
        csrf=False,
        save_session=False,
    )
    def receive_report(self, secret, **params):
        """Take in SMSAPI's delivery reports. Only the body ``OK`` stops it from repeating them.

        SMSAPI does not sign its calls: the secret in the address is what proves them.
        """
        # sudo: the caller is nobody; the secret replaces the access rights.
        company_sudo = request.env["res.company"].sudo()._kgw_find_by_smsapi_secret(secret)
        if not company_sudo:
            raise request.not_found()
        try:
            reports = parse_reports(params, fields.Datetime.now())
        except MalformedReport:
            return self._answer("", 400)
        tracker_sudo = request.env["sms.tracker"].sudo()  # as above
        complete = tracker_sudo._kgw_receive_reports(reports, company_sudo)
        return self._answer("OK" if complete else "", 200 if complete else 503)

    def _answer(self, body, status):
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        return request.make_response(body, headers=headers, status=status)
