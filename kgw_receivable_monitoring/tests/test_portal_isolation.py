import base64
import json
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DUE, KgwCommon

SECRET = "Tajemniczy Kontrahent"


class IsolationCase(KgwCommon):
    """Two creditors with the same counterparty; A has calls, letters, and an open question."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_creditor("Wierzyciel B", "9991020013")
        cls.other_mandate = cls._create_mandate("B", cls.other, cls.brand)
        cls.user_a = cls._create_portal_user("kgw_creditor_a", cls.creditor)
        cls.user_b = cls._create_portal_user("kgw_creditor_b", cls.other)
        cls._create_world()

    @classmethod
    def _create_portal_user(cls, login, partner):
        contact = cls.env["res.partner"].create(
            {
                "name": f"Księgowość {login}",
                "parent_id": partner.id,
                "email": f"{login}@wierzyciel.example",
                "lang": "en_US",
            }
        )
        user = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": login,
                    "password": login,
                    "name": contact.name,
                    "partner_id": contact.id,
                    "group_ids": [(6, 0, cls.env.ref("base.group_portal").ids)],
                }
            )
        )
        cls.env["kgw.portal.access"].create({"user_id": user.id, "is_lead": True})
        return user

    @classmethod
    def _create_world(cls):
        """Let something happen in A's case; B watches the same counterparty."""
        world = cls()  # for the factories, which are no class methods
        party = world._party(SECRET, nip="9991010026")
        cls.receivable = world._watch(world._document("FV A/1", amount="5000.00", buyer=party))
        cls.theirs = world._watch(world._document("FV B/1", buyer=party), mandate=cls.other_mandate)
        cls.receivable, cls.theirs = cls.receivable.with_env(cls.env), cls.theirs.with_env(cls.env)
        cls.case = cls.receivable.kgw_case_id
        now = world._at(DUE)
        cls.letter = cls._create_letter(cls.receivable, now)
        cls.env["kgw.hold"].create({"case_id": cls.case.id, "reason": "other"})
        cls.decision = cls.env["kgw.decision"]._ask(
            "approval", cls.letter.step_id, cls.receivable, DUE, now
        )
        cls.env["kgw.account.change"].create(
            {"mandate_id": cls.mandate.id, "number": "PL43999000180000000000000777"}
        )
        record = cls.env["kgw.import"].create(
            {
                "mandate_id": cls.mandate.id,
                "filename": "x.csv",
                "file": base64.b64encode(b"x"),
            }
        )
        cls.env["kgw.import.line"].create(
            {"import_id": record.id, "state": "new", "number": "FV A/1"}
        )
        cls.counterparty_user = cls._create_portal_user(
            "kgw_counterparty", cls.case.counterparty_id
        )
        # Even where the rule of companies would let it in.
        cls.counterparty_user.company_ids |= cls.journal.company_id

    @classmethod
    def _create_letter(cls, line, now):
        """Return a letter about one receivable that was posted."""
        letter = cls._create_letter_of(
            line,
            state="claimed",
            recipient="ul. Polna 1, Kraków",
            subject="Wezwanie",
            body="<p>Treść</p><script>alert(1)</script>",
        )
        letter.attachment_id = cls.env["ir.attachment"].create(
            {
                "name": "wezwanie.pdf",
                "raw": b"%PDF-1.7 wezwanie",
                "mimetype": "application/pdf",
                "res_model": "kgw.reminder",
                "res_id": letter.id,
            }
        )
        return letter._mark_sent(now)

    @classmethod
    def _create_letter_of(cls, line, **values):
        """Return a letter about one receivable, planned for its due date.

        :param values: of the reminder, in place of the usual ones
        """
        case = line.kgw_case_id
        step = cls.scenario.step_ids.filtered(lambda s: s.channel == "letter")[:1]
        own = cls.env["kgw.reminder.line"]._prepare_stepless_vals(line, "letter", step.rung)
        usual = {
            "case_id": case.id,
            "mandate_id": case.mandate_id.id,
            "brand_id": cls.brand.id,
            "step_id": step.id,
            "template_id": step.template_id.id,
            "channel": "letter",
            "rung": step.rung,
            "side": "after",
            "planned_on": DUE,
            "line_ids": [(0, 0, {**own, "role": "lead", "step_id": step.id})],
        }
        return cls.env["kgw.reminder"].create({**usual, **values})

    def _let_more_happen(self, now):
        """Give A something of everything that the world does not have."""
        payments = self.env["kgw.payment.list"]
        payments._mark_paid(
            self.creditor, self.receivable.ids, DUE, now, {self.receivable.id: 10.0}
        )
        self.env["kgw.promise"]._give(self.case, self.receivable, [(DUE, 100)], now)
        if not self.case.dispute_ids:
            reason = self.env["kgw.dispute.reason"].search([], limit=1)
            self.env["kgw.dispute"]._open(self.receivable, reason, "", now)
        self.env["kgw.desk"]._open(self.case, now)
        desk = self.env["kgw.desk"].search([("case_id", "=", self.case.id)])
        self.env["kgw.desk.part"].create({"desk_id": desk.id, "due_on": DUE, "amount": 1.0})
        call = {"kind": "call", "case_id": self.case.id, "mandate_id": self.mandate.id}
        self.env["kgw.event"]._record([{**call, "at": now, "payload": {"outcome": "no_answer"}}])
        self.env["kgw.import.column"].create(
            {"mandate_id": self.mandate.id, "heading": "Kolumna", "field": False}
        )
        access = self.env["kgw.portal.access"].search([("user_id", "=", self.user_a.id)])
        if not self.env["kgw.summary"].search_count([]):
            self.env["kgw.summary"]._send(access, now)
        self.env["kgw.acceptance"].create(
            {
                "mandate_id": self.mandate.id,
                "user_id": self.user_a.id,
                "signed_by": "Anna Kos",
                "signed_at": now,
                "signature": base64.b64encode(b"x"),
                "version": "1",
            }
        )

    def _get_creditors(self, records):
        for path in (
            "creditor_id",
            "case_id.creditor_id",
            "mandate_id.creditor_id",
            "reminder_id.creditor_id",
            "import_id.mandate_id.creditor_id",
            "promise_id.creditor_id",
            "desk_id.case_id.creditor_id",
            "payment_id.creditor_id",
        ):
            if path.split(".")[0] in records._fields:
                return records.mapped(path)
        raise AssertionError(records._name)


@tagged("post_install", "-at_install", "kgw")
class TestPortalModel(IsolationCase):
    """What ``kgw.portal`` gives to one creditor and keeps from the other."""

    def _portal(self, user):
        return self.env["kgw.portal"].with_user(user)

    def test_world_of_the_test_has_what_is_to_be_hidden(self):
        self.assertEqual((len(self.decision), len(self.letter)), (1, 1))
        self.assertTrue(self.letter.attachment_id)

    def test_each_creditor_sees_its_own_cases_only(self):
        self.assertEqual([c["id"] for c in self._portal(self.user_a)._get_cases()], self.case.ids)
        self.assertEqual(
            [c["id"] for c in self._portal(self.user_b)._get_cases()], self.theirs.kgw_case_id.ids
        )
        self.assertEqual(self._portal(self.user_b)._count_cases(), 1)
        self.assertFalse(self._portal(self.counterparty_user)._get_cases())

    def test_case_of_another_creditor_is_nothing(self):
        case = self._portal(self.user_a)._get_case(self.case.id)
        self.assertEqual([r["number"] for r in case["receivables"]], ["FV A/1"])
        self.assertTrue(
            {"sent", "question", "enrolled"} <= {event["kind"] for event in case["events"]}
        )
        self.assertIsNone(self._portal(self.user_b)._get_case(self.case.id))
        self.assertIsNone(self._portal(self.counterparty_user)._get_case(self.case.id))

    def test_nothing_of_a_case_tells_that_the_other_creditor_exists(self):
        text = json.dumps(self._portal(self.user_a)._get_case(self.case.id))
        for word in ("Wierzyciel B", "FV B/1", "B FV"):
            self.assertNotIn(word, text)

    def test_answers_are_plain_values(self):
        def check(value):
            if isinstance(value, dict):
                value = list(value.values())
            if isinstance(value, list):
                return all(check(part) for part in value)
            return value is None or isinstance(value, (str, int, float, bool))

        self.assertTrue(check(self._portal(self.user_a)._get_cases()))
        self.assertTrue(check(self._portal(self.user_a)._get_case(self.case.id)))

    def test_letter_is_given_to_its_creditor_only(self):
        name, content = self._portal(self.user_a)._get_letter(self.letter.id)
        self.assertTrue(content.startswith(b"%PDF"))
        self.assertTrue(name.endswith(".pdf"))
        self.assertIsNone(self._portal(self.user_b)._get_letter(self.letter.id))

    def test_decision_of_another_creditor_is_refused_like_one_that_is_not_there(self):
        messages = []
        for decision_id in (self.decision.id, 2**30):
            with self.assertRaises(AccessError) as caught:
                self._portal(self.user_b)._decide(decision_id, "approve", self._at(DUE))
            messages.append(str(caught.exception))
        self.assertEqual(messages[0], messages[1])
        self.assertEqual(self.decision.state, "open")
        self._portal(self.user_a)._decide(
            self.decision.id, "approve", self._at(DUE + timedelta(days=20))
        )
        self.assertEqual(
            (self.decision.value, self.decision.decided_by_id), ("approve", self.user_a)
        )

    def test_nobody_logged_in_gets_nothing(self):
        with self.assertRaises(AccessError):
            self._portal(self.env.ref("base.public_user"))._get_cases()

    def test_second_fence_keeps_a_creditor_to_its_own_were_a_right_given(self):
        """The rules alone, with the right to read given to portal users for a moment."""
        self._let_more_happen(self._at(DUE))
        portal = self.env.ref("base.group_portal")
        fenced = self.env["ir.rule"].search([("model_id.model", "=like", "kgw.%")]).model_id
        self.env["ir.model.access"].create(
            [
                {
                    "name": f"try {model.model}",
                    "model_id": model.id,
                    "group_id": portal.id,
                    "perm_read": True,
                }
                for model in fenced
            ]
        )
        foreign = self.user_b.partner_id.commercial_partner_id
        stored = [name for name in fenced.mapped("model") if not self.env[name]._transient]
        for model in stored:  # a dialogue is its user's own and tells of no other record
            with self.subTest(model=model):
                found = self.env[model].with_user(self.user_b).search([]).sudo()
                creditors = self._get_creditors(found)
                self.assertLessEqual(creditors, foreign)
                self.assertGreater(
                    self.env[model].search_count([]), len(found), "there is something to hide"
                )
