import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain

from .. import const

_logger = logging.getLogger(__name__)


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    kgw_smsapi_company_id = fields.Many2one(
        "res.company", "SMSAPI Account of", readonly=True, ondelete="set null"
    )
    kgw_smsapi_message_id = fields.Char("SMSAPI Message", readonly=True)
    kgw_smsapi_parts = fields.Integer("Parts", readonly=True)
    kgw_smsapi_code = fields.Integer("SMSAPI Status", readonly=True)
    kgw_smsapi_reported_at = fields.Datetime("Reported for", readonly=True)

    @api.model
    def _kgw_receive_reports(self, reports, company):
        """Apply the delivery reports that came with ``company``'s secret.

        A report on a message that is not known, or that another company sent, is passed over.
        One report that fails does not stop the others.

        :param reports: list of ``tools.reports.Report``
        :return: whether all could be applied; if not, the gateway should repeat them
        """
        trackers = self._kgw_find_reported(reports, company)
        failed = 0
        for report in reports:
            if tracker := trackers.get(report.uuid):
                failed += not tracker._kgw_try_report(report)
        return not failed

    @api.model
    def _kgw_find_reported(self, reports, company):
        own = Domain("kgw_smsapi_company_id", "in", [False, company.id])
        uuids = [report.uuid for report in reports]
        return self.search(Domain("sms_uuid", "in", uuids) & own).grouped("sms_uuid")

    def _kgw_try_report(self, report):
        """Apply one report; return whether that worked."""
        try:
            with self.env.cr.savepoint():
                self._kgw_apply_report(report)
        except OperationalError:
            raise  # two reports at the same time: Odoo repeats the whole request
        except Exception:
            # The border of one record: the others go on, the gateway repeats this one.
            _logger.exception("Delivery report of tracker %s could not be applied", self.id)
            return False
        return True

    def _kgw_apply_report(self, report):
        """Move this tracker to the status of ``report`` if that ranks higher than its own.

        Ranks only rise, so a late or repeated report changes nothing and the end does not
        depend on the order. Two reports at once write the same row: one is repeated.

        :return: whether the tracker moved
        """
        self.ensure_one()
        before = const.REPORT_CODES.get(self.kgw_smsapi_code)
        after = const.REPORT_CODES.get(report.code)
        if not after or (before and after.rank <= before.rank):
            return False
        self.write(self._kgw_prepare_report_vals(report))
        self._kgw_update_notification(after, report.code)
        if after.kind != const.PENDING and (not before or before.kind != after.kind):
            self._kgw_hook_after_report(after.kind, report.done_at)
        return True

    def _kgw_prepare_report_vals(self, report):
        return {
            "kgw_smsapi_code": report.code,
            "kgw_smsapi_reported_at": report.done_at,
            "kgw_smsapi_message_id": report.gateway_id,
        }

    def _kgw_update_notification(self, status, code):
        """Show the status where Odoo shows it: on the notification of the message."""
        if code == const.NOT_FOUND:
            return
        if status.kind == const.UNDELIVERED:
            self._action_update_from_provider_error(status.error)
        else:
            delivered = status.kind == const.DELIVERED
            self._action_update_from_sms_state("sent" if delivered else "pending")
        done = Domain("uuid", "=", self.sms_uuid) & Domain("to_delete", "=", False)
        self.env["sms.sms"].search(done).to_delete = True

    def _kgw_hook_after_report(self, status, done_at):
        """Hook: called when it is known for the first time whether the message was delivered.

        Called with the rights of the report route (sudo, public user), in its transaction, and
        once more if *undelivered* turns into *delivered*; never the other way round. What is
        raised here undoes this report only; the gateway then repeats it.

        :param str status: ``"delivered"`` or ``"undelivered"``
        :param datetime done_at: since when, naive UTC, never in the future
        """
