"""Reading Odoo's log: records, test results, and what must not be in it."""

import re
from dataclasses import dataclass, field

RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): (?P<text>.*)$"
)
RESULT = re.compile(r"^(\d+) failed, (\d+) error\(s\) of (\d+) tests")
STARTING = re.compile(r"^Starting (\S+)\.(\w+) \.\.\.")
SKIPPED = re.compile(r"^skipped ")
FAILED = re.compile(r"^(FAIL|ERROR): ")
BAD_LEVELS = ("WARNING", "ERROR", "CRITICAL")

# What an unchanged Odoo says here by itself: (logger, text, why it is harmless).
HARMLESS = (
    (
        re.compile(r"\.browser$"),
        "Error received after termination:",
        "the browser was still loading when a test had already passed",
    ),
)


@dataclass
class OdooLog:
    """What one run of Odoo said; feed it line by line."""

    run: int = 0
    failed: int = 0
    finished: bool = False
    started: set = field(default_factory=set)
    skipped: list = field(default_factory=list)
    bad: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    _open: list = None

    def feed(self, line):
        """Take one line; return the name of a test class that begins with it, or ``None``."""
        match = RECORD.match(line)
        if not match:
            if self._open is not None:
                self._open.append(line)
            return None
        self._open = None
        level, logger, text = match["level"], match["logger"], match["text"]
        if logger == "odoo.tests.result" and self._take_result(text):
            return None
        if level in BAD_LEVELS:
            self._take_bad(logger, text, line)
        if SKIPPED.match(text):
            self.skipped.append(text)
        return self._begun(logger, text)

    def _take_result(self, text):
        match = RESULT.match(text)
        if match:
            failures, errors, self.run = map(int, match.groups())
            self.failed = failures + errors
            self.finished = True
        return bool(match)

    def _take_bad(self, logger, text, line):
        """Sort a bad record: a failing test, which is counted elsewhere, or log noise."""
        if FAILED.match(text) and ".tests." in logger:
            self._open = [line]
            self.failures.append(self._open)
        elif not is_harmless(logger, text):
            self._open = [line]
            self.bad.append(self._open)

    def _begun(self, logger, text):
        match = STARTING.match(text)
        if not match:
            return None
        name = f"{logger.removeprefix('odoo.addons.')}.{match[1]}"
        if name in self.started:
            return None
        self.started.add(name)
        return name


def is_harmless(logger, text):
    """Tell whether a record is one that an unchanged Odoo writes here by itself."""
    return any(known.search(logger) and part in text for known, part, _why in HARMLESS)
