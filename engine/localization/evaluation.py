"""Localisation figures as the field reports them (METHOD: Zhou 2016; Choe et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.settings import BoxSettings
from engine.jobs.reporter import Reporter
from engine.localization.centre_box import best_centre_box
from engine.localization.sample import Sample
from engine.localization.sweep import THRESHOLDS, Hits, sweep
from engine.localization.threshold_hits import IOU_LEVELS

__all__ = ["Evaluation", "Sample", "evaluate"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures in percent of ``images``.

    ``gt_known_loc``, ``top1_loc`` and ``top5_loc`` stand at the fixed ``threshold``;
    ``max_box_acc`` at ``best_threshold`` and ``max_box_acc_v2`` at ``best_thresholds_v2`` (one
    per IoU level), chosen on tuning images or, with ``threshold_from`` "oracle", on the very
    images that are reported. ``top5_loc`` is None where a sample came without ranked classes.
    """

    gt_known_loc: float
    top1_clas: float
    top1_loc: float
    top5_loc: float | None
    max_box_acc: float
    max_box_acc_v2: float
    centre_box: float
    threshold: float
    best_threshold: float
    best_thresholds_v2: tuple[float, ...]
    threshold_from: str
    images: int


def evaluate(
    samples: Sequence[Sample],
    box_settings: BoxSettings,
    tuning: Sequence[Sample] | None,
    reporter: Reporter,
) -> Evaluation:
    """Evaluate the boxes of ``samples``; a box hits if its IoU with any true box suffices.

    GT-known Loc: IoU >= 0.5 of the largest component's box at ``box_settings.threshold``.
    Top-1 Clas: the predicted class is the label. Top-1 Loc: both. MaxBoxAcc: like GT-known Loc at
    the best threshold for all images. MaxBoxAccV2: any component's box, mean over IoU 0.3, 0.5
    and 0.7, each at its own best threshold. Both best thresholds come from ``tuning`` where it is
    given. ``box_settings.multiple`` and ``min_area`` do not enter. The centred box is the best
    fixed one on ``samples``: what knowing nothing of the image gets.
    Raises InputError if there is nothing to evaluate, JobCancelled if the reporter says so.
    """
    if not samples or (tuning is not None and not tuning):
        raise InputError(
            "There is no image to evaluate." if not samples else "There is no image to tune on.",
            remedy="Check that the split and the true boxes name images of the project.",
        )
    chosen = tuning if tuning is not None else samples
    curves = sweep(chosen, box_settings, THRESHOLDS, reporter, "Looking for the best threshold")
    best_v1 = _best(curves.largest)
    best_v2 = tuple(_best(hits) for hits in curves.every)
    hits = sweep(
        samples,
        box_settings,
        np.unique([box_settings.threshold, best_v1, *best_v2]),
        reporter,
        "Comparing boxes",
    )
    known = hits.largest[:, _column(hits, box_settings.threshold)]
    right = np.array([sample.predicted == sample.label for sample in samples])
    return Evaluation(
        gt_known_loc=_percent(known),
        top1_clas=_percent(right),
        top1_loc=_percent(known & right),
        top5_loc=_top5(samples, known),
        max_box_acc=_percent(hits.largest[:, _column(hits, best_v1)]),
        max_box_acc_v2=_v2(hits, best_v2),
        centre_box=best_centre_box(samples).hit_percent,
        threshold=box_settings.threshold,
        best_threshold=best_v1,
        best_thresholds_v2=best_v2,
        threshold_from="oracle" if tuning is None else "tuning",
        images=len(samples),
    )


def _best(hits: NDArray[np.bool_]) -> float:
    """The middle one of the thresholds with most hits (N, T): it stands safest on other images."""
    counts = hits.sum(axis=0)
    candidates = np.flatnonzero(counts == counts.max())
    return float(THRESHOLDS[candidates[len(candidates) // 2]])


def _column(hits: Hits, threshold: float) -> int:
    return int(np.searchsorted(hits.thresholds, threshold))


def _v2(hits: Hits, thresholds: tuple[float, ...]) -> float:
    levels = range(len(IOU_LEVELS))
    return float(
        np.mean([_percent(hits.every[i, :, _column(hits, thresholds[i])]) for i in levels])
    )


def _top5(samples: Sequence[Sample], known: NDArray[np.bool_]) -> float | None:
    if not all(sample.ranked for sample in samples):
        return None
    within = np.array([sample.label in list(sample.ranked)[:5] for sample in samples])
    return _percent(known & within)


def _percent(hits: NDArray[np.bool_]) -> float:
    return 100.0 * float(hits.mean())
