"""ADL, the attention-based dropout layer (Choe and Shim 2019, section 3).

Differs from DGDM in that it drops single positions, of the most discriminative part only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.jobs.options import AdlOptions
from engine.learning.methods.attention import attended, erased
from engine.learning.methods.base import Method
from engine.learning.methods.means import mean_over_channels
from engine.learning.methods.memory import Spare, spare_of


@dataclass(frozen=True)
class AdlMasks:
    """What ADL derives from one input; maps (B, 1, H, W), float32; ``drop_mask`` is True where
    kept; ``delta_h`` (B, 1, 1, 1) is the threshold on the attention; ``erasing`` tells the draw."""

    attention: Tensor
    importance: Tensor
    drop_mask: Tensor
    delta_h: Tensor
    erasing: bool

    def apply(self, x: Tensor, *, spare: Spare = Spare.NOTHING) -> Tensor:
        """``x`` times the map that was drawn; nothing is rescaled."""
        if self.erasing:
            return erased(x, self.drop_mask, spare=spare)
        return attended(x, self.importance, spare=spare)

    def named(self) -> dict[str, Tensor]:
        """Every mask, attention and threshold by its name, for an inspector."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}


class AttentionDropout(nn.Module):
    """One ADL. Active in training only: in eval it returns its very input."""

    def __init__(self, options: AdlOptions) -> None:
        super().__init__()
        self.options = options
        self.shares: dict[str, Tensor] = {}  # of the last training step

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        with torch.no_grad():  # what gradient there is comes from the product alone
            masks = self.masks(x)
            self.shares = {"positions_dropped": 1 - masks.drop_mask.mean(dtype=torch.float32)}
        return masks.apply(x, spare=spare_of(x))

    def masks(self, x: Tensor, generator: torch.Generator | None = None) -> AdlMasks:
        """The masks of ``x`` (B, C, H, W); one draw for the call. Importance carries a gradient."""
        attention = mean_over_channels(x)
        importance = torch.sigmoid(attention)
        with torch.no_grad():
            delta_h = self.options.gamma * attention.amax((2, 3), True)
            drop_mask = attention < delta_h
        device = "cpu" if generator is None else generator.device
        drawn = torch.rand((), generator=generator, device=device)
        erasing = bool(drawn < self.options.drop_rate)
        return AdlMasks(attention, importance, drop_mask, delta_h, erasing)

    @torch.no_grad()
    def inspect(self, x: Tensor, seed: int = 0) -> AdlMasks:
        """What a training step could have drawn for ``x``; changes no state, no random stream."""
        return self.masks(x, torch.Generator(x.device).manual_seed(seed))


class Adl(Method):
    """One ADL after each insertion point; classifier and score map are those of CAM."""

    options: AdlOptions

    def insert(self) -> AttentionDropout:
        return AttentionDropout(self.options)
