"""What was learned to proposals, each with its estimated quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.domain.records import ImageRecord
from engine.jobs.reporter import Reporter
from engine.learning.box_model.extent_maps import extent_map
from engine.learning.box_model.grids import GridImage, Grids
from engine.learning.box_model.prior import with_prior
from engine.localization.boxes import ScoredBox
from engine.localization.matched import overlaps_once
from engine.localization.quality import QualityModel, cross_fitted, fit_quality
from engine.localization.quality_features import NAMES, as_rows, boxes_of, cut_and_describe
from engine.workflows.evidence import Known
from engine.workflows.learned_boxes import Learned, Lessons, Proposed

Floats = NDArray[np.float64]

_BATCH = 64


def propose(
    learned: Learned,
    images: Sequence[ImageRecord],
    grids: Grids | None,
    paths: Mapping[int, GridImage],
    reporter: Reporter,
) -> Iterator[list[Proposed]]:
    """The proposals of ``images``, a batch at a time; without those that have neither features
    (for the box model) nor a score map. Raises JobCancelled."""
    for start in range(0, len(images), _BATCH):
        part = images[start : start + _BATCH]
        logits = _logits(learned, part, grids, paths, reporter)
        found = [_proposed(learned, image, logits.get(image.id)) for image in part]
        yield [item for item in found if item is not None]
        reporter.progress(start + len(part), len(images), "images", "Proposing")


def _proposed(
    learned: Learned, image: ImageRecord, logits: NDArray[np.float32] | None
) -> Proposed | None:
    values: NDArray[np.floating]
    class_id = image.class_id
    if class_id is None:
        class_id = learned.source.classes.get(image.id)
    if class_id is None:
        return None
    mirrored = None
    if logits is not None:
        values = extent_map(logits.mean(0), learned.objects)
        mirrored = extent_map(logits[1], learned.objects)
    elif image.id in learned.source.maps and not learned.uses_model:
        values = learned.source.maps[image.id]
    else:
        return None
    boxes, rows = _described(learned, image, class_id, values, mirrored)
    quality = {
        level: tuple(model.probabilities(rows).tolist()) for level, model in learned.quality.items()
    }
    threshold = learned.calibration.for_class(class_id).threshold
    return Proposed(image, class_id, tuple(boxes), quality, values, threshold, logits is not None)


def _logits(
    learned: Learned,
    images: Sequence[ImageRecord],
    grids: Grids | None,
    paths: Mapping[int, GridImage],
    reporter: Reporter,
) -> dict[int, NDArray[np.float32]]:
    if not learned.uses_model or learned.model is None or grids is None:
        return {}
    wanted = [image for image in images if image.id in paths]
    pairs = list(grids.of([paths[image.id] for image in wanted], reporter))
    if not pairs:
        return {}
    maps = (learned.prior or learned.source).maps
    stacked = np.stack([with_prior(grid, maps.get(wanted[i].id)) for i, grid in pairs])
    views = learned.model.views(stacked.astype(np.float32))
    return {wanted[i].id: views[:, place] for place, (i, _) in enumerate(pairs)}


def _described(
    learned: Learned,
    image: ImageRecord,
    label: int | None,
    values: NDArray[np.floating],
    mirrored: NDArray[np.floating] | None,
) -> tuple[list[ScoredBox], Floats]:
    """Its boxes, and what is known of each."""
    settings = learned.calibration.for_class(label)
    other = layer = turned = None
    if learned.uses_model and image.id in learned.source.maps:
        other = boxes_of(learned.source.maps[image.id], learned.cut.for_class(label))
    second = learned.second
    if second is not None and image.id in second.maps:
        layer = boxes_of(second.maps[image.id], learned.second_cut.for_class(label))
    if mirrored is not None:
        turned = boxes_of(mirrored, settings)
    return cut_and_describe(values, image.width, image.height, settings, other, layer, turned)


def lessons_of(learned: Learned, accepted: Sequence[Known]) -> Lessons:
    """Every box that the accepted images get from what has not seen them."""
    maps = learned.unseen if learned.uses_model else learned.source.maps
    turned = learned.mirrored if learned.uses_model else {}
    rows, overlaps, images = [], [], []
    for place, known in enumerate(k for k in accepted if k.image.id in maps):
        image = known.image
        arguments = (known.label, np.asarray(maps[image.id]), turned.get(image.id))
        boxes, features = _described(learned, image, *arguments)
        truth = np.array([box.as_tuple() for box in known.boxes]).reshape(-1, 4)
        rows.append(features)
        overlaps.append(overlaps_once(as_rows(boxes), truth))
        images.append(np.full(len(boxes), place))
    if not rows:
        return Lessons(np.zeros((0, len(NAMES))), np.zeros(0), np.zeros(0, np.int64))
    return Lessons(np.concatenate(rows), np.concatenate(overlaps), np.concatenate(images))


def cross_fitted_quality(lessons: Lessons, level: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Estimates for the boxes by models fitted without their images, and what was true."""
    right = lessons.overlaps >= level
    if not len(right):
        return np.zeros(0), right
    return cross_fitted(lessons.rows, right.tolist(), (lessons.images % 5).tolist()), right


def fit_qualities(lessons: Lessons) -> dict[float, QualityModel]:
    if not len(lessons.rows):
        return {}
    return {
        level: fit_quality(lessons.rows, (lessons.overlaps >= level).tolist())
        for level in (0.5, 0.7)
    }
