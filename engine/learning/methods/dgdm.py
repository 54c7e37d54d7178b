"""DGDM: dual-attention guided dropblock (Yin et al., sections 3.1 to 3.4).

Two parameter-free modules and their union. All are active in training only: in eval they return
their very input. Everything is per sample, and nothing is rescaled afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine.jobs.options import DgdmOptions
from engine.learning.methods.attention import attended, erased
from engine.learning.methods.base import Method
from engine.learning.methods.means import mean_over_channels, mean_over_positions
from engine.learning.methods.memory import Spare, spare_of
from engine.learning.methods.positions import (
    fractions,
    grow,
    is_known,
    lowest_positions,
    unless_empty,
)
from engine.learning.share import uniform

if TYPE_CHECKING:
    from engine.learning.network import Network

#: Channels with a weaker attention count as dead: they do not set the drop threshold (CAGD).
EPSILON = 1e-6


@dataclass(frozen=True)
class SpatialMasks:
    """What SAGD derives from one input x (B, C, H, W); maps are (B, 1, H, W).

    ``attention`` is A, float32; ``part`` and ``background`` are True where erased (after growing to
    blocks), ``drop_mask`` is M_drop2, True where kept; ``delta_h`` and ``delta_l`` (B, 1, 1, 1) are
    the thresholds on A, before the background's cap.
    """

    attention: Tensor
    part: Tensor
    background: Tensor
    drop_mask: Tensor
    delta_h: Tensor
    delta_l: Tensor

    @property
    def importance(self) -> Tensor:
        """I (B, 1, H, W), float32, with x's gradient (Eq. 2)."""
        return torch.sigmoid(self.attention)


@dataclass(frozen=True)
class ChannelMasks:
    """What CAGD derives from one input: ``channel_attention`` is S, float32, ``channel_mask`` is
    True where kept, both (B, C); ``channel_threshold`` (B, 1)."""

    channel_attention: Tensor
    channel_mask: Tensor
    channel_threshold: Tensor


@dataclass(frozen=True)
class Masks:
    """All masks of one DGDM module, and which of the two spatial ones the draw chose."""

    spatial: SpatialMasks
    channel: ChannelMasks | None
    erasing: bool

    def apply(self, x: Tensor, *, spare: Spare = Spare.NOTHING) -> Tensor:
        """``x`` times the spatial map that was drawn times the channel mask (section 3.4)."""
        channel_mask = None if self.channel is None else self.channel.channel_mask
        if self.erasing:
            return erased(x, self.spatial.drop_mask, channel_mask, spare=spare)
        return attended(x, self.spatial.importance, channel_mask, spare=spare)

    def named(self) -> dict[str, Tensor]:
        """Every mask, attention and threshold by its name, for an inspector."""
        found = vars(self.spatial) | {"importance": self.spatial.importance}
        return found if self.channel is None else found | vars(self.channel)

    def shares(self) -> dict[str, Tensor]:
        """The fraction that each mask drops, as scalars on the masks' device."""
        masks = (self.spatial.part, self.spatial.background, self.spatial.drop_mask)
        part, background, kept = fractions(torch.stack(masks).flatten(1)).unbind()
        found = {
            "part_dropped": part,
            "background_dropped": background,
            "positions_dropped": 1 - kept,
        }
        if self.channel is not None:
            found["channels_dropped"] = 1 - fractions(self.channel.channel_mask.view(1, -1))[0]
        return found


class SpatialAttentionGuidedDropblock(nn.Module):
    """SAGD (section 3.3): erases the most discriminative part and some background, in blocks."""

    def __init__(self, options: DgdmOptions) -> None:
        super().__init__()
        self.options = options

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        with torch.no_grad():
            masks = self.masks(x)
        return Masks(masks, None, self.draw()).apply(x)

    def draw(self, generator: torch.Generator | None = None) -> bool:
        """One Bernoulli draw per call: True for the drop mask, False for the importance map."""
        device = "cpu" if generator is None else generator.device
        return torch.rand((), generator=generator, device=device).item() < self.options.drop_rate

    def masks(self, x: Tensor) -> SpatialMasks:
        """All spatial masks of ``x`` (B, C, H, W). Only the importance map carries a gradient."""
        attention = mean_over_channels(x)  # Eq. (1)
        with torch.no_grad():
            low, high = attention.amin((2, 3), True), attention.amax((2, 3), True)
            delta_h = self.options.gamma_h * high
            delta_l = torch.lerp(low, high, self.options.gamma_l)
            part = grow(attention >= delta_h, self.options.block_h)
            background = self._background(attention, delta_l)
            drop_mask = self._kept(part, background)
        return SpatialMasks(attention, part, background, drop_mask, delta_h, delta_l)

    def _background(self, attention: Tensor, delta_l: Tensor) -> Tensor:
        if not self.options.background:
            return torch.zeros_like(attention, dtype=torch.bool)
        seeds = (attention < delta_l) & lowest_positions(attention, self.options.background_cap)
        return grow(seeds, self.options.block_l)

    def _kept(self, part: Tensor, background: Tensor) -> Tensor:
        """True where M_drop2 keeps."""
        gone = part | background
        if self.options.literal_eq4:
            return unless_empty(gone, torch.ones_like(gone))
        kept = ~gone
        if is_known(kept.flatten(1).any(1).all()):
            return kept
        return unless_empty(kept, unless_empty(~part, torch.ones_like(gone)))


class ChannelAttentionGuidedDropout(nn.Module):
    """CAGD (section 3.2): drops weak channels with probability alpha, keeps the strong ones."""

    def __init__(self, options: DgdmOptions) -> None:
        super().__init__()
        self.options = options

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return x * self.masks(x).channel_mask[:, :, None, None]

    @torch.no_grad()
    def masks(self, x: Tensor, generator: torch.Generator | None = None) -> ChannelMasks:
        """Channel attention and mask of ``x`` (B, C, H, W); no gradient flows through them."""
        attention = mean_over_positions(x).abs()
        threshold = self._threshold(attention)
        drawn = uniform(tuple(attention.shape), attention.device, generator)
        kept = (attention >= threshold) | (drawn >= self.options.alpha)
        return ChannelMasks(attention, kept, threshold)

    def _threshold(self, attention: Tensor) -> Tensor:
        """(B, 1): channels below it are weak.

        After ReLU the weakest channel is often exactly 0, a multiple of which would select
        nothing, so the minimum is taken over the live channels.
        """
        if self.options.channel_rule == "top_k":
            kept = max(1, round(self.options.keep_top_k * attention.shape[1]))
            return attention.topk(kept, dim=1).values[:, -1:]
        live = attention.masked_fill(attention <= EPSILON, torch.inf)
        return (self.options.beta * live.amin(1, keepdim=True)).nan_to_num(posinf=0)


class DualAttentionGuidedDropblock(nn.Module):
    """DGDM (section 3.4): SAGD and CAGD on the same input, multiplied onto it."""

    def __init__(self, options: DgdmOptions) -> None:
        super().__init__()
        self.spatial = SpatialAttentionGuidedDropblock(options)
        self.channel = ChannelAttentionGuidedDropout(options) if options.channel_dropout else None
        self.active = options.start == 0
        self._last: Masks | None = None

    @property
    def shares(self) -> dict[str, Tensor]:
        """The fraction that each mask dropped in the last training step."""
        return {} if self._last is None else self._last.shares()

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.active:
            return x
        with torch.no_grad():  # what gradient there is comes from the product alone
            self._last = masks = self.masks(x)
        return masks.apply(x, spare=spare_of(x))

    def masks(self, x: Tensor, generator: torch.Generator | None = None) -> Masks:
        """All masks of ``x`` with fresh draws; the same whether in training or in eval."""
        erasing = self.spatial.draw(generator)
        channel = None if self.channel is None else self.channel.masks(x, generator)
        return Masks(self.spatial.masks(x), channel, erasing)

    @torch.no_grad()
    def inspect(self, x: Tensor, seed: int = 0) -> Masks:
        """What a training step could have drawn for ``x``; changes no state, no random stream."""
        return self.masks(x, torch.Generator(x.device).manual_seed(seed))


class Dgdm(Method):
    """One DGDM module after each insertion point; classifier and score map are those of CAM."""

    options: DgdmOptions

    def insert(self) -> DualAttentionGuidedDropblock:
        return DualAttentionGuidedDropblock(self.options)

    def advance(self, network: Network, progress: float) -> None:
        for module in network.inserted.values():
            assert isinstance(module, DualAttentionGuidedDropblock)
            module.active = progress >= self.options.start
