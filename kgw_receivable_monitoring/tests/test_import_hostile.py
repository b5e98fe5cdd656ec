from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools import readers
from .hostile import MAKERS, make, names_line_and_reason, read_as_anything, watch_the_world
from .test_import import ImportCase


class HostileCase(ImportCase):
    def _read_safely(self, seeds):
        for seed in seeds:
            name, content = make(seed)
            with watch_the_world() as seen:
                found = list(read_as_anything(readers, name, content))
            with self.subTest(seed=seed, name=name):
                self.assertFalse(seen)
                self.assertTrue(found)
                for format_name, problems in found:
                    for problem in problems:
                        self.assertTrue(names_line_and_reason(readers, format_name, problem))

    @mute_logger("odoo.tools.mimetypes.guess_mimetype")  # Odoo warns of damaged ZIPs on upload
    def _import_safely(self, seeds):
        taken = 0
        for seed in seeds:
            name, content = make(seed)
            before = self._count_all()
            record = self._hand_over_bytes(content, filename=name)
            with self.subTest(seed=seed, name=name):
                record.action_preview()
                self.assertIn(record.state, ("preview", "refused"))
                self.assertTrue(record.state == "preview" or record.message)
                refused = record.line_ids.filtered(lambda row: row.state == "refused")
                self.assertTrue(all(row.message for row in refused))
                self.assertEqual(self._count_all(), before)
                taken += self._take_safely(record, before)
        return taken

    def _take_safely(self, record, before):
        """Take the hand-over: all of its new rows, or nothing."""
        wanted = record.new_count
        try:
            with self.env.cr.savepoint():
                self._take(record)
        except UserError:
            self.env.invalidate_all()
            self.assertEqual(self._count_all(), before)
            return 0
        done = record.line_ids.filtered(lambda row: row.state == "done")
        self.assertEqual(len(done), wanted)
        self.assertEqual(self._count_all()["account.move"], before["account.move"] + wanted)
        return bool(wanted)


@tagged("post_install", "-at_install", "kgw")
class TestImportHostile(HostileCase):
    def test_hostile_files_crash_nothing_and_reach_nothing(self):
        self._read_safely(range(5 * len(MAKERS)))

    def test_hostile_imports_are_taken_whole_or_not_at_all(self):
        self.assertTrue(self._import_safely(range(2 * len(MAKERS))))

    def test_the_watch_sees_files_and_connections(self):
        with watch_the_world() as seen, open("/etc/hostname", "rb"):
            pass
        self.assertTrue(seen)
