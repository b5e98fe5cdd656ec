from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import html2plaintext

from .common import DUE, MODULE
from .test_portal_decisions import LATE, DecisionCase


@tagged("post_install", "-at_install", "kgw")
class TestHoldWords(DecisionCase):
    """A hold keeps facts; whoever reads of it reads them in the own language."""

    def setUp(self):
        super().setUp()
        self.case = self.case.with_context(lang="pl_PL")
        until = (LATE + timedelta(days=30)).isoformat()
        values = {"note": "Urlop", "until_date": until}
        polish = self.portal.with_context(lang="pl_PL")
        polish._take("pause", values, self._at(LATE, 9), self.case.ids)
        parts, now = [(LATE + timedelta(days=9), 900)], self._at(LATE, 10)
        self.env["kgw.promise"]._give(self.case, self.first, parts, now)
        self.reason = self.env.ref(f"{MODULE}.dispute_reason_price")
        disputes = self.env["kgw.dispute"].with_context(lang="pl_PL")
        disputes._open(self.second, self.reason, "Za drogo", now)

    def read_holds(self, lang):
        """Return what the creditor and those who work with the case read of its holds."""
        case, events = (
            record.with_context(lang=lang)
            for record in (
                self.case,
                self.env["kgw.event"].search([("case_id", "=", self.case.id)]),
            )
        )
        told, _more = self.env["kgw.portal"].with_context(lang=lang)._get_events(case)
        return {
            "history": [entry["note"] for entry in told if entry["kind"] == "hold"],
            "register": events.filtered(lambda e: e.kind == "hold").mapped("told"),
            "holds": case.hold_ids.mapped("told"),
            "reasons": case.hold_ids.mapped(lambda hold: hold._describe()),
        }

    def test_agency_reads_of_the_creditor_who_reads_of_itself(self):
        hold = self.env["kgw.hold"].create({"case_id": self.case.id, "reason": "creditor"})
        told = self.env["kgw.upcoming"]._say_held(hold)
        self.assertEqual(told, "On hold: The creditor asked to wait")
        self.assertEqual(self.portal._say_held(hold), "On hold: You asked to wait")

    def test_hold_is_told_in_the_language_of_its_reader(self):
        said = {
            "pl_PL": ("wstrzymanie kontaktu: Urlop", "900,00 zł do ", "Błędna cena lub ilość"),
            "en_US": ("pause of the contact: Urlop", "PLN 900.00 by ", "Wrong price or quantity"),
        }
        for lang, parts in said.items():
            for page, lines in self.read_holds(lang).items():
                with self.subTest(lang=lang, page=page):
                    text = " | ".join(lines).replace("\N{NO-BREAK SPACE}", " ").casefold()
                    for part in parts:
                        self.assertIn(part.casefold(), text)

    def test_dispute_is_told_in_the_language_of_its_reader(self):
        told, _more = self.env["kgw.portal"]._get_events(self.case.with_context(lang="en_US"))
        [entry] = [entry for entry in told if entry["kind"] == "dispute"]
        self.assertEqual(entry["note"], "Wrong price or quantity. Za drogo")

    def test_brake_is_told_in_the_language_of_its_reader_and_to_creditors_without_figures(self):
        hold = self.env["kgw.hold"].create(
            {
                "mandate_id": self.case.mandate_id.id,
                "reason": "volume",
                "from_date": DUE,
                "volume": 60,
                "volume_limit": 50,
            }
        )
        self.assertIn("60 contacts planned", hold.with_context(lang="en_US").told)
        self.assertIn("zaplanowano kontaktów: 60", hold.with_context(lang="pl_PL").told)
        for reason in ("volume", "engine"):
            said = self.portal._get_code_label("kgw.hold", "reason", reason)
            self.assertNotRegex(said, "manager|many|engine")

    def test_hold_for_an_account_says_which(self):
        move = self.first.move_id
        hold = self.env["kgw.hold"].create(
            {"move_id": move.id, "reason": "account", "account": "12 3456", "from_date": DUE}
        )
        self.assertIn("12 3456", hold.with_context(lang="en_US").told)
        self.assertIn("rachunek 12 3456", hold.with_context(lang="pl_PL").told)
        hold.account = ""
        self.assertIn("belongs to a factor", hold.with_context(lang="en_US").told)


@tagged("post_install", "-at_install", "kgw")
class TestAnsweredDispute(DecisionCase):
    def test_accepted_dispute_ends_the_contact_and_says_who_accepted(self):
        reason = self.env.ref(f"{MODULE}.dispute_reason_price")
        parts, now = [(LATE + timedelta(days=9), 900)], self._at(LATE, 10)
        self.env["kgw.promise"]._give(self.case, self.first, parts, now)
        for dispute in self.env["kgw.dispute"]._open(self.first | self.second, reason, "", now):
            self.portal._answer_dispute(dispute.id, "accept", {}, self._at(LATE, 11))
        page = self.portal.with_context(kgw_now=self._at(LATE, 12))._get_case(self.case.id)
        said = "Dispute accepted: nobody is contacted any more."
        self.assertTrue(page["sentence"].endswith(said), page["sentence"])
        self.assertEqual({r["next_step"] for r in page["receivables"]}, {"Dispute accepted"})
        told = [entry for entry in page["events"] if entry["kind"] == "dispute_accepted"]
        self.assertEqual({entry["who"] for entry in told}, {self.user_a.name})

    def test_confirmed_payment_is_told_before_its_amount(self):
        values = {"amount": "30.50", "until_date": LATE.isoformat()}
        self._take("payment", lines=self.first, **values)
        html = self.env["ir.qweb"]._render(
            f"{MODULE}.portal_event", {"event": self.portal._get_case(self.case.id)["events"][1]}
        )
        self.assertIn("payment confirmed, PLN 30.50 of", html2plaintext(html).replace("\xa0", " "))
