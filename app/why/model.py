"""What the why view shows of one image, as plain arrays; no process and no widget in sight.

Maps are (h, w) and cover the whole image, whatever the aspect of either; row 0 is the top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from app.i18n import mark
from engine.domain.geometry import Box

FloatMap = NDArray[np.float32]
Codes = NDArray[np.uint8]

#: What has erased a cell of a mask: bits, so that 3 is both. 4: erased by neither (``literal_eq4``,
#: or another method's mask).
KEPT, PART, BACKGROUND, BOTH, ERASED = 0, 1, 2, 3, 4


class Look(Enum):
    """How a map's values become colours; each look has one colour map and one meaning."""

    SCORE = "score"
    ATTENTION = "attention"
    MASK = "mask"
    DIFFERENCE = "difference"


@dataclass(frozen=True, eq=False)
class Layer:
    """One map to show. ``low`` and ``high`` are the ends of its scale; ``ticks`` are marked on it.

    ``codes`` (h, w) say for a mask what erased each cell; a mask's values are 1 where the mask
    itself is 1. ``symbol`` is the paper's name of the value.
    """

    values: FloatMap
    look: Look
    low: float
    high: float
    symbol: str = ""
    ticks: tuple[tuple[float, str], ...] = ()
    codes: Codes | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.values.shape[1], self.values.shape[0]

    def cell_at(self, u: float, v: float) -> tuple[int, int]:
        """Column and row of the cell at (u, v) in [0, 1], from the left and the top."""
        columns, rows = self.size
        return min(max(int(u * columns), 0), columns - 1), min(max(int(v * rows), 0), rows - 1)


@dataclass(frozen=True, eq=False)
class Channels:
    """Channel attention S (C,) and what the draw kept (C,), 1 where kept; ``threshold`` on S."""

    attention: FloatMap
    kept: FloatMap
    threshold: float


@dataclass(frozen=True, eq=False)
class PointMaps:
    """What one module computes at one insertion point; None where its method has no such map.

    ``part`` and ``background`` are 1 where erased, ``drop_mask`` is 1 where kept. ``ticks`` are
    thresholds on the self-attention, by their symbol. ``own`` is False where the run was trained
    without such a module: the maps are then what DGDM by its defaults would make of its features.
    ``erasing``: the draw chose the drop mask, else the importance map.
    """

    name: str
    attention: FloatMap
    importance: FloatMap | None = None
    part: FloatMap | None = None
    background: FloatMap | None = None
    drop_mask: FloatMap | None = None
    channels: Channels | None = None
    ticks: tuple[tuple[float, str], ...] = ()
    own: bool = True
    erasing: bool = True

    @property
    def has_masks(self) -> bool:
        return self.drop_mask is not None


@dataclass(frozen=True, eq=False)
class ClassScore:
    """A class with its probability; ``values`` is its score map, not normalised, if computed."""

    class_id: int | None
    name: str
    probability: float
    is_label: bool = False
    values: FloatMap | None = None


def foremost(classes: Sequence[ClassScore], count: int) -> list[ClassScore]:
    """The first ``count``, the last of them the label where it comes later."""
    first, later = list(classes[:count]), [c for c in classes[count:] if c.is_label]
    return [*first[: count - 1], later[0]] if later else first


@dataclass(frozen=True, eq=False)
class View:
    """What a run sees in an image: classes by probability, and the insertion points."""

    image_id: int
    run_id: int
    title: str
    width: int
    height: int
    classes: tuple[ClassScore, ...]
    points: tuple[PointMaps, ...] = ()

    @property
    def mapped(self) -> list[ClassScore]:
        """The classes with a score map, the label first."""
        found = [c for c in self.classes if c.values is not None]
        return sorted(found, key=lambda c: (not c.is_label, -c.probability))

    @property
    def main(self) -> ClassScore | None:
        """The class whose map gives the box: the label, else the most probable."""
        return next(iter(self.mapped), None)

    @property
    def has_own_masks(self) -> bool:
        """False for a run that was trained without a module that masks."""
        return any(point.own and point.has_masks for point in self.points)


@dataclass(frozen=True, slots=True)
class Marked:
    """A box on the image, in its pixels, and what it is."""

    box: Box
    kind: MarkKind


class MarkKind(Enum):
    """Whose box; each has a colour and a line style of its own."""

    TRUE = mark("true box")
    PREDICTED = mark("predicted box")
    PERSON = mark("box of a person")
    BEFORE = mark("box before")
    HIDDEN = mark("hidden region")


def score_layer(values: FloatMap) -> Layer:
    return _ranged(values, Look.SCORE)


def attention_layer(point: PointMaps) -> Layer:
    layer = _ranged(point.attention, Look.ATTENTION)
    return Layer(layer.values, layer.look, layer.low, layer.high, "A", point.ticks)


def importance_layer(values: FloatMap) -> Layer:
    """I = sigmoid(A) is shown from 0.5, below which it cannot be after a ReLU, to its maximum."""
    low = min(0.5, float(values.min()))
    return Layer(values, Look.ATTENTION, low, max(float(values.max()), low + 1e-6), "I")


def erased_layer(erased: FloatMap, code: int, symbol: str) -> Layer:
    """A mask that is 1 where it erases."""
    codes = np.where(erased > 0.5, code, KEPT).astype(np.uint8)
    return Layer(erased, Look.MASK, 0.0, 1.0, symbol, codes=codes)


def drop_layer(point: PointMaps) -> Layer:
    """The combined drop mask, 1 where kept; its erased cells say which mask erased them."""
    assert point.drop_mask is not None
    cause = np.zeros(point.drop_mask.shape, np.uint8)
    for mask, code in ((point.part, PART), (point.background, BACKGROUND)):
        if mask is not None:
            cause |= np.where(mask > 0.5, code, 0).astype(np.uint8)
    cause = np.where(cause == 0, ERASED, cause)
    codes = np.where(point.drop_mask > 0.5, KEPT, cause).astype(np.uint8)
    return Layer(point.drop_mask, Look.MASK, 0.0, 1.0, "M", codes=codes)


def difference_layer(a: FloatMap, b: FloatMap) -> Layer:
    """a - b of two maps on one grid, with a scale that has 0 in its middle."""
    values = (a - b).astype(np.float32)
    reach = max(float(np.abs(values).max()), 1e-6)
    return Layer(values, Look.DIFFERENCE, -reach, reach)


def _ranged(values: FloatMap, look: Look) -> Layer:
    low, high = float(values.min()), float(values.max())
    return Layer(values, look, low, high if high > low else low + 1e-6)
