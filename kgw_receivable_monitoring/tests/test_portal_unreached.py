from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import freeze_time

from .common import DUE
from .test_portal_decisions import LATE, DecisionCase

FIRST = DUE - timedelta(days=7)


@tagged("post_install", "-at_install", "kgw")
class TestPortalUnreached(DecisionCase):
    """Where no channel leads to a counterparty, every page says what really comes next."""

    def drop(self, *kinds):
        """Leave the counterparty without contact data of ``kinds``."""
        for point in self.case.contact_point_ids:
            point.state = "wrong" if point.kind in kinds else "unverified"
        self.case._get_open_receivables()._kgw_refresh_course(FIRST, self._at(FIRST, 6))

    def look(self, day):
        """Return the counterparty's row of the list and its page."""
        portal = self.portal.with_context(kgw_now=self._at(day, 12))
        [row] = [row for row in portal._get_cases() if row["id"] == self.case.id]
        return row, portal._get_case(self.case.id)

    def test_list_tells_the_next_step_that_the_page_tells(self):
        for gone in ((), ("phone",), ("phone", "email"), ("address",)):
            self.drop(*gone)
            for day in (FIRST, DUE - timedelta(days=1), DUE + timedelta(days=3)):
                self.env["account.move.line"]._kgw_flush_stages(day)
                row, page = self.look(day)
                with self.subTest(gone=gone, day=day):
                    first = page["plan"][0]
                    self.assertEqual(row["next_date"], first["day"])
                    self.assertEqual(row["next_step"], self.portal._name_coming(first))
                    self.assertIn(row["next_step"], page["sentence"])

    def test_figure_of_the_next_days_counts_what_can_be_made(self):
        for gone in ((), ("phone",), ("email",), ("phone", "email"), ("phone", "email", "address")):
            self.drop(*gone)
            row, page = self.look(FIRST)
            portal = self.portal.with_context(kgw_now=self._at(FIRST, 12))
            told = {figure["tab"] for figure in portal._get_overview()["upcoming"]}
            ways = {"email": {"email"}, "phone": {"sms", "phone"}, "address": {"letter"}}
            closed = {f"week_{channel}" for kind in gone for channel in ways[kind]}
            with self.subTest(gone=gone):
                self.assertFalse(told & closed)
                first = page["plan"][0] if page["plan"] else {}
                if first and first["act"] == "contact" and first["iso"] <= str(DUE):
                    stored = self.first.kgw_next_step_id
                    if stored.name == first["step"]:
                        self.assertIn(f"week_{first['channel']}", told)

    def test_figure_of_the_next_days_leaves_out_a_channel_that_was_given_up(self):
        step = self.first.kgw_next_step_id
        portal = self.portal.with_context(kgw_now=self._at(FIRST, 12))
        self.env["kgw.hold"].with_context(kgw_now=self._at(FIRST)).create(
            {"case_id": self.case.id, "channel": step.channel, "reason": "creditor"}
        ).from_date = FIRST
        lines = self.case._get_open_receivables()
        lines.write(
            {"kgw_next_step_id": step.id, "kgw_next_date": FIRST, "kgw_next_act": "contact"}
        )
        tabs = {figure["tab"] for figure in portal._get_overview()["upcoming"]}
        self.assertNotIn(f"week_{step.channel}", tabs)

    def test_agents_list_tells_the_next_step_that_the_page_tells(self):
        for gone in ((), ("phone",), ("phone", "email"), ("address",)):
            self.drop(*gone)
            for day in (FIRST, DUE - timedelta(days=1), DUE + timedelta(days=3)):
                self.env["account.move.line"]._kgw_flush_stages(day)
                _row, page = self.look(day)
                with self.subTest(gone=gone, day=day), freeze_time(self._at(day, 12)):
                    case = self.case.with_user(self.agent)
                    case.invalidate_recordset(["next_date", "next_label"])
                    self.assertEqual(
                        (self.portal._format_date(case.next_date), case.next_label),
                        (page["plan"][0]["day"], self.portal._name_coming(page["plan"][0])),
                    )

    def test_agents_list_says_that_nobody_can_be_reached(self):
        self.drop("phone", "email", "address")
        with freeze_time(self._at(FIRST, 12)):
            case = self.case.with_user(self.agent)
            self.assertNotIn("SMS", case.next_label)
            _row, page = self.look(FIRST)
            first = page["plan"][0] if page["plan"] else None
            expected = self.portal._name_coming(first) if first else "nobody can be reached"
            self.assertIn(expected, case.next_label)

    def test_nobody_is_told_a_contact_that_can_not_be_made(self):
        self.drop("phone", "email", "address")
        row, page = self.look(FIRST)
        self.assertEqual(row["blocked"], "No usable contact data: nobody can be reached.")
        acts = {stop["act"] for stop in page["plan"]}
        self.assertNotIn("contact", acts)
        for line in page["receivables"]:
            told = [stop["day"] for stop in page["plan"] if line["id"] in stop["receivable_ids"]]
            self.assertIn(line["next_date"], (*told, ""))
        self.assertEqual(row["next_date"], page["plan"][0]["day"] if page["plan"] else "")

    # === WHAT IS ASKED FOR === #

    def refuse(self, kind, day=LATE):
        """Return why neither the preview nor the decision itself lets ``kind`` pass."""
        with self.assertRaises(UserError) as foreseen:
            self.portal._foresee(kind, {}, self._at(day, 10), self.case.ids)
        with self.assertRaises(UserError) as taken, self.env.cr.savepoint():
            self._take(kind, day)
        self.assertEqual(str(foreseen.exception), str(taken.exception))
        return str(taken.exception)

    def test_call_where_there_is_no_number_is_refused_with_what_to_do(self):
        self.drop("phone")
        said = self.refuse("ask_call")
        self.assertEqual(
            said,
            "There is no phone number to call. Give one first: “Correct contact data”.",
        )
        self._take("contact", point_kind="phone", note="+48 22 555 01 10")
        self.assertTrue(self._take("ask_call"))

    def test_call_where_calls_were_given_up_is_refused_with_what_to_do(self):
        self._take("no_channel", channel="phone")
        self.assertEqual(
            self.refuse("ask_call"), "You decided that we do not call. Choose “Go on” first."
        )

    def test_demand_that_reaches_nobody_is_refused_with_what_to_do(self):
        self.env["account.move.line"]._kgw_flush_stages(LATE)
        self.drop("phone", "email", "address")
        self.assertIn("“Correct contact data”", self.refuse("ask_demand"))

    def test_question_about_a_step_that_reaches_nobody_says_so(self):
        step = self.scenario.step_ids.filtered("needs_approval")[:1]
        lines = self.case._get_open_receivables()
        asked = self.env["kgw.decision"]._ask("approval", step, lines, LATE, self._at(LATE))
        [told] = self.portal._prepare_decisions(asked.sudo())
        self.assertNotIn("contact data", told["consequence"])
        self.drop("email", "address")
        [told] = self.portal._prepare_decisions(asked.sudo())
        self.assertIn("no contact data lead there", told["consequence"])
        self.assertIn("“Correct contact data”", told["consequence"])
