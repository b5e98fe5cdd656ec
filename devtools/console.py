"""What the commands say: steps with elapsed time, and problems with a cure."""

import contextlib
import sys
import time

STARTED = time.monotonic()


class Problem(Exception):
    """A failure that a person can act on.

    :param what: what happened and why, one sentence
    :param cure: what to do about it
    """

    def __init__(self, what, cure=""):
        super().__init__(what)
        self.what = what
        self.cure = cure


def elapsed():
    """Return the time since the command started, as ``m:ss``."""
    minutes, seconds = divmod(int(time.monotonic() - STARTED), 60)
    return f"{minutes}:{seconds:02d}"


def say(text):
    """Print one line of progress, preceded by the elapsed time."""
    print(f"[{elapsed():>5}] {text}", flush=True)


@contextlib.contextmanager
def step(name):
    """Print the name of a step when it begins, and its own duration when it took long."""
    say(name)
    begun = time.monotonic()
    yield
    duration = time.monotonic() - begun
    if duration >= 5:
        say(f"    {name}: done in {duration:.0f} s")


def complain(problem):
    """Print a problem and its cure on standard error."""
    print(f"\n{problem.what}", file=sys.stderr)
    if problem.cure:
        print(f"What to do: {problem.cure}", file=sys.stderr)
    sys.stderr.flush()
