"""The score maps that a project has, run by run and combined, as far as they can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import ProjectError
from engine.domain.geometry import Box, iou
from engine.domain.records import ImageRecord, RunKind, RunRecord
from engine.domain.settings import BoxSettings
from engine.localization.boxes import derive_boxes
from engine.store import runs
from engine.store import score_maps as map_rows
from engine.store.project import Project

#: Newest proposing runs that are compared, and images that agreement is measured on.
MOST_RUNS = 4
_AGREEMENT_IMAGES = 60
#: Of the images with maps of the run that has most, what a run needs to be compared: one that was
#: stopped early, or still runs, would leave the other images without a box.
MOST_OF = 0.9
#: How much higher the second threshold is that a box should not move under.
_HIGHER = 0.15

Maps = Mapping[int, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class MapSource:
    """``maps``: image id to the score map (h, w) of its image label, or of the most probable class
    where it has none; ``classes``: image id to that class. ``run_ids`` made them; more than one
    where maps are combined."""

    name: str
    run_ids: tuple[int, ...]
    maps: Maps
    classes: Mapping[int, int]


def map_sources(
    project: Project, images: Mapping[int, ImageRecord], training_run: int | None = None
) -> list[MapSource]:
    """The newest runs with maps, newest first, and last their mean where there are several.

    With ``training_run`` only runs of that training. Raises ProjectError if there is none.
    """
    found = [
        MapSource(_name(project, record), (record.id,), *_label_maps(project, record.id, images))
        for record in _proposing(project, training_run)
    ]
    most = max((len(source.maps) for source in found), default=0)
    found = [source for source in found if source.maps and len(source.maps) >= MOST_OF * most]
    if not found:
        raise ProjectError(
            "There are no score maps yet.",
            path=project.folder,
            remedy=f"Run: boxwright propose {project.folder} --all",
        )
    combined = _combined(found)
    return [*found, combined] if combined.maps and len(found) > 1 else found


def guess_quality(
    sources: Sequence[MapSource], images: Mapping[int, ImageRecord], settings: BoxSettings
) -> dict[str, float]:
    """By name of the source, a guess in [0, 1] at how good its boxes are, without any truth.

    Half of it is how little its boxes move between thresholds, half how much they overlap those of
    the other runs: errors differ from run to run, the truth does not. Combined maps, which agree
    with what they are made of, are taken for as good as the mean of these.
    """
    single = [source for source in sources if len(source.run_ids) == 1]
    shared = sorted(set.intersection(*(set(source.maps) for source in single)))
    chosen = shared[:: max(1, len(shared) // _AGREEMENT_IMAGES)]
    higher = replace(settings, threshold=min(0.95, settings.threshold + _HIGHER))
    boxes = {s.name: [_box(s.maps[i], images[i], settings) for i in chosen] for s in single}
    tight = {s.name: [_box(s.maps[i], images[i], higher) for i in chosen] for s in single}
    found = {}
    for source in single:
        own = boxes[source.name]
        stable = _overlap(own, tight[source.name])
        others = [_overlap(own, boxes[s.name]) for s in single if s is not source]
        found[source.name] = (stable + float(np.mean(others or [stable]))) / 2
    mean = float(np.mean(list(found.values())))
    return found | {s.name: mean for s in sources if len(s.run_ids) > 1}


def _overlap(some: Sequence[Box], others: Sequence[Box]) -> float:
    pairs = zip(some, others, strict=True)
    return float(np.mean([iou(a, b) for a, b in pairs])) if some else 0.0


def _box(values: NDArray[Any], image: ImageRecord, settings: BoxSettings) -> Box:
    return derive_boxes(values, image.width, image.height, settings)[0].box


def _proposing(project: Project, training_run: int | None) -> list[RunRecord]:
    with project.read() as connection:
        records = runs.list_runs(connection, RunKind.PROPOSE)
    wanted = [r for r in records if training_run is None or r.parent_id == training_run]
    return wanted[:MOST_RUNS]


def _label_maps(
    project: Project, run_id: int, images: Mapping[int, ImageRecord]
) -> tuple[Maps, dict[int, int]]:
    found: dict[int, NDArray[Any]] = {}
    classes: dict[int, int] = {}
    probabilities: dict[int, float] = {}
    with project.read() as connection:
        for stored in map_rows.iter_maps(connection, run_id):
            image = images.get(stored.image_id)
            if image is None or not np.isfinite(stored.values).all():
                continue
            unlabelled = image.class_id is None
            likelier = stored.probability > probabilities.get(image.id, -1.0)
            if image.class_id == stored.class_id or (unlabelled and likelier):
                found[image.id], classes[image.id] = stored.values, stored.class_id
                probabilities[image.id] = stored.probability
    return found, classes


def _name(project: Project, record: RunRecord) -> str:
    with project.read() as connection:
        parent = None if record.parent_id is None else runs.get_run(connection, record.parent_id)
    method = parent.settings["train"]["method"] if parent else "imported"
    maps = record.settings.get("maps", {})
    kind = f"{maps.get('kind', 'cam')} {maps.get('layer', '')}".strip()
    return f"run {record.id} ({method}, {kind})"


def _combined(sources: Sequence[MapSource]) -> MapSource:
    shared = set.intersection(*(set(source.maps) for source in sources))
    maps = {image_id: _mean([source.maps[image_id] for source in sources]) for image_id in shared}
    run_ids = tuple(run_id for source in sources for run_id in source.run_ids)
    name = f"the mean of runs {', '.join(map(str, run_ids))}"
    return MapSource(name, run_ids, maps, sources[0].classes)


def _mean(maps: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Each map in [0, 1], at the size of the first."""
    height, width = maps[0].shape
    units = [cv2.resize(_unit(values), (width, height)) for values in maps]
    return np.asarray(np.mean(units, axis=0), np.float32)


def _unit(values: NDArray[Any]) -> NDArray[np.float32]:
    exact = np.asarray(values, np.float32)
    span = float(exact.max() - exact.min())
    return (exact - exact.min()) / span if span > 0 else np.zeros_like(exact)
