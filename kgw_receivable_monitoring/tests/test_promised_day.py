from contextlib import closing
from datetime import timedelta
from itertools import product

from freezegun import freeze_time

from odoo.tests import tagged

from .common import DUE
from .simulation_common import KgwSimulationCommon

# So far ahead the days are compared.
DAYS = 12
# What the creditor reads of a stop.
PAUSED = "We have stopped sending for the time being"


@tagged("post_install", "-at_install", "kgw")
class TestPromisedDay(KgwSimulationCommon):
    """The day that is told for the next contact is the first one on which something goes out."""

    WORLDS = {
        "nothing in the way": lambda self, day: None,
        "e-mail on hold for a week": lambda self, day: self.hold(
            day, case_id=self.case.id, channel="email", until_date=day + timedelta(days=6)
        ),
        "SMS on hold for two weeks": lambda self, day: self.hold(
            day, case_id=self.case.id, channel="sms", until_date=day + timedelta(days=13)
        ),
        "calls stopped": lambda self, day: self.hold(day, reason="stop", channel="phone"),
        "e-mails stopped": lambda self, day: self.hold(day, reason="stop", channel="email"),
        "SMS stopped": lambda self, day: self.hold(day, reason="stop", channel="sms"),
        "no e-mails at all": lambda self, day: self.hold(
            day, case_id=self.case.id, channel="email", reason="creditor"
        ),
        "everything stopped": lambda self, day: self.hold(day, reason="stop"),
        "brand stopped": lambda self, day: self.hold(day, reason="stop", brand_id=self.brand.id),
        "brand before the due date stopped": lambda self, day: (
            self.mandate.write({"brand_after_id": self._create_brand("Druga").id}),
            self.hold(day, reason="stop", brand_id=self.brand.id),
        ),
        "mandate stopped": lambda self, day: self.hold(
            day, reason="stop", mandate_id=self.mandate.id
        ),
        "mandate suspended": lambda self, day: self.mandate.action_suspend(),
        "case on hold for a week": lambda self, day: self.hold(
            day, case_id=self.case.id, until_date=day + timedelta(days=6)
        ),
        "first invoice on hold": lambda self, day: self.hold(
            day, case_id=self.case.id, move_id=self.lines[0].move_id.id
        ),
        "no follow-up": lambda self, day: self.lines.write({"no_followup": True}),
        "no follow-up of the first": lambda self, day: self.lines[0].write({"no_followup": True}),
        "Saturdays too": lambda self, day: self.case.kind_id.write({"on_saturday": True}),
        "long gap": lambda self, day: self.scenario.write(
            {"gap_before_days": 3, "gap_after_days": 5}
        ),
        "no phone number": lambda self, day: self.case.contact_point_ids.filtered(
            lambda point: point.kind == "phone"
        ).write({"state": "wrong"}),
    }
    # Before the day is planned; when it is planned, and the hours of contact are over.
    SEEN = ((False, 9), (True, 20))

    def setUp(self):
        super().setUp()
        self.lines = self._watch(
            self._document("FV 1"),
            self._document("FV 2", due=DUE + timedelta(days=1)),
            self._document("FV 3", due=DUE + timedelta(days=9)),
            on=DUE - timedelta(days=8),
        )
        self.case = self.lines.kgw_case_id

    def check(self, day, hour):
        """Compare what is told at an hour of ``day`` in all places with what then goes out."""
        portal = self.env["kgw.portal"].with_context(kgw_now=self._at(day, hour))
        known = portal._read_facts(self.case)
        plan = portal._get_plan(self.case, known.lines[self.case], known.holds[self.case])
        contacts = [stop["day_iso"] for stop in plan if stop["act"] == "contact"]
        first = self.get_first_contact(day, hour)
        self.assertEqual(next((told for told in contacts if told <= self.last(day)), ""), first)
        # The lists of many cases begin where the plan of each begins.
        coming = portal._get_first_stops(known)[self.case]
        self.assertEqual(coming, plan[0] if plan else None)
        explanation = self.explain(day, hour)
        if explanation.day and explanation.day.isoformat() <= self.last(day):
            self.assertEqual(explanation.day.isoformat(), first)
        if not explanation.day:
            self.assertTrue(explanation.obstacle_ids, "it says why it gives no day")

    def last(self, day):
        return (day + timedelta(days=DAYS)).isoformat()

    def explain(self, day, hour):
        self.env.flush_all()
        action = self.env["kgw.explanation"]._open(self.case, None, self._at(day, hour))
        return self.env["kgw.explanation"].browse(action["res_id"])

    def get_first_contact(self, day, hour):
        """Return the first day on which the simulation contacts the counterparty, in ISO, or ''."""
        self.env.flush_all()
        with self.env["kgw.simulation"]._open(self.case) as case:
            for number in range(DAYS + 1):
                on_date = day + timedelta(days=number)
                moment = self._at(on_date, 0 if number else hour)
                told, _last = case.env["kgw.simulation"]._run(case, on_date, on_date, moment)
                if any(entry["kind"] == "contact" for entry in told):
                    return on_date.isoformat()
        return ""

    def test_day_told_is_the_first_on_which_the_simulation_contacts_somebody(self):
        days = [DUE + timedelta(days=number) for number in (-6, -3, 5)]
        for name, day, (planned, hour) in product(self.WORLDS, days, self.SEEN):
            with (
                self.subTest(world=name, day=day, planned=planned, hour=hour),
                closing(self.env.cr.savepoint()),
            ):
                self.env["account.move.line"]._kgw_flush_stages(day)
                self.lines._kgw_refresh_course(day, self._at(day, 5))
                if planned:
                    self.plan(day)
                with freeze_time(self._at(day, 6)):
                    self.WORLDS[name](self, day)
                self.check(day, hour)
            self.env.invalidate_all()

    # === IN WORDS === #

    def say(self, day):
        """Return what the creditor reads and what the case says of itself on ``day``."""
        portal = self.env["kgw.portal"].with_context(kgw_now=self._at(day))
        lines = self.case._get_open_receivables()
        holds = portal._search_holds(self.case, lines)
        plan = portal._get_plan(self.case, lines, holds)
        self.case.invalidate_recordset()
        with freeze_time(self._at(day)):
            return portal._say_coming(self.case, lines, plan, holds), self.case.next_label

    def test_stop_of_one_channel_is_told_beside_what_goes_on_by_the_others(self):
        day = DUE - timedelta(days=6)
        self.hold(day, reason="stop", channel="email")
        read, _label = self.say(day)
        self.assertIn(f"E-mail on hold: {PAUSED}.", read)
        self.assertIn(self._step("p2_sms").name, read)
        explanation = self.explain(day, 9)
        self.assertIn("Stop", explanation.obstacle_ids.why)
        self.assertEqual(explanation.step, self._step("p2_sms").name)

    def test_hold_of_a_channel_is_told_with_its_last_day(self):
        day = DUE - timedelta(days=6)
        last = day + timedelta(days=1)
        self.hold(day, case_id=self.case.id, channel="email", until_date=last)
        shown = self.env["kgw.portal"]._format_date(last)
        self.assertIn(f"E-mail on hold until {shown}: Other.", self.say(day)[0])
        explanation = self.explain(day, 9)
        self.assertGreater(explanation.day, last)

    def test_wide_stop_and_suspension_give_no_day_and_one_sentence(self):
        day = DUE - timedelta(days=6)
        for values in ({}, {"mandate_id": self.mandate.id}, {"brand_id": self.brand.id}):
            with self.subTest(**values), closing(self.env.cr.savepoint()):
                self.hold(day, reason="stop", **values)
                read, label = self.say(day)
                self.assertEqual((read, label), (f"Contact is on hold: {PAUSED}.", "On hold: Stop"))
                explanation = self.explain(day, 9)
                self.assertFalse(explanation.day)
                self.assertEqual(explanation.obstacle_ids.mapped("reason"), ["hold"])
            self.env.invalidate_all()
        self.mandate.action_suspend()
        read, label = self.say(day)
        self.assertEqual((read, label), ("The mandate is not active.", "The mandate is not active"))
        self.assertFalse(self.explain(day, 9).day)

    def test_invoice_that_nobody_is_reminded_of_says_so_and_so_does_its_preview(self):
        day = DUE - timedelta(days=6)
        self.lines.no_followup = True
        read, label = self.say(day)
        self.assertEqual(read, "Reminders are switched off for this invoice.")
        self.assertEqual(label, "“No Follow-Up” is set on the invoice")
        told = self.simulate(self.case, day, day + timedelta(days=5))
        self.assertIn("no_followup", {entry["reason"] for entry in told})
        self.assertNotIn("contact", {entry["kind"] for entry in told})
        self.lines[1:].no_followup = False
        told = self.simulate(self.case, day, day + timedelta(days=5))
        silent = [entry for entry in told if entry.get("reason") == "no_followup"]
        self.assertEqual([entry["move_ids"] for entry in silent], [self.lines[0].move_id.ids])
        self.assertIn("contact", {entry["kind"] for entry in told})

    def test_empty_preview_says_that_no_step_is_due(self):
        day = DUE - timedelta(days=8)
        preview = self.env["kgw.preview"].create(
            {"case_ids": self.case.ids, "date_from": day, "date_to": day}
        )
        self.env.flush_all()
        action = preview._show(self._at(day))
        self.assertIn("no step is due", action["params"]["message"])

    def test_letter_that_lay_too_long_leads_to_take_out_and_is_not_promised(self):
        line = self.lines[0]
        day = DUE + timedelta(days=8)
        self.env["account.move.line"]._kgw_flush_stages(day)
        letter = self._draft(line, "p8_letter", day)
        self.dispatch("letter", day)
        late = day + timedelta(days=7)
        explanation = self.explain(late, 9)
        [told] = explanation.obstacle_ids.filtered(lambda r: r.reason in ("posting", "late_letter"))
        self.assertEqual((told.reason, told.res_id), ("late_letter", letter.print_run_id.id))
        self.assertIn("Take Out", told.cure)
        self.assertNotEqual(explanation.day, late)
        letter.print_run_id._take_out(self._at(late))
        self.assertEqual((letter.state, letter.reason), ("cancelled", "late_letter"))

    def test_message_of_which_nobody_knows_promises_no_day(self):
        day = DUE - timedelta(days=5)
        self.plan(day)
        reminder = self.reminders(self.lines)
        reminder._set_state("claimed", self._at(day))._set_state("unknown", self._at(day))
        read, label = self.say(day + timedelta(days=1))
        self.assertIn("Nobody knows", read)
        self.assertIn("Nobody knows", label)
        self.assertFalse(self.explain(day + timedelta(days=1), 9).day)
