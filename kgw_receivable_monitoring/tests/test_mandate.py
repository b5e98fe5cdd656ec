from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tests.common import freeze_time

from ..const_mandate import MANDATE_SOURCES
from ..models.kgw_gate_facts import Facts
from .common import DUE, MODULE
from .engine_common import KgwEngineCommon

# One value that is taken away, and the title of the line that turns red.
NEEDED = [
    ({"agreement_date": False}, "Processing agreement"),
    ({"agreement_file": False}, "Processing agreement"),
    ({"authority_date": False}, "Power of attorney"),
    ({"authority_file": False}, "Power of attorney"),
    ({"authority_until": date(2026, 9, 6)}, "Power of attorney"),
    ({"authority_date": date(2026, 9, 8)}, "Power of attorney"),
    ({"may_remind": False}, "What the power of attorney covers"),
    ({"informs": False}, "Information duty"),
    ({"coverage_date": False}, "Knowledge of payments"),
    ({"account_number": False}, "Creditor's account"),
    ({"account_confirmed_at": False}, "Creditor's account"),
    ({"substitute_id": False}, "Controller and substitute"),
    ({"scenario_ids": [(5,)]}, "Scenario for every kind"),
    ({"journal_id": False}, "Journal"),
]


@tagged("post_install", "-at_install", "kgw")
class TestReadiness(KgwEngineCommon):
    """A mandate is active only when its panel has no red line."""

    def lines(self, mandate=None, on_date=DUE):
        return self.env["kgw.readiness"]._get_lines(mandate or self.mandate, on_date)

    def missing(self, mandate=None, on_date=DUE):
        return [line.title for line in self.lines(mandate, on_date) if line.level == "missing"]

    def level(self, title):
        [line] = [line for line in self.lines() if line.title.startswith(title)]
        return line.level

    def test_ready_mandate_has_no_red_line(self):
        self.assertEqual(self.missing(), [])
        self.assertEqual(len(self.lines()), 14)

    def test_each_thing_taken_away_turns_its_own_line_red(self):
        for values, title in NEEDED:
            with self.subTest(values=values), self.cr.savepoint() as point:
                self.mandate.write(values)
                missing = self.missing()
                self.assertEqual(len(missing), 1, missing)
                self.assertTrue(missing[0].startswith(title), missing)
                point.rollback()
                self.env.invalidate_all()

    def test_brand_without_approved_sender_or_own_mail_domain_is_red_and_leads_to_the_brand(self):
        other = self._get_alias_domain("inna.example")
        for values, title in (
            ({"sms_sender_approved": False}, "SMS sender"),
            ({"sms_sender": False}, "SMS sender"),
            ({"alias_domain_id": False}, "Mail domain"),
            ({"alias_domain_id": other.id}, "Mail domain"),
        ):
            with self.subTest(values=values), self.cr.savepoint() as point:
                self.brand.write(values)
                [line] = [row for row in self.lines() if row.level == "missing"]
                self.assertTrue(line.title.startswith(title), line)
                self.assertEqual((line.model, line.res_id), ("kgw.brand", self.brand.id))
                point.rollback()
                self.env.invalidate_all()

    def test_scenarios_without_sms_need_no_sender_name(self):
        steps = self.scenario.step_ids
        steps.filtered(lambda s: s.fallback_channel == "sms").write(
            {"fallback_channel": False, "fallback_template_id": False}
        )
        steps.filtered(lambda s: s.channel == "sms").unlink()
        self.brand.sms_sender = False
        self.assertEqual(self.missing(), [])

    def test_kind_of_a_case_without_a_scenario_is_red(self):
        self._watch(self._document())
        self.mandate.scenario_ids.kind_id = self.env.ref(f"{MODULE}.kind_consumer")
        self.assertEqual(self.missing(), ["Scenario for every kind of counterparty"])
        company = self.env.ref(f"{MODULE}.kind_company")
        self.mandate.scenario_ids = [
            (0, 0, {"kind_id": company.id, "scenario_id": self.scenario.id})
        ]
        self.assertEqual(self.missing(), [])

    def test_creditor_without_email_can_not_be_asked(self):
        self.creditor.email = False
        self.assertEqual(self.missing(), ["The creditor can be asked"])

    def test_what_only_limits_is_amber(self):
        self.assertEqual(self.level("Fee terms"), "warning")
        self.assertEqual(self.level("The creditor can be asked"), "warning", "nobody has a login")
        self.assertEqual(self.level("What the power"), "ok")
        self.mandate.may_demand = False
        self.assertEqual(self.level("What the power"), "warning")
        self.mandate.authority_until = DUE + timedelta(days=30)
        self.assertEqual(self.level("Power of attorney"), "warning")

    def test_own_sales_need_no_papers(self):
        own = self.mandate.copy({"code": "OWN", "is_own_sales": True, "journal_id": False})
        own.write({"agreement_file": False, "authority_file": False, "informs": False})
        self.assertEqual(
            set(self.missing(own)) - {"Journal of the invoices"}, {"Creditor's account"}
        )

    def test_activation_is_refused_with_the_list_of_what_is_missing(self):
        draft = self.mandate.copy({"code": "B", "agreement_date": False, "coverage_date": DUE})
        with self.assertRaises(UserError) as refusal:
            draft.with_user(self.manager).action_activate()
        for title in ("Processing agreement", "Creditor's account"):
            self.assertIn(title, str(refusal.exception))
        self.assertEqual(draft.state, "draft")

    def test_panel_of_the_form_is_in_the_reader_s_words(self):
        panel = self.mandate.with_user(self.agent).readiness
        self.assertEqual(len(panel), 14)
        self.assertEqual(set(panel[0]), {"level", "title", "sentence", "model", "res_id"})
        self.assertFalse(self.env["kgw.mandate"].new().readiness)

    def test_mandate_that_turns_red_runs_on_and_the_health_page_says_so(self):
        now = self._at(DUE)
        health = self.env["kgw.health"]
        self.assertEqual(health._get_check("readiness", now).level, "ok")
        self.mandate.authority_until = DUE - timedelta(days=1)
        check = health._get_check("readiness", now)
        self.assertEqual((check.level, self.mandate.state), ("warning", "active"))
        self.assertIn("A: Power of attorney", check.sentence)


@tagged("post_install", "-at_install", "kgw")
class TestMandateStates(KgwEngineCommon):
    """A mandate goes its ways by its buttons only."""

    def test_every_way_is_that_of_the_table(self):
        act = {
            "active": "action_activate",
            "suspended": "action_suspend",
            "ended": "action_end",
        }
        for source in ("draft", "active", "suspended", "ended"):
            for target, action in act.items():
                with self.subTest(source=source, target=target), self.cr.savepoint() as point:
                    self.mandate.state = source
                    mandate = self.mandate.with_user(self.manager)
                    if source == target or source in MANDATE_SOURCES[target]:
                        getattr(mandate, action)()
                        self.assertEqual(mandate.state, target)
                    else:
                        with self.assertRaises(UserError):
                            getattr(mandate, action)()
                    point.rollback()
                    self.env.invalidate_all()

    def test_state_and_confirmation_are_not_written_past_the_buttons(self):
        draft = self.mandate.copy({"code": "B"}).with_user(self.manager)
        for values in (
            {"state": "active"},
            {"account_confirmed_at": "2026-09-07 10:00:00"},
            {"account_confirmed_by_id": self.manager.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                draft.write(values)
            with self.subTest(values=values), self.assertRaises(AccessError):
                draft.create({**draft.copy_data({"code": "C"})[0], **values})

    def test_mandate_is_not_written_back_into_a_draft_whose_account_anybody_enters(self):
        administrator = self._create_user("kgw_admin", "administrator")
        for user in (self.manager, administrator):
            mandate = self.mandate.with_user(user)
            for state in ("active", "suspended", "ended"):
                self.mandate.sudo().state = state
                with self.subTest(user=user.login, state=state), self.assertRaises(AccessError):
                    mandate.write(
                        {"state": "draft", "account_number": "PL43999000180000000000000777"}
                    )
                with self.subTest(user=user.login, state=state), self.assertRaises(UserError):
                    mandate.account_number = "PL43999000180000000000000777"

    def test_mandate_with_cases_stays_with_its_creditor_and_is_not_turned_into_own_sales(self):
        mandate = self.mandate.with_user(self.manager)
        other = self._create_creditor("Wierzyciel B", "9991020013")
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id.kgw_is_ledger", "=", False)], limit=1
        )
        self._watch(self._document())
        for values in (
            {"creditor_id": other.id},
            {"is_own_sales": True, "journal_id": journal.id},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                mandate.write(values)

    def test_agent_does_not_move_a_mandate(self):
        for action in ("action_activate", "action_suspend", "action_end", "action_confirm_account"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(self.mandate.with_user(self.agent), action)()
        self.assertEqual(self.mandate.state, "active")

    def test_nobody_is_their_own_substitute(self):
        with self.assertRaises(ValidationError):
            self.mandate.substitute_id = self.mandate.controller_id


@tagged("post_install", "-at_install", "kgw")
class TestScope(KgwEngineCommon):
    """What the power of attorney does not cover is not done in the creditor's name."""

    def judge(self, code, **template):
        line, day = self._overdue(8)
        reminder = self._draft(line, code, day)
        if template:
            reminder.template_id.write(template)
        return self.judge_authority(reminder, day)

    def judge_authority(self, reminder, day):
        return (
            self.env["kgw.gate"]._judge_authority(reminder, Facts(reminder, self._at(day))).reason
        )

    def test_interest_notes_and_register_warnings_need_their_own_scope(self):
        for scope in ("note", "warn"):
            with self.subTest(scope=scope), self.cr.savepoint() as point:
                self.assertEqual(self.judge("p8_letter", scope=scope), "authority")
                self.mandate[f"may_{scope}"] = True
                reminder = self.env["kgw.reminder"].search([], limit=1, order="id desc")
                self.assertEqual(self.judge_authority(reminder, DUE), "")
                self.mandate.authority_until = DUE - timedelta(days=1)
                self.assertEqual(self.judge_authority(reminder, DUE), "authority")
                point.rollback()
                self.env.invalidate_all()

    def test_reminders_rest_on_the_order_not_on_the_days_of_the_power(self):
        self.mandate.authority_until = DUE
        self.assertEqual(self.judge("p6_email"), "")

    def test_reminders_that_are_not_agreed_are_refused(self):
        self.mandate.may_remind = False
        self.assertEqual(self.judge("p6_email"), "authority")

    def test_letter_names_the_power_of_attorney_only_while_it_holds(self):
        line, day = self._overdue(8)
        letter = self._draft(line, "p8_letter", day)
        words = "na podstawie pełnomocnictwa z dnia 2 stycznia 2026"
        for until, named in ((False, True), (day - timedelta(days=1), False)):
            self.mandate.authority_until = until
            values = self.env["kgw.text"]._get_values(letter, self._at(day))
            body = letter.template_id._get_text("pl_PL")._render(values)[1]
            with self.subTest(until=until):
                self.assertIn("imieniu i na rzecz", body)
                self.assertEqual(words in " ".join(body.replace("\xa0", " ").split()), named)


@tagged("post_install", "-at_install", "kgw")
class TestAccountOfADraft(KgwEngineCommon):
    """In a draft the account is typed in and confirmed; an active mandate's stays."""

    NUMBER = "PL43999000180000000000000777"

    def setUp(self):
        super().setUp()
        self.draft = self.mandate.copy({"code": "B"}).with_user(self.manager)

    def test_number_that_is_no_iban_is_refused(self):
        for name in ("account_number", "foreign_account_number"):
            with self.subTest(name=name), self.assertRaises(ValidationError):
                self.draft[name] = "PL43999000180000000000000778"

    def test_confirming_says_who_and_when_and_another_number_is_unconfirmed_again(self):
        with freeze_time("2026-09-07 10:00:00"):
            self.draft.action_confirm_account()
        self.assertEqual(
            (str(self.draft.account_confirmed_at), self.draft.account_confirmed_by_id),
            ("2026-09-07 10:00:00", self.manager),
        )
        with self.assertRaises(UserError):
            self.draft.action_confirm_account()
        self.draft.account_number = self.NUMBER
        self.assertFalse(self.draft.account_confirmed_at)

    def test_account_without_source_is_not_confirmed(self):
        self.draft.account_source = False
        with self.assertRaises(UserError):
            self.draft.action_confirm_account()

    def test_account_of_an_active_mandate_is_not_written(self):
        active = self.mandate.with_user(self.manager)
        for name in ("account_number", "foreign_account_number"):
            with self.subTest(name=name), self.assertRaises(UserError):
                active[name] = self.NUMBER
        self.assertTrue(active.account_confirmed_at)
