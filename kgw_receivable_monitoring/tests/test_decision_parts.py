from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE
from .test_portal_decisions import DecisionCase

BEFORE = DUE - timedelta(days=3)
UNTIL = (DUE + timedelta(days=30)).isoformat()


@tagged("post_install", "-at_install", "kgw")
class TestDecisionsAboutAPart(DecisionCase):
    """What is planned about several invoices, of which the creditor decides about some."""

    def get_told(self):
        events, _more = self.portal._get_events(self.case)
        return [event for event in events if event["kind"] == "cancelled"]

    def foresee(self, kind, day, lines=None, **values):
        ids = lines.ids if lines else None
        return self.portal._foresee(kind, values, self._at(day, 9), self.case.ids, ids)

    def test_contact_about_others_too_is_planned_anew_for_them(self):
        planned = self._plan(BEFORE)
        self.assertEqual(planned.line_ids.receivable_id, self.first | self.second)
        self._take("pause", BEFORE, self.first, until_date=UNTIL)
        self.assertEqual((planned.state, planned.reason), ("cancelled", "reshaped"))
        self.assertFalse(self.get_told(), "it comes all the same")
        self.env["kgw.planner"]._run_day(BEFORE, self._at(BEFORE, 11))
        anew = self._get_open_reminder()
        self.assertEqual(anew.step_id, planned.step_id)
        self.assertEqual(anew.line_ids._get_own().receivable_id, self.second)

    def test_contact_about_nothing_else_is_called_off(self):
        planned = self._plan(BEFORE)
        self._take("pause", BEFORE, until_date=UNTIL)
        self.assertEqual((planned.state, planned.reason), ("cancelled", "decision"))
        [told] = self.get_told()
        self.assertEqual(told["reason"], "You decided otherwise")

    def test_preview_tells_what_is_planned_anew_apart_from_what_is_called_off(self):
        self._plan(BEFORE)
        effect = self.foresee("pause", BEFORE, self.first, until_date=UNTIL)
        [change] = effect["changes"]
        self.assertEqual((change["cancelled"], len(change["anew"])), ([], 1))
        [counted] = effect["in_all"]["anew"]
        self.assertEqual((counted["number"], effect["in_all"]["cancelled"]), (1, []))
        effect = self.foresee("pause", BEFORE, until_date=UNTIL)
        [change] = effect["changes"]
        self.assertEqual((len(change["cancelled"]), change["anew"]), (1, []))

    def test_contact_asked_for_by_hand_stays_for_the_others(self):
        self.run_days(DUE - timedelta(days=5), DUE + timedelta(days=1))
        day = DUE + timedelta(days=2)
        self._take("ask_call", day, hour=8)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(day, 9))
        call = self._get_open_reminder()
        self.assertEqual((call.channel, call.step_id.ids), ("phone", []))
        self._take("pause", day, self.first, hour=10, until_date=UNTIL)
        self.assertEqual(call.state, "planned", "no step brings it again")
        self._take("pause", day, self.second, hour=11, until_date=UNTIL)
        self.assertEqual((call.state, call.reason), ("cancelled", "decision"))

    def test_step_that_makes_way_for_a_call_is_planned_anew(self):
        planned = self._plan(BEFORE)
        self._take("ask_call", BEFORE, hour=8)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(BEFORE, 9))
        self.assertEqual((planned.state, planned.reason), ("cancelled", "reshaped"))
        self.assertFalse(self.get_told())

    def test_step_that_makes_way_and_no_longer_lies_ahead_is_called_off(self):
        day = DUE + timedelta(days=22)
        self.env["account.move.line"]._kgw_flush_stages(day)
        letter = self._create_letter_of(self.first, planned_on=day)
        [change] = self.foresee("ask_call", day)["changes"]
        self.assertEqual((len(change["cancelled"]), change["anew"]), (1, []))
        self.assertEqual(letter.state, "planned", "nothing stays of a preview")

    def test_going_on_with_one_invoice_ends_no_hold_of_the_whole_counterparty(self):
        self._take("pause", BEFORE, until_date=UNTIL)
        self._take("no_channel", BEFORE, channel="sms")
        with self.assertRaisesRegex(UserError, "the whole counterparty"):
            self._take("go_on", BEFORE, self.first, hour=10)
        self._take("collection", BEFORE, self.first, hour=11)
        now, ids = self._at(BEFORE, 12), self.first.ids
        said = " ".join(self.portal._foresee("go_on", {}, now, self.case.ids, ids)["words"])
        self.assertNotIn("channels are used again", said)
        self._take("go_on", BEFORE, self.first, hour=12)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(BEFORE, 13))
        left = self.case.hold_ids.filtered("is_open")
        self.assertEqual(len(left), 2)
        self.assertFalse(left.move_id)
        self._take("go_on", BEFORE, self.first | self.second, hour=14)
        self.env["kgw.decision"]._carry_out_scheduled(self._at(BEFORE, 15))
        self.assertFalse(self.case.hold_ids.filtered("is_open"))

    def test_call_that_was_tried_is_called_off_without_its_outcome(self):
        day = DUE + timedelta(days=4)
        self.run_days(DUE - timedelta(days=5), day)
        call = self._get_open_reminder()
        self.env["kgw.channel.phone"]._record_call(call, "no_answer", "", self._at(day, 11))
        self.assertEqual(call.state, "failed")
        self._take("pause", day, hour=15, until_date=UNTIL)
        told = [e for e in self.get_told() if e["reason"] == "You decided otherwise"]
        self.assertEqual([event["outcome"] for event in told], [""])
