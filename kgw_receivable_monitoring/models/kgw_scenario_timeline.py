from datetime import timedelta
from decimal import Decimal

from markupsafe import Markup

from odoo import api, models
from odoo.tools.misc import format_date

from ..tools import course, course_check, words

ICONS = {
    "email": "fa-envelope-o",
    "sms": "fa-mobile",
    "phone": "fa-phone",
    "letter": "fa-file-text-o",
    "question": "fa-question-circle-o",
    "report": "fa-bar-chart",
}
# A card needs so many days of the axis beside it, else it moves to the next lane.
CARD_DAYS = 6


class KgwScenarioTimeline(models.AbstractModel):
    """Draws a scenario, saved or just being typed in, along an example due date."""

    _name = "kgw.scenario.timeline"
    _description = "Time Line of a Scenario"

    @api.model
    def _draw(self, scenario, due):
        """Return ``(time line, course)`` as HTML for a printed due date."""
        sketch = self._sketch(scenario, due)
        draw = self.env["ir.qweb"]._render
        return (
            Markup(draw("kgw_receivable_monitoring.scenario_timeline", sketch)),
            Markup(draw("kgw_receivable_monitoring.scenario_course", sketch)),
        )

    @api.model
    def _sketch(self, scenario, due):
        """Return what the time line shows, as plain values."""
        steps = self._get_steps(scenario)
        effective_due = self.env.company._kgw_get_effective_due(due)
        known = {step: plain for step, plain in steps.items() if self._is_complete(step)}
        gaps = (scenario.gap_before_days or 1, scenario.gap_after_days or 1)
        walk = course_check.walk(
            known.values(), due, effective_due, scenario.horizon_days or 0, gaps
        )
        first = min([plain.offset for plain in steps.values()] + [-3]) - 1
        last = (
            max([plain.offset for plain in steps.values()] + [scenario.horizon_days or 0])
            + 1
            + CARD_DAYS
        )
        return {
            "cards": self._place(self._get_cards(steps, walk), first, last),
            "due": self._say_due(due, effective_due),
            "due_left": self._get_left(0, first, last),
            "end_left": self._get_left(scenario.horizon_days or 0, first, last),
            "width": round(100 * CARD_DAYS / (last - first), 2),
            "ticks": [
                {"day": f"{day:+d}", "left": self._get_left(day, first, last)}
                for day in range(first, last)
                if day and day % 5 == 0
            ],
            "free": self._get_free_days(scenario, first, last),
            "warnings": self._get_warnings(scenario, steps, known, walk.facts, gaps),
        }

    def _say_due(self, due, effective_due):
        if due == effective_due:
            return self.env._("DUE DATE %s", self._format(due))
        return self.env._(
            "DUE DATE %(printed)s (counts as %(effective)s)",
            printed=self._format(due),
            effective=self._format(effective_due),
        )

    def _get_steps(self, scenario):
        """Return ``{step: course.Step}`` in order; numbers stand in for ids."""
        ordered = scenario.step_ids.sorted(lambda s: (s.offset_days, str(s.id)))
        return {step: step._to_course_step(number) for number, step in enumerate(ordered, start=1)}

    def _is_complete(self, step):
        return step.kind != "contact" or (step.channel and step.rung)

    # === CARDS === #

    def _get_cards(self, steps, walk):
        cards, earlier = [], None
        for step, plain in steps.items():
            cards.append(self._get_card(step, plain, walk, earlier))
            earlier = plain if plain.kind == "contact" else earlier
        return cards

    def _get_card(self, step, plain, walk, earlier):
        """Return one step as strings, with its day in the example and what moved it.

        :param earlier: the contact before it, None for the first
        """
        effective_due = walk.facts.effective_due
        nominal = effective_due + timedelta(days=plain.offset)
        planned = course.planned_day(plain, effective_due) if plain.kind == "contact" else nominal
        taken = [e.day for e in walk.trace if (e.step, e.act) == (plain.id, plain.kind)]
        day = taken[0] if taken else planned
        asked = [e.day for e in walk.trace if (e.step, e.act) == (plain.id, "approval")]
        marks = [self.env._("moved from %s", self._format(nominal))] if planned != nominal else []
        if (
            step.only_unreached
            and earlier
            and course.planned_day(earlier, effective_due) == planned
        ):
            marks.append(self.env._("the day of the step before: at the earliest a day later"))
        marks += self._get_marks(step, plain, day, asked[0] if asked else None)
        return {
            "offset": plain.offset,
            "day": f"{plain.offset:+d}",
            "date": self._format(day),
            "name": step.name or "",
            "icon": ICONS.get(step.channel if step.kind == "contact" else step.kind, "fa-ban"),
            "label": self._get_label(step),
            "rung": step.rung if step.kind == "contact" else "",
            "rung_label": self._get_word(step, "rung") if step.kind == "contact" else "",
            "marks": ", ".join(marks),
            "remarks": ", ".join(marks + self._get_example(plain, planned, taken, walk.passed)),
        }

    def _get_label(self, step):
        """Return the channel with its fallback, or the kind of a step without one, in words."""
        if step.kind != "contact":
            return self._get_word(step, "kind")
        ways = filter(None, (self._get_word(step, f) for f in ("channel", "fallback_channel")))
        return " → ".join(ways) or self.env._("no channel")

    def _get_marks(self, step, plain, day, asked):
        """Return what the step depends on and what follows from its day, each a few words.

        :param day: as its card shows it
        :param asked: day on which the creditor is asked in the example, None where it is not
        """
        marks = []
        if step.only_unreached:
            marks.append(self.env._("if not reached before"))
        if step.needs_approval:
            asked = asked or course.get_asking_day(day)
            marks.append(self.env._("creditor asked on %s", self._format(asked)))
        if step.answer_days and plain.rung >= course_check.DEMAND:
            by = course.answer_by(day, step.answer_days, plain.transit_days)
            marks.append(self.env._("answer by %s", self._format(by)))
        return marks + self._get_conditions(step)

    def _get_conditions(self, step):
        wanted = [
            word
            for word, holds in (
                (self.env._("new"), step.if_new),
                (self.env._("late before"), step.if_late),
                (
                    self.env._("from %s", self._format_amount(step.if_amount_from)),
                    step.if_amount_from,
                ),
            )
            if holds
        ]
        conditions = [self.env._("if %s", self.env._(" or ").join(wanted))] if wanted else []
        if step.min_amount:
            conditions.append(self.env._("at least %s", self._format_amount(step.min_amount)))
        if step.hour_to:
            hours = "{}–{}".format(*map(self._format_hour, (step.hour_from, step.hour_to)))
            conditions.append(self.env._("at %s", hours))
        return conditions

    def _get_example(self, plain, planned, taken, passed):
        """Return what moves the step in the example besides days off, or why it is passed over."""
        if taken:
            waits = taken[0] != planned and plain.kind == "contact"
            return [self.env._("waits for the gap or for the rung below")] if waits else []
        reasons = dict(self.env["kgw.event"]._fields["reason"]._description_selection(self.env))
        return [self.env._("not taken here: %s", reasons.get(passed.get(plain.id)) or "–")]

    def _place(self, cards, first, last):
        """Give every card its place from the left and a lane in which it covers no other."""
        ends = []
        for card in cards:
            free = [lane for lane, end in enumerate(ends) if end <= card["offset"]]
            lane = free[0] if free else len(ends)
            ends[lane : lane + 1] = [card["offset"] + CARD_DAYS]
            card.update(lane=lane, left=self._get_left(card["offset"], first, last))
        return cards

    def _get_left(self, day, first, last):
        return round(100 * (day - first) / (last - first), 2)

    def _get_free_days(self, scenario, first, last):
        """Return the days of the axis that have no step yet, for whoever may add one; on the due
        date itself nobody is contacted."""
        if not scenario.has_access("write"):
            return []
        taken = set(scenario.step_ids.mapped("offset_days"))
        return [
            {
                "offset": day,
                "left": self._get_left(day, first, last),
                "title": self.env._("Add a step on day %s", f"{day:+d}"),
            }
            for day in range(first + 1, (scenario.horizon_days or 0) + 1)
            if day and day not in taken
        ]

    # === WARNINGS === #

    def _get_warnings(self, scenario, steps, known, facts, gaps):
        """Return what is odd about the scenario, a sentence each."""
        by_number = {plain.id: step for step, plain in steps.items()}
        incomplete = [
            self.env._(
                "Step %s is incomplete: choose its channel, rung and text.", self._cite(step)
            )
            for step in steps
            if step not in known
        ]
        found = course_check.check(known.values(), facts, gaps)
        return [
            *incomplete,
            *(getattr(self, f"_say_{f.code}")(by_number, f, gaps, facts) for f in found),
            *self._get_hour_warnings(steps),
        ]

    def _say_gap(self, steps, finding, gaps, facts):
        return self.env._(
            "Steps %(earlier)s and %(later)s are closer to each other than the gap of the scenario"
            " (%(gap)s): the later one will wait.",
            earlier=self._cite(steps[finding.other.id]),
            later=self._cite(steps[finding.step.id]),
            gap=gaps[finding.step.offset >= 0],
        )

    def _say_answer(self, steps, finding, gaps, facts):
        return self.env._(
            "Step %(step)s: the time to answer would end on %(date)s, after the end of monitoring"
            " (%(end)s). Choose an earlier day or fewer days to answer.",
            step=self._cite(steps[finding.step.id]),
            date=self._format(finding.other),
            end=self._format(facts.last_day),
        )

    def _say_unreachable(self, steps, finding, gaps, facts):
        why = {
            "condition": self.env._("no contact comes before it that could fail to reach anybody"),
            "lapsed": self.env._("the steps around it leave no day for it"),
            "horizon": self.env._("monitoring ends before it could take effect"),
            "due": self.env._("the due date comes first"),
        }
        return self.env._(
            "Step %(step)s is never taken: %(why)s.",
            step=self._cite(steps[finding.step.id]),
            why=why.get(finding.other)
            or self.env._("no step before it gives the rung that it stands on"),
        )

    def _say_one_way(self, steps, finding, gaps, facts):
        step = steps[finding.step.id]
        return self.env._(
            "“%(rung)s” is given through one channel only (%(channel)s): whoever has no such contact"
            " point gets no contact of this rung. Add a fallback channel.",
            rung=self._get_word(step, "rung"),
            channel=self._get_word(step, "channel"),
        )

    def _say_one_channel(self, steps, finding, gaps, facts):
        return self.env._(
            "All contacts go through one channel (%s): whoever has no such contact point is not"
            " contacted at all.",
            self._get_word(steps[finding.step.id], "channel"),
        )

    def _get_hour_warnings(self, steps):
        warnings = []
        for step in (s for s in steps if s.hour_to):
            outside = self.env["kgw.kind"].search(
                ["|", ("hour_to", "<=", step.hour_from), ("hour_from", ">=", step.hour_to)]
            )
            if outside:
                warnings.append(
                    self.env._(
                        "Step %(step)s: its hours lie outside those of %(kinds)s, who get it within"
                        " the hours of their kind.",
                        step=self._cite(step),
                        kinds=", ".join(outside.mapped("name")),
                    )
                )
        return warnings

    # === WORDS === #

    def _cite(self, step):
        return self.env._(
            "“%(name)s” (%(day)s)", name=step.name or "", day=f"{step.offset_days:+d}"
        )

    def _get_word(self, step, field):
        return step._fields[field].convert_to_export(step[field], step)

    def _format(self, day):
        return format_date(self.env, day, date_format="EEE d MMM")

    def _format_amount(self, amount):
        """Return an amount that steps depend on: in the currency of the books, as what is owed."""
        code = self.env.company.currency_id.name
        return words.format_money(Decimal(str(amount)), code, self.env.lang or "en_US")

    def _format_hour(self, hour):
        return f"{int(hour)}:{round(hour % 1 * 60):02d}"
