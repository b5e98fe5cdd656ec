import io
from datetime import timedelta
from unittest.mock import patch

import pypdf

from odoo.tests import tagged

from ..models import kgw_portal_case, kgw_portal_export, kgw_portal_history
from .common import DUE
from .test_portal_decisions import DecisionCase


@tagged("post_install", "-at_install", "kgw")
class TestPapers(DecisionCase):
    """What the creditor takes away as a file is whole, or says what it lacks and where that is."""

    # === HISTORY === #

    def say(self, count):
        for number in range(count):
            moment = self._at(DUE + timedelta(days=number))
            self.env["kgw.portal"]._record_message(self.case, f"Wiadomość {number}", [], moment)

    def draw(self, part):
        page = self.portal.with_context(kgw_now=self._at(DUE))
        _name, content = page._get_history(self.case.id, part)
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def test_long_history_comes_in_parts_and_none_is_left_out(self):
        self.say(5)
        with patch.object(kgw_portal_history, "ENTRIES", 2):
            parts = self.portal._get_case(self.case.id, limit=2)["history_parts"]
            shown = self.portal._get_case(self.case.id, "payments")["history_parts"]
            self.assertEqual(shown, parts, "whatever the page shows of it")
            papers = [self.draw(part) for part in parts]
        for number in range(5):
            self.assertEqual(sum(f"Wiadomość {number}" in paper for paper in papers), 1, number)
        self.assertIn("Wiadomość 4", papers[0], "the newest first")

    def test_part_of_a_history_says_what_it_lacks(self):
        self.say(5)
        count = len(self.portal._find_events(self.case.with_user(self.user_a).sudo()))
        with patch.object(kgw_portal_history, "ENTRIES", 2):
            paper = self.draw(1)
        self.assertIn(f"Part 1 of {(count + 1) // 2}", paper)
        self.assertIn("the entries from 10 Sep 2026 to 11 Sep 2026", paper)
        self.assertIn(f"2 of {count}", paper)

    def test_long_text_begins_below_what_happened_and_goes_on_overleaf(self):
        for number in range(3):
            text = "\n".join(f"Wiersz {line} z {number}" for line in range(30))
            moment = self._at(DUE + timedelta(days=number))
            self.env["kgw.portal"]._record_message(self.case, text, [], moment)
        _name, content = self.portal._get_history(self.case.id)
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        first, *others = [page.extract_text().replace("\xa0", " ") for page in pages]
        self.assertIn("Wiersz 29 z 2", first)
        self.assertIn("Wiersz 3 z 1", first, "no half of a page stays white")
        self.assertIn("Wiersz 29 z 1", others[0])
        for page in (first, *others):
            lines = page.strip().splitlines()
            self.assertNotIn("A message", lines[-2:], "never without the beginning of its text")

    def test_history_begins_below_the_invoices_though_its_entries_have_no_text(self):
        self.env["kgw.event"]._record(
            [
                self.first._kgw_prepare_event_vals("stage", self._at(DUE + timedelta(days=number)))
                for number in range(60)
            ]
        )
        _name, content = self.portal._get_history(self.case.id)
        first, *others = pypdf.PdfReader(io.BytesIO(content)).pages
        self.assertIn("History", first.extract_text())
        self.assertTrue(others)

    def test_short_history_is_one_paper(self):
        self.assertEqual(self.portal._get_case(self.case.id)["history_parts"], [1])
        self.assertEqual(self.portal._get_case(self.case.id, "payments")["history_parts"], [1])
        self.assertNotIn("Part 1", self.draw(1))
        self.assertEqual(self.draw(7), self.draw(1), "a part that is not there")

    def test_page_that_shows_no_more_entries_says_so(self):
        self.say(3)
        with patch.object(kgw_portal_case, "MAX_SHOWN", 2):
            page = self.portal._get_case(self.case.id, limit=1)
            self.assertEqual((page["has_more"], page["is_cut"]), (True, False))
            page = self.portal._get_case(self.case.id, limit=9)
        self.assertEqual((len(page["events"]), page["has_more"], page["is_cut"]), (2, True, True))

    # === LIST === #

    def add_cases(self, count):
        buyers = [self._other_party(f"Firma {number}", number) for number in range(10, 10 + count)]
        self._watch(*(self._document(f"FV {b.name}", buyer=b) for b in buyers))

    def test_export_has_every_counterparty_in_the_order_of_the_list(self):
        self.add_cases(5)
        with patch.object(kgw_portal_export, "BATCH", 2):
            _head, *rows = self.portal._get_export(sort="name")
        listed = [row["counterparty"] for row in self.portal._get_cases(sort="name")]
        self.assertEqual([row[0] for row in rows], listed)
        self.assertEqual(len(rows), 6)

    def test_export_asks_the_database_once_for_a_batch(self):
        few = self.count_queries()
        self.add_cases(5)
        self.assertEqual(self.count_queries(), few)
        with patch.object(kgw_portal_export, "BATCH", 2):
            self.assertLess(self.count_queries(), 3 * few)

    def count_queries(self):
        list(self.portal._get_export())  # what is read once per process
        self.env.flush_all()
        self.env.invalidate_all()
        started = self.cr.sql_log_count
        list(self.portal._get_export())
        return self.cr.sql_log_count - started
