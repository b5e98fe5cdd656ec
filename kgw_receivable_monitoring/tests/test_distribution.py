from collections import Counter
from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .test_board import calendar_next
from .test_desk import DeskCase


@tagged("post_install", "-at_install", "kgw")
class TestDistribution(DeskCase):
    """Who of a team makes which call."""

    def setUp(self):
        super().setUp()
        self.third = self._create_user("kgw_third", "agent")
        self.team = self.env["kgw.team"].create(
            {
                "name": "Zespół A",
                "lead_id": self.manager.id,
                "member_ids": [
                    (0, 0, {"user_id": user.id}) for user in (self.agent, self.colleague)
                ],
                "mandate_ids": [(6, 0, self.mandate.ids)],
            }
        )
        self.mine, self.theirs = self.team.member_ids
        self.number = 10

    def add(self, **vals):
        self.number += 1
        return self.add_call(f"Firma {self.number}", self.number, **vals)

    def test_team_shares_calls_by_load(self):
        calls = [self.add() for _call in range(5)]
        load = [sum(c.agent_id == user for c in calls) for user in (self.agent, self.colleague)]
        self.assertEqual(load, [2, 3])  # the agent had one already

    def test_without_a_team_the_controller_calls(self):
        self.mandate.team_id = False
        self.assertEqual([self.add().agent_id for _call in range(2)], [self.agent, self.agent])

    def test_who_had_the_case_keeps_it(self):
        self.end("reached")
        tomorrow = calendar_next(self.day)
        later = self._draft(self.line, "p8_call", tomorrow) if self.has_step("p8_call") else None
        call = later or self.call.copy({"state": "planned", "planned_on": tomorrow})
        for _busy in range(3):
            self.add(agent_id=self.agent.id)
        self.env["kgw.distributor"]._distribute(call, tomorrow)
        self.assertEqual(call.agent_id, self.agent)

    def has_step(self, code):
        return self.env.ref(
            f"kgw_receivable_monitoring.step_standard_{code}", raise_if_not_found=False
        )

    def test_substitute_calls_for_who_is_away_and_the_team_without_one(self):
        self.theirs.write({"absent_from": self.day, "absent_until": self.day})
        self.mine.write({"absent_from": self.day, "substitute_id": self.third.id})
        self.env["kgw.distributor"]._stand_in(self.now)
        self.assertEqual(self.call.agent_id, self.third)
        self.assertEqual(self.call.activity_ids.user_id, self.third)
        self.mine.substitute_id = False
        self.theirs.write({"absent_from": False, "absent_until": False})
        self.call.agent_id = self.agent
        self.env["kgw.distributor"]._stand_in(self.now)
        self.assertEqual(self.call.agent_id, self.colleague)

    def test_substitute_who_is_away_itself_gets_nothing(self):
        self.mine.write({"absent_from": self.day, "substitute_id": self.third.id})
        self.env["kgw.team"].create(
            {
                "name": "Zespół B",
                "member_ids": [(0, 0, {"user_id": self.third.id, "absent_from": self.day})],
            }
        )
        self.env["kgw.distributor"]._stand_in(self.now)
        self.assertEqual(self.call.agent_id, self.colleague)

    def test_call_put_on_a_later_day_waits_for_who_is_away_today(self):
        self.call._reschedule(calendar_next(self.day), self.now)
        self.mine.write({"absent_from": self.day, "absent_until": self.day})
        self.env["kgw.distributor"]._stand_in(self.now)
        self.assertEqual(self.call.agent_id, self.agent)

    def test_daily_limit_leaves_the_rest_to_whoever_has_time(self):
        (self.mine | self.theirs).daily_limit = 1
        calls = [self.add() for _call in range(3)]
        self.assertEqual([c.agent_id for c in calls[1:]], [self.env["res.users"]] * 2)
        self.assertEqual(calls[0].agent_id, self.colleague)
        self.assertEqual(calls[1].activity_ids.user_id, self.manager)

    def test_free_call_of_the_team_is_taken_when_the_own_are_made(self):
        self.mine.daily_limit = self.theirs.daily_limit = 1
        self.add()
        free = self.add()
        self.open_desk(outcome="reached").action_save()
        desk = self.env["kgw.desk"].search([("user_id", "=", self.agent.id)])
        self.assertEqual((desk.reminder_id, free.agent_id), (free, self.agent))

    def test_absence_has_a_beginning_and_ends_after_it(self):
        for vals in (
            {"absent_until": self.day},
            {"absent_from": self.day, "absent_until": self.day - timedelta(days=1)},
            {"substitute_id": self.agent.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.mine.write(vals)

    def test_agents_see_their_teams_cases_only_where_the_company_wants_it(self):
        stranger = self.env["kgw.case"].with_user(self.third)
        domain = [("id", "=", self.case.id)]
        self.assertTrue(stranger.search(domain))
        self.company.kgw_team_only = True
        self.env.registry.clear_cache()
        self.assertFalse(stranger.search(domain))
        self.assertFalse(self.env["kgw.finder"].with_user(self.third)._find("512000117"))
        self.assertFalse(
            self.env["kgw.event"].with_user(self.third).search([("case_id", "=", self.case.id)])
        )
        for user in (self.agent, self.manager):
            self.assertTrue(self.env["kgw.case"].with_user(user).search(domain))

    def test_export_is_recorded_and_a_large_one_is_a_managers(self):
        self.agent.group_ids |= self.env.ref("base.group_allow_export")
        self.case.with_user(self.agent).export_data(["name"])
        self.assertEqual(self.events("export").payload["count"], 1)
        many = self.case.browse(self.case.ids * 501)
        with self.assertRaises(UserError):
            many.with_user(self.agent)._check_export()
        many.with_user(self.manager)._check_export()

    def test_every_list_that_names_cases_has_its_exports_recorded(self):
        private = {"kgw.desk"}  # one row, one's own
        for name, model in self.env.items():
            field = name.startswith("kgw.") and model._fields.get("case_id")
            if field and not (model._abstract or model._transient or name in private):
                with self.subTest(model=name):
                    self.assertTrue(hasattr(model, "_check_export"))

    def test_results_count_calls_reached_and_promised_per_agent(self):
        self.end("no_answer")
        self.env.flush_all()
        row = self.env["kgw.call.report"].search([("case_id", "=", self.case.id)])
        self.assertEqual((row.user_id, row.call_count, row.reached_count), (self.agent, 1, 0))

    def test_board_desk_and_load_agree_on_what_today_is(self):
        tomorrow = calendar_next(self.day)
        for vals in (
            {},
            {"planned_on": self.day - timedelta(days=3)},
            {"planned_on": self.day - timedelta(days=3), "not_before": self._at(tomorrow, 8)},
            {"planned_on": self.day - timedelta(days=3), "retry_at": self._at(self.day, 15)},
            {"planned_on": tomorrow},
        ):
            self.add(**{"agent_id": self.agent.id, **vals})
        calls = self.env["kgw.reminder"].search([("agent_id", "=", self.agent.id)])
        calls._sort_calls(self.now)
        board = Counter(calls.mapped("call_column"))
        self.assertEqual(board, {"today": 2, "late": 1, "later": 2, "wait": 1})
        load = self.env["kgw.agent.load"].search([("user_id", "=", self.agent.id)])
        told = (load.open_count, load.late_count, load.later_count)
        self.assertEqual(told, (len(calls) - board["later"], board["late"], board["later"]))
        desk = self.env["kgw.desk"].with_user(self.agent)
        self.assertEqual(desk._count_left(self.now), load.open_count)
        shared = self.env["kgw.distributor"]._get_load(self.agent, self.day)
        self.assertEqual(shared[self.agent], load.open_count)

    def test_load_says_per_agent_what_is_open_made_and_free(self):
        self.mine.daily_limit = 5
        self.theirs.absent_from = self.day
        self.add(agent_id=self.agent.id)
        self.end("no_answer")
        free = self.add(agent_id=self.agent.id)
        free._assign(self.env["res.users"], self.now)
        load = self.env["kgw.agent.load"].with_user(self.manager)
        mine = load.search([("user_id", "=", self.agent.id)])
        self.assertEqual((mine.open_count, mine.made_count, mine.reached_count), (2, 1, 0))
        self.assertEqual((mine.daily_limit, mine.free_count, mine.free_label), (5, 2, "2"))
        away = load.search([("user_id", "=", self.colleague.id)])
        self.assertEqual((away.open_count, away.is_away, away.free_label), (0, True, "0"))
        self.assertEqual(away.owed_currency_id, mine.owed_currency_id, "sums are of one currency")
        nobody = load.search([("user_id", "=", False)])
        self.assertEqual((nobody.open_count, nobody.display_name), (1, "Nobody's"))
        self.assertEqual(
            self.env["kgw.reminder"].search(nobody.action_open_calls()["domain"]), free
        )
