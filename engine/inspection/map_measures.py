"""The measures of misdirection that a score map tells on its own, and with boxes. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings
from engine.localization import misdirection as measure
from engine.localization.boxes import LiveBoxes

Values = dict[str, float | None]


@dataclass(frozen=True)
class Case:
    """One image to measure: its size, the score map of the class it is held to have (h, w), and
    its boxes, true or a person's, where there are any."""

    width: int
    height: int
    values: NDArray[Any]
    truth: Sequence[Box] = ()


@dataclass(frozen=True)
class Judged:
    """A case with the box derived from its map."""

    case: Case
    live: LiveBoxes
    box: Box
    threshold: float

    @classmethod
    def of(cls, case: Case, settings: BoxSettings) -> Judged:
        live = LiveBoxes(case.values, case.width, case.height, settings)
        return cls(case, live, live.at(settings.threshold)[0].box, settings.threshold)

    def derived(self, values: NDArray[Any], settings: BoxSettings) -> Box:
        """The box that another map of the same image gives."""
        other = LiveBoxes(values, self.case.width, self.case.height, settings)
        return other.at(self.threshold)[0].box


def from_map(judged: Judged) -> Values:
    """The measures that the stored map tells, and those that need boxes where there are any."""
    grid, threshold, case = judged.live.grid, judged.threshold, judged.case
    found: Values = {
        "threshold_stability": measure.threshold_stability(judged.live, threshold),
        "border_touch": measure.border_touch(grid, threshold),
        "components": float(measure.component_count(grid, threshold)),
        "entropy": measure.entropy(grid),
        "centre_offset": measure.centre_offset(grid),
        "box_area": judged.box.area / (case.width * case.height),
    }
    return found | _with_boxes(judged)


def _with_boxes(judged: Judged) -> Values:
    case, grid = judged.case, judged.live.grid
    if not case.truth:
        return {}
    inside = measure.region(grid.shape, case.truth, case.width, case.height)
    return {
        "energy_in_box": measure.energy_inside(grid, inside),
        "pointing": measure.pointing_game(grid, case.truth, case.width, case.height),
        "inside_outside": measure.inside_share(grid, inside),
        "iou": measure.best_iou(judged.box, case.truth),
    }
