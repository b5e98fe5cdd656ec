import io
from datetime import timedelta
from unittest.mock import patch

import pypdf

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from .common import DUE
from .test_portal_decisions import LATE, DecisionCase


@tagged("post_install", "-at_install", "kgw")
class TestDecisionsInThePortal(DecisionCase):
    """Whose decision it is, and what the page says before."""

    def test_what_will_change_is_told_and_nothing_stays(self):
        self._plan(DUE - timedelta(days=3))
        events = self.env["kgw.event"].search_count([])
        until = (DUE + timedelta(days=7)).isoformat()
        effect = self.portal._foresee(
            "pause", {"until_date": until}, self._at(DUE - timedelta(days=3)), self.case.ids
        )
        self.assertEqual(len(effect["changes"][0]["cancelled"]), 1)
        self.assertIn("on hold until", effect["changes"][0]["after"])
        self.assertEqual(self._get_open_reminder().state, "planned")
        self.assertEqual(self.env["kgw.event"].search_count([]), events)
        self.assertFalse(self.env["kgw.decision"].search([("case_id", "=", self.case.id)]))

    def test_what_no_plan_shows_is_said_in_words(self):
        for kind in ("waive", "warning", "collection"):
            effect = self.portal._foresee(kind, {}, self._at(LATE), self.case.ids)
            self.assertTrue(effect["words"], kind)
        [_may_go_out, nothing] = self.portal._foresee("warning", {}, self._at(LATE), self.case.ids)[
            "words"
        ]
        self.assertIn("no such warning", nothing)

    def test_what_is_missing_is_named(self):
        with self.assertRaisesRegex(UserError, "Until or On"):
            self.portal._take("pause", {}, self._at(LATE), self.case.ids)

    def test_many_counterparties_are_decided_at_once(self):
        more = self._watch(
            *(
                self._document(f"FV M/{n}", buyer=self._other_party(f"Firma {n}", 10 + n))
                for n in range(10)
            )
        )
        cases = more.kgw_case_id
        portal = self.env.registry["kgw.portal"]
        with patch.object(portal, "_trying", autospec=True, side_effect=portal._trying) as trying:
            effect = self.portal._foresee("stop", {}, self._at(LATE), cases.ids)
        self.assertEqual(sorted(effect["case_ids"]), sorted(cases.ids))
        self.assertEqual(trying.call_count, 1, "not once for each")
        self.portal._take("stop", {}, self._at(LATE), cases.ids)
        held = self.env["kgw.hold"].search([("case_id", "in", cases.ids)])
        self.assertEqual(len(held.case_id), 10)
        with self.assertRaises(UserError):
            self.portal._take(
                "payment", {"amount": "1", "until_date": "2026-09-08"}, self._at(LATE), cases.ids
            )

    def test_foreign_case_or_invoice_is_refused_like_one_that_is_not_there(self):
        messages = set()
        for cases, lines in (
            (self.theirs.kgw_case_id.ids, None),
            ([2**30], None),
            (self.case.ids + self.theirs.kgw_case_id.ids, None),
            (self.case.ids, self.theirs.ids),
        ):
            for act in (self.portal._take, self.portal._foresee):
                with self.assertRaises(AccessError) as caught:
                    act("stop", {}, self._at(LATE), cases, lines)
                messages.add(str(caught.exception))
        self.assertEqual(len(messages), 1)
        self.assertFalse(
            self.env["kgw.hold"].search([("case_id", "in", self.theirs.kgw_case_id.ids)])
        )

    def test_who_may_only_look_decides_nothing(self):
        access = self.env["kgw.portal.access"].search([("user_id", "=", self.user_a.id)])
        access.may_decide = False
        with self.assertRaises(AccessError):
            self.portal._take("stop", {}, self._at(LATE), self.case.ids)
        self.portal._take("withdraw", {}, self._at(LATE), self.case.ids)
        access.may_hand_over = False
        with self.assertRaises(AccessError):
            self.portal._take("withdraw", {}, self._at(LATE), self.case.ids)
        access.unlink()
        self.assertEqual(self.portal._get_offers(), [])

    def test_dispute_is_answered_by_its_creditor_only(self):
        reason = self.env["kgw.dispute.reason"].search([], limit=1)
        dispute = self.env["kgw.dispute"]._open(self.first, reason, "Brak dostawy", self._at(LATE))
        page = self.portal._get_case(self.case.id)
        self.assertEqual([d["note"] for d in page["disputes"]], ["Brak dostawy"])
        self.assertEqual(self.portal._count_tabs()["dispute"], 1)
        foreign = self.env["kgw.portal"].with_user(self.user_b)
        self.assertEqual(foreign._count_tabs()["dispute"], 0)
        with self.assertRaises(AccessError):
            foreign._answer_dispute(dispute.id, "reject", {}, self._at(LATE))
        values = {"note": "Dostarczono"}
        self.portal._answer_dispute(dispute.id, "reject", values, self._at(LATE), "203.0.113.7")
        self.assertEqual(
            (dispute.state, dispute.answered_by_id, dispute.answer_note),
            ("rejected", self.user_a, "Dostarczono"),
        )
        [told] = self.env["kgw.event"].search([("kind", "=", "dispute_rejected")])
        self.assertEqual(told.payload["address"], "203.0.113.7", "who, when, from where")

    def test_answer_that_ends_monitoring_stops_at_once(self):
        planned = self._plan(DUE - timedelta(days=3))
        step = self.scenario.step_ids.filtered(lambda s: s.kind == "question")[:1]
        lines = self.first | self.second
        question = self.env["kgw.decision"]._ask("horizon", step, lines, LATE, self._at(LATE))
        self.portal._decide(question.id, "end", self._at(LATE), "203.0.113.7")
        self.assertEqual((planned.state, question.address), ("cancelled", "203.0.113.7"))
        self.assertEqual(self.env["kgw.hold"]._get_held_moves(lines.move_id, LATE), lines.move_id)

    def test_preview_shows_the_very_text(self):
        step = self.scenario.step_ids.filtered(lambda s: s.rung == "demand")[:1]
        question = self.env["kgw.decision"]._ask("approval", step, self.first, LATE, self._at(LATE))
        self.env["kgw.planner"]._close_stages(LATE, self._at(LATE))
        kind, content = self.portal._get_preview(question.id, self._at(LATE))
        self.assertEqual(kind, "pdf")
        self.assertTrue(content.startswith(b"%PDF"))
        with self.assertRaises(AccessError):
            self.env["kgw.portal"].with_user(self.user_b)._get_preview(question.id, self._at(LATE))

    def test_history_on_paper_has_the_words_of_e_mails(self):
        self.run_days(DUE - timedelta(days=5), DUE - timedelta(days=2))
        mail = next(sent for sent in self._get_sent() if sent["channel"] == "email")
        lines = html2plaintext(mail["body"]).replace("*", "").splitlines()
        words = max((line.split() for line in lines), key=len)[:6]
        files = [("umowa.pdf", b"x")]
        self.portal._write_message(self.case.id, "W załączniku", files, self._at(DUE, 9))
        _name, content = self.portal._get_history(self.case.id)
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        self.assertIn(" ".join(words), text)
        self.assertIn("umowa.pdf", text)
        self.assertNotIn("*", text, "bold type is no part of the words")

    def test_notices_go_to_who_wants_them_and_questions_never_to_nobody(self):
        people = self.env["kgw.portal.access"]
        self.portal._set_notices({"gets_disputes": "1", "summary": "never"})
        self.assertEqual(
            {name for name, is_on in self.portal._get_notices().items() if is_on}, {"gets_disputes"}
        )
        self.assertEqual(self.portal._get_summary_choice()["every"], "never")
        recipients = {
            "email_dispute": self.user_a.email,
            "email_approval": self.creditor.email,
            "email_promise_broken": "",
            "email_creditor_report": "",
        }
        for code, email in recipients.items():
            self.assertEqual(people._get_recipients(self.creditor, code), email, code)
        self.assertTrue(self.portal._get_rights()["may_decide"], "rights stay")
        stranger = self._create_portal_user("kgw_stranger", self.case.counterparty_id)
        people.search([("user_id", "=", stranger.id)]).unlink()
        self.env["kgw.portal"].with_user(stranger)._set_notices({"gets_disputes": "1"})
        self.assertFalse(people.search([("user_id", "=", stranger.id)]))

    def test_who_may_not_decide_is_not_asked_to(self):
        colleague = self._create_portal_user("kgw_looks", self.creditor)
        people = self.env["kgw.portal.access"]
        people.search([("user_id", "=", colleague.id)]).write(
            {"may_decide": False, "may_hand_over": False}
        )
        both = ", ".join(sorted((self.user_a.email, colleague.email)))
        for code in ("email_approval", "email_dispute", "email_creditor_payments"):
            self.assertEqual(people._get_recipients(self.creditor, code), self.user_a.email, code)
        for code in ("email_promise_broken", "email_insolvency"):
            self.assertEqual(people._get_recipients(self.creditor, code), both, code)
