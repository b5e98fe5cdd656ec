from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE
from .test_portal_decisions import LATE, DecisionCase

ASKED = DUE + timedelta(days=2)


@tagged("post_install", "-at_install", "kgw")
class TestWhatDecisionsTakeBack(DecisionCase):
    """Nothing that was asked for or promised falls away unsaid because of a later decision."""

    def carry_out(self, day, hour):
        self.env["kgw.decision"]._carry_out_scheduled(self._at(day, hour))

    def foresee(self, kind, day=LATE, hour=12, **values):
        return self.portal._foresee(kind, values, self._at(day, hour), self.case.ids)

    def ask_demand(self):
        self.run_days(DUE - timedelta(days=5), ASKED)
        self._take("ask_demand", ASKED, hour=9)
        self.carry_out(ASKED, 10)
        demand = self._get_open_reminder()
        self.assertTrue(demand.decision_id)
        return demand

    def print_letter(self, **values):
        letter = self._create_letter_of(
            self.first, planned_on=LATE, state="claimed", until=LATE + timedelta(days=9), **values
        )
        letter.print_run_id = self.env["kgw.print.run"]._get_open(letter, LATE)
        return letter

    # === ASKED FOR === #

    def test_demand_asked_for_stays_when_a_call_is_asked_for(self):
        demand = self.ask_demand()
        effect = self.foresee("ask_call", ASKED)
        [change] = effect["changes"]
        self.assertEqual((change["cancelled"], change["anew"]), ([], []))
        self.assertIn("your controller is asked to call", " ".join(effect["words"]))
        self._take("ask_call", ASKED, hour=12)
        self.carry_out(ASKED, 13)
        self.assertEqual(demand.state, "planned")
        self.assertIn("asks for a call", self.case.activity_ids.mapped("summary")[-1])

    def test_call_asked_for_stays_when_a_demand_is_asked_for(self):
        self.run_days(DUE - timedelta(days=5), ASKED)
        self._take("ask_call", ASKED, hour=9)
        self.carry_out(ASKED, 10)
        call = self._get_open_reminder()
        with self.assertRaisesRegex(UserError, "Another contact.*call as asked for"):
            self._take("ask_demand", ASKED, hour=12)
        with self.assertRaisesRegex(UserError, "A call is planned already"):
            self._take("ask_call", ASKED, hour=12)
        self.assertEqual(call.state, "planned")

    def test_demand_asked_for_is_called_off_by_a_new_date_and_said_to_be(self):
        demand = self.ask_demand()
        until = (ASKED + timedelta(days=14)).isoformat()
        [change] = self.foresee("new_date", ASKED, until_date=until)["changes"]
        self.assertEqual((len(change["cancelled"]), change["anew"]), (1, []))
        self._take("new_date", ASKED, hour=12, until_date=until)
        self.carry_out(ASKED, 13)
        self.assertEqual((demand.state, demand.reason), ("cancelled", "decision"))

    # === AGREED TO === #

    def agree(self, lines=None):
        first = (LATE + timedelta(days=7)).isoformat()
        values = {"number": "3", "until_date": first}
        ids = (lines or self.first).ids
        self.portal._take("instalments", values, self._at(LATE, 9), self.case.ids, ids)
        return self.case.promise_ids.confirmation_ids

    def test_letter_of_consent_stays_when_a_call_is_asked_for(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        notice = self.agree()
        self._take("ask_call", hour=10)
        self.carry_out(LATE, 11)
        self.assertEqual(notice.state, "planned")

    def test_letter_of_consent_takes_another_channel_where_its_own_is_closed(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        notice = self.agree()
        self.assertEqual(notice.channel, "email")
        self._take("no_channel", hour=10, channel="email")
        self.assertEqual((notice.state, notice.reason), ("cancelled", "reshaped"))
        self.env["kgw.promise.confirmation"]._plan_late(self._at(LATE, 11))
        anew = self.case.promise_ids.confirmation_ids - notice
        self.assertEqual((anew.state, anew.channel), ("planned", "sms"))
        self.env["kgw.promise.confirmation"]._plan_late(self._at(LATE, 12))
        self.assertEqual(self.case.promise_ids.confirmation_ids, notice | anew, "once")

    # === PRINTED === #

    def test_letter_printed_with_waived_interest_is_planned_anew_whatever_it_came_from(self):
        origin = self.env["kgw.decision"].create(
            {"case_id": self.case.id, "kind": "ask_demand", "asked_on": LATE, "state": "taken"}
        )
        for values in ({}, {"decision_id": origin.id}):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                letter = self.print_letter(**values)
                [change] = self.foresee("waive")["changes"]
                self.assertEqual((len(change["anew"]), len(change["planned"])), (1, 1))
                self._take("waive", hour=12)
                self.assertEqual((letter.state, letter.reason), ("cancelled", "reshaped"))
                anew = self._get_open_reminder()
                self.assertEqual((anew.state, anew.step_id), ("planned", letter.step_id))
                self.assertEqual(anew.decision_id, letter.decision_id)
                self.assertEqual(anew.line_ids.receivable_id, self.first)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_letter_printed_without_interest_is_planned_anew_when_the_waiver_is_taken_back(self):
        waiver = self._take("waive", hour=9)
        letter = self.print_letter()
        self.portal._revoke(waiver.id, self._at(LATE, 10))
        self.assertEqual((letter.state, letter.reason), ("cancelled", "reshaped"))
        self.assertEqual(self._get_open_reminder().state, "planned")

    # === WHAT CAN'T BE TAKEN BACK === #

    def test_question_is_not_taken_back_but_answered(self):
        step = self.env.ref("kgw_receivable_monitoring.step_standard_p21_letter")
        asked = self.env["kgw.decision"]._ask("approval", step, self.first, LATE, self._at(LATE, 7))
        with self.assertRaisesRegex(UserError, "answer it"):
            self.portal._revoke(asked.id, self._at(LATE, 8))
