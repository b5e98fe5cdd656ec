import sys
from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools import readers
from .hostile import MAKERS, make
from .test_import import ImportCase

WATCHED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "ftplib.", "urllib.")
# What Python itself reads when a module is first used.
OWN = (".py", ".pyc", ".so", "__pycache__", "/dev/null", "/dev/urandom")
_spies = []


def _listen(event, arguments):
    if _spies and event.startswith(WATCHED):
        path = str(arguments[0]) if arguments else ""
        if event != "open" or not path.endswith(OWN):
            _spies[-1].append((event, path))


sys.addaudithook(_listen)


@contextmanager
def watch_the_world():
    """Yield the list of the files and connections that are opened meanwhile."""
    seen = []
    _spies.append(seen)
    try:
        yield seen
    finally:
        _spies.pop()


class HostileCase(ImportCase):
    def _read_safely(self, seeds):
        for seed in seeds:
            name, content = make(seed)
            with watch_the_world() as seen:
                found = list(readers.read_all([(name, content)]))
            with self.subTest(seed=seed, name=name):
                self.assertFalse(seen)
                self.assertTrue(found)
                for one in found:
                    self._check_refusals(one)

    def _check_refusals(self, found):
        """Every refusal has a code with a sentence; of a table also its line."""
        problems = [found.problem] if found.problem else found.result.problems
        for problem in problems:
            self.assertIn(problem.code, readers.PROBLEM_CODES)
            if found.result and found.result.format == "csv_polish" and problem.severity == "error":
                self.assertTrue(problem.line)

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
        self._read_safely(range(160))

    def test_hostile_imports_are_taken_whole_or_not_at_all(self):
        self.assertTrue(self._import_safely(range(3 * len(MAKERS))))

    def test_the_watch_sees_files_and_connections(self):
        with watch_the_world() as seen, open("/etc/hostname", "rb"):
            pass
        self.assertTrue(seen)


@tagged("post_install", "-at_install", "-standard", "kgw", "long")
class TestImportHostileLong(HostileCase):
    """Two thousand files, each read; every fifth one is handed over as well."""

    def test_two_thousand_hostile_files(self):
        self._read_safely(range(1000, 3000))

    def test_four_hundred_hostile_imports(self):
        self.assertTrue(self._import_safely(range(1000, 3000, 5)))
