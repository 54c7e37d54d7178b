"""Rectified features joined in one tensor, which is all that their gradient needs.

``torch.cat`` of two ReLUs keeps three tensors for the backward pass, the two and their
concatenation. Here the concatenation serves for all: the gradient passes where it is not zero.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def rectified_join(first: Tensor, second: Tensor) -> Tensor:
    """ReLU of ``first`` (B, C, H, W), then ReLU of ``second`` (B, D, H, W), as (B, C + D, H, W).

    Of the result autograd needs to know nothing but where it is zero, and asks only when the
    gradient comes back. Who sets more of it to zero through ``Tensor.data`` thereby keeps the
    gradient from passing there (``engine.learning.methods.attention`` does).
    """
    joined: Tensor = _RectifiedJoin.apply(first, second)
    return joined


def is_rectified_join(x: Tensor) -> bool:
    """Whether ``x`` is what ``rectified_join`` has returned, with a gradient to come."""
    return x.grad_fn is not None and x.grad_fn.name() == f"{_RectifiedJoin.__name__}Backward"


class _RectifiedJoin(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor) -> Tensor:
        ctx.channels = first.shape[1]
        joined = _joined(first, second)
        ctx.save_for_backward(joined)
        return joined

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        (joined,) = ctx.saved_tensors
        parts = slice(None, ctx.channels), slice(ctx.channels, None)
        first, second = (_where_positive(gradient[:, p], joined[:, p]) for p in parts)
        return first, second


def _joined(first: Tensor, second: Tensor) -> Tensor:
    """On a CPU in one pass, as each pass over memory is felt there; elsewhere in two, so that no
    operation writes into a part of a tensor, which not every device does well."""
    if first.device.type != "cpu":
        return torch.cat([first, second], 1).clamp_min_(0)
    last = first.is_contiguous(memory_format=torch.channels_last)
    channels = first.shape[1]
    joined = torch.empty(
        (len(first), channels + second.shape[1], *first.shape[2:]),
        dtype=first.dtype,
        memory_format=torch.channels_last if last else torch.contiguous_format,
    )
    torch.clamp_min(first, 0, out=joined[:, :channels])
    torch.clamp_min(second, 0, out=joined[:, channels:])
    return joined


def _where_positive(gradient: Tensor, features: Tensor) -> Tensor:
    """ReLU's own backward pass."""
    passed: Tensor = torch.ops.aten.threshold_backward(gradient, features, 0)
    return passed
