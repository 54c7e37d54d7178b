"""The figures of a part of the images: of each class, and where there are several objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.localization.image_figures import ImageFigures
from engine.localization.sample import Sample


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Figures in percent of ``images``, at the thresholds of the whole evaluation."""

    name: str
    images: int
    gt_known_loc: float
    top1_clas: float
    top1_loc: float
    max_box_acc: float
    max_box_acc_v2: float


def by_class(samples: Sequence[Sample], figures: ImageFigures) -> tuple[GroupFigures, ...]:
    """A row per image label, by the name of the class."""
    labels = np.array([sample.label for sample in samples])
    names = {sample.label: sample.class_name or str(sample.label) for sample in samples}
    rows = [_row(names[label], labels == label, figures) for label in names]
    return tuple(sorted(rows, key=lambda row: row.name))


def several_boxes(samples: Sequence[Sample], figures: ImageFigures) -> GroupFigures | None:
    """The images with more than one true box, None if there is none."""
    chosen = np.array([len(sample.truth) > 1 for sample in samples])
    return _row("several boxes", chosen, figures) if chosen.any() else None


def _row(name: str, chosen: NDArray[np.bool_], figures: ImageFigures) -> GroupFigures:
    return GroupFigures(
        name,
        int(chosen.sum()),
        gt_known_loc=float(figures.gt_known_loc[chosen].mean()),
        top1_clas=float(figures.top1_clas[chosen].mean()),
        top1_loc=float(figures.top1_loc[chosen].mean()),
        max_box_acc=float(figures.max_box_acc[chosen].mean()),
        max_box_acc_v2=float(figures.levels[chosen].mean()),
    )
