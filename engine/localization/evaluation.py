"""Localisation figures as the field reports them (METHOD: Zhou 2016; Choe et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.settings import BoxSettings
from engine.jobs.reporter import Reporter
from engine.localization.boxes import derive_boxes
from engine.localization.centre_box import best_centre_box
from engine.localization.groups import GroupFigures, by_class, several_boxes
from engine.localization.image_figures import ImageFigures
from engine.localization.intervals import Interval, mean_intervals
from engine.localization.pixels import pixel_precision
from engine.localization.sample import Sample
from engine.localization.sweep import THRESHOLDS, Hits, sweep

__all__ = ["Evaluation", "Oracle", "Sample", "evaluate"]


@dataclass(frozen=True, slots=True)
class Oracle:
    """The figures with the thresholds that are best on the very images that are reported."""

    max_box_acc: float
    max_box_acc_v2: float
    threshold: float
    thresholds_v2: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures in percent of ``images``.

    ``gt_known_loc``, ``top1_loc`` and ``top5_loc`` stand at the fixed ``threshold``;
    ``max_box_acc`` at ``best_threshold`` and ``max_box_acc_v2`` at ``best_thresholds_v2`` (one
    per IoU level), chosen on tuning images or, with ``threshold_from`` "oracle", on the very
    images that are reported. ``threshold_split`` names the split of the tuning images; ``oracle``
    stands beside it. ``top5_loc`` is None where a sample came without the rank of its label, and
    ``pxap`` where no image has a mask. ``intervals`` are 95 % bootstrap intervals over images by
    the name of the figure; thresholds that were chosen count as given. ``several`` is about the
    images with more than one true box. ``empty_images`` are those known to hold no object, beside
    ``images``: no figure of localisation has a place for them, all of their pixels are background
    for ``pxap``, and each of the ``false_boxes`` that they get at ``threshold`` is wrong.
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
    max_box_acc_v2_levels: tuple[float, ...] = ()
    threshold_split: str | None = None
    oracle: Oracle | None = None
    pxap: float | None = None
    pxap_images: int = 0
    intervals: dict[str, Interval] = field(default_factory=dict)
    classes: tuple[GroupFigures, ...] = ()
    several: GroupFigures | None = None
    empty_images: int = 0
    false_boxes: int = 0


def evaluate(
    samples: Sequence[Sample],
    box_settings: BoxSettings,
    tuning: Sequence[Sample] | None,
    reporter: Reporter,
    tuning_split: str | None = None,
) -> Evaluation:
    """Evaluate the boxes of ``samples``; a box hits if its IoU with any true box suffices.

    GT-known Loc: IoU >= 0.5 of the largest component's box at ``box_settings.threshold``.
    Top-1 Clas: the predicted class is the label. Top-1 Loc: both. MaxBoxAcc: like GT-known Loc at
    the best threshold for all images. MaxBoxAccV2: any component's box, mean over IoU 0.3, 0.5
    and 0.7, each at its own best threshold. Both best thresholds come from ``tuning`` (of the
    split ``tuning_split``) where it is given. ``box_settings.multiple`` and ``min_area`` do not
    enter. The centred box is the best fixed one on ``samples``: what knowing nothing of the image
    gets. Images that are known to be empty enter PxAP alone; their boxes are counted as false ones
    (with ``box_settings.multiple`` there may be several).
    Raises InputError if there is nothing to evaluate, JobCancelled if the reporter says so.
    """
    every, samples = samples, _with_objects(samples, "evaluate")
    curves = None
    if tuning is not None:
        message = "Looking for the best threshold"
        tuning = _with_objects(tuning, "tune on")
        curves = sweep(tuning, box_settings, THRESHOLDS, reporter, message)
    tried = np.unique([*THRESHOLDS, box_settings.threshold])
    message = "Looking for the best threshold" if curves is None else "Comparing boxes"
    hits = sweep(samples, box_settings, tried, reporter, message)
    oracle_v1, oracle_v2 = _best_thresholds(hits)
    best_v1, best_v2 = (oracle_v1, oracle_v2) if curves is None else _best_thresholds(curves)
    figures = ImageFigures.at(samples, hits, box_settings.threshold, best_v1, best_v2)
    ideal = ImageFigures.at(samples, hits, box_settings.threshold, oracle_v1, oracle_v2)
    pixels = pixel_precision(every, box_settings, reporter)
    means, intervals = figures.means(), _intervals(figures)
    if pixels is not None and pixels.interval is not None:
        intervals["pxap"] = pixels.interval
    return Evaluation(
        gt_known_loc=means["gt_known_loc"],
        top1_clas=means["top1_clas"],
        top1_loc=means["top1_loc"],
        top5_loc=means.get("top5_loc"),
        max_box_acc=means["max_box_acc"],
        max_box_acc_v2=means["max_box_acc_v2"],
        centre_box=best_centre_box(samples).hit_percent,
        threshold=box_settings.threshold,
        best_threshold=best_v1,
        best_thresholds_v2=best_v2,
        threshold_from="oracle" if tuning is None else "tuning",
        images=len(samples),
        max_box_acc_v2_levels=tuple(figures.levels.mean(axis=0).tolist()),
        threshold_split=tuning_split,
        oracle=_oracle(ideal, oracle_v1, oracle_v2),
        pxap=None if pixels is None else pixels.value,
        pxap_images=0 if pixels is None else pixels.images,
        intervals=intervals,
        classes=by_class(samples, figures),
        several=several_boxes(samples, figures),
        empty_images=len(every) - len(samples),
        false_boxes=_boxes_on_empty(every, box_settings),
    )


def _with_objects(samples: Sequence[Sample], purpose: str) -> list[Sample]:
    found = [sample for sample in samples if not sample.is_empty]
    if not found:
        raise InputError(
            f"There is no image to {purpose}.",
            remedy="Check that the split and the true boxes name images of the project.",
        )
    return found


def _boxes_on_empty(samples: Sequence[Sample], settings: BoxSettings) -> int:
    return sum(
        len(derive_boxes(sample.values, sample.width, sample.height, settings))
        for sample in samples
        if sample.is_empty
    )


def _best_thresholds(hits: Hits) -> tuple[float, tuple[float, ...]]:
    grid = np.isin(hits.thresholds, THRESHOLDS)
    return _best(hits.largest[:, grid]), tuple(_best(level[:, grid]) for level in hits.every)


def _best(hits: NDArray[np.bool_]) -> float:
    """The middle one of the thresholds with most hits (N, T): it stands safest on other images."""
    counts = hits.sum(axis=0)
    candidates = np.flatnonzero(counts == counts.max())
    return float(THRESHOLDS[candidates[len(candidates) // 2]])


def _oracle(ideal: ImageFigures, threshold: float, thresholds_v2: tuple[float, ...]) -> Oracle:
    means = ideal.means()
    return Oracle(means["max_box_acc"], means["max_box_acc_v2"], threshold, thresholds_v2)


def _intervals(figures: ImageFigures) -> dict[str, Interval]:
    names, values = figures.table()
    return dict(zip(names, mean_intervals(values), strict=False))
