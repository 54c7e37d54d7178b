"""Batch norm with the statistics of the whole batch, whichever process has its images."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from engine.learning.parallel import Group
from engine.learning.share import Share, present_share


def share_statistics(network: nn.Module, device: torch.device) -> None:
    """Let each batch norm of ``network`` take its statistics over all processes.

    The modules change their class in place: a converted copy, as torch makes, would lose the hooks
    of squeeze-and-excitation and of insertion points. torch's own is for GPUs only.
    """
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            if device.type == "cuda":
                module.__class__ = nn.SyncBatchNorm  # type: ignore[assignment]
                module.process_group = None  # type: ignore[assignment]
            else:
                module.__class__ = SharedBatchNorm


class SharedBatchNorm(nn.BatchNorm2d):
    """In eval, and for a batch that every process has whole, plain batch norm."""

    def forward(self, x: Tensor) -> Tensor:
        share = present_share()
        if not self.training or share is None or share.whole:
            return super().forward(x)
        mean, variance, count = _moments(x, share)
        self._remember(mean.detach(), variance.detach(), count)
        factor = torch.rsqrt(variance + self.eps) * self.weight
        shift = self.bias - mean * factor
        return x * factor[:, None, None].to(x.dtype) + shift[:, None, None].to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: float) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        rate = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, rate)
        self.running_var.lerp_(variance * (count / max(count - 1, 1)), rate)


def _moments(x: Tensor, share: Share) -> tuple[Tensor, Tensor, float]:
    """Mean and variance (C,) of (B, C, H, W) over the batch, and the number of values of each.

    Summed in float64, so that the difference of the squares loses nothing.
    """
    count = float(x.shape[0] * x.shape[2] * x.shape[3]) if share.weight else 0.0
    if share.weight:
        variance, mean = torch.var_mean(x.float(), (0, 2, 3), correction=0)
        variance, mean = variance.double(), mean.double()
    else:
        mean = variance = x.new_zeros(x.shape[1], dtype=torch.float64)
    sums = torch.cat([mean * count, (variance + mean.square()) * count, mean.new_tensor([count])])
    total: Tensor = _Sum.apply(sums, share.group)
    number = float(total[-1].detach())
    first, second = (total[:-1] / number).chunk(2)
    return first.float(), (second - first.square()).clamp_min(0).float(), number


class _Sum(torch.autograd.Function):
    """Sum over the processes; each one's gradient is that of all of their losses."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, group: Group) -> Tensor:
        ctx.group = group
        return group.add_up(values.clone())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return ctx.group.add_up(gradient.clone()), None
