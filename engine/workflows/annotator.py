"""A simulated annotator: what a person would do with the boxes shown, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.domain.geometry import Box, iou

#: A proposal that overlaps an object this much is corrected rather than drawn anew.
CORRECTABLE = 0.1
#: Names of the operations that the window times.
_ACTS = {
    "verify": ("Accept",),
    "correct": ("Move box", "Resize box"),
    "draw": ("Draw box",),
}


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds. ``verify``: looking at a proposal and deciding; ``correct``: mending one;
    ``draw``: a new box; ``move_on``: to the next image."""

    verify: float = 1.6
    correct: float = 4.0
    draw: float = 7.0
    move_on: float = 0.4


@dataclass(frozen=True, slots=True)
class Review:
    """What a review took, and its boxes: each object once."""

    seconds: float
    boxes: int


def measured_costs(medians: Mapping[str, float], costs: Costs) -> Costs:
    """``costs`` with those that were measured in their place (``act_times.median_seconds``)."""
    found = {
        act: min(medians[name] for name in names if name in medians)
        for act, names in _ACTS.items()
        if any(name in medians for name in names)
    }
    return replace(costs, **found)


def review(shown: Sequence[Box], truth: Sequence[Box], level: float, costs: Costs) -> Review:
    """Make every object of the image boxed with an IoU of at least ``level``.

    Each proposal shown is verified; one that is not good enough is corrected if it is on an
    object that has no better one, else left out with a key; missing objects are drawn.
    """
    seconds = costs.move_on + costs.verify * len(shown)
    missing = list(truth)
    unused: list[Box] = []
    for box in shown:
        best = max(missing, key=lambda true: iou(box, true), default=None)
        if best is not None and iou(box, best) >= level:
            missing.remove(best)
        else:
            unused.append(box)
    for true in missing:
        near = max(unused, key=lambda box: iou(box, true), default=None)
        if near is not None and iou(near, true) >= CORRECTABLE:
            unused.remove(near)
            seconds += costs.correct
        else:
            seconds += costs.draw
    seconds += costs.move_on * len(unused)
    return Review(seconds, len(truth))


def right_boxes(shown: Sequence[Box], truth: Sequence[Box], level: float) -> int:
    """How many objects the boxes hit, each box and each object used once."""
    missing = list(truth)
    for box in shown:
        best = max(missing, key=lambda true: iou(box, true), default=None)
        if best is not None and iou(box, best) >= level:
            missing.remove(best)
    return len(truth) - len(missing)
