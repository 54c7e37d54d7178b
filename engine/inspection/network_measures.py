"""The measures of misdirection that need further passes of the network, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.records import ImageRecord
from engine.domain.settings import BoxSettings, MapKind, MapSettings
from engine.inspection.map_measures import Judged, Values
from engine.inspection.networks import Networks, Opened
from engine.inspection.occlusion import Pixels, blurred, cells
from engine.inspection.pictures import Pictures
from engine.jobs.reporter import Reporter
from engine.learning import inspecting
from engine.learning.inspecting import Maps, PointFindings
from engine.localization import misdirection as measure
from engine.store.project import Project

Check = Callable[[], None]


class NetworkMeasures:
    """Measures images of a project with the network of one run."""

    def __init__(
        self, project: Project, run_id: int, settings: BoxSettings, device: str = "auto"
    ) -> None:
        self._opened = Networks(project, device).open(run_id)
        self._pictures = Pictures(project)
        self._settings = settings

    def measure(
        self, cases: Sequence[tuple[ImageRecord, int, Judged]], reporter: Reporter
    ) -> dict[int, Values]:
        """Image id -> values, for each image with the class of its map and its case.

        Left out is what the network does not know; images that cannot be read are warned of.
        """
        pixels, classes, judged, ids = [], [], [], []
        for image, class_id, case in cases:
            index = self._opened.index_of(class_id)
            if index is None:
                continue
            try:
                pixels.append(self._pictures.read(image, self._opened.side))
            except InputError as error:
                reporter.unreadable(error)
                continue
            classes.append(index)
            judged.append(case)
            ids.append(image.id)
        if not ids:
            return {}
        batch = Batch(self._opened, self._settings, np.stack(pixels), np.array(classes), judged)
        return dict(zip(ids, from_network(batch, reporter.check), strict=True))


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
