from datetime import timedelta

from odoo.tests import tagged

from .common import DUE
from .simulation_common import KgwSimulationCommon


@tagged("post_install", "-at_install", "kgw")
class TestPreviewOfConditions(KgwSimulationCommon):
    """Steps on conditions, amounts in euro, parts paid and credited: previewed as they go out."""

    def setUp(self):
        super().setUp()
        self.env.ref("base.EUR").active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.EUR").id,
                "name": DUE - timedelta(days=60),
                "company_id": self.journal.company_id.id,
                "inverse_company_rate": 4.25,
            }
        )

    def watch(self, number, index, **values):
        buyer = self._other_party(f"Firma {number}", index)
        return self._watch(
            self._document(number, buyer=buyer, **values), on=DUE - timedelta(days=10)
        )

    def is_new(self, line):
        return self.env["kgw.course.facts"]._read(line)[line.id][1].is_new

    def test_invoice_that_was_taken_back_makes_nobody_known(self):
        buyer = self._other_party("Firma", 1)
        line, wrong, paid = self._watch(
            *(self._document(f"FV {number}", buyer=buyer) for number in range(3))
        )
        self.env["kgw.ledger.change"]._cancel(wrong.move_id)
        self.env["account.move.line"]._kgw_flush_stages(DUE - timedelta(days=9))
        self.assertEqual(wrong.kgw_stage, "closed")
        self.assertTrue(self.is_new(line))
        self.pay(paid, 1230, DUE - timedelta(days=8))
        self.assertFalse(self.is_new(line))

    def test_held_crowd_is_previewed_as_if_a_manager_let_it_go(self):
        line = self.watch("FV 1", 1)
        day = DUE - timedelta(days=5)
        self.hold(day, reason="volume", mandate_id=self.mandate.id)
        self.run_day(day)
        self.assertEqual(self.gateways.sent, [])
        told = self.simulate(line.kgw_case_id, day, day, hour=11)
        self.assertIn(
            "email", {entry.get("channel") for entry in told if entry["kind"] == "contact"}
        )
        self.assertFalse(self.reminders(line))

    def test_amounts_of_conditions_are_those_of_the_creditors_company(self):
        self._step("p2_sms").min_amount = 1000
        self._step("p6_email").if_amount_from = 1000
        euro = self.watch("EUR/1", 1, currency="EUR", amount="300.00")  # 1275 zł
        small = self.watch("PLN/2", 2, amount="300.00")
        cases = (euro | small).kgw_case_id
        first, last = DUE - timedelta(days=6), DUE + timedelta(days=7)
        self.assertPreviewIsTrue(cases, first, last)
        steps = {
            line: set(self.reminders(line, "sent", "delivered").step_id.mapped("offset_days"))
            for line in (euro, small)
        }
        self.assertLessEqual({2, 6}, steps[euro])
        self.assertFalse({2, 6} & steps[small])
        passed = self.env["kgw.event"].search(
            [("case_id", "=", small.kgw_case_id.id), ("reason", "=", "condition")]
        )
        self.assertLessEqual({2, 6}, set(passed.step_id.mapped("offset_days")))

    def test_part_paid_below_the_minimum_between_two_steps(self):
        self._step("p6_email").min_amount = 1000
        line = self.watch("PLN/1", 1)
        self.live(DUE - timedelta(days=6), DUE + timedelta(days=4))
        self.pay(line, 500, DUE + timedelta(days=4))
        first, last = DUE + timedelta(days=5), DUE + timedelta(days=9)
        self.assertPreviewIsTrue(line.kgw_case_id, first, last)
        self.assertNotIn(6, self.reminders(line, "sent", "delivered").step_id.mapped("offset_days"))

    def test_new_and_ever_late_are_asked_on_the_day_of_the_step(self):
        self._step("m3_call").write({"if_new": True, "if_late": False, "if_amount_from": 0})
        self._step("m2_sms").write({"if_late": True, "only_unreached": False})
        new = self.watch("N/1", 1)
        first, last = DUE - timedelta(days=6), DUE + timedelta(days=3)
        self.assertPreviewIsTrue(new.kgw_case_id, first, last)
        steps = set(self.reminders(new, "sent", "delivered").step_id.mapped("offset_days"))
        self.assertIn(-3, steps)
        self.assertNotIn(-2, steps)
        self.pay(new, 1230, last)
        again = self._watch(
            self._document(
                "N/2", due=DUE + timedelta(days=23), buyer=self._other_party("Firma N/1", 1)
            ),
            on=DUE + timedelta(days=10),
        )
        self.assertEqual(again.kgw_case_id, new.kgw_case_id)
        first, last = DUE + timedelta(days=11), DUE + timedelta(days=24)
        self.assertPreviewIsTrue(again.kgw_case_id, first, last)
        steps = set(self.reminders(again, "sent", "delivered").step_id.mapped("offset_days"))
        self.assertNotIn(-3, steps)
        self.assertIn(-2, steps)

    def test_step_for_the_unreached_is_previewed_as_the_call_turns_out(self):
        step = self._step("m2_sms")
        step.only_unreached = True
        line = self.watch("U/1", 1)
        first, last = DUE - timedelta(days=6), DUE + timedelta(days=3)
        self.assertPreviewIsTrue(line.kgw_case_id, first, last)
        self.assertNotIn(
            -2, self.reminders(line, "sent", "delivered").step_id.mapped("offset_days")
        )

    def test_fallback_in_euro_part_paid_goes_by_email_with_what_is_left(self):
        line = self.watch("EUR/1", 1, currency="EUR", amount="300.00")
        points = line.kgw_case_id.contact_point_ids
        points.filtered(lambda p: p.kind == "phone").state = "wrong"
        self.pay(line, 100, DUE - timedelta(days=7))
        first, last = DUE - timedelta(days=6), DUE + timedelta(days=7)
        sent = self.assertPreviewIsTrue(line.kgw_case_id, first, last)
        channels = set(self.reminders(line, "sent", "delivered").mapped("channel"))
        self.assertEqual(channels, {"email"})
        for _channel, _recipient, _subject, body in sent:
            self.assertIn("200,00\xa0", body)
            self.assertNotIn("zł", body)
