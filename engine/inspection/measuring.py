"""Every measure of misdirection for a batch of images: from maps, from boxes, from the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings, MapKind, MapSettings
from engine.inspection.networks import Opened
from engine.inspection.occlusion import Pixels, blurred, cells
from engine.learning import inspecting
from engine.learning.inspecting import Maps, PointFindings
from engine.localization import misdirection as measure
from engine.localization.boxes import LiveBoxes

Values = dict[str, float | None]
Check = Callable[[], None]


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


@dataclass(frozen=True)
class Batch:
    """Images before one network: ``pixels`` (n, S, S, 3), the class index of each (n,)."""

    opened: Opened
    settings: BoxSettings
    pixels: Pixels
    classes: NDArray[np.int64]
    judged: Sequence[Judged]


def from_network(batch: Batch, check: Check) -> list[Values]:
    """The measures that need further passes, per image; ``check`` is called between passes."""
    plain, found = _plain(batch)
    check()
    _add(found, "flip_stability", _agreements(batch, _mirrored(batch)))
    check()
    _add(found, "drop_stability", _agreements(batch, _dropped(batch)))
    check()
    without = _occluded(batch, inside=True)
    _add(found, "necessity", (plain - without).tolist())
    check()
    _add(found, "sufficiency", _occluded(batch, inside=False).tolist())
    return found


def _plain(batch: Batch) -> tuple[NDArray[np.float32], list[Values]]:
    """The own class's probability (n,), and what one undisturbed pass tells of each image."""
    network, settings = batch.opened.network, MapSettings(kind=MapKind.CAM)
    with inspecting.observing(network) as points:
        seen = inspecting.look(network, batch.pixels, settings)
    own, second = seen.maps(batch.classes), seen.maps(_second(seen.probabilities, batch.classes))
    probability = _of(seen.probabilities, batch.classes)
    found: list[Values] = [
        {
            "probability": float(probability[row]),
            "second_overlap": measure.map_overlap(own[row], second[row]),
            "point_stability": _point_stability(judged, points, row, batch.settings),
            "background_energy": _background_energy(judged, points, row),
        }
        for row, judged in enumerate(batch.judged)
    ]
    return probability, found


def _second(probabilities: NDArray[np.float32], classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most probable class beside each image's own."""
    others = probabilities.copy()
    others[np.arange(len(classes)), classes] = -1.0
    second: NDArray[np.int64] = others.argmax(1)
    return second


def _point_stability(
    judged: Judged, points: list[PointFindings], row: int, settings: BoxSettings
) -> float | None:
    """Agreement with the boxes that the self-attention maps at the insertion points give."""
    boxes = [judged.derived(p.named["attention"][row, 0], settings) for p in points]
    return measure.box_agreement(judged.box, boxes)


def _background_energy(judged: Judged, points: list[PointFindings], row: int) -> float | None:
    """The map's energy in the background mask of the last module that has one."""
    masks = [p.named["background"] for p in points if "background" in p.named]
    if not masks:
        return None
    grid = judged.live.grid
    return measure.energy_inside(grid, measure.resized(masks[-1][row, 0], grid.shape))


def _mirrored(batch: Batch) -> Maps:
    flipped = np.ascontiguousarray(batch.pixels[:, :, ::-1])
    return _maps(batch, flipped)[:, :, ::-1]


def _dropped(batch: Batch) -> Maps:
    with inspecting.dropping(batch.opened.network):
        return _maps(batch, batch.pixels)


def _maps(batch: Batch, pixels: Pixels) -> Maps:
    seen = inspecting.look(batch.opened.network, pixels, batch.opened.maps)
    return seen.maps(batch.classes)


def _agreements(batch: Batch, maps: Maps) -> list[float | None]:
    """IoU of each image's box with that of another map of it."""
    return [
        measure.box_agreement(judged.box, [judged.derived(values, batch.settings)])
        for judged, values in zip(batch.judged, maps, strict=True)
    ]


def _occluded(batch: Batch, inside: bool) -> NDArray[np.float32]:
    """The own class's probability (n,) with the inside of the box blurred, or all but it."""
    changed = []
    for pixels, judged in zip(batch.pixels, batch.judged, strict=True):
        box = cells(judged.box, judged.case.width, judged.case.height, len(pixels))
        changed.append(blurred(pixels, box if inside else ~box))
    probabilities = inspecting.probabilities(batch.opened.network, np.stack(changed))
    return _of(probabilities, batch.classes)


def _of(probabilities: NDArray[np.float32], classes: NDArray[np.int64]) -> NDArray[np.float32]:
    return probabilities[np.arange(len(classes)), classes]


def _add(found: list[Values], name: str, values: Sequence[float | None]) -> None:
    for of_image, value in zip(found, values, strict=True):
        of_image[name] = value
