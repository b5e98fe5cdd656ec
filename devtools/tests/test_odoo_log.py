"""Tests of the reading of Odoo's log."""

import unittest

from devtools.odoo_log import OdooLog
from devtools.testing import Tally, run_problems

HEAD = "2026-01-02 03:04:05,678 99 {} db {}: {}"


def parse(*records, exit_code=0):
    """Return the log of ``(level, logger, text)`` records."""
    log = OdooLog()
    log.exit_code = exit_code
    for level, logger, text in records:
        for line in HEAD.format(level, logger, text).splitlines():
            log.feed(line)
    return log


def result(failed, errors, total):
    """Return the record with which Odoo sums up its tests."""
    text = f"{failed} failed, {errors} error(s) of {total} tests when loading database 'db'"
    return ("ERROR" if failed + errors else "INFO", "odoo.tests.result", text)


class TestOdooLog(unittest.TestCase):
    def test_clean_run_has_no_problem(self):
        log = parse(
            ("INFO", "odoo.addons.a.tests.test_b", "Starting B.test_c ..."), result(0, 0, 7)
        )
        self.assertEqual((log.run, log.failed, log.bad, run_problems(log)), (7, 0, [], []))

    def test_failing_test_is_counted_once_with_its_trace(self):
        log = parse(
            ("ERROR", "odoo.addons.a.tests.test_b", "FAIL: B.test_c\nTraceback"),
            result(1, 0, 2),
            exit_code=1,
        )
        self.assertEqual((log.failed, log.bad), (1, []))
        self.assertIn("Traceback", log.failures[0])
        self.assertEqual(run_problems(log), [])

    def test_warning_is_found_with_its_continuation(self):
        log = parse(("WARNING", "odoo.models", "something odd\nmore"), result(0, 0, 1))
        self.assertEqual(len(log.bad), 1)
        self.assertEqual(log.bad[0][1], "more")

    def test_error_text_outside_tests_is_bad(self):
        log = parse(("ERROR", "odoo.addons.a.models.b", "ERROR: no"), result(0, 0, 1))
        self.assertEqual(len(log.bad), 1)

    def test_browser_that_loads_on_is_harmless(self):
        text = "Error received after termination: AssetsLoadingError"
        log = parse(
            ("ERROR", "odoo.addons.a.tests.test_b.B.test_c.browser", text),
            ("ERROR", "odoo.addons.a.models.b", text),
            result(0, 0, 1),
        )
        self.assertEqual(len(log.bad), 1)

    def test_zero_tests_is_a_problem(self):
        log = parse(result(0, 0, 0))
        self.assertEqual(run_problems(log), ["no test was run"])

    def test_early_end_is_a_problem(self):
        log = parse(("INFO", "odoo", "hello"), exit_code=3)
        self.assertIn("ended early with code 3", run_problems(log)[0])

    def test_exit_code_without_failure_is_a_problem(self):
        log = parse(result(0, 0, 4), exit_code=255)
        self.assertIn("255", run_problems(log)[0])

    def test_skipped_test_is_a_problem(self):
        log = parse(
            ("INFO", "odoo.addons.a.tests.test_b", "skipped B.test_c : no browser"), result(0, 0, 4)
        )
        self.assertEqual(run_problems(log), ["unexpectedly skipped B.test_c : no browser"])

    def test_class_is_named_once(self):
        log = OdooLog()
        line = HEAD.format("INFO", "odoo.addons.a.tests.test_b", "Starting B.test_c ...")
        self.assertEqual(log.feed(line), "a.tests.test_b.B")
        self.assertIsNone(log.feed(line))


class TestTally(unittest.TestCase):
    def test_closing_line_names_skipped_only_when_there_are_some(self):
        self.assertEqual(Tally(3, 1).closing_line(), "3 passed, 1 failed")
        self.assertEqual(Tally(3, 0, 2).closing_line(), "3 passed, 0 failed, 2 skipped")
