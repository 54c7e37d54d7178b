"""How sure a figure is: bootstrap over images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

#: The interval covers the figure of a new sample of images with this probability.
CONFIDENCE = 0.95
RESAMPLES = 1000
SEED = 0
_BATCH_CELLS = 4_000_000  # numbers in memory at a time

Interval = tuple[float, float]


def mean_intervals(values: NDArray[np.float64]) -> list[Interval]:
    """Percentile intervals of the column means of ``values`` (N images, F figures).

    All columns share the resamples. The percentile method, not BCa: a figure of 0 or 100 % has no
    bias to correct and BCa is then undefined. Empty for fewer than two images.
    """
    if len(values) < 2:
        return []
    low, high = _bootstrap(values, np.mean, values.size)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def pooled_interval(count: int, statistic: Callable[[NDArray[np.float64]], float]) -> Interval:
    """The interval of a figure that pools its images: ``statistic`` of how often each counts."""

    def of_rows(rows: NDArray[np.int64], axis: int = -1) -> NDArray[np.float64]:
        rows = np.moveaxis(rows, axis, -1)
        flat = rows.reshape(-1, rows.shape[-1])
        found = [statistic(np.bincount(row, minlength=count).astype(np.float64)) for row in flat]
        return np.array(found).reshape(rows.shape[:-1])

    low, high = _bootstrap(np.arange(count), of_rows, count)
    return float(low), float(high)


def _bootstrap(values: NDArray[Any], statistic: Callable[..., Any], cells: int) -> tuple[Any, Any]:
    found = bootstrap(
        (values,),
        statistic,
        axis=0,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        batch=max(1, _BATCH_CELLS // cells),
        rng=np.random.default_rng(SEED),
    )
    return found.confidence_interval.low, found.confidence_interval.high
