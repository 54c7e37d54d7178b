"""What each image contributes to each figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.localization.sample import Sample
from engine.localization.sweep import Hits

Values = NDArray[np.float64]

#: The lowest rank of the label that Top-5 Loc accepts.
TOP = 5


@dataclass(frozen=True, slots=True)
class ImageFigures:
    """0 or 100 per image (N,), so that means are percents; ``levels`` (N, L) one per IoU level.

    ``top5_loc`` is None where the rank of a label is not known.
    """

    gt_known_loc: Values
    top1_clas: Values
    top1_loc: Values
    top5_loc: Values | None
    max_box_acc: Values
    levels: Values

    @staticmethod
    def at(
        samples: Sequence[Sample],
        hits: Hits,
        threshold: float,
        best: float,
        best_v2: Sequence[float],
    ) -> ImageFigures:
        """At the fixed ``threshold``, and MaxBoxAcc and its levels at their best ones, all of
        which are among ``hits.thresholds``."""

        def column(value: float) -> int:
            return int(np.searchsorted(hits.thresholds, value))

        known = hits.largest[:, column(threshold)]
        right = np.array([sample.predicted == sample.label for sample in samples])
        levels = [hits.every[i, :, column(value)] for i, value in enumerate(best_v2)]
        return ImageFigures(
            gt_known_loc=_percent(known),
            top1_clas=_percent(right),
            top1_loc=_percent(known & right),
            top5_loc=_top5(samples, known),
            max_box_acc=_percent(hits.largest[:, column(best)]),
            levels=_percent(np.stack(levels, axis=1)),
        )

    def means(self) -> dict[str, float]:
        """The figures that are known, by name."""
        names, values = self.table()
        return dict(zip(names, values.mean(axis=0).tolist(), strict=True))

    def table(self) -> tuple[list[str], Values]:
        """Names (F) and values (N, F) of the figures that are known; MaxBoxAccV2 is the mean of
        the levels."""
        columns = {
            "gt_known_loc": self.gt_known_loc,
            "top1_clas": self.top1_clas,
            "top1_loc": self.top1_loc,
            "max_box_acc": self.max_box_acc,
            "max_box_acc_v2": self.levels.mean(axis=1),
        }
        if self.top5_loc is not None:
            columns["top5_loc"] = self.top5_loc
        return list(columns), np.stack(list(columns.values()), axis=1)


def _top5(samples: Sequence[Sample], known: NDArray[np.bool_]) -> Values | None:
    if any(sample.rank is None for sample in samples):
        return None
    within = np.array([sample.rank is not None and sample.rank <= TOP for sample in samples])
    return _percent(known & within)


def _percent(hits: NDArray[np.bool_]) -> Values:
    return np.where(hits, 100.0, 0.0)
