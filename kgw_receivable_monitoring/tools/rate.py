"""How often something may happen within one process."""

from collections import deque
from threading import Lock


class Window:
    """Admits at most ``limit`` events in any ``seconds``.

    >>> window = Window(2, 60)
    >>> [window.admit(moment) for moment in (0, 1, 2, 60)]
    [True, True, False, True]
    """

    def __init__(self, limit, seconds):
        self.limit = limit
        self.seconds = seconds
        self._moments = deque()
        self._lock = Lock()

    def admit(self, moment):
        """Tell whether one more is admitted at ``moment`` (seconds), and count it if so."""
        with self._lock:
            while self._moments and self._moments[0] <= moment - self.seconds:
                self._moments.popleft()
            if len(self._moments) >= self.limit:
                return False
            self._moments.append(moment)
            return True
