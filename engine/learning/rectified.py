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
        joined = _empty_join(first, second)
        torch.clamp_min(first, 0, out=joined[:, : ctx.channels])
        torch.clamp_min(second, 0, out=joined[:, ctx.channels :])
        ctx.save_for_backward(joined)
        return joined

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        (joined,) = ctx.saved_tensors
        parts = slice(None, ctx.channels), slice(ctx.channels, None)
        first, second = (_where_positive(gradient[:, p], joined[:, p]) for p in parts)
        return first, second


def _empty_join(first: Tensor, second: Tensor) -> Tensor:
    count, channels, height, width = first.shape
    last = first.is_contiguous(memory_format=torch.channels_last)
    return torch.empty(
        (count, channels + second.shape[1], height, width),
        dtype=first.dtype,
        device=first.device,
        memory_format=torch.channels_last if last else torch.contiguous_format,
    )


def _where_positive(gradient: Tensor, features: Tensor) -> Tensor:
    """ReLU's own backward pass."""
    passed: Tensor = torch.ops.aten.threshold_backward(gradient, features, 0)
    return passed
