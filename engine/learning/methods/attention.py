"""Self-attention, and its product with the features; shared by ADL and DGDM.

Full-size tensors are what costs here, so they are passed over as seldom as can be: the gradients
are written out by hand, since autograd would make four more copies of the features.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def self_attention(x: Tensor) -> Tensor:
    """The mean over the channels of (B, C, H, W): (B, 1, H, W), float32 (DGDM Eq. 1, ADL)."""
    return x.mean(1, keepdim=True, dtype=torch.float32)


def erased(x: Tensor, drop_mask: Tensor, channel_mask: Tensor | None = None) -> Tensor:
    """``x`` times (B, 1, H, W) and, if given, (B, C), neither of which carries a gradient."""
    y: Tensor = _Erased.apply(x, drop_mask, channel_mask)
    return y


def attended(x: Tensor, importance: Tensor, channel_mask: Tensor | None = None) -> Tensor:
    """``x`` times ``importance`` and, if given, a channel mask (B, C).

    ``importance`` (B, 1, H, W) is the sigmoid of ``x``'s self-attention; the gradient flows through
    both factors.
    """
    y: Tensor = _Attended.apply(x, importance, channel_mask)
    return y


class _Erased(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, drop_mask: Tensor, channel_mask: Tensor | None) -> Tensor:
        ctx.save_for_backward(drop_mask, channel_mask)
        return _product(x, drop_mask, channel_mask)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _product(gradient, *ctx.saved_tensors), None, None


class _Attended(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, importance: Tensor, channel_mask: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, importance, channel_mask)
        return _product(x, importance, channel_mask)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """y = x I k with I = sigmoid(mean x): dx = g k I + (sum over channels of g k x) dI / C."""
        x, importance, channel_mask = ctx.saved_tensors
        if channel_mask is not None:
            gradient = gradient * _per_channel(channel_mask, x.dtype)
        through = (gradient * x).sum(1, keepdim=True, dtype=torch.float32)
        through *= importance * (1 - importance) / x.shape[1]
        factor = importance.to(x.dtype)
        own = gradient * factor if channel_mask is None else gradient.mul_(factor)
        return own.add_(through.to(x.dtype)), None, None


def _product(x: Tensor, spatial: Tensor, channel_mask: Tensor | None) -> Tensor:
    y = x * spatial.to(x.dtype)
    return y if channel_mask is None else y.mul_(_per_channel(channel_mask, x.dtype))


def _per_channel(mask: Tensor, dtype: torch.dtype) -> Tensor:
    return mask.to(dtype)[:, :, None, None]
