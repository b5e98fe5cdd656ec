from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.misc import format_date

from .common import DUE
from .simulation_common import KgwSimulationCommon

PREVIEW = "odoo.addons.kgw_receivable_monitoring.wizards.kgw_preview"
TODAY = DUE - timedelta(days=6)


@tagged("post_install", "-at_install")
class TestPreview(KgwSimulationCommon):
    """The preview as a person opens it: of a mandate, a case, an invoice, over a range of days."""

    def show(self, user=None, days=5, first=TODAY, **scope):
        """Return ``(preview, action)`` after the days were shown to a user."""
        preview = (
            self.env["kgw.preview"]
            .with_user(user or self.agent)
            .create({"date_from": first, "date_to": TODAY + timedelta(days=days), **scope})
        )
        return preview, preview._show(self._at(TODAY, 6))

    def test_agent_previews_a_mandate_without_accounting_rights(self):
        self.world()
        preview, action = self.show(mandate_id=self.mandate.id, days=15)
        lines = self.env["kgw.preview.line"].with_user(self.agent).search(action["domain"])
        self.assertEqual(lines, preview.line_ids)
        self.assertEqual(
            set(lines.filtered(lambda r: r.kind == "contact").mapped("channel")),
            {"email", "sms", "phone", "letter"},
        )
        sms = lines.filtered(lambda r: r.channel == "sms" and r.kind == "contact")[0]
        self.assertEqual(sms.summary, sms.body.replace("\n", " ")[:160])
        self.assertEqual(sms.counterparty_id.sudo().name, sms.case_id.counterparty_id.sudo().name)
        self.assertIn("<p>", lines.filtered(lambda r: r.channel == "email")[0].text)

    def test_what_does_not_go_out_has_reason_and_cure(self):
        lines = self.world()
        self.hold(TODAY, case_id=lines[0].kgw_case_id.id)
        preview, _action = self.show(case_ids=lines[0].kgw_case_id.ids, days=3)
        self.assertEqual(preview.line_ids.mapped("reason"), ["hold"])
        self.assertEqual(preview.line_ids.cure, "hold")

    def test_what_waits_names_the_hold_or_the_payments_that_it_waits_for(self):
        lines = self.world()
        case, day = lines[0].kgw_case_id, TODAY + timedelta(days=3)
        self.hold(TODAY, case_id=case.id, until_date=day, note="Urlop księgowej")
        preview, _action = self.show(case_ids=case.ids, days=3)
        [waiting] = preview.line_ids
        self.assertIn("Urlop księgowej", waiting.note)
        self.assertIn(f"until {format_date(self.env, day)}", waiting.note)
        self.assertIn(waiting.note, waiting.summary)
        case.hold_ids._lift(self._at(TODAY))
        self.mandate.coverage_date = False
        self.env.flush_all()  # the preview looks from a transaction of its own
        preview, _action = self.show(case_ids=case.ids, days=12)
        uncovered = preview.line_ids.filtered(lambda line: line.reason == "coverage")
        self.assertIn("Waits for payments known through", uncovered[0].note)

    def test_preview_of_an_invoice_keeps_to_it(self):
        lines = self.world()
        receivable = self.env["kgw.receivable"].with_user(self.agent).browse(lines[2].id)
        context = receivable.action_preview()["context"]
        preview, _action = self.show(
            case_ids=context["default_case_ids"],
            move_ids=context["default_move_ids"],
            days=9,
        )
        everything, _action = self.show(case_ids=lines[2].kgw_case_id.ids, days=9)
        self.assertTrue(preview.line_ids)
        self.assertLess(len(preview.line_ids), len(everything.line_ids))

    def test_days_before_the_first_one_are_lived_through_but_not_shown(self):
        self.world()
        first = DUE - timedelta(days=3)
        whole, _action = self.show(mandate_id=self.mandate.id)
        part, _action = self.show(mandate_id=self.mandate.id, first=first)
        self.assertTrue(part.line_ids)
        self.assertEqual(
            part.line_ids.mapped("body"),
            whole.line_ids.filtered(lambda r: r.day >= first).mapped("body"),
        )

    def test_days_that_make_no_sense_are_refused(self):
        self.world()
        with self.assertRaises(UserError):
            self.show(mandate_id=self.mandate.id, first=TODAY - timedelta(days=1))
        with self.assertRaises(UserError):
            self.show(mandate_id=self.mandate.id, days=-1)
        with self.assertRaises(UserError):
            self.show(mandate_id=self.mandate.id, days=62)

    def test_mandate_without_cases_is_refused(self):
        with self.assertRaises(UserError):
            self.show(mandate_id=self.mandate.id)

    def test_too_many_cases_show_the_nearest_and_say_so(self):
        lines = self.world()
        with patch(f"{PREVIEW}.MAX_CASES", 2):
            preview, action = self.show(mandate_id=self.mandate.id)
        self.assertIn("2", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "kgw.preview.line")
        self.assertEqual(len(preview.line_ids.case_id), 2)
        self.assertIn(lines[0].kgw_case_id, preview.line_ids.case_id)

    def test_case_that_somebody_works_on_is_named(self):
        busy, free = self.world().kgw_case_id[:2]
        model = type(self.env["kgw.case"])
        with patch.object(model, "try_lock_for_update", lambda records, **_k: records - busy):
            preview, action = self.show(case_ids=(busy | free).ids, days=9)
        self.assertIn(busy.name, action["params"]["message"])
        self.assertEqual(preview.line_ids.case_id, free)

    def test_cases_that_may_not_be_read_are_not_shown(self):
        cases = self.world().kgw_case_id
        self.env["ir.rule"].create(
            {
                "name": "only one",
                "model_id": self.env["ir.model"]._get_id("kgw.case"),
                "domain_force": [("id", "=", cases[0].id)],
            }
        )
        preview, _action = self.show(mandate_id=self.mandate.id)
        self.assertEqual(preview.sudo().line_ids.case_id, cases[0])

    def test_preview_belongs_to_who_asked_for_it(self):
        self.world()
        preview, _action = self.show(user=self.manager, mandate_id=self.mandate.id)
        with self.assertRaises(AccessError):
            preview.with_user(self.agent).read(["date_from"])
        with self.assertRaises(AccessError):
            preview.line_ids.with_user(self.agent).read(["body"])
