from datetime import date

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import calendar


class KgwHoldForce(models.Model):
    """Which holds are in force on a day, what they keep back, and until when."""

    _inherit = "kgw.hold"

    @api.model
    def _in_force(self, on_date):
        """Return the domain of the holds in force on ``on_date``."""
        return (
            Domain("lifted_at", "=", False)
            & Domain("from_date", "<=", on_date)
            & (Domain("until_date", "=", False) | Domain("until_date", ">=", on_date))
        )

    @api.model
    def _get_blocking(self, reminders, on_date):
        """Return the holds in force on ``on_date`` for the cases of ``reminders``, their mandates,
        brands, channels or everything; :meth:`_covers` tells for which of them.

        Holds of single invoices are not among them: they take lines out, not the reminder.
        """
        scope = [
            ("move_id", "=", False),
            ("case_id", "in", (False, *reminders.case_id.ids)),
            ("mandate_id", "in", (False, *reminders.mandate_id.ids)),
            ("brand_id", "in", (False, *reminders.brand_id.ids)),
            ("channel", "in", (False, *set(reminders.mapped("channel")))),
        ]
        return self.search(self._in_force(on_date) & Domain(scope))

    @api.model
    def _get_keeping_reminders(self, reminders, on_date):
        """Return ``{reminder: hold}`` of the hold that keeps each of ``reminders`` back longest on
        ``on_date``, be it that of its case, of more than it, or of its invoices themselves."""
        if not reminders:
            return {}
        moves = reminders.line_ids.move_id
        wide = self._get_blocking(reminders, on_date)
        own = self.search(self._in_force(on_date) & Domain("move_id", "in", moves.ids))
        return {
            reminder: hold
            for reminder in reminders
            if (hold := (wide | own)._filter_keeping(reminder)._get_last())
        }

    def _filter_keeping(self, reminder):
        """Return those of these holds that are about ``reminder`` or an invoice of it."""
        moves = reminder.line_ids._get_own().move_id
        return self.filtered(
            lambda hold: hold.move_id in moves if hold.move_id else hold._covers(reminder)
        )

    def _ends_before(self, day):
        """Whether it is known that this hold is over before ``day``."""
        last = self.until_date or (self.release_at and calendar.local_date(self.release_at))
        return bool(last and last < day)

    def _get_cure(self):
        """Return the code of what helps against this hold."""
        return f"hold_{self.reason}"

    def _covers(self, reminder):
        """Tell whether one of these holds is about ``reminder``."""
        return any(
            all(
                not hold[name] or hold[name] == reminder[name]
                for name in ("case_id", "mandate_id", "brand_id", "channel")
            )
            for hold in self
        )

    @api.model
    def _get_stopped(self, mandates, on_date):
        """Return those of ``mandates`` whose creditors are written to by nobody on ``on_date``: a
        stop of everything, of the mandate or of its e-mails is in force."""
        stops = self.search(
            self._in_force(on_date)
            & Domain(
                [
                    ("reason", "=", "stop"),
                    ("case_id", "=", False),
                    ("move_id", "=", False),
                    ("brand_id", "=", False),
                    ("channel", "in", (False, "email")),
                    ("mandate_id", "in", (False, *mandates.ids)),
                ]
            )
        )
        if stops.filtered(lambda stop: not stop.mandate_id):
            return mandates
        return stops.mandate_id

    @api.model
    def _get_in_force(self, case, receivables, on_date):
        """Return every hold in force on ``on_date`` on ``case``, on more than it, or on one of
        ``receivables``, which are its own; those of one channel as well.

        Of the brands counts the one that speaks next: before or after the due date.
        """
        return self._get_in_force_each({case: receivables}, on_date)[case]

    @api.model
    def _get_in_force_each(self, cases, on_date):
        """Return ``{case: holds}`` as :meth:`_get_in_force`, of many cases in one query.

        :param cases: ``{case: receivables of it}``
        """
        moves = {move: case for case, lines in cases.items() for move in lines.move_id}
        mandates = self.mandate_id.union(*(case.mandate_id for case in cases))
        scope = [
            ("case_id", "in", (False, *(case.id for case in cases))),
            ("move_id", "in", (False, *(move.id for move in moves))),
            ("mandate_id", "in", (False, *mandates.ids)),
        ]
        found = self.search(self._in_force(on_date) & Domain(scope))
        own = found.grouped(lambda hold: hold.case_id or moves.get(hold.move_id))
        wide = own.get(None, self.browse())
        return {
            case: (own.get(case, self.browse()) | wide)._get_reaching(case.mandate_id, lines)
            for case, lines in cases.items()
        }

    @api.model
    def _get_coming_each(self, cases, on_date):
        """Return ``{case: holds}`` that begin after ``on_date`` and keep back its invoices, the case,
        its mandate, a brand or everything; of many cases in one query.

        :param cases: ``{case: receivables of it}``
        """
        moves = {move: case for case, lines in cases.items() for move in lines.move_id}
        mandates = self.mandate_id.union(*(case.mandate_id for case in cases))
        scope = [
            ("lifted_at", "=", False),
            ("from_date", ">", on_date),
            ("move_id", "in", (False, *(move.id for move in moves))),
            ("case_id", "in", (False, *(case.id for case in cases))),
            ("mandate_id", "in", (False, *mandates.ids)),
        ]
        own = self.search(scope).grouped(lambda hold: hold.case_id or moves.get(hold.move_id))
        wide = own.get(None, self.browse())
        return {
            case: own.get(case, self.browse())
            | wide.filtered(lambda hold, own=case.mandate_id: hold.mandate_id <= own)
            for case in cases
        }

    def _get_reaching(self, mandate, receivables):
        """Return those of these holds that are of ``mandate``, or of all, and of who speaks next."""
        if not self:
            return self
        brands = self._get_next_brands(mandate, receivables)
        return self.filtered(lambda hold: hold.mandate_id <= mandate and hold.brand_id <= brands)

    def _get_next_brands(self, mandate, receivables):
        """Return who speaks next about ``receivables`` of ``mandate``."""
        steps = receivables.kgw_next_step_id
        sides = {"before" if step.offset_days < 0 else "after" for step in steps} or {"after"}
        return mandate.brand_after_id.browse().union(*map(mandate._get_brand, sides))

    def _get_of_every_channel(self):
        """Return those of these holds that keep every channel back: a contact takes another way
        past the hold of one."""
        return self.filtered(lambda hold: not hold.channel)

    def _get_of_waiting_channels(self):
        """Return those of these holds for whose end the steps of their channel wait; one that closes
        its channel for good lets them take their other way."""
        return self.filtered(lambda h: h.channel and (h.until_date or h.reason == "stop"))

    def _get_of_creditor(self):
        """Return those of these holds of a case or invoice that the creditor asked for."""
        return self.filtered(lambda h: h.reason == "creditor" and (h.case_id or h.move_id))

    def _get_keeping(self, receivables):
        """Return the hold for which ``receivables`` of one case wait longest together: the one that
        ends last for what is free first; empty where something goes on.

        Expects holds in force on that case.
        """
        if not self or not receivables:
            return self._get_of_every_channel().filtered(lambda h: not h.move_id)._get_last()
        mandate = receivables.kgw_case_id.mandate_id
        kept = [
            self._get_reaching(mandate, lines)._get_last_of(move)
            for move, lines in receivables.grouped("move_id").items()
        ]
        if not all(kept):
            return self.browse()
        # Of several that end together, the one decided last is told.
        return min(kept, key=lambda hold: (hold._get_rank(), -hold.id))

    def _get_first_free(self, receivables):
        """Return the first of ``receivables`` that has a next step and is not on hold by itself,
        empty without one.

        :param receivables: the soonest first
        """
        held = self.move_id
        free = (
            line
            for line in receivables
            if line.kgw_next_date
            and line.kgw_stage in ("before_due", "overdue")
            and line.move_id not in held
        )
        return next(free, receivables.browse())

    def _get_last_of(self, move):
        """Return the hold of every channel that keeps ``move`` back longest."""
        own = self._get_of_every_channel().filtered(lambda h: not h.move_id or h.move_id == move)
        return own._get_last()

    def _get_last(self):
        """Return the hold that ends last; of those without an end one that ended the contact, else
        the oldest."""
        return self.sorted(lambda hold: (hold._get_rank(), -hold.id), reverse=True)[:1]

    def _is_ending(self):
        """Whether the creditor ended the contact by it, rather than put it off."""
        decision = self.decision_id
        if self.dispute_id.state == "accepted":
            return True
        return decision.kind in ("collection", "withdraw", "stop") or decision.value in (
            "hand_over",
            "end",
        )

    def _get_rank(self):
        return self.until_date or date.max, self._is_ending()

    # === CHANNELS CLOSED FOR GOOD === #

    @api.model
    def _get_closing_condition(self):
        """Return the condition that hold ``h`` closes its channel for case ``c`` for good: nobody
        knows an end. A stop is to be over soon: what it holds waits for it.
        """
        return SQL(
            "h.channel IS NOT NULL AND h.until_date IS NULL AND h.lifted_at IS NULL"
            " AND h.brand_id IS NULL AND h.reason <> 'stop'"
            " AND (h.case_id = c.id OR h.case_id IS NULL AND h.mandate_id = c.mandate_id)"
        )

    @api.model
    def _get_closed_channels(self, cases):
        """Return ``{case id: {channel: reason}}`` of the channels that are closed: steps take their
        other way. The reason is that of a step passed over which has none: whether the creditor
        gave the channel up."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, h.channel,
                       CASE WHEN bool_or(h.reason = 'creditor') THEN 'given_up' ELSE 'closed' END
                  FROM kgw_hold h, kgw_case c WHERE c.id = ANY(%s) AND %s GROUP BY 1, 2
                """,
                list(cases.ids),
                self._get_closing_condition(),
            )
        )
        closed = {}
        for case_id, channel, reason in rows:
            closed.setdefault(case_id, {})[channel] = reason
        return closed

    @api.model
    def _get_held_moves(self, moves, on_date, promise=None):
        """Return those of ``moves`` that are on hold by themselves on ``on_date``.

        :param promise: its own hold does not keep back what confirms it
        """
        holds = self.search(self._in_force(on_date) & Domain("move_id", "in", moves.ids))
        return holds.filtered(lambda h: not promise or h.promise_id != promise).move_id
