"""The seconds a person spends on an image."""

from __future__ import annotations

import time
from collections.abc import Callable

#: A longer pause means that the person did something else.
IDLE_LIMIT_S = 60.0


class Stopwatch:
    """Counts from one act to the next, each stretch at most IDLE_LIMIT_S."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()

    def restart(self) -> None:
        self._since = self._clock()

    def lap(self) -> float:
        """Seconds since the last lap or restart; the next stretch begins now."""
        now = self._clock()
        seconds, self._since = now - self._since, now
        return min(max(seconds, 0.0), IDLE_LIMIT_S)
