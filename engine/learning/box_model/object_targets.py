"""Where the middles of objects are and how far their sides: what tells touching objects apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.learning.box_model.head import sides

Floats = NDArray[np.float32]

#: Spread of a middle, as a share of the box's side, and the least one in cells.
_SPREAD, _LEAST = 0.18, 0.6
#: How near the middle a cell is that has to know the sides.
_NEAR = 0.3
_SIDES_WEIGHT = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTargets:
    """For n images: ``middles`` (n, h, w), 1 in the cell where an object's middle is and falling
    off around it; ``sides`` (n, 4, h, w), the distances of left, top, right and bottom in
    fractions of the image, where ``near`` (n, h, w) is above 0."""

    middles: Tensor
    sides: Tensor
    near: Tensor

    def of(self, indices: Tensor) -> ObjectTargets:
        return ObjectTargets(self.middles[indices], self.sides[indices], self.near[indices])

    def mirrored(self, which: Tensor) -> ObjectTargets:
        """With those images mirrored that ``which`` (n,) bool names."""
        plain, turned = which[:, None, None], self.sides.flip(3)[:, [2, 1, 0, 3]]
        return ObjectTargets(
            torch.where(plain, self.middles.flip(2), self.middles),
            torch.where(plain[..., None], turned, self.sides),
            torch.where(plain, self.near.flip(2), self.near),
        )

    def to(self, device: torch.device) -> ObjectTargets:
        return ObjectTargets(*(p.to(device) for p in (self.middles, self.sides, self.near)))


def object_targets(boxes: Sequence[NDArray[np.floating]], size: tuple[int, int]) -> ObjectTargets:
    """``boxes``: per image (m, 4) xyxy in fractions of it; ``size``: rows and columns."""
    parts = [_of_image(of_image, size) for of_image in boxes]
    return ObjectTargets(*(torch.from_numpy(np.stack(part)) for part in zip(*parts, strict=True)))


def object_loss(logits: Tensor, targets: ObjectTargets, weight: Tensor) -> Tensor:
    """Of logits (B, 7, h, w): the focal loss of the middles as in CenterNet, and the generalised
    IoU (Rezatofighi et al. 2019) of the boxes that cells near a middle give."""
    chance = logits[:, 2].sigmoid().clamp(1e-4, 1 - 1e-4)
    is_middle = targets.middles.eq(1).float()
    hits = is_middle * (1 - chance) ** 2 * chance.log()
    misses = (1 - targets.middles) ** 4 * chance**2 * (1 - chance).log() * (1 - is_middle)
    per_image = -(hits + misses).sum((1, 2)) * weight
    middles = per_image.sum() / (is_middle.sum((1, 2)) * weight).sum().clamp(1)
    near = targets.near * weight[:, None, None]
    apart = (_apart(sides(logits), targets.sides) * near).sum() / near.sum().clamp(1)
    found: Tensor = middles + _SIDES_WEIGHT * apart
    return found


def _apart(found: Tensor, true: Tensor) -> Tensor:
    """1 - generalised IoU (B, h, w) of boxes around the same points, by their sides."""
    inner, outer = torch.minimum(found, true), torch.maximum(found, true)
    shared = _area(inner.clamp(0))
    union = _area(found) + _area(true) - shared
    hull = _area(outer) + 1e-6
    return 1 - shared / (union + 1e-6) + (hull - union) / hull


def _area(distances: Tensor) -> Tensor:
    left, top, right, bottom = distances.unbind(1)
    return (left + right) * (top + bottom)


def _of_image(boxes: NDArray[np.floating], size: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
    height, width = size
    y, x = ((np.arange(height) + 0.5) / height)[:, None], ((np.arange(width) + 0.5) / width)[None]
    middles, near = np.zeros(size, np.float32), np.zeros(size, np.float32)
    distances = np.zeros((4, height, width), np.float32)
    # of several objects that a cell is near to, the smallest: drawn last
    for box in sorted(boxes.tolist(), key=lambda b: -(b[2] - b[0]) * (b[3] - b[1])):
        xmin, ymin, xmax, ymax = box
        across = max((xmax - xmin) * _SPREAD, _LEAST / width)
        down = max((ymax - ymin) * _SPREAD, _LEAST / height)
        at_x, at_y = (xmin + xmax) / 2, (ymin + ymax) / 2
        bump = np.exp(-((x - at_x) ** 2) / (2 * across**2) - (y - at_y) ** 2 / (2 * down**2))
        middle = min(int(at_y * height), height - 1), min(int(at_x * width), width - 1)
        bump[middle] = 1
        middles = np.maximum(middles, bump.astype(np.float32))
        own = bump > _NEAR
        around = (x - xmin, y - ymin, xmax - x, ymax - y)
        distances[:, own] = np.stack([np.broadcast_to(part, size)[own] for part in around])
        near[own] = bump[own]
    return middles, distances, near
