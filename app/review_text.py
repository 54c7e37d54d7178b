"""How far the review is, in words."""

from __future__ import annotations

from typing import Protocol

from app.i18n import decimal, tr, whole
from app.progress_text import duration_text


class Progress(Protocol):
    """What the review page tells (``ReviewProgress``)."""

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def seconds_per_box(self) -> float | None: ...
    @property
    def seconds_left(self) -> float | None: ...


def review_text(progress: Progress) -> str:
    """``312 of 5,000 done · 2.1 s per box · about 2 h 44 min left``."""
    parts = [tr("{done} of {total} done", done=whole(progress.done), total=whole(progress.total))]
    seconds, left = progress.seconds_per_box, progress.seconds_left
    if seconds is not None:
        parts.append(tr("{seconds} s per box", seconds=decimal(seconds, 1)))
    if left is not None:
        parts.append(tr("{duration} left", duration=duration_text(left)))
    return " · ".join(parts)
