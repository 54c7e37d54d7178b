"""DropBlock (Ghiasi et al. 2018, section 3, algorithm 1): random blocks dropped, the rest rescaled.

As in the paper, blocks lie wholly inside the map and are drawn per channel, and the rate rises
linearly over the training. The rescaling is by the kept fraction of the whole batch, as in the
authors' code: a single map could be dropped entirely.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine.jobs.options import DropBlockOptions
from engine.learning.methods.base import Method
from engine.learning.share import Share, batch_mean, present_share

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
        return (x * mask.to(x.dtype)).mul_((1 / kept.clamp_min(1 / mask.numel())).to(x.dtype))

    def mask(self, x: Tensor) -> Tensor:
        """A fresh mask for ``x`` (B, C, H, W), 1 where kept, float32; one channel if shared."""
        count, channels, height, width = x.shape
        block = min(self.options.block_size, height, width)
        shape = (count, channels if self.options.per_channel else 1, height, width)
        rate = seed_rate(self.drop_rate, block, height, width)
        return mask_of(draw_corners(shape, block, rate, x.device), shape, block)


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


def draw_corners(
    shape: tuple[int, int, int, int], block: int, rate: float, device: torch.device
) -> Tensor:
    """The upper left corners (N, 4) of blocks within (B, C, H, W), as image, channel, row, column.

    Each place is one with probability ``rate``, on its own. Corners are few, so what is drawn is
    the distance from one to the next, not a number for every place. Of several processes all draw
    for the whole batch, and each keeps its own images.
    """
    share = present_share()
    images, channels = shape[0] if share is None else share.total, shape[1]
    rows, columns = shape[2] - block + 1, shape[3] - block + 1
    places = images * channels * rows * columns
    enough = int(places * rate + 8 * math.sqrt(places * rate) + 16)
    uniform = torch.rand(enough, device=device, dtype=torch.float64).clamp_min(1e-300)
    at = (uniform.log() / math.log1p(-rate)).long().add_(1).cumsum(0) - 1
    at = at[at < places]
    at, channel = at.div(channels, rounding_mode="floor"), at % channels
    at, column = at.div(columns, rounding_mode="floor"), at % columns
    image, row = at.div(rows, rounding_mode="floor"), at % rows
    corners = torch.stack([image, channel, row, column], 1)
    return corners if share is None else _own(corners, share)


def _own(corners: Tensor, share: Share) -> Tensor:
    """Those of the images of this process, which count from 0 here."""
    place = torch.full((share.total,), -1, device=corners.device)
    place[share.rows.to(corners.device)] = torch.arange(len(share.rows), device=corners.device)
    image = place[corners[:, 0]]
    return torch.cat([image[:, None], corners[:, 1:]], 1)[image >= 0]


def mask_of(corners: Tensor, shape: tuple[int, int, int, int], block: int) -> Tensor:
    """(B, C, H, W), channels last: 0 in the ``block`` x ``block`` from each corner (N, 4) on."""
    count, channels, height, width = shape
    image, channel, row, column = corners.unbind(1)
    first = ((image * height + row) * width + column) * channels + channel
    side = torch.arange(block, device=corners.device) * channels
    offsets = (side[:, None] * width + side).flatten()
    mask = torch.ones(count * height * width * channels, device=corners.device)
    mask.index_fill_(0, (first[:, None] + offsets).flatten(), 0)
    found: Tensor = mask.view(count, height, width, channels).permute(0, 3, 1, 2)
    return found
