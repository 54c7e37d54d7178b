"""Which images are hit at which threshold: the curves behind the best threshold."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings
from engine.jobs.reporter import Reporter
from engine.localization.components import Component, components
from engine.localization.score_map import FloatMap, normalise, to_grid

#: The thresholds that are tried for the best one: 1,000 steps, compared as floats.
THRESHOLDS: NDArray[np.float64] = np.arange(1000) / 1000
#: The IoU levels of MaxBoxAccV2.
IOU_LEVELS = (0.3, 0.5, 0.7)
#: The IoU level of GT-known Loc, Top-1 Loc and MaxBoxAcc.
IOU_LEVEL = 0.5

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Sample:
    """One image to evaluate.

    ``values`` (h, w): score map of the ground-truth class ``label``. ``truth``: its true boxes in
    pixels of the image of ``width`` by ``height``. ``predicted`` is the class with the highest
    probability; ``ranked`` (for Top-5 Loc) the classes by falling probability. ``name`` is for
    messages.
    """

    values: NDArray[Any]
    width: int
    height: int
    truth: Sequence[Box]
    label: int
    predicted: int
    ranked: Sequence[int] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hits:
    """What was hit at T thresholds.

    ``largest`` (N, T) bool: IoU of the largest component's box with any true box is at least
    IOU_LEVEL. ``every`` (L, N, T) bool: the same of any component's box, per level of IOU_LEVELS.
    """

    thresholds: NDArray[np.float64] = field(repr=False)
    largest: NDArray[np.bool_] = field(repr=False)
    every: NDArray[np.bool_] = field(repr=False)


def sweep(
    samples: Sequence[Sample],
    settings: BoxSettings,
    thresholds: NDArray[np.float64],
    reporter: Reporter,
    message: str = "",
) -> Hits:
    """The hits of every sample at every threshold; ``thresholds`` must rise.

    Runs on all cores (OpenCV releases the interpreter lock). Raises JobCancelled between images.
    """
    rows = _in_threads(
        lambda sample: _hits(sample, settings, thresholds), samples, reporter, message
    )
    return Hits(
        thresholds,
        np.stack([largest for largest, _ in rows]),
        np.stack([every for _, every in rows], axis=1),
    )


def iou_matrix(boxes: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.float64]:
    """IoU (n, m) of half-open xyxy boxes (n, 4) with true boxes (m, 4) that have extent."""
    a = boxes[:, None, :].astype(np.float64)
    b = truth[None, :, :].astype(np.float64)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    overlap = np.prod(np.maximum(sides, 0.0), axis=-1)
    union = np.prod(a[..., 2:] - a[..., :2], -1) + np.prod(b[..., 2:] - b[..., :2], -1) - overlap
    quotient: NDArray[np.float64] = overlap / union
    return quotient


def relative_truth(sample: Sample) -> NDArray[np.float64]:
    """The true boxes (m, 4) as fractions of the image. Raises InputError if there is none."""
    boxes = [box.clipped(sample.width, sample.height) for box in sample.truth]
    if not boxes or not all(box.has_extent for box in boxes):
        raise InputError(
            "An image without a true box inside it cannot be evaluated.",
            path=sample.name or None,
            remedy="Leave it out, or correct its boxes.",
        )
    size = np.array([sample.width, sample.height, sample.width, sample.height], np.float64)
    return np.array([box.as_tuple() for box in boxes]) / size


def _hits(
    sample: Sample, settings: BoxSettings, thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    grid = normalise(to_grid(sample.values), settings.normalisation, settings.percentile)
    height, width = grid.shape
    truth = relative_truth(sample) * np.array([width, height, width, height])
    boxes, starts = _boxes_over(grid, thresholds)
    best = iou_matrix(boxes, truth).max(axis=1)
    every = np.maximum.reduceat(best, starts)
    return best[starts] >= IOU_LEVEL, every >= np.array(IOU_LEVELS)[:, None]


def _boxes_over(
    grid: FloatMap, thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Boxes of all components over rising thresholds, and where each threshold's begin.

    What is above a threshold lies within the boxes of the one before, so the grid is cut down.
    """
    if not grid.any():
        whole = np.array([[0, 0, grid.shape[1], grid.shape[0]]])
        return np.repeat(whole, len(thresholds), axis=0), np.arange(len(thresholds))
    found: list[Component] = []
    starts: list[int] = []
    part, x, y = grid, 0, 0
    for threshold in thresholds.tolist():
        starts.append(len(found))
        now = components(part, threshold, x, y)
        found += now
        x, y = min(box.xmin for box in now), min(box.ymin for box in now)
        part = grid[y : max(box.ymax for box in now), x : max(box.xmax for box in now)]
    return np.array(found)[:, :4], np.array(starts)


def _in_threads(
    work: Callable[[T], R], items: Sequence[T], reporter: Reporter, message: str
) -> list[R]:
    """``work`` of each item, in order; nothing goes on in the background once this is left."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        futures: list[Future[R]] = [pool.submit(work, item) for item in items]
        try:
            for _ in reporter.track(as_completed(futures), "images", message, total=len(futures)):
                pass
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
