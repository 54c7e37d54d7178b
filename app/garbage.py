"""Collecting Python's garbage in the window's thread only.

The collector runs in whichever thread allocates. In a worker it may destroy a QObject, which takes
a lock of Qt's and then waits for Python's, while the window's thread holds the one and waits for
the other: the program stands still. So automatic collection is off, and a timer does it here.
"""

from __future__ import annotations

import gc
from threading import Thread

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


class GarbageCollector(QObject):
    """Replaces the automatic collection until ``stop``; make it in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._loading: Thread | None = None
        self._loaded: Thread | None = None

    def spare_when_loaded(self, loading: Thread) -> None:
        """Once the thread has imported its modules, do not look through them any more.

        They live as long as the program, and are most of what a whole collection looks at.
        """
        if loading is not self._loaded:
            self._loading = loading

    def _tick(self) -> None:
        if self._loading is not None and not self._loading.is_alive():
            self._loaded, self._loading = self._loading, None
            spare_what_lives()
        collect_what_is_due()

    def stop(self) -> None:
        self._timer.stop()
        if self._was_enabled:
            gc.enable()


def spare_what_lives() -> None:
    """Do not look through what is alive now until ``look_at_all``.

    To look through the queue of 100,000 images each time takes 150 ms of the window's thread.
    What is dropped is freed all the same, but for what holds itself.
    """
    gc.freeze()


def look_at_all() -> None:
    """What lived long may have been dropped: look at everything again."""
    gc.unfreeze()


def collect_what_is_due() -> int | None:
    """Collect the oldest generation that Python itself would; returns it, or None if none."""
    due = [
        generation
        for generation, (count, threshold) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        )
        if count > threshold > 0
    ]
    if not due:
        return None
    gc.collect(due[-1])
    return due[-1]
