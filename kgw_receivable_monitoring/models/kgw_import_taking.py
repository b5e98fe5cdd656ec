import logging

from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import calendar
from .kgw_portal_live import SUBCHANNEL

# Rows that a person waits for on the page; more are taken by the scheduled action.
AT_ONCE = 200
# Fewer are over before anybody could read how far they are.
TOLD = 50
# A run that was cut off, or lost a race for a row, is repeated so often.
MAX_TRIES = 3
# A row that others wrote meanwhile, an invoice that another hand-over brought meanwhile.
RACES = (OperationalError, UniqueViolation)
BUS_TYPE = "kgw_import"
CRON = "kgw_receivable_monitoring.ir_cron_kgw_take_imports"
MANAGERS = "kgw_receivable_monitoring.group_kgw_manager"

_logger = logging.getLogger(__name__)


class KgwImportTaking(models.Model):
    """Taking over: few rows at once, thousands by a scheduled action, while the person watches or
    leaves the page. It is one transaction either way: everything is written, or nothing."""

    _name = "kgw.import"
    _inherit = ["kgw.import"]

    taker_id = fields.Many2one("res.users", readonly=True, copy=False)
    tries = fields.Integer(readonly=True, copy=False)
    struck = fields.Json(
        readonly=True, copy=False, help="Names that the creditor struck off when it took over."
    )

    def action_take(self):
        now = fields.Datetime.now()
        for record in self:
            record._request_taking(now)

    def _request_taking(self, now):
        """Take the hand-over at once if it is small, else have it taken.

        :raise UserError: it was taken before, or it can't be
        """
        self.ensure_one()
        self.check_access("write")
        today = calendar.local_date(now)
        if self.state == "draft":
            self._preview(today)
        if len(self.line_ids) <= AT_ONCE:
            self._take(today, now)
            return
        self._check_takeable()
        # What is being taken can't be changed by hand any more, nor by who ordered it.
        self.sudo().write(
            {"state": "taking", "taker_id": self.env.uid, "tries": 0, "message": False}
        )
        self.env.ref(CRON).sudo()._trigger()  # nobody else may wake scheduled actions

    def _check_takeable(self):
        """
        :raise UserError: what is known before the files are read again speaks against it
        """
        if self.state in ("taking", "done", "withdrawn"):
            raise UserError(self.env._("This file was already taken over."))
        if self.state == "refused":
            raise UserError(self.message)
        if self.mandate_id.state != "active":
            raise UserError(self.env._("Activate the mandate first, then take over its files."))
        if self.content == "open_items":
            self.env["kgw.import.open.items"]._check_confirmed(self)

    def _take(self, on_date, now):
        """Write what the preview showed, in the current transaction.

        :param on_date: the day of the hand-over
        :raise UserError: the mandate is not active, or there is nothing to take
        """
        self.ensure_one()
        self.check_access("write")
        # Booking reads journals and writes moves, cases and courses, for which importers have no
        # rights; who may hand over a mandate's file may have it booked.
        self.sudo()._take_over(on_date, now)

    def _take_over(self, on_date, now):
        self._tell("read")
        # What was seen may have been taken meanwhile, by another file.
        rows, periods = self._preview(on_date)
        self._check_takeable()
        if self.content == "payments":
            self.env["kgw.payment.list"]._take_file(self, rows, periods, now)
        else:
            self.env["kgw.import.booking"]._book(self, rows, on_date, now)
        # What came in before its invoice, or could not be told apart, may fit now.
        self.env["kgw.payment.waiting"]._follow(self.mandate_id, now)
        self.state = "done"
        self._decide_names(now)

    def _decide_names(self, now):
        """Who was struck by the creditor is never contacted; the others need not wait for it."""
        if not self.struck:
            return
        cases = self.line_ids.move_id.line_ids.kgw_case_id
        unwanted = cases.filtered(lambda c: c.counterparty_id.name in self.struck["names"])
        unwanted._strike(now)
        (cases - unwanted)._confirm_names(now)

    # === THE SCHEDULED ACTION === #

    @api.model
    def _cron_take(self):
        """Take what waits, each hand-over in a transaction of its own."""
        cron = self.env["ir.cron"]
        waiting = self.search([("state", "=", "taking")], order="id")
        cron._commit_progress(remaining=len(waiting))
        for record in waiting:
            record.tries += 1
            cron._commit_progress()  # a run that dies has left its mark
            record._take_ordered(fields.Datetime.now())
            if not cron._commit_progress(int(record.state != "taking")):
                break

    def _take_ordered(self, now):
        """Take what was ordered, as who ordered it; what can't be taken says why.

        Who lost a race for a row that others wrote meanwhile, or for an invoice that another
        hand-over brought, waits for the next run; what happens in every run is no race.
        """
        taker = self.taker_id
        record = self.with_user(taker).with_context(lang=taker.lang).sudo()  # as in _take
        try:
            if self.tries > MAX_TRIES:
                raise UserError(record._tell_cut_off())
            record._take_over(calendar.local_date(now), now)
            self.env.flush_all()
        except UserError as error:
            self._put_back(str(error))
        except Exception as error:
            self.env.cr.rollback()
            if isinstance(error, RACES) and self.tries < MAX_TRIES:
                _logger.info("Import %s met other work and is taken again", self.id)
                self.env.ref(CRON)._trigger()
                return
            _logger.exception("Import %s could not be taken", self.id)
            self._put_back(record._tell_failed())
        else:
            self._tell_end()

    def _put_back(self, message):
        """Nothing was written: the preview is there again, with the reason."""
        self.env.cr.rollback()
        self.write({"state": "preview", "message": message})
        self._tell_end()

    def _tell_cut_off(self):
        return self.env._(
            "Taking over was cut off %s times; nothing was booked. Hand the files over in smaller"
            " parts, or ask the administrator to give scheduled actions more time"
            " (limit_time_real_cron).",
            MAX_TRIES,
        )

    def _tell_failed(self):
        return self.env._(
            "Taking over met an error of the program; nothing was booked. Ask the administrator to"
            " look into the log for import %s, then take it over again.",
            self.id,
        )

    # === PROGRESS === #

    def _tell(self, stage, done=0, total=0):
        """Tell open pages how far taking has come, in a sentence.

        In a transaction of its own: the bus speaks when a transaction is committed, and the one
        that takes the files is committed when everything is done.
        """
        if len(self.line_ids) < TOLD:
            return
        sentence, channels = self._describe_stage(stage, done, total), self._get_channels()
        with self.env.registry.cursor() as cr:
            self._send(self.env(cr=cr)["bus.bus"], channels, sentence, done, total)

    def _describe_stage(self, stage, done, total):
        return {
            "read": self.env._("The files are being read."),
            "invoices": self.env._(
                "Invoices booked: %(done)s of %(total)s.", done=done, total=total
            ),
            "cases": self.env._("The invoices are booked. Cases are being opened."),
            "balances": self.env._(
                "Balances compared: %(done)s of %(total)s.", done=done, total=total
            ),
            "payments": self.env._(
                "Payments looked at: %(done)s of %(total)s.", done=done, total=total
            ),
        }[stage]

    def _tell_end(self):
        """Tell open pages after the commit that it is over: they load anew."""
        self._send(self.env["bus.bus"], self._get_channels(), "")

    def _send(self, bus, channels, sentence, done=0, total=0):
        message = {"id": self.id, "sentence": sentence, "done": done, "total": total}
        for channel in channels:
            bus._sendone(channel, BUS_TYPE, message)

    def _get_channels(self):
        """Return who is told: managers, and the pages of the creditor."""
        return [self.env.ref(MANAGERS), (self.mandate_id.creditor_id, SUBCHANNEL)]
