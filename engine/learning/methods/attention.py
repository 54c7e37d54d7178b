"""The features times what self-attention makes of them; shared by ADL and DGDM.

Full-size tensors are what costs here, so they are passed over as seldom as can be. The gradients
are written out by hand, since autograd would make four more copies of the features, and what is
``spare`` of the features (see ``engine.learning.methods.memory``) is overwritten.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from engine.learning.methods.means import rough_mean_over_channels
from engine.learning.methods.memory import Spare, rows_of_channels, selected


def erased(
    x: Tensor,
    drop_mask: Tensor,
    channel_mask: Tensor | None = None,
    *,
    spare: Spare = Spare.NOTHING,
) -> Tensor:
    """``x`` (B, C, H, W) times (B, 1, H, W) and, if given, (B, C): True where kept, without a
    gradient of their own."""
    if spare is Spare.ALL_BUT_ZEROS:  # the zeros are all that the backward pass needs
        _without(x.data, drop_mask, channel_mask, x.data)
        return x
    y: Tensor = _Erased.apply(x, drop_mask, channel_mask, spare is Spare.ALL)
    return y


def attended(
    x: Tensor,
    importance: Tensor,
    channel_mask: Tensor | None = None,
    *,
    spare: Spare = Spare.NOTHING,
) -> Tensor:
    """``x`` (B, C, H, W) times ``importance`` (B, 1, H, W) and, if given, a channel mask (B, C),
    True where kept.

    ``importance`` is the sigmoid of ``x``'s self-attention; the gradient flows through both
    factors.
    """
    y: Tensor
    if spare is Spare.ALL_BUT_ZEROS:
        y = _AttendedJoin.apply(x, importance, channel_mask)
    else:
        y = _Attended.apply(x, importance, channel_mask, spare is Spare.ALL)
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
        y, importance, channel_mask = ctx.saved_tensors
        own, through = _gradients(gradient, y, importance)
        if channel_mask is not None:
            selected(own, channel_mask, out=own)
        return own.add_(through), None, None, None


class _AttendedJoin(torch.autograd.Function):
    """As ``_Attended``, in the memory of a rectified join.

    Its zeros tell the join where no gradient passes, and a dropped channel would be nothing but
    zeros, although gradient flows into it by way of the importance. So where it was positive is
    kept, and told before the join asks; the features are of no more use by then.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, importance: Tensor, channel_mask: Tensor | None) -> Tensor:
        y = x.data
        y.mul_(importance.to(y.dtype))
        places = positive = None
        if channel_mask is not None:
            places = channel_mask.logical_not().nonzero()
            positive = y[places.unbind(1)] > 0
            selected(y, channel_mask, out=y)
        ctx.save_for_backward(x, importance, channel_mask, places, positive)
        ctx.passed = False
        return x

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        if ctx.passed:
            raise RuntimeError("A second backward pass would find other features than the first.")
        ctx.passed = True
        y, importance, channel_mask, places, positive = ctx.saved_tensors
        own, through = _gradients(gradient, y, importance)
        if channel_mask is not None:
            selected(own, channel_mask, out=own)
            y.data[places.unbind(1)] = positive.to(y.dtype)
        return own.add_(through), None, None


def _gradients(gradient: Tensor, y: Tensor, importance: Tensor) -> tuple[Tensor, Tensor]:
    """What comes to x of y = x I k with I = sigmoid(mean x), directly and through I.

    dx = g k I + (sum over channels of g k x) dI / C. With k x = y / I and dI = I (1 - I) the second
    term is (mean of g y) (1 - I). The first is returned without k, full size; the second is
    (B, 1, H, W).
    """
    product = gradient * y
    through = rough_mean_over_channels(product) * (1 - importance)
    return torch.mul(gradient, importance.to(y.dtype), out=product), through.to(y.dtype)


def _without(
    x: Tensor, drop_mask: Tensor, channel_mask: Tensor | None, out: Tensor | None = None
) -> Tensor:
    """``x`` times both masks, into ``out`` if given.

    Where a position's channels lie together, the few that are dropped are set to 0 one by one,
    which spares a second pass over the rest.
    """
    if channel_mask is None and out is None:
        return x * drop_mask
    y = x if channel_mask is None else selected(x, channel_mask, out)
    rows = rows_of_channels(y)
    if rows is None:
        return y.mul_(drop_mask)
    rows.index_fill_(0, drop_mask.logical_not().flatten().nonzero().squeeze(1), 0)
    return y
