"""PxAP: average precision over the pixels of all images (Choe et al. 2020, section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.settings import BoxSettings
from engine.jobs.reporter import Reporter
from engine.localization.intervals import Interval, pooled_interval
from engine.localization.masks import MaskFiles
from engine.localization.sample import Sample
from engine.localization.score_map import normalise, to_grid

#: Bins of the normalised score in [0, 1].
BINS = 1000


@dataclass(frozen=True, slots=True)
class PixelPrecision:
    """``value`` in percent over the ``images`` that have a mask; None for the interval of one."""

    value: float
    interval: Interval | None
    images: int


def pixel_precision(
    samples: Sequence[Sample], settings: BoxSettings, reporter: Reporter
) -> PixelPrecision | None:
    """PxAP of the samples with a mask, or None if there is none or no pixel of an object.

    An image that is known to be empty is all background. Pixels are those of the working grid, to
    which maps and masks are brought; ignored ones do not count. Precision and recall pool the
    pixels of all images at each score.
    """
    if all(sample.mask is None for sample in samples):
        return None
    masked = [sample for sample in samples if sample.mask is not None or sample.is_empty]
    tracked = reporter.track(masked, "images", "Comparing masks")
    counts = np.stack([_histograms(sample, settings) for sample in tracked])
    if counts[:, 1].sum() == 0:
        return None
    value = average_precision(counts.sum(axis=0))
    interval = None
    if len(masked) > 1:
        flat = counts.reshape(len(masked), -1)
        interval = pooled_interval(
            len(masked), lambda times: average_precision((times @ flat).reshape(2, BINS))
        )
    return PixelPrecision(value, interval, len(masked))


def average_precision(counts: NDArray[np.float64]) -> float:
    """In percent, of pixels per score (2, BINS): background first, then object."""
    false, true = counts[:, ::-1].cumsum(axis=1)
    if true[-1] == 0:
        return 0.0
    recall = true / true[-1]
    precision = true / np.maximum(true + false, 1)
    return 100.0 * float((precision * np.diff(recall, prepend=0.0)).sum())


def _histograms(sample: Sample, settings: BoxSettings) -> NDArray[np.float64]:
    grid = normalise(to_grid(sample.values), settings.normalisation, settings.percentile)
    height, width = grid.shape
    mask = (sample.mask or MaskFiles(())).read(width, height)
    bins = np.minimum((grid * BINS).astype(np.int64), BINS - 1)
    kinds = [np.bincount(bins[mask == kind], minlength=BINS) for kind in (0, 1)]
    return np.array(kinds, np.float64)
