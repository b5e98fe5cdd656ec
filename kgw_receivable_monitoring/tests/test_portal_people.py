from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_portal_decisions import DecisionCase


@tagged("post_install", "-at_install", "kgw")
class TestPortalPeople(DecisionCase):
    """A creditor's lead sets the rights of its own colleagues, and of nobody else."""

    def setUp(self):
        super().setUp()
        self.colleague = self._create_portal_user("kgw_colleague", self.creditor)
        self.rights = self.env["kgw.portal.access"]
        self.rights.search([("user_id", "=", self.colleague.id)]).unlink()

    def test_lead_gives_and_takes_rights(self):
        [row] = self.portal._get_colleagues()
        self.assertEqual((row["id"], any(row["rights"].values())), (self.colleague.id, False))
        self.portal._set_rights(self.colleague.id, {"may_decide": "1", "is_lead": "1"})
        given = self.rights._get_rights(self.colleague)
        self.assertEqual({name for name, is_on in given.items() if is_on}, {"may_decide"})
        self.assertIn("Księgowość kgw_colleague", self.mandate.message_ids[:1].body)
        self.portal._set_rights(self.colleague.id, {})
        self.assertFalse(any(self.rights._get_rights(self.colleague).values()))

    def test_strangers_are_no_colleagues_and_who_is_no_lead_sets_nothing(self):
        for user in (self.user_b, self.user_a, self.agent):
            with self.assertRaises(AccessError):
                self.portal._set_rights(user.id, {"may_decide": "1"})
        portal = self.env["kgw.portal"].with_user(self.colleague)
        with self.assertRaises(AccessError):
            portal._get_colleagues()
        with self.assertRaises(AccessError):
            portal._set_rights(self.user_a.id, {})
        self.assertTrue(self.rights._get_rights(self.user_a)["may_decide"])
