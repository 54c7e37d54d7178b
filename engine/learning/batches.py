"""Training batches: shuffled, cropped at random, half of the images mirrored."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.jobs.ranks import ALONE, Rank
from engine.learning.data import ImageSource, Indices, Pixels, ordered_map, to_tensor


class Batch(NamedTuple):
    """uint8 ``images`` (n, 3, crop, crop), channels last, and ``labels`` (n,): those of a rank.

    ``rows`` (n,) are their places in the whole batch of ``total`` images; ``weight`` is n, or 0
    where none of the rank's images could be read and a blank one stands in.
    """

    images: Tensor
    labels: Tensor
    rows: Tensor
    total: int
    weight: int


@dataclass(frozen=True)
class Batches:
    """The training batches of one epoch.

    Order, crops and flips depend on nothing but ``seed`` and the epoch, so that a resumed
    training sees exactly what an uninterrupted one would, and several ranks what one would: each
    takes its part of every batch. A batch of fewer images than ranks goes to all of them.
    """

    source: ImageSource
    labels: NDArray[np.int64]
    batch_size: int
    crop: int
    seed: int
    rank: Rank = ALONE

    def __len__(self) -> int:
        return -(-len(self.source.usable) // self.batch_size)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """This rank's part of each batch, one ahead."""
        draw = np.random.default_rng([self.seed, epoch])
        order = draw.permutation(self.source.usable)
        starts = range(0, len(order), self.batch_size)
        parts = [order[start : start + self.batch_size] for start in starts]
        with ThreadPoolExecutor(1, "batches") as pool:
            yield from ordered_map(pool, lambda part: self._batch(part, draw), parts, ahead=2)

    def _batch(self, indices: Indices, draw: np.random.Generator) -> Batch:
        slack = self.source.side - self.crop
        offsets = draw.integers(0, slack + 1, (len(indices), 2))
        flips = draw.random(len(indices)) < 0.5
        rows = self._own_rows(len(indices))
        images, kept = self.source.batch(indices[rows])
        if not len(kept) and self.rank.count > 1:  # the other ranks wait for this one
            return self._blank(rows[:1], len(indices))
        rows = rows[np.isin(indices[rows], kept)]
        pixels = _cropped(images, offsets[rows], flips[rows], self.crop)
        labels = torch.from_numpy(self.labels[kept])
        return Batch(to_tensor(pixels), labels, torch.from_numpy(rows), len(indices), len(rows))

    def _own_rows(self, total: int) -> Indices:
        if total < self.rank.count:
            return np.arange(total)
        return np.arange(total)[self.rank.index :: self.rank.count]

    def _blank(self, row: Indices, total: int) -> Batch:
        image = to_tensor(np.zeros((1, self.crop, self.crop, 3), np.uint8))
        return Batch(image, torch.zeros(1, dtype=torch.int64), torch.from_numpy(row), total, 0)


def _cropped(images: Pixels, offsets: Indices, flips: NDArray[np.bool_], size: int) -> Pixels:
    out = np.empty((len(images), size, size, 3), np.uint8)
    for target, image, (top, left), flip in zip(out, images, offsets, flips, strict=True):
        crop = image[top : top + size, left : left + size]
        target[:] = crop[:, ::-1] if flip else crop
    return out
