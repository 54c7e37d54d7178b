"""Progress in words: how far, how fast, how long still."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from app.engine_words import units
from app.i18n import decimal, tr, whole
from engine.jobs.events import Progress

_WINDOW = 20.0  # seconds that the rate looks back
_ENOUGH = 1.5  # seconds of watching before a remaining time is more than a guess


def duration_text(seconds: float) -> str:
    """``seconds`` as people say it: ``about 2 h 44 min``."""
    if seconds < 10:
        return tr("a few seconds")
    if seconds < 55:
        return tr("about {seconds} s", seconds=round(seconds / 5) * 5)
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return tr("about {minutes} min", minutes=minutes)
    hours = whole(minutes // 60)
    return tr("about {hours} h {minutes} min", hours=hours, minutes=minutes % 60)


class ProgressMeter:
    """Watches progress events and tells a rate and the time that is left.

    The rate is that of the last seconds; another step of the job (other words, unit or total)
    starts anew. ``clock`` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._step: tuple[str, int] | None = None
        self._last: Progress | None = None

    def update(self, progress: Progress) -> None:
        step = (progress.unit, progress.total)
        if step != self._step or (self._last is not None and progress.done < self._last.done):
            self._seen.clear()
            self._step = step
        self._last = progress
        now = self._clock()
        self._seen.append((now, progress.done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()

    def rate(self) -> float | None:
        """Units per second, None while too little is known."""
        if len(self._seen) < 2:
            return None
        (began, first), (now, done) = self._seen[0], self._seen[-1]
        if now - began < _ENOUGH or done <= first:
            return None
        return (done - first) / (now - began)

    def remaining(self) -> float | None:
        """Seconds until the step is done, None while too little is known."""
        rate, last = self.rate(), self._last
        if rate is None or last is None or last.total <= 0:
            return None
        return (last.total - last.done) / rate

    def count_text(self) -> str:
        """How far: ``1,240 of 5,000 images``."""
        last = self._last
        if last is None or (last.done == 0 and last.total == 0):
            return ""
        if last.unit == "bytes":
            return _bytes_text(last)
        if last.total <= 0:
            return f"{whole(last.done)} {units(last.unit, last.done)}".rstrip()
        return tr(
            "{done} of {total} {unit}",
            done=whole(last.done),
            total=whole(last.total),
            unit=units(last.unit, last.total),
        ).rstrip()

    def pace_text(self) -> str:
        """How fast and how long still: ``48 images/s · about 2 min left``."""
        rate, left, last = self.rate(), self.remaining(), self._last
        parts = []
        if rate is not None and last is not None and last.unit:
            parts.append(_rate_text(rate, last.unit))
        if left is not None:
            parts.append(tr("{duration} left", duration=duration_text(left)))
        return " · ".join(parts)


def _bytes_text(progress: Progress) -> str:
    mega = 1_000_000
    if progress.total <= 0:
        return f"{decimal(progress.done / mega, 1)} MB"
    done, total = decimal(progress.done / mega, 1), decimal(progress.total / mega, 1)
    return tr("{done} of {total} {unit}", done=done, total=total, unit="MB")


def _rate_text(rate: float, unit: str) -> str:
    if unit == "bytes":
        return f"{decimal(rate / 1_000_000, 1)} MB/s"
    if rate < 0.95:
        return tr("{seconds} s per {unit}", seconds=decimal(1 / rate, 1), unit=units(unit, 1))
    return f"{decimal(rate, 0 if rate >= 10 else 1)} {units(unit, 2)}/s"
