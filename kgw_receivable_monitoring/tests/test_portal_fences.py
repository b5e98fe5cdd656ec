from unittest.mock import patch

from odoo.models import BaseModel
from odoo.tests import tagged

from .common import DUE, MODULE
from .test_portal_routes import RoutesCase


@tagged("post_install", "-at_install", "kgw")
class TestPortalFences(RoutesCase):
    """Each of the four fences holds something back by itself: taken away, the leak is there."""

    def _portal(self, user):
        return self.env["kgw.portal"].with_user(user)

    # === 1: no rights, one door that adds the creditor === #

    def test_door_without_its_creditor_gives_foreign_cases(self):
        portal = self._portal(self.user_b)
        self.assertIsNone(portal._get_case(self.case.id))
        with patch.object(type(portal), "_get_creditor_domain", lambda _portal: []):
            self.assertTrue(portal._get_case(self.case.id))
            self.assertIn(self.case.id, [row["id"] for row in portal._get_cases()])
            self.assertTrue(portal._get_letter(self.letter.id))

    # === 2: global rules, should a right ever be given === #

    def test_right_without_the_rule_gives_foreign_cases(self):
        values = {
            "name": "try",
            "perm_read": True,
            "group_id": self.env.ref("base.group_portal").id,
        }
        model = self.env["ir.model"]._get("kgw.case")
        self.env["ir.model.access"].create({**values, "model_id": model.id})
        cases = self.env["kgw.case"].with_user(self.user_b)
        self.assertEqual(cases.search([]).ids, self.theirs.kgw_case_id.ids)
        self.env.ref(f"{MODULE}.rule_kgw_case_creditor").active = False
        self.env.invalidate_all()
        self.assertIn(self.case.id, cases.search([]).ids)

    # === 3: the ledger is hidden from share users === #

    def test_invoice_without_the_rule_of_the_ledger_is_seen_by_its_follower(self):
        move, user = self.receivable.move_id, self.counterparty_user
        self.env["mail.followers"].create(
            {"res_model": move._name, "res_id": move.id, "partner_id": user.partner_id.id}
        )
        companies = (self.env.company | move.company_id).ids
        moves = self.env["account.move"].with_user(user)
        moves = moves.with_context(allowed_company_ids=companies)
        self.assertFalse(moves.search([("id", "=", move.id)]))
        self.env.ref(f"{MODULE}.rule_account_move_ledger_hidden").active = False
        self.env.invalidate_all()
        self.assertTrue(moves.search([("id", "=", move.id)]))

    # === 4: pages get plain values, never records === #

    def _find_records(self, value):
        if isinstance(value, BaseModel):
            return [value]
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return [record for part in value for record in self._find_records(part)]
        return []

    def _get_answers(self):
        portal, now = self._portal(self.user_a), self._at(DUE)
        return [
            portal._get_overview(),
            portal._get_cases(),
            portal._get_case(self.case.id),
            portal._get_handover(),
            portal._get_import(self.file.id),
            portal._get_form("stop", self.case.ids),
            portal._foresee("stop", {}, now, self.case.ids),
            self.env["kgw.portal.account"].with_user(self.user_a)._get_page(),
        ]

    def test_pages_get_no_record_and_one_slipped_in_is_found(self):
        self.assertTrue(all(self._get_answers()))
        self.assertFalse(self._find_records(self._get_answers()))
        portal = self._portal(self.user_a)
        plain = type(portal)._prepare_head

        def slip(self, case, lines):
            return {**plain(self, case, lines), "case": case}

        with patch.object(type(portal), "_prepare_head", slip):
            self.assertEqual(self._find_records(self._get_answers()), [self.case])
