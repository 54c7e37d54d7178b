"""What a learning found out, in plain values, and how true its estimates are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.localization.matched import overlaps_once
from engine.localization.quality import Reliability, reliability
from engine.localization.quality_features import as_rows
from engine.store.learned import JudgedDraw
from engine.workflows.box_proposals import cross_fitted_quality
from engine.workflows.evidence import Known
from engine.workflows.learned_boxes import Learned, Proposed

#: Reviewed draws from which reliability is told by them; else by cross-fitting.
_FEWEST_DRAWS = 20


@dataclass(frozen=True, eq=False)
class ReviewedDraw:
    """A drawn image against what a person said: as a whole, and ``overlaps`` (n,) of its boxes
    with their estimates ``quality`` by level."""

    judged: JudgedDraw
    overlaps: NDArray[np.float64]
    quality: Mapping[float, Sequence[float]]


def reviewed_draw(item: Proposed, known: Known) -> ReviewedDraw:
    """The image is as right as its worst box, and as sure as its least sure one."""
    truth = np.array([box.as_tuple() for box in known.boxes]).reshape(-1, 4)
    overlaps = overlaps_once(as_rows(item.boxes), truth)
    least = [min(item.quality.get(level, (0.0,))) for level in (0.5, 0.7)]
    judged = JudgedDraw(item.image.id, float(overlaps.min()), *least)
    return ReviewedDraw(judged, overlaps, item.quality)


def findings(learned: Learned, drawn: Sequence[ReviewedDraw]) -> dict[str, Any]:
    return {
        "used": "box model" if learned.uses_model else learned.source.name,
        "source": learned.source.name,
        "judged": [asdict(item) for item in learned.judged],
        "threshold": learned.calibration.settings.threshold,
        "thresholds_by_class": {str(k): v for k, v in learned.calibration.by_class.items()},
        "normalisation": learned.calibration.settings.normalisation.value,
        "objects": learned.objects,
        "quality": {
            name: asdict(_reliability(learned, drawn, level))
            for name, level in (("50", 0.5), ("70", 0.7))
        },
        "quality_from": "draws" if len(drawn) >= _FEWEST_DRAWS else "cross-fitting",
    }


def _reliability(learned: Learned, drawn: Sequence[ReviewedDraw], level: float) -> Reliability:
    if len(drawn) >= _FEWEST_DRAWS:
        pairs = [
            (estimate, overlap >= level)
            for item in drawn
            for estimate, overlap in zip(item.quality.get(level, ()), item.overlaps, strict=False)
        ]
        return reliability([estimate for estimate, _ in pairs], [bool(right) for _, right in pairs])
    if learned.lessons is None:
        return reliability([], [])
    unseen, true = cross_fitted_quality(learned.lessons, level)
    return reliability(unseen.tolist(), true.tolist())
