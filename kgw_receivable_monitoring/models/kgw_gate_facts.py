"""What the gate reads once for all reminders that it judges together."""

from collections import Counter
from datetime import timedelta
from functools import cached_property

from ..tools import calendar


class Facts:
    """What the gate reads once for all reminders that it judges together, when it is asked."""

    def __init__(self, reminders, now):
        """
        :param now: the moment, naive UTC
        """
        self.reminders = reminders
        self.now = now
        self.today = calendar.local_date(now)
        self.tomorrow = calendar.noon(self.today + timedelta(days=1))
        self.coverage = {}
        self.counted = Counter()

    @cached_property
    def owed(self):
        """The lines of all the reminders about which something is still owed."""
        return self.reminders._get_owed_lines()

    @cached_property
    def main(self):
        """``{reminder: the lines that the contact is for}``, of those owed."""
        return self.owed._get_main().grouped("reminder_id")

    def get_main(self, reminder):
        """Return the lines that the contact is for, of those about which something is owed."""
        return self.main.get(reminder) or reminder.line_ids.browse()

    @cached_property
    def reachable(self):
        """``{case id: channels}`` for which the case has a usable contact point."""
        return self.reminders.case_id._get_usable_channels(closed={})

    @cached_property
    def holds(self):
        """Holds in force on whole cases, mandates, brands, channels or everything."""
        return self.reminders.env["kgw.hold"]._get_blocking(self.reminders, self.today)

    @cached_property
    def held_moves(self):
        """Invoices that are on hold by themselves."""
        moves = self.reminders.line_ids.move_id
        return self.reminders.env["kgw.hold"]._get_held_moves(moves, self.today)

    def get_held_moves(self, reminder):
        """Return the invoices whose own holds keep ``reminder`` back; that of a promise does not
        keep back what confirms it."""
        if not reminder.promise_id:
            return self.held_moves
        holds, moves = reminder.env["kgw.hold"], reminder.line_ids.move_id
        return holds._get_held_moves(moves, self.today, reminder.promise_id)

    def is_held(self, reminder):
        """Whether everything that the contact is for is on hold by itself."""
        held = self.get_held_moves(reminder)
        main = held and self.get_main(reminder)
        return bool(main) and main.move_id <= held

    def get_kept(self, reminders):
        """Return the lines about which these of the reminders speak if they go out now: something
        is owed, and their invoices are not on hold by themselves."""
        owed = self.owed & reminders.line_ids
        held = {r: moves for r in reminders if (moves := self.get_held_moves(r))}
        return owed.filtered(lambda line: line.move_id not in held.get(line.reminder_id, ()))

    @cached_property
    def contacts(self):
        """``{case id: [(day, ids of the reminders)]}`` of the last contacts, as far as gaps reach."""
        scenarios = self.reminders.step_id.scenario_id
        gaps = scenarios.mapped("gap_before_days") + scenarios.mapped("gap_after_days")
        since = self.today - timedelta(days=max(gaps, default=1))
        rows = self.reminders._read_group(
            [("case_id", "in", self.reminders.case_id.ids), ("contact_on", ">=", since)],
            ["case_id", "contact_on:day"],
            ["id:array_agg"],
        )
        contacts = {}
        for case, day, ids in rows:
            contacts.setdefault(case.id, []).append((day, set(ids)))
        return contacts

    def get_last_contact(self, reminder):
        """Return the day of the last contact of the case other than ``reminder``, or None."""
        contacts = self.contacts.get(reminder.case_id.id, ())
        return max((day for day, ids in contacts if ids - {reminder.id}), default=None)

    @cached_property
    def counts(self):
        """Attempts and contacts of the people behind the cases, over all creditors."""
        # Nobody has rights on the counts across creditors.
        persons_sudo = self.reminders.env["kgw.person"].sudo()
        return persons_sudo._get_counts(self.reminders.case_id, self.today)

    @cached_property
    def latest_due(self):
        """The latest effective due date of what is owed."""
        return self.owed._get_latest_due()

    def knows_payments(self, mandate, due=None):
        """Whether the payments of ``mandate`` are known through ``due``; None means through every
        due date of what is owed. Many ask the same."""
        due = due or self.latest_due
        if (mandate, due) not in self.coverage:
            self.coverage[mandate, due] = mandate._knows_payments(due, self.today)
        return self.coverage[mandate, due]

    def count(self, reminder):
        """Count a reminder that passed: the next one may be for the same person. At the desk it is
        counted by its outcome, and a trial contacts nobody."""
        is_counted = not reminder._get_channel()._at_desk and not reminder.mandate_id.is_trial
        if is_counted and not reminder.attempts:  # what is repeated is the same contact
            for count in self.counts[reminder.case_id.id]:
                count.attempts += 1
                count.contacts += 1
                self.counted[count.hash] += 1
