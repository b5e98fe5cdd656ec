import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DUE
from .test_portal_decisions import DecisionCase

SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install", "kgw")
class TestAcceptance(DecisionCase):
    """The creditor accepts scenario and papers as they are; a change of either asks again."""

    def _accept(self, user=None, version=None, name="Anna Kos", signature=SIGNATURE):
        portal = self.env["kgw.portal"].with_user(user or self.user_a)
        version = version or self.env["kgw.acceptance"]._get_version(self.mandate)
        portal._accept_terms(
            self.mandate.id, version, name, signature, self._at(DUE), "203.0.113.7"
        )

    def _get_unaccepted(self):
        return self.portal._get_unaccepted(self.portal._get_mandates())

    def _get_level(self):
        lines = self.env["kgw.readiness"]._get_lines(self.mandate, DUE)
        [line] = [line for line in lines if line.title.startswith("Terms accepted")]
        return line.level

    def test_acceptance_says_who_when_from_where_and_what(self):
        self.assertEqual(self._get_level(), "warning")
        self.assertTrue(self._get_unaccepted()[0]["is_new"])
        self._accept()
        acceptance = self.env["kgw.acceptance"].search([])
        self.assertEqual(
            (acceptance.user_id, acceptance.signed_by, acceptance.signed_at, acceptance.address),
            (self.user_a, "Anna Kos", self._at(DUE), "203.0.113.7"),
        )
        self.assertEqual(acceptance.signature, SIGNATURE.encode())
        names = [step["name"] for step in acceptance.terms["scenarios"][0]["steps"]]
        self.assertIn("Letter: demand for payment", names)
        self.assertEqual(self._get_level(), "ok")
        self.assertEqual(self._get_unaccepted(), [])
        page = self.portal._get_mandate_terms(self.mandate.id)
        self.assertTrue(page["is_current"])
        self.assertIn("Anna Kos", page["accepted"]["sentence"])

    def test_every_change_of_scenario_or_paper_asks_again(self):
        self._accept()
        step = self.scenario.step_ids.filtered(lambda s: s.rung == "demand")[:1]
        changes = {
            "day of a step": lambda: step.write({"offset_days": step.offset_days + 1}),
            "step": lambda: self.scenario.step_ids[-1:].unlink(),
            "end of monitoring": lambda: self.scenario.write({"horizon_days": 29}),
            "scope": lambda: self.mandate.write({"may_warn": True}),
            "paper": lambda: self.mandate.write({"agreement_file": base64.b64encode(b"%PDF new")}),
            "other scenario": lambda: self.mandate.scenario_ids.write(
                {"scenario_id": self.scenario.copy({"gap_after_days": 5}).id}
            ),
        }
        for name, change in changes.items():
            with self.subTest(change=name), self.cr.savepoint() as point:
                change()
                self.assertEqual(self._get_level(), "warning")
                [asked] = self._get_unaccepted()
                self.assertFalse(asked["is_new"])
                point.rollback()
                self.env.invalidate_all()
        self.mandate.name = "Inna nazwa"
        self.assertEqual(self._get_level(), "ok", "no term of the mandate")

    def test_terms_in_words_are_those_of_the_scenario(self):
        page = self.portal._get_mandate_terms(self.mandate.id)
        [scenario] = page["scenarios"]
        said = {step["name"]: step for step in scenario["steps"]}
        demand = said["Letter: demand for payment"]
        self.assertEqual(demand["day"].replace("\xa0", " "), "8 days after the due date")
        self.assertEqual(demand["way"], "Letter, else E-mail")
        final = said["Registered letter: final demand"]
        self.assertIn("only with your consent", final["notes"])
        name, content = self.portal._get_paper(self.mandate.id, "agreement")
        self.assertEqual((name, content), ("agreement.pdf", b"%PDF-1.4 signed"))

    def test_what_was_read_meanwhile_changed_is_not_accepted(self):
        version = self.env["kgw.acceptance"]._get_version(self.mandate)
        self.mandate.may_note = True
        with self.assertRaisesRegex(UserError, "once more"):
            self._accept(version=version)

    def test_name_and_image_are_needed(self):
        for values in (
            {"name": " "},
            {"signature": ""},
            {"signature": "no base64!"},
            {"signature": base64.b64encode(b"<svg onload=alert(1)/>").decode()},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._accept(**values)
        self.assertFalse(self.env["kgw.acceptance"].search([]))

    def test_others_and_who_may_not_hand_over_accept_nothing_and_read_nothing(self):
        foreign = self.env["kgw.portal"].with_user(self.user_b)
        self.assertIsNone(foreign._get_mandate_terms(self.mandate.id))
        self.assertIsNone(foreign._get_paper(self.mandate.id, "authority"))
        access = self.env["kgw.portal.access"].search([("user_id", "=", self.user_a.id)])
        access.may_hand_over = False
        for user in (self.user_a, self.user_b):
            with self.assertRaises(AccessError):
                self._accept(user)
        self.assertFalse(self.env["kgw.acceptance"].search([]))
