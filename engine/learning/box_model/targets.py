"""What a head is to say of a grid of cells, from boxes in fractions of the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.learning.box_model.object_targets import ObjectTargets, object_targets


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """For n images: ``mask`` (n, h, w), ``columns`` (n, w) and ``rows`` (n, h), shares in [0, 1]
    of the cell, column and row that boxes cover; ``weight`` (n,) of the image in the loss;
    ``objects`` where heads are to tell several apart."""

    mask: Tensor
    columns: Tensor
    rows: Tensor
    weight: Tensor
    objects: ObjectTargets | None = None

    def of(self, indices: Tensor) -> Targets:
        return Targets(
            self.mask[indices],
            self.columns[indices],
            self.rows[indices],
            self.weight[indices],
            None if self.objects is None else self.objects.of(indices),
        )

    def mirrored(self, which: Tensor) -> Targets:
        """With those images mirrored that ``which`` (n,) bool names."""
        mask = torch.where(which[:, None, None], self.mask.flip(2), self.mask)
        columns = torch.where(which[:, None], self.columns.flip(1), self.columns)
        objects = None if self.objects is None else self.objects.mirrored(which)
        return Targets(mask, columns, self.rows, self.weight, objects)

    def to(self, device: torch.device) -> Targets:
        parts = (self.mask, self.columns, self.rows, self.weight)
        mask, columns, rows, weight = (part.to(device) for part in parts)
        objects = None if self.objects is None else self.objects.to(device)
        return Targets(mask, columns, rows, weight, objects)


def make_targets(
    boxes: Sequence[NDArray[np.floating]],
    weights: Sequence[float],
    size: tuple[int, int],
    several: bool = False,
) -> Targets:
    """``boxes``: per image (m, 4) xyxy in fractions of it, none for an image without an object;
    ``size``: rows and columns of the grid; ``several``: with targets for each object."""
    height, width = size
    masks, columns, rows = [], [], []
    for of_image in boxes:
        across = [_cover(box[0], box[2], width) for box in of_image] or [np.zeros(width)]
        down = [_cover(box[1], box[3], height) for box in of_image] or [np.zeros(height)]
        inside = [np.outer(d, a) for d, a in zip(down, across, strict=True)]
        masks.append(np.max(inside, 0))
        columns.append(np.max(across, 0))
        rows.append(np.max(down, 0))
    objects = object_targets(boxes, size) if several else None
    weight = torch.tensor(list(weights)).float()
    return Targets(_tensor(masks), _tensor(columns), _tensor(rows), weight, objects)


def _tensor(parts: Sequence[NDArray[np.float64]]) -> Tensor:
    return torch.from_numpy(np.stack(parts).astype(np.float32))


def _cover(low: float, high: float, cells: int) -> NDArray[np.float64]:
    """The share of each cell of [0, 1] between ``low`` and ``high``."""
    edges = np.arange(cells + 1) / cells
    inside = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    found: NDArray[np.float64] = (inside * cells).clip(0, 1)
    return found
