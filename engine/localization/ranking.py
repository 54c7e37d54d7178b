"""Whether a measure ranks: its rank correlation with how well boxes fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.localization.measures import MEASURES

#: Fewer images than this tell nothing.
LEAST_IMAGES = 20
Values = Mapping[str, float | None]


def rank_correlation(images: Sequence[Values], name: str) -> float | None:
    """Spearman's rank correlation of measure ``name`` with ``iou``, over images with both.

    In [-1, 1]. None for fewer than LEAST_IMAGES, or where one of the two is always the same.
    """
    pairs: NDArray[np.float64] = np.array(
        [
            (value, overlap)
            for values in images
            if (value := values.get(name)) is not None
            and (overlap := values.get("iou")) is not None
        ],
        np.float64,
    ).reshape(-1, 2)
    if len(pairs) < LEAST_IMAGES or (np.ptp(pairs, axis=0) == 0).any():
        return None
    from scipy.stats import spearmanr  # takes a second

    return float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)


def rank_correlations(images: Sequence[Values]) -> dict[str, float | None]:
    """That of every measure but the overlap itself."""
    return {m.name: rank_correlation(images, m.name) for m in MEASURES if m.name != "iou"}
