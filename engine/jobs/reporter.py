"""How a job speaks. Reporting progress is also the check whether it should stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

from engine.domain.errors import InputError, JobCancelled, UnusableImageError
from engine.jobs.events import Artifact, Event, Metric, Progress, Warned

T = TypeVar("T")


class Reporter:
    """Passes a job's events to ``send``; progress at most every ``interval`` seconds.

    ``cancel`` may be set from any thread; the next report then raises JobCancelled.
    """

    def __init__(
        self,
        send: Callable[[Event], None],
        cancel: threading.Event | None = None,
        interval: float = 0.1,
    ) -> None:
        self._send = send
        self._cancel = cancel or threading.Event()
        self._interval = interval
        self._last_progress = float("-inf")
        #: By path (as it was opened) why an image turned out to be unusable.
        self.unusable: dict[str, str] = {}

    def check(self) -> None:
        """Raise JobCancelled if a person asked to stop."""
        if self._cancel.is_set():
            raise JobCancelled

    def progress(self, done: int, total: int, unit: str = "", message: str = "") -> None:
        self.check()
        now = time.monotonic()
        if done < total and now - self._last_progress < self._interval:
            return
        self._last_progress = now
        self._send(Progress(done, total, unit, message))

    def track(
        self, items: Iterable[T], unit: str, message: str = "", total: int | None = None
    ) -> Iterator[T]:
        """Yield ``items``, reporting each as done once the next is asked for."""
        if total is None:
            total = len(items) if isinstance(items, Sized) else 0
        done = 0
        self.progress(0, total, unit, message)
        for done, item in enumerate(items, start=1):
            yield item
            self.progress(done, total, unit, message)

    def within(self, part: str) -> Reporter:
        """A reporter for one part of the job, whose progress says which part it is."""

        def send(event: Event) -> None:
            if isinstance(event, Progress):
                message = f"{part}: {event.message}" if event.message else part
                event = Progress(event.done, event.total, event.unit, message)
            self._send(event)

        reporter = Reporter(send, self._cancel, self._interval)
        reporter.unusable = self.unusable
        return reporter

    def metric(self, step: float, **values: float) -> None:
        self.check()
        self._send(Metric(step, values))

    def artifact(self, kind: str, ids: list[int] | None = None, path: str | None = None) -> None:
        self._send(Artifact(kind, ids or [], path))

    def warn(self, message: str) -> None:
        self._send(Warned(message))

    def unreadable(self, error: InputError) -> None:
        """Warn of an image that is left out since it cannot be read."""
        self.warn(str(error))
        if isinstance(error, UnusableImageError) and error.path is not None:
            self.unusable[error.path] = error.message


def silent_reporter() -> Reporter:
    """For library use without an audience."""
    return Reporter(lambda _event: None)
