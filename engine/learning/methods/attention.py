"""The features times what self-attention makes of them; shared by ADL and DGDM.

Full-size tensors are what costs here, so they are passed over as seldom as can be. The gradients
are written out by hand, since autograd would make four more copies of the features, and features
that nobody else needs are overwritten (``in_place``, see ``engine.learning.methods.memory``).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from engine.learning.methods.means import rough_mean_over_channels
from engine.learning.methods.memory import rows_of_channels, selected


def erased(
    x: Tensor, drop_mask: Tensor, channel_mask: Tensor | None = None, *, in_place: bool = False
) -> Tensor:
    """``x`` times (B, 1, H, W) and, if given, (B, C): 0 or 1, neither of which has a gradient."""
    y: Tensor = _Erased.apply(x, drop_mask, channel_mask, in_place)
    return y


def attended(
    x: Tensor, importance: Tensor, channel_mask: Tensor | None = None, *, in_place: bool = False
) -> Tensor:
    """``x`` times ``importance`` and, if given, a channel mask (B, C) of 0 and 1.

    ``importance`` (B, 1, H, W) is the sigmoid of ``x``'s self-attention; the gradient flows through
    both factors.
    """
    y: Tensor = _Attended.apply(x, importance, channel_mask, in_place)
    return y


class _Erased(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, drop_mask: Tensor, channel_mask: Tensor | None, in_place: bool
    ) -> Tensor:
        ctx.save_for_backward(drop_mask, channel_mask)
        if in_place:
            ctx.mark_dirty(x)
        return _without(x, drop_mask, channel_mask, x if in_place else None)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        return _without(gradient, *ctx.saved_tensors), None, None, None


class _Attended(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, importance: Tensor, channel_mask: Tensor | None, in_place: bool
    ) -> Tensor:
        if in_place:
            ctx.mark_dirty(x)
        y = torch.mul(x, importance.to(x.dtype), out=x if in_place else None)
        if channel_mask is not None:
            selected(y, channel_mask, out=y)
        # the next layer keeps y anyway
        ctx.save_for_backward(y, importance, channel_mask)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        """y = x I k with I = sigmoid(mean x): dx = g k I + (sum over channels of g k x) dI / C.

        With k x = y / I, and dI = I (1 - I), the second term is (mean of g y) (1 - I).
        """
        y, importance, channel_mask = ctx.saved_tensors
        product = gradient * y
        through = rough_mean_over_channels(product) * (1 - importance)
        own = torch.mul(gradient, importance.to(y.dtype), out=product)
        if channel_mask is not None:
            selected(own, channel_mask, out=own)
        return own.add_(through.to(y.dtype)), None, None, None


def _without(
    x: Tensor, drop_mask: Tensor, channel_mask: Tensor | None, out: Tensor | None = None
) -> Tensor:
    """``x`` times both masks, into ``out`` if given.

    Where a position's channels lie together, the few that are dropped are set to 0 one by one,
    which spares a second pass over the rest.
    """
    if channel_mask is None and out is None:
        return x * drop_mask.to(x.dtype)
    y = x if channel_mask is None else selected(x, channel_mask, out)
    rows = rows_of_channels(y)
    if rows is None:
        return y.mul_(drop_mask.to(x.dtype))
    rows.index_fill_(0, (drop_mask == 0).flatten().nonzero().squeeze(1), 0)
    return y
