import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import calendar
from ..tools.decision import GIVEN_AWAY, SPECS

_logger = logging.getLogger(__name__)


class KgwDecisionTake(models.AbstractModel):
    """Taking decisions and carrying them out: those of many counterparties together, so that the
    database is asked as often for hundreds as for one."""

    _name = "kgw.decision.take"
    _description = "Decision: Taking and Carrying Out"

    # === TAKING === #

    @api.model
    def _take(self, kind, cases, values, now, receivables=None, address=""):
        """Take a decision of the creditor for ``cases``; returns the decisions, one per case.

        :param kind: one of ``SPECS``
        :param values: values of the fields that the kind wants and takes
        :param receivables: keep to these; None means all that is open in the cases
        :param address: IP address from which it was decided
        :raise UserError: something is missing, or it makes no sense
        """
        today = calendar.local_date(now)
        lines = self._choose_receivables(kind, cases, receivables, today).grouped("kgw_case_id")
        about = {case: lines.get(case, self.receivable_ids) for case in cases}
        decisions = self.create(
            [
                self._prepare_take_vals(kind, case, own, values, now, address)
                for case, own in about.items()
            ]
        )
        if kind == "go_on":
            whole = cases if receivables is None else self._get_ticked_whole(about)
            decisions.filtered(lambda d: d.case_id in whole).is_lasting = True
        decisions._check_values(today)
        cases._touch()
        decisions._record("decision", now)
        if SPECS[kind].at_once:
            decisions._carry_out(now)
        return decisions

    def _get_ticked_whole(self, about):
        """Return the cases of ``about``, ``{case: receivables}``, of which all that is open is meant."""
        cases = self.case_id.union(*about)
        own = cases._get_open_receivables().grouped("kgw_case_id")
        return cases.filtered(lambda case: case in own and own[case] <= about[case])

    def _prepare_take_vals(self, kind, case, lines, values, now, address):
        spec = SPECS[kind]
        if kind == "payment":
            lines = self._get_paid(lines, values.get("amount", 0))
        return {
            **{name: values[name] for name in (*spec.wants, *spec.takes) if values.get(name)},
            "case_id": case.id,
            "kind": kind,
            "receivable_ids": lines.ids,
            "asked_on": calendar.local_date(now),
            "state": "scheduled",
            "decided_at": now,
            "decided_by_id": self.env.uid,
            "address": address,
        }

    def _get_paid(self, lines, amount):
        """Return those of ``lines`` on which a payment is booked; all of them where it can't be."""
        parts, _left = self.env["kgw.mirror"]._share_out(lines, amount)
        return lines.browse().union(*(line for line, _part in parts)) or lines

    def _choose_receivables(self, kind, cases, receivables, today):
        """Return what a decision for ``cases`` is about, as :meth:`_take`."""
        lines = cases._get_open_receivables()
        if receivables is None:
            about = self._get_subject(kind, lines, today)
        else:
            about = self._get_undecided(kind, lines & receivables, today)
        return self._get_demanded(about, today) if kind == "ask_demand" else about

    # === CARRYING OUT === #

    @api.model
    def _carry_out_scheduled(self, now, cases=None):
        """Carry out what was decided for the next run.

        :param cases: keep to these; None means all
        """
        chosen = [] if cases is None else [("case_id", "in", cases.ids)]
        self.search([*chosen, ("state", "=", "scheduled")], order="id")._carry_out(now)

    def _carry_out(self, now):
        """Do what each decision says, in their order; what can't be done does not stop the others."""
        for act in self._split_into_acts():
            act._carry_out_together(now)

    def _split_into_acts(self):
        """Return these decisions as runs of one kind, each about other counterparties."""
        acts, cases = [], set()
        for decision in self:
            is_next = acts and acts[-1][0].kind == decision.kind and decision.case_id not in cases
            if not is_next or not SPECS[decision.kind].many:
                acts.append([])
                cases = set()
            acts[-1].append(decision)
            cases.add(decision.case_id)
        return [self.browse().union(*act) for act in acts]

    def _carry_out_together(self, now):
        """Do what decisions of one act say; where that can't be, one half after the other."""
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_do_{self[0].kind}")(now)
                self.state = "taken"
                self._follow(now)
        except OperationalError:
            raise  # somebody else was quicker: Odoo tries the request or the run again
        except Exception as error:
            if half := len(self) // 2:
                self[:half]._carry_out_together(now)
                self[half:]._carry_out_together(now)
                return
            # The creditor's next decisions must not wait for this one.
            problem = self._say_problem(error)
            self.write({"state": "impossible", "problem": problem})
            self._tell_controllers(lambda _env: problem)

    def _say_problem(self, error):
        """Return why it can't be carried out; what nobody foresaw stands in the log."""
        if isinstance(error, UserError):
            return str(error)
        _logger.exception("Decision %s can't be carried out", self.id, exc_info=error)
        return self.env._("An unexpected error: its cause stands in the log.")

    def _follow(self, now):
        """Let the course of the receivables follow what was decided."""
        self.receivable_ids._kgw_refresh_course(calendar.local_date(now), now)

    def _revoke(self, now, address=""):
        """Take back what has not acted yet; a question whose answer is taken back is open again.

        :raise UserError: it has acted already
        """
        answers = self._get_reopenable(calendar.local_date(now))
        standing = self.filtered(lambda decision: decision._is_standing())
        for decision in self - answers - standing:
            if decision.state != "scheduled":
                raise UserError(decision._say_too_late())
        self.address = address
        answers._reopen(now)
        (self - answers)._set_revoked(now)
        for kind, decisions in standing.grouped("kind").items():
            if undo := getattr(decisions, f"_undo_{kind}", None):
                undo(now)

    def _say_too_late(self):
        """Return why this decision or question can't be taken back."""
        return {
            "open": self.env._(
                "This is a question to you: answer it, there is nothing to take back."
            ),
            "revoked": self.env._("This was taken back already."),
            "impossible": self.env._(
                "This could not be carried out: there is nothing to take back."
            ),
        }.get(self.state) or self.env._(
            "This decision has acted already. Decide anew: for example, go on."
        )

    def _set_revoked(self, now, entries=None):
        """Take these decisions or questions back, with an entry for each.

        :param entries: values of the entries where they say more than what was decided
        """
        self.state = "revoked"
        if entries is None:
            self._record("revoked", now)
        else:
            self.env["kgw.event"]._record(entries)

    # === WHAT IT IS ABOUT === #

    @api.model
    def _explain_passed(self, passed, now):
        """Return ``passed`` with its true reasons: the steps of what the creditor handed over or
        withdrew are passed over for that.

        :param passed: as of ``kgw.event._record_passed``
        """
        lines = self.receivable_ids.union(*(line for line, _step_id, _reason in passed))
        given = self._get_given_away(lines, calendar.local_date(now)) if passed else lines
        return [
            (line, step_id, "decision" if line in given else reason)
            for line, step_id, reason in passed
        ]

    @api.model
    def _pass_given_away(self, due, on_date, now):
        """Return those of ``due`` that the creditor handed over or withdrew: it has decided already
        what follows, and is neither asked nor told that monitoring ends; no history tells it."""
        given = self._get_given_away(due, on_date)
        self.env["kgw.event"]._record(
            [
                line._kgw_prepare_event_vals(
                    "passed",
                    now,
                    step_id=line.kgw_next_step_id.id,
                    reason="decision",
                    is_part=True,
                )
                for line in given
            ]
        )
        return given

    def _get_subject(self, kind, lines, today):
        """Return what a decision about all open receivables of cases is about: those that were
        given away are left out, but for a case that has no others."""
        if SPECS[kind].given:
            return lines
        return self._leave_out(lines, self._get_given_away(lines, today))

    def _get_undecided(self, kind, lines, today):
        """Return those of the ticked ``lines`` that were not given away in the very way of ``kind``
        before, all of a case that has no others."""
        if kind not in GIVEN_AWAY:
            return lines
        return self._leave_out(lines, self._get_given_away(lines, today, (kind,)))

    def _leave_out(self, lines, given):
        left = lines - given
        others = {*lines.kgw_case_id} - {*left.kgw_case_id}
        return left | lines.filtered(lambda line: line.kgw_case_id in others)

    def _get_given_away(self, lines, today, kinds=GIVEN_AWAY):
        """Return what of receivables was handed over to collection or withdrawn.

        :param kinds: keep to these of the two
        """
        holds = self.env["kgw.hold"]
        scope = [
            ("case_id", "in", lines.kgw_case_id.ids),
            ("move_id", "in", (False, *lines.move_id.ids)),
        ]
        given = holds.search(holds._in_force(today) & Domain(scope)).filtered(
            lambda hold: (
                hold.decision_id.kind in kinds
                or ("collection" in kinds and hold.decision_id.value == "hand_over")
            )
        )
        whole = given.filtered(lambda hold: not hold.move_id).case_id
        return lines.filtered(
            lambda line: line.kgw_case_id in whole or line.move_id in given.move_id
        )
