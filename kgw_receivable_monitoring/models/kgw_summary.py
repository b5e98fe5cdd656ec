import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..tools import calendar

_logger = logging.getLogger(__name__)

EVERY = [("weekly", "Every week"), ("monthly", "Every month"), ("never", "Never")]


class KgwSummary(models.Model):
    """The summary of one period that was sent to one person of a creditor.

    The row, its PDF and the queued e-mail are written in one transaction, and there is one row per
    person and period: whatever dies in between, nobody gets a summary twice.
    """

    _name = "kgw.summary"
    _description = "Summary for a Creditor"
    _order = "period_to desc, id desc"
    _rec_name = "period_to"

    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    creditor_id = fields.Many2one(
        "res.partner", required=True, readonly=True, index=True, ondelete="cascade"
    )
    every = fields.Selection(EVERY, required=True, readonly=True)
    period_from = fields.Date(required=True, readonly=True)
    period_to = fields.Date(required=True, readonly=True)
    attachment_id = fields.Many2one("ir.attachment", string="PDF", readonly=True)

    _once = models.UniqueIndex(
        "(user_id, every, period_from)", "This person already got the summary of this period."
    )

    @api.model
    def _cron_send(self):
        """Send what is due; one that fails does not stop the others."""
        now = fields.Datetime.now()
        due = self._get_due(calendar.local_date(now))
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for access in due:
            try:
                with self.env.cr.savepoint():
                    self._send(access, now)
            except Exception:
                _logger.exception("The summary for user %s can't be sent", access.user_id.id)
            if not self.env["ir.cron"]._commit_progress(1):
                return

    @api.model
    def _get_period(self, every, on_date):
        """Return the first and last day of the last whole week or month before ``on_date``."""
        if every == "weekly":
            last = on_date - timedelta(days=on_date.weekday() + 1)
            return last - timedelta(days=6), last
        last = on_date.replace(day=1) - timedelta(days=1)
        return last - relativedelta(day=1), last

    @api.model
    def _get_due(self, on_date):
        """Return the rights of the people who want a summary and have not got that of the last
        period."""
        due = self.env["kgw.portal.access"]
        for every in ("weekly", "monthly"):
            first, _last = self._get_period(every, on_date)
            told = self.search([("every", "=", every), ("period_from", "=", first)]).user_id
            wanted = due.search([("summary", "=", every), ("user_id", "not in", told.ids)])
            due |= wanted.filtered(lambda a: a.user_id.active and a.user_id.email)
        return due.filtered(lambda access: self._get_mandates(access.creditor_id, on_date))

    def _get_mandates(self, creditor, on_date):
        """Return the mandates of ``creditor`` by which it is written to on ``on_date``: in a trial
        run and under a stop it is not; its summary follows while the period is the last one."""
        mandates = self.env["kgw.mandate"].search(
            [
                ("creditor_id", "child_of", creditor.id),
                ("state", "=", "active"),
                ("is_trial", "=", False),
            ]
        )
        return mandates - self.env["kgw.hold"]._get_stopped(mandates, on_date)

    def _send(self, access, now):
        """Draw the summary of the last period for one person and queue the e-mail with it."""
        today = calendar.local_date(now)
        mandate = self._get_mandates(access.creditor_id, today)[:1]
        first, last = self._get_period(access.summary, today)
        report, document = self._draw(access, mandate, first, last, now)
        summary = self.create(
            {
                "user_id": access.user_id.id,
                "creditor_id": access.creditor_id.id,
                "every": access.summary,
                "period_from": first,
                "period_to": last,
            }
        )
        summary.attachment_id = self.env["ir.attachment"].create(
            {
                "name": f"{report['title']} {last.isoformat()}.pdf",
                "raw": document,
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": summary.id,
            }
        )
        self.env["kgw.creditor.mail"]._post_summary(mandate, report, summary.attachment_id, access)
        return summary

    def _draw(self, access, mandate, first, last, now):
        """Return ``(figures, PDF)`` as the person sees them through the fence of the portal."""
        lang = mandate.creditor_id.lang or self.env.lang or "en_US"
        portal = self.env["kgw.portal"].with_user(access.user_id)
        portal = portal.with_context(lang=lang, kgw_now=now)
        report = portal._get_report(first, last)
        return report, portal._draw_report(report, mandate._get_own_brand().name)
