from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DUE, MODULE
from .test_portal_decisions import LATE, DecisionCase

UNTIL = LATE + timedelta(days=7)


@tagged("post_install", "-at_install", "kgw")
class TestPreviews(DecisionCase):
    """What a preview says is what the decision touches and what then holds."""

    def foresee(self, kind, cases=None, lines=None, **values):
        ids = lines.ids if lines else None
        return self.portal._foresee(kind, values, self._at(LATE, 9), (cases or self.case).ids, ids)

    def change(self, kind, **values):
        [change] = self.foresee(kind, **values)["changes"]
        return change

    def money(self, amount):
        return self.portal._format_money(amount, "PLN")

    def dispute(self, lines):
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        for line in lines:
            self.env["kgw.dispute"]._open(line, reason, "", self._at(LATE))

    def hold(self, reason, **values):
        return self.env["kgw.hold"].create({"reason": reason, "from_date": LATE, **values})

    # === PAUSE === #

    def test_pause_says_what_holds_longer(self):
        self.hold("reply", case_id=self.case.id)
        effect = self.foresee("pause", until_date=UNTIL.isoformat())
        self.assertIn("A reply waits", effect["changes"][0]["after"])
        self.assertIn("only when both", effect["words"][0])

    def test_new_date_promises_no_contact_while_another_hold_keeps_it_back(self):
        date = (LATE + timedelta(days=20)).isoformat()
        self.assertIn(
            "is told of the new date", self.foresee("new_date", until_date=date)["words"][0]
        )
        self.hold("reply", case_id=self.case.id)
        [said, _interest] = self.foresee("new_date", until_date=date)["words"]
        self.assertIn("when the hold ends", said)

    def test_pause_of_what_is_disputed_in_part_holds_until_its_end(self):
        self.dispute(self.first)
        effect = self.foresee("pause", until_date=UNTIL.isoformat())
        day = self.portal._format_date(UNTIL)
        self.assertIn(f"on hold until {day}", effect["changes"][0]["after"])
        self.assertFalse(effect["words"])
        self.dispute(self.second)
        self.assertIn("disputes", self.change("pause", until_date=UNTIL.isoformat())["after"])

    def test_pause_of_many_says_for_each_what_holds(self):
        others = [self._other_party(f"Firma {n}", 10 + n) for n in range(10)]
        more = self._watch(
            *(self._document(f"FV M/{n}", buyer=buyer) for n, buyer in enumerate(others))
        )
        self.hold("reply", case_id=self.case.id)
        cases = self.case | more.kgw_case_id
        changes = self.foresee("pause", cases, until_date=UNTIL.isoformat())["changes"]
        told = {change["counterparty"]: change["after"] for change in changes}
        self.assertEqual(len(told), 11)
        self.assertIn("A reply waits", told.pop("Budmax sp. z o.o."))
        self.assertTrue(all("on hold until" in after for after in told.values()), told)
        page = self.portal.with_context(kgw_now=self._at(LATE, 9))._get_case(self.case.id)
        rows = self.portal.with_context(kgw_now=self._at(LATE, 9))._get_cases(search="Budmax")
        self.assertIn(rows[0]["blocked"], page["sentence"])

    # === INSTALMENTS === #

    def test_instalments_name_days_amounts_and_who_agreed(self):
        values = {"number": "3", "until_date": UNTIL.isoformat()}
        effect = self.foresee("instalments", **values)
        amounts = [part["amount"] for part in effect["parts"]]
        self.assertEqual(amounts, [self.money(576.67), self.money(576.67), self.money(576.66)])
        self.assertEqual(effect["parts"][0]["day"], self.portal._format_date(UNTIL))
        self.assertIn("You agreed to instalments", effect["changes"][0]["after"])
        self.assertIn("told in writing at once", effect["words"][0])
        self.assertEqual(len(effect["changes"][0]["planned"]), 1)
        self._take("instalments", **values)
        self.assertEqual(set(self.case.hold_ids.mapped("reason")), {"instalments"})
        events, _more = self.portal._get_events(self.case)
        self.assertEqual(self.case.reminder_ids.filtered("promise_id").state, "planned")
        [told] = [event for event in events if event["kind"] == "promise"]
        self.assertEqual(told["kind_label"], "Instalments agreed")
        self.assertIn(f"{amounts[0]} by {effect['parts'][0]['day']}", told["until"])
        self.assertIn(effect["parts"][-1]["day"], self.case.hold_ids[0].told)

    def test_instalments_that_nobody_can_be_told_of_are_the_creditors_to_tell(self):
        self.case.contact_point_ids.state = "wrong"
        effect = self.foresee("instalments", number="3", until_date=UNTIL.isoformat())
        self.assertIn("please tell it yourself", effect["words"][0])
        self.assertFalse(effect["changes"][0]["planned"])

    # === CHANNEL === #

    def test_closed_channel_names_the_way_that_the_next_step_takes(self):
        step = self.scenario.step_ids.filtered(lambda s: s.channel == "sms" and s.fallback_channel)
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        change = self.change("no_channel", channel="sms")
        self.assertIn(step[:1].name, change["before"])
        self.assertNotIn("E-mail", change["before"])
        self.assertIn(f"{step[:1].name}, this time: E-mail", change["after"])

    # === AMOUNTS === #

    def test_amount_is_of_what_the_decision_touches(self):
        self._take("collection", lines=self.first)
        for kind in ("collection", "withdraw", "stop"):
            self.assertEqual(self.foresee(kind)["amount"], self.money(500), kind)
        both = self.first | self.second
        self.assertEqual(self.foresee("collection", lines=both)["amount"], self.money(500))
        self.assertEqual(self.foresee("go_on")["amount"], self.money(1230), "what was handed over")
        other = self.scenario.copy({"name": "Łagodny"})
        trader = self.env.ref(f"{MODULE}.kind_sole_trader")
        self.mandate.scenario_ids = [(0, 0, {"kind_id": trader.id, "scenario_id": other.id})]
        values = {"scenario_id": str(other.id)}
        self.assertEqual(self.foresee("scenario", **values)["amount"], self.money(500))
        self.assertEqual(self.foresee("no_channel", channel="sms")["amount"], "")

    # === GOING ON, ANOTHER SCENARIO === #

    def test_going_on_names_what_ends_and_is_not_decided_twice(self):
        self._take("collection", lines=self.first)
        [said] = self.foresee("go_on")["words"]
        self.assertEqual(said, "This ends: handing over to collection (FV A/1).")
        self._take("go_on")
        for act in (self.foresee, self._take):
            with self.assertRaisesRegex(UserError, "acts in the next run"):
                act("go_on")

    def test_going_on_with_what_is_over_says_that_nobody_is_contacted(self):
        self._take("collection")
        self.env["account.move.line"]._kgw_flush_stages(DUE + timedelta(days=60))
        self.assertIn("even so nobody", self.foresee("go_on")["words"][-1])

    def test_scenario_of_consumers_is_not_for_a_company(self):
        consumer = self.env.ref(f"{MODULE}.kind_consumer")
        mild = self.env.ref(f"{MODULE}.scenario_consumer")
        self.mandate.scenario_ids = [(0, 0, {"kind_id": consumer.id, "scenario_id": mild.id})]
        offered = {offer["kind"] for offer in self.portal._get_offers(self.case)}
        self.assertNotIn("scenario", offered, "no other one was agreed")
        many = {offer["kind"] for offer in self.portal._get_offers()}
        self.assertNotIn("scenario", many, "for none of many")
        with self.assertRaisesRegex(UserError, "Choose one of the scenarios"):
            self.foresee("scenario", scenario_id=str(mild.id))
        self.case.kind_id = consumer
        self.assertEqual(self.env["kgw.decision"]._get_offered_scenarios(self.case), mild)

    def test_scenario_that_moves_no_step_says_for_what_it_is(self):
        other = self.scenario.copy({"name": "Taki sam"})
        trader = self.env.ref(f"{MODULE}.kind_sole_trader")
        self.mandate.scenario_ids = [(0, 0, {"kind_id": trader.id, "scenario_id": other.id})]
        values = {"scenario_id": str(other.id)}
        form = self.portal._get_form("scenario", self.case.ids)
        self.assertEqual([row["id"] for row in form["scenarios"]], other.ids, "not its own")
        self.hold("reply", case_id=self.case.id)
        self.assertIn("when the hold ends", self.foresee("scenario", **values)["words"][0])
        self._take("collection")
        self.assertIn("for those to come", self.foresee("scenario", **values)["words"][0])

    def test_scenario_that_moves_later_steps_only_says_so(self):
        other = self.scenario.copy({"name": "Bez telefonów"})
        other.step_ids.filtered(lambda step: step.channel == "phone").unlink()
        trader = self.env.ref(f"{MODULE}.kind_sole_trader")
        self.mandate.scenario_ids = [(0, 0, {"kind_id": trader.id, "scenario_id": other.id})]
        effect = self.foresee("scenario", scenario_id=str(other.id))
        self.assertIn("are those of this scenario", effect["words"][0])

    # === WHAT STANDS ON THE PAGE === #

    def test_call_that_is_asked_for_on_a_day_off_is_of_the_next_day_with_hours(self):
        sunday = DUE - timedelta(days=DUE.weekday() + 1)
        now = self._at(sunday, 10)
        effect = self.portal._foresee("ask_call", {}, now, self.case.ids)
        monday = self.portal._format_date(sunday + timedelta(days=1))
        [said] = effect["changes"][0]["planned"]
        self.assertEqual(said, f"{monday}, 8:00–17:00, call as asked for", "no name of a text")
        self.assertIn(f"{monday}, Call as asked for", effect["changes"][0]["after"])

    def test_what_was_handed_over_says_so(self):
        self._take("collection", lines=self.first)
        self.hold("reply", case_id=self.case.id)
        portal = self.portal.with_context(kgw_now=self._at(LATE, 10))
        self.assertIn("Contact ended", self.change("stop")["after"], "what was decided last")
        page = portal._get_case(self.case.id)
        rows = {row["number"]: row["next_step"] for row in page["receivables"]}
        self.assertEqual(rows["FV A/1"], "Handed over to collection")
        self.assertIn("A reply waits", rows["FV A/2"])
        self.assertIn("A reply waits", page["sentence"], "the rest may go on")
        holds = [event for event in page["events"] if event["kind"] == "hold"]
        told = {event["note"]: event["invoices"] for event in holds}
        self.assertEqual(
            told, {"Handing over to collection": "FV A/1", "A reply waits to be read": ""}
        )

    def test_entry_of_a_payment_has_its_currency_and_of_contact_data_its_letters(self):
        self._take("contact", point_kind="email", note="nowy@budmax.example")
        self._take("payment", lines=self.first, amount="30,50", until_date=LATE.isoformat())
        events, _more = self.portal._get_events(self.case)
        told = {event["note"]: event for event in events if event["kind"] == "decision"}
        self.assertIn("nowy@budmax.example", told)
        register = self.env["kgw.event"].browse(told[""]["id"])
        self.assertEqual(register.payload["currency"], self.first.currency_id.name)

    def test_question_about_several_invoices_is_one_entry(self):
        step = self.scenario.step_ids.filtered(lambda s: s.kind == "question")[:1]
        lines = self.first | self.second
        self.env["kgw.decision"]._ask("horizon", step, lines, LATE, self._at(LATE, 8))
        events, _more = self.portal._get_events(self.case)
        asked = [event["invoices"] for event in events if event["kind"] == "question"]
        self.assertEqual(asked, ["FV A/1, FV A/2"])
        taken = self.env["kgw.course.facts"]._read_passed_steps(lines)
        self.assertEqual({line_id for line_id, _step in taken}, set(lines.ids), "for the course")

    def test_nothing_stands_twice_in_the_plan(self):
        portal = self.portal.with_context(kgw_now=self._at(LATE, 8), lang="en_US")
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        for stop in portal._get_case(self.case.id)["plan"]:
            self.assertNotIn(stop["channel_label"] or "?", stop["step"])
            self.assertIn(stop["act_label"], ("", "we ask for your consent", "if you agree"))
        step = self.scenario.step_ids.filtered(lambda s: s.channel == "letter")[:1]
        self.assertEqual(portal._name_channel(step, "letter"), "")
        self.assertEqual(portal._name_channel(step, "email"), "this time: E-mail")

    def test_tab_counts_what_the_figure_counts(self):
        self.env["account.move.line"]._kgw_flush_stages(DUE + timedelta(days=60))
        self.assertEqual(self.case.stage, "elapsed")
        tabs = self.portal._count_tabs()
        self.assertEqual(tabs["overdue"], self.portal._count_cases("late"))
        self.assertEqual((tabs["overdue"], tabs["elapsed"]), (1, 1))

    def test_settled_counterparty_lacks_no_contact_data(self):
        self.case.contact_point_ids.unlink()
        [row] = self.portal._get_cases(search="Budmax")
        self.assertIn("nobody can be reached", row["blocked"])
        self._take("payment", amount="1730,00", until_date=LATE.isoformat())
        [row] = self.portal._get_cases(search="Budmax")
        self.assertEqual(row["blocked"], "")

    def test_entry_names_the_invoices_that_its_text_names(self):
        later = self._watch(
            self._document(
                "FV A/3",
                due=DUE + timedelta(days=6),
                buyer=self._other_party("Budmax sp. z o.o.", 1),
            )
        )
        self.run_days(DUE - timedelta(days=5), DUE - timedelta(days=5))
        self.assertTrue(later)
        events, _more = self.portal._get_events(self.case)
        [sent] = [event for event in events if event["kind"] == "sent"]
        self.assertEqual(sent["invoices"], "FV A/1, FV A/2; named too: FV A/3")

    def test_call_that_is_not_made_is_not_called_unsent(self):
        self.run_days(DUE - timedelta(days=5), DUE + timedelta(days=4))
        self.assertEqual(self._get_open_reminder().channel, "phone")
        self._take("pause", DUE + timedelta(days=4), hour=15, until_date="2026-12-01")
        events, _more = self.portal._get_events(self.case)
        told = [e for e in events if e["kind"] == "cancelled" and e["channel"] == "phone"]
        self.assertEqual({event["kind_label"] for event in told}, {"Not made"})
        [paused] = [event for event in events if event["decision"].startswith("pause")]
        self.assertEqual(paused["until"], f"until {self.portal._read_date('2026-12-01')}")


@tagged("post_install", "-at_install", "kgw")
class TestChannelGivenUp(DecisionCase):
    """A channel that the creditor gave up is one entry, with the true reason, wherever it is read."""

    def give_up(self):
        """Give the phone up while calls of both invoices are due; return what was passed over."""
        day = DUE + timedelta(days=11)
        self.env["account.move.line"]._kgw_flush_stages(day)
        (self.first | self.second)._kgw_refresh_course(day, self._at(day, 6))
        self._take("no_channel", day, hour=9, channel="phone")
        return self.env["kgw.event"].search(
            [("case_id", "=", self.case.id), ("kind", "=", "passed"), ("reason", "=", "given_up")]
        )

    def test_many_steps_are_one_entry_with_the_reason(self):
        passed = self.give_up()
        self.assertEqual(len(passed), 2, "the course goes by one row for each")
        events, _more = self.portal._get_events(self.case)
        [told] = [event for event in events if event["kind"] == "passed"]
        self.assertEqual(told["reason"], "You do not want this channel to be used")
        self.assertEqual(told["invoices"], "FV A/1, FV A/2")
        self.assertEqual(told["step"], passed.step_id.name)

    def test_several_steps_of_one_moment_are_one_entry_for_each_reason(self):
        steps, events = self.scenario.step_ids[:2], self.env["kgw.event"]
        rows = [
            (self.first, step.id, reason) for step in steps for reason in ("given_up", "authority")
        ]
        events._record_passed(rows, self._at(LATE))
        told, _more = self.portal._get_events(self.case)
        told = [event for event in told if event["kind"] == "passed"]
        names = ", ".join(steps.mapped("name"))
        self.assertEqual(
            [(event["step"], event["invoices"]) for event in told], 2 * [(names, "FV A/1")]
        )

    def test_backend_tells_the_same_entry(self):
        passed = self.give_up()
        [leader] = self.case.event_ids & passed
        self.assertFalse(leader.is_part)
        self.assertIn("does not want this channel", leader.told)
        self.assertIn("FV A/1, FV A/2", leader.told)
        explain = self.env["kgw.explanation"]
        whole = explain.create({"case_id": self.case.id})
        self.assertEqual(whole.passed_ids & passed, leader)
        one = explain.create({"case_id": self.case.id, "move_id": self.second.move_id.id})
        self.assertEqual((one.passed_ids & passed).move_id, self.second.move_id)

    def test_course_goes_on_and_repeats_nothing(self):
        passed = self.give_up()
        self.assertTrue(self.first.kgw_next_step_id)
        self.assertNotEqual(self.first.kgw_next_step_id.channel, "phone")
        day = DUE + timedelta(days=11)
        (self.first | self.second)._kgw_refresh_course(day, self._at(day, 10))
        again = self.env["kgw.event"].search(
            [("case_id", "=", self.case.id), ("kind", "=", "passed"), ("reason", "=", "given_up")]
        )
        self.assertEqual(again, passed)
