"""What is evaluated: a score map with the true boxes of its image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.localization.masks import MaskFiles


@dataclass(frozen=True, slots=True)
class Sample:
    """One image to evaluate.

    ``values`` (h, w): score map of the ground-truth class ``label``. ``truth``: its true boxes in
    pixels of the image of ``width`` by ``height``. ``predicted`` is the class with the highest
    probability; ``rank`` (for Top-5 Loc) the place of ``label`` by falling probability, from 1, or
    None if it is not known. ``name`` is for messages, ``class_name`` for the rows per class.
    ``is_empty``: it is known that the image holds no object, so that there is no ``truth``.
    """

    values: NDArray[Any]
    width: int
    height: int
    truth: Sequence[Box]
    label: int
    predicted: int
    rank: int | None = None
    name: str = ""
    class_name: str = ""
    mask: MaskFiles | None = None
    is_empty: bool = False


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


def overlap(
    boxes: NDArray[Any], truth: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Intersection and union (n, m) of half-open xyxy boxes (n, 4) and true boxes (m, 4)."""
    a = boxes[:, None, :].astype(np.float64)
    b = truth[None, :, :].astype(np.float64)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    intersection = np.maximum(sides, 0.0).prod(axis=-1)
    both = (a[..., 2:] - a[..., :2]).prod(axis=-1) + (b[..., 2:] - b[..., :2]).prod(axis=-1)
    return intersection, both - intersection
