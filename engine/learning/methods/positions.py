"""Boolean masks of positions (section 3.3): grown to blocks, the lowest of a map, never empty."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.jobs.options import BlockSize


def grow(seeds: Tensor, block: BlockSize) -> Tensor:
    """Grow each seed of (B, 1, H, W), True or False, to a block, as DropBlock does.

    ``adaptive`` is the paper's Adap-7: round(H / 7), at least 1. An even block reaches one
    position further down and right than up and left. The same as a maximum over ``block`` x
    ``block`` at stride 1, which takes ten times as long on one channel.
    """
    size = max(1, round(seeds.shape[2] / 7)) if block == "adaptive" else block
    return _spread(_spread(seeds, size, 2), size, 3) if size > 1 else seeds


def _spread(seeds: Tensor, size: int, axis: int) -> Tensor:
    """True at each seed, up to size // 2 places after it, and as many before it as size leaves."""
    found, length = seeds.clone(), seeds.shape[axis]
    for step in range(-((size - 1) // 2), size // 2 + 1):
        count = length - abs(step)
        if step == 0 or count <= 0:
            continue
        later, earlier = max(step, 0), max(-step, 0)
        found.narrow(axis, later, count).logical_or_(seeds.narrow(axis, earlier, count))
    return found


def lowest_positions(attention: Tensor, fraction: float) -> Tensor:
    """(B, 1, H, W), True at the ``fraction`` of each sample's positions with the lowest
    ``attention`` (B, 1, H, W), rounded down; of equals the first in reading order."""
    flat = attention.flatten(1)
    count = int(fraction * flat.shape[1])
    if count == 0:
        return torch.zeros_like(attention, dtype=torch.bool)
    highest = flat.topk(count, dim=1, largest=False).values[:, -1:]
    lowest = flat <= highest
    if is_known(lowest.sum() == count * len(flat)):
        return lowest.view_as(attention)
    below, tied = flat < highest, flat == highest
    left = count - below.sum(1, keepdim=True)
    return (below | (tied & (tied.cumsum(1) <= left))).view_as(attention)


def is_known(flag: Tensor) -> bool:
    """Whether ``flag``, a scalar, is True and can be told at once: a GPU would be waited for."""
    return flag.device.type == "cpu" and bool(flag)


def fractions(masks: Tensor) -> Tensor:
    """How much of each row (n, k) is True: (n,), float32."""
    return masks.sum(1, dtype=torch.float32) / masks.shape[1]


def unless_empty(mask: Tensor, otherwise: Tensor) -> Tensor:
    """``mask`` (B, 1, H, W), and for samples where it is False everywhere, ``otherwise``."""
    return torch.where(mask.any(3, True).any(2, True), mask, otherwise)
