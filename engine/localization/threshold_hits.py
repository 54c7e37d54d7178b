"""At which of many thresholds one image is hit, without boxing at each of them.

Above a rising threshold the foreground only shrinks. If between two thresholds no local maximum
goes under and both have as many components, then each component keeps its identity between them
and its box lies between its two boxes; that bounds its IoU with the truth. Where the bounds
settle every question, nothing between needs to be looked at; else the span is halved. The answer
is exactly that of boxing at every threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.localization.components import BELOW_ONE, Component, components
from engine.localization.sample import overlap
from engine.localization.score_map import FloatMap

#: The IoU levels of MaxBoxAccV2.
IOU_LEVELS = (0.3, 0.5, 0.7)
#: The IoU level of GT-known Loc, Top-1 Loc and MaxBoxAcc.
IOU_LEVEL = 0.5
_LEVELS = np.array(IOU_LEVELS)
#: Bounds this close to a level settle nothing, so that rounding cannot.
_MARGIN = 1e-9


@dataclass(frozen=True, slots=True)
class ThresholdHits:
    """``largest`` (T,): the largest component's box reaches IOU_LEVEL with any true box.

    ``every`` (L, T): any component's box reaches the level, per level of IOU_LEVELS.
    """

    largest: NDArray[np.bool_]
    every: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Look:
    """The components at one threshold, with their overlap (n, m) with the true boxes."""

    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]
    intersection: NDArray[np.float64]
    union: NDArray[np.float64]


class ThresholdSweep:
    """One normalised map (h, w) with a maximum of 1 against its true boxes (m, 4) in cells."""

    def __init__(
        self, grid: FloatMap, truth: NDArray[np.float64], thresholds: NDArray[np.float64]
    ) -> None:
        self._grid = grid
        self._truth = truth
        self._thresholds = np.minimum(thresholds, BELOW_ONE).astype(np.float32)
        peaks = np.unique(grid[grid >= cv2.dilate(grid, np.ones((3, 3), np.uint8))])
        self._peaks = np.searchsorted(self._thresholds, peaks, side="left")
        self._largest = np.zeros(len(thresholds), np.bool_)
        self._every = np.zeros((len(IOU_LEVELS), len(thresholds)), np.bool_)

    def run(self) -> ThresholdHits:
        last = len(self._thresholds) - 1
        height, width = self._grid.shape
        first_look = self._look(0, np.array([[0, 0, width, height]]))
        spans = [(0, last, first_look, self._look(last, first_look.boxes))]
        while spans:
            low, high, wide, narrow = spans.pop()
            if high - low < 2:
                continue
            if self._same_peaks(low, high) and _settled(wide, narrow):
                self._largest[low + 1 : high] = self._largest[low]
                self._every[:, low + 1 : high] = self._every[:, low : low + 1]
                continue
            middle = (low + high) // 2
            look = self._look(middle, wide.boxes)
            spans += [(low, middle, wide, look), (middle, high, look, narrow)]
        return ThresholdHits(self._largest, self._every)

    def _same_peaks(self, low: int, high: int) -> bool:
        """True if no local maximum is above threshold ``low`` but not above ``high``."""
        first, last = np.searchsorted(self._peaks, [low, high], side="right")
        return bool(first == last)

    def _look(self, index: int, within: NDArray[np.int64]) -> _Look:
        """Box at one threshold, looking only where a lower one had its boxes; note the hits."""
        x, y = (int(side) for side in within[:, :2].min(axis=0))
        right, bottom = (int(side) for side in within[:, 2:].max(axis=0))
        threshold = float(self._thresholds[index])
        found: list[Component] = components(self._grid[y:bottom, x:right], threshold, x, y)
        table = np.array(found, np.int64)
        intersection, union = overlap(table[:, :4], self._truth)
        best = (intersection / union).max(axis=1)
        self._largest[index] = best[0] >= IOU_LEVEL
        self._every[:, index] = best.max() >= _LEVELS
        return _Look(table[:, :4], table[:, 4], intersection, union)


def _settled(wide: _Look, narrow: _Look) -> bool:
    """True if every threshold between the two looks has the same hits as they have."""
    inner = _partners(wide.boxes, narrow.boxes)
    if inner is None:
        return False
    least = (narrow.intersection[inner] / wide.union).max(axis=1) - _MARGIN
    most = (wide.intersection / narrow.union[inner]).max(axis=1) + _MARGIN
    may_be_largest = wide.areas >= narrow.areas.max()
    every = (least.max() >= _LEVELS) | (most.max() < _LEVELS)
    largest = (least[may_be_largest] >= IOU_LEVEL).all() or (most[may_be_largest] < IOU_LEVEL).all()
    return bool(largest and every.all())


def _partners(wide: NDArray[np.int64], narrow: NDArray[np.int64]) -> NDArray[np.intp] | None:
    """For each wide box the one narrow box inside it; None if that leaves a doubt."""
    if len(wide) != len(narrow):
        return None
    inside = (narrow[None, :, :2] >= wide[:, None, :2]).all(axis=2) & (
        narrow[None, :, 2:] <= wide[:, None, 2:]
    ).all(axis=2)
    if not (inside.sum(axis=1) == 1).all():
        return None
    partners: NDArray[np.intp] = np.argmax(inside, axis=1)
    return partners
