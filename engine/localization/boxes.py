"""Boxes from score maps: threshold, components, and back to the pixels of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings
from engine.localization.components import Component, components
from engine.localization.score_map import FloatMap, normalise, to_grid


@dataclass(frozen=True, slots=True)
class ScoredBox:
    """A box in image pixels with its score in [0, 1]."""

    box: Box
    score: float


class LiveBoxes:
    """One score map made ready, so that a new threshold costs a fraction of a millisecond.

    ``values`` (h, w) covers the whole image of ``width`` by ``height`` pixels, whatever the
    aspect of either. ``settings.threshold`` is not used here: it is given to ``at``.
    """

    def __init__(
        self,
        values: NDArray[Any],
        width: int,
        height: int,
        settings: BoxSettings,
        probability: float = 1.0,
    ) -> None:
        self._grid = normalise(to_grid(values), settings.normalisation, settings.percentile)
        self._width = width
        self._height = height
        self._settings = settings
        self._probability = probability

    @property
    def grid(self) -> FloatMap:
        """The normalised map on the working grid."""
        return self._grid

    def at(self, threshold: float) -> list[ScoredBox]:
        """The boxes at ``threshold``, best first; see ``derive_boxes``."""
        if not self._grid.any():
            return [ScoredBox(Box(0.0, 0.0, float(self._width), float(self._height)), 0.0)]
        found = components(self._grid, threshold)
        least = self._settings.min_area * self._grid.size
        if self._settings.multiple:
            found = found[:1] + [component for component in found[1:] if component.area >= least]
        else:
            found = found[:1]
        boxes = [self._scored(component) for component in found]
        return sorted(boxes, key=lambda scored: -scored.score)

    def _scored(self, component: Component) -> ScoredBox:
        xmin, ymin, xmax, ymax, _ = component
        rows, columns = self._grid.shape
        box = Box(
            xmin * self._width / columns,
            ymin * self._height / rows,
            xmax * self._width / columns,
            ymax * self._height / rows,
        )
        energy = float(self._grid[ymin:ymax, xmin:xmax].mean(dtype=np.float64))
        return ScoredBox(box, self._probability * min(energy, 1.0))


def derive_boxes(
    values: NDArray[Any],
    width: int,
    height: int,
    settings: BoxSettings,
    probability: float = 1.0,
) -> list[ScoredBox]:
    """The boxes of a score map (h, w) in an image of ``width`` by ``height`` pixels, best first.

    The map is brought to the working grid (``score_map.to_grid``), normalised, and cut at
    ``> settings.threshold`` (Zhou et al. 2016: at 20 % of the maximum). The largest component by
    area is boxed, or with ``settings.multiple`` each that covers ``min_area`` of the image (the
    largest always). The score is ``probability`` (of the class) times the mean of the normalised
    map in the box. Never empty; a constant map gives the whole image with score 0.
    Raises InputError for a map that is no map (see ``score_map.normalise``).
    """
    return LiveBoxes(values, width, height, settings, probability).at(settings.threshold)
