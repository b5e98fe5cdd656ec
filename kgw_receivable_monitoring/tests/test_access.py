import csv

from odoo.tests import tagged
from odoo.tools.misc import file_open

from .common import MODULE, KgwCommon

# model: rights of agent, manager, administrator as letters of read, write, create, unlink.
MATRIX = {
    "kgw.kind": ("r", "r", "rwcu"),
    "kgw.rate": ("r", "r", "rwcu"),
    "kgw.template": ("r", "r", "rwcu"),
    "kgw.template.text": ("r", "r", "rwcu"),
    "kgw.scenario": ("r", "r", "rwcu"),
    "kgw.scenario.step": ("r", "r", "rwcu"),
    "kgw.brand": ("r", "r", "rwcu"),
    "kgw.account.change": ("r", "rwc", "rwc"),
    "kgw.mandate": ("r", "rwc", "rwcu"),
    "kgw.mandate.scenario": ("r", "rwcu", "rwcu"),
    "kgw.case": ("rw", "rwc", "rwc"),
    "kgw.contact.point": ("rwc", "rwcu", "rwcu"),
    "kgw.receivable": ("r", "r", "r"),
    "kgw.reminder": ("r", "r", "r"),
    "kgw.reminder.line": ("r", "r", "r"),
    "kgw.event": ("r", "r", "r"),
    "kgw.hold": ("rc", "rwc", "rwc"),
    "kgw.decision": ("r", "r", "r"),
    "kgw.promise": ("r", "r", "r"),
    "kgw.promise.part": ("r", "r", "r"),
    "kgw.dispute": ("r", "r", "r"),
    "kgw.dispute.reason": ("r", "r", "rwcu"),
    "kgw.promise.entry": ("rwc", "rwc", "rwc"),
    "kgw.promise.entry.part": ("rwcu", "rwcu", "rwcu"),
    "kgw.dispute.entry": ("rwc", "rwc", "rwc"),
    "kgw.note": ("rwc", "rwc", "rwc"),
    "kgw.bulk": ("rwc", "rwc", "rwc"),
    "kgw.bulk.line": ("rwc", "rwc", "rwc"),
    "kgw.sensitive.word": ("r", "r", "rwcu"),
    "kgw.portal.access": ("r", "rwcu", "rwcu"),
    "kgw.summary": ("r", "r", "r"),
    "kgw.acceptance": ("r", "r", "r"),
    "kgw.print.run": ("r", "r", "r"),
    "kgw.import": ("", "rwcu", "rwcu"),
    "kgw.import.line": ("", "r", "r"),
    "kgw.payment": ("r", "r", "r"),
    "kgw.payment.part": ("r", "r", "r"),
    "kgw.payment.assign": ("", "rwc", "rwc"),
    "kgw.import.column": ("", "rwcu", "rwcu"),
    "kgw.rate.limit": ("", "", "rwcu"),
    "kgw.health": ("", "r", "r"),
    "kgw.alarm": ("r", "r", "r"),
    "kgw.call.move": ("rwc", "rwc", "rwc"),
    "kgw.desk": ("rw", "rw", "rw"),
    "kgw.desk.part": ("rwcu", "rwcu", "rwcu"),
    "kgw.team": ("r", "rwcu", "rwcu"),
    "kgw.team.member": ("r", "rwcu", "rwcu"),
    "kgw.agent.load": ("", "r", "r"),
    "kgw.call.report": ("", "r", "r"),
    "kgw.incoming": ("rwc", "rwc", "rwc"),
    "kgw.creditor.message": ("rwc", "rwc", "rwc"),
    "kgw.message": ("rwc", "rwc", "rwc"),
    "kgw.person": ("", "", ""),
    "kgw.explanation.line": ("rwc", "rwc", "rwc"),
    "kgw.explanation": ("rwc", "rwc", "rwc"),
    "kgw.preview.line": ("rwcu", "rwcu", "rwcu"),
    "kgw.preview": ("rwc", "rwc", "rwc"),
}
OPERATIONS = {"read": "r", "write": "w", "create": "c", "unlink": "u"}
ROLES = ("agent", "manager", "administrator")


class AccessCase(KgwCommon):
    """People of every role, and a world in which something has happened."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._create_user("kgw_administrator", "administrator")
        cls.users = dict(zip(ROLES, (cls.agent, cls.manager, cls.administrator), strict=True))
        cls.portal_user = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": "kgw_portal",
                    "password": "kgw_portal",
                    "name": "Portal",
                    "partner_id": cls.env["res.partner"]
                    .create(
                        {
                            "name": "Księgowość",
                            "parent_id": cls.creditor.id,
                            "email": "p@wierzyciel.example",
                        }
                    )
                    .id,
                    "group_ids": [(6, 0, cls.env.ref("base.group_portal").ids)],
                }
            )
        )
        cls.accountant = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": "kgw_other",
                    "name": "Other",
                    "group_ids": [
                        (
                            6,
                            0,
                            [
                                cls.env.ref("base.group_user").id,
                                cls.env.ref("account.group_account_manager").id,
                            ],
                        )
                    ],
                }
            )
        )

    def _get_models(self):
        """Return our models that keep records."""
        return sorted(
            name
            for name, model in self.env.items()
            if name.startswith("kgw.") and not model._abstract
        )


@tagged("post_install", "-at_install", "kgw")
class TestMatrix(AccessCase):
    def _get_rights(self, user, model):
        records = self.env[model].with_user(user)
        return "".join(
            letter for operation, letter in OPERATIONS.items() if records.has_access(operation)
        )

    def test_matrix_names_every_model(self):
        self.assertEqual(self._get_models(), sorted(MATRIX))

    def test_rights_of_each_role_are_those_of_the_matrix(self):
        for model, rights in MATRIX.items():
            for role, letters in zip(ROLES, rights, strict=True):
                with self.subTest(model=model, role=role):
                    self.assertEqual(self._get_rights(self.users[role], model), letters)

    def test_nobody_else_has_any_right(self):
        public = self.env.ref("base.public_user")
        for model in MATRIX:
            for user in (self.portal_user, public, self.accountant):
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(self._get_rights(user, model), "")

    def test_every_right_is_given_to_a_group_of_ours(self):
        with file_open(f"{MODULE}/security/ir.model.access.csv") as handle:
            groups = {row["group_id:id"] for row in csv.DictReader(handle)}
        self.assertEqual(groups, {f"group_kgw_{role}" for role in ROLES})

    def test_share_users_meet_a_second_fence_on_every_model_of_a_creditor(self):
        """Should a right ever be given to them, the rules still keep a creditor to its own."""
        fenced = set(
            self.env["ir.rule"]
            .search([("model_id.model", "=like", "kgw.%")])
            .model_id.mapped("model")
        )
        common = {
            "kgw.kind",
            "kgw.rate",
            "kgw.template",
            "kgw.template.text",
            "kgw.scenario",
            "kgw.scenario.step",
            "kgw.dispute.reason",
            "kgw.sensitive.word",
        }
        agency = {
            "kgw.brand",
            "kgw.print.run",
            "kgw.call.move",
            "kgw.incoming",
            "kgw.team",
            "kgw.team.member",
            "kgw.message",
            "kgw.promise.entry",
            "kgw.promise.entry.part",
            "kgw.dispute.entry",
            "kgw.note",
            "kgw.bulk",
            "kgw.bulk.line",
            "kgw.person",
            "kgw.rate.limit",
            "kgw.health",
            "kgw.alarm",
            "kgw.agent.load",
        }
        self.assertEqual(set(MATRIX) - common - agency, fenced)

    def test_fields_on_foreign_models_are_closed_to_share_users(self):
        ours = [
            field
            for model in self.env.registry.models.values()
            for field in model._fields.values()
            if field.name.startswith("kgw_") and not field.model_name.startswith("kgw.")
        ]
        self.assertGreater(len(ours), 20)
        for field in ours:
            with self.subTest(field=str(field)):
                model = self.env[field.model_name].with_user(self.portal_user)
                closed = not model._has_field_access(field, "read")
                self.assertTrue(closed or not model.has_access("read"))
                if field._module == "kgw_receivable_monitoring":
                    model = self.env[field.model_name].with_user(self.agent)
                    self.assertTrue(model._has_field_access(field, "read"))
