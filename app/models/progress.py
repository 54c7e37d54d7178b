"""How far the review is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """``done`` of ``total`` usable images are decided.

    ``seconds_per_box`` and ``seconds_per_image`` (which may have several boxes, or none) as
    measured so far.
    """

    done: int
    total: int
    seconds_per_box: float | None = None
    seconds_per_image: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """For all that is not decided; None if unknown or if nothing is left."""
        left = self.total - self.done
        return None if self.seconds_per_image is None or not left else left * self.seconds_per_image
