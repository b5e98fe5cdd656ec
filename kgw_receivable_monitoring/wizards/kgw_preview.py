from datetime import timedelta

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import OPEN_STATES
from ..tools import calendar, words
from ..tools.notice import notice

MAX_DAYS = 62
MAX_CASES = 500
DEFAULT_DAYS = 14
# Cases that are named when they are left out.
NAMED = 10


class KgwPreview(models.TransientModel):
    """What would go to whom on days to come, and why not: chosen here, shown in its lines."""

    _name = "kgw.preview"
    _description = "Preview"

    mandate_id = fields.Many2one("kgw.mandate", readonly=True)
    case_ids = fields.Many2many("kgw.case", string="Cases", readonly=True)
    move_ids = fields.Json(help="Show only what concerns these invoices.")
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="To", required=True, default=lambda self: self._default_date_to())
    line_ids = fields.One2many("kgw.preview.line", "preview_id")

    def _default_date_to(self):
        return fields.Date.context_today(self) + timedelta(days=DEFAULT_DAYS)

    @api.model
    def _open(self, values):
        """Return the action that opens the dialogue.

        :param values: ``mandate_id`` or ``case_ids``, and ``move_ids`` to keep to invoices
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview"),
            "res_model": "kgw.preview",
            "view_mode": "form",
            "target": "new",
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    def action_show(self):
        """Live through the days and show what they bring."""
        self.ensure_one()
        return self._show(fields.Datetime.now())

    def _show(self, now):
        """Write the lines as seen at ``now`` and return the action that shows them.

        :raise UserError: the days are past or too many, or the cases are being worked on
        """
        self._check_days(calendar.local_date(now))
        cases, is_all = self._get_cases()
        if not cases:
            raise UserError(self.env._("Nothing is open here: there is nothing to preview."))
        entries, last, busy = self._simulate(cases, now)
        self._write_lines(entries)
        remarks = self._get_remarks(is_all, last, busy, entries)
        action = self._get_action(last)
        if not remarks:
            return action
        return notice(" ".join(remarks), kind="warning", sticky=True, then=action)

    def _check_days(self, today):
        if not today <= self.date_from <= self.date_to:
            raise UserError(
                self.env._("Choose days from today on, the first one not after the last.")
            )
        if (self.date_to - today).days >= MAX_DAYS:
            raise UserError(
                self.env._(
                    "A preview looks at most %s days ahead. Choose an earlier day.", MAX_DAYS
                )
            )

    def _get_cases(self):
        """Return ``(cases, whether these are all)``: those that the user may read and where
        something can come, what is open already and the nearest steps first."""
        scope = (
            [("mandate_id", "=", self.mandate_id.id)]
            if self.mandate_id
            else [("case_id", "in", self.case_ids.ids)]
        )
        started = self.env["kgw.reminder"]._read_group(
            [*scope, ("state", "in", OPEN_STATES)], ["case_id"]
        )
        coming = self.env["kgw.receivable"]._read_group(
            [*scope, ("next_date", "!=", False)],
            ["case_id"],
            order="next_date:min, case_id",
            limit=MAX_CASES + 1,
        )
        ids = list(dict.fromkeys(case.id for (case,) in [*started, *coming]))
        readable = self.env["kgw.case"].search([("id", "in", ids[:MAX_CASES])])
        return readable, len(ids) <= MAX_CASES

    def _simulate(self, cases, now):
        """Return ``(entries, last day, cases left out)`` of the chosen days."""
        try:
            with self.env["kgw.simulation"]._open(cases) as chosen:
                if not chosen:
                    raise LockNotAvailable
                entries, last = chosen.env["kgw.simulation"]._run(
                    chosen, calendar.local_date(now), self.date_to, now
                )
                busy = cases.browse(set(cases.ids) - set(chosen.ids))
        except LockNotAvailable as error:
            raise UserError(
                self.env._(
                    "Something is being sent or entered for these cases right now. Try again in a"
                    " moment."
                )
            ) from error
        moves = set(self.move_ids or [])
        wanted = [
            entry
            for entry in entries
            if entry["day"] >= self.date_from
            and (not moves or not moves.isdisjoint(entry["move_ids"]))
        ]
        return wanted, last, busy

    def _write_lines(self, entries):
        rows = [
            {
                **{name: value for name, value in entry.items() if name != "move_ids"},
                "preview_id": self.id,
            }
            for entry in entries
        ]
        self.line_ids.unlink()
        self.env["kgw.preview.line"].create(rows)

    def _get_remarks(self, is_all, last, busy, entries):
        """Return what the reader must know about what is not shown, as sentences."""
        remarks = []
        if not entries:
            remarks.append(
                self.env._(
                    "In these days nothing goes out here and nothing is kept back: no step is due."
                )
            )
        if not is_all:
            remarks.append(
                self.env._("Only the %s cases with the nearest steps are shown.", MAX_CASES)
            )
        if last < self.date_to:
            remarks.append(
                self.env._("There is much to show: the preview ends on %s.", self._format(last))
            )
        if busy:
            names = ", ".join(busy[:NAMED].mapped("display_name")) + ("…" if busy[NAMED:] else "")
            remark = self.env._("Left out, since somebody works on them right now: %s.", names)
            remarks.append(words.one_stop(remark))
        return remarks

    def _format(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})

    def _get_action(self, last):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._(
                "Preview %(first)s to %(last)s",
                first=self._format(self.date_from),
                last=self._format(last),
            ),
            "res_model": "kgw.preview.line",
            "view_mode": "list,form",
            "domain": [("preview_id", "=", self.id)],
            "target": "current",
        }
