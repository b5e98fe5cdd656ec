from collections import Counter
from contextlib import closing
from datetime import timedelta
from typing import NamedTuple

from markupsafe import Markup

from odoo import api, models
from odoo.tools.misc import format_date

from ..tools import calendar, course
from .kgw_scenario_step import STEP_FIELDS

# What decides the course besides the steps: a change of it concerns running cases.
COURSE_FIELDS = ("horizon_days", "gap_before_days", "gap_after_days", "day_rule")
# What promises and disputes are given when they come; those that are open keep theirs.
ANSWER_FIELDS = ("promise_grace_days", "dispute_answer_days", "dispute_default")
RUNNING = ("before_due", "overdue", "elapsed")


class Picture(NamedTuple):
    """How receivables stand: their scenarios, the steps of these, and what comes next."""

    scenarios: dict  # receivable -> scenario
    steps: dict  # scenario -> {step id: course.Step}
    following: dict  # receivable -> (step id, name, day, never before the day of the picture)


class KgwScenarioChange(models.AbstractModel):
    """What a change of a scenario, or another scenario, does to running cases.

    Steps that came newly onto a day that is past count as passed; what was done is never
    repeated, since it is known by its step, and the rung reached stays.
    """

    _name = "kgw.scenario.change"
    _description = "Change of a Scenario"

    @api.model
    def _carry_out(self, lines, act, now):
        """Do ``act``, which changes the scenario of ``lines`` or gives them another, and let them
        follow.

        :param act: function without arguments; changes within it are part of it
        :param now: naive UTC
        :return: what ``act`` returned, and the rows of :meth:`_compare`
        """
        if not lines:
            return act(), []
        # Whoever may change a scenario need not have rights on invoices.
        lines = lines.sudo()
        on_date = calendar.local_date(now)
        before = self._take_picture(lines, on_date)
        result = act()
        self.env.flush_all()
        lines.invalidate_recordset()
        after = self._take_picture(lines, on_date)
        self._pass_past_steps(lines, before, after, on_date, now)
        dropped = self._drop_planned(lines, before, after, now)
        steps = {line: after.steps[scenario] for line, scenario in after.scenarios.items()}
        self.env["kgw.decision"].sudo()._withdraw_of_other_steps(steps, now)  # as above
        lines._kgw_refresh_course(on_date, now)
        return result, self._compare(lines, before, self._take_picture(lines, on_date), dropped)

    @api.model
    def _preview(self, lines, act, now):
        """Return what :meth:`_carry_out` would change, as HTML ('' for nothing); nothing stays."""
        with closing(self.env.cr.savepoint()):
            _result, rows = self._carry_out(lines, act, now)
            return self._draw(rows)

    @api.model
    def _get_running(self, domain):
        """Return the receivables that are monitored and meet ``domain``."""
        # As above: counted and moved for people without rights on invoices.
        lines = self.env["account.move.line"].sudo()
        return lines.search([("kgw_stage", "in", RUNNING), *domain])

    @api.model
    def _get_scenarios(self, lines):
        """Return ``{receivable: scenario}``."""
        scenarios = lines.kgw_case_id._get_scenarios()
        return {line: scenarios[line.kgw_case_id] for line in lines}

    def _take_picture(self, lines, on_date):
        scenarios = self._get_scenarios(lines)
        contacted = lines.kgw_case_id._get_last_contacts()
        holds = self.env["kgw.hold"]._get_in_force_each(lines.grouped("kgw_case_id"), on_date)
        return Picture(
            scenarios,
            {
                scenario: {step.id: step for step in scenario._get_course_steps()}
                if scenario
                else {}
                for scenario in set(scenarios.values())
            },
            {
                line: self._name_next(
                    answer.next,
                    on_date,
                    contacted.get(line.kgw_case_id),
                    holds[line.kgw_case_id]._get_last_of(line.move_id),
                )
                for line, answer in lines._kgw_get_courses(on_date).items()
            }
            | self._get_planned(lines),
        )

    def _get_planned(self, lines):
        """Return what comes next where a reminder is planned already, as in :class:`Picture`."""
        planned = self.env["kgw.reminder.line"].search(
            [
                ("receivable_id", "in", lines.ids),
                ("step_id", "!=", False),
                ("reminder_id.state", "=", "planned"),
            ]
        )
        return {
            line.receivable_id: (
                line.step_id.id,
                self._cite(line.step_id),
                line.reminder_id.planned_on,
            )
            for line in planned
        }

    def _name_next(self, upcoming, on_date, contacted_on, hold):
        """Return what comes next as in :class:`Picture`.

        :param contacted_on: day of the last contact of the case, to which the gap is kept
        :param hold: what keeps the receivable back longest, empty for nothing
        """
        if not upcoming:
            return 0, self.env._("nothing more"), None
        step = self.env["kgw.scenario.step"].browse(upcoming.step_id)
        day = max(upcoming.from_date, on_date)
        if upcoming.act == "contact" and hold:
            if not hold.until_date:
                return step.id, f"{self._cite(step)}, {hold._get_labels()[0]}", None
            day = max(day, hold.until_date + timedelta(days=1))
        if upcoming.act == "contact" and contacted_on:
            day = max(day, contacted_on + timedelta(days=step._get_gap()))
        return step.id, self._cite(step), calendar.forward(day) if step.channel else day

    def _cite(self, step):
        """Return name and day of a step: several steps of a scenario have the same name."""
        return f"{step.name} ({step.offset_days:+d})"

    # === FOLLOWING === #

    def _pass_past_steps(self, lines, before, after, on_date, now):
        """Record the steps that a receivable got onto a day that is past already."""
        asked = self.env["kgw.course.facts"].sudo()._read(lines)
        passed = []
        for line in lines:
            _steps, facts = asked[line.id]
            due, done = line.kgw_effective_due, facts.done
            old = self._get_known_steps(line, before, after)
            passed += [
                (line, step.id, "scenario")
                for step in after.steps[after.scenarios[line]].values()
                if step.id not in done
                and course.planned_day(step, due) < on_date
                and (step.id not in old or course.planned_day(old[step.id], due) >= on_date)
            ]
        self.env["kgw.event"]._record_passed(passed, now)

    def _get_known_steps(self, line, before, after):
        """Return the steps that ``line`` had before, none when its scenario is another one now."""
        scenario = before.scenarios[line]
        return before.steps[scenario] if scenario == after.scenarios[line] else {}

    def _drop_planned(self, lines, before, after, now):
        """Take back what is planned, and not begun, for steps that are gone or not what they were;
        return it."""
        # The right was checked on the scenario, mandate or case that changes; what was planned by
        # them is nobody's to write.
        reminders = self.env["kgw.reminder"].sudo()
        waiting = reminders.search(
            [
                ("case_id", "in", lines.kgw_case_id.ids),
                ("state", "=", "planned"),
                ("attempts", "=", 0),
            ]
        )
        return waiting.filtered(
            lambda r: (
                self._has_other_text(r)
                or any(
                    self._is_changed(line, before, after) for line in r.line_ids.filtered("step_id")
                )
            )
        )._set_state("cancelled", now, reason="changed")

    def _has_other_text(self, reminder):
        """Whether the step of a reminder has other texts by now than the one it was planned with."""
        step = reminder.step_id
        return step and reminder.template_id not in step.template_id | step.fallback_template_id

    def _is_changed(self, reminder_line, before, after):
        receivable, step_id = reminder_line.receivable_id, reminder_line.step_id.id
        if receivable not in before.scenarios:
            return False
        old = before.steps[before.scenarios[receivable]].get(step_id)
        return old != after.steps[after.scenarios[receivable]].get(step_id)

    # === WORDS === #

    @api.model
    def _describe(self, scenario):
        """Return ``{record: (title, {label: value})}`` of a scenario and its steps, in words."""
        return {
            scenario: self._read_words(scenario, (*COURSE_FIELDS, *ANSWER_FIELDS)),
            **{step: self._read_words(step, STEP_FIELDS) for step in scenario.step_ids},
        }

    def _read_words(self, record, names):
        labels = record.fields_get(names, ["string"])
        is_step = record._name == "kgw.scenario.step"
        title = self._cite(record) if is_step else record.name
        values = {
            labels[name]["string"]: record._fields[name].convert_to_export(record[name], record)
            for name in names
        }
        return title, values

    @api.model
    def _tell(self, scenario, before):
        """Return what differs from the description ``before``, as HTML, '' for nothing."""
        after, told = self._describe(scenario), []
        for record in {**before, **after}:
            if record not in after:
                told.append(self.env._("Step removed: %s", before[record][0]))
            elif record not in before:
                told.append(self.env._("Step added: %s", after[record][0]))
            else:
                told += self._tell_values(before[record], after[record])
        if not told:
            return ""
        items = Markup().join(Markup("<li>%s</li>") % sentence for sentence in told)
        title = self.env._("Scenario “%s” was changed:", scenario.name)
        return Markup("<p>%s</p><ul>%s</ul>") % (title, items)

    @api.model
    def _tell_kept(self, cases):
        """Return, as HTML, what of ``cases`` is open and goes on as it was given; '' for nothing."""
        open_ones = [("case_id", "in", cases.ids), ("state", "=", "open")]
        # Counted for whoever changes the scenario, as above.
        promises = self.env["kgw.promise"].sudo().search_count(open_ones)
        disputes = self.env["kgw.dispute"].sudo().search_count(open_ones)
        if not promises and not disputes:
            return ""
        return Markup("<p>%s</p>") % self.env._(
            "What is promised or disputed from now on follows the new days. What is open keeps its"
            " own: promises %(promises)s, disputes %(disputes)s.",
            promises=promises,
            disputes=disputes,
        )

    def _tell_values(self, before, after):
        return [
            f"{before[0]}, {label}: {before[1][label] or '–'} → {value or '–'}"
            for label, value in after[1].items()
            if before[1][label] != value
        ]

    def _compare(self, lines, before, after, dropped):
        """Return rows ``(mandate, receivables, changed, groups, contacts taken back)``.

        ``groups`` are ``(step before, days, step after, days, count)`` of those that changed.

        :param dropped: the reminders that were taken back
        """
        taken_back = Counter(reminder.mandate_id for reminder in dropped)
        rows = []
        for mandate, own in lines.grouped(lambda r: r.kgw_case_id.mandate_id).items():
            changed = own.filtered(
                lambda r: before.following[r][::2] != after.following[r][::2]  # not its words
            )
            groups = [
                (
                    *self._say_next([before.following[line] for line in group]),
                    *self._say_next([after.following[line] for line in group]),
                    len(group),
                )
                for group in changed.grouped(
                    lambda r: (before.following[r][0], after.following[r][0])
                ).values()
            ]
            rows.append((mandate, len(own), len(changed), groups, taken_back[mandate]))
        return rows

    def _say_next(self, following):
        """Return the name and the days of next steps, all of the same step."""
        days = sorted({day for _step, _name, day in following if day})
        ends = [format_date(self.env, day) for day in dict.fromkeys(days[:1] + days[-1:])]
        return following[0][1], " – ".join(ends)

    def _draw(self, rows):
        """Return the rows in which something changed as HTML, '' for none."""
        told = [row for row in rows if row[2] or row[4]]
        if not told:
            return ""
        drawn = [
            (self._say_changed(*row[:3]), row[3], self._say_taken_back(row[4])) for row in told
        ]
        draw = self.env["ir.qweb"]._render
        return Markup(draw("kgw_receivable_monitoring.scenario_change", {"rows": drawn}))

    def _say_changed(self, mandate, running, changed):
        if not changed:
            return self.env._(
                "%(mandate)s: each of the monitored receivables (%(running)s) keeps its next step and"
                " day",
                mandate=mandate.display_name,
                running=running,
            )
        return self.env._(
            "%(mandate)s: another next step or day for %(changed)s of %(running)s monitored"
            " receivables",
            mandate=mandate.display_name,
            changed=changed,
            running=running,
        )

    def _say_taken_back(self, count):
        return count and self.env._(
            "Planned contacts that are taken back and planned anew by the scenario: %s", count
        )

    @api.model
    def _log(self, rows, what):
        """Write into each mandate who changed ``what`` (HTML), and what it did to its cases."""
        for mandate, *counts in rows:
            effect = self._draw([(mandate, *counts)]) or Markup("<p>%s</p>") % self.env._(
                "No running case has another next step because of it."
            )
            mandate.message_post(body=what + effect, subtype_xmlid="mail.mt_note")
