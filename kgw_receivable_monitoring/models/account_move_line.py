from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import STAGES
from ..tools import calendar, course

ACTS = [
    ("contact", "Contact"),
    ("approval", "Ask for approval"),
    ("question", "Question to the creditor"),
    ("report", "Report to the creditor"),
]

# What gate, texts, course and register read.
LOADED_OF_LINE = [
    "move_id",
    "currency_id",
    "amount_currency",
    "amount_residual",
    "amount_residual_currency",
    "no_followup",
    "date_maturity",
    "kgw_case_id",
    "kgw_stage",
    "kgw_instalment",
    "kgw_course",
    "kgw_entered_on",
    "kgw_effective_due",
]
LOADED_OF_MOVE = ["name", "invoice_date", "kgw_number", "kgw_ksef_number"]


class AccountMoveLine(models.Model):
    """The receivable: a payment-term line that is monitored is the unit of course."""

    _inherit = "account.move.line"

    kgw_case_id = fields.Many2one(
        "kgw.case",
        string="Monitoring Case",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
    )
    kgw_stage = fields.Selection(
        STAGES,
        string="Monitoring Stage",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    kgw_instalment = fields.Integer(
        string="Instalment",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Number of this due date in its invoice, counted from 1.",
    )
    kgw_course = fields.Integer(
        string="Course",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Only the creditor's decision for a new due date starts a new course.",
    )
    kgw_entered_on = fields.Date(
        string="Entered On", readonly=True, copy=False, groups="base.group_user"
    )
    kgw_effective_due = fields.Date(
        string="Effective Due Date",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Moved from a Saturday or day off by art. 115 of the Civil Code.",
    )
    kgw_interest_due = fields.Date(
        string="Interest Since the End Of",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The old due date, where the creditor gave a new one with interest meanwhile.",
    )
    kgw_next_step_id = fields.Many2one(
        "kgw.scenario.step",
        string="Next Step",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    kgw_next_act = fields.Selection(
        ACTS, string="Next Act", readonly=True, copy=False, groups="base.group_user"
    )
    kgw_next_date = fields.Date(
        string="Next Date", readonly=True, copy=False, groups="base.group_user"
    )
    kgw_next_until = fields.Date(
        string="Next Until", readonly=True, copy=False, groups="base.group_user"
    )

    _kgw_due = models.Index("(kgw_next_date, kgw_case_id) WHERE kgw_next_date IS NOT NULL")
    # With all that the sums of the creditor's overview need: they never visit the table.
    _kgw_open = models.Index(
        "(kgw_case_id, kgw_effective_due)"
        " INCLUDE (kgw_stage, currency_id, amount_residual_currency)"
        " WHERE kgw_stage IN ('before_due', 'overdue', 'elapsed')",
    )
    # What a day may change is found without reading what it does not: see _kgw_flush_stages.
    _kgw_stages = models.Index(
        "(kgw_stage, kgw_effective_due) WHERE kgw_stage IN ('before_due', 'overdue', 'elapsed')",
    )
    _kgw_to_close = models.Index(
        "(id) WHERE kgw_stage IN ('before_due', 'overdue', 'elapsed')"
        " AND (amount_residual_currency <= 0 OR parent_state <> 'posted')",
    )
    _kgw_to_reopen = models.Index(
        "(id) WHERE kgw_stage = 'closed' AND amount_residual_currency > 0 AND parent_state = 'posted'",
    )

    def write(self, vals):
        """The course of a posted invoice follows its due date."""
        res = super().write(vals)
        if "date_maturity" in vals:
            self.env["kgw.ledger.change"]._follow_dates(self)
        return res

    # === ENROLMENT === #

    def _kgw_enrol(self, cases, on_date, now=None):
        """Start monitoring these receivables on ``on_date``.

        :param cases: ``{move: kgw.case}``
        """
        rows = []
        for move, lines in self.grouped("move_id").items():
            # Whoever takes invoices over need not see the company that carries the mandate out.
            company = cases[move].mandate_id.company_id.sudo()
            for number, line in enumerate(lines.sorted(lambda r: (r.date_maturity, r.id)), start=1):
                due = line.date_maturity or move.invoice_date
                effective = company._kgw_get_effective_due(due)
                rows.append((line.id, cases[move].id, number, effective))
        self.env["kgw.enrolment"]._store(rows, on_date)
        self._kgw_flush_stages(on_date, lines=self)
        self.kgw_case_id._update_stages()  # what enters before its due date changes no stage
        self._kgw_refresh_course(on_date, now)

    def _kgw_get_interest_due(self):
        """Return the last day without interest."""
        self.ensure_one()
        return self.kgw_interest_due or self.kgw_effective_due

    def _kgw_get_part(self):
        """Return which of how many instalments of its invoice this is (``2/3``), '' for a whole."""
        self.ensure_one()
        count = self.move_id.kgw_instalment_count
        return f"{self.kgw_instalment}/{count}" if count > 1 else ""

    def _kgw_get_name(self, format_day):
        """Return the number of the invoice, with the due date where the number alone does not say
        which receivable is meant: another invoice bears it, or this is one instalment of several.

        :param format_day: takes a date and returns it in words
        """
        self.ensure_one()
        move, number = self.move_id, self.move_id.kgw_display_number or ""
        is_plain = move.kgw_instalment_count < 2 and not move.kgw_has_twin
        return number if is_plain else f"{number} ({format_day(self.date_maturity)})"

    def _kgw_load(self):
        """Read what monitoring asks of these receivables and their invoices, and nothing else: both
        have more than a hundred columns, and after every commit they are read anew."""
        self.fetch(LOADED_OF_LINE)
        self.move_id.fetch(LOADED_OF_MOVE)

    # === STAGE: the one set-based writer === #

    @api.model
    def _kgw_flush_stages(self, on_date, lines=None):
        """Bring the stage of every monitored receivable in line with its balance and ``on_date``.

        “Paid” means that nothing is left, in the currency of the receivable; ``payment_state`` is
        never read. Returns the receivables whose stage changed.

        Candidates are read first: of their conditions PostgreSQL expects most of the table, and would
        look up the scenario of every case there is.

        :param lines: keep to these: what a day changes of others is told by the planner; None means all
        """
        self.env["account.move.line"].flush_model()
        if lines is None:
            rows = self.env.execute_query(self._kgw_stage_candidates(on_date))
            lines = self.browse(row[0] for row in rows)
        rows = self.env.execute_query(
            SQL(
                """
            UPDATE account_move_line l
               SET kgw_stage = fresh.stage,
                   kgw_next_date = CASE WHEN fresh.stage <> 'closed' THEN l.kgw_next_date END,
                   kgw_next_step_id = CASE WHEN fresh.stage <> 'closed' THEN l.kgw_next_step_id END
              FROM (
                    SELECT r.id, CASE
                        WHEN r.amount_residual_currency <= 0 OR r.parent_state <> 'posted' THEN 'closed'
                        WHEN r.kgw_effective_due >= %(on_date)s THEN 'before_due'
                        WHEN r.kgw_effective_due + s.horizon_days >= %(on_date)s THEN 'overdue'
                        ELSE 'elapsed' END AS stage
                      FROM account_move_line r
                      JOIN kgw_case c ON c.id = r.kgw_case_id
                      JOIN LATERAL (%(scenario)s) s ON TRUE
                     WHERE r.id = ANY(%(candidates)s)
                   ) fresh
             WHERE fresh.id = l.id AND l.kgw_stage IS DISTINCT FROM fresh.stage
         RETURNING l.id
        """,
                on_date=on_date,
                scenario=self.env["kgw.scenario"]._get_query_of_case(SQL("c")),
                candidates=lines.ids,
            )
        )
        self.env["account.move.line"].invalidate_model(
            ["kgw_stage", "kgw_next_date", "kgw_next_step_id"]
        )
        changed = self.browse(row[0] for row in rows)
        changed.kgw_case_id._update_stages()
        return changed

    @api.model
    def _kgw_stage_candidates(self, on_date):
        """Return a query for the receivables whose stage may change, one branch for each index, so
        that a day costs what changes on it."""
        scenarios = self.env["kgw.scenario"].with_context(active_test=False)
        [(shortest, longest)] = scenarios._read_group(
            [], [], ["horizon_days:min", "horizon_days:max"]
        )
        return SQL(
            """
            SELECT id FROM account_move_line
             WHERE kgw_stage = 'before_due' AND kgw_effective_due < %(on_date)s
            UNION ALL SELECT id FROM account_move_line
             WHERE kgw_stage = 'overdue' AND kgw_effective_due >= %(on_date)s
            UNION ALL SELECT id FROM account_move_line
             WHERE kgw_stage = 'overdue' AND kgw_effective_due < %(first_elapsed)s
            UNION ALL SELECT id FROM account_move_line
             WHERE kgw_stage = 'elapsed' AND kgw_effective_due >= %(last_elapsed)s
            UNION ALL SELECT id FROM account_move_line
             WHERE kgw_stage IN ('before_due', 'overdue', 'elapsed')
               AND (amount_residual_currency <= 0 OR parent_state <> 'posted')
            UNION ALL SELECT id FROM account_move_line
             WHERE kgw_stage = 'closed' AND amount_residual_currency > 0 AND parent_state = 'posted'
            """,
            on_date=on_date,
            first_elapsed=on_date - timedelta(days=shortest or 0),
            last_elapsed=on_date - timedelta(days=longest or 0),
        )

    def _kgw_after_payment(self, now):
        """Close what is settled and take it out of what is planned, at once."""
        settled = self.filtered(
            lambda r: (
                r.kgw_case_id
                and r.kgw_stage != "closed"
                and r.currency_id.compare_amounts(r.amount_residual_currency, 0) <= 0
            )
        )
        # The stage follows from the balance; whoever books a payment need not know monitoring.
        settled.sudo().write(
            {
                "kgw_stage": "closed",
                "kgw_next_date": False,
                "kgw_next_step_id": False,
            }
        )
        self.sudo().kgw_case_id._touch()
        self.env["kgw.planner"].sudo()._drop_settled(settled, now)
        settled.sudo().kgw_case_id._update_stages()

    # === COURSE: the stored pointer === #

    def _kgw_refresh_course(self, on_date, now=None):
        """Ask the course for the next step of these receivables and store the answer.

        Reads the facts in bulk, records steps that were passed over, and writes the pointers in
        one statement.

        :param now: moment to write into the register, naive UTC; noon of the day by default
        """
        lines = self.filtered("kgw_case_id")
        if not lines:
            return
        answers = lines._kgw_get_courses(on_date)
        lines._kgw_record_passed(answers, now or calendar.noon(on_date))
        self.env["kgw.course.facts"]._store_answers(answers)

    def _kgw_get_courses(self, on_date):
        """Return ``{receivable: course.Course}`` as seen on ``on_date``; writes nothing. Nothing
        comes for what is closed, nor under a mandate that ended."""
        ended = {case for case in self.kgw_case_id if case.mandate_id.state == "ended"}
        going = self.filtered(lambda r: r.kgw_stage != "closed" and r.kgw_case_id not in ended)
        asked = self.env["kgw.course.facts"]._read(going)
        answers = {line: course.next_step(*asked[line.id], on_date) for line in going}
        return dict.fromkeys(self, course.Course(None)) | answers

    def _kgw_record_passed(self, answers, now):
        """Write the steps whose time is over into the register, each with its reason."""
        passed = [(line, *step) for line in self for step in answers[line].passed]
        # Whoever books need know nothing of what the creditor decided.
        passed = self.env["kgw.decision"].sudo()._explain_passed(passed, now)
        self.env["kgw.fallback"]._tell_unreachable(passed, now)
        self.env["kgw.event"]._record_passed(passed, now)
        # As above: nobody is asked any more about what can't come.
        self.env["kgw.decision"].sudo()._withdraw_passed(passed, now)

    def _kgw_prepare_event_vals(self, kind, now, **vals):
        """Return the values of an event about this receivable."""
        self.ensure_one()
        return {
            "kind": kind,
            "at": now,
            "case_id": self.kgw_case_id.id,
            "mandate_id": self.kgw_case_id.mandate_id.id,
            "move_id": self.move_id.id,
            "instalment": self.kgw_instalment,
            "course": self.kgw_course,
            **vals,
        }
