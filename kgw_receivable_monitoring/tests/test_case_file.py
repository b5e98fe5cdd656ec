import io
import zipfile

from odoo.tests import tagged

from .common import DUE, MODULE
from .engine_common import KgwEngineCommon


@tagged("post_install", "-at_install", "kgw")
class TestCaseFile(KgwEngineCommon):
    def setUp(self):
        super().setUp()
        self.line, self.day = self._overdue()
        self.other = self._watch(
            self._document("FV 2/09/2026", buyer=self._other_party("Inny", 7))
        ).kgw_case_id
        self.case = self.line.kgw_case_id

    def test_file_holds_the_history_and_the_papers_but_no_internal_note(self):
        note = {"case_id": self.case.id, "text": "Prezes kłamie", "audience": "internal"}
        self.env["kgw.note"].create(note).action_save()
        paper = self.env["ir.attachment"].create({"name": "foto/1.jpg", "raw": b"jpg"})
        reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")
        now = self._at(self.day)
        self.env["kgw.dispute"]._open(self.line, reason, "Pęknięta", now, attachments=paper)
        values = self.env["kgw.case.file"]._prepare_file(self.case, self.brand, "pl_PL", now)
        notes = [event["note"] for event in values["events"]]
        self.assertIn("Pęknięta", " ".join(notes))
        self.assertNotIn("Prezes kłamie", " ".join(notes))
        name, content = self.env["kgw.case.file"]._make(self.case, now)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.assertEqual(archive.namelist(), ["00-historia.pdf", "01-foto-1.jpg"])
            self.assertTrue(archive.read("00-historia.pdf").startswith(b"%PDF"))
        self.assertEqual(self.events("export", case_id=self.case.id).payload["file"], name)

    def names_in_file(self):
        _name, content = self.env["kgw.case.file"]._make(self.case, self._at(self.day))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()

    def test_packed_photos_are_handed_over_but_no_earlier_file(self):
        self.env["ir.attachment"].create(
            {
                "name": "zdjęcia.zip",
                "raw": b"PK\x05\x06" + bytes(18),
                "res_model": "kgw.case",
                "res_id": self.case.id,
            }
        )
        self.case.action_hand_over_file()
        self.assertEqual(self.names_in_file(), ["00-historia.pdf", "01-zdjęcia.zip"])

    def test_e_mail_in_the_history_breaks_its_lines_where_the_reader_saw_them(self):
        html = "<p>Mija termin\n   faktury:</p><table><tr>\n<td>FV 1</td>\n<td>958,17</td></tr>"
        html += "</table><p><b>Konto</b><br/>PL 1</p>"
        event = self.env["kgw.event"]._record(
            [
                {
                    "kind": "sent",
                    "at": self._at(self.day),
                    "case_id": self.case.id,
                    "mandate_id": self.case.mandate_id.id,
                    "channel": "email",
                    "payload": {"text": html},
                }
            ]
        )
        told = self.env["kgw.portal"]._prepare_printed(event)
        lines = [line.split() for line in told["text"].splitlines()]
        self.assertEqual(lines[:2], [["Mija", "termin", "faktury:"], ["FV", "1", "958,17"]])
        self.assertEqual(lines[-1], ["PL", "1"])

    def test_heading_and_signature_of_a_letter_on_paper_are_lines_without_marks(self):
        html = "<p>Kwota</p><h2>Ponadto po terminie</h2><div>Anna Nowak</div><div>Agencja</div>"
        values = {"channel": "letter", "payload": {"text": html}, "case_id": self.case.id}
        [event] = self.env["kgw.event"]._record(
            [{"kind": "sent", "at": self._at(self.day), **values}]
        )
        told = self.env["kgw.portal"]._prepare_printed(event)["text"]
        self.assertEqual(
            told.splitlines(), ["Kwota", "Ponadto po terminie", "Anna Nowak", "Agencja"]
        )

    def test_documents_of_the_creditor_can_be_translated(self):
        for name in ("handover_document", "portal_history_body"):
            view = self.env.ref(f"{MODULE}.{name}")
            self.assertIn("Invoice", view._fields["arch_db"].get_trans_terms(view.arch_db), name)

    def test_stages_stand_in_the_order_of_the_course(self):
        cases = self.env["kgw.case"].with_context(read_group_expand=True)
        groups = cases.formatted_read_group([], ["stage"], ["__count"])
        stages = [group["stage"] for group in groups]
        self.assertEqual(stages[:3], ["before_due", "overdue", "elapsed"])

    def test_agent_makes_the_file_and_it_stays_among_the_documents(self):
        action = self.case.with_user(self.agent).action_hand_over_file()
        self.assertEqual(action["type"], "ir.actions.act_url")
        self.assertEqual(self.case.document_count, 1)

    def bulk(self, user, act, **values):
        cases = self.case | self.other
        context = {"active_model": "kgw.case", "active_ids": cases.ids}
        bulk = self.env["kgw.bulk"].with_user(user).with_context(**context)
        done = bulk.create({"act": act, **values})
        done.action_start()
        return done

    def test_many_cases_get_a_controller_and_the_list_says_which_had_it(self):
        self.other.controller_id = self.manager
        bulk = self.bulk(self.manager, "assign", controller_id=self.manager.id)
        self.assertEqual((self.case | self.other).controller_id, self.manager)
        self.assertEqual((bulk.state, bulk.refused_count, bulk.progress), ("done", 1, 100))
        [refused] = bulk.line_ids.filtered(lambda line: line.state == "refused")
        self.assertEqual(refused.case_id, self.other)
        self.assertTrue(refused.why)

    def test_many_are_held_and_lifted_but_not_what_waits_for_somebody_else(self):
        self.hold(DUE, case_id=self.other.id, reason="insolvency")
        self.bulk(self.agent, "hold", note="Święta")
        self.assertEqual((self.case.hold_count, self.other.hold_count), (1, 2))
        self.assertEqual(self.bulk(self.agent, "lift").refused_count, 2)  # agents lift nothing
        self.bulk(self.manager, "lift")
        self.assertEqual((self.case.hold_count, self.other.hold_count), (0, 1))
        again = self.bulk(self.manager, "lift")
        self.assertEqual(again.refused_count, 2)

    def test_more_cases_than_a_piece_are_done_piece_by_piece(self):
        from ..wizards import kgw_bulk

        self.patch(kgw_bulk, "CHUNK", 1)
        bulk = self.bulk(self.manager, "hold", note="x")
        self.assertEqual((bulk.state, bulk.left_count, bulk.progress), ("running", 1, 50))
        self.assertFalse(bulk.action_go_on())
        self.assertEqual(bulk.state, "done")
