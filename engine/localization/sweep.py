"""Which images are hit at which threshold: the curves behind the best threshold."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.domain.settings import BoxSettings
from engine.jobs.reporter import Reporter
from engine.localization.sample import Sample, overlap, relative_truth
from engine.localization.score_map import normalise, to_grid
from engine.localization.threshold_hits import IOU_LEVEL, IOU_LEVELS, ThresholdHits, ThresholdSweep

#: The thresholds that are tried for the best one: 1,000 steps, compared as floats.
THRESHOLDS: NDArray[np.float64] = np.arange(1000) / 1000

T = TypeVar("T")
R = TypeVar("R")


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
        lambda sample: hits_of(sample, settings, thresholds), samples, reporter, message
    )
    return Hits(
        thresholds,
        np.stack([row.largest for row in rows]),
        np.stack([row.every for row in rows], axis=1),
    )


def hits_of(
    sample: Sample, settings: BoxSettings, thresholds: NDArray[np.float64]
) -> ThresholdHits:
    """The hits of one image at rising ``thresholds``. Raises InputError as ``relative_truth``."""
    truth = relative_truth(sample)
    grid = normalise(to_grid(sample.values), settings.normalisation, settings.percentile)
    if grid.any():
        height, width = grid.shape
        cells = truth * np.array([width, height, width, height])
        return ThresholdSweep(grid, cells, thresholds).run()
    intersection, union = overlap(np.array([[0, 0, 1, 1]]), truth)
    best = float((intersection / union).max())
    count = len(thresholds)
    return ThresholdHits(
        np.full(count, best >= IOU_LEVEL),
        np.repeat(best >= np.array([IOU_LEVELS]).T, count, axis=1),
    )


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
