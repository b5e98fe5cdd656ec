"""Run the tests and close with ``run failed skipped`` on one line of standard output.

With names of modules as arguments, run the tests in those modules instead.
"""

import sys
import unittest
from pathlib import Path


def main(names):
    """Load and run; messages go to standard error."""
    folder = Path(__file__).parent
    loader = unittest.defaultTestLoader
    suite = (
        loader.loadTestsFromNames(names)
        if names
        else loader.discover(str(folder), top_level_dir=str(folder.parents[1]))
    )
    result = unittest.TextTestRunner(stream=sys.stderr, buffer=True).run(suite)
    print(result.testsRun, len(result.failures) + len(result.errors), len(result.skipped))
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
