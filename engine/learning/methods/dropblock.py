"""DropBlock (Ghiasi et al. 2018, section 3, algorithm 1): random blocks dropped, the rest rescaled.

As in the paper, blocks lie wholly inside the map and are drawn per channel, and the rate rises
linearly over the training. The rescaling is by the kept fraction of the whole batch, as in the
authors' code: a single map could be dropped entirely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from engine.jobs.options import DropBlockOptions
from engine.learning.methods.base import Method
from engine.learning.methods.memory import Spare, rows_of_channels, spare_of
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
        found = self.draw(x)
        kept = batch_mean(found.mask.count_nonzero() / found.mask.numel())
        self.shares = {"positions_dropped": 1 - kept}
        scale = (1 / kept.clamp_min(1 / found.mask.numel())).to(x.dtype)
        y: Tensor = _Dropped.apply(x, found, scale, spare_of(x))
        return y

    def draw(self, x: Tensor) -> Dropped:
        """What to drop of ``x`` (B, C, H, W), drawn afresh; one channel if it is shared."""
        count, channels, height, width = x.shape
        block = min(self.options.block_size, height, width)
        shape = (count, channels if self.options.per_channel else 1, height, width)
        rate = seed_rate(self.drop_rate, block, height, width)
        return dropped_of(draw_corners(shape, block, rate, x.device), shape, block)


@dataclass(frozen=True)
class Dropped:
    """``mask`` (B, C, H, W), uint8, channels last, is 0 where dropped, else 1; ``places`` are the
    indices of its zeros in its memory, some more than once."""

    mask: Tensor
    places: Tensor

    def of(self, x: Tensor) -> Tensor:
        """What ``_drop`` takes for ``x``: places where they can be picked, else the mask."""
        return self.mask if rows_of_channels(x) is None else self.places


class _Dropped(torch.autograd.Function):
    """``x`` times ``scale``, without what is dropped; into what is ``spare`` of ``x``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, found: Dropped, scale: Tensor, spare: Spare) -> Tensor:
        dropped = found.of(x)
        ctx.save_for_backward(dropped, scale)
        ctx.shared = found.mask.shape[1] == 1
        ctx.zeros_suffice = spare is Spare.ALL_BUT_ZEROS
        if ctx.zeros_suffice:
            _drop(x.data.mul_(scale), dropped, ctx.shared)
            return x
        if spare is Spare.ALL:
            ctx.mark_dirty(x)
        y = torch.mul(x, scale, out=x if spare is Spare.ALL else None)
        return _drop(y, dropped, ctx.shared)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        dropped, scale = ctx.saved_tensors
        scaled = gradient * scale
        if not ctx.zeros_suffice:
            scaled = scaled.contiguous(memory_format=torch.channels_last)
            _drop(scaled, dropped, ctx.shared)
        return scaled, None, None, None


def _drop(y: Tensor, dropped: Tensor, shared: bool) -> Tensor:
    """Set to 0 what a mask (B, C or 1, H, W) or places (N,) in the memory of one tell."""
    if dropped.ndim > 1:
        return y.mul_(dropped.to(y.dtype))
    rows = rows_of_channels(y)
    assert rows is not None
    (rows if shared else rows.view(-1)).index_fill_(0, dropped, 0)
    return y


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


def dropped_of(corners: Tensor, shape: tuple[int, int, int, int], block: int) -> Dropped:
    """(B, C, H, W) without the ``block`` x ``block`` from each corner (N, 4) on."""
    count, channels, height, width = shape
    image, channel, row, column = corners.unbind(1)
    first = ((image * height + row) * width + column) * channels + channel
    side = torch.arange(block, device=corners.device) * channels
    offsets = (side[:, None] * width + side).flatten()
    places = (first[:, None] + offsets).flatten()
    size = count * height * width * channels
    mask = torch.ones(size, dtype=torch.uint8, device=corners.device).index_fill_(0, places, 0)
    return Dropped(mask.view(count, height, width, channels).permute(0, 3, 1, 2), places)
