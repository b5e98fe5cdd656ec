"""Tests of the set-up: repairs, locks, system packages, translations."""

import re
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from devtools import i18n, lock, repairs, system
from devtools.console import Problem


class TestRepairs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.core = self.folder / "core"
        self.core.mkdir()

    def icon(self, name):
        path = self.core / repairs.ICON_FOLDERS[0] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def test_missing_script_becomes_a_stub(self):
        repairs.add_selfie_stub(self.core)
        self.assertIn("not shipped", (self.core / repairs.SELFIE).read_text())

    def test_present_script_stays(self):
        script = self.core / repairs.SELFIE
        script.parent.mkdir(parents=True)
        script.write_text("true one")
        repairs.add_selfie_stub(self.core)
        self.assertEqual(script.read_text(), "true one")

    def test_dangling_icon_is_replaced_from_the_cache(self):
        link = self.icon("fontawesome-webfont.woff2")
        link.symlink_to("nowhere")
        fonts = self.folder / "font-awesome"
        fonts.mkdir()
        (fonts / link.name).write_bytes(b"font")
        repairs.replace_icon_links(self.core, self.folder)
        self.assertFalse(link.is_symlink())
        self.assertEqual(link.read_bytes(), b"font")

    def test_icons_that_are_there_need_no_network(self):
        self.icon("fontawesome-webfont.woff2").write_bytes(b"font")
        with patch.object(repairs, "cached_fonts", side_effect=AssertionError("asked")):
            repairs.replace_icon_links(self.core, self.folder)


class TestSystem(unittest.TestCase):
    def test_nothing_missing_runs_nothing(self):
        with patch.object(system, "apt_get", side_effect=AssertionError("asked")):
            system.ensure({"package": lambda: True})

    def test_system_without_apt_is_told_what_is_missing(self):
        with patch.object(system.shutil, "which", return_value=None):
            with self.assertRaisesRegex(Problem, "Missing in this system: package"):
                system.ensure({"package": lambda: False})

    def test_user_without_sudo_is_told_the_command(self):
        with (
            patch.object(system.os, "geteuid", return_value=1000),
            patch.object(system.shutil, "which", return_value=None),
        ):
            with self.assertRaises(Problem) as caught:
                system.privileged(("install", "package"))
        self.assertIn("apt-get install package", caught.exception.cure)

    def test_package_that_helps_nothing_is_named(self):
        with (
            patch.object(system, "apt_get"),
            patch.object(system.shutil, "which", return_value="/usr/bin/apt-get"),
        ):
            with self.assertRaisesRegex(Problem, "still not usable: package"):
                system.ensure({"package": lambda: False})


class TestLocks(unittest.TestCase):
    def test_lock_has_marker_and_every_hash(self):
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "r.txt")
            lock.write_lock(
                target,
                Path("r.in"),
                {"a": ("1", ["x"])},
                {"a": 'python_version < "3"'},
                {"a": ["x", "y"]},
            )
            self.assertIn(
                'a[x]==1 ; python_version < "3" \\\n    --hash=sha256:x \\\n    --hash=sha256:y\n',
                target.read_text(),
            )

    def test_repository_locks_pin_every_line_of_their_source(self):
        root = Path(__file__).resolve().parents[2]
        for group in lock.GROUPS:
            for name in group:
                pinned = (root / f"{name}.txt").read_text()
                for line in (root / f"{name}.in").read_text().splitlines():
                    if line and not line.startswith("#"):
                        package = lock.normalise(re.split("[;=<]", line)[0].strip())
                        self.assertIn(f"\n{package}==", pinned)


class TestTranslations(unittest.TestCase):
    def test_export_dates_are_no_change(self):
        text = '"POT-Creation-Date: {} \\n"\nmsgid "a"\n'
        self.assertEqual(i18n.terms(text.format("1")), i18n.terms(text.format("2")))
        self.assertNotEqual(i18n.terms(text), i18n.terms(text.replace("a", "b")))

    def test_untranslated_term_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            module = Path(folder, "m")
            (module / "i18n").mkdir(parents=True)
            head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
            po = module / "i18n" / "pl.po"
            po.write_text(head + 'msgid "a"\nmsgstr ""\n')
            self.assertEqual(i18n.incomplete(module), ["m: 1 untranslated message in i18n/pl.po"])
            po.write_text(head + 'msgid "a"\nmsgstr "b"\n')
            self.assertEqual(i18n.incomplete(module), [])
