"""How far the review is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """``done`` of ``total`` usable images are decided; ``seconds_per_box`` as measured so far."""

    done: int
    total: int
    seconds_per_box: float | None

    @property
    def seconds_left(self) -> float | None:
        if self.seconds_per_box is None:
            return None
        return (self.total - self.done) * self.seconds_per_box
