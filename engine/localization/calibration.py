"""How score maps are best cut into boxes, learned from boxes that a person accepted.

Immediate: from stored maps, no network. Each candidate cut is judged on the accepted boxes by
``quality_of``; few boxes are weighed against what is usual, and a class's own boxes against those
of all classes, so that one odd box moves little.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.domain.settings import BoxSettings, Normalisation
from engine.localization.boxes import LiveBoxes
from engine.localization.sample import Sample, overlap, relative_truth
from engine.localization.threshold_hits import IOU_LEVELS

Floats = NDArray[np.float64]

THRESHOLDS: Floats = np.round(np.arange(0.02, 0.98, 0.04), 2)
#: Boxes that are looked at; more change nothing and take time.
MOST_SAMPLES = 120
#: So many boxes' worth of weight has the usual cut, and for a class the cut of all.
PRIOR_BOXES = 3.0
CLASS_PRIOR_BOXES = 12.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """``settings`` to cut with, ``by_class``: thresholds of classes (ids) that have boxes enough
    to differ; ``overlaps`` (n,): the IoU of each sample's best scored box, cut as the other
    samples alone would have it cut: what to expect of images that did not choose."""

    settings: BoxSettings
    by_class: Mapping[int, float] = field(default_factory=dict)
    overlaps: tuple[float, ...] = ()

    def for_class(self, class_id: int | None) -> BoxSettings:
        """The settings with the threshold of ``class_id``, or that of all classes."""
        threshold = self.settings.threshold
        if class_id is not None:
            threshold = self.by_class.get(class_id, threshold)
        return replace(self.settings, threshold=threshold)


def calibrate(
    samples: Sequence[Sample],
    usual: BoxSettings,
    normalisations: Sequence[Normalisation] = tuple(Normalisation),
    per_class: bool = True,
) -> Calibration:
    """The cut that suits ``samples`` best; ``usual`` as it is if there are none.

    ``Sample.label`` is the class id, ``Sample.truth`` the boxes that a person accepted.
    """
    if not samples:
        return Calibration(usual)
    samples = _spread(samples)
    tried: list[tuple[float, BoxSettings, Floats]] = []
    for normalisation in normalisations:
        settings = replace(usual, normalisation=normalisation)
        overlaps = overlaps_at(samples, settings, THRESHOLDS)
        curve = _with_prior(quality_of(overlaps), usual)
        best = _best(curve)
        tried.append((float(curve[best]), replace(settings, threshold=_at(best)), overlaps))
    _, settings, overlaps = max(tried, key=lambda found: found[0])
    by_class = _by_class(samples, quality_of(overlaps)) if per_class else {}
    unchosen = _left_out([found[2] for found in tried], usual)
    return Calibration(settings, by_class, tuple(unchosen.tolist()))


def quality_of(overlaps: NDArray[np.floating]) -> Floats:
    """What a box is worth by its IoU: the mean of IoU and of the levels 0.3, 0.5, 0.7 reached."""
    levels = np.mean([overlaps >= level for level in IOU_LEVELS], axis=0)
    found: Floats = (np.asarray(overlaps, float) + levels) / 2
    return found


def overlaps_at(samples: Sequence[Sample], settings: BoxSettings, thresholds: Floats) -> Floats:
    """IoU (n, T) of the best scored box at each threshold with the true box nearest to it."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        rows = list(pool.map(lambda sample: _overlaps(sample, settings, thresholds), samples))
    return np.stack(rows)


def _overlaps(sample: Sample, settings: BoxSettings, thresholds: Floats) -> Floats:
    truth = relative_truth(sample)
    live = LiveBoxes(sample.values, 1, 1, replace(settings, multiple=False))
    boxes = np.array([live.at(float(threshold))[0].box.as_tuple() for threshold in thresholds])
    intersection, union = overlap(boxes, truth)
    found: Floats = (intersection / union).max(axis=1)
    return found


def _left_out(tried: Sequence[Floats], usual: BoxSettings) -> Floats:
    """Each sample's IoU where the others have chosen among ``tried`` (n, T) cuts."""
    stacked = np.stack(tried)
    worth = quality_of(stacked)
    found = np.zeros(stacked.shape[1])
    for index in range(len(found)):
        others = np.delete(worth, index, axis=1)
        if others.shape[1] == 0:
            place = int(np.argmin(np.abs(THRESHOLDS - usual.threshold)))
            found[index] = stacked[0, index, place]
            continue
        curves = [_with_prior(values, usual) for values in others]
        places = [_best(curve) for curve in curves]
        best = max(range(len(curves)), key=lambda kind: float(curves[kind][places[kind]]))
        found[index] = stacked[best, index, places[best]]
    return found


def _with_prior(values: Floats, usual: BoxSettings) -> Floats:
    """The mean over samples (n, T), with some weight on thresholds near the usual one."""
    near = np.clip(1 - np.abs(THRESHOLDS - usual.threshold), 0, 1) * float(values.mean())
    found: Floats = (values.sum(0) + PRIOR_BOXES * near) / (len(values) + PRIOR_BOXES)
    return found


def _by_class(samples: Sequence[Sample], values: Floats) -> dict[int, float]:
    overall = values.mean(0)
    rows: dict[int, list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        rows[sample.label].append(index)
    found = {}
    for label, own in rows.items():
        curve = values[own].sum(0) + CLASS_PRIOR_BOXES * overall
        found[label] = _at(_best(curve / (len(own) + CLASS_PRIOR_BOXES)))
    return found


def _best(curve: Floats) -> int:
    """The middle of the best thresholds of the curve, smoothed with its neighbours."""
    padded = np.pad(curve, 1, mode="edge")
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    candidates = np.flatnonzero(smooth >= smooth.max() - 1e-12)
    return int(candidates[len(candidates) // 2])


def _at(index: int) -> float:
    return float(THRESHOLDS[index])


def _spread(samples: Sequence[Sample]) -> list[Sample]:
    """At most MOST_SAMPLES of them, evenly from the whole list."""
    if len(samples) <= MOST_SAMPLES:
        return list(samples)
    chosen = np.linspace(0, len(samples) - 1, MOST_SAMPLES).round().astype(int)
    return [samples[index] for index in chosen]
