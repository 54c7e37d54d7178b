"""What was learned to proposals, each with its estimated quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box
from engine.domain.records import ImageRecord
from engine.domain.settings import BoxSettings
from engine.jobs.reporter import Reporter
from engine.learning.box_model.extent_maps import extent_map
from engine.learning.box_model.grids import GridImage, Grids
from engine.learning.box_model.prior import with_prior
from engine.localization.boxes import derive_boxes
from engine.localization.quality import QualityModel, cross_fitted, fit_quality
from engine.localization.quality_features import describe
from engine.workflows.evidence import Known
from engine.workflows.learned_boxes import Learned, Proposed, overlaps_of, samples_of

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
    settings = learned.calibration.for_class(class_id)
    boxes = derive_boxes(values, image.width, image.height, settings)
    row = _features(learned, image.id, class_id, values, mirrored)[None]
    quality = {
        level: (float(model.probabilities(row)[0]),) * len(boxes)
        for level, model in learned.quality.items()
    }
    return Proposed(
        image, class_id, tuple(boxes), quality, values, settings.threshold, logits is not None
    )


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


def _features(
    learned: Learned,
    image_id: int,
    label: int | None,
    values: NDArray[np.floating],
    mirrored: NDArray[np.floating] | None,
) -> NDArray[np.float64]:
    settings = replace(learned.calibration.for_class(label), multiple=False)
    other = turned = None
    if learned.uses_model and image_id in learned.source.maps:
        cut = replace(learned.cut.for_class(label), multiple=False)
        other = _box(learned.source.maps[image_id], cut)
    if mirrored is not None:
        turned = _box(mirrored, settings)
    return describe(values, settings, _box(values, settings), other, turned)


def _box(values: NDArray[np.floating], settings: BoxSettings) -> Box:
    """The largest box, in fractions of the image."""
    return derive_boxes(values, 1, 1, settings)[0].box


def training_rows(
    learned: Learned, accepted: Sequence[Known]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features (n, d) and IoU (n,) of the boxes that the accepted images get unseen."""
    maps = learned.unseen if learned.uses_model else learned.source.maps
    turned = learned.mirrored if learned.uses_model else {}
    samples = samples_of(accepted, maps)
    ids = [k.image.id for k in accepted if k.image.id in maps]
    rows = [
        _features(learned, image_id, sample.label, np.asarray(sample.values), turned.get(image_id))
        for image_id, sample in zip(ids, samples, strict=True)
    ]
    overlaps = overlaps_of(samples, learned.calibration) if samples else np.zeros(0)
    return np.array(rows), overlaps


def cross_fitted_quality(
    learned: Learned, accepted: Sequence[Known], level: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Estimates for the accepted images by models fitted without them, and what was true."""
    rows, overlaps = training_rows(learned, accepted)
    right = overlaps >= level
    if not len(rows):
        return np.zeros(0), right
    folds = [index % 5 for index in range(len(rows))]
    return cross_fitted(rows, right.tolist(), folds), right


def fit_qualities(learned: Learned, accepted: Sequence[Known]) -> dict[float, QualityModel]:
    rows, overlaps = training_rows(learned, accepted)
    if not len(rows):
        return {}
    return {level: fit_quality(rows, (overlaps >= level).tolist()) for level in (0.5, 0.7)}
