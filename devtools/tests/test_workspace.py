"""Tests of what lies in the clone and how templates are keyed."""

import socket
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

from devtools.console import Problem
from devtools.databases import Databases
from devtools.selection import all_tags, closure, http_classes, parts
from devtools.workspace import Workspace, free_port


class TestWorkspace(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.workspace = Workspace(folder.name)
        for lock in ("requirements.txt", "requirements-odoo.txt"):
            self.write(lock, "a==1")

    def write(self, path, text=""):
        target = self.workspace.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def key(self):
        source = SimpleNamespace(version="19.0", python_path=Path("/odoo"))
        runner = SimpleNamespace(source=source)
        return Databases(self.workspace, None, runner).with_modules

    def test_modules_are_folders_with_a_manifest(self):
        self.write("b/__manifest__.py")
        self.write("a/__manifest__.py")
        self.write("docs/guide.md")
        self.assertEqual(self.workspace.modules(), ["a", "b"])

    def test_clone_without_modules_is_refused(self):
        with self.assertRaises(Problem):
            self.workspace.modules()

    def test_full_disk_is_refused(self):
        with self.assertRaisesRegex(Problem, "GiB are free"):
            self.workspace.prepare(10**9)

    def test_key_follows_module_files_and_requirements(self):
        self.write("a/__manifest__.py")
        keys = {self.key()}
        for path in ("a/models/m.py", "a/data/d.xml", "a/i18n/pl.po", "requirements.txt"):
            self.write(path, "changed")
            keys.add(self.key())
        self.assertEqual(len(keys), 5)

    def test_key_ignores_tests(self):
        self.write("a/__manifest__.py")
        before = self.key()
        self.write("a/tests/test_a.py", "changed")
        self.assertEqual(self.key(), before)

    def test_http_classes_are_found_through_own_bases(self):
        self.write("a/__manifest__.py")
        self.write(
            "a/tests/test_a.py",
            "class A(common.HttpCase): pass\nclass B(A): pass\nclass C(TransactionCase): pass\n",
        )
        self.assertEqual(http_classes(self.workspace), [("a", "A"), ("a", "B")])

    def test_tags_name_every_module(self):
        self.write("a/__manifest__.py")
        self.write("b/__manifest__.py")
        options = SimpleNamespace(tags=None, fast=False, all=True)
        self.assertEqual(all_tags(self.workspace, options), ["/a", "/b", "long/a", "long/b"])

    def test_two_runs_share_the_whole_suite(self):
        """The second takes what the first does not name, also classes that nobody found."""
        self.write("a/__manifest__.py")
        tests = "".join(f"    def test_{number}(self): pass\n" for number in range(3))
        self.write("a/tests/test_a.py", f"class A:\n{tests}")
        self.write("a/tests/test_b.py", f"class B:\n{tests}class C:\n    pass\n")
        options = SimpleNamespace(tags=None, fast=False, all=False)
        self.assertEqual(parts(self.workspace, options), ["/a:A", "/a,-/a:A"])
        options.all = True
        long = ["/a:A,long/a:A", "/a,long/a,-/a:A"]
        self.assertEqual(
            parts(self.workspace, options), long, "what is long is left out of neither"
        )

    def test_chosen_tests_run_at_once(self):
        self.write("a/__manifest__.py")
        options = SimpleNamespace(tags="/a:A", fast=False, all=False)
        self.assertEqual(parts(self.workspace, options), ["/a:A"])


class TestHelpers(unittest.TestCase):
    def test_closure_leaves_out_roots_and_strangers(self):
        self.assertEqual(closure({"A": {"R"}, "B": {"X"}}, {"R"}), ["A"])

    def test_taken_port_is_named(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with self.assertRaisesRegex(Problem, str(port)):
                free_port(port)
