"""How much memory a piece of work takes."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

_INTERVAL = 0.02  # seconds


class PeakMemory:
    """The greatest resident memory of this process inside the block, in MB (2^20 bytes).

    Looked at fifty times a second: a shorter peak is missed. What the process held before counts.
    """

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._process = psutil.Process()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak memory", daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        ended = False
        while not ended:
            ended = self._ended.wait(_INTERVAL)
            self.megabytes = max(self.megabytes, self._process.memory_info().rss / (1 << 20))
