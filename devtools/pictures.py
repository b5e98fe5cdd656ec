"""``./dev pictures``: the browser tours through the demo's world write the pictures of README and docs."""

import os
from pathlib import Path

from . import system, testing
from .console import say

TAGS = "kgw_pictures"


def run(project, options):
    """Walk the tours and write what they mark into a folder; return the exit code."""
    folder = Path(options.folder or project.workspace.root / "docs" / "images").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["KGW_PICTURES"] = str(folder)
    system.ensure(system.TEST_NEEDS)
    project.start()
    tally = testing.Tally()
    options.tags, options.fast, options.all, options.keep = TAGS, False, False, False
    testing.check_modules(project, options, tally)
    say(f"Pictures in {folder}")
    print(tally.closing_line(), flush=True)
    return 1 if tally.failed or not tally.passed else 0
