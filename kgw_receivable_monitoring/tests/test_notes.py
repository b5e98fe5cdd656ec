from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import BaseCase
from odoo.tools.safe_eval import safe_eval

from ..tools.sensitive import find_words
from .common import MODULE
from .engine_common import KgwEngineCommon

STEMS = [("chorob", False), ("żona", True), ("związek zawod", False)]


class TestSensitiveWords(BaseCase):
    def test_every_form_of_a_word_warns_with_and_without_marks(self):
        for text, found in (
            ("Z powodu choroby nie płaci", ["choroby"]),
            ("CHOROBĄ tłumaczy", ["CHOROBĄ"]),
            ("zona odbiera", ["zona"]),
            ("Związek zawodowy blokuje", ["Związek zawodowy"]),
            ("choroba, Choroba i choroba", ["choroba", "Choroba"]),
        ):
            with self.subTest(text=text):
                self.assertEqual(find_words(text, STEMS), found)

    def test_other_words_do_not_warn(self):
        for text in ("Zapłaci w piątek", "żonaty", "niechorobliwy", "związek spraw", ""):
            with self.subTest(text=text):
                self.assertEqual(find_words(text, STEMS), [])
        self.assertEqual(find_words("choroba", []), [])


@tagged("post_install", "-at_install", "kgw")
class TestNotes(KgwEngineCommon):
    def setUp(self):
        super().setUp()
        self.case = self._watch(self._document()).kgw_case_id

    def note(self, text, audience="creditor"):
        return (
            self.env["kgw.note"]
            .with_user(self.agent)
            .create({"case_id": self.case.id, "text": text, "audience": audience})
        )

    def test_note_for_the_creditor_is_an_event_and_the_description(self):
        self.note("Prezes obiecał przelew na piątek.").action_save()
        [event] = self.events("description", case_id=self.case.id)
        self.assertEqual(
            (event.note, event.user_id), ("Prezes obiecał przelew na piątek.", self.agent)
        )
        self.assertIn("Prezes", self.case.description)
        portal = self.env["kgw.portal"]
        self.assertIn(event, portal._find_events(self.case))

    def test_internal_note_never_reaches_the_creditor(self):
        self.note("Prezes jest chory, żona odbiera.", "internal").action_save()
        [event] = self.events("note", case_id=self.case.id)
        self.assertEqual(event.note, "Prezes jest chory, żona odbiera.")
        self.assertNotIn(event, self.env["kgw.portal"]._find_events(self.case))
        self.assertFalse(self.case.description)

    def test_sensitive_words_warn_first_and_saving_anyway_is_recorded(self):
        note = self.note("Nie płaci, bo jest w szpitalu.")
        action = note.action_save()
        self.assertEqual((action["res_model"], action["res_id"]), ("kgw.note", note.id))
        self.assertFalse(self.events("description", case_id=self.case.id))
        self.assertEqual(note.warning, "szpitalu")
        note.action_save_anyway()
        [event] = self.events("description", case_id=self.case.id)
        self.assertEqual(event.payload["warned"], "szpitalu")

    def test_ordinary_words_of_the_trade_do_not_warn(self):
        words = self.env["kgw.sensitive.word"]
        for text in (
            "Zapłaci w całości do piątku, lecz prosi o korektę.",
            "Księgowa potwierdziła saldo, przelew zlecony przez bank.",
            "Zakład w Synowcach, dostawa na budowę, ojczysta 3.",
            "Termin przesunięty, należność ciąży na spółce.".replace("ciąży", "spoczywa"),
        ):
            with self.subTest(text=text):
                self.assertEqual(words._find(text), [])

    def test_cases_without_description_for_a_week_are_listed(self):
        view = self.env.ref(f"{MODULE}.kgw_case_view_search")
        arch = view._get_combined_arch()
        domain = safe_eval(arch.xpath("//filter[@name='undescribed']")[0].get("domain"))
        fresh = self._watch(
            self._document("FV 9/09/2026", buyer=self._other_party("Nowy", 5))
        ).kgw_case_id
        old = fields.Datetime.now() - timedelta(days=8)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE kgw_case SET create_date = %s WHERE id = %s", (old, self.case.id)
        )
        self.env.invalidate_all()
        cases = self.case | fresh
        self.assertEqual(self.env["kgw.case"].search([*domain, ("id", "in", cases.ids)]), self.case)
        self.note("Czekamy na wpłatę.").action_save()
        self.assertFalse(self.env["kgw.case"].search([*domain, ("id", "in", cases.ids)]))

    def test_shipped_words_warn_in_the_forms_in_which_people_say_them(self):
        words = self.env["kgw.sensitive.word"]
        for text in (
            "prezes zachorował",
            "jest na L4",
            "problemy w rodzinie",
            "wyjechał z rodziną",
            "przepisał firmę synowi",
            "działają tam związki zawodowe",
            "chodzi do parafii",
            "siedzi w areszcie",
            "jest w zakładzie karnym",
        ):
            with self.subTest(text=text):
                self.assertTrue(words._find(text))
        for text in (
            "W wypadku braku zapłaty wystawimy notę.",
            "Jesteśmy przekonani, że zapłaci; kupuje parafinę.",
            "Kara umowna i odsetki są sporne.",
        ):
            with self.subTest(text=text):
                self.assertEqual(words._find(text), [])

    def entry(self, model, **values):
        entry = self.env[model].with_user(self.agent)
        return entry.create({"case_id": self.case.id, **values})

    def test_whatever_the_creditor_reads_warns_before_it_is_saved(self):
        said = "Księgowa jest w szpitalu."
        reason = self.env.ref(f"{MODULE}.dispute_reason_faulty")
        receivables = self.env["kgw.receivable"].search([("case_id", "=", self.case.id)])
        dispute = {"reason_id": reason.id, "receivable_ids": receivables.ids}
        for page, save, kind in (
            (self.entry("kgw.creditor.message", text=said), "action_send", "message"),
            (self.entry("kgw.dispute.entry", note=said, **dispute), "action_save", "dispute"),
            (self.entry("kgw.promise.entry", note=said), "action_save", "promise"),
        ):
            with self.subTest(page=page._name):
                self.assertEqual(page.note_warning, "szpitalu")
                with self.assertRaisesRegex(UserError, "szpitalu"):
                    getattr(page, save)()
                self.assertFalse(self.events(kind, case_id=self.case.id))
                page.is_note_checked = True
                getattr(page, save)()
                self.assertTrue(self.events(kind, case_id=self.case.id))
                noted = self.events("note", case_id=self.case.id)[-1:]
                self.assertEqual(noted.payload["warned"], "szpitalu")
        self.assertEqual(len(self.events("note", case_id=self.case.id)), 3)

    def test_reason_of_a_hold_warns_too(self):
        hold = self.env["kgw.hold"].new({"case_id": self.case.id, "note": "Żona rodzi"})
        self.assertEqual(hold.note_warning, "Żona")
        context = {"active_model": "kgw.case", "active_ids": self.case.ids}
        bulk = self.env["kgw.bulk"].with_user(self.agent).with_context(**context)
        many = bulk.create({"act": "hold", "note": "Pogrzeb"})
        with self.assertRaisesRegex(UserError, "Pogrzeb"):
            many.action_start()
        many.is_note_checked = True
        many.action_start()
        [noted] = self.events("note", case_id=self.case.id)
        self.assertEqual(noted.payload["warned"], "Pogrzeb")
