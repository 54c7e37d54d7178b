"""How score maps are best cut into boxes, learned from boxes that a person accepted.

Immediate: from stored maps, no network. Each candidate cut is judged on the accepted boxes by
``quality_of``. The usual cut is left only for one that is surely better (``gains``), and for a
class the cut of all only for one that is surely better on the class's own boxes, so that few or
odd boxes move nothing.
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
from engine.localization.gains import sure_gain
from engine.localization.sample import Sample, overlap, relative_truth
from engine.localization.threshold_hits import IOU_LEVELS

Floats = NDArray[np.float64]

THRESHOLDS: Floats = np.round(np.arange(0.02, 0.98, 0.04), 2)
#: Boxes that are looked at; more change nothing and take time.
MOST_SAMPLES = 120


@dataclass(frozen=True, slots=True)
class Calibration:
    """``settings`` to cut with, ``by_class``: thresholds of classes (ids) that surely want another;
    ``overlaps`` (n,): the IoU of each sample's best scored box, cut as the other samples alone
    would have it cut: what to expect of images that did not choose."""

    settings: BoxSettings
    by_class: Mapping[int, float] = field(default_factory=dict)
    overlaps: tuple[float, ...] = ()

    def for_class(self, class_id: int | None) -> BoxSettings:
        """The settings with the threshold of ``class_id``, or that of all classes."""
        threshold = self.settings.threshold
        if class_id is not None:
            threshold = self.by_class.get(class_id, threshold)
        return replace(self.settings, threshold=threshold)


@dataclass(frozen=True, eq=False)
class Cuts:
    """What cuts of n samples overlap: ``overlaps`` (K, n, T) with each of K ``normalisations`` at
    each of THRESHOLDS, ``usual`` (n,) as they are usually cut; ``labels`` (n,)."""

    normalisations: tuple[Normalisation, ...]
    overlaps: Floats
    usual: Floats
    labels: NDArray[np.int64]


def calibrate(
    samples: Sequence[Sample],
    usual: BoxSettings,
    normalisations: Sequence[Normalisation] = tuple(Normalisation),
    per_class: bool = True,
) -> Calibration:
    """The cut that suits ``samples`` surely better than ``usual``; ``usual`` if there is none.

    ``Sample.label`` is the class id, ``Sample.truth`` the boxes that a person accepted.
    """
    return choose_cut(cuts_of(spread(samples), usual, normalisations), usual, per_class)


def cuts_of(
    samples: Sequence[Sample], usual: BoxSettings, normalisations: Sequence[Normalisation]
) -> Cuts:
    """Every candidate cut of every sample."""
    kinds = tuple(normalisations)
    shape = (len(kinds), len(samples), len(THRESHOLDS))
    found, as_usual = np.zeros(shape), np.zeros(len(samples))
    for kind, normalisation in enumerate(kinds if samples else ()):
        found[kind] = overlaps_at(samples, replace(usual, normalisation=normalisation), THRESHOLDS)
    if samples:
        as_usual = overlaps_at(samples, usual, np.array([usual.threshold]))[:, 0]
    return Cuts(kinds, found, as_usual, np.array([s.label for s in samples], np.int64))


def choose_cut(cuts: Cuts, usual: BoxSettings, per_class: bool = True) -> Calibration:
    """The choice among ``cuts``, and what it is worth where a sample does not choose itself."""
    count = len(cuts.usual)
    if not count:
        return Calibration(usual)
    gains = quality_of(cuts.overlaps) - quality_of(cuts.usual)[None, :, None]
    total, squares = gains.sum(1), np.square(gains).sum(1)
    kind, place = _surest(sure_gain(_smooth(total), _smooth(squares), count))
    unchosen = [_left_out(cuts, index, gains, total, squares) for index in range(count)]
    settings = usual
    if kind >= 0:
        chosen, threshold = cuts.normalisations[kind], float(THRESHOLDS[place])
        settings = replace(usual, normalisation=chosen, threshold=threshold)
    by_class = {}
    if per_class and settings.normalisation in cuts.normalisations:
        row = gains[cuts.normalisations.index(settings.normalisation)]
        by_class = _by_class(row if kind < 0 else row - row[:, place : place + 1], cuts.labels)
    return Calibration(settings, by_class, tuple(unchosen))


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


def spread(samples: Sequence[Sample]) -> list[Sample]:
    """At most MOST_SAMPLES of them, evenly from the whole list."""
    if len(samples) <= MOST_SAMPLES:
        return list(samples)
    chosen = np.linspace(0, len(samples) - 1, MOST_SAMPLES).round().astype(int)
    return [samples[index] for index in chosen]


def _overlaps(sample: Sample, settings: BoxSettings, thresholds: Floats) -> Floats:
    truth = relative_truth(sample)
    live = LiveBoxes(sample.values, 1, 1, replace(settings, multiple=False))
    boxes = np.array([live.at(float(threshold))[0].box.as_tuple() for threshold in thresholds])
    intersection, union = overlap(boxes, truth)
    found: Floats = (intersection / union).max(axis=1)
    return found


def _left_out(cuts: Cuts, index: int, gains: Floats, total: Floats, squares: Floats) -> float:
    """One sample's IoU where the others alone have chosen."""
    own = gains[:, index]
    lower = sure_gain(_smooth(total - own), _smooth(squares - np.square(own)), len(cuts.usual) - 1)
    kind, place = _surest(lower)
    return float(cuts.usual[index] if kind < 0 else cuts.overlaps[kind, index, place])


def _by_class(gains: Floats, labels: NDArray[np.int64]) -> dict[int, float]:
    """Thresholds of the classes whose own boxes surely gain (n, T) by another than that of all."""
    rows: dict[int, list[int]] = defaultdict(list)
    for index, label in enumerate(labels.tolist()):
        rows[label].append(index)
    found = {}
    for label, own in rows.items():
        part = gains[own]
        lower = sure_gain(_smooth(part.sum(0)), _smooth(np.square(part).sum(0)), len(own))
        kind, place = _surest(lower[None])
        if kind >= 0:
            found[label] = float(THRESHOLDS[place])
    return found


def _smooth(curve: Floats) -> Floats:
    """Over neighbouring thresholds (the last axis): an odd one out is chance."""
    padded = np.pad(curve, [(0, 0)] * (curve.ndim - 1) + [(1, 1)], mode="edge")
    found: Floats = (padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]) / 4
    return found


def _surest(lower: Floats) -> tuple[int, int]:
    """Kind and place of the best lower bound (K, T), (-1, -1) where none is above 0."""
    if not lower.size or lower.max() <= 0:
        return -1, -1
    kind, _ = np.unravel_index(int(lower.argmax()), lower.shape)
    best = np.flatnonzero(lower[kind] >= lower.max() - 1e-12)
    return int(kind), int(best[len(best) // 2])
