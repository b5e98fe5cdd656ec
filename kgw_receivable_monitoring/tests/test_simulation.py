from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .common import DUE
from .simulation_common import ORDER, KgwSimulationCommon


@tagged("post_install", "-at_install")
class TestSimulation(KgwSimulationCommon):
    """What a preview says is what the scheduled actions then do, and it leaves nothing behind."""

    def count_rows(self):
        """Return the rows of every table of ours and of what the engine touches of Odoo's, as
        ``{table: (count, digest)}``."""
        self.env.flush_all()
        tables = self.env.execute_query(
            SQL(
                """
            SELECT table_name FROM information_schema.tables
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
               AND (table_name LIKE 'kgw%%' OR table_name = ANY(%s))
        """,
                [
                    "account_move",
                    "account_move_line",
                    "account_move_line_kgw_decision_rel",
                    "bus_bus",
                    "ir_attachment",
                    "ir_cron_trigger",
                    "ir_sequence",
                    "mail_activity",
                    "mail_mail",
                    "mail_message",
                    "mail_notification",
                    "res_partner",
                    "sms_tracker",
                ],
            )
        )
        return {
            table: self.env.execute_query(
                SQL(
                    "SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text)))"
                    " FROM %s t",
                    SQL.identifier(table),
                )
            )[0]
            for (table,) in tables
        }

    def test_days_previewed_equal_what_then_goes_out(self):
        cases = self.world().kgw_case_id
        first, last = DUE - timedelta(days=6), DUE + timedelta(days=33)
        seen = self.assertPreviewIsTrue(cases, first, last)
        self.assertGreater(len(seen), 20)
        self.assertEqual({row[0] for row in seen}, set(ORDER))

    def test_preview_in_the_middle_equals_what_then_goes_out(self):
        cases = self.world().kgw_case_id
        middle, last = DUE + timedelta(days=8), DUE + timedelta(days=16)
        for number in range(-6, 8):
            self.run_day(DUE + timedelta(days=number), post=False)
        seen = self.assertPreviewIsTrue(cases, middle, last)
        self.assertGreater(len(seen), 4)

    def test_preview_after_credit_notes_equals_what_then_goes_out(self):
        lines = self.world()
        first, last = DUE + timedelta(days=1), DUE + timedelta(days=9)
        for number in range(-6, 1):
            self.run_day(DUE + timedelta(days=number))
        for line, amount in ((lines[0], "-230.00"), (lines[1], "-1230.00")):
            note = self._document(f"KOR {line.move_id.kgw_number}", amount=amount)
            refund = self.env["kgw.ledger"]._book_invoices(self.mandate, [note], line.partner_id)
            own = refund.line_ids.filtered(lambda part: part.display_type == "payment_term")
            (line | own).reconcile()
        case = lines[0].kgw_case_id
        seen = self.assertPreviewIsTrue(case, first, last)
        texts = " ".join(body for _channel, _recipient, _subject, body in seen)
        self.assertIn("1 000,00", texts.replace("\u00a0", " "), "what the credit note leaves")
        self.assertNotIn("FV A2", texts, "nothing of it is owed")

    def test_one_case_previewed_alone_equals_its_part_of_all(self):
        cases = self.world().kgw_case_id
        first, last = DUE - timedelta(days=6), DUE + timedelta(days=12)
        together = self.simulate(cases, first, last)
        alone = self.simulate(cases[0], first, last)
        self.assertEqual(alone, [e for e in together if e["case_id"] == cases[0].id])
        self.assertTrue(alone)

    def test_after_a_simulation_every_row_is_as_before(self):
        cases = self.world().kgw_case_id
        self.run_day(DUE - timedelta(days=5))
        self.hold(DUE, case_id=cases[1].id)
        before = self.count_rows()
        told = self.simulate(cases, DUE - timedelta(days=4), DUE + timedelta(days=33))
        self.assertTrue({"contact", "question", "report"} <= {entry["kind"] for entry in told})
        self.assertEqual(self.count_rows(), before)

    def test_simulation_leaves_nothing_for_after_the_commit(self):
        cases = self.world().kgw_case_id
        self.env.flush_all()
        callbacks = len(self.env.cr.postcommit), len(self.env.cr.precommit)
        with self.env["kgw.simulation"]._open(cases) as chosen:
            chosen.env["kgw.simulation"]._run(chosen, DUE, DUE, self._at(DUE))
            self.assertIsNot(chosen.env.cr, self.env.cr)
        self.assertFalse(chosen.env.cr.postcommit or chosen.env.cr.precommit)
        self.assertEqual((len(self.env.cr.postcommit), len(self.env.cr.precommit)), callbacks)

    def test_simulation_takes_no_case_number_and_draws_no_letter(self):
        lines = self.world()
        sequence = self.env.ref("kgw_receivable_monitoring.sequence_kgw_case")
        number = sequence.number_next_actual
        drawn = []
        letters = type(self.env["kgw.channel.letter"])
        with patch.object(letters, "_draw", lambda *_a: drawn.append(1) or b"%PDF"):
            told = self.simulate(lines.kgw_case_id, DUE, DUE + timedelta(days=12))
        self.assertIn("letter", {e["channel"] for e in told if e["kind"] == "contact"})
        self.assertFalse(drawn)
        self.assertEqual(sequence.number_next_actual, number)

    def test_nothing_is_handed_over(self):
        lines = self.world()
        self.simulate(lines.kgw_case_id, DUE - timedelta(days=6), DUE + timedelta(days=12))
        self.assertFalse(self.gateways.sent)

    def test_held_case_is_told_once_with_its_reason(self):
        line = self._watch(self._document())
        self.hold(DUE - timedelta(days=7), case_id=line.kgw_case_id.id)
        told = self.simulate(line.kgw_case_id, DUE - timedelta(days=7), DUE - timedelta(days=4))
        self.assertEqual(
            [(e["day"], e["kind"], e["reason"]) for e in told],
            [(DUE - timedelta(days=5), "not_sent", "hold")],
        )

    def test_call_that_nobody_made_is_told_once(self):
        """Its cancelling says why; that the course goes on without it is the same news."""
        line, day = self._overdue(4)
        call = self._draft(line, "p4_call", day, until=day + timedelta(days=1))
        entries = self.simulate(line.kgw_case_id, day + timedelta(days=3), day + timedelta(days=4))
        told = [e["reason"] for e in entries if e["step_id"] == call.step_id.id]
        self.assertEqual(told, ["lapsed"])

    def test_suspended_mandate_is_told(self):
        line = self._watch(self._document())
        self.mandate.action_suspend()
        day = DUE - timedelta(days=5)
        told = self.simulate(line.kgw_case_id, day, day)
        self.assertEqual(self.reasons(told), {(day, "mandate")})

    def test_uncertain_message_is_told(self):
        line = self._watch(self._document())
        self._draft(line, "m5_email", DUE - timedelta(days=5))._set_state("claimed", self._at(DUE))
        self.env["kgw.reminder"].search([])._set_state("unknown", self._at(DUE))
        told = self.simulate(line.kgw_case_id, DUE, DUE)
        self.assertIn((DUE, "unknown"), self.reasons(told))

    def test_payments_stay_as_late_as_they_are(self):
        line = self._watch(self._document())
        first = DUE + timedelta(days=1)
        for known, is_told in ((DUE, True), (DUE - timedelta(days=14), False)):
            self.mandate.coverage_date = known
            told = self.simulate(line.kgw_case_id, first, DUE + timedelta(days=11))
            contacts = [e for e in told if e["kind"] == "contact"]
            self.assertEqual(len(contacts) > 3, is_told, known)
            self.assertEqual("coverage" in {e["reason"] for e in told if not is_told}, not is_told)

    def test_evening_preview_says_that_the_hours_are_over(self):
        line = self._watch(self._document())
        day = DUE - timedelta(days=5)
        told = self.simulate(line.kgw_case_id, day, day + timedelta(days=1), hour=21)
        self.assertEqual(
            [(e["day"], e["kind"], e.get("reason")) for e in told],
            [(day, "not_sent", "hours"), (day + timedelta(days=1), "contact", None)],
        )

    def test_too_much_to_tell_ends_after_a_whole_day(self):
        cases = self.world().kgw_case_id
        first = DUE - timedelta(days=6)
        with (
            patch("odoo.addons.kgw_receivable_monitoring.models.kgw_simulation.MAX_ENTRIES", 3),
            self.env["kgw.simulation"]._open(cases) as chosen,
        ):
            told, last = chosen.env["kgw.simulation"]._run(chosen, first, DUE, self._at(first))
        self.assertEqual(last, max(entry["day"] for entry in told))
        self.assertLess(last, DUE)
        full = self.simulate(cases, first, last)
        self.assertEqual(told, full)

    def get_asked(self):
        """Return where questions and reports of the coming weeks go."""
        case = self._overdue(20)[0].kgw_case_id
        day = DUE + timedelta(days=20)
        entries = self.simulate(case, day, DUE + timedelta(days=31))
        return {e["kind"]: e["recipient"] for e in entries if e["kind"] in ("question", "report")}

    def test_questions_and_reports_name_the_trial_address_in_a_trial(self):
        trial = {"trial_email": "proba@agencja.example", "trial_phone": "600 100 200"}
        self.mandate.write({"is_trial": True, **trial})
        to = trial["trial_email"]
        self.assertEqual(self.get_asked(), {"question": to, "report": to})

    def test_questions_and_reports_name_those_of_the_creditor_who_want_them(self):
        for name, values in {
            "decyzje": {"gets_reports": False},
            "raporty": {"may_decide": False},
        }.items():
            partner = self.creditor.create({"name": name, "parent_id": self.creditor.id})
            user = self._create_user(name, "agent", email=f"{name}@wierzyciel.example")
            user.write(
                {
                    "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
                    "partner_id": partner.id,
                    "email": f"{name}@wierzyciel.example",
                }
            )
            self.env["kgw.portal.access"].create({"user_id": user.id, **values})
        self.assertEqual(
            self.get_asked(),
            {"question": "decyzje@wierzyciel.example", "report": "raporty@wierzyciel.example"},
        )
