"""How far the review is, in words."""

from __future__ import annotations

from typing import Protocol

from app.progress_text import duration_text


class Progress(Protocol):
    """What the review page tells (``ReviewProgress``)."""

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def seconds_per_box(self) -> float | None: ...


def review_text(progress: Progress) -> str:
    """``312 of 5,000 done · 2.1 s per box · about 2 h 44 min left``."""
    parts = [f"{progress.done:,} of {progress.total:,} done"]
    seconds, left = progress.seconds_per_box, progress.total - progress.done
    if seconds is not None:
        parts.append(f"{seconds:.1f} s per box")
        if left > 0:
            parts.append(f"{duration_text(seconds * left)} left")
    return " · ".join(parts)
