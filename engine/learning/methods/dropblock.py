"""DropBlock (Ghiasi et al. 2018, section 3, algorithm 1): random blocks dropped, the rest rescaled.

As in the paper, blocks lie wholly inside the map and are drawn per channel, and the rate rises
linearly over the training. The rescaling is by the kept fraction of the whole batch, as in the
authors' code: a single map could be dropped entirely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

from engine.jobs.options import DropBlockOptions
from engine.learning.methods.base import Method
from engine.learning.share import batch_mean, uniform

if TYPE_CHECKING:
    from engine.learning.network import Network


class Blocks(nn.Module):
    """One DropBlock. Active in training only: in eval it returns its very input."""

    def __init__(self, options: DropBlockOptions) -> None:
        super().__init__()
        self.options = options
        self.drop_rate = 0.0 if options.scheduled else options.drop_rate
        self.shares: dict[str, Tensor] = {}  # of the last training step

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.drop_rate == 0:
            return x
        mask = self.mask(x)
        kept = batch_mean(mask.mean())
        self.shares = {"positions_dropped": 1 - kept}
        return x * (mask / kept.clamp_min(1 / mask.numel())).to(x.dtype)

    def mask(self, x: Tensor) -> Tensor:
        """A fresh mask for ``x`` (B, C, H, W), 1 where kept, float32; one channel if shared."""
        height, width = x.shape[2:]
        block = min(self.options.block_size, height, width)
        corners = (height - block + 1, width - block + 1)
        gamma = seed_rate(self.drop_rate, block, height, width)
        channels = x.shape[1] if self.options.per_channel else 1
        seeds = uniform((len(x), channels, *corners), x.device) < gamma
        return 1 - grow_corners(seeds.float(), block)


class DropBlock(Method):
    """One DropBlock after each insertion point; classifier and score map are those of CAM."""

    options: DropBlockOptions

    def insert(self) -> Blocks:
        return Blocks(self.options)

    def advance(self, network: Network, progress: float) -> None:
        if self.options.scheduled:
            for module in network.inserted.values():
                assert isinstance(module, Blocks)
                module.drop_rate = self.options.drop_rate * progress


def seed_rate(drop_rate: float, block: int, height: int, width: int) -> float:
    """Eq. (1): the probability of a seed such that ``drop_rate`` of a map is dropped, but for
    overlaps."""
    positions = (height - block + 1) * (width - block + 1)
    return drop_rate / block**2 * height * width / positions


def grow_corners(seeds: Tensor, block: int) -> Tensor:
    """Grow each upper left corner in (B, C, H - block + 1, W - block + 1) to a block in (H, W)."""
    padded = F.pad(seeds, [block - 1] * 4)
    return F.max_pool2d(padded, block, stride=1)
